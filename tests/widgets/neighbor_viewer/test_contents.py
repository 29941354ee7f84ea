import io

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from simnb.widgets.neighbor_viewer.contents import (
    Attached,
    Contents,
    content_of,
    followed,
    heat_map,
)
from tests.widgets.cases import NASTY

IMAGES = [
    np.zeros((8, 8), bool),
    np.full((9, 12), 3, np.int16),
    np.full((9, 12, 1), 0.5, np.float16),
    np.full((20, 10, 3), 200, np.uint8),
    np.full((10, 10, 4), 0.25, np.float64),
]


@pytest.mark.parametrize("image", IMAGES, ids=lambda own: f"{own.dtype}{own.shape}")
def test_images_of_all_kinds_are_pictures(image):
    attached = Attached()
    content = Contents(2, ["text", image]).of(1, attached)
    assert content == {"image": 0}
    picture = Image.open(io.BytesIO(attached.buffers[0]))
    assert picture.size == (image.shape[1], image.shape[0])


def test_a_large_image_is_sent_small():
    attached = Attached()
    Contents(1, [np.zeros((300, 500, 3), np.uint8)]).of(0, attached)
    assert max(Image.open(io.BytesIO(attached.buffers[0])).size) == 128


def test_an_image_is_sent_once_however_often_it_is_shown():
    contents, attached = Contents(2, images=np.zeros((2, 8, 8))), Attached()
    assert [contents.of(row, attached)["image"] for row in (1, 0, 1)] == [0, 1, 0]
    assert len(attached.buffers) == 2


def test_images_that_are_given_take_the_place_of_those_that_are_stored():
    image = Image.new("RGB", (5, 4), "red")
    contents, attached = Contents(2, [IMAGES[0], IMAGES[0]], images=[image, None]), Attached()
    assert contents.of(0, attached) == {"image": 0}
    assert Image.open(io.BytesIO(attached.buffers[0])).size == (5, 4)
    assert "image" not in contents.of(1, attached)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, {}),
        (float("nan"), {}),
        ("a text", {"text": "a text"}),
        (["a", 1], {"text": "['a', 1]"}),
        (0.5, {"text": "0.5"}),
        (np.array(3), {"text": "3"}),
        (np.zeros((2, 3, 4, 5)), {"text": "array of shape (2, 3, 4, 5), float64"}),
        (np.array(["a"]), {"text": "array of shape (1,), <U1"}),
        (np.zeros(0), {"text": "array of shape (0,), float64"}),
        (np.zeros(2, complex), {"text": "array of shape (2,), complex128"}),
        (np.array([1, 2]), {"heat": {"values": [1.0, 2.0], "shape": [2]}}),
        (np.eye(2, dtype=bool), {"heat": {"values": [1.0, 0.0, 0.0, 1.0], "shape": [2, 2]}}),
    ],
)
def test_what_is_no_image_is_a_text_or_a_heat_map(value, expected):
    assert Contents(1, [value]).of(0, Attached()) == expected
    assert content_of(value) == expected


def test_a_long_text_is_cut_and_half_a_character_is_replaced():
    assert len(content_of("long " * 10_000)["text"]) == 1000
    assert content_of("a\ud800b") == {"text": "a?b"}


@pytest.mark.parametrize("shape", [(1000,), (257,), (33, 33), (100, 7), (3, 5000)])
def test_a_large_heat_map_is_of_the_means_of_blocks(shape):
    array = np.random.default_rng(0).normal(size=shape)
    heat = heat_map(array)
    most = [256] if len(shape) == 1 else [32, 32]
    assert heat["shape"] == [min(own, limit) for own, limit in zip(shape, most, strict=True)]
    edges = [
        np.linspace(0, own, min(own, limit) + 1).astype(int)
        for own, limit in zip(shape, most, strict=True)
    ]
    blocks = np.array(heat["values"]).reshape(heat["shape"])
    for place in np.ndindex(*heat["shape"]):
        block = array[tuple(slice(e[p], e[p + 1]) for e, p in zip(edges, place, strict=True))]
        assert blocks[place] == pytest.approx(block.mean(), rel=1e-3, abs=1e-3)


def test_what_is_not_finite_is_no_number_of_a_heat_map():
    assert heat_map(np.array([[np.inf, 1], [np.nan, -np.inf]]))["values"] == [None, 1, None, None]


def test_dicts_are_fields():
    contents = Contents(3, [{"size": 1 / 3, "name": None}, "text", {}])
    assert contents.fields(0) == [["size", "0.333333"], ["name", ""]]
    assert contents.of(0, Attached()) == {}
    assert contents.fields(1) == contents.fields(2) == []


@pytest.mark.parametrize(
    "metadata",
    [
        pd.DataFrame({"note": ["a", "b"], 7: [1.5, np.nan]}, index=[5, 3]),
        {"note": ["a", "b"], 7: np.array([1.5, np.nan])},
        [{"note": "a", 7: 1.5}, {"note": "b"}],
    ],
)
def test_metadata_that_is_given_takes_the_place_of_dicts(metadata):
    contents = Contents(2, [{"other": 1}, {"other": 2}], metadata=metadata)
    assert contents.fields(0) == [["note", "a"], ["7", "1.5"]]
    assert contents.fields(1) == [["note", "b"], ["7", ""]]


@pytest.mark.parametrize("text", NASTY)
def test_texts_of_every_kind_come_as_they_are(text):
    contents = Contents(1, [text], metadata={text: [text]})
    assert contents.fields(0) == [[text[:400], text[:400]]]
    assert contents.of(0, Attached()) == {"text": text}


@pytest.mark.parametrize(
    "wrong",
    [{"images": np.zeros((3, 8, 8))}, {"metadata": {"a": [1]}}, {"images": ["no image", None]}],
)
def test_what_does_not_agree_is_refused(wrong):
    with pytest.raises(ValueError, match="Received"):
        Contents(2, **wrong)


def test_values_follow_their_rows():
    assert followed(["a", "b", "c"], np.array([2, -1, 0])) == ["c", None, "a"]
    given = np.arange(3)
    assert followed(given, np.arange(3)) is given


def test_an_example_is_the_first_image_with_its_range():
    image, black, white = Contents(2, [None, np.full((8, 8), 0.5)]).example()
    assert image.shape == (8, 8)
    assert (black, white) == (0.0, 1.0)
    assert Contents(1, ["text"]).example() is None
    assert Contents(2, [None, "text"]).reads
    assert not Contents(2, [np.zeros(2), "text"]).reads
