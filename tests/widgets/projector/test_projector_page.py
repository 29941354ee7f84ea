"""What a user does with a projector by mouse, seen in Python and in pixels."""

import contextlib
import io

import numpy as np
import pytest
from PIL import Image

from simnb.widgets import Projector
from simnb.widgets.projector import layouts
from tests.widgets.cases import clusters
from tests.widgets.projector.projector_page import (
    NAMES,
    amount,
    amounts,
    by,
    ground,
    inside,
    projector_on_ground,
    rgb,
    shown,
)

pytestmark = pytest.mark.browser

GREY_BACKGROUND = {"light": "#ffffff", "dark": "#16161a"}


@pytest.fixture
def page(chromium):
    with shown(chromium, projector_on_ground()) as page:
        yield page


@pytest.mark.parametrize("classes", [1, 2, 20, 300])
def test_the_first_picture_has_every_colour_of_the_legend(classes, chromium):
    side = np.arange(20)
    grid = np.stack(np.meshgrid(side, side), axis=-1).reshape(-1, 2)
    embeddings, labels = clusters(400, classes)
    with shown(chromium, Projector(embeddings, labels, method=grid)) as page:
        state = page.projector.get_state(["_names", "_colors"])
        assert len(state["_names"]) == classes
        drawn = amounts(page.points())
        assert min(drawn.get(color, 0) for color in state["_colors"]) >= 4
        entries = page.bare.view().locator(".simnb-entry")
        assert entries.locator("bdi").all_inner_texts() == state["_names"]
        sizes = np.bincount(labels).astype(str).tolist()
        assert entries.locator(".simnb-count").all_inner_texts() == sizes
        assert page.status() == "400 points"


def test_a_card_shows_the_image_label_and_metadata_of_what_is_under_the_pointer(chromium):
    images = np.zeros((120, 8, 8, 3), np.uint8)
    images[..., 0] = 2 * np.arange(120)[:, None, None]
    metadata = {"note": [f"note {row}" for row in range(120)], "weight": np.arange(120) / 8}
    made = projector_on_ground(images=images, metadata=metadata)
    with shown(chromium, made) as page:
        page.hover(7)
        card = page.card()
        page.wait_for(card.is_visible)
        assert card.locator("dt").all_inner_texts() == ["id", "label", "note", "weight"]
        assert card.locator("dd").all_inner_texts() == ["7", "bee", "note 7", "0.875"]
        assert card.locator("img").get_attribute("alt") == "image of bee"
        page.wait_for(lambda: card.locator("img").evaluate("image => image.naturalWidth") == 8)
        assert amount(page.picture(), [14, 0, 0]) > 50 * 50
        box, stage = card.bounding_box(), page.stage().bounding_box()
        assert stage["x"] <= box["x"]
        assert box["x"] + box["width"] <= stage["x"] + stage["width"]
        page.leave()
        assert card.is_hidden()
        # What is known is not asked for again.
        asked = page.bare.to_python.messages_of["custom card"]
        page.hover(7)
        page.wait_for(card.is_visible)
        assert page.bare.to_python.messages_of["custom card"] == asked


def test_a_click_shows_the_neighbours_of_the_original_space(page):
    page.click(page.places()[7])
    assert page.projector.clicked == 7
    found = page.projector.neighbors_of([7]).ids[0].tolist()
    page.wait_for(lambda: page.neighbors() == found)
    names = [NAMES[ground()[1][row]] for row in found]
    table = page.bare.view().locator(".simnb-neighbors")
    assert table.locator("bdi").all_inner_texts() == ["bee", *names]
    ticks = ["✓" if name == "bee" else "✗" for name in names]
    assert table.locator("tbody td:nth-child(4)").all_inner_texts() == ticks
    assert f"3 neighbours of 7; nearest: {found[0]}, {names[0]}" in page.status()
    page.button("Names").click()
    over, places = page.over(), page.places() - page.corner()
    for row in found:
        for part in (0.3, 0.5, 0.7):
            x, y = (places[7] + part * (places[row] - places[7])).astype(int)
            spot = over[y - 2 : y + 3, x - 2 : x + 3]
            drawn = spot[spot[..., 3] > 200][None]
            assert amount(drawn, rgb("#1b1b1f"), tolerance=40), f"no line from 7 to {row}"
    # The table leads to them, and a click beside all points puts them away.
    table.get_by_role("button", name=str(found[1])).click()
    page.wait_for(lambda: page.projector.hovered == found[1])
    assert page.stage().evaluate("stage => stage === document.activeElement")
    page.click(page.corner() + 4)
    page.wait_for(lambda: page.projector.clicked is None)
    assert page.neighbors() == []
    assert not page.over().any()


@pytest.mark.parametrize("tool", ["Box", "Lasso"])
@pytest.mark.parametrize(("how", "key"), [("replace", None), ("add", "Shift"), ("subtract", "Alt")])
def test_dragging_selects_what_is_inside(how, key, tool, page):
    before = np.arange(120) % 2 == 0
    page.projector.select(before)
    page.projector.tool = tool.lower()
    page.settle()
    assert page.button(tool).get_attribute("aria-pressed") == "true"
    places = _places_of_selected(page)
    low, high = places.min(axis=0) + by(120, 60), places.max(axis=0) - by(160, 90)
    corners = [low, high]
    if tool == "Lasso":
        corners = [
            low,
            [high[0], low[1] + 30],
            [high[0] - 90, high[1]],
            [low[0] + 60, high[1] - 40],
        ]
    page.drag(*corners, key=key)
    if tool == "Box":
        corners = [low, [high[0], low[1]], high, [low[0], high[1]]]
    within, near = inside(corners, places)
    assert 20 < within.sum() < 100
    assert near.sum() < 10
    expected = {"replace": within, "add": before | within, "subtract": before & ~within}[how]
    chosen = np.isin(np.arange(120), page.projector.selection)
    np.testing.assert_array_equal(chosen[~near], expected[~near])
    assert f"{chosen.sum()} selected" in page.status()
    _assert_drawn_as_selected(page, chosen)


def _places_of_selected(page):
    """The places of all points, though some are grey."""
    chosen = page.projector.selection
    page.projector.select([])
    places = page.places()
    page.projector.select(chosen)
    page.settle()
    return places


def _assert_drawn_as_selected(page, chosen):
    """In the middle of each selected point is its full colour; in that of the others it is not."""
    points = page.points()
    places = (_places_of_selected(page) - page.corner()).astype(int)
    full = np.array([(points[y, x] == page.color(row)).all() for row, (x, y) in enumerate(places)])
    apart = np.linalg.norm(places[:, None] - places, axis=-1) + 99 * np.eye(len(places))
    alone = apart.min(axis=1) > 14
    assert alone.sum() > 30
    np.testing.assert_array_equal(full[alone], chosen[alone])


def test_what_selecting_does_is_a_choice_too(page):
    page.click(page.places()[3])
    page.projector.tool = "box"
    page.settle()
    places = page.places()
    for value, expected in (("replace", [3]), ("subtract", []), ("add", [3])):
        page.choose("What selecting does", value)
        page.drag(places[3] - 2, places[3] + 2)
        assert page.projector.selection == expected


def test_shift_and_alt_click_add_a_point_and_take_it_away(page):
    places = page.places()
    for row, key, expected in [(5, "Shift", [5]), (9, "Shift", [5, 9]), (5, "Alt", [9])]:
        page.keyboard.down(key)
        page.click(places[row])
        page.keyboard.up(key)
        assert page.projector.selection == expected
    assert page.projector.clicked is None


def test_dragging_moves_and_the_wheel_enlarges_about_the_pointer(page):
    page.button("Farther").click()
    scale, left, top = page.camera()
    start = page.corner() + 200
    page.drag(start, start + by(40, -25))
    assert page.camera() == pytest.approx((scale, left + 40, top - 25), rel=0.01, abs=1)
    before = page.places()[7]
    page.move(before)
    page.mouse.wheel(0, 60)
    page.settle()
    smaller = page.camera()[0]
    assert smaller < 0.9 * scale
    np.testing.assert_allclose(page.places()[7], before, atol=1.5)
    page.mouse.wheel(0, -60)
    page.settle()
    assert page.camera()[0] == pytest.approx(scale, rel=0.01)
    # Nothing was selected or clicked by that.
    assert page.projector.selection == []
    assert page.projector.clicked is None


def test_fit_shows_what_the_legend_leaves_and_reset_all_of_it(page):
    first = page.camera()
    for act in ("Farther", "Farther", "Nearer"):
        page.button(act).click()
    assert page.camera()[0] == pytest.approx(first[0] / 1.3, rel=0.01)
    page.stage().dblclick(position={"x": 3, "y": 3})
    assert page.camera() == pytest.approx(first, rel=0.01, abs=1)
    page.entry("west").get_by_role("checkbox").uncheck()
    page.entry("east").get_by_role("checkbox").uncheck()
    page.button("Fit").click()
    ys, xs = np.nonzero((page.points() != 255).any(axis=-1))
    height, width = page.points().shape[:2]
    assert min(ys.min(), height - ys.max()) == pytest.approx(28, abs=8)
    assert xs.min() == pytest.approx(width - xs.max(), abs=12)
    page.projector.select([1, 2])
    page.projector.clicked = 3
    page.bare.view().get_by_label("Search labels and metadata").fill("bee")
    page.wait_for(lambda: "found" in page.status())
    page.button("Reset").click()
    assert page.camera() == pytest.approx(first, rel=0.01, abs=1)
    assert page.status() == "120 points"
    assert (page.projector.selection, page.projector.clicked) == ([], None)
    assert page.entry("west").get_by_role("checkbox").is_checked()


def test_the_zoom_tool_looks_into_a_box(page):
    page.button("Zoom").click()
    page.settle()
    assert page.projector.tool == "zoom"
    places, middle = page.places(), page.places()[[7, 22]].mean(axis=0)
    height, width = page.points().shape[:2]
    page.drag(middle - by(width / 6, height / 9), middle + by(width / 6, height / 9))
    # The box is a third as wide as the picture, and less high: all becomes three times as large.
    expected = by(width / 2, height / 2) + 3 * (places - middle)
    ys, xs = np.nonzero((page.points() == page.color(7)).all(axis=-1))
    bees = np.flatnonzero(ground()[1] == 1)
    seen = [
        row
        for row in bees
        if (expected[row] > (0, 0)).all() and (expected[row] < (width, height)).all()
    ]
    assert {7, 22} <= set(seen)
    for x, y in expected[seen]:
        assert np.hypot(xs - x, ys - y).min() < 6
    assert page.projector.selection == []


def test_the_legend_hides_and_isolates(page):
    bee, cat = (rgb(page.projector.get_state(["_colors"])["_colors"][code]) for code in (1, 2))
    page.entry("bee").get_by_role("checkbox").uncheck()
    assert (amount(page.points(), bee), amount(page.points(), cat) > 500) == (0, True)
    assert page.status() == "120 points · 1 of 5 categories hidden"
    # What is hidden is neither hit nor selected.
    page.move(page.corner() + 3)
    page.projector.tool = "box"
    page.settle()
    stage = page.stage().bounding_box()
    ends = page.corner() + 2, page.corner() + by(stage["width"] - 4, stage["height"] - 4)
    page.drag(*ends)
    assert page.projector.selection == np.flatnonzero(ground()[1] != 1).tolist()
    page.projector.select([])
    page.entry("cat").hover()
    page.button("Show only cat").click()
    assert (amount(page.points(), bee), amount(page.points(), cat) > 500) == (0, True)
    assert "4 of 5 categories hidden" in page.status()
    page.button("Show only cat").click()
    assert amount(page.points(), bee) > 500
    page.button("None").click()
    assert (page.points() == 255).all()
    page.button("All").click()
    assert page.status() == "120 points"
    page.entry("ant").dblclick()
    assert page.status() == "120 points · 4 of 5 categories hidden"


def test_a_category_is_found_among_300(chromium):
    embeddings, labels = clusters(900, 300)
    made = Projector(
        embeddings, labels, class_names=[f"class {k}" for k in range(300)], method="pca"
    )
    with shown(chromium, made) as page:
        names = page.bare.view().locator(".simnb-entry bdi")
        assert names.count() == 300
        page.bare.view().get_by_label("Find a category").fill("SS 29")
        assert names.all_inner_texts() == [f"class {k}" for k in (29, *range(290, 300))]
        page.entry("class 297").hover()
        page.button("Show only class 297").click()
        colors = made.get_state(["_colors"])["_colors"]
        assert {color for color, size in amounts(page.points()).items() if size > 4} & set(
            colors
        ) == {colors[297]}
        page.bare.view().get_by_label("Find a category").fill("zebra")
        assert page.bare.view().get_by_text("no such category").is_visible()


def test_colours_go_by_any_column(chromium):
    weight = np.linspace(-1, 1, 120)
    weight[4] = np.nan
    made = projector_on_ground(metadata={"weight": weight, "even": np.arange(120) % 2 == 0})
    with shown(chromium, made) as page:
        page.choose("Colour", "even")
        assert made.color_by == "even"
        assert page.bare.view().locator(".simnb-entry bdi").all_inner_texts() == ["False", "True"]
        page.choose("Colour", "weight")
        state = made.get_state(["_colors", "_names"])
        assert state["_names"] == []
        view = page.bare.view()
        assert view.locator(".simnb-ends bdi").all_inner_texts() == ["-1", "1"]
        assert view.get_by_text("grey: no value").is_visible()
        ramp, drawn = state["_colors"], amounts(page.points())
        for row in (0, 1, 118, 119):
            assert amount(page.points(), page.color(row)) > 10
        assert drawn[ramp[256]] > 10
        assert len(drawn.keys() & set(ramp)) > 80
        made.color_by = "label"
        page.settle()
        assert view.locator(".simnb-entry bdi").all_inner_texts() == NAMES


def test_search_greys_out_all_else(chromium):
    notes = [f"note {row}" for row in range(120)]
    notes[3] = notes[50] = "a Needle"
    with shown(chromium, projector_on_ground(metadata={"note": notes})) as page:
        search = page.bare.view().get_by_label("Search labels and metadata")
        before = {row: amount(page.points(), page.color(row)) for row in (0, 1)}
        places = (page.places() - page.corner()).astype(int)
        search.press_sequentially("needle")
        page.wait_for(lambda: page.status() == "120 points · 2 found")
        points = page.points()
        full = [row for row, (x, y) in enumerate(places) if (points[y, x] == page.color(row)).all()]
        assert full == [3, 50]
        search.fill("zzz")
        page.wait_for(lambda: page.status() == "120 points · 0 found")
        assert amount(page.points(), page.color(0)) == 0
        search.fill("bee")
        page.wait_for(lambda: page.status() == f"120 points · {(ground()[1] == 1).sum()} found")
        search.fill("")
        page.wait_for(lambda: page.status() == "120 points")
        assert {row: amount(page.points(), page.color(row)) for row in (0, 1)} == before


@pytest.mark.parametrize("distance", ["euclidean", "inner_product"])
def test_what_is_beyond_the_threshold_is_dimmed_at_once(distance, chromium):
    far = np.random.default_rng(3).uniform(size=120)
    far[[3, 9]] = [np.nan, 0.5]
    far[-2:] = 0 if distance == "euclidean" else 1  # the corners show where all is
    made = projector_on_ground(distance=distance, answer_distances=far)
    with shown(chromium, made) as page:
        first = page.points()
        for threshold in (0.5, 0.2, 0.8):
            page.bare.to_page.clear()
            page.bare.set(threshold=threshold)
            page.settle()
            assert page.bare.to_page.messages_of["threshold"] == 0  # the page waits for nobody
            given = far <= threshold if distance == "euclidean" else far >= threshold
            _assert_drawn_as_selected(page, given)
            assert page.status() == f"120 points · {(~given).sum()} beyond the threshold"
            assert made.threshold == threshold
        page.entry("bee").get_by_role("checkbox").uncheck()
        assert "1 of 5 categories hidden" in page.status()
        page.entry("bee").get_by_role("checkbox").check()
        made.select([3, 4])
        page.settle()
        assert amount(page.points(), page.color(3)) > 4
        made.select([])
        made.threshold = None
        page.settle()
        assert page.status() == "120 points"
        np.testing.assert_array_equal(page.points(), first)


def test_thumbnails_appear_when_few_points_are_in_sight(chromium):
    images = np.zeros((1200, 6, 6), np.uint8) + (np.arange(1200) % 200 + 20)[:, None, None].astype(
        "uint8"
    )
    with shown(chromium, projector_on_ground(1200, images=images)) as page:
        page.button("Names").click()
        assert not page.over().any()
        place = page.places()[7] - page.corner()
        page.move(page.places()[7])
        for _ in range(12):
            page.mouse.wheel(0, -60)
        page.leave()
        page.wait_for(lambda: page.over().any())
        x, y = place.astype(int)
        over = page.over()
        assert over[y, x].tolist() == [27, 27, 27, 255]
        rim = over[max(0, y - 40) : y + 40, x - 40 : x + 40]
        assert amount(rim, page.color(7)) > 20
        assert page.bare.to_page.messages_of["custom answer"] <= 14
        assert page.bare.to_python.messages_of["custom thumbnails"] <= 12
        assert "base64" not in page.bare.view().inner_html()
        page.button("Images").click()
        assert not page.over().any()


def test_clusters_are_named_where_they_lie(page):
    over, places = page.over(), page.places() - page.corner()
    ink = np.argwhere(np.abs(over.astype(int) - [*rgb("#1b1b1f"), 255]).max(axis=-1) < 30)[:, ::-1]
    labels = ground()[1]
    for code, name in enumerate(NAMES):
        own = places[labels == code]
        low, high = own.min(axis=0) - by(30, 12), own.max(axis=0) + by(30, 12)
        near = ((ink >= low) & (ink <= high)).all(axis=1)
        assert near.sum() > 20, f"{name} is not written where its points are"
    page.button("Names").click()
    assert not page.over().any()


def test_three_dimensions_are_turned_by_dragging(chromium):
    xyz = np.zeros((6, 3), np.float32)
    xyz[:4, :2] = [[-8, -5], [8, 5], [-8, 5], [8, -5]]
    xyz[4:, 2] = [5, -5]  # the nearer one hides the farther, though it comes first
    made = Projector(np.eye(6), list("abcdef"), method=xyz)
    with shown(chromium, made, width=900) as page:
        page.button("Names").click()
        near, far = page.color(4), page.color(5)
        assert page.list("Axes").input_value() == "3"
        assert (amount(page.points(), near) > 30, amount(page.points(), far)) == (True, 0)
        middle = _middle(page.points(), near)
        start = page.corner() + by(100, 100)
        page.drag(start, start + by(60, 0))
        points = page.points()
        assert _middle(points, near)[0] > middle[0] + 20
        assert _middle(points, far)[0] < middle[0] - 20
        np.testing.assert_allclose(_middle(points, near)[1], middle[1], atol=1.5)
        page.drag(start, start + by(0, 50))
        assert _middle(page.points(), near)[1] > middle[1] + 20
        page.button("Reset").click()
        np.testing.assert_allclose(_middle(page.points(), near), middle, atol=1)


def _middle(picture, color):
    """The middle of the pixels of a colour, x and y."""
    return np.argwhere((picture == color).all(axis=-1)).mean(axis=0)[::-1]


def test_the_axes_are_a_choice(chromium):
    embeddings, labels = clusters(60)
    with shown(chromium, Projector(embeddings, labels, method="pca")) as page:
        page.choose("Axes", "3")
        page.wait_for(lambda: page.projector.coordinates.shape == (60, 3))
        page.choose("Axes", "2")
        assert page.projector.coordinates.shape == (60, 2)


def test_two_panels_show_one_selection_and_one_filter(chromium):
    xy, _ = ground()
    mirrored = xy * np.float32([-1, 1])
    with shown(chromium, projector_on_ground(method=[xy, mirrored])) as page:
        headings = page.bare.view().locator(".simnb-heading").all_inner_texts()
        assert headings == ["given 1", "given 2"]
        first, second = page.points(0), page.points(1)
        assert first.shape == second.shape
        for row in (0, 1, 2, -1, -2):
            (x, _), (other, _) = _middle(first, page.color(row)), _middle(second, page.color(row))
            assert x + other == pytest.approx(first.shape[1], abs=12)
        # Each has a view of its own.
        box = page.stage(1).bounding_box()
        start = np.array([box["x"] + 100, box["y"] + 100])
        page.drag(start, start + by(30, 30))
        np.testing.assert_array_equal(page.points(0), first)
        assert (page.points(1) != second).any()
        page.button("Names").click()
        page.hover(7)
        assert page.over(0).any()
        assert page.over(1).any()
        page.leave()
        page.projector.tool = "lasso"
        page.settle()
        places = page.places(0)
        page.drag(places[7] + by(-4, -4), places[7] + by(4, -4), places[7] + by(0, 6))
        assert 7 in page.projector.selection
        for panel in (0, 1):
            assert amount(page.points(panel), page.color(0)) == 0
        page.projector.select([])
        page.entry("ant").get_by_role("checkbox").uncheck()
        for panel in (0, 1):
            assert amount(page.points(panel), page.color(0)) == 0
            assert amount(page.points(panel), page.color(1)) > 100
        page.choose("beside", "")
        assert page.bare.view().locator(".simnb-stage").count() == 1


def test_the_number_of_neighbours_is_a_choice(page):
    page.click(page.places()[7])
    page.wait_for(lambda: len(page.neighbors()) == 3)
    k = page.bare.view().get_by_label("Neighbours")
    k.fill("6")
    k.press("Enter")
    page.wait_for(lambda: page.neighbors() == page.projector.neighbors_of([7], 6).ids[0].tolist())
    assert page.projector.k == 6
    page.projector.k = 2
    page.wait_for(lambda: len(page.neighbors()) == 2)
    assert k.input_value() == "2"
    k.fill("0")
    k.press("Enter")
    page.settle()
    assert page.projector.k == 2


class Slow:
    """Stands in for what makes layouts in a process of its own; the test says when it is done."""

    def __init__(self, embeddings, method, seed, **more):
        self.method, self.callbacks, self.cancelled = method, more, False

    def cancel(self):
        self.cancelled = True

    def tell(self, name, *given):
        self.callbacks[f"on_{name}"](*given)


@pytest.fixture
def slow(monkeypatch):
    """The layouts that are being made."""
    made = []

    def make(*given, **more):
        made.append(Slow(*given, **more))
        return made[-1]

    monkeypatch.setattr(layouts, "BackgroundProjection", make)
    return made


def test_a_slow_layout_tells_its_progress_and_the_points_glide_to_it(slow, chromium):
    embeddings, labels = clusters(60)
    with shown(chromium, Projector(embeddings, labels, method="umap")) as page:
        bar = page.bare.view().get_by_role("progressbar")
        assert page.bare.view().locator(".simnb-heading").inner_text() == "PCA"
        assert bar.get_attribute("value") is None
        slow[0].tell("progress", 0.4, "epoch 80 of 200")
        page.wait_for(lambda: bar.get_attribute("value") == "0.4")
        assert page.bare.view().get_by_text("UMAP: epoch 80 of 200").is_visible()
        with _watched(page) as pictures:
            slow[0].tell("done", np.random.default_rng(0).normal(size=(60, 2)).astype("float32"))
            page.wait_for(lambda: page.bare.view().locator(".simnb-heading").inner_text() == "UMAP")
            page.wait_for(lambda: pictures() >= 3)
        assert bar.is_hidden()
        assert page.projector.method == "umap"
        page.choose("Layout", "tsne")
        page.wait_for(bar.is_visible)
        page.button("Cancel").click()
        page.wait_for(bar.is_hidden)
        assert slow[1].cancelled
        assert page.projector.method == "umap"
        assert page.list("Layout").input_value() == "umap"
        page.choose("Layout", "tsne")
        slow[2].tell("error", "t-SNE failed: <b>no</b>")
        alert = page.bare.view().get_by_role("alert")
        page.wait_for(lambda: alert.inner_text() == "t-SNE failed: <b>no</b>")
        assert page.projector.method == "umap"


@contextlib.contextmanager
def _watched(page):
    """Count how many different pictures of the points are drawn meanwhile."""
    page.stage().evaluate(
        """stage => {
            const canvas = stage.querySelector('canvas');
            window.pictures = new Set();
            const look = () => {
                pictures.add(canvas.toDataURL());
                window.looking = requestAnimationFrame(look);
            };
            look();
        }"""
    )
    yield lambda: page.page.evaluate("() => pictures.size")
    page.page.evaluate("() => cancelAnimationFrame(looking)")


@pytest.mark.parametrize("still", ["animate", "motion", None])
def test_points_glide_to_new_coordinates_unless_nobody_wants_it(still, page):
    if still == "motion":
        page.page.emulate_media(reduced_motion="reduce")
    xy = ground()[0] * np.float32([1, -1])
    xy[-2:] = ground()[0][-2:]
    with _watched(page) as pictures:
        page.projector.set_coords(xy, animate=still != "animate")
        if still is None:
            page.wait_for(lambda: pictures() >= 3)
        page.wait_for(lambda: _agrees(page, 0))
        assert (pictures() == 2) == (still is not None)
    assert page.bare.view().locator(".simnb-heading").inner_text() == "given"


def _agrees(page, row):
    """Whether a row is drawn where Python has it."""
    place = page.places()[row] - page.corner()
    where = np.argwhere((page.points() == page.color(row)).all(axis=-1))[:, ::-1]
    return bool(len(where)) and np.linalg.norm(where - place, axis=1).min() < 2


def test_the_picture_is_saved_as_a_png(page, tmp_path):
    with page.page.expect_download() as download:
        page.button("Save PNG").click()
    assert download.value.suggested_filename == "projector.png"
    download.value.save_as(tmp_path / "own.png")
    saved = np.asarray(Image.open(io.BytesIO((tmp_path / "own.png").read_bytes())).convert("RGB"))
    points, over = page.points(), page.over()
    assert saved.shape == points.shape
    np.testing.assert_array_equal(saved[over[..., 3] == 0], points[over[..., 3] == 0])
    solid = over[..., 3] == 255
    np.testing.assert_array_equal(saved[solid], over[solid][:, :3])
    assert solid.any()


def test_epochs_are_played_back(page):
    rng = np.random.default_rng(3)
    page.projector.method = "pca"
    for epoch in range(3):
        page.projector.add_epoch(rng.normal(size=(120, 6)), f"epoch {epoch + 1}")
    page.settle()
    view = page.bare.view()
    slider, name = view.get_by_label("Epoch"), view.locator(".simnb-epochs output")
    assert (slider.input_value(), name.inner_text(), page.projector.epoch) == ("2", "epoch 3", 2)
    slider.fill("1")
    page.wait_for(lambda: page.projector.epoch == 1)
    page.settle()
    assert name.inner_text() == "epoch 2"
    assert slider.get_attribute("aria-valuetext") == "epoch 2"
    page.wait_for(lambda: _agrees_with_film(page, 1))
    seen = []
    page.projector.observe(lambda change: seen.append(change["new"]), "epoch")
    slider.fill("2")
    page.wait_for(lambda: seen == [2])
    page.button("Play").click()  # from the last epoch: from the beginning
    page.button("Pause").wait_for()
    page.button("Play").wait_for()
    assert seen == [2, 0, 1, 2]
    assert page.list("Layout").is_hidden()


def _agrees_with_film(page, epoch):
    """Whether the picture has the width and the height of that epoch's coordinates."""
    coordinates = page.projector._film.frames[epoch].coordinates
    np.testing.assert_array_equal(page.projector.coordinates, coordinates)
    ys, xs = np.nonzero((page.points() != 255).any(axis=-1))
    wide, high = np.ptp(coordinates, axis=0)
    return abs(np.ptp(xs) / np.ptp(ys) - wide / high) < 0.05


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("jupyter", [True, False])
def test_the_theme_is_the_pages_or_the_users_and_may_change(theme, jupyter, page):
    other = "dark" if theme == "light" else "light"
    page.bare.use_theme(theme, jupyter)
    _assert_theme(page, theme)
    page.bare.use_theme(other, jupyter)
    _assert_theme(page, other)
    page.projector.theme = theme
    _assert_theme(page, theme)
    page.projector.theme = "auto"
    _assert_theme(page, other)


def _assert_theme(page, theme):
    background = rgb(GREY_BACKGROUND[theme])
    page.wait_for(lambda: (page.points()[2, 2] == background).all())
    assert amount(page.points(), background) > page.points()[..., 0].size / 2
    assert amount(page.points(), page.color(1)) > 100
    text = page.bare.view().get_by_role("status").evaluate("own => getComputedStyle(own).color")
    brightness = sum(int(part) for part in text[4:-1].split(","))
    assert (brightness > 384) == (theme == "dark")


def test_on_a_screen_of_two_pixels_a_pixel_points_are_where_they_seem(page):
    session = page.page.context.new_cdp_session(page.page)
    size = {"width": 1000, "height": 700, "deviceScaleFactor": 2, "mobile": False}
    session.send("Emulation.setDeviceMetricsOverride", size)
    page.bare.reload()
    assert page.points().shape[1] == 2 * page.stage().evaluate("stage => stage.clientWidth")
    page.hover(7)
    page.projector.tool = "lasso"
    page.settle()
    places = page.places()
    outline = [places[7] + by(-60, -40), places[7] + by(70, -30), places[7] + by(10, 50)]
    page.drag(*outline)
    within, near = inside(outline, places)
    chosen = np.isin(np.arange(120), page.projector.selection)
    np.testing.assert_array_equal(chosen[~near], within[~near])


def test_a_change_of_size_keeps_the_points_in_the_picture(page):
    page.page.set_viewport_size({"width": 700, "height": 700})
    page.wait_for(lambda: page.points().shape[1] < 560)
    page.camera()
    page.projector.height = 300
    page.wait_for(lambda: page.points().shape[0] == 298)
    page.camera()
