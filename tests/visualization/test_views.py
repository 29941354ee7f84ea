"""The figure of views: which picture stands where, how bright, and under which heading."""

import os

import keras
import numpy as np
import pytest

from simnb.augmenters import LayerAugmenter
from simnb.visualization import visualize_views

RNG = np.random.default_rng(0)
IMAGES = RNG.integers(0, 256, (6, 5, 4, 3), np.uint8)


@pytest.fixture(autouse=True)
def shown(monkeypatch):
    """The figures that were shown."""
    found = []
    monkeypatch.setattr("simnb.visualization.views.show_once", found.append)
    return found


def draw(*arguments, **options):
    figure = visualize_views(*arguments, show=False, **options)
    figure.savefig(os.devnull, format="png")
    return figure


def titles(figure):
    return [axes.get_title() for axes in figure.axes]


def pixels(picture):
    """What a picture shows, as RGB values from 0 to 1."""
    return picture.to_rgba(picture.get_array(), norm=True)[..., :3]


def pictures(figure):
    """Of each panel, its pictures from left to right."""
    return [
        [pixels(own) for own in sorted(axes.images, key=lambda own: own.get_extent()[0])]
        for axes in figure.axes
    ]


def test_an_array_is_one_view_of_each_example():
    drawn = pictures(draw(IMAGES))
    assert [len(panel) for panel in drawn] == [1] * 6
    for (picture,), image in zip(drawn, IMAGES, strict=True):
        np.testing.assert_allclose(picture, image / 255, atol=1e-6)


def test_a_list_holds_views_that_stand_side_by_side_without_touching():
    figure = draw([IMAGES, 255 - IMAGES, IMAGES[:, ::-1]])
    for panel, image in zip(pictures(figure), IMAGES, strict=True):
        for picture, view in zip(panel, (image, 255 - image, image[::-1]), strict=True):
            np.testing.assert_allclose(picture, view / 255, atol=1e-6)
    for axes in figure.axes:
        left, right = np.array([own.get_extent()[:2] for own in axes.images]).T
        assert (left[1:] > right[:-1]).all()
        assert axes.get_xlim() == (left[0], right[-1])


def test_views_of_different_sizes_keep_their_shapes():
    figure = draw([IMAGES, np.zeros((6, 9, 7, 3), np.uint8)])
    assert [own.get_extent()[2] for own in figure.axes[0].images] == [5, 9]
    assert figure.axes[0].get_ylim() == (9, 0)


@pytest.mark.parametrize("as_list", [False, True])
def test_what_a_layer_augmenter_makes_is_drawn(as_list):
    augmenter = LayerAugmenter(keras.layers.RandomFlip(), as_list=as_list)
    x, y = augmenter(IMAGES, np.arange(6), 2, False, seed=1)
    figure = draw(x, y, max_pixel_value=255)
    views = x if as_list else [x]
    wanted = [[view[row] / 255 for view in views] for row in range(len(views[0]))]
    np.testing.assert_allclose(pictures(figure), wanted, atol=1e-6)
    assert titles(figure) == [str(label) for label in y]
    assert len(figure.axes) == (6 if as_list else 12)


def places(figure):
    """The row and the column of each panel."""
    figure.draw_without_rendering()
    corners = np.array([axes.get_position().bounds[:2] for axes in figure.axes]).round(3)
    return [len(set(corners[:, 0])), len(set(corners[:, 1]))]


@pytest.mark.parametrize(
    ("options", "panels", "grid"),
    [
        ({}, 6, [4, 2]),
        ({"views_per_col": 6}, 6, [6, 1]),
        ({"views_per_col": 9}, 6, [6, 1]),
        ({"num_imgs": 3}, 3, [3, 1]),
        ({"num_imgs": 5, "views_per_col": 2}, 5, [2, 3]),
        ({"num_imgs": 99}, 6, [4, 2]),
        ({"views_per_col": 1}, 6, [1, 6]),
    ],
)
def test_so_many_examples_stand_in_so_many_rows(options, panels, grid):
    figure = draw(IMAGES, **options)
    assert len(figure.axes) == panels
    assert places(figure) == grid


def test_headings_name_labels_and_predictions():
    names = np.array(["cat", "dog", "cat", "owl", "ant", "bee"])
    assert titles(draw(IMAGES)) == [""] * 6
    assert titles(draw(IMAGES, names, num_imgs=2)) == ["cat", "dog"]
    assert titles(draw(IMAGES, range(6), predictions=names))[1] == "1\n→ dog"
    scores = np.array([[0.5], [0.123456], [1], [0], [0], [0]], np.float32)
    assert titles(draw(IMAGES, predictions=scores))[:3] == ["→ 0.5", "→ 0.1235", "→ 1"]
    assert titles(draw(IMAGES, [2**63, None, 2, 3, 4, 5]))[:2] == [str(2**63), "None"]


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64, np.int64, np.uint8])
def test_brightness_runs_from_the_least_to_the_greatest_value_named(dtype):
    x = np.array([0, 20, 60, 100, 120]).reshape(1, 1, 5, 1).astype(dtype)
    (((row,),),) = pictures(draw(x, min_pixel_value=20, max_pixel_value=100))
    np.testing.assert_allclose(row[:, 0], [0, 0, 0.5, 1, 1], atol=0.01)


def test_floats_are_drawn_from_0_to_1_and_bytes_from_0_to_255():
    for x in (IMAGES, IMAGES / 255, (IMAGES / 255).astype(np.float16)):
        np.testing.assert_allclose(pictures(draw(x))[0][0], IMAGES[0] / 255, atol=1e-3)
    (((row,),),) = pictures(draw(np.array([[[-3.0, 0.25, 7.0]]])))
    np.testing.assert_allclose(row[:, 0], [0, 0.25, 1], atol=0.01)


@pytest.mark.parametrize("shape", [(2, 5, 4), (2, 5, 4, 1), (2, 5, 4, 3), (2, 5, 4, 4)])
def test_images_of_one_three_and_four_channels_are_drawn(shape):
    x = RNG.random(shape)
    grey = np.broadcast_to(x if len(shape) == 3 else x[..., 0], (2, 5, 4))
    for number, (picture,) in enumerate(pictures(draw(x))):
        wanted = x[number][..., :3] if shape[-1] in (3, 4) and len(shape) == 4 else None
        if wanted is None:
            wanted = np.repeat(grey[number][..., None], 3, axis=-1)
        np.testing.assert_allclose(picture, wanted, atol=0.01)


@pytest.mark.parametrize(
    "views",
    [
        None,
        [],
        np.zeros((0, 4, 4, 3)),
        np.zeros((4, 4)),
        np.zeros((2, 4, 4, 2)),
        np.zeros((2, 3, 4, 4, 3)),
        [np.zeros((3, 4, 4)), np.zeros((2, 4, 4))],
        (np.zeros((3, 4, 4)), np.zeros(3)),
    ],
)
def test_what_are_no_views_is_refused(views):
    with pytest.raises(ValueError, match=r"`views` must be images .* Received: shapes"):
        visualize_views(views)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"labels": [1, 2]}, r"`labels` must be one for each of 6 examples.*\(2,\)"),
        ({"predictions": np.zeros((6, 2))}, r"`predictions` must be one for each of 6.*\(6, 2\)"),
        ({"num_imgs": 0}, "`num_imgs` must be a whole number"),
        ({"views_per_col": 1.5}, "`views_per_col` must be a whole number"),
        ({"max_pixel_value": 0}, "`max_pixel_value` must be above `min_pixel_value`"),
        ({"min_pixel_value": np.nan}, "`min_pixel_value` must be a finite number"),
    ],
)
def test_what_cannot_be_drawn_is_refused(options, said):
    with pytest.raises(ValueError, match=said):
        visualize_views(IMAGES, **options)


def test_it_is_shown_once_unless_asked_not_to(shown):
    figure = visualize_views(IMAGES, fig_size=(5, 3))
    assert shown == [figure]
    assert figure.get_size_inches().tolist() == [5, 3]
    visualize_views(IMAGES, show=False)
    assert shown == [figure]
