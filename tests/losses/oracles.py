"""The papers' formulae in plain loops, float64: they share no code with simnb.

A loss here takes the matrix of distances and the labels, and returns the value of each
anchor, NaN for an anchor that does not count.
"""

import math

import numpy as np

NAN = float("nan")


def _cosine(a, b):
    lengths = math.sqrt(sum(a * a)) * math.sqrt(sum(b * b))
    return 1.0 - sum(a * b) / lengths if lengths else 1.0


def _snr(a, b):
    return np.var(a - b) / max(np.var(a), 1e-12)


DISTANCES = {
    "cosine": _cosine,
    "euclidean": lambda a, b: math.sqrt(sum((a - b) ** 2)),
    "squared_euclidean": lambda a, b: sum((a - b) ** 2),
    "manhattan": lambda a, b: sum(abs(a - b)),
    "snr": _snr,
}


def matrix(distance, x):
    x = np.asarray(x, dtype=np.float64)
    return np.array([[DISTANCES[distance](a, b) for b in x] for a in x])


def pairs(y):
    """For each anchor its positives and its negatives."""
    rows = range(len(y))
    for i in rows:
        yield i, [j for j in rows if j != i and y[j] == y[i]], [j for j in rows if y[j] != y[i]]


def per_anchor(anchor_value, y):
    """An anchor counts when it has both a positive and a negative."""
    return np.array([anchor_value(i, P, N) if P and N else NAN for i, P, N in pairs(y)])


def mean(values):
    counted = values[~np.isnan(values)]
    return counted.mean() if len(counted) else 0.0


def softplus(x):
    return max(x, 0.0) + math.log1p(math.exp(-abs(x)))


def hinge(gap, margin):
    return softplus(gap) if margin is None else max(0.0, gap + margin)


def semi_hard(D, i, negatives, beyond):
    outside = [j for j in negatives if D[i, j] > beyond]
    return min(outside, key=lambda j: D[i, j]) if outside else max(negatives, key=lambda j: D[i, j])


def mined(D, i, P, N, positive, negative):
    p = (max if positive == "hard" else min)(P, key=lambda j: D[i, j])
    if negative == "semi-hard":
        return p, semi_hard(D, i, N, D[i, p])
    return p, (min if negative == "hard" else max)(N, key=lambda j: D[i, j])


def triplet(
    D,
    y,
    positive_mining_strategy="hard",
    negative_mining_strategy="semi-hard",
    margin=None,
):
    def value(i, P, N):
        if negative_mining_strategy == "semi-hard-per-pair":
            return np.mean([hinge(D[i, p] - D[i, semi_hard(D, i, N, D[i, p])], margin) for p in P])
        p, n = mined(D, i, P, N, positive_mining_strategy, negative_mining_strategy)
        return hinge(D[i, p] - D[i, n], margin)

    return per_anchor(value, y)


def pn(D, y, positive_mining_strategy="hard", negative_mining_strategy="semi-hard", margin=None):
    def value(i, P, N):
        p, n = mined(D, i, P, N, positive_mining_strategy, negative_mining_strategy)
        return hinge(D[i, p] - min(D[i, n], D[p, n]), margin)

    return per_anchor(value, y)


def multi_similarity(D, y, alpha=2.0, beta=40.0, epsilon=0.1, lmda=0.5, center=1.0):
    """Wang et al. 2019 in similarities S = center - D: eq. 11 and 12 pick, eq. 15 weighs."""
    S = center - D

    def value(i, P, N):
        negatives = [S[i, j] for j in N if S[i, j] > min(S[i, k] for k in P) - epsilon]  # eq. 11
        positives = [S[i, j] for j in P if S[i, j] < max(S[i, k] for k in N) + epsilon]  # eq. 12
        pull = _log_one_plus([-alpha * (s - lmda) for s in positives]) / alpha
        return pull + _log_one_plus([beta * (s - lmda) for s in negatives]) / beta

    return per_anchor(value, y)


def circle(D, y, gamma=80.0, margin=0.4, weights_at=None):
    """Sun et al. 2020, eq. 6 with O_p = 1 + m, O_n = -m, Δ_p = 1 - m, Δ_n = m.

    The weights are those of the distances `weights_at`: they are constants to the gradient.
    """
    S = 1.0 - D
    W = S if weights_at is None else 1.0 - weights_at

    def value(i, P, N):
        push = [gamma * max(W[i, j] + margin, 0.0) * (S[i, j] - margin) for j in N]
        pull = [-gamma * max(1 + margin - W[i, j], 0.0) * (S[i, j] - (1 - margin)) for j in P]
        return softplus(_log_sum(push) + _log_sum(pull))

    return per_anchor(value, y)


def _log_sum(exponents):
    top = max(exponents)
    return top + math.log(sum(math.exp(e - top) for e in exponents))


def _log_one_plus(exponents):
    return _log_sum([0.0, *exponents])


def addons_semi_hard(D, y, margin):
    """`triplet_semihard_loss` of TensorFlow Addons, its algorithm step by step: a mean over pairs."""
    n = len(y)
    adjacency = np.equal.outer(y, y)
    adjacency_not = ~adjacency
    tiled = np.tile(D, (n, 1))
    mask = np.tile(adjacency_not, (n, 1)) & (tiled > D.T.reshape(-1, 1))
    mask_final = (mask.sum(axis=1, keepdims=True) > 0).reshape(n, n).T
    outside = _masked_minimum(tiled, mask).reshape(n, n).T
    inside = np.tile(_masked_maximum(D, adjacency_not), (1, n))
    gaps = margin + D - np.where(mask_final, outside, inside)
    positives = adjacency.astype(float) - np.eye(n)
    return np.maximum(gaps * positives, 0.0).sum() / positives.sum()


def _masked_minimum(data, mask):
    top = data.max(axis=1, keepdims=True)
    return ((data - top) * mask).min(axis=1, keepdims=True) + top


def _masked_maximum(data, mask):
    bottom = data.min(axis=1, keepdims=True)
    return ((data - bottom) * mask).max(axis=1, keepdims=True) + bottom
