"""Lesson 01 as a reader meets it: in a real JupyterLab, in a real browser."""

import contextlib
import importlib.util
import json
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest

from tests.chromium import CHROMIUM, FLAGS

ROOT = Path(__file__).parents[2]
TOKEN = "simnb-test"
pytestmark = pytest.mark.browser


@contextlib.contextmanager
def jupyterlab(folder):
    """Serve a copy of lesson 01; give its address. All that Jupyter writes stays in `folder`."""
    work = folder / "work"
    settings = folder / "config/lab/user-settings/@jupyterlab/apputils-extension"
    for place in (work, settings, folder / "home"):
        place.mkdir(parents=True)
    quiet = {"fetchNews": "false", "checkForUpdates": False, "doNotDisturbMode": True}
    (settings / "notification.jupyterlab-settings").write_text(json.dumps(quiet))
    shutil.copy(ROOT / "notebooks/01_hello_world.ipynb", work)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    own = {"HOME": "home", "JUPYTER_CONFIG_DIR": "config", "JUPYTER_DATA_DIR": "data"}
    own |= {"JUPYTER_RUNTIME_DIR": "runtime", "IPYTHONDIR": "ipython"}
    places = {name: str(folder / place) for name, place in own.items()}
    command = [sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root"]
    command += ["--ip=127.0.0.1", f"--port={port}", "--ServerApp.port_retries=0"]
    command += [f"--IdentityProvider.token={TOKEN}", f"--ServerApp.root_dir={work}"]
    command += ["--LabApp.expose_app_in_browser=True", "--ServerApp.terminals_enabled=False"]
    log = (folder / "jupyterlab.log").open("w")
    server = subprocess.Popen(
        command,
        env={**os.environ, **places, "SIMNB_FAST": "1"},
        stdout=log,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )
    try:
        address = f"http://127.0.0.1:{port}"
        _wait_for(f"{address}/api/status?token={TOKEN}", server, folder / "jupyterlab.log")
        yield f"{address}/lab/tree/01_hello_world.ipynb?token={TOKEN}"
    finally:
        server.terminate()  # Jupyter stops its kernels first
        try:
            server.wait(30)
        except subprocess.TimeoutExpired:
            server.kill()
        log.close()


def _wait_for(address, server, log):
    until = time.monotonic() + 60
    while time.monotonic() < until and server.poll() is None:
        with contextlib.suppress(OSError):
            urllib.request.urlopen(address, timeout=2)
            return
        time.sleep(0.2)
    pytest.fail(f"JupyterLab did not start:\n{log.read_text()}")


@contextlib.contextmanager
def browser_page():
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        try:
            page = browser.new_page(viewport={"width": 1280, "height": 900})
            page.set_default_timeout(60_000)
            yield page
        finally:
            browser.close()


def open_lesson(page, address):
    """Open the lesson, its saved outputs cleared, with a kernel that is ready."""
    page.goto(address)
    page.wait_for_selector(".jp-Notebook .jp-Cell")
    page.wait_for_function(
        """() => {
            const kernel = window.jupyterapp?.shell.currentWidget?.sessionContext?.session?.kernel;
            return kernel?.status === 'idle' && kernel?.connectionStatus === 'connected';
        }"""
    )


def run_all(page, seconds=300):
    """Clear what the file carried, run every cell, and return the outputs, one list a cell."""
    page.evaluate("() => jupyterapp.commands.execute('notebook:clear-all-cell-outputs')")
    page.evaluate("() => { jupyterapp.commands.execute('notebook:run-all-cells'); }")
    page.wait_for_function(
        """() => {
            const notebook = jupyterapp.shell.currentWidget.content;
            const code = notebook.widgets.filter(cell => cell.model.type === 'code');
            const outputs = code.map(cell => cell.model.outputs.toJSON()).flat();
            return outputs.some(output => output.output_type === 'error')
                || code.every(cell => cell.model.executionCount !== null);
        }""",
        timeout=seconds * 1000,
    )
    return page.evaluate(
        """() => jupyterapp.shell.currentWidget.content.widgets
            .filter(cell => cell.model.type === 'code')
            .map(cell => ({source: cell.model.sharedModel.source,
                           outputs: cell.model.outputs.toJSON()}))"""
    )


def shown_widths(page, source):
    """Scroll to each code cell with `source` in it; return the widths of the pictures there."""
    return page.evaluate(
        """async source => {
            const notebook = jupyterapp.shell.currentWidget.content;
            const found = [];
            for (const [index, cell] of notebook.widgets.entries()) {
                if (cell.model.type !== 'code' || !cell.model.sharedModel.source.includes(source))
                    continue;
                await notebook.scrollToItem(index, 'center');
                const images = [...cell.node.querySelectorAll('.jp-OutputArea-output img')];
                await Promise.all(images.map(image => image.decode()));
                found.push(images.map(image => image.naturalWidth));
            }
            return found;
        }""",
        source,
    )


@pytest.mark.mnist
def test_lesson_01_runs_and_draws_the_neighbours_once(tmp_path):
    for package in ("playwright", "jupyterlab", "tensorflow", "mlxtend"):
        if importlib.util.find_spec(package) is None:
            pytest.skip(f"needs the package {package}")
    if CHROMIUM is None:
        pytest.skip("needs Chromium")
    with jupyterlab(tmp_path) as address, browser_page() as page:
        open_lesson(page, address)
        cells = run_all(page)
        for cell in cells:
            errors = [one for one in cell["outputs"] if one["output_type"] == "error"]
            assert not errors, f"{cell['source']}\n{errors[0]['evalue']}"

        drawing = [cell for cell in cells if "viz_neigbors_imgs(" in cell["source"]]
        assert len(drawing) == 3
        for cell in drawing:
            pictures = [one for one in cell["outputs"] if "image/png" in one.get("data", {})]
            assert len(pictures) == 1
        # Not only in the model: the browser shows each of them, once, and not an empty one.
        assert shown_widths(page, "viz_neigbors_imgs(") == [[2400], [1200], [1200]]
