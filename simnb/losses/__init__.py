"""Losses over the pairs of a batch, for any Keras model and backend; one a file."""

from simnb.losses.circle_loss import CircleLoss
from simnb.losses.explained import Explanation, explain
from simnb.losses.metric_loss import MetricLoss
from simnb.losses.multisim_loss import MultiSimilarityLoss
from simnb.losses.pn_loss import PNLoss
from simnb.losses.triplet_loss import TripletLoss

__all__ = [
    "CircleLoss",
    "Explanation",
    "MetricLoss",
    "MultiSimilarityLoss",
    "PNLoss",
    "TripletLoss",
    "explain",
]
