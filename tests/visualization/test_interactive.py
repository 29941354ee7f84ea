"""Bokeh's figures as files and in notebooks: stand-alone, whole or not there, shown once."""

import re
import subprocess
import sys

import pytest
from matplotlib.figure import Figure

from simnb.visualization import confusion_matrix, interactive, save_html
from tests.visualization.cases import CASES, FIGURES, NASTY


def plot(**options):
    return confusion_matrix([1, -1], [1, 2], show=False, backend="bokeh", **options)[0]


@pytest.mark.parametrize("name", FIGURES)
def test_a_file_stands_alone(name, tmp_path):
    path = save_html(FIGURES[name](CASES["usual"](), "bokeh"), tmp_path / "figure.html")
    assert path == tmp_path / "figure.html"
    assert [own.name for own in tmp_path.iterdir()] == ["figure.html"]
    page = path.read_text(encoding="utf-8")
    assert page.count("</script>") == len(re.findall("<script", page)) > 0
    assert not re.findall(r"<script[^>]*\bsrc=|<link\b|@import", page.partition("<body")[0])
    assert len(page) < 2_000_000


def test_a_page_is_called_as_its_figure(tmp_path):
    page = save_html(plot(title=NASTY[0]), tmp_path / "figure.html").read_text(encoding="utf-8")
    assert "<title>&lt;img src=x onerror=alert(1)&gt;</title>" in page
    assert NASTY[0] not in page


def test_a_users_text_does_not_end_the_script(tmp_path):
    end = "</script><script>alert(1)</script>"
    page = save_html(plot(labels={1: end}), tmp_path / "figure.html").read_text(encoding="utf-8")
    assert end not in page


def test_any_figure_of_bokeh_is_saved_and_stays_as_it_was(tmp_path):
    from bokeh.layouts import row
    from bokeh.plotting import figure

    own = figure(title="mine")
    own.line([1, 2], [1, 2])
    save_html(own, str(tmp_path / "own.html"))
    save_html(row(own), tmp_path / "row.html")
    assert own.document is None
    assert own.title.text == "mine"


def test_a_file_that_cannot_be_written_leaves_the_old_one(tmp_path, monkeypatch):
    path = tmp_path / "figure.html"
    path.write_text("old")

    def fail(*_):
        raise OSError("disk full")

    monkeypatch.setattr(interactive.os, "replace", fail)
    with pytest.raises(OSError, match="disk full"):
        save_html(plot(), path)
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("figure", [None, Figure(), "figure"])
def test_what_is_not_bokehs_is_refused(figure, tmp_path):
    with pytest.raises(ValueError, match=r"`figure` must be a Bokeh figure.*Received: "):
        save_html(figure, tmp_path / "figure.html")
    assert list(tmp_path.iterdir()) == []


def test_bokeh_is_imported_only_to_draw_with_it():
    program = (
        "import sys\n"
        "from simnb.visualization import confusion_matrix\n"
        "confusion_matrix([1], [1], show=False)\n"
        "assert 'bokeh' not in sys.modules\n"
        "confusion_matrix([1], [1], backend='bokeh')\n"  # shows nothing: this is no notebook
        "assert 'bokeh' in sys.modules\n"
        "assert 'matplotlib.pyplot' not in sys.modules\n"
    )
    finished = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False
    )
    assert (finished.returncode, finished.stdout, finished.stderr) == (0, "", "")


CELLS = {
    # the source of a cell, and the pictures and frames a reader should then see under it
    "from simnb import Lookups\n"
    "from simnb.calibration import calibrate\n"
    "from simnb.visualization import *\n"
    "import numpy as np\n"
    "found = Lookups(np.array([[0], [1]]), np.array([[.1], [.2]], 'f4'), np.array([[1], [2]]))\n"
    "results = calibrate(found, [1, 1])": (0, 0),
    "confusion_matrix([1, 2], [1, 1])": (1, 0),
    "axes, matrix = confusion_matrix([1, 2], [1, 1])\naxes.figure": (1, 0),
    "axes.figure  # in a later cell it is asked for again": (1, 0),
    "for _ in range(3):\n    confusion_matrix([1, 2], [1, 1])": (3, 0),
    "confusion_matrix([1, 2], [1, 1], show=False)": (0, 0),
    "confusion_matrix([1, 2], [1, 1], backend='bokeh')": (0, 1),
    "plot, _ = confusion_matrix([1, 2], [1, 1], backend='bokeh')\nplot": (0, 1),
    "plot  # in a later cell it is asked for again": (0, 1),
    "for _ in range(2):\n    confusion_matrix([1, 2], [1, 1], backend='bokeh')": (0, 2),
    "metrics_by_threshold(results)": (1, 0),
    "figure = metrics_by_threshold(results)": (0, 0),
    "precision_recall_curve(results)": (1, 0),
    "distance_histograms(found, [1, 1])": (1, 0),
    "metrics_by_threshold(results, backend='bokeh')": (0, 1),
    "plot = precision_recall_curve(results, 'bokeh')": (0, 0),
    "display(plot)": (0, 1),
}


def test_a_notebook_shows_each_figure_exactly_once(monkeypatch):
    nbformat = pytest.importorskip("nbformat")
    nbclient = pytest.importorskip("nbclient")
    monkeypatch.delenv("MPLBACKEND", raising=False)  # a kernel sets its own
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in CELLS])
    nbclient.NotebookClient(notebook, kernel_name="python3", timeout=120).execute()
    for cell, expected in zip(notebook.cells, CELLS.values(), strict=True):
        shown = [output.get("data", {}) for output in cell.outputs]
        pictures = sum("image/png" in data for data in shown)
        frames = sum("<iframe" in data.get("text/html", "") for data in shown)
        assert (pictures, frames) == expected, cell.source
