"""What every widget of simnb shares, so that the next one is a Python file and a JavaScript file."""

from __future__ import annotations

import base64
import logging
from collections.abc import Mapping, Sequence
from typing import Any

import anywidget
import traitlets

from simnb.widgets import assets
from simnb.widgets.binary import RefusedError

logger = logging.getLogger(__name__)


def sendable(text: Any) -> str:
    """Return a text as it can be sent: half a character, which Python's may hold, cannot be."""
    return str(text).encode("utf-8", "replace").decode("utf-8")


def counted(count: int, one: str, several: str = "") -> str:
    """Return a count and the noun of what is counted, of which the plural may be given.

    Examples
    --------
    >>> counted(1, "item"), counted(2, "item"), counted(0, "query", "queries")
    ('1 item', '2 items', '0 queries')
    """
    return f"{count} {one if count == 1 else several or one + 's'}"


class Request(dict[str, Any]):
    """What the page asks: of what it lacks an error speaks that its reader understands."""

    def __missing__(self, key: str) -> Any:
        raise ValueError(f"the request must have `{key}`")


class Widget(anywidget.AnyWidget):
    """A widget of simnb; a subclass is a Python file and `static/<script>.js`.

    `class Mine(Widget, script="mine")` takes its module, with all that it imports, from
    `static/mine.js`, and its style from `static/widget.css` and `static/mine.css`. Methods
    named `_answer_<type>` answer the requests of JavaScript: they take the message and
    return a dict and buffers. `_picture` returns a PNG for where widgets do not run, such
    as GitHub, and `__repr__` is the same in every run.

    Attributes
    ----------
    theme : {"auto", "light", "dark"}, default "auto"
        "auto" goes by the page.
    height : int, default 520
        Of the drawing, in pixels.
    title : str, default ""
    """

    theme = traitlets.Enum(("auto", "light", "dark"), "auto").tag(sync=True)
    height = traitlets.Int(520, min=120, max=4000).tag(sync=True)
    title = traitlets.Unicode("").tag(sync=True)

    def __init_subclass__(cls, script: str | None = None, **kwargs: Any) -> None:
        if script is not None:
            cls._esm = assets.module(script)
            cls._css = assets.style("widget", script)
        super().__init_subclass__(**kwargs)

    def __init__(self, **kwargs: Any) -> None:
        try:
            super().__init__(**kwargs)
        except traitlets.TraitError as error:
            raise RefusedError(str(error)) from error
        self.on_msg(self._receive)

    def set_state(self, sync_data: dict[str, Any]) -> None:
        """Take state from JavaScript; what is not allowed is refused, and the page corrected."""
        # What begins with an underscore, of ours, Python alone sets.
        own = {name for name in sync_data if name.startswith("_") and self._is_ours(name)}
        try:
            if own:
                raise RefusedError(f"{', '.join(sorted(own))} cannot be set by the page")
            super().set_state(sync_data)
        except traitlets.TraitError as error:
            logger.warning("simnb refused what the page sent: %s", error)
            self.send_state([name for name in sync_data if name in self.keys])

    def close(self) -> None:
        """Remove the widget from the page."""
        super().close()
        self.__dict__.pop("_repr_mimebundle_", None)  # ipywidgets puts None in its place

    @traitlets.validate("title")
    def _check_title(self, proposal: Any) -> str:
        return sendable(proposal.value)

    def _is_ours(self, name: str) -> bool:
        trait = self.traits(sync=True).get(name)
        return trait is not None and trait.this_class.__module__.startswith("simnb.")

    def _together(self, state: dict[str, Any]) -> None:
        """Set several traits, and tell the page of all in one message."""
        with self.hold_sync():
            for name, value in state.items():
                setattr(self, name, value)

    def _receive(self, widget: Any, content: Any, buffers: Sequence[Any]) -> None:
        """Answer one request of JavaScript; whatever is wrong with it is told, not raised."""
        if not isinstance(content, Mapping):
            return
        answer = getattr(self, f"_answer_{content.get('type')}", None)
        if answer is None:
            return
        about = {"request": content.get("request")}
        try:
            reply, attached = answer(Request(content))
        except Exception as error:
            logger.warning("simnb refused the request %r: %s", content.get("type"), error)
            self.send({"type": "error", "message": str(error), **about})
        else:
            # ipywidgets takes binary values out of traits, but not out of messages.
            arrays = [own for own in reply.values() if isinstance(own, dict) and "view" in own]
            views = [own.pop("view") for own in arrays]
            self.send({"type": "answer", **about, **reply}, [*views, *attached])

    def _picture(self) -> bytes | None:
        """A PNG of what the widget shows."""
        return None

    def _repr_mimebundle_(self, **kwargs: Any) -> Any:
        if self.comm is None:
            return {"text/plain": repr(self)}, {}
        bundle = super()._repr_mimebundle_(**kwargs)
        if bundle is None:
            return None
        data, metadata = bundle
        picture = self._picture()
        if picture is not None:
            data = {**data, "image/png": base64.b64encode(picture).decode("ascii")}
        return data, metadata
