"""Features are a model's outputs, from whatever the examples come, a batch at a time."""

import errno

import keras
import numpy as np
import pytest

from simnb import features
from simnb.features import caching
from simnb.models import SimilarityModel
from simnb.samplers import MultiShotFileSampler
from tests.backend import to_numpy
from tests.features.small import LABELS, Rows, X, backbone, files


def test_features_are_the_models_outputs_whatever_the_batches(tmp_path):
    model = backbone()
    found = features.cached(model, X, tmp_path, batch_size=7, verbose=0)
    assert isinstance(found, np.memmap)
    assert found.dtype == np.float32
    assert not found.flags.writeable
    expected = to_numpy(model(X))
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-6)


def test_an_error_of_the_examples_is_shown_as_it_is(tmp_path):
    class Broken:
        """Examples in files, one of which has gone."""

        shape, dtype = X.shape, X.dtype

        def __len__(self):
            return len(X)

        def __getitem__(self, part):
            if next(reads) > 0:  # the first pass makes the key
                raise FileNotFoundError(errno.ENOENT, "no such file", "cat.jpg")
            return X[part]

    reads = iter(range(9))
    with pytest.raises(FileNotFoundError, match=r"cat\.jpg"):
        features.cached(backbone(), Broken(), tmp_path, batch_size=30, verbose=0)
    assert files(tmp_path) == []


@pytest.mark.parametrize("x", [None, X[:0], X[0], X[:, :4], iter([X]), 7, []], ids=range(7))
def test_wrong_examples_are_refused_and_nothing_is_made(x, tmp_path):
    with pytest.raises(ValueError, match="`x` must"):
        features.cached(backbone(), x, tmp_path / "cache", verbose=0)
    assert not (tmp_path / "cache").exists()


def test_a_model_of_another_kind_is_refused(tmp_path):
    inputs = keras.Input((8, 8, 3))
    two = keras.Model(inputs, [keras.layers.Flatten()(inputs), keras.layers.ReLU()(inputs)])
    for model in (two, keras.Sequential([keras.layers.Flatten()])):
        with pytest.raises(ValueError, match="`model` must be a functional model of one output"):
            features.cached(model, X, tmp_path, verbose=0)


@pytest.mark.parametrize("channels", [(3,), ()], ids=["with channels", "without their channel"])
def test_no_more_than_a_batch_is_read_at_a_time(channels, tmp_path):
    inputs = keras.Input((8, 8, *(channels or (1,))))
    model = SimilarityModel(inputs, keras.layers.Flatten()(inputs))
    array = X if channels else X[..., 0]
    x = Rows(array)
    found = features.cached(model, x, tmp_path, batch_size=8, verbose=0)
    np.testing.assert_array_equal(found, array.reshape(30, -1))
    assert x.asked == 2 * [8, 8, 8, 6]  # to name them, and to compute
    x.asked.clear()
    features.cached(model, x, tmp_path, batch_size=8, verbose=0)
    assert x.asked == [8, 8, 8, 6]
    x.asked.clear()
    np.testing.assert_array_equal(model.embed(x, batch_size=8), found)
    assert x.asked == [8, 8, 8, 6]


def test_the_files_of_a_sampler_are_read_a_batch_at_a_time(tmp_path):
    read = []

    def load(path):
        read.append(path)
        return np.load(path)

    paths = [tmp_path / f"{number}.npy" for number in range(len(X))]
    for path, image in zip(paths, X, strict=True):
        np.save(path, image)
    sampler = MultiShotFileSampler(paths, LABELS, load_example_fn=load, seed=0)
    model, x = backbone(), Rows(sampler.x)
    read.clear()
    features.cached(model, x, tmp_path / "cache", batch_size=8, verbose=0)
    assert x.asked == 2 * [8, 8, 8, 6]
    assert len(read) == 2 * len(X)
    found = features.cached(model, sampler.x, tmp_path / "cache", verbose=0)
    np.testing.assert_allclose(found, model.predict(sampler.x[:], verbose=0), rtol=1e-4, atol=1e-5)
    assert len(files(tmp_path / "cache")) == 1


class Batches(keras.utils.PyDataset):
    """Batches of 7 examples, and their labels."""

    def __len__(self):
        return 5

    def __getitem__(self, step):
        part = slice(7 * step, 7 * step + 7)
        return X[part], LABELS[part]


class Changing:
    """Batches that are others whenever they are read."""

    def __init__(self, *readings):
        self.readings = iter(readings)

    def __iter__(self):
        return iter(next(self.readings))


def dataset():
    import tensorflow as tf

    return tf.data.Dataset.from_tensor_slices((X, LABELS))


SOURCES = {
    "a Keras dataset": Batches,
    "a tf.data dataset": lambda: dataset().batch(8),
    "one of unknown size": lambda: dataset().filter(lambda *_: True).batch(11),
}


@pytest.mark.parametrize("kind", SOURCES)
def test_batches_make_the_same_features_as_the_array_that_they_are_of(kind, tmp_path, runs):
    if "tf.data" in kind or "unknown" in kind:
        pytest.importorskip("tensorflow")
    model = backbone()
    found = features.cached(model, SOURCES[kind](), tmp_path, verbose=0)
    np.testing.assert_allclose(found, to_numpy(model(X)), rtol=1e-5, atol=1e-6)
    features.cached(model, SOURCES[kind](), tmp_path, verbose=0)
    features.cached(model, X, tmp_path, verbose=0)
    assert len(runs) == 1


CHANGING = {
    "shuffled": lambda: dataset().shuffle(30).batch(8),
    "endless": lambda: dataset().repeat().batch(8),
    "longer": lambda: Changing([X[:5]], [X[:5], X[:5]]),
    "shorter": lambda: Changing([X[:5], X[:5]], [X[:5]]),
    "none": lambda: Changing([]),
}


@pytest.mark.parametrize("kind", CHANGING)
def test_batches_that_are_others_the_second_time_are_refused(kind, tmp_path):
    if kind in ("shuffled", "endless"):
        pytest.importorskip("tensorflow")
    with pytest.raises(ValueError, match="`x` must"):
        features.cached(backbone(), CHANGING[kind](), tmp_path, verbose=0)
    assert files(tmp_path) == []


def test_an_array_that_changes_between_its_readings_is_refused(tmp_path):
    x = Rows(X.copy())

    def change(model, output):
        x.array[3] += 1
        return lambda batch: to_numpy(model(batch))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(caching, "compiled_forward", change)
        with pytest.raises(ValueError, match="`x` must be the same whenever it is read"):
            features.cached(backbone(), x, tmp_path, verbose=0)
    assert files(tmp_path) == []


def test_features_of_several_shapes_are_refused(tmp_path):
    inputs = keras.Input((None, 3))
    model = keras.Model(inputs, keras.layers.ReLU()(inputs))
    batches = [X[:2, 0], X[2:4, 0, :4]]
    with pytest.raises(ValueError, match=r"one shape. Received: \(8, 3\) and \(4, 3\)"):
        features.cached(model, Changing(batches, batches), tmp_path, verbose=0)
    assert files(tmp_path) == []


@pytest.mark.parametrize("batch_size", [0, -1, 1.5])
def test_a_batch_size_that_is_none_is_refused(batch_size, tmp_path):
    with pytest.raises(ValueError, match="`batch_size` must be"):
        features.cached(backbone(), X, tmp_path, batch_size=batch_size)
    assert not list(tmp_path.iterdir())
