"""A notebook in a real JupyterLab that shows one widget, again and again."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from page import Browser, picture

from tests.jupyter import Notebook, jupyter, opened

SHOW, BEGIN = 0, 1  # the picture stands above, so that it is on the screen
NAME = "notebook.ipynb"
PING = """
import json, time
import anywidget
import numpy as np

class Ping(anywidget.AnyWidget):
    _esm = '''export default { render({ model }) {
        window.ping = () => new Promise((done) => {
            const begun = performance.now();
            const heard = () => {
                model.off("msg:custom", heard);
                done(performance.now() - begun);
            };
            model.on("msg:custom", heard);
            model.send({});
        });
    } }'''

ping = Ping()
ping.on_msg(lambda widget, content, buffers: widget.send({}))
heard = []

def follow(widget):
    widget.observe(lambda change: heard.append(time.time()), "selection")

"""


@dataclass
class Lab:
    """A notebook whose first cell calls its widget `shown`."""

    notebook: Notebook
    file: Path
    messages: list[dict[str, Any]] = field(default_factory=list)  # of the last `show`

    def show(self) -> tuple[float, float]:
        """Run the cell; seconds until points are seen, from when they came and from the start."""
        begun = self.run("speed.watch()")
        page = self.notebook.page
        seen = picture(page, begun)[0]
        self.messages = page.evaluate("() => speed.messages()")
        arrived = (self.opening["at"] - begun) / 1000
        return seen - arrived, seen

    def run(self, watch: str) -> float:
        """Run the cell anew, once the page does `watch`; when that was, by the page's clock."""
        page = self.notebook.page
        self.notebook.python("if 'shown' in globals(): shown.close()")
        page.evaluate(
            """place => {
                jupyterapp.shell.currentWidget.content.activeCellIndex = place;
                return jupyterapp.commands.execute("notebook:clear-cell-output");
            }""",
            SHOW,
        )
        self.notebook.show(SHOW)
        begun = page.evaluate(f"() => (speed.messages(), {watch}, speed.now())")
        outputs = self.notebook.run(SHOW)
        assert all(own["output_type"] != "error" for own in outputs), outputs
        return begun

    @property
    def opening(self) -> dict[str, Any]:
        """The message that brings the points to the page."""
        return max(self.received, key=lambda own: own["size"] if own["kind"] == "comm_open" else 0)

    @property
    def received(self) -> list[dict[str, Any]]:
        """What came to the page while the widget was shown."""
        return [own for own in self.messages if own["way"] == "in"]

    def place(self) -> dict[str, float]:
        """Where the picture is on the page."""
        return self.notebook.page.evaluate("() => speed.place()")

    def saved(self) -> int:
        """Save the notebook; its bytes."""
        self.notebook.save()
        return self.file.stat().st_size

    def sent(self, act: Any) -> int:
        """Do something on the page; how many messages a widget sent meanwhile."""
        page = self.notebook.page
        page.evaluate("() => speed.messages()")
        act(page)
        page.wait_for_timeout(500)
        found = page.evaluate("() => speed.messages()")
        return sum(own["way"] == "out" and own["kind"] == "comm_msg" for own in found)

    def lasso(self, corners: Sequence[Sequence[float]]) -> tuple[float, int]:
        """Draw a lasso; seconds from the end until Python has the selection, and how many it has."""
        page = self.notebook.page
        self.notebook.python("heard.clear()")
        page.mouse.move(*corners[0])
        page.mouse.down()
        for corner in corners[1:]:
            page.mouse.move(*corner)
        page.mouse.up()
        page.wait_for_timeout(1500)
        said = self.notebook.python("print(json.dumps([heard[0], len(shown.selection)]))")
        heard, count = json.loads(said)
        return heard - page.evaluate("() => speed.released()"), count

    def ping(self) -> float:
        """Seconds of a message without content to Python and back."""
        return self.notebook.page.evaluate("() => ping()") / 1000


@contextmanager
def lab(
    chromium: Browser, begin: str, show: str, python: str | None = None, **arrays: np.ndarray
) -> Iterator[Lab]:
    """Open a notebook with these two cells in the JupyterLab of an interpreter; run the first."""
    loading = "".join(f"{name} = np.load('{name}.npy')\n" for name in arrays)
    notebooks = {NAME: [show, f"{PING}{loading}{begin}\nping"]}
    keys = {} if python is None else {"python": python}
    with TemporaryDirectory() as folder:
        place = Path(folder)
        with jupyter(place, notebooks, **keys) as server:
            for name, array in arrays.items():
                np.save(place / "work" / f"{name}.npy", array)
            with opened(chromium, server, NAME, width=1400, height=900) as notebook:
                outputs = notebook.run(BEGIN)
                assert all(own["output_type"] != "error" for own in outputs), outputs
                yield Lab(notebook, place / "work" / NAME)
