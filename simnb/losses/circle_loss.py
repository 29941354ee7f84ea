"""Circle loss."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

from simnb import check
from simnb.distances import Distance
from simnb.losses.log_sum_exp import log_sum_exp
from simnb.losses.metric_loss import MetricLoss


@keras.saving.register_keras_serializable("simnb")
class CircleLoss(MetricLoss):
    """Weigh each similarity by how far it is from its optimum (Sun et al. 2020, eq. 6).

    log(1 + Σ exp(γ αₙ (sₙ - m)) · Σ exp(-γ αₚ (sₚ - 1 + m))) with s = 1 - d,
    αₚ = max(1 + m - sₚ, 0) and αₙ = max(sₙ + m, 0). The weights α pass no gradient, as
    in the authors' code.

    Parameters
    ----------
    distance : str or Distance, default "cosine"
    gamma : float, default 80.0
        The paper's scale γ.
    margin : float, default 0.4
        The paper's relaxation m.
    reduction, name, dtype :
        As `MetricLoss`.

    Examples
    --------
    >>> import numpy as np
    >>> embeddings = np.array([[1.0, 0.0], [1.0, 0.0], [0.0, 1.0], [0.0, 1.0]], "float32")
    >>> print(f"{float(CircleLoss()(np.array([0, 0, 1, 1]), embeddings)):.4f}")
    0.0000
    """

    def __init__(
        self,
        distance: str | Distance = "cosine",
        gamma: float = 80.0,
        margin: float = 0.40,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "circle_loss",
        dtype: Any = None,
    ) -> None:
        super().__init__(distance, reduction, name, dtype)
        self.gamma = check.positive("gamma", gamma)
        self.margin = check.non_negative("margin", margin)

    def anchor_losses(self, distances: Any, positives: Any, negatives: Any) -> Any:
        """Return the value of each anchor, [n]."""
        similarities = 1.0 - distances
        positive_weights = ops.stop_gradient(ops.relu(1.0 + self.margin - similarities))
        negative_weights = ops.stop_gradient(ops.relu(similarities + self.margin))
        pull = -self.gamma * positive_weights * (similarities - 1.0 + self.margin)
        push = self.gamma * negative_weights * (similarities - self.margin)
        return ops.softplus(log_sum_exp(pull, positives) + log_sum_exp(push, negatives))

    def get_config(self) -> dict[str, Any]:
        """Return the constructor's arguments."""
        return {**super().get_config(), "gamma": self.gamma, "margin": self.margin}
