"""Positive-negative loss."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

from simnb import check
from simnb.distances import Distance
from simnb.losses import mining
from simnb.losses.metric_loss import MetricLoss

_NEGATIVES = tuple(strategy for strategy in mining.NEGATIVES if strategy != "semi-hard-per-pair")


@keras.saving.register_keras_serializable("simnb")
class PNLoss(MetricLoss):
    """Triplet loss whose negative is held off both ends of the pair (Szubert et al. 2019).

    max(d(a, p) - min(d(a, n), d(p, n)) + margin, 0); without a margin the soft form
    log(1 + exp(d(a, p) - min(d(a, n), d(p, n)))).

    Parameters
    ----------
    distance : str or Distance, default "cosine"
    positive_mining_strategy : {"hard", "easy"}, default "hard"
    negative_mining_strategy : {"semi-hard", "hard", "easy"}, default "semi-hard"
        As `TripletLoss`.
    margin : float, optional
        Default None, the soft margin.
    reduction, name, dtype :
        As `MetricLoss`.

    Examples
    --------
    >>> import numpy as np
    >>> embeddings = np.array([[1.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 0.0]], "float32")
    >>> loss = PNLoss(margin=0.5, reduction=None)
    >>> [round(float(value), 3) for value in loss(np.array([0, 0, 1, 1]), embeddings)]
    [1.5, 1.5, 0.0, 0.0]
    """

    def __init__(
        self,
        distance: str | Distance = "cosine",
        positive_mining_strategy: str = "hard",
        negative_mining_strategy: str = "semi-hard",
        margin: float | None = None,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "pn_loss",
        dtype: Any = None,
    ) -> None:
        super().__init__(distance, reduction, name, dtype)
        self.positive_mining_strategy = check.one_of(
            "positive_mining_strategy", positive_mining_strategy, mining.POSITIVES
        )
        self.negative_mining_strategy = check.one_of(
            "negative_mining_strategy", negative_mining_strategy, _NEGATIVES
        )
        self.margin = None if margin is None else check.non_negative("margin", margin)

    def anchor_losses(self, distances: Any, positives: Any, negatives: Any) -> Any:
        """Return the value of each anchor's triplet, [n]."""
        positive = mining.positive(self.positive_mining_strategy, distances, positives)
        to_positive = mining.pick(distances, positive)
        negative = mining.negative(self.negative_mining_strategy, distances, negatives, to_positive)
        from_positive = mining.pick(ops.take(distances, positive, axis=0), negative)
        gap = to_positive - ops.minimum(mining.pick(distances, negative), from_positive)
        return ops.softplus(gap) if self.margin is None else ops.relu(gap + self.margin)

    def get_config(self) -> dict[str, Any]:
        """Return the constructor's arguments."""
        return {
            **super().get_config(),
            "positive_mining_strategy": self.positive_mining_strategy,
            "negative_mining_strategy": self.negative_mining_strategy,
            "margin": self.margin,
        }
