"""Being told when a notebook's cell has run, for as long as one lives."""

from __future__ import annotations

import sys
import weakref
from collections.abc import Callable
from typing import Any


def after_each_cell(method: Callable[[], Any]) -> Callable[[], None]:
    """Call a method after every cell that IPython runs; return what ends it.

    The method's object is not kept alive. Where there is no IPython nothing is called.
    """
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython is not None else None
    if shell is None:
        return lambda: None
    weak = weakref.WeakMethod(method)
    events = shell.events

    def run(*result: Any) -> None:
        own = weak()
        if own is None:
            stop()
        else:
            own()

    def stop() -> None:
        if run in events.callbacks["post_run_cell"]:
            events.unregister("post_run_cell", run)

    events.register("post_run_cell", run)
    return stop
