"""Projections in a process of their own: the same bits, and a process that ends when it should."""

import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pytest

import simnb
from simnb.distances import Distance
from simnb.widgets.projector import background
from simnb.widgets.projector.background import BackgroundProjection
from simnb.widgets.projector.projection import project

posix = pytest.mark.skipif(sys.platform == "win32", reason="needs POSIX signals")

# Starts a long projection, says which process computes it, and is then killed.
PARENT = """
import threading
import numpy as np
from simnb.widgets.projector.background import BackgroundProjection
rows, begun = np.random.default_rng(0).normal(size=(5000, 8)), threading.Event()
def told(fraction, message):
    if message == "laying out":
        begun.set()
running = BackgroundProjection(rows, "tsne", on_progress=told, on_done=print, on_error=print)
begun.wait()
print(running._process.pid, flush=True)
running.wait()
"""

# A copy of simnb that a program finds by its own sys.path alone.
ELSEWHERE = """
import sys
sys.path.insert(0, sys.argv[1])
import numpy as np
from simnb.widgets.projector.background import BackgroundProjection
running = BackgroundProjection(
    np.eye(9), "pca", on_progress=lambda *_: None, on_done=print, on_error=print
)
running.wait()
"""


class Chebyshev(Distance):
    """A distance that no other process knows."""

    name = "test_background_chebyshev"

    def prepare(self, rows, ops):
        return rows * 2 + 1

    def pairwise(self, query, key, ops):
        return ops.max(ops.abs(query[:, None] - key[None]), axis=-1)


class Events:
    """What a projection calls back, in order; `begun` after the first message of layout."""

    def __init__(self):
        self.progress, self.done, self.errors = [], [], []
        self.begun = threading.Event()

    def told(self, fraction, message):
        self.progress.append((fraction, message))
        if message == "laying out":
            self.begun.set()

    def start(self, rows, method, seed=0, **options):
        return BackgroundProjection(
            rows,
            method,
            seed,
            on_progress=self.told,
            on_done=self.done.append,
            on_error=self.errors.append,
            **options,
        )


def rows_of(count, size=8):
    return np.random.default_rng(0).normal(size=(count, size)).astype(np.float32)


def is_running(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    status = Path(f"/proc/{pid}/stat")  # a process that ended may wait to be counted
    return not status.exists() or status.read_text().rpartition(")")[2].split()[0] != "Z"


def ends_within(seconds, pid):
    deadline = time.monotonic() + seconds
    while is_running(pid) and time.monotonic() < deadline:
        time.sleep(0.05)
    return not is_running(pid)


@pytest.mark.parametrize(
    ("method", "options"),
    [
        ("pca", {"dimensions": 3}),
        ("tsne", {"distance": Chebyshev()}),
        ("umap", {"seed": 5, "distance": "manhattan", "init": rows_of(200, 2)}),
    ],
)
def test_coordinates_are_those_of_the_notebooks_own_process(method, options):
    rows, events = rows_of(200), Events()
    rows[17] = np.nan
    assert events.start(rows, method, **options).wait(120)
    assert events.errors == []
    np.testing.assert_array_equal(events.done[0], project(rows, method, **options))
    assert len(events.done) == 1
    assert events.progress[0] == (0.0, "computing PCA")
    assert events.progress[-1] == (1.0, "ready")


@pytest.mark.parametrize("count", [0, 1])
def test_no_points_and_one_are_laid_out(count):
    events = Events()
    assert events.start(rows_of(count), "umap").wait(60)
    assert [made.tolist() for made in events.done] == [[[0, 0]] * count]
    assert events.errors == []


def test_a_cancelled_projection_ends_at_once_and_calls_nothing_more():
    events = Events()
    running = events.start(rows_of(5000), "tsne")
    assert not running.wait(0)
    assert events.begun.wait(60)
    running.cancel()
    told = len(events.progress)
    assert running.wait(5)
    assert running._process.returncode is not None
    assert len(events.progress) <= told + 1  # one that ran already
    assert events.done == events.errors == []
    running.cancel()


def test_a_projection_can_be_cancelled_before_it_starts_and_from_its_own_callback():
    events = Events()
    early = events.start(rows_of(50), "pca")
    early.cancel()
    assert early.wait(10)
    assert events.progress == events.done == events.errors == []
    calls = []

    def cancel(fraction, message):
        calls.append(message)
        started.wait(10)
        running.cancel()

    started = threading.Event()
    running = BackgroundProjection(
        rows_of(50), "pca", on_progress=cancel, on_done=calls.append, on_error=calls.append
    )
    started.set()
    assert running.wait(10)
    assert calls == ["computing PCA"]


def test_cancelling_what_is_done_leaves_it(capfd):
    events = Events()
    running = events.start(rows_of(50), "pca")
    assert running.wait(60)
    running.cancel()
    assert len(events.done) == 1
    assert repr(running) == "BackgroundProjection(50 points, 'pca')"
    assert capfd.readouterr() == ("", "")


def test_wrong_arguments_are_refused_before_a_process_starts():
    with pytest.raises(ValueError, match="`method` must be one of"):
        Events().start(rows_of(5), "pcm")
    with pytest.raises(ValueError, match="`init` must have shape"):
        Events().start(rows_of(5), "umap", init=rows_of(4, 2))


def test_an_error_in_the_process_is_told_in_one_line(tmp_path, monkeypatch):
    (tmp_path / "umap.py").write_text("print('noise')\nraise RuntimeError('broken\\n  badly')\n")
    monkeypatch.syspath_prepend(tmp_path)
    events = Events()
    assert events.start(rows_of(50), "umap").wait(60)
    assert events.errors == ["RuntimeError: broken badly"]
    assert events.done == []


def test_a_process_that_cannot_start_is_told(monkeypatch):
    monkeypatch.setattr(sys, "executable", "/nowhere/python")
    events = Events()
    assert events.start(rows_of(50), "pca").wait(60)
    assert len(events.errors) == 1
    assert events.errors[0].startswith("No process could be started: ")


def test_a_process_that_ends_early_is_told_with_its_last_line(monkeypatch):
    monkeypatch.setattr(background, "_PROGRAM", "print('noise'); import no_such_module")
    events = Events()
    assert events.start(rows_of(2000, 64), "pca").wait(60)
    assert events.errors == [
        "The process that computes the projection ended early (exit code 1): "
        "ModuleNotFoundError: No module named 'no_such_module'"
    ]


@posix
def test_a_process_that_is_killed_is_told():
    events = Events()
    running = events.start(rows_of(5000), "tsne")
    assert events.begun.wait(60)
    os.kill(running._process.pid, signal.SIGKILL)
    assert running.wait(10)
    assert events.errors == [
        "The process that computes the projection ended early (signal 9), perhaps for want of memory"
    ]


@posix
def test_interrupting_a_cell_does_not_end_a_projection():
    events = Events()
    running = events.start(rows_of(300), "tsne")
    assert events.begun.wait(60)
    os.kill(running._process.pid, signal.SIGINT)
    assert running.wait(60)
    assert len(events.done) == 1


@posix
def test_the_process_ends_when_the_notebooks_own_is_killed():
    parent = subprocess.Popen([sys.executable, "-c", PARENT], stdout=subprocess.PIPE, text=True)
    with parent:
        pid = int(parent.stdout.readline())
        assert is_running(pid)
        parent.kill()
    assert ends_within(10, pid)


def test_files_beside_the_notebook_do_not_stand_for_packages(tmp_path, monkeypatch):
    for name in ("json", "numpy", "simnb", "sklearn", "umap"):
        (tmp_path / f"{name}.py").write_text("raise SystemExit('a file of the user')\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend("")
    monkeypatch.syspath_prepend(str(tmp_path))
    events = Events()
    assert events.start(rows_of(50), "tsne").wait(60)
    assert events.errors == []
    assert len(events.done) == 1


def test_the_process_runs_the_simnb_that_started_it(tmp_path):
    copy = tmp_path / "copy"
    shutil.copytree(Path(simnb.__file__).parent, copy / "simnb")
    with (copy / "simnb/widgets/projector/projection_process.py").open("a") as file:
        file.write("\nraise SystemExit('this is the copy')\n")
    finished = subprocess.run(
        [sys.executable, "-c", ELSEWHERE, str(copy)], capture_output=True, text=True, check=False
    )
    assert finished.stdout.endswith("(exit code 1): this is the copy\n"), finished.stderr
