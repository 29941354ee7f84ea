"""A projector in a real JupyterLab and a real Notebook 7, in a real browser, without a network."""

import contextlib
import inspect
import json
import time

import numpy as np
import pytest

from tests import jupyter
from tests.widgets.projector.projector_page import (
    NAMES,
    ProjectorPage,
    amount,
    by,
    ground,
    inside,
    projector_on_ground,
)

pytestmark = pytest.mark.browser

SETUP = f"""
import ipywidgets
import numpy as np
from simnb.widgets import Projector

NAMES = {NAMES}


{inspect.getsource(ground)}

{inspect.getsource(projector_on_ground)}
"""
MAKE = """
images = np.zeros((120, 8, 8, 3), np.uint8)
images[..., 0] = 2 * np.arange(120)[:, None, None]
projector = projector_on_ground(images=images, metadata={"note": [f"note {row}" for row in range(120)]})
projector
"""
PAIR = """
left, right = projector_on_ground(height=300), projector_on_ground(height=300)
ipywidgets.link((left, "selection"), (right, "selection"))
ipywidgets.link((left, "clicked"), (right, "clicked"))
ipywidgets.HBox([left, right])
"""
NAME = "own.ipynb"


@pytest.fixture(scope="module", params=["lab", "notebook"])
def notebook(request, chromium, tmp_path_factory):
    """One notebook that all tests run anew what they need of, of each application."""
    folder = tmp_path_factory.mktemp(request.param)
    with (
        jupyter.jupyter(folder, {NAME: [SETUP, MAKE, PAIR]}, request.param) as server,
        jupyter.opened(chromium, server, NAME, width=1280, height=1000) as notebook,
    ):
        notebook.path = folder / "work" / NAME
        notebook.run(0)
        yield notebook


class InJupyter:
    """What `ProjectorPage` asks of a bare page, of the output of a cell."""

    def __init__(self, notebook, cell, widget):
        self.notebook, self.cell, self.widget = notebook, cell, widget
        self.page, self.trouble = notebook.page, notebook.trouble

    def look(self):
        """Scroll to the cell, and wait until nothing moves any more."""
        self.output = self.notebook.show(self.cell)
        self.view().locator("canvas").first.wait_for()
        boxes = [None]

        def still():
            self.view().evaluate("own => own.scrollIntoView()")
            boxes.append(self.view().bounding_box())
            return boxes[-1] == boxes[-2]

        self.wait_for(still)

    def view(self, place=0):
        return self.output.locator(".simnb-projector").nth(place)

    def settle(self):
        """Wait until the kernel has done what it was told, and the page what came of it."""
        self.notebook.python("None")
        self.page.evaluate(
            "async () => { for (let i = 0; i < 2; i += 1) await new Promise(requestAnimationFrame); }"
        )

    def wait_for(self, condition, seconds=20):
        until = time.monotonic() + seconds
        while not (found := condition()):
            assert time.monotonic() < until, f"not true after {seconds} s; {self.trouble}"
            self.page.wait_for_timeout(20)
        return found


@pytest.fixture
def page(notebook):
    with _shown(notebook, 1) as page:
        yield page


@pytest.fixture
def pair(notebook):
    with _shown(notebook, 2) as page:
        yield page


@contextlib.contextmanager
def _shown(notebook, cell):
    """Run a cell and give the page of the projector that it shows."""
    twin = projector_on_ground()  # to know colours and places by
    outputs = notebook.run(cell)
    assert [own["output_type"] for own in outputs] == ["execute_result"]
    page = ProjectorPage(InJupyter(notebook, cell, twin))
    page.bare.look()
    page.wait_for(lambda: amount(page.points(), page.color(0)) > 100)
    page.python = notebook.python
    try:
        yield page
        assert notebook.trouble == []
    finally:
        notebook.trouble.clear()
        twin.close()


def selection(page, name="projector"):
    return json.loads(page.python(f"print({name}.selection)"))


def cells(notebook):
    return notebook.page.evaluate(
        "() => jupyterapp.shell.currentWidget.content.widgets.map(own => own.model.sharedModel.source)"
    )


def test_the_mouse_says_the_same_to_python_and_to_the_eye(page, notebook):
    places = page.places()
    page.move(places[7])
    notebook.wait_for("print(projector.hovered)", "7")
    card = page.card()
    page.wait_for(card.is_visible)
    assert card.locator("dd").all_inner_texts() == ["7", "bee", "note 7"]
    page.wait_for(lambda: card.locator("img").evaluate("image => image.naturalWidth") == 8)
    assert amount(page.picture(), [14, 0, 0]) > 50 * 50
    places = page.places()  # to take a picture is to scroll
    page.click(places[7])
    notebook.wait_for("print(projector.clicked)", "7")
    found = json.loads(page.python("print(projector.neighbors_of([7]).ids[0].tolist())"))
    page.wait_for(lambda: page.neighbors() == found)

    page.button("Lasso").click()
    notebook.wait_for("print(projector.tool)", "lasso")
    low, high = places.min(axis=0) + by(90, 40), places.max(axis=0) - by(120, 70)
    outline = [low, [high[0], low[1] + 20], high, [low[0] + 40, high[1]]]
    page.drag(*outline)
    within, near = inside(outline, places)
    chosen = np.isin(np.arange(120), selection(page))
    np.testing.assert_array_equal(chosen[~near], within[~near])
    assert 20 < within.sum() < 100
    assert f"{chosen.sum()} selected" in page.status()
    full = sum(amount(page.points(), page.color(row)) > 0 for row in (0, 1, 2))
    assert full == len({row % 3 for row in np.flatnonzero(chosen[:118])})
    page.button("Fit").click()
    before = page.points()
    page.move(places[7])
    page.mouse.wheel(0, -40)
    page.wait_for(lambda: (page.points() != before).any())


def test_what_is_typed_and_pressed_is_the_projectors_alone(page, notebook):
    notebook.save()
    before = cells(notebook)
    search = page.bare.view().get_by_label("Search labels and metadata")
    search.click()
    page.keyboard.type("note 11")
    page.wait_for(lambda: "11 found" in page.status())  # 11 and 110 to 119
    page.keyboard.type("ddabxx")
    search.fill("")
    page.click(page.places()[7])
    notebook.wait_for("print(projector.clicked)", "7")
    assert page.stage().evaluate("stage => stage === document.activeElement")
    for key in ("d", "d", "a", "b", "x", "j", "k", "y", "m", "Shift+M", "Enter", "l", "i", "i"):
        page.keyboard.press(key)
    page.settle()
    assert cells(notebook) == before
    # A list's letters are no orders to Jupyter either; what goes with Ctrl is.
    page.list("What selecting does").focus()
    page.keyboard.type("ddxa")
    page.settle()
    assert cells(notebook) == before
    page.stage().focus()
    dirty = "() => jupyterapp.shell.currentWidget.context.model.dirty"
    notebook.page.evaluate("() => { jupyterapp.shell.currentWidget.context.model.dirty = true; }")
    page.keyboard.press("Control+s")
    page.wait_for(lambda: not notebook.page.evaluate(dirty))
    # From here keys alone go on.
    page.keyboard.press("Escape")
    for key, code, expected in [
        ("ArrowLeft", "print(projector.hovered not in (None, 7))", "True"),
        ("Enter", "print(projector.clicked == projector.hovered)", "True"),
        ("Space", "print(projector.selection == [projector.clicked])", "True"),
        ("c", "print(projector.selection)", "[]"),
        ("c", "print(len(projector.selection) in (39, 40))", "True"),
        ("Escape", "print(projector.clicked)", "None"),
        ("Escape", "print(projector.selection)", "[]"),
    ]:
        page.keyboard.press(key)
        notebook.wait_for(code, expected)
    page.keyboard.press("/")
    page.keyboard.type("bee")
    page.wait_for(lambda: "39 found" in page.status())
    assert cells(notebook) == before
    # Jupyter's own keys are Jupyter's again elsewhere.
    notebook.page.locator(".jp-Cell .jp-InputPrompt").first.click()
    page.keyboard.press("b")
    page.wait_for(lambda: len(cells(notebook)) == len(before) + 1)
    page.keyboard.press("d")
    page.keyboard.press("d")
    page.wait_for(lambda: cells(notebook) == before)


def test_python_says_the_same_to_the_page(page):
    page.python("projector.select([0, 3, 6]); projector.color_by = 'label'; projector.k = 5")
    page.python("projector.clicked = 4")
    page.wait_for(lambda: len(page.neighbors()) == 5)
    assert "3 selected: ant 3" in page.status()
    assert amount(page.points(), page.color(1)) == 0
    assert amount(page.points(), page.color(0)) > 50


def test_the_saved_notebook_grows_by_the_static_picture_alone(page, notebook):
    page.python("projector.select(range(60))")
    notebook.save()
    saved = notebook.path.read_text()
    (output,) = json.loads(saved)["cells"][1]["outputs"]
    assert set(output["data"]) == {
        "application/vnd.jupyter.widget-view+json",
        "image/png",
        "text/plain",
    }
    assert "widgets" not in json.loads(saved)["metadata"]
    assert len(saved) - len(output["data"]["image/png"]) < 8_000
    assert 5_000 < len(output["data"]["image/png"]) < 200_000


def test_it_follows_the_theme(page, notebook):
    try:
        for theme, background in (("dark", [22, 22, 26]), ("light", [255, 255, 255])):
            notebook.use_theme(theme)
            page.wait_for(lambda own=background: page.points()[2, 2].tolist() == own)
            assert amount(page.points(), page.color(1)) > 100
    finally:
        notebook.use_theme("light")


def test_two_projectors_in_a_box_are_linked(pair, notebook):
    page = pair
    assert page.bare.view(1).count() == 1
    left, right = page.stage(view=0).bounding_box(), page.stage(view=1).bounding_box()
    assert right["x"] > left["x"] + left["width"]
    assert abs(right["y"] - left["y"]) < 2
    page.python("left.tool = 'box'")
    page.settle()
    places = page.places(view=0)
    page.drag(places[:117:3].min(axis=0) - 8, places[:117:3].max(axis=0) + 8)
    notebook.wait_for("print(len(right.selection) >= 39)", "True")
    assert selection(page, "left") == selection(page, "right")
    assert page.status(0) == page.status(1)
    for view in (0, 1):
        page.wait_for(lambda own=view: amount(page.points(view=own), page.color(1)) == 0)
        assert amount(page.points(view=view), page.color(0)) > 50


def test_a_reload_shows_what_the_living_kernel_holds(page, notebook):
    page.python("projector.select([0, 3, 6]); projector.clicked = 4; projector.tool = 'lasso'")
    page.wait_for(lambda: len(page.neighbors()) == 3)
    before = page.points()
    notebook.save()
    notebook.reload()
    page.bare.look()
    page.wait_for(lambda: len(page.neighbors()) == 3)
    assert "3 selected: ant 3" in page.status()
    assert page.button("Lasso").get_attribute("aria-pressed") == "true"
    page.wait_for(lambda: page.points().shape == before.shape)
    np.testing.assert_array_equal(page.points(), before)
    page.python("projector.select([])")
    page.drag(*[page.places()[5] + own for own in ([-9, -9], [9, -9], [0, 12])])
    assert 5 in selection(page)


def test_after_a_restart_the_picture_stays_says_so_and_comes_anew(page, notebook):
    places = page.places()
    notebook.restart_kernel()
    page.button("Names").click()
    before = page.points()
    page.drag(places[5] - 20, places[5] + 20)
    page.wait_for(lambda: (page.points() != before).any())
    page.click(places[7])
    page.wait_for(lambda: "Python" in page.status())
    notebook.run(0)
    with _shown(notebook, 1) as anew:
        anew.click(anew.places()[7])
        notebook.wait_for("print(projector.clicked)", "7")
        anew.wait_for(lambda: len(anew.neighbors()) == 3)
