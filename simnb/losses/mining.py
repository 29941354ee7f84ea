"""Which positive and which negative of an anchor a triplet is made of."""

from __future__ import annotations

from typing import Any

from keras import ops

POSITIVES = ("hard", "easy")
NEGATIVES = ("semi-hard", "hard", "easy", "semi-hard-per-pair")


def positive(strategy: str, distances: Any, positives: Any) -> Any:
    """Column of each anchor's positive, int [n]: its farthest (hard) or nearest (easy)."""
    return _farthest(distances, positives) if strategy == "hard" else _nearest(distances, positives)


def negative(strategy: str, distances: Any, negatives: Any, beyond: Any) -> Any:
    """Column of each anchor's negative, int [n].

    Its nearest (hard), its farthest (easy), or the nearest of those farther than
    `beyond` [n], the positive's distance (semi-hard); its farthest where all are nearer.
    """
    if strategy == "hard":
        return _nearest(distances, negatives)
    if strategy == "easy":
        return _farthest(distances, negatives)
    outside = ops.logical_and(negatives, distances > ops.expand_dims(beyond, 1))
    return ops.where(
        ops.any(outside, axis=1), _nearest(distances, outside), _farthest(distances, negatives)
    )


def semi_hard_distances(distances: Any, negatives: Any) -> Any:
    """For each pair (anchor, positive), the distance of its semi-hard negative, [n, n].

    The nearest of the anchor's negatives that are farther than the positive; the
    farthest negative where all are nearer (Schroff et al. 2015, §3.2).
    """
    # Negatives in ascending order, all other columns behind them.
    unused = ops.max(distances, axis=1, keepdims=True) + 1.0
    ascending = ops.sort(ops.where(negatives, distances, unused), axis=1)
    count = ops.sum(ops.cast(negatives, "int32"), axis=1, keepdims=True)
    # Place of the first negative that is farther than the pair: as many are not.
    nearer = ops.cast(
        ops.logical_and(ops.expand_dims(negatives, 1), _not_farther(distances)), "int32"
    )
    place = ops.minimum(ops.sum(nearer, axis=2), count - 1)
    return _taken(ascending, ops.maximum(place, 0))


def pick(distances: Any, columns: Any) -> Any:
    """The distances in these columns, one an anchor, [n]."""
    return ops.squeeze(_taken(distances, ops.expand_dims(columns, 1)), axis=1)


def _taken(values: Any, columns: Any) -> Any:
    """Of each row of `values` [n, m] what its own columns [n, k] hold, [n, k].

    XLA does not compile take_along_axis of Keras 3.6 where the size of a batch is unknown.
    """
    rows, width = ops.shape(values)
    start = ops.expand_dims(ops.arange(rows), 1) * width
    return ops.take(ops.reshape(values, [-1]), start + ops.cast(columns, start.dtype))


def _not_farther(distances: Any) -> Any:
    """[i, j, m]: whether row m is not farther from i than j is."""
    return ops.expand_dims(distances, 1) <= ops.expand_dims(distances, 2)


def _nearest(distances: Any, mask: Any) -> Any:
    return ops.argmin(ops.where(mask, distances, float("inf")), axis=1)


def _farthest(distances: Any, mask: Any) -> Any:
    return ops.argmax(ops.where(mask, distances, -float("inf")), axis=1)
