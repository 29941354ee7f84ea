"""A model that trains in a moment, and data that it can learn."""

import keras
import numpy as np

from simnb.layers import MetricEmbedding
from simnb.losses import TripletLoss
from simnb.models import SimilarityModel
from simnb.samplers import MultiShotMemorySampler
from tests.backend import NAME

LABELS = np.random.default_rng(0).permutation(np.repeat(np.arange(4), 15))
X = (
    np.random.default_rng(1).normal(size=(60, 4)).astype("float32") * 0.3
    + 2 * np.eye(4, dtype="float32")[LABELS]
)


def new(units=3, seed=0, dtype=None):
    keras.utils.set_random_seed(seed)
    inputs = keras.Input((4,))
    hidden = keras.layers.Dense(8, activation="tanh", dtype=dtype)(inputs)
    return SimilarityModel(inputs, MetricEmbedding(units, dtype=dtype)(hidden))


def compiled(loss=None, units=3, seed=0, **arguments):
    model = new(units, seed)
    # A graph takes seconds to build and these trainings are a few steps; saved models,
    # mixed precision and the programs of test_tfsim_programs.py train in graphs.
    arguments = {"jit_compile": False, "run_eagerly": NAME == "tensorflow", **arguments}
    model.compile("adam", loss=TripletLoss() if loss is None else loss, **arguments)
    return model


def indexed(**arguments):
    model = compiled(**arguments)
    model.index(X, LABELS, data=X, verbose=0)
    return model


def batches(**arguments):
    return MultiShotMemorySampler(
        X,
        LABELS,
        **{"classes_per_batch": 3, "steps_per_epoch": 4, "seed": 1, **arguments},
    )
