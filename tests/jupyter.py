"""A real Jupyter for tests: JupyterLab or Notebook 7, served on this machine, in a real browser."""

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
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat
import pytest

from tests.chromium import offline_page

TOKEN = "simnb-test"
# How an application is started, and where it shows a notebook.
APPS = {
    "lab": ("jupyterlab", "LabApp", "lab/workspaces/{stem}/tree/{name}"),
    "notebook": ("notebook", "JupyterNotebookApp", "notebooks/{name}"),
}
# What the console says of a notebook that holds only `1 + 1`, in JupyterLab 4.6 and Notebook 7.6.
_OF_BOTH = (
    "Disabling terminals plugin",  # as it was told to
    "Connection lost, reconnecting in 0 seconds.",  # a kernel restarts
    "Could not restore the debugger state: Canceled future",  # a kernel restarts
)
EXPECTED = {
    "lab": _OF_BOTH,
    "notebook": (
        *_OF_BOTH,
        "Menu entry for command",  # "… is duplicated."
        "[yjs#509] Not same Y.Doc",
        "Cannot read properties of undefined (reading 'schema')",
    ),
}

KERNEL = "jupyterapp.shell.currentWidget?.sessionContext?.session?.kernel"
READY = f"""() => {{
    const kernel = window.jupyterapp && {KERNEL};
    return kernel?.status === 'idle' && kernel?.connectionStatus === 'connected';
}}"""


@dataclass
class Server:
    """A Jupyter that runs: its application's name, its address, and where it writes what it does."""

    app: str
    address: str
    log: Path

    def url(self, name):
        place = APPS[self.app][2].format(stem=Path(name).stem, name=name)
        return f"{self.address}/{place}?token={TOKEN}"


@contextlib.contextmanager
def jupyter(folder, notebooks, app="lab", *, python=sys.executable, environment=None):
    """Serve notebooks; all that Jupyter reads and writes stays in `folder`.

    `notebooks` gives each file's name either a notebook on disk, which is copied, or the sources
    of its code cells. `python` is the interpreter of the server and of its kernels.
    """
    module, name, _ = APPS[app]
    if python == sys.executable and importlib.util.find_spec(module) is None:
        pytest.skip(f"needs the package {module}")
    _write(folder, notebooks)
    port = _free_port()
    command = [python, "-m", module, "--no-browser", "--allow-root"]
    command += ["--ip=127.0.0.1", f"--port={port}", "--ServerApp.port_retries=0"]
    command += [f"--IdentityProvider.token={TOKEN}", f"--ServerApp.root_dir={folder / 'work'}"]
    command += [f"--{name}.expose_app_in_browser=True", "--ServerApp.terminals_enabled=False"]
    own = {"HOME": "home", "JUPYTER_CONFIG_DIR": "config", "JUPYTER_DATA_DIR": "data"}
    own |= {"JUPYTER_RUNTIME_DIR": "runtime", "IPYTHONDIR": "ipython"}
    places = {name: str(folder / place) for name, place in own.items()}
    server = Server(app, f"http://127.0.0.1:{port}", folder / "jupyter.log")
    with server.log.open("w") as log:
        process = subprocess.Popen(
            command,
            env={**os.environ, **places, **(environment or {})},
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            _wait_for(server, process)
            yield server
        finally:
            process.terminate()  # Jupyter stops its kernels first
            try:
                process.wait(30)
            except subprocess.TimeoutExpired:
                process.kill()


def _write(folder, notebooks):
    work = folder / "work"
    settings = folder / "config/lab/user-settings/@jupyterlab/apputils-extension"
    for place in (work, settings, folder / "home"):
        place.mkdir(parents=True)
    quiet = {"fetchNews": "false", "checkForUpdates": False, "doNotDisturbMode": True}
    (settings / "notification.jupyterlab-settings").write_text(json.dumps(quiet))
    for name, content in notebooks.items():
        if isinstance(content, Path):
            shutil.copy(content, work / name)
            continue
        notebook = nbformat.v4.new_notebook(cells=list(map(nbformat.v4.new_code_cell, content)))
        notebook.metadata.kernelspec = {
            "name": "python3",
            "display_name": "Python 3",
            "language": "python",
        }
        nbformat.write(notebook, work / name)


def _free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def _wait_for(server, process):
    until = time.monotonic() + 60
    while time.monotonic() < until and process.poll() is None:
        with contextlib.suppress(OSError):
            urllib.request.urlopen(f"{server.address}/api/status?token={TOKEN}", timeout=2)
            return
        time.sleep(0.2)
    pytest.fail(f"Jupyter did not start:\n{server.log.read_text()}")


@contextlib.contextmanager
def opened(browser, server, name, *, expected=(), **size):
    """Open a notebook of a server on a page that has no network (see `offline_page`)."""
    expected = (*EXPECTED[server.app], *expected)
    with offline_page(browser, expected=expected, **size) as (page, trouble):
        page.goto(server.url(name))
        notebook = Notebook(page, trouble)
        notebook.wait_until_ready()
        yield notebook


@dataclass
class Notebook:
    """A notebook, open on a page, and the list of what goes wrong there (see `offline_page`)."""

    page: Any
    trouble: list[str]

    def wait_until_ready(self):
        """Wait for the cells, and for a kernel that has nothing to do."""
        self.page.wait_for_selector(".jp-Notebook .jp-Cell")
        self.page.wait_for_function(READY)
        self._wait_for_uncovered()

    def _wait_for_uncovered(self):
        """JupyterLab lays a picture over all when it starts and while it changes the theme."""
        self.page.wait_for_selector("#jupyterlab-splash", state="detached")

    def run_all(self, seconds=300):
        """Clear what the file carried, run every cell, and return `cells`."""
        self.page.evaluate("() => jupyterapp.commands.execute('notebook:clear-all-cell-outputs')")
        self._run("notebook:run-all-cells", seconds)
        return self.cells()

    def run(self, index, seconds=60):
        """Run the cell at that place, and return its outputs."""
        self.page.evaluate(
            "index => { jupyterapp.shell.currentWidget.content.activeCellIndex = index; }", index
        )
        self._run("notebook:run-cell", seconds)
        return self.outputs(index)

    def _run(self, command, seconds):
        self.page.evaluate(
            """command => {
                window.simnbHasRun = false;
                jupyterapp.commands.execute(command).finally(() => { window.simnbHasRun = true; });
            }""",
            command,
        )
        self.page.wait_for_function("() => window.simnbHasRun", timeout=seconds * 1000)

    def cells(self) -> list[dict[str, Any]]:
        """Return the `source` and the `outputs` of every code cell."""
        return self.page.evaluate(
            """() => jupyterapp.shell.currentWidget.content.widgets
                .filter(cell => cell.model.type === 'code')
                .map(cell => ({source: cell.model.sharedModel.source,
                               outputs: cell.model.outputs.toJSON()}))"""
        )

    def outputs(self, index):
        return self.page.evaluate(
            "index => jupyterapp.shell.currentWidget.content.widgets[index].model.outputs.toJSON()",
            index,
        )

    def show(self, index):
        """Scroll to the cell at that place; return a locator of its output area."""
        self.page.evaluate(
            """async index => {
                const notebook = jupyterapp.shell.currentWidget.content;
                await notebook.scrollToItem(index, 'start');
                notebook.widgets[index].node.dataset.place = index;
            }""",
            index,
        )
        return self.page.locator(f"[data-place='{index}'] .jp-Cell-outputArea")

    def python(self, code, seconds=60):
        """Run code in the kernel, after the messages that wait there; return what it prints."""
        said = self.page.evaluate(
            f"""async ([code, seconds]) => {{
                const kernel = {KERNEL};
                const future = kernel.requestExecute({{code, store_history: false}});
                let text = '', error = null;
                future.onIOPub = ({{header, content}}) => {{
                    if (header.msg_type === 'stream') text += content.text;
                    if (header.msg_type === 'execute_result') text += content.data['text/plain'];
                    if (header.msg_type === 'error') error = content.traceback.join('\\n');
                }};
                const late = new Promise(done => setTimeout(done, seconds * 1000, 'late'));
                if (await Promise.race([future.done, late]) === 'late')
                    error = `no answer in ${{seconds}} s`;
                return {{text, error}};
            }}""",
            [code, seconds],
        )
        assert said["error"] is None, f"{code}\n{said['error']}"
        return said["text"].strip()

    def wait_for(self, code, expected, seconds=10):
        """Run code until it prints `expected`."""
        until = time.monotonic() + seconds
        while (said := self.python(code)) != expected and time.monotonic() < until:
            self.page.wait_for_timeout(50)
        assert said == expected, f"{code}\nprints {said!r} after {seconds} s, not {expected!r}"

    def use_theme(self, name):
        """Change to the theme "light" or "dark"."""
        theme = f"JupyterLab {name.title()}"
        self.page.evaluate(
            "theme => jupyterapp.commands.execute('apputils:change-theme', {theme})", theme
        )
        light = str(name == "light").lower()
        self.page.wait_for_selector(f"body[data-jp-theme-light='{light}']", state="attached")
        self._wait_for_uncovered()

    def save(self):
        self.page.evaluate("() => jupyterapp.commands.execute('docmanager:save')")

    def reload(self):
        """Load the page anew; the kernel lives on."""
        self.page.reload()
        self.wait_until_ready()

    def restart_kernel(self):
        """Start the kernel anew, as the menu does; the page stays."""
        self.page.evaluate("() => jupyterapp.shell.currentWidget.sessionContext.restartKernel()")
        self.page.wait_for_function(READY)


def shown_widths(notebook, source):
    """Scroll to each code cell with `source` in it; return the widths of the pictures there."""
    return notebook.page.evaluate(
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
