"""What a reader does with a loss explorer, by mouse and by keys, seen in Python and in pixels."""

import contextlib
import io
import time

import numpy as np
import pytest
from axe_playwright_python.sync_playwright import Axe
from PIL import Image

from simnb.losses import CircleLoss, MetricLoss, TripletLoss, explain
from simnb.widgets import LossExplorer
from tests.widgets.bare_page import bare_page
from tests.widgets.cases import NASTY

pytestmark = pytest.mark.browser

POINTS = [[0.0, 1.0], [1.0, 0.2], [0.5, -0.7], [-1.0, 0.4], [-0.3, -0.8]]
LABELS = ["cat", "dog", "cat", "dog", "dog"]
NAMES = ["A1", "B1", "A2", "B2", "B3"]
COLORS = {"A": [0, 114, 178], "B": [213, 94, 0]}
INK = {"light": [27, 27, 31], "dark": [240, 240, 244]}
WHITE, PULL = [255, 255, 255], [86, 86, 94]


@contextlib.contextmanager
def shown(browser, widget=None, **more):
    """Show an explorer; at the end nothing may have gone wrong on the page, or left it."""
    widget = widget or LossExplorer(TripletLoss("euclidean", margin=0.5), POINTS, LABELS)
    with bare_page(browser, widget, **more) as bare:
        bare.settle()
        yield LossPage(bare)
        bare.settle()
        assert not bare.trouble, bare.trouble
    widget.close()


class LossPage:
    """Hands and eyes of a reader; lengths are CSS pixels of the page."""

    def __init__(self, bare):
        self.bare, self.widget, self.page = bare, bare.widget, bare.page
        self.mouse, self.keyboard = bare.page.mouse, bare.page.keyboard
        self.settle, self.wait_for = bare.settle, bare.wait_for

    def point(self, row, view=0):
        return self.bare.view(view).locator(".simnb-loss-point").nth(row)

    def at(self, row, view=0):
        """Where a point is on the page."""
        box = self.point(row, view).bounding_box()
        return np.array([box["x"] + box["width"] / 2, box["y"] + box["height"] / 2])

    def places(self, view=0):
        return np.array([self.at(row, view) for row in range(len(self.widget.points))])

    def camera(self, view=0):
        """What pixel a place in the plane is, fitted to all points: scale, left, top."""
        places, points = self.places(view), np.array(self.widget.points)
        scale, left = np.polyfit(points[:, 0], places[:, 0], 1)
        down, top = np.polyfit(points[:, 1], places[:, 1], 1)
        assert down == pytest.approx(-scale, rel=1e-3)
        return scale, left, top

    def button(self, name, view=0):
        return self.bare.view(view).get_by_role("button", name=name, exact=True)

    def list(self, name):
        return self.bare.view().get_by_role("combobox", name=name, exact=True)

    def choose(self, name, value):
        self.list(name).select_option(value)
        self.settle()

    def value(self, view=0):
        return float(self.bare.view(view).locator(".simnb-loss-value").inner_text())

    def status(self):
        return self.bare.view().get_by_role("status").inner_text()

    def table(self, view=0):
        rows = self.bare.view(view).locator(".simnb-loss-anchors tbody tr")
        return [[own.strip() for own in row.split("\t")] for row in rows.all_inner_texts()]

    def drag(self, row, step, release=True, steps=12):
        start = self.at(row)
        self.mouse.move(*start)
        self.mouse.down()
        self.mouse.move(*(start + step), steps=steps)
        if release:
            self.mouse.up()
        self.settle()

    def picture(self):
        """The stage, uint8 [height, width, 3], and where it begins on the page."""
        self.settle()
        stage = self.bare.view().locator(".simnb-loss-stage")
        box = stage.bounding_box()
        pixels = np.asarray(Image.open(io.BytesIO(stage.screenshot())).convert("RGB"))
        return pixels, np.array([box["x"], box["y"]])

    def assert_shows_the_loss(self, view=0):
        """Numbers and places are those that the library gives for the points."""
        found = explain(self.widget.loss, self.widget.labels, self.widget.points)
        self.wait_for(lambda: self.value(view) == pytest.approx(found.value, rel=1e-3, abs=1e-4))
        self.camera(view)
        for name, row in zip(self.widget._names, self.table(view), strict=True):
            place = self.widget._names.index(name)
            assert row[0] == name
            counted = found.counted[place]
            told = pytest.approx(found.anchors[place], rel=1e-3, abs=1e-4)
            assert (float(row[1]) == told) if counted else (row[1] == "does not count")
            for text, sign in [(row[2], 1), (row[3], -1)]:
                weights = sign * found.pairs[place]
                least = 1e-3 * np.abs(found.pairs[place]).max()
                first = self.widget._names[int(weights.argmax())]
                assert text.split(" ")[0] == (first if weights.max() > least else "")


@pytest.fixture
def page(chromium):
    with shown(chromium) as page:
        yield page


def by(right, down):
    """A step on the page."""
    return np.array([right, down])


def near(picture, place, color, reach=2, tolerance=70):
    """Whether there is about this colour at a place of a picture."""
    x, y = np.round(place).astype(int)
    spot = picture[y - reach : y + reach + 1, x - reach : x + reach + 1].astype(int)
    return bool((np.abs(spot - color).max(axis=-1) <= tolerance).any())


def test_the_first_picture_has_the_numbers_of_the_loss_and_every_point(page):
    page.assert_shows_the_loss()
    picture, corner = page.picture()
    for row, name in enumerate(NAMES):
        place = page.at(row) - corner
        assert near(picture, place - [0, 9], COLORS[name[0]]), name
    legend = page.bare.view().locator(".simnb-loss-legend li").all_inner_texts()
    assert legend[:2] == ["A: class cat", "B: class dog"]
    assert page.bare.view().locator(".simnb-loss-code").inner_text() == page.widget._code


def test_lines_are_solid_where_it_pulls_and_dashed_where_it_pushes(page):
    picture, corner = page.picture()
    places = page.places() - corner
    both = page.widget.explanation.pairs + page.widget.explanation.pairs.T
    seen = set()
    for i, j in zip(*np.triu_indices(5, 1), strict=True):
        if abs(both[i, j]) < 0.3 * np.abs(both).max():
            continue
        parts = np.linspace(0.3, 0.7, 60)[:, None]
        spots = places[i] + parts * (places[j] - places[i])
        drawn = np.mean([not near(picture, own, WHITE, 0, 60) for own in spots])
        assert drawn > 0.9 if both[i, j] > 0 else 0.3 < drawn < 0.85, (NAMES[i], NAMES[j], drawn)
        seen.add(both[i, j] > 0)
    assert seen == {True, False}


def test_arrows_point_where_a_step_moves_the_points(page):
    picture, corner = page.picture()
    places = page.places() - corner
    gradient = page.widget.explanation.gradient
    sizes = np.linalg.norm(gradient, axis=1)
    way = -gradient / np.maximum(sizes, 1e-9)[:, None] * [1, -1]
    for row in np.flatnonzero(sizes > 0.6 * sizes.max()):
        own = COLORS[NAMES[row][0]]
        assert near(picture, places[row] + 28 * way[row], own, 3, 40), NAMES[row]
        assert not near(picture, places[row] - 28 * way[row], own, 1, 40), NAMES[row]
    before = page.places()
    page.widget.step_size = 1.0
    page.widget.step()
    page.settle()
    moved = page.places() - before
    for row in np.flatnonzero(sizes > 0.6 * sizes.max()):
        assert moved[row] @ way[row] > 0.95 * np.linalg.norm(moved[row]) > 0


def test_a_dragged_point_is_where_the_pointer_is_in_python_too(page):
    start, (scale, left, top) = page.at(2), page.camera()
    page.drag(2, by(60, -40))
    np.testing.assert_allclose(page.at(2), start + by(60, -40), atol=1)
    x, y = start + by(60, -40)
    page.wait_for(lambda: page.widget.points[2] != POINTS[2])
    np.testing.assert_allclose(
        page.widget.points[2], [(x - left) / scale, (top - y) / scale], atol=0.02
    )
    assert page.widget.points[:2] + page.widget.points[3:] == POINTS[:2] + POINTS[3:]
    page.assert_shows_the_loss()
    page.button("Undo").click()
    page.settle()
    assert page.widget.points == POINTS
    assert page.button("Undo").is_disabled()
    page.assert_shows_the_loss()


def test_at_most_one_message_is_under_way_and_the_last_place_counts(page):
    own, asked = page.widget._answer_move, []

    def slow(message):
        asked.append(message)
        time.sleep(0.1)
        return own(message)

    page.widget._answer_move = slow
    began = time.monotonic()
    page.drag(0, by(90, 30), steps=120)
    lasted = time.monotonic() - began
    page.settle()
    assert 2 <= len(asked) <= lasted / 0.1 + 1
    assert [bool(own["begin"]) for own in asked] == [True] + [False] * (len(asked) - 1)
    assert page.widget._undo == 1
    page.assert_shows_the_loss()
    assert page.widget.points[0] == asked[-1]["place"]


def test_a_point_follows_the_pointer_within_the_frame_before_python_answers(page):
    page.widget._answer_move = lambda message: time.sleep(0.4) or ({}, [])
    frames = page.page.evaluate(
        """async () => {
            const point = document.querySelector('.simnb-loss-point');
            point.setPointerCapture = () => {};
            const box = point.getBoundingClientRect();
            const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
            const say = (type, dx) => point.dispatchEvent(
                new PointerEvent(type, {clientX: x + dx, clientY: y, button: 0, pointerId: 1}));
            say('pointerdown', 0);
            const moved = [];
            for (let k = 1; k <= 5; k += 1) {
                say('pointermove', 10 * k);
                await new Promise(requestAnimationFrame);
                moved.push(point.getBoundingClientRect().x - box.x);
            }
            return moved;
        }"""
    )
    np.testing.assert_allclose(frames, [10, 20, 30, 40, 50], atol=1)


def test_a_point_cannot_be_dragged_out_of_the_picture(page):
    page.drag(1, by(3000, 2000))
    stage = page.bare.view().locator(".simnb-loss-stage").bounding_box()
    x, y = page.at(1)
    assert stage["x"] < x < stage["x"] + stage["width"]
    assert stage["y"] < y < stage["y"] + stage["height"]


def test_step_run_stop_undo_and_reset(page):
    other = LossExplorer(TripletLoss("euclidean", margin=0.5), POINTS, LABELS)
    page.button("Step").click()
    page.settle()
    other.step()
    assert page.widget.points == other.points
    page.assert_shows_the_loss()
    page.button("Run").click()
    page.wait_for(lambda: page.widget.value < other.value - 0.05)
    assert page.button("Run").count() == 0
    page.button("Stop").click()
    page.settle()
    stopped = page.widget.points
    page.page.wait_for_timeout(200)
    page.settle()
    assert page.widget.points == stopped
    page.assert_shows_the_loss()
    page.button("Undo").click()
    page.settle()
    assert page.widget.points == other.points
    page.button("Undo").click()
    page.settle()
    assert page.widget.points == POINTS
    page.button("Step").click()
    page.choose("Loss", "circle")
    page.button("Reset").click()
    page.settle()
    assert page.widget.points == POINTS
    assert page.list("Loss").input_value() == "triplet"
    page.assert_shows_the_loss()


def test_a_point_is_dragged_while_it_runs(page):
    page.button("Run").click()
    start = page.at(3)
    page.drag(3, by(-20, 40), release=False, steps=30)
    np.testing.assert_allclose(page.at(3), start + by(-20, 40), atol=12)  # it ran on before
    others = page.widget.points[0]
    page.wait_for(lambda: page.widget.points[0] != others)
    page.mouse.up()
    page.button("Stop").click()
    page.settle()
    page.assert_shows_the_loss()


def test_loss_and_settings_are_those_of_the_library(page):
    page.choose("Loss", "multisim")
    assert type(page.widget.loss).__name__ == "MultiSimilarityLoss"
    assert str(page.widget.loss.distance) == "euclidean"
    page.assert_shows_the_loss()
    beta = page.bare.view().get_by_role("slider", name="beta")
    beta.focus()
    page.keyboard.press("ArrowRight")
    page.settle()
    assert page.widget.loss.beta == 41.0
    page.assert_shows_the_loss()
    page.choose("distance", "cosine")
    assert str(page.widget.loss.distance) == "cosine"
    page.assert_shows_the_loss()
    page.choose("Loss", "triplet")
    page.choose("negative mining", "hard")
    page.choose("positive mining", "easy")
    margin = page.bare.view().get_by_role("spinbutton", name="margin as a number")
    margin.fill("0.75")
    margin.press("Enter")
    page.settle()
    said = (
        "TripletLoss(positive_mining_strategy='easy', negative_mining_strategy='hard', margin=0.75)"
    )
    assert page.widget._code == said
    assert page.bare.view().locator(".simnb-loss-code").inner_text() == said
    page.bare.view().get_by_role("checkbox", name="no margin").check()
    page.settle()
    assert page.widget.loss.margin is None
    assert margin.is_disabled()
    page.assert_shows_the_loss()
    for _ in range(3):
        page.button("Undo").click()
        page.settle()
    assert page.widget.loss.negative_mining_strategy == "hard"
    assert page.widget.loss.margin == 0.5


def test_what_the_loss_refuses_is_said_and_the_control_goes_back(page):
    page.choose("Loss", "multisim")
    alpha = page.bare.view().get_by_role("spinbutton", name="alpha as a number")
    alpha.fill("-3")
    alpha.press("Enter")
    page.bare.settle()
    page.bare.wait_for(lambda: "`alpha` must be" in page.status())
    assert page.widget.loss.alpha == 2.0
    assert page.bare.view().get_by_role("slider", name="alpha").input_value() == "2"
    page.button("Step").focus()
    page.settle()
    page.bare.trouble.clear()  # Python logs a refusal


def test_dragging_a_slider_changes_the_loss_on_the_way_and_is_undone_at_once(page):
    slider = page.bare.view().get_by_role("slider", name="margin")
    box = slider.bounding_box()
    page.mouse.move(box["x"] + box["width"] * 0.25, box["y"] + box["height"] / 2)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.9, box["y"] + box["height"] / 2, steps=15)
    page.mouse.up()
    page.settle()
    assert page.widget.loss.margin > 1.5
    assert float(slider.input_value()) == pytest.approx(page.widget.loss.margin)
    page.assert_shows_the_loss()
    page.button("Undo").click()
    page.settle()
    assert page.widget.loss.margin == 0.5
    assert float(slider.input_value()) == 0.5


def test_the_keyboard_goes_to_a_point_and_moves_it(page):
    page.button("Fit").focus()
    for _ in range(2):
        page.keyboard.press("Tab")  # step size, then the first point
    assert page.point(0).evaluate("own => own === document.activeElement")
    page.settle()
    assert page.status().split(" · ")[1].startswith("A1, class cat, at 0.00, 1.00; value ")
    start = page.at(0)
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowDown")
    page.settle()
    np.testing.assert_allclose(page.at(0) - start, [16, 8], atol=0.5)
    page.keyboard.press("Shift+ArrowUp")
    page.settle()
    np.testing.assert_allclose(page.at(0) - start, [16, -32], atol=0.5)
    page.assert_shows_the_loss()
    said = page.bare.view().locator(".simnb-loss-value").inner_text()
    page.wait_for(lambda: page.status().endswith(f"Value of the loss: {said}"))
    x, y = page.widget.points[0]
    page.wait_for(lambda: f"at {x:.2f}, {y:.2f}" in page.status())
    page.keyboard.press("Tab")
    assert page.point(1).evaluate("own => own === document.activeElement")
    # JupyterLab would take arrows for its own.
    assert page.point(1).get_attribute("data-lm-suppress-shortcuts") is not None
    page.button("Undo").click()
    page.settle()
    assert page.widget.points == POINTS


def test_one_anchor_is_shown_alone(page):
    row = next(own for own in page.table() if own[2])
    anchor = NAMES.index(row[0])
    picture, corner = page.picture()
    both = page.widget.explanation.pairs + page.widget.explanation.pairs.T
    others = [
        (i, j)
        for i, j in zip(*np.triu_indices(5, 1), strict=True)
        if both[i, j] > 0.5 * both.max() and not page.widget.explanation.pairs[anchor, [i, j]].any()
    ]
    page.button(row[0]).click()
    alone, _ = page.picture()
    assert page.button(row[0]).get_attribute("aria-pressed") == "true"
    assert (picture != alone).any()
    places = page.places() - corner
    for j in np.flatnonzero(page.widget.explanation.pairs[anchor] > 0):
        spots = [places[anchor] + part * (places[j] - places[anchor]) for part in (0.35, 0.5, 0.65)]
        assert all(near(alone, own, PULL) for own in spots)
    for i, j in others:
        assert not near(alone, (places[i] + places[j]) / 2, PULL, 0)
    page.button(row[0]).click()
    again, _ = page.picture()
    assert (again == picture).mean() > 0.999


@pytest.mark.parametrize(("distance", "expected"), [("cosine", True), ("euclidean", False)])
def test_a_unit_circle_is_drawn_for_the_cosine_distance(distance, expected, chromium):
    with shown(chromium, LossExplorer(TripletLoss(distance), POINTS, LABELS)) as page:
        scale, left, top = page.camera()
        picture, corner = page.picture()
        angles = np.linspace(0, 2 * np.pi, 72, endpoint=False)
        circle = np.stack([left + scale * np.cos(angles), top - scale * np.sin(angles)], 1) - corner
        drawn = np.mean([near(picture, own, PULL, 1, 90) for own in circle])
        assert drawn > 0.9 if expected else drawn < 0.4


def test_two_views_of_one_explorer_go_together_and_a_reload_keeps_all(chromium):
    with shown(chromium, views=2, height=1500) as page:
        page.drag(4, by(50, -20))
        np.testing.assert_allclose(
            page.places(1) - page.at(0, 1), page.places() - page.at(0), atol=1
        )
        page.assert_shows_the_loss(1)
        page.button("Step", view=1).click()
        page.settle()
        page.assert_shows_the_loss(0)
        page.bare.remove_view(1)
        page.drag(4, by(-20, -20))
        page.assert_shows_the_loss(0)
        page.choose("Loss", "circle")
        page.bare.reload()
        page.settle()
        page.assert_shows_the_loss()
        assert page.list("Loss").input_value() == "circle"
        assert not page.button("Undo").is_disabled()


def test_no_listener_is_left_of_a_view_that_is_gone(chromium):
    with shown(chromium) as page:
        page.button("Run").click()
        before = page.page.evaluate("() => bare.listeners()")
        page.bare.add_view()
        page.settle()
        assert page.page.evaluate("() => bare.listeners()") > before
        page.bare.remove_view(1)
        assert page.page.evaluate("() => bare.listeners()") == before
        page.bare.remove_view(0)
        page.settle()
        assert page.page.evaluate("() => bare.listeners()") == 0
        stopped = page.widget.points
        page.page.wait_for_timeout(200)
        assert page.widget.points == stopped


def test_what_python_sets_is_seen(page):
    page.widget.points = np.array(POINTS) * 30  # far out of the picture
    page.settle()
    stage = page.bare.view().locator(".simnb-loss-stage").bounding_box()
    for x, y in page.places():
        assert stage["x"] < x < stage["x"] + stage["width"]
        assert stage["y"] < y < stage["y"] + stage["height"]
    page.assert_shows_the_loss()
    page.widget.loss = CircleLoss(gamma=2)
    page.widget.step_size = 0.5
    page.widget.title = "Circle"
    page.settle()
    page.assert_shows_the_loss()
    assert page.bare.view().get_by_role("spinbutton", name="Step size").input_value() == "0.5"
    assert page.bare.view().locator(".simnb-title").inner_text() == "Circle"


def test_the_step_size_is_set_on_the_page(page):
    box = page.bare.view().get_by_role("spinbutton", name="Step size")
    box.fill("0.02")
    box.press("Enter")
    page.settle()
    page.wait_for(lambda: page.widget.step_size == 0.02)
    box.fill("0")
    box.press("Enter")
    page.button("Step").focus()
    page.settle()
    assert page.widget.step_size == 0.02


@pytest.mark.parametrize(
    ("labels", "said"),
    [([1] * 5, "all points are of one class"), (range(5), "no two points are of one class")],
)
def test_why_nothing_is_drawn_is_said(labels, said, chromium):
    with shown(chromium, LossExplorer("triplet", POINTS, list(labels))) as page:
        note = page.bare.view().locator(".simnb-loss-note")
        assert note.is_visible()
        assert note.inner_text().startswith("no triplet: ")
        assert said in note.inner_text()
        assert page.value() == 0
        assert [row[1] for row in page.table()] == ["does not count"] * 5


class Own(MetricLoss):
    def __init__(self, temperature=0.5, soft=True, **more):
        super().__init__(**more)
        self.temperature, self.soft = temperature, soft

    def get_config(self):
        return {**super().get_config(), "temperature": self.temperature, "soft": self.soft}

    def anchor_losses(self, distances, positives, negatives):
        from keras import ops

        gaps = ops.where(positives, distances, 0.0) - ops.where(negatives, distances, 0.0)
        return ops.sum(ops.softplus(gaps / self.temperature) if self.soft else gaps, axis=1)


def test_a_loss_of_ones_own_has_its_controls(chromium):
    with shown(chromium, LossExplorer(Own(distance="euclidean"), POINTS, LABELS)) as page:
        page.assert_shows_the_loss()
        assert page.list("Loss").locator("option").last.inner_text() == "Own"
        page.bare.view().get_by_role("slider", name="temperature").focus()
        page.keyboard.press("End")
        page.settle()
        assert page.widget.loss.temperature == 2.0
        page.bare.view().get_by_role("checkbox", name="soft").uncheck()
        page.settle()
        assert page.widget.loss.soft is False
        page.assert_shows_the_loss()


def test_names_are_text_whatever_they_say(chromium):
    labels = NASTY * 2
    widget = LossExplorer("triplet", labels=labels, title=NASTY[0])
    with shown(chromium, widget, height=1200) as page:
        texts = page.bare.view().locator(".simnb-loss-legend bdi").all_inner_texts()
        assert any("<img src=x" in text for text in texts)
        assert page.bare.view().locator("img, script").count() == 0
        assert page.page.title() != "hacked"
        page.assert_shows_the_loss()


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_no_fault(theme, chromium):
    with shown(chromium, theme=theme) as page:
        found = Axe().run(page.page, context=".bare-view").response["violations"]
        faults = {
            (one["id"], node["html"][:120])
            for one in found
            if one["impact"] != "minor"
            for node in one["nodes"]
        }
        assert faults == set()


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("loss", ["triplet", "multisim"])
def test_a_narrow_page_shows_all_of_it(loss, theme, chromium):
    with shown(chromium, LossExplorer(loss), theme=theme, width=400, height=1300) as page:
        view = page.bare.view().locator(".simnb")
        assert view.evaluate("own => own.scrollWidth <= own.clientWidth")
        assert page.page.evaluate("() => document.documentElement.scrollWidth") <= 400
        page.assert_shows_the_loss()
        page.drag(0, by(30, 20))
        page.assert_shows_the_loss()


def test_the_theme_is_followed(chromium):
    with shown(chromium) as page:
        for theme in ("dark", "light"):
            page.bare.use_theme(theme)
            picture, corner = page.picture()
            rim = page.at(0) - corner - [0, 12]
            assert near(picture, rim, INK[theme], 2, 60)


def test_without_a_kernel_the_picture_stays_and_it_is_said(chromium):
    with shown(chromium, expected=["Cannot send"]) as page:
        page.bare.disconnect()
        page.button("Step").click()
        page.page.wait_for_timeout(100)
        assert page.places().shape == (5, 2)
        assert "Cannot send" in page.status()
