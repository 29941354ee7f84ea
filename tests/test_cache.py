"""The cache folder, and the models that lessons leave in it."""

from pathlib import Path

import keras
import numpy as np
import pytest

from simnb import SimilarityModel, cache, lessons


def test_the_folder_is_the_one_that_was_set_or_the_users(monkeypatch, tmp_path):
    monkeypatch.setenv("SIMNB_CACHE", str(tmp_path))
    assert cache.folder("features") == tmp_path / "features"
    monkeypatch.setenv("SIMNB_CACHE", "~/mine")
    assert cache.folder("lessons") == Path.home() / "mine" / "lessons"
    monkeypatch.setenv("SIMNB_CACHE", "")
    assert cache.folder("lessons").parent.name == "simnb"


@pytest.fixture
def model(monkeypatch, tmp_path):
    monkeypatch.setenv("SIMNB_CACHE", str(tmp_path))
    inputs = keras.Input((4,))
    return SimilarityModel(inputs, keras.layers.Dense(2)(inputs))


def test_a_lesson_finds_the_model_that_another_kept_last(model):
    x = np.eye(4, dtype="float32")
    assert lessons.kept("one") is None
    for factor in (1, 2):
        model.layers[-1].set_weights([factor * np.ones((4, 2)), np.zeros(2)])
        lessons.keep(model, "one")
        np.testing.assert_array_equal(lessons.kept("one").embed(x), np.full((4, 2), factor))
    assert lessons.kept("another") is None


def test_a_kept_model_that_is_damaged_is_named(model):
    path = lessons.keep(model, "one")
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(ValueError, match=r"kept as 'one' cannot be read .*one\.keras"):
        lessons.kept("one")


@pytest.mark.parametrize("name", ["", "../one", "a b"])
def test_a_name_that_is_no_word_is_refused(name, model):
    with pytest.raises(ValueError, match="`name` must be a word"):
        lessons.keep(model, name)
