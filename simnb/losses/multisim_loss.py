"""Multi-similarity loss."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

from simnb import check
from simnb.distances import Distance
from simnb.losses.log_sum_exp import log_sum_exp
from simnb.losses.metric_loss import MetricLoss


@keras.saving.register_keras_serializable("simnb")
class MultiSimilarityLoss(MetricLoss):
    """Weigh every informative pair of an anchor (Wang et al. 2019, eq. 15).

    1/α log(1 + Σ exp(α (d + λ - c))) over its positives, plus 1/β log(1 + Σ exp(-β (d + λ - c)))
    over its negatives. A positive takes part when it is farther than the nearest negative
    less ε, a negative when it is nearer than the farthest positive plus ε (eq. 11 and 12).
    With the cosine distance and c = 1, d - c is minus the paper's similarity.

    Parameters
    ----------
    distance : str or Distance, default "cosine"
    alpha : float, default 2.0
        Weight of the positives' exponent.
    beta : float, default 40.0
        Weight of the negatives' exponent.
    epsilon : float, default 0.1
        Slack when pairs are picked.
    lmda : float, default 0.5
        The paper's λ: pairs count for more past this similarity.
    center : float, default 1.0
        Where distances are measured from; 1 turns a cosine distance into a similarity.
    reduction, name, dtype :
        As `MetricLoss`.

    Examples
    --------
    >>> import numpy as np
    >>> embeddings = np.array([[1.0, 0.0], [0.0, 1.0], [1.0, 0.0], [0.0, 1.0]], "float32")
    >>> print(f"{float(MultiSimilarityLoss()(np.array([0, 0, 1, 1]), embeddings)):.4f}")
    1.1566
    """

    def __init__(
        self,
        distance: str | Distance = "cosine",
        alpha: float = 2.0,
        beta: float = 40.0,
        epsilon: float = 0.1,
        lmda: float = 0.5,
        center: float = 1.0,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "multisim_loss",
        dtype: Any = None,
    ) -> None:
        super().__init__(distance, reduction, name, dtype)
        self.alpha = check.positive("alpha", alpha)
        self.beta = check.positive("beta", beta)
        self.epsilon = check.finite("epsilon", epsilon)
        self.lmda = check.finite("lmda", lmda)
        self.center = check.finite("center", center)

    def anchor_losses(self, distances: Any, positives: Any, negatives: Any) -> Any:
        """Return the value of each anchor, [n]."""
        infinity = float("inf")
        nearest_negative = ops.min(ops.where(negatives, distances, infinity), axis=1, keepdims=True)
        farthest_positive = ops.max(
            ops.where(positives, distances, -infinity), axis=1, keepdims=True
        )
        positives = ops.logical_and(positives, distances > nearest_negative - self.epsilon)
        negatives = ops.logical_and(negatives, distances < farthest_positive + self.epsilon)
        shifted = distances + (self.lmda - self.center)
        pull = log_sum_exp(self.alpha * shifted, positives, one=True) / self.alpha
        push = log_sum_exp(-self.beta * shifted, negatives, one=True) / self.beta
        return pull + push

    def get_config(self) -> dict[str, Any]:
        """Return the constructor's arguments."""
        return {
            **super().get_config(),
            "alpha": self.alpha,
            "beta": self.beta,
            "epsilon": self.epsilon,
            "lmda": self.lmda,
            "center": self.center,
        }
