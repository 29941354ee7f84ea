"""A notebook that shows one widget in a real JupyterLab, as the tests of that widget drive it."""

import base64
import contextlib
import io
import json

from PIL import Image

from tests import jupyter
from tests.widgets.projector.test_projector_jupyter import InJupyter, cells

NAME = "own.ipynb"


@contextlib.contextmanager
def lab_with(chromium, folder, setup, make):
    """Serve a notebook of two cells, the second of which shows a widget; run the first."""
    with (
        jupyter.jupyter(folder, {NAME: [setup, make]}) as server,
        jupyter.opened(chromium, server, NAME, width=1280, height=1700) as notebook,
    ):
        notebook.path = folder / "work" / NAME
        notebook.run(0, seconds=120)
        yield notebook


@contextlib.contextmanager
def shown_in(notebook, root, theme="light"):
    """Show the widget anew; at the end nothing may have gone wrong on the page."""
    notebook.use_theme(theme)
    outputs = notebook.run(1)
    assert [own["output_type"] for own in outputs] == ["execute_result"]
    bare = InLab(notebook, root)
    bare.look()
    try:
        yield bare
        assert ("simnb-dark" in bare.view().get_attribute("class")) == (theme == "dark")
        assert notebook.trouble == []
    finally:
        notebook.trouble.clear()


class InLab(InJupyter):
    """What the pages of the widgets ask of a bare page, of the output of the second cell."""

    def __init__(self, notebook, root):
        super().__init__(notebook, 1, None)
        self.root = root

    def look(self):
        """Scroll to the widget, and wait until it is there."""
        self.output = self.notebook.show(self.cell)
        self.view().wait_for()
        self.settle()

    def view(self, place=0):
        return self.output.locator(self.root).nth(place)

    def settle(self):
        """Wait until also what the page asks once it is answered has been answered."""
        super().settle()
        super().settle()

    def told(self, code):
        """What an expression is in the kernel, as JSON tells it."""
        return json.loads(self.notebook.python(f"import json; print(json.dumps({code}))"))

    def wait_until(self, code, expected):
        """Wait until an expression is that in the kernel."""
        self.notebook.wait_for(f"print({code})", str(expected))

    def assert_jupyter_takes_no_keys(self):
        """Where the focus is, letters that delete and add cells do nothing of it."""
        before = cells(self.notebook)
        for key in ("d", "d", "a", "b", "x", "y", "i", "i"):
            self.page.keyboard.press(key)
        self.settle()
        assert cells(self.notebook) == before
        assert self.told("1 + 1") == 2

    def assert_its_picture_is_saved(self):
        """The saved notebook holds a PNG of the widget, and next to nothing else of it."""
        self.notebook.save()
        saved = json.loads(self.notebook.path.read_text())
        (output,) = saved["cells"][1]["outputs"]
        picture = output["data"].pop("image/png")
        assert set(output["data"]) == {"application/vnd.jupyter.widget-view+json", "text/plain"}
        assert "widgets" not in saved["metadata"]
        assert len(json.dumps(saved)) - len(picture) < 10_000
        image = Image.open(io.BytesIO(base64.b64decode(picture)))
        assert image.format == "PNG"
        assert min(image.size) > 200
        assert len(image.convert("RGB").getcolors(1 << 20)) > 10
        assert len(picture) < 600_000
