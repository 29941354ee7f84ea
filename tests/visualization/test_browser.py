"""Bokeh's figures as a reader meets them: in a real browser, offline, from a file."""

import pytest

from simnb.visualization import metrics_by_threshold, precision_recall_curve, save_html
from tests.chromium import CHROMIUM, FLAGS
from tests.visualization.cases import CASES, FIGURES, NASTY

pytestmark = pytest.mark.browser

READY = """() => {
    const views = [...Bokeh.index];
    return views.length > 0 && views.every(view => view.has_finished());
}"""
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


@pytest.fixture(scope="module")
def browser():
    playwright = pytest.importorskip("playwright.sync_api")
    if CHROMIUM is None:
        pytest.skip("there is no Chromium")
    with playwright.sync_playwright() as running:
        started = running.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield started
        started.close()


def opened(browser, figure, folder):
    """The page of a figure, and all that went wrong on it or was asked of the network."""
    page = browser.new_page(viewport={"width": 900, "height": 900})
    trouble = []
    page.on("dialog", lambda own: (trouble.append(f"dialog: {own.message}"), own.dismiss()))
    page.on("pageerror", lambda own: trouble.append(f"error: {own}"))
    page.on("console", lambda own: own.type == "error" and trouble.append(f"console: {own.text}"))
    page.on(
        "request",
        lambda own: own.url[:5] not in ("file:", "data:", "blob:") and trouble.append(own.url),
    )
    page.goto(save_html(figure, folder / "figure.html").as_uri())
    page.wait_for_function(READY)
    return page, trouble


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
def test_a_figure_is_drawn_offline_and_says_what_is_under_the_pointer(name, browser, tmp_path):
    page, trouble = opened(browser, FIGURES[name](CASES["usual"](), "bokeh"), tmp_path)
    said = " ".join(hovered(page))
    page.close()
    expected = {
        "confusion_matrix": ["true: ", "predicted: ", "queries: ", "no match"],
        "metrics_by_threshold": ["metric: ", "distance: ", "value: ", "recall"],
        "precision_recall_curve": ["cut point: ", "distance: ", "precision: ", "recall: "],
        "distance_histograms": ["answers: ", "queries: ", "right", "wrong"],
    }[name]
    assert [words for words in expected if words not in said] == []
    assert "???" not in said
    assert "NaN" not in said
    assert trouble == []


@pytest.mark.parametrize("name", FIGURES)
def test_a_users_text_is_shown_letter_by_letter(name, browser, tmp_path):
    page, trouble = opened(browser, FIGURES[name](CASES["user's text"](), "bokeh"), tmp_path)
    said = hovered(page)
    images = page.evaluate(IMAGES)
    page.close()
    assert said
    if name == "confusion_matrix":
        assert all(any(f": {text}" in own for own in said) for text in NASTY)
    if name == "metrics_by_threshold":
        assert any(f"metric: {NASTY[2]}" in own for own in said)
    if name == "precision_recall_curve":
        assert any(NASTY[0][:20] in own for own in said)
    assert images == []
    assert trouble == []


@pytest.mark.parametrize("draw", [metrics_by_threshold, precision_recall_curve])
def test_a_click_on_the_legend_hides_a_curve(draw, browser, tmp_path):
    page, _ = opened(browser, draw(CASES["usual"]().results, backend="bokeh"), tmp_path)
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
    page.close()
    assert all(before)
    assert [place for place, shown in enumerate(after) if not shown] == [1]
