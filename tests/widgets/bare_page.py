"""A widget in a real browser without Jupyter: its JavaScript, a front end of our own, its Python.

The front end is `bare_page.js`. What it sends reaches the widget as it does in a kernel, in the
thread of the test, whenever the test waits for the page; what the widget sends, from whichever
thread, reaches the page then too.
"""

import base64
import contextlib
import json
import logging
import queue
import threading
import time
from collections import Counter
from pathlib import Path

from jupyter_client.jsonutil import json_default
from traitlets.log import get_logger

from tests.chromium import offline_page

_SCRIPT = Path(__file__).with_suffix(".js").read_text()
# Playwright answers for this address, so there is no server: an ordinary, secure, empty page.
HOME = "http://localhost/bare"
# What JupyterLab tells a page of its theme, as far as widgets read it.
_THEMES = {
    "light": ("#ffffff", "rgba(0, 0, 0, 0.87)", "#bdbdbd", "#1976d2"),
    "dark": ("#111111", "rgba(255, 255, 255, 1)", "#616161", "#42a5f5"),
}
_VARIABLES = (
    "--jp-layout-color0",
    "--jp-ui-font-color1",
    "--jp-border-color1",
    "--jp-brand-color1",
)


class Traffic:
    """Messages and bytes of one direction, in all and by what they carry.

    The parts are a trait's name, "echo " and a trait's name, or "custom " and a message's type.
    """

    def __init__(self):
        self.clear()

    def clear(self):
        self.messages, self.bytes = 0, 0
        self.messages_of, self.bytes_of = Counter(), Counter()

    def add(self, data, buffers):
        sizes = [len(own) for own in buffers]
        self.messages += 1
        self.bytes += len(json.dumps(data)) + sum(sizes)
        if data["method"] == "custom":
            content = data["content"]
            kind = content.get("type") if isinstance(content, dict) else None
            parts = {f"custom {kind}": len(json.dumps(content)) + sum(sizes)}
        else:
            echo = "echo " if data["method"] == "echo_update" else ""
            parts = {echo + name: len(json.dumps(own)) for name, own in data["state"].items()}
            for path, size in zip(data.get("buffer_paths", ()), sizes, strict=True):
                parts[echo + path[0]] = parts.get(echo + path[0], 0) + size
        self.messages_of.update(parts.keys())
        self.bytes_of.update(parts)

    def __repr__(self):
        return f"Traffic({self.messages} messages, {self.bytes:,} bytes, {dict(self.bytes_of)})"


class BarePage:
    """A widget on a page of its own; made by `bare_page`."""

    def __init__(self, page, trouble, widget, *, misalign, pause):
        self.page, self.trouble, self.widget = page, trouble, widget
        self.to_page, self.to_python = Traffic(), Traffic()
        self._opening = {"misalign": misalign, "pause": pause}
        self._theme = "light", True
        self._outbox = queue.SimpleQueue()
        self._handled = None  # the message that Python is at work on, and in which thread
        page.expose_binding("simnbExchange", lambda source, sent: self._exchange(sent))

    def load(self, url, views):
        """Show the widget anew, in the state that Python holds."""
        self.page.goto(url)
        self.use_theme(*self._theme)
        self.page.evaluate("() => { document.body.append(document.createElement('main')); }")
        self.page.evaluate(f"{_SCRIPT}; window.bare = bare; null")
        while not self._outbox.empty():
            self._outbox.get()
        state, paths, buffers = _without_buffers(self.widget.get_state())
        data = {"method": "update", "state": state, "buffer_paths": paths}
        self.to_page.add(json.loads(_json(data)), buffers)
        opening = {"data": _json(data), "buffers": list(map(_base64, buffers)), **self._opening}
        self.page.evaluate("own => bare.open({...own, data: JSON.parse(own.data)})", opening)
        for _ in range(views):
            self.add_view()

    def reload(self):
        """Load the page anew, as F5 does; the widget's Python lives on."""
        self.load(self.page.url, self.page.locator(".bare-view").count())

    def add_view(self):
        """Show the widget once more; return a locator of the new view."""
        self.page.evaluate("() => bare.addView()")
        return self.page.locator(".bare-view").last

    def view(self, place=0):
        return self.page.locator(".bare-view").nth(place)

    def remove_view(self, place=0):
        self.page.evaluate("place => bare.removeView(place)", place)

    def disconnect(self):
        """Leave the views without a kernel, as a restart does."""
        self.page.evaluate("() => bare.disconnect()")

    def get(self, name):
        """Return what the page's model holds of a trait that is not binary."""
        return self.page.evaluate("name => bare.get(name)", name)

    def set(self, **state):
        """Set traits on the page's model and save them, as a view would."""
        self.page.evaluate("state => bare.set(state)", state)

    def settle(self):
        """Wait until no message is under way in either direction, and the page has drawn."""
        self.page.evaluate("() => bare.settle()")

    def wait_for(self, condition, seconds=10):
        """Wait until a function of no arguments returns something true; return that."""
        until = time.monotonic() + seconds
        while not (found := condition()):
            assert time.monotonic() < until, f"not true after {seconds} s; {self.trouble}"
            self.page.wait_for_timeout(10)
        return found

    def use_theme(self, name, jupyter=True):
        """Change to "light" or "dark"; with `jupyter` the page says so as JupyterLab's does."""
        self._theme = name, jupyter
        self.page.emulate_media(color_scheme=name)
        self.page.evaluate(
            """([theme, background, variables]) => {
                const {style, dataset} = document.body;
                style.background = background;
                delete dataset.jpThemeLight;
                for (const [name, value] of variables)
                    theme ? style.setProperty(name, value) : style.removeProperty(name);
                if (theme) dataset.jpThemeLight = theme === 'light';
            }""",
            [
                name if jupyter else None,
                _THEMES[name][0],
                list(zip(_VARIABLES, _THEMES[name], strict=True)),
            ],
        )

    def published(self, kind, data=None, metadata=None, buffers=None, **keys):
        """Take what the widget sends, in whichever thread it does."""
        if kind == "comm_close":
            self._outbox.put({"closed": True})
            return
        copies = [_copy(own) for own in buffers or ()]
        plain = json.loads(_json(data))
        self.to_page.add(plain, copies)
        own, thread = self._handled or (None, None)
        parent = own if thread == threading.get_ident() else None
        item = {"data": plain, "buffers": list(map(_base64, copies)), "parent": parent}
        self._outbox.put(item)

    def _exchange(self, sent):
        for message in sent:
            self._handle(message)
        items = []
        with contextlib.suppress(queue.Empty):
            while True:
                items.append(self._outbox.get_nowait())
        return items

    def _handle(self, message):
        data = message["data"]
        buffers = [memoryview(base64.b64decode(own)) for own in message["buffers"]]
        self.to_python.add(data, buffers)
        self._handled = message["id"], threading.get_ident()
        try:
            if self.widget.comm is not None:
                self.widget.comm.handle_msg({"content": {"data": data}, "buffers": buffers})
        except Exception as error:
            self.trouble.append(f"python: {error!r}")
        finally:
            self._handled = None
        if data["method"] == "update":
            self._outbox.put({"idle": message["id"]})


@contextlib.contextmanager
def bare_page(
    browser,
    widget,
    *,
    views=1,
    theme="light",
    width=1000,
    height=700,
    url=HOME,
    misalign=0,
    pause=15,
    expected=(),
):
    """Show a widget on a page that has no network; give the `BarePage`.

    `misalign` is at which byte of its buffer every binary value begins that comes from Python (0
    in JupyterLab and Notebook 7, anything elsewhere), and `pause` the milliseconds between two
    looks at what Python has to say. `bare.trouble` is the list of what goes wrong on the page
    (see `offline_page`), and of what the widget's Python logs or raises.
    """
    with offline_page(browser, width=width, height=height, expected=expected) as (page, trouble):
        page.route(HOME, lambda own: own.fulfill(body="", content_type="text/html"))
        bare = BarePage(page, trouble, widget, misalign=misalign, pause=pause)
        comm = widget.comm
        comm.publish_msg = bare.published
        try:
            with _logged(trouble):
                bare.use_theme(theme)
                bare.load(url, views)
                yield bare
        finally:
            del comm.publish_msg


@contextlib.contextmanager
def _logged(trouble):
    """Note what ipywidgets logs, which is where the exceptions of a widget's handlers go."""
    handler = logging.Handler(logging.WARNING)
    handler.emit = lambda own: trouble.append(f"python: {own.getMessage()}")
    logger = get_logger()
    logger.addHandler(handler)
    try:
        yield
    finally:
        logger.removeHandler(handler)


def _without_buffers(state):
    from ipywidgets.widgets.widget import _remove_buffers

    plain, paths, buffers = _remove_buffers(state)
    return plain, paths, [_copy(own) for own in buffers]


def _copy(buffer):
    view = memoryview(buffer)
    assert view.contiguous, "Jupyter refuses a buffer that is not contiguous."
    return view.tobytes()


def _base64(buffer):
    return base64.b64encode(buffer).decode()


def _json(data):
    return json.dumps(data, default=json_default, allow_nan=False)
