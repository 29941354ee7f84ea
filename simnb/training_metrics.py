"""Keras metrics that show, during training, how far apart and how near the classes are.

For any Keras model and backend whose labels are integers and whose outputs are embeddings:
`model.compile(loss=…, metrics=[max_pos("cosine"), min_neg("cosine"), dist_gap("cosine")])`.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice
from typing import Any

import keras
import numpy as np
from keras import ops

from simnb import check, distances
from simnb.distances import Distance
from simnb.losses import mining, pairs

__all__ = [
    "DistanceGapMetric",
    "DistanceMetric",
    "avg_neg",
    "avg_pos",
    "batch_class_ratio",
    "dist_gap",
    "max_neg",
    "max_pos",
    "min_neg",
    "min_pos",
    "sum_neg",
    "sum_pos",
]


@keras.saving.register_keras_serializable("simnb")
class DistanceMetric(keras.metrics.Metric):
    """The distance of anchors to a mined positive, or to a mined negative, over the epoch.

    Each row of a batch is an anchor once. Its value is the distance to its farthest
    positive (or its nearest negative; the strategies say which), and the metric is the
    aggregate of the values of all anchors since the last reset: not that of the last
    batch, and not a mean over batches. Anchors without such a pair do not count; where
    none counts, the sum is 0 and every other aggregate is NaN.

    Parameters
    ----------
    distance : str or Distance, default "cosine"
        Of a similarity (the inner product), the farthest is the least similar; the
        values are the similarities themselves.
    aggregate : {"mean", "avg", "max", "min", "sum"}, default "mean"
        `"avg"` is `"mean"`.
    anchor : {"positive", "negative"}, default "positive"
        Whether the distance is to a positive or to a negative of the anchor.
    name : str, optional
        Default: aggregate and anchor, such as "max_pos".
    positive_mining_strategy : {"hard", "easy"}, default "hard"
        The anchor's farthest or nearest positive.
    negative_mining_strategy : {"hard", "easy"}, default "hard"
        The anchor's nearest or farthest negative.
    dtype : optional
        Of the state. Default float32, whatever the global policy.

    Examples
    --------
    >>> import numpy as np
    >>> metric = DistanceMetric("euclidean", aggregate="mean")
    >>> metric.update_state(np.array([0, 0, 1]), np.array([[0.0], [3.0], [9.0]], "float32"))
    >>> metric.update_state(np.array([5, 5]), np.array([[1.0], [2.0]], "float32"))
    >>> float(metric.result())  # of 3, 3, 1 and 1: the row of class 1 has no positive
    2.0
    """

    def __init__(
        self,
        distance: str | Distance = "cosine",
        aggregate: str = "mean",
        anchor: str = "positive",
        name: str | None = None,
        positive_mining_strategy: str = "hard",
        negative_mining_strategy: str = "hard",
        dtype: Any = None,
    ) -> None:
        check.one_of("aggregate", aggregate, ("mean", "avg", "max", "min", "sum"))
        check.one_of("anchor", anchor, ("positive", "negative"))
        super().__init__(name=name or f"{aggregate}_{anchor[:3]}", dtype=dtype or "float32")
        self.distance = distances.get(distance)
        self.aggregate = aggregate
        self.anchor = anchor
        self.positive_mining_strategy = check.one_of(
            "positive_mining_strategy", positive_mining_strategy, ("hard", "easy")
        )
        self.negative_mining_strategy = check.one_of(
            "negative_mining_strategy", negative_mining_strategy, ("hard", "easy")
        )
        # Zeros both, which Keras's `reset_state` restores: an extreme of -inf it would not.
        # While no weight has been seen, the value of an extreme means nothing.
        self._value = self.add_weight(initializer="zeros", dtype=self.dtype, name="value")
        self._weight = self.add_weight(initializer="zeros", dtype=self.dtype, name="weight")

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        """Add the anchors of a batch.

        Parameters
        ----------
        y_true : integers [n] or [n, 1]
            Compared as they are, so 64-bit ids are exact.
        y_pred : embeddings [n, d]
        sample_weight : floats [n] or [n, 1], optional
            Weights of the anchors, for the mean and the sum. An anchor of weight 0
            does not count; to the maximum and the minimum all others are alike.
        """
        self._add(*_batch(self.distance, y_true, y_pred, sample_weight, self.dtype))

    def _add(self, matrix: Any, positives: Any, negatives: Any, weight: Any) -> None:
        mask = positives if self.anchor == "positive" else negatives
        values = ops.cast(mining.pick(matrix, self._column(matrix, mask)), self.dtype)
        weight = ops.where(ops.any(mask, axis=1), weight, 0.0)
        counted = ops.not_equal(weight, 0.0)
        value, seen = ops.cast(self._value, self.dtype), ops.cast(self._weight, self.dtype)
        if self.aggregate in ("mean", "avg", "sum"):
            value = value + ops.sum(ops.where(counted, weight * values, 0.0))
        else:
            reduce, further, none = (
                (ops.max, ops.maximum, -float("inf"))
                if self.aggregate == "max"
                else (ops.min, ops.minimum, float("inf"))
            )
            extreme = reduce(ops.where(counted, values, none))
            value = ops.where(seen > 0, further(value, extreme), extreme)
        self._value.assign(value)
        self._weight.assign(seen + ops.sum(weight))

    def _column(self, matrix: Any, mask: Any) -> Any:
        ascending = -matrix if self.distance.larger_is_nearer else matrix
        if self.anchor == "positive":
            return mining.positive(self.positive_mining_strategy, ascending, mask)
        return mining.negative(self.negative_mining_strategy, ascending, mask, None)

    def result(self) -> Any:
        """Return the aggregate since the last reset, a scalar."""
        # A new tensor: a conversion alone may give the variable's own, which `fit` would
        # read only after the reset.
        value, weight = self._value + 0.0, ops.cast(self._weight, self.dtype)
        if self.aggregate == "sum":
            return value
        if self.aggregate in ("mean", "avg"):
            value = value / ops.where(weight > 0, weight, 1.0)
        return ops.where(weight > 0, value, float("nan"))

    def get_config(self) -> dict[str, Any]:
        """Return the constructor's arguments as plain JSON."""
        return {
            **super().get_config(),
            "distance": distances.serialize(self.distance),
            "aggregate": self.aggregate,
            "anchor": self.anchor,
            "positive_mining_strategy": self.positive_mining_strategy,
            "negative_mining_strategy": self.negative_mining_strategy,
        }


@keras.saving.register_keras_serializable("simnb")
class DistanceGapMetric(keras.metrics.Metric):
    """The smallest distance of a negative pair minus the largest of a positive pair.

    Both over all pairs since the last reset, so that it is `min_neg` minus `max_pos` of
    the same epoch. The sign is kept (TensorFlow Similarity takes it off): below 0 the
    classes overlap, above 0 one threshold separates them. NaN while either kind of
    pair has not been seen.

    Parameters
    ----------
    distance : str or Distance, default "cosine"
        Of a similarity (the inner product), the gap is the least similar positive pair
        minus the most similar negative pair: below 0 is overlap as well.
    name : str, optional
        Default "dist_gap".
    dtype : optional
        Of the state. Default float32, whatever the global policy.

    Examples
    --------
    >>> import numpy as np
    >>> metric = DistanceGapMetric("euclidean")
    >>> metric.update_state(np.array([0, 0, 1]), np.array([[0.0], [3.0], [4.0]], "float32"))
    >>> float(metric.result())
    -2.0
    """

    def __init__(
        self, distance: str | Distance = "cosine", name: str | None = None, dtype: Any = None
    ) -> None:
        super().__init__(name=name or "dist_gap", dtype=dtype or "float32")
        self.distance = distances.get(distance)
        farthest, nearest = ("min", "max") if self.distance.larger_is_nearer else ("max", "min")
        self._positive = DistanceMetric(self.distance, farthest, "positive", dtype=self.dtype)
        self._negative = DistanceMetric(self.distance, nearest, "negative", dtype=self.dtype)

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        """Add the pairs of a batch.

        Parameters
        ----------
        y_true : integers [n] or [n, 1]
        y_pred : embeddings [n, d]
        sample_weight : floats [n] or [n, 1], optional
            An anchor of weight 0 does not count; all others are alike.
        """
        batch = _batch(self.distance, y_true, y_pred, sample_weight, self.dtype)
        self._positive._add(*batch)
        self._negative._add(*batch)

    def result(self) -> Any:
        """Return the gap since the last reset, a scalar."""
        gap = self._negative.result() - self._positive.result()
        return -gap if self.distance.larger_is_nearer else gap

    def get_config(self) -> dict[str, Any]:
        """Return the constructor's arguments as plain JSON."""
        return {**super().get_config(), "distance": distances.serialize(self.distance)}


def _batch(
    distance: Distance, y_true: Any, y_pred: Any, sample_weight: Any, dtype: Any
) -> tuple[Any, Any, Any, Any]:
    """Distances [n, n], which of them are positive and negative pairs, the anchors' weights."""
    labels = pairs.label_vector(y_true)
    embeddings = ops.convert_to_tensor(y_pred)
    if len(embeddings.shape) != 2:
        raise ValueError(
            f"`y_pred` must be embeddings of shape [n, d]. Received: shape {tuple(embeddings.shape)}"
        )
    weight = ops.ones_like(labels, dtype=dtype)
    if sample_weight is not None:
        weight = ops.cast(ops.convert_to_tensor(sample_weight), dtype)
        if len(weight.shape) == 2 and weight.shape[1] == 1:
            weight = ops.squeeze(weight, axis=1)
        if len(weight.shape) != 1:
            raise ValueError(
                "`sample_weight` must have shape [n] or [n, 1]. "
                f"Received: shape {tuple(weight.shape)}"
            )
    rows = [labels.shape[0], embeddings.shape[0], weight.shape[0]]
    # Broadcasting would make something of most mistakes. None is a size not known ahead.
    if len({count for count in rows if count is not None}) > 1:
        raise ValueError(
            "`y_true`, `y_pred` and `sample_weight` must have as many rows. "
            f"Received: {rows[0]}, {rows[1]} and {rows[2]} rows"
        )
    return (distance(embeddings), *pairs.masks(labels), weight)


def dist_gap(distance: str | Distance = "cosine") -> DistanceGapMetric:
    """Smallest distance of a negative pair minus largest of a positive pair."""
    return DistanceGapMetric(distance)


def max_pos(distance: str | Distance = "cosine") -> DistanceMetric:
    """Largest, over anchors, of the distance to the farthest positive."""
    return DistanceMetric(distance, aggregate="max")


def max_neg(distance: str | Distance = "cosine") -> DistanceMetric:
    """Largest, over anchors, of the distance to the nearest negative."""
    return DistanceMetric(distance, aggregate="max", anchor="negative")


def avg_pos(distance: str | Distance = "cosine") -> DistanceMetric:
    """Mean, over anchors, of the distance to the farthest positive; its name is "mean_pos"."""
    return DistanceMetric(distance, aggregate="mean")


def avg_neg(distance: str | Distance = "cosine") -> DistanceMetric:
    """Mean, over anchors, of the distance to the nearest negative; its name is "mean_neg"."""
    return DistanceMetric(distance, aggregate="mean", anchor="negative")


def min_pos(distance: str | Distance = "cosine") -> DistanceMetric:
    """Smallest, over anchors, of the distance to the farthest positive."""
    return DistanceMetric(distance, aggregate="min")


def min_neg(distance: str | Distance = "cosine") -> DistanceMetric:
    """Smallest, over anchors, of the distance to the nearest negative."""
    return DistanceMetric(distance, aggregate="min", anchor="negative")


def sum_pos(distance: str | Distance = "cosine") -> DistanceMetric:
    """Sum, over anchors, of the distance to the farthest positive."""
    return DistanceMetric(distance, aggregate="sum")


def sum_neg(distance: str | Distance = "cosine") -> DistanceMetric:
    """Sum, over anchors, of the distance to the nearest negative."""
    return DistanceMetric(distance, aggregate="sum", anchor="negative")


def batch_class_ratio(sampler: Any, num_batches: int = 100) -> float:
    """Return the mean number of examples per class in a batch.

    Below 2, batches have classes of a single example: those have no positive to learn from.

    Parameters
    ----------
    sampler : Sampler, PyDataset or iterable
        Of batches (x, y, …) with labels y. A sampler's own state is not moved on.
    num_batches : int, default 100
        Looks at the first so many batches, or at all where there are fewer.

    Examples
    --------
    >>> import numpy as np
    >>> from simnb.samplers import MultiShotMemorySampler
    >>> x, y = np.arange(40), np.repeat(np.arange(4), 10)
    >>> batch_class_ratio(MultiShotMemorySampler(x, y, examples_per_class_per_batch=5))
    5.0
    """
    batches = islice(_batches(sampler), check.positive_integer("num_batches", num_batches))
    labels = [check.labels("y", ops.convert_to_numpy(batch[1])) for batch in batches]
    ratios = [len(y) / len(np.unique(y)) for y in labels if len(y)]
    if not ratios:
        raise ValueError("`sampler` must have a batch with examples. Received: none")
    return float(np.mean(ratios))


def _batches(sampler: Any) -> Iterable[Any]:
    # A PyDataset cannot be iterated over: Python would ask it for batches without end.
    if isinstance(sampler, keras.utils.PyDataset):
        return (sampler[index] for index in range(len(sampler)))
    return iter(sampler)
