"""Model, optimizer state and index in one `.keras` file, and the index beside it."""

import json
import os
import subprocess
import sys
import warnings
import zipfile
from pathlib import Path

import keras
import numpy as np
import pytest

import simnb
from simnb.distances import Distance
from simnb.indexer import Indexer
from simnb.losses import MultiSimilarityLoss, TripletLoss
from simnb.models import SimilarityModel, load_model
from tests.models.small import LABELS, X, batches, compiled, indexed, new

NAMES = np.array(["ant", "bee", "cat", "dog"])[LABELS]
ROOT = Path(simnb.__file__).parents[1]


def trained(**arguments):
    model = compiled(loss=MultiSimilarityLoss(alpha=1.5), **arguments)
    model.fit(batches(), epochs=2, verbose=0)
    model.index(X, NAMES, data=[{"row": row} for row in range(60)], verbose=0)
    return model


@pytest.fixture(scope="module")
def original():
    return trained(search={"engine": "exact"}, run_eagerly=False)


@pytest.fixture(scope="module")
def file(original, tmp_path_factory):
    path = tmp_path_factory.mktemp("saved") / "m.keras"
    original.save(path)
    return path


def neighbours(model):
    found = model.lookup(X, k=3, verbose=0)
    return found.ids.tolist(), found.labels.tolist(), found.distances.round(5).tolist()


def assert_same(model, original):
    assert isinstance(model, SimilarityModel)
    assert neighbours(model) == neighbours(original)
    assert model.single_lookup(X[7], k=1)[0].data == {"row": 7}
    assert model._index.get_config() == original._index.get_config()
    assert model.loss.get_config() == original.loss.get_config()
    assert int(model.optimizer.iterations) == int(original.optimizer.iterations) == 8


LOADERS = {
    "simnb first": "import simnb; model = simnb.load_model(path)",
    "keras first": "import keras, simnb.models; model = keras.models.load_model(path)",
}
GOES_ON = """
import json, sys, warnings
path, data = sys.argv[1:]
{load}
import numpy as np
x = np.load(data)
found = model.lookup(x, k=3, verbose=0)
print(json.dumps([found.ids.tolist(), found.labels.tolist(), found.distances.round(5).tolist()]))
print(int(model.optimizer.iterations))
with warnings.catch_warnings():
    warnings.simplefilter("error", UserWarning)
    model.fit(x, np.arange(len(x)) % 4, batch_size=20, epochs=1, verbose=0)
model.index(x[:2] + 9, ["new", "new"], verbose=0)
print(int(model.optimizer.iterations), model.index_size())
"""


def start(program, *arguments):
    return subprocess.Popen(
        [sys.executable, "-c", program, *map(str, arguments)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=arguments[0].parent,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )


@pytest.fixture(scope="module", autouse=True)
def fresh(file, tmp_path_factory):
    """Fresh processes, started before the tests of this file and asked for their answer at its end."""
    data = tmp_path_factory.mktemp("data") / "x.npy"
    np.save(data, X)
    processes = {
        order: start(GOES_ON.format(load=load), file, data) for order, load in LOADERS.items()
    }
    yield processes
    for process in processes.values():
        process.kill()
        process.communicate()


def test_the_index_opens_in_a_process_without_keras(original, file):
    program = """
import sys, simnb
index = simnb.load_index(sys.argv[1])
assert not {"keras", "tensorflow", "torch", "jax"} & set(sys.modules)
print(len(index), index.single_lookup(index.embeddings[5], k=1)[0].data)
"""
    out, err = start(program, file).communicate(timeout=60)
    assert out == "60 {'row': 5}\n", err


def test_a_file_brings_back_model_optimizer_and_index(original, file, capsys):
    for loaded in (load_model(file), keras.models.load_model(file), simnb.load_model(str(file))):
        assert_same(loaded, original)
        np.testing.assert_allclose(loaded.embed(X), original.embed(X), atol=1e-6)
    assert capsys.readouterr().out == ""


def test_a_loaded_model_trains_exactly_as_the_one_that_was_saved(tmp_path):
    model = trained()
    model.save(tmp_path / "m.keras")
    loaded = load_model(tmp_path / "m.keras")
    with warnings.catch_warnings():
        warnings.simplefilter("error", UserWarning)
        for each in (model, loaded):
            each.fit(batches(seed=4), epochs=1, verbose=0)
    np.testing.assert_allclose(loaded.embed(X), model.embed(X), atol=1e-5)


def test_a_loaded_model_is_saved_and_loaded_again(original, file, tmp_path):
    load_model(file).save(tmp_path / "again.keras")
    assert_same(load_model(tmp_path / "again.keras"), original)


def test_without_compiling_the_index_still_comes(original, file):
    loaded = load_model(file, compile=False)
    assert not loaded.compiled
    assert neighbours(loaded) == neighbours(original)


def test_an_uncompiled_model_with_an_index_comes_back(tmp_path):
    model = new()
    model.create_index(distance="l2")
    model.index(X, verbose=0)
    model.save(tmp_path / "m.keras")
    loaded = load_model(tmp_path / "m.keras")
    assert not loaded.compiled
    assert loaded.lookup(X, verbose=0).ids.tolist() == model.lookup(X, verbose=0).ids.tolist()
    assert (loaded._index.distance.name, loaded._index.labels) == ("euclidean", None)


def test_a_model_that_never_trained_loads_without_a_warning(tmp_path):
    model = compiled()
    model.save(tmp_path / "m.keras")
    with warnings.catch_warnings():
        warnings.simplefilter("error", UserWarning)
        loaded = load_model(tmp_path / "m.keras")
        loaded.fit(batches(), epochs=1, verbose=0)
    assert int(loaded.optimizer.iterations) == 4


def test_a_model_without_an_index_comes_back_without(tmp_path):
    new().save(tmp_path / "m.keras")
    with pytest.raises(ValueError, match="There is no index"):
        load_model(tmp_path / "m.keras").index(X)
    with pytest.raises(ValueError, match="holds no index: the model was saved without one"):
        simnb.load_index(tmp_path / "m.keras")


def test_an_empty_index_comes_back_empty(tmp_path):
    compiled(distance="l1").save(tmp_path / "m.keras")
    loaded = load_model(tmp_path / "m.keras")
    assert (loaded.index_size(), loaded._index.distance.name) == (0, "manhattan")
    loaded.index(X, NAMES, verbose=0)
    assert loaded.single_lookup(X[0], k=1)[0].label == NAMES[0]


@pytest.mark.parametrize("search", ["auto", "nmslib", {"engine": "exact"}])
def test_the_choice_of_search_comes_back(search, tmp_path):
    if search == "nmslib":
        pytest.importorskip("nmslib")
    model = indexed(search=search)
    model.save(tmp_path / "m.keras")
    loaded = load_model(tmp_path / "m.keras")
    assert loaded._index.get_config() == model._index.get_config()
    assert loaded._index.engine.name == model._index.engine.name
    assert neighbours(loaded)[0] == neighbours(model)[0]


def test_two_outputs_and_mixed_precision_come_back(tmp_path):
    inputs = keras.Input((4,))
    policy = keras.DTypePolicy("mixed_float16")
    outputs = [
        keras.layers.Dense(4, name="classes", dtype=policy)(inputs),
        simnb.layers.MetricEmbedding(3, name="embedding", dtype=policy)(inputs),
    ]
    model = SimilarityModel(inputs, outputs)
    loss = {"classes": None, "embedding": TripletLoss("l2")}
    model.compile("adam", loss=loss, embedding_output=1, jit_compile=False)
    model.index(X, NAMES, verbose=0)
    model.save(tmp_path / "m.keras")
    loaded = load_model(tmp_path / "m.keras")
    assert loaded.embed(X).shape == (60, 3)
    assert loaded._embedding_output == 1
    assert neighbours(loaded) == neighbours(model)


class Chessboard(Distance):
    name = "tests.chessboard"

    def pairwise(self, query, key, ops):
        difference = ops.expand_dims(query, 1) - ops.expand_dims(key, 0)
        return ops.max(ops.abs(difference), axis=-1)


def test_a_users_distance_comes_back(tmp_path):
    model = compiled(loss=TripletLoss(Chessboard()))
    model.index(X, NAMES, verbose=0)
    model.save(tmp_path / "m.keras")
    loaded = load_model(tmp_path / "m.keras")
    assert loaded._index.distance == loaded.loss.distance == Chessboard()
    assert neighbours(loaded) == neighbours(model)


@keras.saving.register_keras_serializable("tests")
class Halved(TripletLoss):
    def anchor_losses(self, distances, positives, negatives):
        return super().anchor_losses(distances, positives, negatives) / 2


def test_a_users_loss_comes_back(tmp_path):
    model = compiled(loss=Halved("l2", margin=0.7))
    model.save(tmp_path / "m.keras")
    loaded = load_model(tmp_path / "m.keras")
    assert isinstance(loaded.loss, Halved)
    assert (loaded.loss.margin, loaded.loss.distance.name) == (0.7, "euclidean")


def test_code_inside_a_file_is_not_run(tmp_path):
    inputs = keras.Input((4,))
    hidden = keras.layers.Lambda(lambda x: x * 2)(inputs)
    SimilarityModel(inputs, simnb.layers.MetricEmbedding(3)(hidden)).save(tmp_path / "m.keras")
    with pytest.raises(ValueError, match=r"unsafe|safe_mode"):
        load_model(tmp_path / "m.keras")


def test_nothing_in_a_file_is_pickled(file):
    with zipfile.ZipFile(file) as packed:
        endings = {Path(name).suffix for name in packed.namelist() if not name.endswith("/")}
    assert endings <= {".json", ".npy", ".npz", ".h5", ".bin"}


# save: what is written, and what is left after a crash.


def test_save_index_false_leaves_the_index_out_and_in_the_model(original, tmp_path):
    original.save(tmp_path / "m.keras", save_index=False)
    loaded = load_model(tmp_path / "m.keras")
    assert (loaded.index_size(), original.index_size()) == (0, 60)
    assert loaded._index.distance.name == "cosine"
    original.save(tmp_path / "m.keras")
    assert load_model(tmp_path / "m.keras").index_size() == 60


@pytest.mark.parametrize("crash", [(Indexer, "save"), (os, "fsync"), (os, "replace")])
def test_a_crash_while_saving_leaves_the_old_file(crash, original, tmp_path, monkeypatch):
    path = tmp_path / "m.keras"
    original.save(path)
    before = path.read_bytes()
    other = indexed()

    def die(*arguments, **named):
        raise OSError("no space left")

    with monkeypatch.context() as patch:
        patch.setattr(*crash, die)
        with pytest.raises(OSError, match="no space left"):
            other.save(path)
    assert path.read_bytes() == before
    assert [entry.name for entry in tmp_path.iterdir()] == ["m.keras"]
    other.save(path)
    assert load_model(path).index_size() == 60


def test_overwrite_false_refuses(original, tmp_path):
    path = tmp_path / "m.keras"
    path.write_text("mine")
    with pytest.raises(FileExistsError, match="pass overwrite=True"):
        original.save(path, overwrite=False)
    assert path.read_text() == "mine"


def test_other_file_names_and_absent_folders_are_refused(original, tmp_path):
    with pytest.raises(ValueError, match=r"\.keras"):
        original.save(tmp_path / "model")
    with pytest.raises(FileNotFoundError):
        original.save(tmp_path / "no" / "such" / "m.keras")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 not a zip", "cut"])
def test_a_damaged_file_is_refused(content, file, tmp_path):
    path = tmp_path / "m.keras"
    path.write_bytes(file.read_bytes()[:2000] if content == "cut" else content)
    for load in (load_model, simnb.load_index):
        with pytest.raises((ValueError, OSError), match=r"m\.keras"):
            load(path)


def test_a_file_whose_index_was_altered_is_refused(file, tmp_path):
    altered = tmp_path / "m.keras"
    with zipfile.ZipFile(file) as old, zipfile.ZipFile(altered, "w") as new_file:
        for name in old.namelist():
            content = old.read(name)
            if name.endswith("vectors.npy"):
                content = content[:-4] + b"\0\0\0\0"
            new_file.writestr(name, content)
    for load in (load_model, simnb.load_index):
        with pytest.raises(ValueError, match=r"vectors\.npy is damaged"):
            load(altered)


def test_a_checkpoint_during_training_carries_the_index(tmp_path):
    model = indexed()
    checkpoint = keras.callbacks.ModelCheckpoint(tmp_path / "{epoch}.keras")
    model.fit(batches(), epochs=2, callbacks=[checkpoint], verbose=0)
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["1.keras", "2.keras"]
    assert load_model(tmp_path / "1.keras").index_size() == 60
    np.testing.assert_allclose(load_model(tmp_path / "2.keras").embed(X), model.embed(X), atol=1e-6)


# The index beside the model.


def test_an_index_folder_and_a_keras_file_load_into_a_model(original, file, tmp_path, capsys):
    original.save_index(tmp_path / "index")
    assert len(simnb.load_index(tmp_path / "index")) == 60
    for source in (tmp_path / "index", file):
        model = compiled(loss=MultiSimilarityLoss())
        model.set_weights(original.get_weights())
        model.load_index(source)
        assert neighbours(model) == neighbours(original)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"units": 5}, "has embeddings of size 3, the model 5"),
        ({"distance": "l2"}, "by cosine distance, the model's by euclidean; compile with distance"),
    ],
)
def test_an_index_of_another_size_or_distance_is_refused(arguments, said, original, tmp_path):
    original.save_index(tmp_path / "index")
    model = indexed(**arguments)
    before = neighbours(model)
    with pytest.raises(ValueError, match=said):
        model.load_index(tmp_path / "index")
    assert neighbours(model) == before


def test_no_index_where_one_is_asked_for_is_refused(tmp_path):
    model = indexed()
    (tmp_path / "empty").mkdir()
    (tmp_path / "file.txt").write_text("hello")
    for path, error in [
        ("empty", FileNotFoundError),
        ("none", FileNotFoundError),
        ("file.txt", ValueError),
    ]:
        with pytest.raises(error, match=path):
            model.load_index(tmp_path / path)
    assert model.index_size() == 60


def test_fresh_processes_find_the_same_neighbours_and_go_on_training(original, fresh):
    for order, process in fresh.items():
        out, err = process.communicate(timeout=240)
        assert process.returncode == 0, f"{order}: {err}"
        found, iterations, after = out.splitlines()[-3:]
        assert json.loads(found) == [list(part) for part in neighbours(original)], order
        assert iterations == "8", order
        assert after == "11 62", order
        assert "Distance metric automatically" not in out, order
