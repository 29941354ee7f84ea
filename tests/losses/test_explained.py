"""What `explain` says of a loss, against the formulae in plain loops and their slopes."""

import keras
import numpy as np
import pytest
from keras import ops

from simnb import losses
from simnb.losses import CircleLoss, MetricLoss, MultiSimilarityLoss, PNLoss, TripletLoss, explain
from tests.backend import NAME, to_numpy
from tests.losses import oracles
from tests.losses.cases import ALL, BATCHES, EMBEDDINGS, FEW, LABELS, ORACLES, name

# JAX compiles each case anew: other backends take one of each kind.
EACH = ALL if NAME == "tensorflow" else FEW
each_loss = pytest.mark.parametrize("case", EACH, ids=name)
each_kind = pytest.mark.parametrize("case", FEW, ids=name)
each_distance = pytest.mark.parametrize("distance", oracles.DISTANCES)

# Keras computes in 64 bits throughout on TensorFlow alone.
DTYPE = "float64" if NAME == "tensorflow" else "float32"
TOLERANCE = 1e-6 if NAME == "tensorflow" else 2e-3


def make(case, distance="euclidean", **more):
    cls, arguments = case
    return cls(**{**arguments, "distance": distance, "dtype": DTYPE, **more})


def slope(function, x, step=1e-6):
    """Central differences of a function's value, of whatever shape, by each entry of x."""
    x = x.astype("float64")
    found = []
    for place in np.ndindex(x.shape):
        up, down = x.copy(), x.copy()
        up[place] += step
        down[place] -= step
        found.append((function(up) - function(down)) / (2 * step))
    return np.array(found).reshape(*x.shape, *np.shape(found[0]))


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def slope_of_hinge(gap, margin):
    return sigmoid(gap) if margin is None else float(gap + margin > 0)


def triplet_pairs(D, i, P, N, positive, negative, margin):
    if negative == "semi-hard-per-pair":
        triplets = [(p, oracles.semi_hard(D, i, N, D[i, p]), 1 / len(P)) for p in P]
    else:
        triplets = [(*oracles.mined(D, i, P, N, positive, negative), 1.0)]
    for p, n, share in triplets:
        weight = share * slope_of_hinge(D[i, p] - D[i, n], margin)
        yield from [((i, p), weight), ((i, n), -weight)]


def pn_pairs(D, i, P, N, positive, negative, margin):
    p, n = oracles.mined(D, i, P, N, positive, negative)
    nearer = (i, n) if D[i, n] < D[p, n] else (p, n)
    weight = slope_of_hinge(D[i, p] - D[nearer], margin)
    yield from [((i, p), weight), (nearer, -weight)]


def multi_similarity_pairs(D, i, P, N, alpha=2.0, beta=40.0, epsilon=0.1, lmda=0.5, center=1.0):
    S = center - D
    negatives = [j for j in N if S[i, j] > min(S[i, k] for k in P) - epsilon]
    positives = [j for j in P if S[i, j] < max(S[i, k] for k in N) + epsilon]
    for own, sign, strength in [(positives, 1, alpha), (negatives, -1, beta)]:
        exponents = {j: np.exp(-sign * strength * (S[i, j] - lmda)) for j in own}
        total = 1 + sum(exponents.values())
        yield from (((i, j), sign * exponents[j] / total) for j in own)


def circle_pairs(D, i, P, N, gamma=80.0, margin=0.4):
    S = 1 - D
    push = {j: gamma * max(S[i, j] + margin, 0) for j in N}
    pull = {j: gamma * max(1 + margin - S[i, j], 0) for j in P}
    logs = {j: push[j] * (S[i, j] - margin) for j in N}
    logs |= {j: -pull[j] * (S[i, j] - (1 - margin)) for j in P}
    sums = [oracles._log_sum([logs[j] for j in own]) for own in (P, N)]
    outer = sigmoid(sum(sums))
    for own, weights, sign, total in [(P, pull, 1, sums[0]), (N, push, -1, sums[1])]:
        yield from (((i, j), sign * outer * weights[j] * np.exp(logs[j] - total)) for j in own)


def pairs_by_loops(case, distance, x, y):
    """∂value/∂distance by hand, of the mean over the anchors that count."""
    cls, arguments = case
    keys = dict(arguments)
    if cls in (TripletLoss, PNLoss):
        keys = {
            "positive": arguments.get("positive_mining_strategy", "hard"),
            "negative": arguments.get("negative_mining_strategy", "semi-hard"),
            "margin": arguments.get("margin"),
        }
    own = {
        TripletLoss: triplet_pairs,
        PNLoss: pn_pairs,
        MultiSimilarityLoss: multi_similarity_pairs,
        CircleLoss: circle_pairs,
    }[cls]
    D = oracles.matrix(distance, x)
    found, count = np.zeros_like(D), 0
    for i, P, N in oracles.pairs(y):
        if P and N:
            count += 1
            for place, weight in own(D, i, P, N, **keys):
                found[place] += weight
    return found / max(count, 1)


@each_distance
@each_loss
def test_the_value_and_the_anchors_are_those_of_the_loss(case, distance):
    loss = make(case, distance)
    for batch in ("uneven classes", "singletons"):
        x, y = BATCHES[batch]
        found = explain(loss, y, x)
        # Not always to the last bit: XLA orders sums as it likes.
        assert found.value == pytest.approx(float(to_numpy(loss(y, x))), rel=1e-5)
        alone = to_numpy(make(case, distance, reduction=None)(y, x))
        np.testing.assert_allclose(found.anchors, alone, rtol=1e-5)
        counts = [bool(P and N) for _, P, N in oracles.pairs(y)]
        assert found.counted.tolist() == counts


@each_distance
@each_loss
def test_the_gradient_is_the_slope_of_the_formula(case, distance):
    cls, arguments = case
    x, y = EMBEDDINGS.astype("float64"), LABELS
    constants = {}
    if cls is CircleLoss:  # its weights are constants to the gradient
        constants["weights_at"] = oracles.matrix(distance, x)

    def formula(rows):
        values = ORACLES[cls](oracles.matrix(distance, rows), y, **arguments, **constants)
        return oracles.mean(values)

    expected = slope(formula, x)
    found = explain(make(case, distance), y, x).gradient
    size = np.abs(expected).max() or 1.0
    np.testing.assert_allclose(found / size, expected / size, atol=TOLERANCE)


@each_distance
@each_loss
def test_the_pairs_are_those_that_a_plain_loop_picks(case, distance):
    for batch in ("uneven classes", "singletons"):
        x, y = BATCHES[batch]
        found = explain(make(case, distance), y, x).pairs
        expected = pairs_by_loops(case, distance, x, y)
        size = np.abs(expected).max() or 1.0
        np.testing.assert_allclose(found / size, expected / size, atol=TOLERANCE)
        mined = np.abs(expected) > TOLERANCE * size
        assert (np.sign(found)[mined] == np.sign(expected)[mined]).all()


@each_distance
@each_loss
def test_the_gradient_is_what_the_pairs_say_by_the_chain_rule(case, distance):
    found = explain(make(case, distance), LABELS, EMBEDDINGS)
    by_point = slope(lambda rows: oracles.matrix(distance, rows), EMBEDDINGS)
    expected = (by_point * found.pairs).sum(axis=(-2, -1))
    size = np.abs(expected).max() or 1.0
    np.testing.assert_allclose(found.gradient / size, expected / size, atol=TOLERANCE)


@pytest.mark.parametrize("reduction", ["sum", "sum_over_batch_size", None])
def test_a_reduction_scales_all_of_it(reduction):
    loss = TripletLoss("euclidean", margin=1.0, reduction=reduction)
    found, mean = (
        explain(own, LABELS, EMBEDDINGS) for own in (loss, TripletLoss("euclidean", margin=1.0))
    )
    factor = mean.counted.sum() if reduction == "sum" else 1
    assert found.value == pytest.approx(factor * mean.value, rel=1e-6)
    np.testing.assert_allclose(found.gradient, factor * mean.gradient, rtol=1e-5, atol=1e-7)
    np.testing.assert_allclose(found.pairs, factor * mean.pairs, rtol=1e-5, atol=1e-7)
    np.testing.assert_array_equal(found.anchors, mean.anchors)


ALONE = {
    "one class": ([[0.0, 1.0], [1.0, 0.0], [1.0, 2.0]], [3, 3, 3], "all points are of one class"),
    "two of one class": ([[0.0, 1.0], [1.0, 0.0]], ["a", "a"], "all points are of one class"),
    "two of two classes": ([[0.0, 1.0], [1.0, 0.0]], [1, 2], "no two points are of one class"),
    "all different": (np.eye(4), [1, 2, 3, 4], "no two points are of one class"),
    "one point": ([[1.0, 0.0]], [1], "one point alone"),
}


@pytest.mark.parametrize("batch", ALONE)
@each_distance
@each_kind
def test_without_an_anchor_that_counts_all_is_zero_and_it_is_said_why(case, distance, batch):
    x, y, said = ALONE[batch]
    found = explain(make(case, distance), y, x)
    assert found.note.startswith("no triplet: ")
    assert said in found.note
    assert found.value == 0
    assert not found.counted.any()
    for zeros in (found.anchors, found.gradient, found.pairs):
        assert not zeros.any()


COLLAPSED = {
    "duplicates": (np.repeat([[1.0, 2.0], [0.5, -1.0]], 3, axis=0), [0, 0, 1, 0, 1, 1]),
    "one place": (np.ones((6, 2)), [0, 0, 0, 1, 1, 1]),
    "zero": (np.zeros((6, 2)), [0, 0, 0, 1, 1, 2]),
    "far apart": (np.array([[1e6, 0], [-1e6, 1], [0, 1e6], [1, 2]]), [0, 0, 1, 1]),
}


@pytest.mark.parametrize("batch", COLLAPSED)
@each_distance
@each_kind
def test_duplicates_and_collapsed_points_are_explained_in_finite_numbers(case, distance, batch):
    x, y = COLLAPSED[batch]
    cls, arguments = case
    found = explain(cls(distance, **arguments), y, x)
    assert found.note == ""
    for numbers in (found.value, found.anchors, found.gradient, found.pairs):
        assert np.isfinite(numbers).all()


class Contrast(MetricLoss):
    """A loss of one's own: a variable, a list, a formula that looks at all pairs."""

    def __init__(self, strength=2.0, **more):
        super().__init__(**more)
        self.strength = keras.Variable(strength, dtype="float32")
        self.calls = []

    def anchor_losses(self, distances, positives, negatives):
        self.calls.append(1)
        pull = ops.sum(ops.where(positives, ops.square(distances), 0.0), axis=1)
        push = ops.sum(ops.where(negatives, ops.relu(3.0 - distances), 0.0), axis=1)
        return self.strength * pull + push


def test_a_loss_of_ones_own_with_its_state_is_explained_and_left_as_it_is():
    loss = Contrast(5.0, distance="euclidean", reduction="sum")
    before = dict(vars(loss))
    found = explain(loss, LABELS, EMBEDDINGS)
    assert vars(loss) == before
    assert found.value == float(to_numpy(loss(LABELS, EMBEDDINGS)))
    D = oracles.matrix("euclidean", EMBEDDINGS)
    expected = np.zeros_like(D)
    for i, P, N in oracles.pairs(LABELS):
        if P and N:
            for j in P:
                expected[i, j] = 2 * 5.0 * D[i, j]
            for j in N:
                expected[i, j] = -float(D[i, j] < 3.0)
    np.testing.assert_allclose(found.pairs, expected, rtol=1e-5)
    loss.strength.assign(1.0)
    again = explain(loss, LABELS, EMBEDDINGS).pairs
    np.testing.assert_allclose(again[again > 0], expected[expected > 0] / 5, rtol=1e-5)


class Constant(MetricLoss):
    def anchor_losses(self, distances, positives, negatives):
        return ops.ones((len(LABELS),))


class Lenient(MetricLoss):
    def valid_anchors(self, positives, negatives):
        return ops.any(positives, axis=1)

    def anchor_losses(self, distances, positives, negatives):
        return ops.sum(ops.where(positives, distances, 0.0), axis=1)


def test_a_loss_that_looks_at_no_distance_has_a_gradient_of_zero():
    found = explain(Constant(), LABELS, EMBEDDINGS)
    assert found.value == 1.0
    assert not found.gradient.any()
    assert not found.pairs.any()


def test_which_anchors_count_is_up_to_the_loss():
    found = explain(Lenient("euclidean"), [7, 7], [[0.0, 0.0], [3.0, 4.0]])
    assert (found.value, found.note) == (5.0, "")
    assert found.pairs.tolist() == [[0.0, 0.5], [0.5, 0.0]]


def test_labels_are_strings_or_integers_of_any_width():
    loss = TripletLoss(margin=0.3)
    expected = explain(loss, LABELS, EMBEDDINGS).value
    for labels in (
        LABELS.astype(str),
        LABELS + 2**60,
        [f"{own}" for own in LABELS],
        LABELS[:, None],
    ):
        assert explain(loss, labels, EMBEDDINGS).value == expected


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"loss": "triplet"}, "`loss` must be a MetricLoss"),
        ({"labels": LABELS[:3]}, "`labels` must have one label for each of 8 examples"),
        ({"labels": None}, "`labels` must hold one label an example"),
        ({"points": EMBEDDINGS[0]}, r"`points` must have shape \[n, d\]"),
        ({"points": np.full((8, 2), np.nan)}, "NaN or inf in 8 of 8 rows"),
        ({"points": np.zeros((0, 2)), "labels": []}, "`points` must have at least one row"),
    ],
)
def test_what_cannot_be_explained_is_refused_by_name(change, said):
    given = {"loss": TripletLoss(), "labels": LABELS, "points": EMBEDDINGS, **change}
    with pytest.raises(ValueError, match=said):
        explain(**given)


def test_a_backend_without_gradients_says_so(monkeypatch):
    monkeypatch.setattr(keras.backend, "backend", lambda: "numpy")
    with pytest.raises(ValueError, match=r"needs a Keras backend with gradients\. Received: numpy"):
        explain(TripletLoss(), LABELS, EMBEDDINGS)


def test_it_is_found_beside_the_losses():
    assert {"Explanation", "explain"} <= set(losses.__all__)


@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "mixed_float16"])
@each_kind
def test_a_loss_of_half_precision_is_explained(case, dtype):
    cls, arguments = case
    x, y = BATCHES["uneven classes"]
    half = explain(cls(**{**arguments, "distance": "euclidean", "dtype": dtype}), y, x)
    full = explain(make(case), y, x)
    assert half.value == pytest.approx(full.value, rel=0.1, abs=0.05)
    assert half.pairs.dtype == half.gradient.dtype == half.anchors.dtype == np.float64
    assert half.pairs.any()
    assert half.gradient.any()
