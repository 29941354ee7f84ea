"""Thumbnails of images of every kind, and nothing converted before it is asked for."""

import io

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from simnb.widgets.thumbnails import Thumbnails

RED, GREEN, CLEAR = [255, 0, 0, 255], [0, 255, 0, 255], [0, 0, 0, 0]


def opened(png):
    image = Image.open(io.BytesIO(png))
    assert image.format == "PNG"
    return np.asarray(image.convert("RGBA"))


def constant(value, shape=(4, 4), dtype=None):
    return np.broadcast_to(np.asarray(value, dtype), (*shape, *np.shape(value))).copy()


def levels(images):
    """The grey of the first pixel of each image."""
    thumbnails = Thumbnails(images)
    found = [thumbnails.pixels(row)[0, 0] for row in range(len(thumbnails))]
    assert all(pixel[0] == pixel[1] == pixel[2] and pixel[3] == 255 for pixel in found)
    return [int(pixel[0]) for pixel in found]


@pytest.mark.parametrize(
    ("values", "dtype", "expected"),
    [
        ([False, True], bool, [0, 255]),
        ([0, 1], np.uint8, [0, 255]),
        ([0, 0], np.uint8, [0, 0]),
        ([0, 7, 200], np.uint8, [0, 7, 200]),
        ([0, 7, 200], np.int64, [0, 7, 200]),
        ([0, 2047, 4095], np.uint16, [0, 127, 255]),
        ([0, 65535], ">u2", [0, 255]),
        ([-100, 0, 100], np.int16, [0, 128, 255]),
        ([0.0, 0.5, 1.0], np.float32, [0, 128, 255]),
        ([0.1, 0.2], np.float64, [26, 51]),
        ([-0.0005, 1.0003], np.float32, [0, 255]),
        ([-1.0, 0.0, 0.5], np.float16, [0, 128, 191]),
        ([0.0, 100.0, 255.0], np.float32, [0, 100, 255]),
        ([0.0, 1.0, 2.0], np.float32, [0, 128, 255]),
        ([-0.2, 0.8, 1.8], np.float32, [0, 128, 255]),
        ([-3.0, 0.0, 3.0], np.float32, [0, 128, 255]),
        ([-80.0, -50.0, -20.0], np.float32, [0, 128, 255]),
        ([0.0, 500.0], np.float64, [0, 255]),
        ([-1e300, 1e300], np.float64, [0, 255]),
        ([-5.0, -5.0], np.float32, [0, 0]),
        ([np.nan, 1.0, np.inf, -np.inf], np.float32, [0, 255, 255, 0]),
        ([np.nan], np.float32, [0]),
    ],
)
def test_numbers_of_any_scale_become_greys(values, dtype, expected):
    images = np.stack([constant(np.asarray(value, dtype)) for value in values])
    assert levels(images) == expected
    assert levels(list(images)) == expected
    assert levels(images[..., None]) == expected


def test_a_dark_image_stays_dark_among_bright_ones():
    images = np.random.default_rng(0).random((100, 8, 8))
    images[50] = 0.02
    assert Thumbnails(images).pixels(50).max(axis=(0, 1)).tolist() == [5, 5, 5, 255]


def test_number_types_of_one_sequence_have_scales_of_their_own():
    assert levels([constant(np.uint8(51)), constant(0.2), constant(np.uint8(255))]) == [51, 51, 255]


def test_colours_and_opacity_are_kept():
    rgb, rgba = constant([1.0, 0.0, 0.0]), constant(np.array([0, 255, 0, 64], np.uint8))
    thumbnails = Thumbnails([rgb, rgba])
    assert thumbnails.pixels(0)[1, 2].tolist() == RED
    assert thumbnails.pixels(1)[1, 2].tolist() == [0, 255, 0, 64]


@pytest.mark.parametrize(
    ("mode", "value", "expected"),
    [
        ("1", 1, [255, 255, 255, 255]),
        ("L", 90, [90, 90, 90, 255]),
        ("LA", (90, 20), [90, 90, 90, 20]),
        ("RGB", (255, 0, 0), RED),
        ("RGBA", (0, 255, 0, 255), GREEN),
        ("CMYK", (0, 255, 255, 0), RED),
        ("I;16", 65535, [255, 255, 255, 255]),
        ("F", 0.5, [128, 128, 128, 255]),
    ],
)
def test_images_of_pil_in_any_mode(mode, value, expected):
    image = Image.new(mode, (6, 3), value)
    thumbnails = Thumbnails([image])
    assert thumbnails.pixels(0).shape == (3, 6, 4)
    assert thumbnails.pixels(0)[0, 0].tolist() == expected
    assert (image.mode, image.size) == (mode, (6, 3))


def test_a_palette_of_pil_is_its_colours():
    image = Image.new("RGB", (2, 2), "red").convert("P")
    assert Thumbnails([image]).pixels(0)[0, 0].tolist() == RED


@given(st.integers(1, 90), st.integers(1, 90), st.integers(1, 64))
def test_proportions_are_kept_and_nothing_is_enlarged(height, width, size):
    pixels = Thumbnails(np.zeros((1, height, width), np.uint8), size=size).pixels(0)
    factor = min(1, size / max(height, width))
    assert pixels.dtype == np.uint8
    assert pixels.shape == (
        max(round(factor * height), 1),
        max(round(factor * width), 1),
        4,
    )
    assert max(pixels.shape[:2]) == min(size, max(height, width))


def test_a_small_image_shows_what_the_large_one_does():
    image = np.zeros((128, 256, 3), np.uint8)
    image[:, 128:] = [255, 0, 0]
    small = Thumbnails([image], size=32).pixels(0)
    assert small.shape == (16, 32, 4)
    assert small[8, 4].tolist() == [0, 0, 0, 255]
    assert small[8, 28].tolist() == RED


def test_what_is_transparent_does_not_colour_what_is_beside_it():
    image = np.zeros((64, 64, 4), np.uint8)
    image[:, ::2] = RED  # and every second column is black, but clear
    small = Thumbnails([image], size=8).pixels(0)
    assert small[..., 0].min() >= 250
    assert abs(int(small[4, 4, 3]) - 128) < 8


@pytest.mark.parametrize("absent", [None, float("nan"), np.nan])
def test_images_may_be_missing_and_of_different_shapes(absent):
    thumbnails = Thumbnails([np.zeros((3, 5)), absent, np.zeros((200, 100, 3))])
    assert [thumbnails.has(row) for row in range(3)] == [True, False, True]
    assert thumbnails.pixels(2).shape == (64, 32, 4)
    with pytest.raises(ValueError, match=r"`row` must have an image\. Received: row=1"):
        thumbnails.pixels(1)


def test_series_and_tuples_and_arrays_of_objects_are_sequences():
    images = [constant(np.uint8(255)), None]
    objects = np.empty(2, object)
    objects[:] = images
    for given_as in (tuple(images), pd.Series(images), objects):
        thumbnails = Thumbnails(given_as)
        assert [thumbnails.has(0), thumbnails.has(1)] == [True, False]
        assert thumbnails.pixels(0)[0, 0].tolist() == [255] * 4


def test_the_callers_images_stay_as_they_were():
    images = np.array([[[np.nan, 2.0], [0.5, -1.0]]])
    before = images.copy()
    thumbnails = Thumbnails(images)
    thumbnails.pixels(0)[...] = 7
    np.testing.assert_array_equal(images, before)
    assert thumbnails.pixels(0)[0, 1].tolist() == [255] * 4


def test_a_thumbnail_of_a_small_image_is_no_view_of_the_callers():
    images = np.zeros((1, 4, 4, 4), np.uint8)
    pixels = Thumbnails(images).pixels(0)
    assert not np.shares_memory(pixels, images)


class Counted:
    """An array on disk, say, that tells how often it is read."""

    def __init__(self, count):
        self.shape, self.read = (count, 32, 32, 3), set()

    def __len__(self):
        return self.shape[0]

    def __getitem__(self, row):
        self.read.add(row)
        return np.full(self.shape[1:], row % 200, np.uint8)


def test_images_are_read_only_when_they_are_asked_for():
    images = Counted(100_000)
    thumbnails = Thumbnails(images)
    assert len(images.read) <= 1
    assert thumbnails.pixels(77_123)[0, 0].tolist() == [123, 123, 123, 255]
    assert thumbnails.has(99_999)
    assert len(images.read) <= 70


def test_a_card_has_a_larger_image_and_is_encoded_once():
    images = Counted(3)
    images.shape = (3, 500, 250, 3)
    thumbnails = Thumbnails(images, size=16)
    card = opened(thumbnails.png(2))
    assert card.shape == (128, 64, 4)
    assert card[0, 0].tolist() == [2, 2, 2, 255]
    images.read.clear()
    assert opened(thumbnails.png(2)).shape == (128, 64, 4)
    assert images.read == set()
    assert opened(Thumbnails(images, card_size=50).png(0)).shape == (50, 25, 4)


def test_an_atlas_has_a_tile_for_every_row_asked_for():
    colors = [[255, 0, 0], [0, 255, 0], [0, 0, 255]]
    images = [constant(np.array(color, np.uint8), (20, 10)) for color in colors]
    rows = [2, 0, 3, 1, 0]
    atlas = opened(Thumbnails([*images, None]).atlas(rows, tile=10))
    assert atlas.shape == (20, 30, 4)  # three columns
    for place, row in enumerate([*rows, 3]):
        top, left = 10 * (place // 3), 10 * (place % 3)
        tile = atlas[top : top + 10, left : left + 10]
        if row == 3:
            assert not tile.any()
            continue
        # A narrow image stands in the middle of its tile.
        assert (tile[:, 3:7] == [*colors[row], 255]).all()
        assert not tile[:, [0, 1, 8, 9]].any()


@pytest.mark.parametrize(
    ("side", "shown"), [(8, 32), (16, 32), (20, 20), (28, 28), (32, 32), (100, 32)]
)
def test_a_tile_shows_an_image_as_many_times_enlarged_as_it_has_room(side, shown):
    image = np.zeros((1, side, side), np.uint8)
    image[:, : side // 2] = 255
    atlas = opened(Thumbnails(image).atlas([0], tile=32))
    there = np.flatnonzero(atlas[16, :, 3])
    assert len(there) == shown
    assert there[0] == (32 - shown) // 2
    assert atlas[(32 - shown) // 2 + 1, 16, 0] > 200
    assert atlas[(32 + shown) // 2 - 2, 16, 0] < 50


@pytest.mark.parametrize(("count", "columns"), [(0, 1), (1, 1), (2, 2), (4, 2), (5, 3), (10, 4)])
def test_an_atlas_is_about_square(count, columns):
    atlas = opened(Thumbnails(np.zeros((10, 2, 2))).atlas(range(count), tile=4))
    assert atlas.shape[:2] == (4 * max(-(-count // columns), 1), 4 * columns)


def test_no_images_are_no_mistake():
    assert len(Thumbnails([])) == 0
    assert len(Thumbnails(np.zeros((0, 28, 28)))) == 0


@pytest.mark.parametrize(
    ("images", "message"),
    [
        (np.zeros((5, 3, 32, 32)), r"`images` must have shape .* Received: shape \(5, 3, 32, 32\)"),
        (np.zeros((5, 784)), r"Received: shape \(5, 784\)"),
        (np.zeros((5, 0, 3)), r"Received: shape \(5, 0, 3\)"),
        (np.zeros(5), r"`images` must hold numbers .* of shape \(\) .* in row 0"),
        ([np.zeros((3, 3)), np.zeros((3, 3, 2))], r"ndarray of shape \(3, 3, 2\) .* in row 1"),
        ([np.zeros((3, 3)), "cat.png"], r"Received: str of shape \(\) and dtype <U7 in row 1"),
        ([[[1, 2], [3]]], r"Received: list of shape \(0,\)"),
        ([np.zeros((3, 3), complex)], r"dtype complex128"),
        (None, r"Received: NoneType"),
        ("images", r"Received: str"),
        ({"a": 1}, r"Received: dict"),
        (Image.new("L", (3, 3)), r"Received: Image"),
    ],
)
def test_what_are_no_images_is_refused(images, message):
    with pytest.raises(
        ValueError, match=f"^`images` must .*{message.removeprefix('`images` must ')}"
    ):
        Thumbnails(images)


def test_another_number_of_images_is_refused():
    assert len(Thumbnails(np.zeros((3, 2, 2)), count=3)) == 3
    with pytest.raises(
        ValueError,
        match=r"`images` must have one image for each of 4 items\. Received: 3 images",
    ):
        Thumbnails(np.zeros((3, 2, 2)), count=4)


@pytest.mark.parametrize("row", [-1, 3])
@pytest.mark.parametrize("ask", ["has", "pixels", "png", "atlas"])
def test_rows_out_of_range_are_refused(ask, row):
    thumbnails = Thumbnails(np.zeros((3, 2, 2)))
    with pytest.raises(ValueError, match=rf"from 0 to 2\. Received: row={row}"):
        getattr(thumbnails, ask)([row] if ask == "atlas" else row)


@pytest.mark.parametrize("option", ["size", "card_size"])
def test_sizes_are_whole_numbers(option):
    with pytest.raises(ValueError, match=rf"`{option}` must be a whole number"):
        Thumbnails(np.zeros((1, 2, 2)), **{option: 0})


def test_the_range_of_an_image_is_what_is_black_and_white_in_it():
    images = [
        np.full((4, 4), 0.5, np.float32),
        np.full((4, 4), 9, np.uint8),
        Image.new("RGB", (4, 4)),
        None,
    ]
    thumbnails = Thumbnails(images)
    assert [thumbnails.range(row) for row in range(4)] == [(0, 1), (0, 255), (0, 255), (0, 255)]
    assert Thumbnails(np.array([[[-1.0, 1.0]]])).range(0) == (-1, 1)
