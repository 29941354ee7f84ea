"""A neighbour viewer in a real JupyterLab: its cards are those of Python, and stay so."""

import inspect

import numpy as np
import pandas as pd
import pytest

from tests.widgets.cases import clusters
from tests.widgets.jupyter_page import lab_with, shown_in
from tests.widgets.neighbor_viewer.neighbor_viewer_page import NAMES, ViewerPage, index_of
from tests.widgets.neighbor_viewer.test_neighbor_viewer_page import assert_cards_equal_python

pytestmark = pytest.mark.browser

SETUP = f"""
import numpy as np
from simnb.indexer import Indexer
from simnb.widgets import NeighborViewer


{inspect.getsource(clusters)}

{inspect.getsource(index_of)}
"""
MAKE = f"""
images = np.zeros((60, 12, 12), np.uint8) + 4 * np.arange(60, dtype=np.uint8)[:, None, None]
viewer = NeighborViewer(index_of(), class_names={NAMES}, images=images, k=6)
viewer
"""
SHADES = """async own => {
    const pen = new OffscreenCanvas(12, 12).getContext('2d', {willReadFrequently: true});
    await Promise.all(own.map(one => one.decode()));
    return own.map(one => {
        pen.drawImage(one, 0, 0);
        return pen.getImageData(6, 6, 1, 1).data[0];
    });
}"""


@pytest.fixture(scope="module")
def notebook(chromium, tmp_path_factory):
    with lab_with(chromium, tmp_path_factory.mktemp("lab"), SETUP, MAKE) as notebook:
        yield notebook


class Viewer:
    """The viewer that lives in the kernel, as far as the cards are compared with it."""

    def __init__(self, bare):
        self.bare = bare

    def neighbors(self):
        return pd.DataFrame(self.bare.told("viewer.neighbors().to_dict('list')"))


def assert_shows(page, row):
    """Python and the page are at a query, and the cards are those that Python finds for it."""
    page.bare.wait_until("viewer.query", row)
    page.wait_for(lambda: page.name() == f"Query {row}")
    assert_cards_equal_python(page)
    assert page.cards().locator("img").evaluate_all(SHADES) == [4 * own for own in page.rows()]


def viewer_page(bare):
    page = ViewerPage(bare)
    page.viewer = Viewer(bare)
    return page


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_it_is_driven_by_mouse_and_keys_and_is_where_python_is(theme, notebook):
    with shown_in(notebook, ".simnb-viewer", theme) as bare:
        page = viewer_page(bare)
        assert_shows(page, 0)
        seen = [0]
        for place in (2, 4):
            seen.append(page.rows()[place])
            page.click(place)
            assert_shows(page, seen[-1])
        page.press("Back")
        assert_shows(page, seen[1])
        # Python's way back is the page's.
        bare.notebook.python("viewer.back()")
        assert_shows(page, 0)
        bare.notebook.python("viewer.forward(); viewer.forward()")
        assert_shows(page, seen[2])

        page.cards().first.focus()
        bare.assert_jupyter_takes_no_keys()
        row = page.rows()[3]
        page.keys("4", "Enter")
        assert_shows(page, row)
        page.keys("Backspace")
        assert_shows(page, seen[2])
        page.keys("f")
        bare.wait_until("viewer.mode", "false friends")
        page.wait_for(lambda: set(page.texts("mark")) == {"✗ other"})
        assert_cards_equal_python(page)

        found = page.viewer.neighbors()
        threshold = float(found["distance"][2])
        box = page.view().get_by_role("spinbutton", name="Threshold")
        box.fill(str(threshold))
        box.press("Enter")
        bare.wait_until("viewer.threshold", threshold)
        assert page.viewer.neighbors()["within"].tolist() == [True] * 3 + [False] * 3
        page.wait_for(lambda: page.greyed() == found["row"][3:].tolist())


def test_an_array_may_be_pasted_or_typed_line_by_line(notebook):
    with shown_in(notebook, ".simnb-viewer") as bare:
        page = viewer_page(bare)
        page.press("Paste…")
        numbers = bare.told("index_of().embeddings[9].tolist()")
        for number in numbers:
            page.keyboard.type(str(number))
            page.keyboard.press("Enter")
        page.press("Find its neighbours")
        page.wait_for(lambda: page.name() == "Your own query")
        assert page.rows() == page.viewer.neighbors()["row"].tolist()
        assert page.rows()[0] == 9
        page.press("Random")
        page.press("Back")
        page.wait_for(lambda: page.name() == "Your own query")
        bare.notebook.python("viewer.back()")
        assert_shows(page, 0)


def test_it_outlives_the_page_and_its_picture_is_in_the_notebook(notebook):
    with shown_in(notebook, ".simnb-viewer") as bare:
        bare.assert_its_picture_is_saved()
        page = viewer_page(bare)
        row = page.rows()[1]
        page.click(1)
        bare.notebook.python("viewer.k = 9; viewer.selection = [3, 5]; viewer.threshold = 20.0")
        page.wait_for(lambda: page.cards().count() == 9)
        notebook.save()
        notebook.reload()
        bare.look()
        assert_shows(page, row)
        assert page.cards().count() == 9
        assert page.view().get_by_text("2 selected").is_visible()
        table = page.viewer.neighbors()
        assert page.greyed() == table["row"][~np.array(table["within"])].tolist()
        page.press("Next")
        assert_shows(page, 3 if not 3 <= row < 5 else 5)
