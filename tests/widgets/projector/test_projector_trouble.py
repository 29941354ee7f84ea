"""A projector under what goes wrong: strange data, markup, reloads, lost kernels, bad messages."""

import numpy as np
import pytest

from simnb.widgets import Projector
from tests.widgets.bare_page import bare_page
from tests.widgets.cases import NASTY, clusters
from tests.widgets.projector.projector_page import (
    NAMES,
    ProjectorPage,
    amount,
    by,
    ground,
    inside,
    projector_on_ground,
    shown,
)

pytestmark = pytest.mark.browser

# How those of `NASTY` are written in which something would be hidden.
VISIBLE = {"\u202egnp.exe": "⟨U+202E⟩gnp.exe", "a\x00b\x1bc": "a␀b␛c"}
# All that the widget is made of; nothing in it runs or loads.
ELEMENTS = [
    "BDI",
    "BUTTON",
    "CANVAS",
    "CAPTION",
    "DD",
    "DIV",
    "DL",
    "DT",
    "INPUT",
    "KBD",
    "LABEL",
    "OPTION",
    "OUTPUT",
    "SELECT",
    "SPAN",
    "TABLE",
    "TBODY",
    "TD",
    "TH",
    "THEAD",
    "TR",
]


@pytest.fixture
def page(chromium):
    with shown(chromium, projector_on_ground()) as page:
        yield page


@pytest.fixture(scope="module")
def same_page(chromium):
    """One page for many attempts, none of which may do it harm."""
    with shown(chromium, projector_on_ground()) as page:
        yield page


def try_everything(page):
    """Do a little of all, whatever the points are."""
    box = page.stage().bounding_box()
    low = np.array([box["x"] + 3, box["y"] + 3])
    high = low + by(box["width"] - 8, box["height"] - 8)
    for tool in ("pan", "zoom", "box", "lasso"):
        page.projector.tool = tool
        page.settle()
        page.drag(low, [high[0], low[1]], high, [low[0], high[1]])
        page.mouse.wheel(0, -50)
    page.button("Reset").click()
    page.drag(low, [high[0], low[1]], high, [low[0], high[1]])
    chosen = page.projector.selection
    for name in ("Fit", "Names", "Names"):
        page.button(name).click()
    page.stage().focus()
    for key in ("ArrowUp", "ArrowLeft", "Enter", "n", "Space", "c", "b", "b", "0", "Escape"):
        page.keyboard.press(key)
    page.projector.dimensions = 3
    page.settle()
    page.keyboard.press("Shift+ArrowUp")
    page.settle()
    return chosen


@pytest.mark.parametrize(
    ("embeddings", "labels", "there"),
    [
        (np.zeros((0, 4)), None, []),
        (np.ones((1, 3)), ["only"], [0]),
        (np.ones((30, 3)), np.arange(30) % 2, range(30)),
        (np.zeros((2, 1)), None, range(2)),
        (np.where(np.arange(6)[:, None] == 2, np.nan, np.eye(6)), None, [0, 1, 3, 4, 5]),
    ],
    ids=["empty", "one", "all equal", "zeros", "NaN"],
)
@pytest.mark.filterwarnings("ignore:.*NaN or inf.*")
def test_few_or_strange_points_do_no_harm(embeddings, labels, there, chromium):
    made = Projector(embeddings, labels, method="pca", distance="euclidean")
    with shown(chromium, made) as page:
        count = len(embeddings)
        said = {0: "no points", 1: "1 point"}.get(count, f"{count} points")
        assert page.status() == said
        assert (page.points() == 255).all() == (not len(there))
        assert try_everything(page) == list(there)


def test_a_row_without_a_place_is_not_drawn_and_not_hit_though_python_may_click_it(chromium):
    xy, _ = ground()
    xy[7] = np.nan
    with shown(chromium, projector_on_ground(method=xy)) as page:
        page.projector.clicked = 7
        page.wait_for(lambda: len(page.neighbors()) == 3)
        page.projector.select([7, 8])
        page.settle()
        assert "2 selected" in page.status()
        page.projector.set_coords(np.full((120, 2), np.nan), animate=False)
        assert (page.points() == 255).all()


def test_users_text_is_text_everywhere(chromium):
    count = len(NASTY)
    expected = [VISIBLE.get(text, text) for text in NASTY]
    columns = {name: np.arange(count) % 2 == 0 for name in NASTY}
    made = Projector(
        np.eye(count), NASTY, metadata=columns, method=np.eye(count, 2), title="".join(NASTY), k=3
    )
    with shown(chromium, made) as page:
        view = page.bare.view()
        status = view.get_by_role("status").text_content
        state = made.get_state(["_names", "_columns"])
        order = [NASTY.index(name) for name in state["_names"]]
        entries = view.locator(".simnb-entry bdi")
        assert entries.all_text_contents() == [expected[place] for place in order]
        options = page.list("Colour").locator("option").all_text_contents()
        assert options == ["label", *expected]
        assert view.locator(".simnb-title").text_content() == "".join(expected)
        page.stage().focus()
        own = None
        for row in range(count):
            made.clicked = row
            found = made.neighbors_of([row]).ids[0].tolist()
            page.wait_for(lambda row=row: view.get_by_text(f"Neighbours of {row},").count())
            assert page.neighbors() == found
            page.keyboard.press("n")
            page.wait_for(lambda before=own: made.hovered != before)
            own = made.hovered
            assert own in found
            page.wait_for(lambda own=own: page.card().locator("dd").first.inner_text() == str(own))
            assert page.card().locator("dd").nth(1).text_content() == expected[own][:400]
            assert page.card().locator("dt").all_text_contents() == ["id", "label", *expected]
            labels = view.locator(".simnb-neighbors tbody bdi").all_text_contents()
            assert labels == [expected[other][:400] for other in found]
            page.wait_for(lambda own=own: f"point {own}; label {expected[own][:400]}" in status())
        made.select(range(4))
        for name in NASTY:
            page.choose("Colour", name)
            assert made.color_by == name
            assert view.locator(".simnb-legend-title").text_content() == VISIBLE.get(name, name)
        # However long a text is, everything stays within the widget, and all can be read.
        wide = view.bounding_box()["width"]
        assert view.evaluate("own => own.scrollWidth") <= wide
        page.stage().focus()
        page.keyboard.press("n")
        page.wait_for(page.card().is_visible)
        for value in page.card().locator("dd").all():
            assert value.bounding_box()["width"] > 40
        made.method = "pca"
        for name in NASTY:
            made.add_epoch(np.eye(count), name)
            page.settle()
            assert view.locator("output").text_content() == VISIBLE.get(name, name)
        found = view.evaluate("own => [...own.querySelectorAll('*')].map(one => one.tagName)")
        assert set(found) <= set(ELEMENTS)
        assert page.page.title() == ""


@pytest.mark.parametrize(
    "bad",
    [
        {"hovered": 120},
        {"hovered": -1},
        {"hovered": "1"},
        {"clicked": 1.5},
        {"clicked": 2**40},
        {"k": 0},
        {"k": 10**9},
        {"color_by": "no such column"},
        {"method": "<script>"},
        {"beside": "no such method"},
        {"dimensions": 4},
        {"tool": None},
        {"height": 5000},
        {"theme": "blue"},
        {"point_size": -1},
        {"epoch": 3},
        {"_coords": None},
    ],
    ids=str,
)
def test_what_is_not_allowed_is_refused_and_the_page_corrected(bad, same_page):
    page = same_page
    (name,) = bad
    before = getattr(page.projector, name)
    page.bare.set(**bad)
    page.settle()
    assert np.array_equal(getattr(page.projector, name), before)
    if not name.startswith("_"):
        assert page.bare.get(name) == before
    assert amount(page.points(), page.color(0)) > 500


@pytest.mark.parametrize(
    ("dtype", "values", "shape"),
    [
        ("uint32", [120], [1]),
        ("int32", [-1], [1]),
        ("float32", [1.5], [1]),
        ("uint32", [1, 2, 3, 4], [2, 2]),
    ],
)
def test_a_selection_of_what_is_not_there_is_refused(dtype, values, shape, same_page):
    page = same_page
    page.projector.select([3])
    page.settle()
    page.page.evaluate(
        """([dtype, bytes, shape]) => {
            const view = new DataView(Uint8Array.from(bytes).buffer);
            bare.set({selection: {view, dtype, shape}});
        }""",
        [dtype, list(np.array(values, dtype).tobytes()), shape],
    )
    page.settle()
    assert page.projector.selection == [3]
    assert page.page.evaluate("() => bare.get('selection').shape") == [1]
    assert "1 selected" in page.status()


def test_messages_of_no_sense_are_passed_over(page):
    for content in ({"type": "answer", "request": "nobody's"}, {"type": "error"}, {}, None):
        page.projector.send(content)
    page.settle()
    assert page.status() == "120 points"


def test_a_page_that_is_loaded_anew_shows_what_was(chromium):
    made = projector_on_ground(metadata={"weight": np.arange(120) / 7})
    with shown(chromium, made) as page:
        page.page.emulate_media(reduced_motion="reduce")
        page.choose("Colour", "weight")
        page.choose("Layout", "pca")
        made.clicked = 7
        made.select([1, 2, 3])
        page.wait_for(lambda: len(page.neighbors()) == 3)
        points, over = page.points(), page.over()
        page.bare.reload()
        page.wait_for(lambda: len(page.neighbors()) == 3)
        assert "3 selected" in page.status()
        assert page.list("Colour").input_value() == "weight"
        assert page.list("Layout").input_value() == "pca"
        np.testing.assert_array_equal(page.points(), points)
        np.testing.assert_array_equal(page.over(), over)


def test_two_views_show_one_state(chromium):
    with shown(chromium, projector_on_ground(), views=2, height=1400) as page:
        np.testing.assert_array_equal(page.points(view=0), page.points(view=1))
        page.stage(view=1).scroll_into_view_if_needed()
        page.projector.tool = "box"
        page.settle()
        places = page.places(view=1)
        page.drag(places[7] - 30, places[7] + 30)
        assert 7 in page.projector.selection
        np.testing.assert_array_equal(page.points(view=0), page.points(view=1))
        assert page.status(0) == page.status(1)
        page.click(places[3])
        page.wait_for(lambda: len(page.neighbors(0)) == len(page.neighbors(1)) == 3)
        page.wait_for(page.card(1).is_visible)
        assert page.card(0).count() == 0 or page.card(0).is_hidden()
        # A filter, a search and a view of the points are each view's own.
        page.entry("ant", view=0).get_by_role("checkbox").uncheck()
        assert "hidden" not in page.status(1)
        page.bare.remove_view(0)
        page.projector.select([])
        page.click(page.places()[-1])
        assert page.projector.clicked == 119


def test_python_may_change_everything_while_a_lasso_is_drawn(chromium):
    made = projector_on_ground(metadata={"weight": np.arange(120) / 7})
    with shown(chromium, made) as page:
        made.tool = "lasso"
        page.settle()
        places = page.places()
        low, high = places.min(axis=0) + by(90, 40), places.max(axis=0) - by(100, 60)
        outline = [low, [high[0], low[1] + 20], high, [low[0] + 40, high[1]]]
        page.drag(*outline[:2], release=False)
        drawn = page.over().any(axis=-1).sum()
        assert drawn
        made.select([1, 2, 3])
        made.color_by = "weight"
        made.theme = "dark"
        made.k = 5
        made.tool = "pan"
        made.clicked = 4
        made.hovered = 5
        page.settle()
        for corner in outline[2:]:
            page.move(corner)
        assert page.over().any(axis=-1).sum() > drawn
        page.mouse.up()
        page.settle()
        within, near = inside(outline, places)
        chosen = np.isin(np.arange(120), made.selection)
        np.testing.assert_array_equal(chosen[~near], within[~near])
        assert within.sum() > 20


def test_points_may_move_while_a_lasso_is_drawn(page):
    page.projector.tool = "lasso"
    page.settle()
    places = page.places()
    page.drag(places[7] - 50, places[7] + by(50, -40), release=False)
    page.projector.set_coords(2 * page.projector.coordinates[::-1])
    page.settle()
    page.drag(places[7] + 40, places[7] + by(-40, 40))
    assert page.projector.method == "given"


def test_escape_drops_a_lasso_alone(page):
    page.projector.tool = "lasso"
    page.projector.clicked = 3
    page.projector.select([1])
    page.settle()
    page.wait_for(lambda: len(page.neighbors()) == 3)
    middle, before = page.corner() + 200, page.over()
    page.drag(middle, middle + by(50, -40), middle + 50, release=False)
    assert (page.over() != before).any()
    page.stage().focus()
    page.keyboard.press("Escape")
    page.mouse.up()
    page.settle()
    assert (page.projector.selection, page.projector.clicked) == ([1], 3)
    page.leave()
    page.button("Names").focus()
    np.testing.assert_array_equal(page.over(), before)


def test_without_a_kernel_the_picture_still_moves_and_says_so(page):
    page.click(page.places()[7])
    page.wait_for(lambda: len(page.neighbors()) == 3)
    page.leave()
    page.button("Farther").click()
    scale, left, top = page.camera()
    page.bare.disconnect()
    start = page.corner() + 200
    page.drag(start, start + by(40, -25))
    assert page.camera() == pytest.approx((scale, left + 40, top - 25), rel=0.01, abs=1)
    page.entry("ant").get_by_role("checkbox").uncheck()
    assert amount(page.points(), page.color(0)) == 0
    page.entry("ant").get_by_role("checkbox").check()
    page.move(page.places()[20])
    page.wait_for(lambda: "Waiting for Python" in page.status())
    page.click(page.places()[21])
    page.wait_for(lambda: "Waiting for Python" in page.status())
    page.entry("ant").get_by_role("checkbox").uncheck()
    assert "1 of 5 categories hidden" in page.status()
    assert "Waiting for Python" in page.status()


def test_a_slow_answer_is_waited_for_and_the_notice_goes(page, monkeypatch):
    late = []
    monkeypatch.setattr(page.projector, "send", lambda *given: late.append(given))
    page.click(page.places()[7])
    page.wait_for(lambda: "Waiting for Python" in page.status())
    monkeypatch.undo()
    for given in late:
        page.projector.send(*given)
    page.wait_for(lambda: len(page.neighbors()) == 3)
    assert "Waiting" not in page.status()


def test_a_view_that_is_removed_leaves_nothing_behind(page):
    session = page.page.context.new_cdp_session(page.page)

    def held():
        session.send("HeapProfiler.collectGarbage")
        counts = session.send("Memory.getDOMCounters")
        return counts["nodes"], counts["jsEventListeners"]

    def come_and_go():
        page.bare.add_view()
        page.settle()
        page.stage(view=1).scroll_into_view_if_needed()
        box = page.stage(view=1).bounding_box()
        page.move((box["x"] + 200, box["y"] + 200))
        page.settle()
        page.bare.remove_view(1)
        page.settle()

    listeners = page.page.evaluate("() => bare.listeners()")
    come_and_go()
    before = held()
    for _ in range(3):
        come_and_go()
    page.wait_for(lambda: np.all(np.array(held()) <= np.array(before) + 20))
    assert page.page.evaluate("() => bare.listeners()") == listeners
    page.bare.use_theme("dark")
    page.projector.color_by = "label"


def test_a_view_that_is_made_out_of_sight_is_drawn_when_it_is_shown(page):
    page.page.evaluate("() => { document.querySelector('main').hidden = true; }")
    page.bare.add_view()
    page.settle()
    page.page.evaluate("() => { document.querySelector('main').hidden = false; }")
    page.wait_for(lambda: page.points(view=1).shape == page.points(view=0).shape)
    np.testing.assert_array_equal(page.points(view=1), page.points(view=0))


def test_on_a_narrow_page_the_legend_stands_below(page):
    page.page.set_viewport_size({"width": 420, "height": 900})
    page.wait_for(lambda: page.points().shape[1] > 340)
    assert page.bare.view().evaluate("own => own.scrollWidth <= own.clientWidth")
    legend, stage = page.entry("cat").bounding_box(), page.stage().bounding_box()
    assert legend["y"] > stage["y"] + stage["height"]


def test_a_widget_that_is_closed_leaves_the_page_in_peace(chromium):
    made = projector_on_ground()
    with bare_page(chromium, made, views=2) as bare:
        bare.settle()
        page = ProjectorPage(bare)
        page.move(page.places()[7])
        made.close()
        bare.settle()
        assert bare.page.locator(".simnb").count() == 0
        bare.page.mouse.move(5, 5)
        assert bare.trouble == []


@pytest.mark.parametrize("misalign", [1, 2])
def test_bytes_may_begin_anywhere(misalign, chromium):
    embeddings, labels = clusters(200, 300)
    made = Projector(embeddings, labels, method="pca")
    with shown(chromium, made, misalign=misalign) as page:
        made.clicked = 3
        page.wait_for(lambda: page.neighbors() == made.neighbors_of([3]).ids[0].tolist())
        made.select([1, 2])
        page.settle()
        assert "2 selected" in page.status()


def test_selected_classes_are_counted_by_name(page):
    page.projector.select([0, 3, 6, 1, 119])
    page.settle()
    assert page.status() == f"120 points · 5 selected: {NAMES[0]} 3, {NAMES[1]} 1, {NAMES[4]} 1"
