"""Models that index what they embed. Importing this registers every class with Keras."""

import simnb.layers
import simnb.losses
import simnb.training_metrics  # noqa: F401 - all three register classes for keras.models.load_model
from simnb.models.loading import load_model
from simnb.models.similarity_model import SimilarityModel

__all__ = ["SimilarityModel", "load_model"]
