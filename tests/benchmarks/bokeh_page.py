"""What a Bokeh figure gives to a page and to a notebook, in whichever interpreter it is drawn."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import bokeh.io.notebook


def write_page(plot: Any, folder: str, name: str) -> dict[str, Any]:
    """Write BokehJS and the figure's JSON for a page to show; return where, and its bytes."""
    from bokeh.embed import json_item
    from bokeh.resources import INLINE

    scripts, item = (Path(folder) / f"{name}.{suffix}" for suffix in ("js", "json"))
    scripts.write_text("\n".join(INLINE.js_raw), encoding="utf-8")
    item.write_text(json.dumps(json_item(plot)), encoding="utf-8")
    return {"scripts": str(scripts), "item": str(item), "bytes": item.stat().st_size}


def bytes_in_notebook(show: Callable[[], Any]) -> int:
    """Bytes that a notebook grows by when `show` is called in it, its loading of BokehJS included."""
    published: list[Any] = []
    place = bokeh.io.notebook
    before = place.publish_display_data, place.get_comms
    place.publish_display_data = lambda *data, **keys: published.append(data)
    place.get_comms = lambda name: None  # there is no kernel here
    try:
        show()
    finally:
        place.publish_display_data, place.get_comms = before
    return len(json.dumps(published))
