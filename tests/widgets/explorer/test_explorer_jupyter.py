"""The three widgets of an explorer, linked, in a real JupyterLab in a real browser."""

import inspect
import json

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
from tests.widgets.projector.test_projector_jupyter import InJupyter

pytestmark = pytest.mark.browser

SETUP = f"""
import numpy as np
from simnb.calibration import match
from simnb.widgets import Explorer

NAMES = {NAMES}


{inspect.getsource(ground)}


def explorer_on_ground():
    xy, labels = ground()
    embeddings = np.random.default_rng(1).normal(size=(120, 6)) + np.eye(6)[labels] * 2
    images = np.zeros((120, 8, 8), np.uint8) + 2 * np.arange(120, dtype=np.uint8)[:, None, None]
    return Explorer(
        embeddings, labels, images=images, class_names=NAMES, method=xy, k=3, distance="euclidean"
    )
"""
MAKE = """
explorer = explorer_on_ground()
explorer.calibration.threshold = 9.0  # so that nothing is dimmed
projector, neighbors, calibration = explorer.children
explorer
"""
NAME = "linked.ipynb"
GIVEN = """
queries = calibration._explored.calibration.queries.lookups
print((match(queries, calibration.threshold, -1) != -1).tolist())
"""


@pytest.fixture(scope="module")
def notebook(chromium, tmp_path_factory):
    folder = tmp_path_factory.mktemp("lab")
    with (
        jupyter.jupyter(folder, {NAME: [SETUP, MAKE]}) as server,
        jupyter.opened(chromium, server, NAME, width=1400, height=1900) as notebook,
    ):
        notebook.path = folder / "work" / NAME
        notebook.run(0)
        yield notebook


class ExplorerPage(ProjectorPage):
    """Hands and eyes of a user of all three."""

    def python(self, code):
        return self.bare.notebook.python(code)

    def told(self, code):
        return json.loads(self.python(f"import json; print(json.dumps({code}))"))

    def wait_until(self, code, expected):
        self.bare.notebook.wait_for(f"print({code})", str(expected))

    @property
    def viewer(self):
        return self.bare.output.locator(".simnb-viewer")

    @property
    def thresholds(self):
        return self.bare.output.locator(".simnb-calibration")

    def cards(self):
        """Rows of the neighbours that the viewer shows."""
        found = self.viewer.locator(".simnb-near").evaluate_all(
            "own => own.map(x => x.dataset.row)"
        )
        return [int(own) for own in found]

    def gallery(self):
        return self.thresholds.locator(".simnb-gallery .simnb-item")

    def dimmed(self, places):
        """Which small points are not in their full colour, and which none other can cover."""
        points = self.points()
        spots = (places - self.corner()).astype(int)
        full = [(points[y, x] == self.color(row)).all() for row, (x, y) in enumerate(spots)]
        apart = np.linalg.norm(places[:, None] - places, axis=-1) + 99 * np.eye(len(places))
        return ~np.array(full), apart.min(axis=1) > 6


@pytest.fixture
def page(notebook):
    twin = projector_on_ground()  # to know colours and places by
    outputs = notebook.run(1)
    assert [own["output_type"] for own in outputs] == ["execute_result"]
    page = ExplorerPage(InJupyter(notebook, 1, twin))
    page.bare.look()
    page.wait_for(lambda: amount(page.points(), page.color(0)) > 100)
    page.wait_for(lambda: len(page.cards()) == 3)
    try:
        yield page
        assert notebook.trouble == []
    finally:
        notebook.trouble.clear()
        twin.close()


def test_it_stands_side_by_side_with_the_threshold_below_and_wraps_where_it_is_narrow(page):
    stage, viewer, thresholds = (
        own.bounding_box() for own in (page.stage(), page.viewer, page.thresholds)
    )
    assert stage["x"] + stage["width"] < viewer["x"]
    assert thresholds["y"] > stage["y"] + stage["height"]
    assert thresholds["width"] > 0.9 * (viewer["x"] + viewer["width"] - stage["x"])
    share = (viewer["x"] - stage["x"]) / thresholds["width"]
    assert 0.5 < share < 0.7
    page.page.set_viewport_size({"width": 700, "height": 1900})
    try:
        page.wait_for(
            lambda: page.viewer.bounding_box()["y"] > page.stage().bounding_box()["y"] + 200
        )
        assert page.stage().bounding_box()["width"] > 150
    finally:
        page.page.set_viewport_size({"width": 1400, "height": 1900})
        page.wait_for(
            lambda: page.viewer.bounding_box()["x"] > page.stage().bounding_box()["x"] + 300
        )


def test_points_selected_on_the_map_are_what_the_viewer_steps_through(page):
    page.button("Box").click()
    page.wait_until("projector.tool", "box")
    places = page.places()
    low, high = places.min(axis=0) + by(90, 40), places.max(axis=0) - by(140, 110)
    page.drag(low, high)
    within, near = inside([low, [high[0], low[1]], high, [low[0], high[1]]], places)
    page.wait_until("len(neighbors.selection) > 5", True)
    rows = page.told("neighbors.selection")
    assert rows == page.told("calibration.selection") == page.told("projector.selection")
    np.testing.assert_array_equal(np.isin(np.arange(120), rows)[~near], within[~near])
    page.viewer.get_by_role("button", name="First", exact=True).click()
    for row in rows[:3]:
        page.wait_until("projector.clicked", row)
        page.wait_for(lambda row=row: page.cards() == near_rows(page, row))
        page.viewer.get_by_role("button", name="Next", exact=True).click()
    page.wait_for(lambda: page.gallery().count() == min(60, len(rows)))


def near_rows(page, row):
    return page.told(f"projector.neighbors_of([{row}], 3).ids[0].tolist()")


def test_a_click_on_the_map_shows_the_neighbours_that_python_finds(page):
    places = page.places()
    for row in (7, 40):
        page.click(places[row])
        page.wait_until("neighbors.query", row)
        found = page.told("neighbors.neighbors()['row'].tolist()")
        assert found == near_rows(page, row)
        page.wait_for(lambda found=found: page.cards() == found)
    # A card that is clicked is the next query, also on the map.
    page.viewer.locator(".simnb-near").nth(1).click()
    page.wait_until("projector.clicked", found[1])
    page.wait_for(lambda: page.cards() == near_rows(page, found[1]))


def test_dragging_the_threshold_dims_what_match_withholds(page):
    page.python("projector.point_size = 4")
    places = page.places()
    slider = page.thresholds.locator(".simnb-slider")
    box = slider.bounding_box()
    y = box["y"] + box["height"] / 2
    page.mouse.move(box["x"] + 0.9 * box["width"], y)
    page.mouse.down()
    for share in (0.8, 0.5, 0.35):
        page.mouse.move(box["x"] + share * box["width"], y, steps=8)
        value = float(slider.input_value())
        page.settle()
        # The thumb stays under the pointer, whatever comes back from Python.
        page.page.wait_for_timeout(150)
        assert float(slider.input_value()) == value
    page.mouse.up()
    page.wait_for(
        lambda: page.python("print(projector.threshold == calibration.threshold)") == "True"
    )
    given = np.array(json.loads(page.python(GIVEN).lower()))
    assert 20 < given.sum() < 110
    page.wait_for(lambda: f"{(~given).sum()} beyond the threshold" in page.status())
    dimmed, alone = page.dimmed(places)
    assert alone.sum() > 30
    np.testing.assert_array_equal(dimmed[alone], ~given[alone])
    # The viewer's cards are greyed by the same threshold.
    row = int(np.flatnonzero(~given)[0])
    page.python(f"projector.clicked = {row}")
    page.wait_for(lambda: page.cards() == near_rows(page, row))
    beyond = page.viewer.locator(".simnb-near.simnb-beyond")
    page.wait_for(lambda: beyond.count() == 3)
    assert page.told("neighbors.neighbors()['within'].tolist()") == [False] * 3


def test_a_cell_of_the_confusion_matrix_selects_its_items_on_the_map(page):
    grid = page.thresholds.locator(".simnb-grid[role=application]")
    grid.focus()
    page.keyboard.press("n")  # to the first mistake
    page.keyboard.press("Enter")
    page.wait_until("len(projector.selection) > 0", True)
    rows = page.told("projector.selection")
    truth, answer = (
        page.told(f"{own}[{rows}].tolist()")
        for own in ("calibration.decisions.truth", "calibration.decisions.answer")
    )
    assert len(set(truth)) == len(set(answer)) == 1
    assert truth[0] != answer[0]
    cell = page.told(f"int(calibration.confusion().iloc[{truth[0]}, {answer[0]}])")
    assert cell == len(rows)
    assert page.told("neighbors.selection") == rows
    page.wait_for(lambda: f"{len(rows)} selected" in page.status())
    # A thumbnail of them is shown on the map and in the viewer.
    item = page.gallery().first
    item.click()
    page.wait_until("projector.clicked in projector.selection", True)
    row = page.told("projector.clicked")
    assert f"query {row}:" in item.get_attribute("aria-label")
    page.wait_for(lambda: page.cards() == near_rows(page, row))
    page.wait_for(lambda: page.over()[..., 3].any())


def test_a_reload_shows_what_the_living_kernel_holds(page, notebook):
    page.python(
        "projector.selection = [1, 4, 9]; projector.clicked = 4; calibration.threshold = 1.5"
    )
    withheld = page.told("sum(calibration.decisions.distance > 1.5).item()")
    page.wait_for(lambda: f"{withheld} beyond the threshold" in page.status())
    notebook.save()
    notebook.reload()
    page.bare.look()
    page.wait_for(lambda: page.cards() == near_rows(page, 4))
    assert f"{withheld} beyond the threshold" in page.status()
    assert "3 selected" in page.status()
    page.wait_for(lambda: page.gallery().count() == 3)
    box = page.thresholds.locator(".simnb-threshold")
    assert float(box.input_value()) == pytest.approx(1.5, rel=1e-3)
    # And it is as alive as before.
    page.python("projector.selection = []; calibration.threshold = 9.0")
    page.click(page.places()[7])
    page.wait_until("neighbors.query", 7)
    page.wait_for(lambda: page.cards() == near_rows(page, 7))


def test_the_saved_notebook_holds_one_picture_of_all_of_it(page, notebook):
    notebook.save()
    saved = json.loads(notebook.path.read_text())
    (output,) = saved["cells"][1]["outputs"]
    assert set(output["data"]) == {
        "application/vnd.jupyter.widget-view+json",
        "image/png",
        "text/plain",
    }
    assert "widgets" not in saved["metadata"]
    assert 20_000 < len(output["data"]["image/png"]) < 600_000


def test_it_follows_the_theme(page, notebook):
    try:
        notebook.use_theme("dark")
        for root in (page.bare.view(), page.viewer, page.thresholds):
            page.wait_for(lambda root=root: "simnb-dark" in root.get_attribute("class"))
        page.wait_for(lambda: page.points()[2, 2].tolist() == [22, 22, 26])
        # Words beside the curves, and the names and numbers of the matrix.
        for drawing, red in ((".simnb-curves", 0xB3), (".simnb-grid", 0xF0)):
            page.wait_for(lambda own=drawing, red=red: has_grey(page, own, red))
    finally:
        notebook.use_theme("light")


def has_grey(page, drawing, red):
    """Whether a drawing of the calibration has a few pixels of nearly that grey."""
    return page.thresholds.locator(f"{drawing} canvas").first.evaluate(
        """(canvas, wanted) => {
            const {data} = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
            let found = 0;
            for (let at = 0; at < data.length; at += 4) {
                const [red, green, , opaque] = data.subarray(at, at + 4);
                found += opaque > 200 && Math.abs(red - wanted) < 20 && Math.abs(green - red) < 6;
            }
            return found > 10;
        }""",
        red,
    )
