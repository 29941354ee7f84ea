"""Bokeh's figures as a reader meets them: in a real browser, offline, from a file."""

import pytest

from simnb.visualization import metrics_by_threshold, precision_recall_curve
from tests.visualization.cases import CASES, FIGURES, NASTY

pytestmark = pytest.mark.browser

# Where on the page the points of every renderer with data are, by the renderer's name.
POINTS = """() => {
    const [plot] = [...Bokeh.index];
    const box = plot.el.getBoundingClientRect();
    const found = [];
    for (const renderer of plot.model.renderers) {
        const {x, y, left, right, top} = renderer.glyph;
        const data = name => [...renderer.data_source.get_column(name)];
        const xs = x ? data(x.field) : data(left.field).map((own, i) =>
            (own + data(right.field)[i]) / 2);
        const ys = y ? data(y.field) : data(top.field).map(own => own / 2);
        xs.forEach((own, i) => found.push([
            box.x + plot.frame.x_scale.compute(own),
            box.y + plot.frame.y_scale.compute(ys[i]),
        ]));
    }
    return found;
}"""
WORDS = "() => [...document.querySelectorAll('.bk-Tooltip')].map(own => own.shadowRoot.textContent)"
IMAGES = """() => {
    const within = root => [...root.querySelectorAll('*')].flatMap(own => [
        ...(own.tagName === 'IMG' ? [own.outerHTML] : []),
        ...(own.shadowRoot ? within(own.shadowRoot) : []),
    ]);
    return within(document);
}"""

# Where the legend's second entry is, in a Bokeh that paints it on the canvas, as 3.4 does.
PAINTED = """() => {
    const [plot] = [...Bokeh.index];
    const {grid, bbox} = plot.renderer_view(plot.model.below.find(own => own.items));
    const entry = grid.items[1].layout.bbox;
    const box = plot.el.getBoundingClientRect();
    return [
        box.x + bbox.left + grid.bbox.left + entry.left + entry.width / 2,
        box.y + bbox.top + grid.bbox.top + entry.top + entry.height / 2,
    ];
}"""


def hovered(page):
    """What the tooltips say, over a few points of the figure."""
    points = page.evaluate(POINTS)
    said = set()
    for x, y in points[:: max(len(points) // 25, 1)]:
        page.mouse.move(x, y)
        page.wait_for_timeout(40)
        said.update(page.evaluate(WORDS))
    return said


@pytest.mark.parametrize("name", FIGURES)
def test_a_figure_is_drawn_offline_and_says_what_is_under_the_pointer(name, opened):
    page = opened(FIGURES[name](CASES["usual"](), "bokeh"))
    said = " ".join(hovered(page))
    expected = {
        "confusion_matrix": ["true: ", "predicted: ", "queries: ", "no match"],
        "metrics_by_threshold": ["metric: ", "distance: ", "value: ", "recall"],
        "precision_recall_curve": ["cut point: ", "distance: ", "precision: ", "recall: "],
        "distance_histograms": ["answers: ", "queries: ", "right", "wrong"],
    }[name]
    assert [words for words in expected if words not in said] == []
    assert "???" not in said
    assert "NaN" not in said


@pytest.mark.parametrize("name", FIGURES)
def test_a_users_text_is_shown_letter_by_letter(name, opened):
    page = opened(FIGURES[name](CASES["user's text"](), "bokeh"))
    said = hovered(page)
    images = page.evaluate(IMAGES)
    assert said
    if name == "confusion_matrix":
        assert all(any(f": {text}" in own for own in said) for text in NASTY)
    if name == "metrics_by_threshold":
        assert any(f"metric: {NASTY[2]}" in own for own in said)
    if name == "precision_recall_curve":
        assert any(NASTY[0][:20] in own for own in said)
    assert images == []


@pytest.mark.parametrize("draw", [metrics_by_threshold, precision_recall_curve])
def test_a_click_on_the_legend_hides_a_curve(draw, opened):
    page = opened(draw(CASES["usual"]().results, backend="bokeh"))
    items = "[...Bokeh.index][0].model.below.find(own => own.items).items"
    visible = f"() => {items}.map(own => own.renderers[0].visible)"
    before = page.evaluate(visible)
    name = page.evaluate(f"() => {items}[1].label.value")
    written = page.get_by_text(name, exact=True)
    if written.count():
        written.first.click()
    else:
        page.mouse.click(*page.evaluate(PAINTED))
    after = page.evaluate(visible)
    assert all(before)
    assert [place for place, shown in enumerate(after) if not shown] == [1]
