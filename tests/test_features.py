"""Features on disk: reused only where nothing has changed and nothing is damaged."""

import errno
import multiprocessing
import os
import shutil

import keras
import numpy as np
import pytest

from simnb import features
from simnb.architectures import from_backbone
from simnb.layers import MetricEmbedding
from simnb.losses import MultiSimilarityLoss
from simnb.models import SimilarityModel
from simnb.samplers import MultiShotMemorySampler
from tests.backend import NAME, to_numpy

X = np.random.default_rng(0).integers(0, 256, (30, 8, 8, 3), np.uint8)
LABELS = np.arange(30) % 3


def backbone(scale=1 / 255, kernel=3, dtype=None, trainable=True, name=None):
    """The layers are named by Keras, which counts on from one model to the next."""
    inputs = keras.Input((8, 8, 3))
    x = keras.layers.Rescaling(scale)(inputs)
    x = keras.layers.Conv2D(
        5, kernel, kernel_initializer=keras.initializers.GlorotUniform(3), dtype=dtype
    )(x)
    x = keras.layers.BatchNormalization()(x)
    x = keras.layers.GlobalAveragePooling2D()(x)
    model = keras.Model(inputs, x, name=name)
    model.trainable = trainable
    return model


@pytest.fixture
def runs(monkeypatch):
    """How often features have been computed."""
    count = []
    compiled = features.compiled_forward
    monkeypatch.setattr(features, "compiled_forward", lambda *a: count.append(1) or compiled(*a))
    return count


def files(folder):
    return sorted(path.name for path in folder.iterdir())


def test_features_are_the_models_outputs_whatever_the_batches(tmp_path):
    model = backbone()
    found = features.cached(model, X, tmp_path, batch_size=7, verbose=0)
    assert isinstance(found, np.memmap)
    assert found.dtype == np.float32
    assert not found.flags.writeable
    expected = to_numpy(model(X))
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-6)


SAME = {
    "again": lambda: (backbone(), X),
    "other batches": lambda: (backbone(), X, {"batch_size": 11}),
    "another name": lambda: (backbone(name="other"), X),
    "frozen": lambda: (backbone(trainable=False), X),
    "a copy of the data": lambda: (backbone(), X.copy()),
    "a list of the data": lambda: (backbone(), list(X)),
    "data in another order of memory": lambda: (backbone(), np.asfortranarray(X)),
}


@pytest.mark.parametrize("case", SAME)
def test_the_same_features_are_computed_once(case, tmp_path, runs):
    first = features.cached(backbone(), X, tmp_path, batch_size=7, verbose=0)
    model, x, *arguments = SAME[case]()
    again = features.cached(model, x, tmp_path, verbose=0, **dict(*arguments))
    np.testing.assert_array_equal(again, first)
    assert len(runs) == 1
    assert len(files(tmp_path)) == 1


def altered(x):
    x = x.copy()
    x[29, 7, 7, 2] ^= 1
    return x


def trained(model, layer=2):
    weight = model.layers[layer].weights[0]
    weight.assign(to_numpy(weight) * 1.001)
    return model


DIFFERENT = {
    "one value of the last example": lambda: (backbone(), altered(X)),
    "the order of the data": lambda: (backbone(), X[::-1]),
    "fewer examples": lambda: (backbone(), X[:29]),
    "the data's dtype": lambda: (backbone(), X.astype("float32")),
    "a weight": lambda: (trained(backbone()), X),
    "a moving mean": lambda: (_moved(backbone()), X),
    "the preprocessing": lambda: (backbone(scale=1 / 127.5), X),
    "a layer": lambda: (backbone(kernel=1), X),
    "the precision": lambda: (backbone(dtype="mixed_float16"), X),
}


def _moved(model):
    model.layers[3].moving_mean.assign(np.full(5, 1e-4))
    return model


@pytest.mark.parametrize("case", DIFFERENT)
def test_what_changes_is_computed_anew(case, tmp_path, runs):
    features.cached(backbone(), X, tmp_path, verbose=0)
    model, x = DIFFERENT[case]()
    found = features.cached(model, x, tmp_path, verbose=0)
    np.testing.assert_allclose(found, to_numpy(model(x)).astype("float32"), rtol=2e-3, atol=1e-4)
    assert len(runs) == 2
    assert len(files(tmp_path)) == 2


def test_precisions_that_differ_in_nothing_else_are_told_apart(tmp_path, runs):
    for policy in ("mixed_float16", "mixed_bfloat16"):
        inputs = keras.Input((4,))
        layer = keras.layers.Dense(2, kernel_initializer="ones", dtype=policy)
        features.cached(keras.Model(inputs, layer(inputs)), X[:, 0, 0, :1].repeat(4, 1), tmp_path)
    assert len(runs) == 2


@keras.saving.register_keras_serializable("simnb_tests")
class OwnLayer(keras.layers.Layer):
    """A layer of one's own, written anew in a notebook without a change to its settings."""

    factor = 1.0

    def call(self, inputs):
        return inputs * self.factor


def test_a_layer_that_was_written_anew_makes_the_file_stale(tmp_path, runs, monkeypatch):
    inputs = keras.Input((4,))
    x = np.arange(12, dtype="float32").reshape(3, 4) + 1
    features.cached(keras.Model(inputs, OwnLayer()(inputs)), x, tmp_path, verbose=0)
    monkeypatch.setattr(OwnLayer, "factor", 2.0)
    found = features.cached(keras.Model(inputs, OwnLayer()(inputs)), x, tmp_path, verbose=0)
    np.testing.assert_array_equal(found, 2 * x)
    assert len(runs) == 2
    again = features.cached(keras.Model(inputs, OwnLayer()(inputs)), x, tmp_path, verbose=0)
    np.testing.assert_array_equal(again, 2 * x)


def cut(path):
    path.write_bytes(path.read_bytes()[:-40])


def flip(path):
    content = bytearray(path.read_bytes())
    content[-3] ^= 1
    path.write_bytes(content)


def empty(path):
    path.write_bytes(b"")


@pytest.mark.parametrize("damage", [cut, flip, empty, os.unlink])
def test_a_damaged_file_is_not_used_and_is_replaced(damage, tmp_path, runs):
    first = np.array(features.cached(backbone(), X, tmp_path, verbose=0))
    (path,) = tmp_path.iterdir()
    damage(path)
    again = features.cached(backbone(), X, tmp_path, verbose=0)
    np.testing.assert_allclose(again, first, rtol=1e-5)
    assert len(runs) == 2
    assert len(files(tmp_path)) == 1


def test_an_interrupted_computation_leaves_nothing_and_is_begun_anew(tmp_path, monkeypatch):
    def interrupted(model, output):
        def forward(batch):
            if next(countdown) == 0:
                raise KeyboardInterrupt
            return to_numpy(model(batch))

        countdown = iter([2, 1, 0])
        return forward

    with monkeypatch.context() as patched:
        patched.setattr(features, "compiled_forward", interrupted)
        with pytest.raises(KeyboardInterrupt):
            features.cached(backbone(), X, tmp_path, batch_size=8, verbose=0)
    assert files(tmp_path) == []
    assert features.cached(backbone(), X, tmp_path, verbose=0).shape == (30, 5)


def test_a_disk_without_room_is_refused_before_the_work(tmp_path, monkeypatch):
    usage = shutil.disk_usage(tmp_path)._replace(free=100)
    monkeypatch.setattr(shutil, "disk_usage", lambda folder: usage)
    with pytest.raises(OSError, match=r"MB are free\)\. Pass another `folder`") as caught:
        features.cached(backbone(), X, tmp_path, verbose=0)
    assert caught.value.errno == errno.ENOSPC
    assert files(tmp_path) == []


@pytest.mark.skipif(os.name == "nt", reason="Windows has no limit on the size of files")
def test_a_write_that_fails_half_way_leaves_nothing(tmp_path):
    import resource

    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (400, limits[1]))
    try:
        with pytest.raises(OSError, match="could not be kept in"):
            features.cached(backbone(), X, tmp_path, batch_size=7, verbose=0)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert files(tmp_path) == []


def test_a_folder_that_cannot_be_made_is_named(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(OSError, match=r"could not be kept in .*file"):
        features.cached(backbone(), X, tmp_path / "file" / "below", verbose=0)


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


def test_the_default_folder_is_in_the_users_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("SIMNB_CACHE", str(tmp_path))
    features.cached(backbone(), X[:2], verbose=0)
    assert files(tmp_path) == ["features"]
    assert features.clear() > 0
    assert files(tmp_path / "features") == []


def test_clear_deletes_features_and_nothing_else(tmp_path):
    kept = ["notes.npy", "a-b.npy", f"{'0' * 32}.npy", f".{'0' * 32}-x.tmp"]
    for name in kept:
        (tmp_path / name).touch()
    found = features.cached(backbone(), X, tmp_path, verbose=0)
    half_written = tmp_path / f".{'0' * 32}-{'1' * 32}.tmp"  # of a process that was killed
    half_written.write_bytes(b"12345")
    sizes = sum(path.stat().st_size for path in tmp_path.iterdir())
    assert features.clear(tmp_path) == sizes
    assert files(tmp_path) == sorted(kept)
    if os.name != "nt":
        assert np.isfinite(found).all()  # what is open stays readable
    assert features.clear(tmp_path / "nowhere") == 0


def _compute(folder):
    features.cached(backbone(), X, folder, verbose=0)


def test_processes_at_the_same_time_do_not_disturb_each_other(tmp_path):
    if NAME != "tensorflow":
        pytest.skip("starts two processes of TensorFlow")
    context = multiprocessing.get_context("spawn")
    processes = [context.Process(target=_compute, args=(tmp_path,)) for _ in range(2)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    assert [process.exitcode for process in processes] == [0, 0]
    assert features.cached(backbone(), X, tmp_path, verbose=0).shape == (30, 5)
    assert not [name for name in files(tmp_path) if name.endswith(".tmp")]


def test_several_inputs_and_texts_are_part_of_the_key(tmp_path, runs):
    a, b = keras.Input((2,), name="a"), keras.Input((2,), name="b")
    model = keras.Model({"a": a, "b": b}, keras.layers.Concatenate()([a, b]))
    x = {"a": np.ones((3, 2), "float32"), "b": np.zeros((3, 2), "float32")}
    found = features.cached(model, x, tmp_path, verbose=0)
    np.testing.assert_array_equal(found, np.tile([1, 1, 0, 0], (3, 1)))
    swapped = features.cached(model, {"a": x["b"], "b": x["a"]}, tmp_path, verbose=0)
    np.testing.assert_array_equal(swapped, np.tile([0, 0, 1, 1], (3, 1)))
    assert len(runs) == 2


@pytest.mark.parametrize("x", [None, X[:0], X[0], X[:, :4], iter([X])], ids=range(5))
def test_wrong_examples_are_refused_and_nothing_is_made(x, tmp_path):
    with pytest.raises(ValueError, match="`x` must"):
        features.cached(backbone(), x, tmp_path / "cache", verbose=0)
    assert not (tmp_path / "cache").exists()


def whole_model():
    return from_backbone(
        keras.Sequential(
            [
                keras.Input((8, 8, 3)),
                keras.layers.Rescaling(1 / 255),
                keras.layers.Conv2D(6, 3, activation="relu"),
            ],
            name="own",
        ),
        embedding_size=4,
    )


def test_a_head_trained_on_features_trains_the_whole_model(tmp_path):
    model = whole_model()
    features.split(model)  # as often as one likes
    first, head = features.split(model)
    found = features.cached(first, X, tmp_path, verbose=0)
    assert found.shape == (30, 6)
    np.testing.assert_allclose(head.embed(found), model.embed(X), atol=1e-6)
    before = model.embed(X)
    head.compile("adam", loss=MultiSimilarityLoss(), jit_compile=False)
    head.fit(
        MultiShotMemorySampler(found, LABELS, classes_per_batch=3, steps_per_epoch=3, seed=0),
        verbose=0,
    )
    assert np.abs(model.embed(X) - before).max() > 1e-4
    np.testing.assert_allclose(head.embed(found), model.embed(X), atol=1e-6)
    model.create_index()
    model.index(X, LABELS, verbose=0)
    assert model.lookup(X, k=1, verbose=0).labels[:, 0].tolist() == LABELS.tolist()


def test_a_model_is_split_at_the_layer_that_is_named(tmp_path):
    inputs = keras.Input((4,))
    x = keras.layers.Dense(5, name="one")(inputs)
    y = keras.layers.Dense(6, name="two")(x)
    model = SimilarityModel(inputs, MetricEmbedding(3, name="three")(y))
    first, head = features.split(model, at="one")
    assert (first.output_shape, head.input_shape) == ((None, 5), (None, 5))
    for at, message in {"pooling": "one of the layers", "three": "before the last"}.items():
        with pytest.raises(ValueError, match=message):
            features.split(model, at)


def test_a_model_whose_layers_go_round_the_cut_is_refused():
    inputs = keras.Input((4,))
    x = keras.layers.Dense(4, name="one")(inputs)
    model = SimilarityModel(inputs, keras.layers.Add()([inputs, x]))
    with pytest.raises(ValueError, match="`at`"):
        features.split(model, at="one")
