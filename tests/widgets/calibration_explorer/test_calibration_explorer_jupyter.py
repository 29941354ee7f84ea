"""A calibration explorer in a real JupyterLab: its numbers are those of the library, as it moves."""

import inspect
import re

import numpy as np
import pytest

from simnb.calibration import match
from tests.widgets.calibration_explorer.calibration_page import CalibrationPage
from tests.widgets.calibration_explorer.calibrations import indexed
from tests.widgets.calibration_explorer.test_calibration_page import NAMES, assert_numbers
from tests.widgets.jupyter_page import lab_with, shown_in

pytestmark = pytest.mark.browser

SETUP = f"""
import numpy as np
from simnb import Indexer
from simnb.widgets import CalibrationExplorer


{inspect.getsource(indexed)}
"""
MAKE = f"""
index, queries, truth = indexed()
explorer = CalibrationExplorer(index, queries, truth, class_names={NAMES})
explorer
"""
CELL = re.compile(r"(\d+) of \d+ of class (\w+) answered (\w+)$")


@pytest.fixture(scope="module")
def notebook(chromium, tmp_path_factory):
    with lab_with(chromium, tmp_path_factory.mktemp("lab"), SETUP, MAKE) as notebook:
        yield notebook


def assert_shows(page):
    """The page's numbers are those that the library has at the threshold that Python has."""
    index, queries, truth = indexed()
    lookups = index.query(queries, 1)
    threshold = page.bare.told("explorer.threshold")
    assert_numbers(page, lookups, truth, threshold, known_classes=range(4))
    given = match(lookups, threshold, no_match_label=-1) >= 0
    right = given & (lookups.labels[:, 0] == truth)
    shown = {name: int(cells[0]) for name, *cells in page.table("Answers")}
    assert (shown["right"], shown["wrong"]) == (right.sum(), (given & ~right).sum())
    assert page.status().startswith(f"{given.sum()} of 80 queries answered")
    return threshold


def drag(page, shares):
    """Drag the thumb along the slider, and check the numbers wherever it rests."""
    box = page.slider.bounding_box()
    now = float(page.slider.input_value())
    # The thumb is 18 pixels wide, and does not leave its track.
    across = [box["x"] + 9 + own * (box["width"] - 18) for own in (now, *shares)]
    y = box["y"] + box["height"] / 2
    page.page.mouse.move(across[0], y)
    page.page.mouse.down()
    seen = []
    for x, share in zip(across[1:], shares, strict=True):
        page.page.mouse.move(x, y, steps=8)
        page.settle()
        assert float(page.slider.input_value()) == pytest.approx(share, abs=0.01)
        seen.append(assert_shows(page))
    page.page.mouse.up()
    return seen


def point_at_a_mistake(page):
    """Move the pointer over the matrix until it is at a wrong answer; return count and classes."""
    page.grid.scroll_into_view_if_needed()
    box = page.grid.bounding_box()
    for y in np.arange(box["y"] + 30, box["y"] + box["height"], 30):
        for x in np.arange(box["x"] + 60, box["x"] + 420, 30):
            page.page.mouse.move(float(x), float(y))
            told = CELL.match(page.readout())
            if told and told[1] != "0" and told[2] != told[3]:
                return int(told[1]), NAMES.index(told[2]), NAMES.index(told[3])
    pytest.fail("no wrong answer is found on the page")


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_it_is_driven_by_mouse_and_keys_and_python_hears_of_all_of_it(theme, notebook):
    with shown_in(notebook, ".simnb-calibration", theme) as bare:
        page = CalibrationPage(bare)
        page.settle()
        start = assert_shows(page)
        assert len({start, *drag(page, [0.2, 0.4, 0.8])}) == 4
        page.slider.focus()
        bare.assert_jupyter_takes_no_keys()
        before = assert_shows(page)
        page.press("ArrowLeft", "ArrowLeft")
        after = assert_shows(page)
        thresholds = bare.told("explorer.results.thresholds['distance'].tolist()")
        assert after in thresholds
        assert after < before
        number = page.view().get_by_label("Threshold (euclidean distance)")
        number.fill("1.25")
        number.press("Enter")
        page.settle()
        assert assert_shows(page) == 1.25

        count, truth, answer = point_at_a_mistake(page)
        page.page.mouse.down()
        page.page.mouse.up()
        page.settle()
        code = f"explorer.mistakes({truth}, {answer}, kind='wrong').tolist()"
        expected = bare.told(code)
        assert page.gallery() == expected
        assert len(expected) == count
        assert count == bare.told(f"int(explorer.confusion().iloc[{truth}, {answer}])")
        assert bare.told("explorer.selection") == sorted(expected)
        page.button("Close").click()
        bare.wait_until("explorer.selection", [])
        assert page.view().locator(".simnb-gallery").is_hidden()

        page.view().get_by_label("Name of the cut point").fill("mine")
        page.button("Apply to the index").click()
        bare.wait_until("index.calibration is not None", True)
        assert bare.told("index.calibration.cutpoint('mine')") == 1.25
        given = bare.told("(index.match(queries, 'mine', no_match_label=-1) >= 0).sum().item()")
        assert page.status().startswith(f"{given} of 80 queries answered")


def test_it_outlives_the_page_and_its_picture_is_in_the_notebook(notebook):
    with shown_in(notebook, ".simnb-calibration") as bare:
        bare.assert_its_picture_is_saved()
        page = CalibrationPage(bare)
        (threshold,) = drag(page, [0.7])
        page.button("All wrong").click()
        page.settle()
        gallery = page.gallery()
        assert gallery == bare.told("explorer.mistakes(kind='wrong').tolist()") != []
        notebook.save()
        notebook.reload()
        bare.look()
        page.settle()
        assert assert_shows(page) == threshold
        assert page.gallery() == gallery
        # And it is as alive as before.
        assert drag(page, [0.3]) != [threshold]
