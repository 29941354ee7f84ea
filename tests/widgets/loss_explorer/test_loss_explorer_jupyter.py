"""A loss explorer in a real JupyterLab: what is dragged and stepped there, the loss counts so."""

import numpy as np
import pytest

from tests.widgets.jupyter_page import lab_with, shown_in
from tests.widgets.loss_explorer.test_loss_explorer_page import POINTS, LossPage, by

pytestmark = pytest.mark.browser

SETUP = """
import numpy as np
from simnb.losses import TripletLoss
from simnb.widgets import LossExplorer
"""
MAKE = f"""
labels = np.array([0, 1, 0, 1, 1])
explorer = LossExplorer(TripletLoss("euclidean", margin=0.5), {POINTS}, labels)
explorer
"""
VALUE = "float(explorer.loss(labels, np.array(explorer.points, 'float32')))"


@pytest.fixture(scope="module")
def notebook(chromium, tmp_path_factory):
    with lab_with(chromium, tmp_path_factory.mktemp("lab"), SETUP, MAKE) as notebook:
        yield notebook


def assert_shows_the_loss(page):
    """The value is the loss of the points that Python has, and these are where they are drawn."""
    value = page.bare.told(VALUE)
    page.wait_for(lambda: page.value() == pytest.approx(value, rel=1e-3, abs=1e-4))
    points = np.array(page.bare.told("explorer.points"))
    drawn = np.array([page.at(row) for row in range(5)])
    for axis, sign in enumerate([1, -1]):
        scale, start = np.polyfit(points[:, axis], drawn[:, axis], 1)
        assert scale * sign > 10
        np.testing.assert_allclose(drawn[:, axis], start + scale * points[:, axis], atol=1)
    told = page.bare.told("explorer.explanation.anchors.tolist()")
    assert [float(own[1]) for own in page.table()] == pytest.approx(told, rel=1e-3, abs=1e-4)
    return points


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_it_is_driven_by_mouse_and_keys_and_shows_what_the_loss_gives(theme, notebook):
    with shown_in(notebook, ".simnb-loss", theme) as bare:
        page = LossPage(bare)
        assert assert_shows_the_loss(page).tolist() == POINTS
        page.drag(2, by(60, -40))
        bare.wait_until(f"explorer.points == {POINTS}", False)
        dragged = assert_shows_the_loss(page)
        assert (dragged[2] > POINTS[2]).all()
        assert np.delete(dragged, 2, axis=0).tolist() == POINTS[:2] + POINTS[3:]

        code = "(np.array(explorer.points) - explorer.step_size * explorer.explanation.gradient)"
        expected = bare.told(f"{code}.tolist()")
        before = bare.told(VALUE)
        page.button("Step").click()
        page.settle()
        np.testing.assert_allclose(assert_shows_the_loss(page), expected, atol=1e-6)
        assert page.value() < before
        page.button("Run").click()
        page.wait_for(lambda: page.value() < before - 0.1)
        page.button("Stop").click()
        page.settle()
        assert_shows_the_loss(page)

        page.point(0).focus()
        bare.assert_jupyter_takes_no_keys()
        x, y = assert_shows_the_loss(page)[0]
        for key in ("ArrowRight", "Shift+ArrowDown"):
            page.keyboard.press(key)
        page.settle()
        moved = assert_shows_the_loss(page)[0]
        assert moved[0] > x
        assert moved[1] < y
        margin = page.bare.view().get_by_role("spinbutton", name="margin as a number")
        margin.fill("0.9")
        margin.press("Enter")
        bare.wait_until("explorer.loss.margin", 0.9)
        assert_shows_the_loss(page)
        page.choose("Loss", "multisim")
        bare.wait_until("type(explorer.loss).__name__", "MultiSimilarityLoss")
        assert_shows_the_loss(page)
        for _ in range(6):
            page.button("Undo").click()
            page.settle()
        assert assert_shows_the_loss(page).tolist() == POINTS


def test_it_outlives_the_page_and_its_picture_is_in_the_notebook(notebook):
    with shown_in(notebook, ".simnb-loss") as bare:
        bare.assert_its_picture_is_saved()
        page = LossPage(bare)
        page.drag(4, by(50, -30))
        page.button("Step").click()
        page.choose("Loss", "circle")
        points = assert_shows_the_loss(page)
        notebook.save()
        notebook.reload()
        bare.look()
        np.testing.assert_array_equal(assert_shows_the_loss(page), points)
        assert page.list("Loss").input_value() == "circle"
        # And it is as alive as before.
        page.button("Step").click()
        page.settle()
        assert (assert_shows_the_loss(page) != points).any()
