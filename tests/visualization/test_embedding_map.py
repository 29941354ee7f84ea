"""The map of an embedding in matplotlib: what is drawn where, in which colour, and said."""

import io
import logging
import warnings

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from matplotlib import pyplot as plt
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.collections import LineCollection
from matplotlib.colors import to_rgb

from simnb.visualization.embedding_map import densest_place, embedding_map
from simnb.visualization.embedding_points import density
from tests.visualization.columns import (
    CASES,
    NASTY_SHOWN,
    categorical,
    cloud,
    continuous,
    names_of,
)

WHITE = np.ones(3)


def png(figure):
    stream = io.BytesIO()
    figure.savefig(stream, format="png", dpi=100)
    return stream.getvalue()


def pixel(figure, place):
    """The colour that a reader sees at a place of the data."""
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    x, y = figure.axes[0].transData.transform(place)
    image = np.asarray(canvas.buffer_rgba())
    return image[image.shape[0] - 1 - int(y), int(x), :3] / 255


def legend_texts(figure):
    return [text.get_text() for legend in figure.legends for text in legend.get_texts()]


def note(figure):
    return figure.axes[0].get_xlabel()


def as_shown(text):
    """A text as a reader sees it, escapes resolved."""
    shown, is_math = text._preprocess_math(text.get_text())
    assert not is_math
    return shown


@pytest.mark.parametrize("kind", CASES)
def test_a_map_is_complete_and_the_same_twice(kind, caplog):
    coords, column = CASES[kind]()
    before, known_to_pyplot = coords.copy(), plt.get_fignums()
    with warnings.catch_warnings(), caplog.at_level(logging.WARNING):
        warnings.simplefilter("error")
        one, other = (png(embedding_map(coords, column, title="umap")) for _ in range(2))
    assert one == other
    assert caplog.records == []
    np.testing.assert_array_equal(coords, before)
    assert plt.get_fignums() == known_to_pyplot
    assert len(one) < 150_000


@pytest.mark.parametrize("kind", CASES)
def test_axes_say_nothing_and_have_one_scale(kind):
    coords, column = CASES[kind]()
    figure = embedding_map(coords, column, title="umap")
    figure.draw_without_rendering()
    axes = figure.axes[0]
    assert axes.get_title().startswith("umap")
    assert len(axes.get_xticks()) == len(axes.get_yticks()) == 0
    x, y = axes.transData.transform([[0, 0], [1, 1]]).T
    assert np.isclose(x[1] - x[0], y[1] - y[0], rtol=0.01)
    shown = coords[np.isfinite(coords).all(axis=1), :2]
    inside = axes.transAxes.inverted().transform(axes.transData.transform(shown))
    assert ((inside > 0) & (inside < 1)).all()


@pytest.mark.parametrize("count", [1, 3, 30_000])
def test_points_are_where_they_belong_in_their_colour(count):
    centres = np.array([[0.0, 0.0], [10.0, 0.0], [4.0, 8.0]])
    codes = np.tile([0, 1, 2], count)
    rng = np.random.default_rng(0)
    coords = centres[codes] + (0 if count < 4 else 0.05) * rng.normal(size=(3 * count, 2))
    # The names would cover the points.
    column = categorical(np.r_[codes, 3], ["a", "b", "c", "d"])
    figure = embedding_map(np.r_[coords, [[5.0, 4.0]]], column, title="pca")
    for text in list(figure.axes[0].texts):
        text.remove()
    for code, centre in enumerate(centres):
        assert np.abs(pixel(figure, centre) - to_rgb(column.colors[code])).max() < 0.05
    assert (pixel(figure, (2.0, 4.0)) == WHITE).all()


def test_what_is_nearer_to_the_eye_covers_what_is_behind():
    coords = np.array([[0, 0, 1.0], [0, 0, 0.0], [9, 9, 0.0], [9, 9, 1.0]])
    column = categorical([0, 1, 0, 1], ["a", "b"])
    figure = embedding_map(coords, column, title="pca")
    for text in list(figure.axes[0].texts):
        text.remove()
    np.testing.assert_allclose(pixel(figure, (0, 0)), to_rgb(column.colors[0]), atol=0.01)
    np.testing.assert_allclose(pixel(figure, (9, 9)), to_rgb(column.colors[1]), atol=0.01)
    assert figure.axes[0].get_title() == "pca (3-D, seen from the front)"


@pytest.mark.parametrize("count", [4, 30_000])
def test_what_is_not_selected_is_faint(count):
    column = categorical([0] * count + [1] * count, ["a", "b"])
    coords = np.repeat([[0.0, 0.0], [9.0, 5.0]], count, axis=0)
    figure = embedding_map(coords, column, title="pca", selection=[0, 3])
    for text in list(figure.axes[0].texts):
        text.remove()
    np.testing.assert_allclose(pixel(figure, (0, 0)), to_rgb(column.colors[0]), atol=0.01)
    faint, full = pixel(figure, (9, 5)), np.array(to_rgb(column.colors[1]))
    np.testing.assert_allclose(WHITE - faint, 0.22 * (WHITE - full), atol=0.02)
    assert note(figure) == f"{2 * count:,} points · 2 selected"


def test_what_is_beyond_a_threshold_is_faint_but_not_where_it_is_selected():
    column = categorical([0, 0, 1, 1], ["a", "b"])
    coords = np.repeat([[0.0, 0.0], [9.0, 5.0]], 2, axis=0)
    for selection, bright in ((None, 0), ([2, 3], 1)):
        faint = [False, False, True, True]
        figure = embedding_map(coords, column, title="", selection=selection, faint=faint)
        for text in list(figure.axes[0].texts):
            text.remove()
        seen = [pixel(figure, (0, 0)), pixel(figure, (9, 5))]
        full = np.array([to_rgb(color) for color in column.colors])
        np.testing.assert_allclose(seen[bright], full[bright], atol=0.01)
        pale = 1 - bright
        np.testing.assert_allclose(WHITE - seen[pale], 0.22 * (WHITE - full[pale]), atol=0.02)
        assert "2 beyond the threshold" in note(figure)


def test_rows_without_a_place_are_counted_and_not_drawn():
    coords = np.array([[0, 0], [np.nan, 1], [1, np.inf], [3, 3]])
    figure = embedding_map(coords, categorical([0, 1, 2, 0], "abc"), title="", selection=[1])
    assert note(figure) == "2 points · 2 without a place, left out"
    assert legend_texts(figure) == []  # a single category is left


def test_a_legend_has_the_largest_categories_and_says_how_many_more():
    codes = np.r_[np.arange(300), np.arange(280, 300), 7]
    coords = np.random.default_rng(0).normal(size=(len(codes), 2))
    figure = embedding_map(coords, categorical(codes, names_of(300), name="kind"), title="")
    largest = [7, *range(280, 299)]  # of those that are as large the first
    assert legend_texts(figure) == [*(f"class {code:03d}" for code in largest), "and 280 more"]
    assert figure.legends[0].get_title().get_text() == "kind"
    assert [text for text in figure.axes[0].texts if text.get_text()] == []


def test_no_value_is_the_last_line_and_grey():
    coords, column = CASES["no value"]()
    figure = embedding_map(coords, column, title="")
    assert legend_texts(figure) == ["a", "b", "(none)"]
    handle = figure.legends[0].legend_handles[2]
    assert to_rgb(handle.get_color()) == to_rgb("#999999")


def test_every_six_categories_have_another_shape_while_shapes_are_made_out():
    def shapes(count):
        coords, codes = cloud(count, 14)
        figure = embedding_map(coords, categorical(codes, names_of(14)), title="")
        return [
            handle.get_marker().vertices.tobytes() for handle in figure.legends[0].legend_handles
        ]

    few, many = shapes(1000), shapes(30_000)
    assert few[0] == few[5] != few[6] == few[11] != few[12]
    assert len(set(few)) == 3
    assert len(set(many)) == 1


def test_names_stand_on_their_clusters():
    coords, codes = cloud(2000, 6, seed=3)
    figure = embedding_map(coords, categorical(codes, names_of(6)), title="")
    named = {text.get_text(): text.get_position() for text in figure.axes[0].texts}
    assert len(named) > 3
    for name, place in named.items():
        own = coords[codes == int(name[-3:])]
        assert np.linalg.norm(own.mean(axis=0) - place) < 1.0  # a cluster's radius is about 2


def test_names_do_not_cover_each_other():
    rng = np.random.default_rng(0)
    column = categorical(rng.integers(0, 9, 900), names_of(9))
    apart = embedding_map(cloud(900, 9)[0], categorical(cloud(900, 9)[1], names_of(9)), title="")
    mixed = embedding_map(rng.normal(size=(900, 2)) * 0.01, column, title="")
    boxes = [text.get_window_extent() for text in apart.axes[0].texts]
    assert len(boxes) > 4
    assert not any(
        one.overlaps(other) for place, one in enumerate(boxes) for other in boxes[:place]
    )
    assert len(mixed.axes[0].texts) in (0, *range(5, 10))  # none, rather than one for all


def test_a_range_has_a_bar_with_its_ends():
    figure = embedding_map(np.eye(3)[:, :2], continuous([1.5, 20, np.nan]), title="")
    bar = figure.axes[1]
    assert [text.get_text() for text in bar.get_yticklabels()] == ["1.5", "20"]
    assert bar.get_ylabel() == "age"
    assert note(figure) == "3 points · 1 without a value, grey"
    assert figure.legends == []
    only = embedding_map(np.eye(3)[:, :2], continuous([2.0] * 3), title="").axes[1]
    assert [text.get_text() for text in only.get_yticklabels()] == ["2"]


def test_a_users_text_is_drawn_letter_by_letter():
    coords, column = CASES["user's text"]()
    figure = embedding_map(coords, column, title="$5 & <b>\u202e")
    png(figure)
    assert as_shown(figure.axes[0].title) == "$5 & <b>⟨U+202E⟩"
    assert as_shown(figure.legends[0].get_title()) == "$$a$$ <b>⟨U+202E⟩"
    shown = [as_shown(text) for text in figure.legends[0].get_texts()]
    assert len(shown) == len(NASTY_SHOWN)
    for text, expected in zip(shown, NASTY_SHOWN, strict=True):
        assert text == expected or (text[-1] == "…" and expected.startswith(text[:-1]))
        assert len(text) <= 24


def test_lines_lead_to_the_neighbours():
    coords = np.array([[0, 0], [1, 0], [0, 2], [np.nan, 0], [5, 5.0]])
    figure = embedding_map(
        coords, categorical([0] * 5, ["a"]), title="", neighbors=(0, np.array([2, 1, 3]))
    )
    (lines,) = (own for own in figure.axes[0].collections if isinstance(own, LineCollection))
    assert [own.tolist() for own in lines.get_segments()] == [[[0, 0], [0, 2]], [[0, 0], [1, 0]]]


def test_a_row_without_a_place_has_no_lines():
    coords = np.array([[np.nan, 0], [1, 0], [0, 2.0]])
    figure = embedding_map(coords, categorical([0] * 3, ["a"]), title="", neighbors=(0, [1, 2]))
    assert not [own for own in figure.axes[0].collections if isinstance(own, LineCollection)]


def test_a_hundred_thousand_points_make_a_small_file():
    rng = np.random.default_rng(0)
    mixed = rng.normal(size=(100_000, 2)), categorical(rng.integers(0, 10, 100_000), names_of(10))
    coords, codes = cloud(100_000, 10)
    for places, column in (mixed, (coords, categorical(codes, names_of(10)))):
        assert 10_000 < len(png(embedding_map(places, column, title="pca"))) <= 150_000


ENDS = np.array([[0.0, 8.0], [0.0, 6.0]])


def test_density_gives_a_point_its_pixel_and_half_of_those_beside_it():
    color = np.array([[1.0, 0.25, 0.0]])
    image = density(np.array([[2.5, 3.5]]), color, ENDS, (8, 6))
    assert image.shape == (6, 8, 4)
    expected = {(3, 2), (2, 2), (4, 2), (3, 1), (3, 3)}
    assert set(zip(*map(np.ndarray.tolist, np.nonzero(image[..., 3])), strict=True)) == expected
    assert {tuple(image[place][:3].tolist()) for place in expected} == {(255, 64, 0)}


def test_density_mixes_colours_and_is_more_opaque_where_there_are_more():
    xy = np.repeat([[1.5, 1.5], [6.5, 1.5], [4.5, 4.5]], [30, 3, 1], axis=0)
    colors = np.zeros((34, 3))
    colors[:10] = 1  # a third of the first pixel's points are white
    image = density(xy, colors, ENDS, (8, 6))
    assert abs(int(image[1, 1, 0]) - 85) <= 255 / 12 / 2
    assert image[1, 1, 3] == 255
    assert 255 > image[1, 6, 3] > image[4, 4, 3] > 100


def test_density_draws_points_on_the_very_edge():
    corners = np.array([[0.0, 0.0], [8.0, 6.0], [0.0, 6.0], [8.0, 0.0]])
    image = density(corners, np.ones((4, 3)), ENDS, (8, 6))
    assert (image[[0, -1, -1, 0], [0, -1, 0, -1], 3] > 0).all()


@given(st.integers(1, 300), st.integers(0, 9), st.floats(0.01, 100))
def test_the_densest_place_is_among_the_points(count, seed, scale):
    rng = np.random.default_rng(seed)
    xy = scale * rng.normal(size=(count, 2))
    place = densest_place(xy)
    assert (xy.min(axis=0) - 1e-6 <= place).all()
    assert (place <= xy.max(axis=0) + 1e-6).all()
    side = max(np.sqrt(count) / 2, 1) // 1
    cell = np.hypot(*np.ptp(xy, axis=0)) / side
    assert np.linalg.norm(xy - place, axis=1).min() <= 3 * cell


def test_the_densest_place_is_in_the_larger_cluster_not_between():
    rng = np.random.default_rng(0)
    xy = np.r_[rng.normal(size=(60, 2)), rng.normal([20, 0], size=(200, 2))]
    assert np.linalg.norm(np.array(densest_place(xy)) - [20, 0]) < 1
