"""Triplet loss."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

from simnb import check
from simnb.distances import Distance
from simnb.losses import mining
from simnb.losses.metric_loss import MetricLoss


@keras.saving.register_keras_serializable("simnb")
class TripletLoss(MetricLoss):
    """Pull an anchor's positive nearer than its negative (Schroff et al. 2015, eq. 3).

    max(d(a, p) - d(a, n) + margin, 0) with one mined positive and negative an anchor;
    without a margin the soft form log(1 + exp(d(a, p) - d(a, n))) (Hermans et al. 2017).

    Parameters
    ----------
    distance : str or Distance, default "cosine"
    positive_mining_strategy : {"hard", "easy"}, default "hard"
        The anchor's farthest or nearest positive.
    negative_mining_strategy : str, default "semi-hard"
        `"hard"` and `"easy"`: the nearest and the farthest negative. `"semi-hard"`: the
        nearest negative farther than the mined positive, or the farthest one.
        `"semi-hard-per-pair"`: FaceNet's, every positive of the anchor with its own
        semi-hard negative; the anchor's value is the mean over its positives. It does
        not use `positive_mining_strategy`; memory n³.
    margin : float, optional
        Default None, the soft margin.
    reduction, name, dtype :
        As `MetricLoss`.

    Examples
    --------
    >>> import numpy as np
    >>> embeddings = np.array([[1.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 0.0]], "float32")
    >>> loss = TripletLoss(margin=0.5, reduction=None)
    >>> [round(float(value), 3) for value in loss(np.array([0, 0, 1, 1]), embeddings)]
    [1.5, 0.5, 0.0, 0.0]
    """

    def __init__(
        self,
        distance: str | Distance = "cosine",
        positive_mining_strategy: str = "hard",
        negative_mining_strategy: str = "semi-hard",
        margin: float | None = None,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "triplet_loss",
        dtype: Any = None,
    ) -> None:
        super().__init__(distance, reduction, name, dtype)
        self.positive_mining_strategy = check.one_of(
            "positive_mining_strategy", positive_mining_strategy, mining.POSITIVES
        )
        self.negative_mining_strategy = check.one_of(
            "negative_mining_strategy", negative_mining_strategy, mining.NEGATIVES
        )
        self.margin = None if margin is None else check.non_negative("margin", margin)

    def anchor_losses(self, distances: Any, positives: Any, negatives: Any) -> Any:
        """Return the value of each anchor's triplet, [n]."""
        if self.negative_mining_strategy == "semi-hard-per-pair":
            values = self._hinge(distances - mining.semi_hard_distances(distances, negatives))
            count = ops.sum(ops.cast(positives, distances.dtype), axis=1)
            return ops.sum(ops.where(positives, values, 0.0), axis=1) / ops.maximum(count, 1.0)
        to_positive = mining.pick(
            distances, mining.positive(self.positive_mining_strategy, distances, positives)
        )
        column = mining.negative(self.negative_mining_strategy, distances, negatives, to_positive)
        return self._hinge(to_positive - mining.pick(distances, column))

    def _hinge(self, gap: Any) -> Any:
        return ops.softplus(gap) if self.margin is None else ops.relu(gap + self.margin)

    def get_config(self) -> dict[str, Any]:
        """Return the constructor's arguments."""
        return {
            **super().get_config(),
            "positive_mining_strategy": self.positive_mining_strategy,
            "negative_mining_strategy": self.negative_mining_strategy,
            "margin": self.margin,
        }
