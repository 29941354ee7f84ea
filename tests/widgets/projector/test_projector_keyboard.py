"""A projector without a mouse, and without eyes."""

import numpy as np
import pytest
from axe_playwright_python.sync_playwright import Axe

from simnb.widgets import Projector
from tests.widgets.cases import clusters
from tests.widgets.projector.projector_page import ground, projector_on_ground, shown

pytestmark = pytest.mark.browser

# A control's name, as it is announced or nearly so.
_FOCUSED = """() => {
    const own = document.activeElement;
    return own.getAttribute('aria-label') || own.labels?.[0]?.innerText.trim()
        || own.textContent || own.tagName;
}"""


@pytest.fixture
def page(chromium):
    with shown(chromium, projector_on_ground()) as page:
        yield page


def go_to(page, name, backwards=False):
    """Press Tab until the control of that name has the focus."""
    for _ in range(100):
        page.keyboard.press("Shift+Tab" if backwards else "Tab")
        if page.page.evaluate(_FOCUSED).startswith(name):
            return
    pytest.fail(f"Tab does not reach {name!r}")


def press(page, *keys):
    for key in keys:
        page.keyboard.press(key)
    page.settle()


def go_to_picture(page):
    go_to(page, "Map of 120 points by given.")


def test_arrows_go_to_the_next_point_that_way_and_tell_of_it(page):
    places, names = page.places(), page.projector.get_state(["_names"])["_names"]
    stage = page.stage().bounding_box()
    middle = np.array([stage["x"] + stage["width"] / 2, stage["y"] + stage["height"] / 2])
    go_to_picture(page)
    press(page, "ArrowRight")
    row = int(np.linalg.norm(places - middle, axis=1).argmin())
    page.wait_for(lambda: page.projector.hovered == row)
    ways = {"ArrowUp": (0, -1), "ArrowLeft": (-1, 0), "ArrowDown": (0, 1), "ArrowRight": (1, 0)}
    for key, way in ways.items():
        press(page, key)
        page.wait_for(lambda before=row: page.projector.hovered != before)
        toward = places - places[row]
        far = np.linalg.norm(toward, axis=1) + 1e-9
        ahead = toward @ np.array(way) / far >= np.cos(np.pi / 4)
        row = page.projector.hovered
        assert ahead[row]
        assert far[row] <= 1.6 * far[ahead].min()
        said = f"point {row}; label {names[ground()[1][row]]}"
        page.wait_for(lambda said=said: said in page.status())
        page.wait_for(page.card().is_visible)
        assert page.card().locator("dd").first.inner_text() == str(row)
    assert page.projector.selection == []
    assert page.projector.clicked is None


def test_keys_do_all_that_the_mouse_does(page):
    labels = ground()[1]
    go_to_picture(page)
    press(page, "ArrowUp", "ArrowUp", "Enter")
    page.wait_for(lambda: page.projector.clicked is not None)
    row = page.projector.clicked
    found = page.projector.neighbors_of([row]).ids[0].tolist()
    page.wait_for(lambda: page.neighbors() == found)
    assert f"3 neighbours of {row}; nearest: {found[0]}" in page.status()
    for key, expected in [("n", found[0]), ("n", found[1]), ("Shift+N", found[0])]:
        press(page, key)
        page.wait_for(lambda expected=expected: page.projector.hovered == expected)
    press(page, "Space")
    assert page.projector.selection == [found[0]]
    assert "1 selected" in page.status()
    press(page, "Space")
    assert page.projector.selection == []
    press(page, "c")
    assert page.projector.selection == np.flatnonzero(labels == labels[found[0]]).tolist()
    press(page, "Escape")
    page.wait_for(lambda: page.projector.clicked is None)
    assert page.neighbors() == []
    assert page.projector.selection
    press(page, "Escape")
    assert page.projector.selection == []


def test_a_box_is_drawn_by_its_corners(page):
    go_to_picture(page)
    press(page, "ArrowUp")
    press(page, "b")
    page.wait_for(lambda: page.projector.hovered is not None)
    first = page.projector.hovered
    assert f"box from {first}" in page.status()
    press(page, *["ArrowUp"] * 5, *["ArrowRight"] * 3)
    page.wait_for(lambda: page.projector.hovered != first)
    page.settle()
    page.wait_for(lambda: f"point {page.projector.hovered};" in page.status())
    xy, last = page.projector.coordinates, page.projector.hovered
    press(page, "b")
    low, high = np.minimum(xy[first], xy[last]), np.maximum(xy[first], xy[last])
    within = np.flatnonzero(((xy >= low) & (xy <= high)).all(axis=1)).tolist()
    assert {first, last} < set(within)
    assert page.projector.selection == within
    press(page, "b", "Escape")  # a box that was begun is dropped, and nothing else yet
    assert "box" not in page.status()
    assert page.projector.selection == within


def test_keys_move_and_enlarge_the_picture(page):
    go_to_picture(page)
    press(page, "-")
    scale, left, top = page.camera()
    press(page, "Shift+ArrowRight", "Shift+ArrowUp")
    assert page.camera() == pytest.approx((scale, left - 60, top + 60), rel=0.01, abs=1)
    press(page, "-", "-", "+")
    assert page.camera()[0] == pytest.approx(scale / 1.3, rel=0.01)
    press(page, "0")
    assert page.camera()[0] == pytest.approx(1.3 * scale, rel=0.01)
    press(page, "/")
    assert page.page.evaluate(_FOCUSED) == "Search labels and metadata"
    page.keyboard.type("bee")
    page.wait_for(lambda: "39 found" in page.status())
    go_to_picture(page)
    press(page, "?")
    keys = page.bare.view().locator(".simnb-keys")
    assert keys.is_visible()
    assert keys.locator("th").count() >= 11
    press(page, "?")
    assert keys.is_hidden()


def test_a_point_out_of_sight_is_brought_into_the_picture(page):
    go_to_picture(page)
    press(page, "+", "+", "+", "+", "+")
    for _ in range(12):
        press(page, "ArrowUp")
    page.wait_for(page.card().is_visible)
    page.button("Names").click()
    page.stage().focus()
    ring = np.argwhere(page.over()[..., 3] > 0)
    height, width = page.over().shape[:2]
    assert len(ring)
    assert (ring.mean(axis=0) > 10).all()
    assert (ring.mean(axis=0) < [height - 10, width - 10]).all()


def test_in_three_dimensions_shift_and_arrows_turn(chromium):
    xyz = np.random.default_rng(0).normal(size=(120, 3))
    with shown(chromium, projector_on_ground(method=xyz)) as page:
        before = page.points()
        go_to_picture(page)
        press(page, "Shift+ArrowRight")
        assert (page.points() != before).any()
        press(page, "Shift+ArrowLeft")
        assert (page.points() != before).any(axis=-1).mean() < 0.001


def test_keys_that_mean_nothing_are_left_to_the_page(page):
    page.page.evaluate(
        "() => document.addEventListener('keydown', own => (window.heard ??= []).push(own.key))"
    )
    go_to_picture(page)
    page.page.evaluate("() => { window.heard = []; }")
    press(page, "x", "Control+c", "F6", "c", "b", "Escape")
    assert page.page.evaluate("() => heard") == ["x", "Control", "c", "F6"]
    go_to(page, "Search labels and metadata", backwards=True)
    page.keyboard.type("cbn?0")
    assert page.projector.selection == []
    assert page.bare.view().locator(".simnb-keys").is_hidden()


def test_tab_reaches_every_control(chromium):
    images = np.zeros((120, 4, 4), np.uint8)
    made = projector_on_ground(images=images, metadata={"weight": np.arange(120) / 7})
    with shown(chromium, made) as page:
        made.clicked = 7
        page.wait_for(lambda: len(page.neighbors()) == 3)
        controls = page.page.evaluate(
            """() => [...document.querySelectorAll('button, select, input, [tabindex]')]
                .filter(own => own.checkVisibility() && !own.disabled)
                .map((own, place) => (own.dataset.place = place))"""
        )
        seen = set()
        for _ in range(len(controls) + 5):
            page.keyboard.press("Tab")
            # What has the focus can be seen, and shows that it has it.
            own = page.page.evaluate(
                """() => {
                    const own = document.activeElement, style = getComputedStyle(own);
                    const opaque = own.checkVisibility({opacityProperty: true});
                    return [own.dataset.place, opaque && style.outlineStyle];
                }"""
            )
            if own[0] is not None:
                assert own[1] in ("solid", "auto"), page.page.evaluate(_FOCUSED)
                seen.add(int(own[0]))
        assert seen == set(range(len(controls)))
        assert len(controls) > 30


def test_every_control_is_operated_by_keys(chromium):
    made = projector_on_ground(metadata={"weight": np.arange(120) / 7})
    with shown(chromium, made) as page:
        go_to(page, "Lasso")
        press(page, "Space")
        assert made.tool == "lasso"
        go_to(page, "What selecting does")
        press(page, "ArrowDown")
        assert page.list("What selecting does").input_value() == "add"
        first = page.camera()[0]
        go_to(page, "Farther")
        press(page, "Enter")
        assert page.camera()[0] < 0.9 * first
        go_to(page, "Fit")
        press(page, "Enter")
        assert page.camera()[0] == pytest.approx(first, rel=0.01)
        go_to(page, "Layout")
        press(page, "Home")
        assert made.method == "pca"
        press(page, "End")
        assert made.method == "given"
        go_to(page, "Axes")
        press(page, "ArrowDown")
        page.wait_for(lambda: made.dimensions == 3)
        press(page, "ArrowUp")
        page.wait_for(lambda: made.dimensions == 2)
        go_to(page, "Colour")
        press(page, "ArrowDown")
        assert made.color_by == "weight"
        press(page, "ArrowUp")
        assert made.color_by == "label"
        go_to(page, "Neighbours")
        press(page, "ArrowUp", "Tab")
        page.wait_for(lambda: made.k == 4)
        go_to(page, "Keys")
        press(page, "Enter")
        assert page.bare.view().locator(".simnb-keys").is_visible()
        go_to(page, "None")
        press(page, "Enter")
        assert "5 of 5 categories hidden" in page.status()
        go_to(page, "bee")
        press(page, "Space")
        assert "4 of 5 categories hidden" in page.status()
        go_to(page, "Show only cat")
        press(page, "Enter")
        assert page.entry("cat").get_by_role("checkbox").is_checked()
        assert "4 of 5 categories hidden" in page.status()
        go_to(page, "Reset", backwards=True)
        press(page, "Enter")
        assert page.status() == "120 points"


def test_the_slider_is_moved_by_arrows(page):
    page.projector.method = "pca"
    for epoch in range(3):
        page.projector.add_epoch(
            np.random.default_rng(epoch).normal(size=(120, 4)), f"epoch {epoch}"
        )
    page.settle()
    go_to(page, "Epoch")
    press(page, "Home")
    page.wait_for(lambda: page.projector.epoch == 0)
    press(page, "ArrowRight")
    page.wait_for(lambda: page.projector.epoch == 1)


def faults(page):
    """What axe-core finds of more than minor weight in the widget, and where."""
    found = Axe().run(page.page, context=".bare-view").response["violations"]
    return {
        (one["id"], node["html"][:120])
        for one in found
        if one["impact"] != "minor"
        for node in one["nodes"]
    }


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_no_fault(theme, chromium):
    xy, _ = ground()
    images = np.full((120, 4, 4), 90, np.uint8)
    metadata = {"weight": np.arange(120) / 7, "note": [f"note {row}" for row in range(120)]}
    made = projector_on_ground(method=[xy, -xy], images=images, metadata=metadata, title="A map")
    with shown(chromium, made, theme=theme) as page:
        made.clicked = 7
        made.select([1, 2])
        page.wait_for(lambda: len(page.neighbors()) == 3)
        page.button("Keys").click()
        assert faults(page) == set()
        go_to(page, "Map of 120 points by given 1")
        press(page, "ArrowUp")
        page.wait_for(page.card().is_visible)
        assert faults(page) == set()
        made.color_by = "weight"
        page.bare.view().get_by_label("Search labels and metadata").fill("note 1")
        page.wait_for(lambda: "found" in page.status())
        assert faults(page) == set()


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_no_fault_while_a_layout_is_made_or_epochs_are_shown(theme, chromium):
    made = projector_on_ground(300, class_names=None)
    with shown(chromium, made, theme=theme) as page:
        made._progress = {"method": "umap", "fraction": 0.3, "message": "epoch 3"}
        page.bare.view().get_by_role("progressbar").wait_for()
        assert faults(page) == set()
        made._progress = {"error": "UMAP failed"}
        page.bare.view().get_by_role("alert").wait_for()
        made.method = "pca"
        made.add_epoch(np.eye(300), "first")
        made.add_epoch(np.eye(300), "second")
        page.bare.view().get_by_label("Epoch").wait_for()
        assert faults(page) == set()


def test_axe_finds_no_fault_among_300_classes(chromium):
    embeddings, labels = clusters(600, 300)
    with shown(chromium, Projector(embeddings, labels, method="pca")) as page:
        assert faults(page) == set()
