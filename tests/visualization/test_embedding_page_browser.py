"""The page of an embedding as a reader meets it: in a real browser, offline, from a file."""

import numpy as np
import pytest
from bokeh.models import BoxSelectTool, HoverTool

from simnb.visualization.embedding_page import embedding_plot
from tests.visualization.columns import CASES, NASTY, NASTY_SHOWN, categorical
from tests.visualization.test_embedding_page import Thumbnails

pytestmark = pytest.mark.browser

# Where on the page a row's point is.
PLACE = """(row) => {
    const [plot] = [...Bokeh.index];
    const box = plot.el.getBoundingClientRect();
    const data = plot.model.renderers[0].data_source.data;
    const at = [...data.row].indexOf(row);
    return [
        box.x + plot.frame.x_scale.compute(data.x[at]),
        box.y + plot.frame.y_scale.compute(data.y[at]),
    ];
}"""
# The tooltips that are seen, and what is in them.
TOOLTIPS = """() => [...document.querySelectorAll('.bk-Tooltip')]
    .filter(own => own.getBoundingClientRect().width > 0)
    .map(own => {
        const root = own.shadowRoot;
        const content = root.querySelector('.bk-tooltip-content') ?? root;
        return {
            text: (content.innerText ?? root.textContent).trim(),
            images: [...root.querySelectorAll('img')].map(image => ({
                html: image.outerHTML,
                width: image.naturalWidth,
                shown: image.getBoundingClientRect().width,
            })),
            scripts: root.querySelectorAll('script').length,
        };
    })"""
PIXEL = """([x, y]) => {
    const [plot] = [...Bokeh.index];
    const canvas = plot.canvas_view.primary.canvas;
    const box = canvas.getBoundingClientRect();
    const ratio = canvas.width / box.width;
    const context = canvas.getContext('2d');
    return [...context.getImageData((x - box.x) * ratio, (y - box.y) * ratio, 1, 1).data];
}"""
SHOWN = """() => {
    const {view, data_source} = [...Bokeh.index][0].model.renderers[0];
    return [...view.indices].map(own => data_source.data.row[own]);
}"""
SELECTED = """() => {
    const {data_source} = [...Bokeh.index][0].model.renderers[0];
    return data_source.selected.indices.map(own => data_source.data.row[own]);
}"""
# Where a line of the legend is, in a Bokeh that paints it on the canvas, as 3.4 does.
PAINTED = """(line) => {
    const [plot] = [...Bokeh.index];
    const {grid, bbox} = plot.renderer_view(plot.model.right.find(own => own.items));
    const entry = grid.items[line].layout.bbox;
    const box = plot.el.getBoundingClientRect();
    return [
        box.x + bbox.left + grid.bbox.left + entry.left + entry.width / 2,
        box.y + bbox.top + grid.bbox.top + entry.top + entry.height / 2,
    ];
}"""


def hover(page, row):
    """The one tooltip that a row's point shows."""
    page.mouse.move(2, 2)
    page.mouse.move(*page.evaluate(PLACE, row))
    page.wait_for_function(f"() => ({TOOLTIPS})().length > 0")
    page.wait_for_timeout(50)  # for its image
    (tooltip,) = page.evaluate(TOOLTIPS)
    return tooltip


def click_legend(page, line, name):
    written = page.get_by_text(name, exact=True)
    if written.count():
        written.first.click()
    else:
        page.mouse.click(*page.evaluate(PAINTED, line))


def grid(count):
    """Places so far apart that no two points touch."""
    side = int(np.ceil(np.sqrt(count)))
    return np.stack([np.arange(count) % side, np.arange(count) // side], axis=1).astype(np.float32)


@pytest.mark.parametrize("kind", CASES)
def test_a_page_opens_offline_without_an_error(kind, opened):
    coords, column = CASES[kind]()
    page = opened(embedding_plot(coords, column, title="umap", thumbnails=Thumbnails()))
    assert page.title().startswith("umap")
    assert len(page.evaluate(SHOWN)) == np.isfinite(coords).all(axis=1).sum()


def test_a_tooltip_has_the_image_and_the_texts_of_its_point(opened):
    column = categorical([0, 1, 2, 0, 1, 2, 0, 1, 2], ["cat", "dog", "fox"])
    files = [f"{row}.png" for row in range(9)]
    plot = embedding_plot(
        grid(9), column, title="umap", thumbnails=Thumbnails(), fields=[("file", files)]
    )
    page = opened(plot)
    for row in range(9):
        tooltip = hover(page, row)
        label = ["cat", "dog", "fox"][row % 3]
        assert tooltip["text"].split("\n") == [label, f"file: {row}.png", f"row {row}"]
        (image,) = tooltip["images"]
        assert image["width"] == (0 if row % 3 == 1 else 64)
        assert image["shown"] == image["width"]  # a missing one takes no room


@pytest.mark.skipif("limit" not in HoverTool.properties(), reason="needs Bokeh 3.8")
def test_of_points_on_one_another_one_is_told(opened):
    column = categorical([0, 1, 2, 3], "abcd")
    page = opened(embedding_plot(np.zeros((4, 2)), column, title="umap"))
    assert len(hover(page, 0)["text"].split("\n")) == 2


def test_points_are_drawn_in_their_colour_and_one_scale(opened):
    codes = np.arange(49)
    column = categorical(codes, [str(code) for code in codes])
    page = opened(embedding_plot(grid(49), column, title="umap"))
    page.mouse.move(2, 2)
    for row in range(49):
        seen = page.evaluate(PIXEL, page.evaluate(PLACE, row))
        expected = list(bytes.fromhex(column.colors[row][1:]))
        # A ring is empty in the middle.
        assert seen[:3] == ([255, 255, 255] if 36 <= row < 42 else expected), row
    (x0, y0), (x1, y1) = (page.evaluate(PLACE, row) for row in (0, 48))
    assert abs((x1 - x0) - (y0 - y1)) < 2


def test_a_click_on_the_legend_hides_a_category_and_a_second_one_shows_it(opened):
    column = categorical(np.arange(12) % 3, ["cat", "dog", "fox"])
    page = opened(embedding_plot(grid(12), column, title="umap"))
    places = [page.evaluate(PLACE, row) for row in range(12)]
    click_legend(page, 1, "dog")
    page.wait_for_function(f"() => ({SHOWN})().length === 8")
    page.mouse.move(2, 2)
    assert sorted(page.evaluate(SHOWN)) == [row for row in range(12) if row % 3 != 1]
    assert page.evaluate(PIXEL, places[1])[:3] == [255, 255, 255]
    assert [page.evaluate(PLACE, row) for row in range(12)] == places  # nothing moves
    page.mouse.move(*places[1])
    page.wait_for_timeout(100)
    assert page.evaluate(TOOLTIPS) == []
    assert hover(page, 2)["text"].startswith("fox")
    page.wait_for_timeout(400)  # or it would be a double click
    click_legend(page, 1, "dog")
    page.wait_for_function(f"() => ({SHOWN})().length === 12")
    assert hover(page, 1)["text"].startswith("dog")


def test_of_300_categories_the_last_line_hides_all_that_are_not_named(opened):
    coords, column = CASES["300 classes"]()
    page = opened(embedding_plot(coords, column, title="umap"))
    counts = np.bincount(column.codes)
    named = np.sort(counts)[-20:].sum()
    click_legend(page, 20, "and 280 more")
    page.wait_for_function(f"() => ({SHOWN})().length < {len(coords)}")
    assert len(page.evaluate(SHOWN)) == named


def test_a_box_selects_points(opened):
    column = categorical(np.arange(16) % 2, ["a", "b"])
    plot = embedding_plot(grid(16), column, title="umap")
    plot.toolbar.active_drag = plot.select_one(BoxSelectTool)
    page = opened(plot)
    (x0, y0), (x1, y1) = (page.evaluate(PLACE, row) for row in (0, 5))
    page.mouse.move(x0 - 8, y0 + 8)
    page.mouse.down()
    page.mouse.move(x1 + 8, y1 - 8, steps=5)
    page.mouse.up()
    page.wait_for_function(f"() => ({SELECTED})().length > 0")
    assert sorted(page.evaluate(SELECTED)) == [0, 1, 4, 5]


def test_a_users_text_is_shown_letter_by_letter(opened):
    column = categorical(np.arange(7), NASTY, name=NASTY[0])
    fields = [(name, NASTY) for name in NASTY]
    plot = embedding_plot(
        grid(7), column, title=NASTY[1], fields=fields[1:], thumbnails=Thumbnails()
    )
    page = opened(plot)
    assert page.title() == NASTY[1]
    for row in range(7):
        tooltip = hover(page, row)
        lines = tooltip["text"].split("\n")
        assert lines[0] == NASTY_SHOWN[row]
        assert lines[1:-1] == [f"{name}: {NASTY_SHOWN[row]}" for name in NASTY_SHOWN[1:]]
        assert tooltip["scripts"] == 0
        assert len(tooltip["images"]) == 1
        assert "onerror" not in tooltip["images"][0]["html"]
