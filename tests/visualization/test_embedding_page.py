"""The page of an embedding, without a browser: what it carries, and that it stands alone."""

import base64
import copy
import html
import io
import json
import re

import numpy as np
import pytest
from bokeh.models import HoverTool
from PIL import Image, features

from simnb.visualization import embedding_images, save_html
from simnb.visualization.embedding_page import embedding_plot
from tests.visualization.columns import CASES, NASTY, NASTY_SHOWN, categorical, cloud, names_of


class Thumbnails:
    """Images of one colour each; every third row has none."""

    def __init__(self, side=8):
        self.side, self.asked = side, []

    def has(self, row):
        return row % 3 != 1

    def pixels(self, row):
        self.asked.append(row)
        return np.full((self.side, 2 * self.side, 4), [row % 200, 0, 0, 255], np.uint8)


def points(plot):
    return plot.renderers[0]


def data(plot):
    """The columns of the points, in the order of the rows."""
    found = points(plot).data_source.data
    order = np.argsort(found["row"])
    return {name: np.asarray(column)[order].tolist() for name, column in found.items()}


def document(plot):
    """The figure as JSON, its models numbered from 1."""
    from bokeh.embed import json_item

    text = json.dumps(json_item(plot)["doc"]["roots"], sort_keys=True)
    numbers = {}
    return re.sub(r'"p\d+"', lambda own: f'"{numbers.setdefault(own[0], len(numbers))}"', text)


def as_read(text):
    """A text as the page shows it; a Bokeh that does not escape gets it escaped."""
    return text if "limit" in HoverTool.properties() else html.unescape(text)


def legend(plot):
    return [item.label.value for item in plot.legend[0].items] if plot.legend else []


@pytest.mark.parametrize("kind", CASES)
def test_a_page_is_the_same_twice_and_stands_alone(kind, tmp_path):
    coords, column = CASES[kind]()
    before = coords.copy()
    one, other = (
        embedding_plot(coords, column, title="umap", thumbnails=Thumbnails()) for _ in range(2)
    )
    assert document(one) == document(other)
    np.testing.assert_array_equal(coords, before)
    page = save_html(one, tmp_path / "map.html").read_text(encoding="utf-8")
    assert "<title>umap" in page
    assert page.count("</script>") == len(re.findall("<script", page)) > 0
    assert not re.findall(r"<script[^>]*\bsrc=|<link\b|@import", page.partition("<body")[0])


@pytest.mark.parametrize("kind", CASES)
def test_points_are_those_of_the_rows_with_a_place(kind):
    coords, column = CASES[kind]()
    plot = embedding_plot(coords, column, title="umap")
    rows = np.flatnonzero(np.isfinite(coords).all(axis=1))
    found = data(plot)
    assert found["row"] == rows.tolist()
    np.testing.assert_array_equal(found["x"], coords[rows, 0])
    np.testing.assert_array_equal(found["y"], coords[rows, 1])
    assert found["code"] == np.asarray(column.codes)[rows].tolist()
    below = plot.below[-1].text.text
    assert below.startswith(f"{len(rows):,} point")
    assert ("left out" in below) == (len(rows) < len(coords))


def test_the_figure_says_nothing_but_the_points():
    coords, column = CASES["20 classes"]()
    plot = embedding_plot(coords, column, title="umap of <b>", height=400)
    assert plot.title.text.text == "umap of <b>"
    assert not any(axis.visible for axis in plot.axis)
    assert not any(grid.visible for grid in plot.grid)
    assert plot.toolbar.logo is None
    assert (plot.height, plot.sizing_mode, plot.output_backend) == (400, "stretch_width", "canvas")
    assert plot.match_aspect
    assert (plot.lod_factor, plot.lod_interval, plot.lod_timeout) == (50, 2000, 2000)


def test_the_tools_are_there_and_one_point_at_a_time_is_told():
    from bokeh.models import BoxSelectTool, LassoSelectTool, WheelZoomTool

    coords, column = CASES["two classes"]()
    plot = embedding_plot(coords, column, title="umap")
    hover = plot.select_one(HoverTool)
    assert hover.renderers == [points(plot)]
    assert hover.point_policy == "snap_to_data"
    assert getattr(hover, "limit", 1) == 1
    assert plot.toolbar.active_scroll is plot.select_one(WheelZoomTool)
    for tool in (LassoSelectTool, BoxSelectTool):
        assert plot.select_one(tool).renderers == [points(plot)]
        assert not plot.select_one(tool).continuous


def test_colours_go_by_the_code():
    coords, column = CASES["300 classes"]()
    plot = embedding_plot(coords, column, title="umap")
    mapper = points(plot).glyph.fill_color.transform
    width = (mapper.high - mapper.low) / len(mapper.palette)
    codes = np.arange(300)
    assert mapper.palette == column.colors
    assert ((codes - mapper.low) // width).tolist() == codes.tolist()


@pytest.mark.parametrize("classes", [6, 7, 48])
def test_every_six_categories_have_another_shape(classes):
    coords, _ = cloud(classes, 2)
    column = categorical(np.arange(classes), names_of(classes))
    plot = embedding_plot(coords, column, title="umap")
    found, glyph = data(plot), points(plot).glyph
    if classes == 6:
        assert glyph.marker == "circle"
        return
    marks = list(zip(found["marker"], found["angle"], strict=True))
    shapes = [marks[code] for code in range(0, classes, 6)]
    assert marks == [shapes[code // 6] for code in range(classes)]
    if classes == 48:
        # A ring is a circle that only its line shows.
        assert shapes[6] == shapes[0]
        assert np.isnan(found["fill"]).tolist() == [36 <= code < 42 for code in range(48)]
        assert np.isnan(found["line"]).tolist() == [not 36 <= code < 42 for code in range(48)]
        assert len(set(shapes)) == 7
    else:
        assert glyph.line_color is None


def test_a_legend_has_a_line_for_each_of_the_largest_categories():
    codes = np.r_[np.arange(300), np.arange(280, 300), 7]
    coords = np.random.default_rng(0).normal(size=(len(codes), 2))
    plot = embedding_plot(coords, categorical(codes, names_of(300), name="kind"), title="")
    largest = [7, *range(280, 299)]
    assert legend(plot) == [*(f"class {code:03d}" for code in largest), "and 280 more"]
    assert plot.legend[0].click_policy == "hide"
    assert plot.legend[0].title == "kind"
    entry = data(plot)["entry"]
    assert entry == [largest.index(code) if code in largest else 20 for code in codes.tolist()]
    # What a click hides draws nothing itself.
    for item in plot.legend[0].items:
        assert np.isnan(item.renderers[0].data_source.data["x"]).all()


@pytest.mark.parametrize("kind", ["one class", "no points", "one point", "numbers", "no numbers"])
def test_what_a_legend_would_not_explain_has_none(kind):
    coords, column = CASES[kind]()
    assert legend(embedding_plot(coords, column, title="")) == []


def test_numbers_have_a_bar_with_their_ends():
    from bokeh.models import ColorBar

    coords, column = CASES["numbers"]()
    plot = embedding_plot(coords, column, title="")
    bar = plot.select_one(ColorBar)
    assert bar.title.text == "age"
    assert {place: own.text for place, own in bar.major_label_overrides.items()} == {
        0: "0",
        1: "298",
    }
    assert bar.color_mapper.palette == column.colors[:256]


def test_texts_of_a_point_are_its_label_and_a_line_a_field():
    coords = np.eye(3)[:, :2]
    fields = [("file", ["a.png", "", "c.png"]), ("kind", ["cat!", "dog!", ""]), ("n", list("123"))]
    found = data(
        embedding_plot(
            coords, categorical([0, 1, 0], ["cat", "dog"], "kind"), title="", fields=fields
        )
    )
    assert found["label"] == ["cat!", "dog!", "cat"]
    assert found["details"] == ["file: a.png\nn: 1", "n: 2", "file: c.png\nn: 3"]
    alone = embedding_plot(coords, categorical([0, 0, 0], ["all"]), title="")
    assert data(alone)["label"] == data(alone)["details"] == [""] * 3


def test_a_number_stands_behind_its_name():
    coords, column = CASES["one number"]()
    found = data(embedding_plot(coords, column, title="", fields=[("age", ["3.0"] * 5)]))
    assert found["label"] == ["age: 3.0"] * 5
    assert found["details"] == [""] * 5


def test_a_users_text_is_only_where_bokeh_escapes_it():
    coords, column = CASES["user's text"]()
    fields = [(name, [NASTY[row % 7] * 30 for row in range(70)]) for name in NASTY]
    plot = embedding_plot(coords, column, title=NASTY[0], fields=fields)
    places = {
        f"{type(model).__name__}.{own}"
        for model in plot.references()
        for own, value in model.properties_with_values().items()
        if any(text[:12] in repr(value) for text in [*NASTY_SHOWN, "$$a$$ <b>"])
    }
    # What the browser makes of these is looked at in test_embedding_page_browser.py.
    assert places == {
        "ColumnDataSource.data",
        "Legend.title",
        "LegendItem.label",
        "PlainText.text",
    }
    found = data(plot)
    assert [as_read(text) for text in found["label"][:7]] == NASTY_SHOWN
    lines = as_read(found["details"][0]).split("\n")
    assert [line.partition(": ")[0] for line in lines] == NASTY_SHOWN
    assert max(map(len, lines)) <= 200 + 40


def test_where_bokeh_does_not_escape_texts_they_are_escaped(monkeypatch):
    import bokeh

    monkeypatch.setattr(bokeh, "__version__", "3.7.3")
    coords, column = CASES["user's text"]()
    plot = embedding_plot(coords, column, title="", fields=[(NASTY[0], [NASTY[1]] * 70)])
    texts = points(plot).data_source.data
    assert not re.findall("[<>\"']", "".join([*texts["label"], *texts["details"]]))
    found = data(plot)
    assert [html.unescape(text) for text in found["label"][:7]] == NASTY_SHOWN
    assert html.unescape(found["details"][0]) == f"{NASTY[0]}: {NASTY[1]}"


def test_a_users_text_does_not_end_the_script(tmp_path):
    coords, column = CASES["user's text"]()
    plot = embedding_plot(coords, column, title=NASTY[1], fields=[(NASTY[1], NASTY * 10)])
    page = save_html(plot, tmp_path / "map.html").read_text(encoding="utf-8")
    assert NASTY[1] not in page
    assert "\u202e" not in page


def opened(uri):
    kind, _, text = uri.partition(";base64,")
    assert kind in ("data:image/webp", "data:image/png")
    assert re.fullmatch("[A-Za-z0-9+/=]+", text)
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(text))).convert("RGBA"))


@pytest.mark.parametrize("webp", [True, False])
@pytest.mark.parametrize(("side", "times"), [(8, 4), (32, 1), (40, 1)])
def test_images_are_carried_as_data(webp, side, times, monkeypatch):
    if webp and not features.check("webp"):
        pytest.skip("this Pillow writes no WebP")
    monkeypatch.setattr(embedding_images.features, "check", lambda _: webp)
    coords, column = CASES["one class"]()
    images = data(embedding_plot(coords, column, title="", thumbnails=Thumbnails(side)))["image"]
    assert [bool(image) for image in images] == [row % 3 != 1 for row in range(500)]
    for row in (0, 2, 498):
        shown = opened(images[row])
        assert shown.shape == (side * times, 2 * side * times, 4)
        assert np.abs(shown[0, 0].astype(int) - [row % 200, 0, 0, 255]).max() <= 6
        assert ("webp" in images[row][:20]) == webp


def test_what_is_transparent_stays_so():
    class Clear(Thumbnails):
        def pixels(self, row):
            return np.full((70, 70, 4), [255, 0, 0, 0], np.uint8)

    coords, column = CASES["two points"]()
    image = data(embedding_plot(coords, column, title="", thumbnails=Clear()))["image"][0]
    assert not opened(image)[..., 3].any()


def test_of_many_images_an_even_choice_is_carried(monkeypatch):
    monkeypatch.setattr(embedding_images, "_MOST_IMAGES", 11)
    thumbnails = Thumbnails()
    coords, column = CASES["one class"]()
    images = data(embedding_plot(coords, column, title="", thumbnails=thumbnails))["image"]
    there = [row for row, image in enumerate(images) if image]
    assert sorted(thumbnails.asked) == there
    assert len(there) == 11
    assert (there[0], there[-1]) == (0, 498)  # the last row that has one
    assert set(np.diff(there)) <= {48, 49, 50, 51}


def test_what_was_passed_in_stays_as_it_was():
    coords, column = CASES["some NaN"]()
    fields = [("file", ["a"] * 60)]
    before = copy.deepcopy((coords, column, fields))
    embedding_plot(coords, column, title="", fields=fields)
    np.testing.assert_array_equal(coords, before[0])
    np.testing.assert_array_equal(column.codes, before[1].codes)
    assert column.colors == before[1].colors
    assert fields == before[2]
