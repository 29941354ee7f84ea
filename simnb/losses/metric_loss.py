"""The base of all losses: labels to pairs, one value an anchor, the mean over anchors that have one."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any

import keras
from keras import ops

from simnb import distances
from simnb.losses import pairs


class MetricLoss(keras.losses.Loss, ABC):
    """A loss over the pairs of a batch; subclass it to bring your own.

    Each row of the batch is an anchor once: rows of the same label are its positives,
    all others its negatives. A subclass implements `anchor_losses`. Anchors without a
    positive or without a negative count for nothing: the mean is over the others, and
    a batch that has none gives 0 with zero gradient. Everything is computed in float32,
    also under mixed precision. Labels are compared as they are, so 64-bit ids are exact
    (save on JAX, which keeps integers in 32 bits).

    Parameters
    ----------
    distance : str or Distance, default "cosine"
        One that is smaller for nearer rows: not the inner product.
    reduction : {"sum_over_batch_size", "mean", "sum", "mean_with_sample_weight", None}
        The means are over the anchors that count. None gives the anchors' values [n].
    name : str, optional
    dtype : optional
        Default float32, whatever the global policy.

    Examples
    --------
    >>> import numpy as np
    >>> class PullOnly(MetricLoss):
    ...     def anchor_losses(self, distances, positives, negatives):
    ...         return ops.sum(ops.where(positives, distances, 0.0), axis=1)
    >>> embeddings = np.array([[1.0, 0.0], [0.0, 1.0], [1.0, 0.0]], "float32")
    >>> float(PullOnly()(np.array([0, 0, 1]), embeddings))  # the third row has no positive
    1.0
    """

    def __init__(
        self,
        distance: str | distances.Distance = "cosine",
        reduction: str | None = "sum_over_batch_size",
        name: str | None = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(name=name, reduction=reduction, dtype=dtype or "float32")
        self.distance = distances.get(distance)
        if self.distance.larger_is_nearer:  # training would pull the classes into each other
            raise ValueError(
                f"`distance` must be smaller for nearer rows. Received: distance={str(self.distance)!r}, "
                "which is larger. To look up by it, pass it to `compile(distance=...)`."
            )

    @abstractmethod
    def anchor_losses(self, distances: Any, positives: Any, negatives: Any) -> Any:
        """Return the loss of each anchor, [n].

        Parameters
        ----------
        distances : float tensor [n, n]
            Row i: from anchor i to every row of the batch.
        positives, negatives : bool tensors [n, n]
            An anchor is neither to itself. What is returned for anchors without one
            or the other is not used, but must be finite.
        """

    def valid_anchors(self, positives: Any, negatives: Any) -> Any:
        """Return the anchors that count, bool [n]: those with a positive and a negative."""
        return ops.logical_and(ops.any(positives, axis=1), ops.any(negatives, axis=1))

    def __call__(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> Any:
        """Return the loss of a batch.

        Parameters
        ----------
        y_true : integers [n] or [n, 1]
        y_pred : embeddings [n, d]
        sample_weight : floats [n], optional
            Weights of the anchors.
        """
        labels = pairs.label_vector(y_true)
        # Keras casts labels to float32, which merges ids past 2**24. The place of the
        # first row of the same label says as much, and stays below the batch size.
        codes = ops.argmax(ops.cast(pairs.equal(labels), "int32"), axis=1)
        positives, negatives = pairs.masks(codes)
        weight = ops.cast(self.valid_anchors(positives, negatives), self.dtype)
        if self.reduction in ("sum_over_batch_size", "mean"):
            count = ops.cast(ops.shape(weight)[0], self.dtype)
            weight = weight * count / ops.maximum(ops.sum(weight), 1.0)
        if sample_weight is not None:
            own = ops.cast(ops.convert_to_tensor(sample_weight), self.dtype)
            weight = weight * (ops.squeeze(own, axis=1) if len(own.shape) == 2 else own)
        return super().__call__(codes, y_pred, sample_weight=weight)

    def call(self, y_true: Any, y_pred: Any) -> Any:
        """Return the anchors' values [n], 0 for those that do not count."""
        if len(y_pred.shape) != 2:
            raise ValueError(
                f"`y_pred` must be embeddings of shape [n, d]. Received: shape {tuple(y_pred.shape)}"
            )
        positives, negatives = pairs.masks(y_true)
        values = self.anchor_losses(self.distance(y_pred), positives, negatives)
        return ops.where(self.valid_anchors(positives, negatives), values, 0.0)

    def get_config(self) -> dict[str, Any]:
        """Return the constructor's arguments as plain JSON."""
        return {**super().get_config(), "distance": distances.serialize(self.distance)}
