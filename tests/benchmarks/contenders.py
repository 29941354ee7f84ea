"""What is drawn on a page of its own: a widget of simnb, and figures of Bokeh."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from page import HOME, Browser, empty_page, picture

from simnb.widgets.base import Widget
from tests.widgets.bare_page import BarePage, bare_page

SIZE = {"width": 1000, "height": 700}  # of the window


@dataclass
class Contender:
    """A page, and what shows the picture on it anew.

    `show` returns the seconds from when the data is in the page until points are seen, and
    until all are drawn.
    """

    page: Any
    show: Callable[[], tuple[float, float]]


@contextmanager
def alone(chromium: Browser, widget: Widget) -> Iterator[tuple[BarePage, Contender]]:
    """The widget on the test ground, without Jupyter."""
    # A long pause: how that ground hears from Python is no part of a frame.
    with bare_page(chromium, widget, views=0, pause=400, **SIZE) as bare:

        def show() -> tuple[float, float]:
            bare.load(bare.page.url, 0)
            bare.page.evaluate("() => speed.watch()")
            bare.add_view()
            arrived = "() => performance.getEntriesByName('arrived')[0].startTime"
            return picture(bare.page, bare.page.evaluate(arrived))

        yield bare, Contender(bare.page, show)
        assert bare.trouble == []


@contextmanager
def bokeh(chromium: Browser, written: dict[str, Any]) -> Iterator[Contender]:
    """A figure that `bokeh_page.write_page` has written, on a page where BokehJS is there already."""
    item = Path(written["item"]).read_text(encoding="utf-8")
    with empty_page(chromium, **SIZE) as page:

        def show() -> tuple[float, float]:
            page.goto(HOME)
            page.add_script_tag(path=written["scripts"])
            arrived = page.evaluate(
                """text => {
                    const now = performance.now();
                    document.body.append(Object.assign(document.createElement("div"), {id: "plot"}));
                    speed.watch();
                    Bokeh.embed.embed_item(JSON.parse(text), "plot");
                    return now;
                }""",
                item,
            )
            return picture(page, arrived)

        yield Contender(page, show)


def plain_figure(coordinates: np.ndarray, labels: np.ndarray, place: dict[str, float]) -> Any:
    """A scatter plot as one writes it with Bokeh, of the size of the projector's."""
    from bokeh.palettes import Category10_10
    from bokeh.plotting import ColumnDataSource, figure
    from bokeh.transform import linear_cmap

    size = {name: round(place[name]) for name in ("width", "height")}
    plot = figure(tools="pan,wheel_zoom,lasso_select,hover", active_drag="pan", **size)
    columns = {"x": coordinates[:, 0], "y": coordinates[:, 1], "label": labels.astype(np.uint8)}
    color = linear_cmap("label", Category10_10, 0, 9)
    plot.scatter("x", "y", size=3, color=color, source=ColumnDataSource(columns))
    return plot


def shown(
    contenders: dict[str, Contender], rounds: int
) -> tuple[dict[str, list[float]], dict[str, list[float]]]:
    """Show all in turn, round after round; seconds until each is seen, and until all is drawn."""
    first, last = ({name: [] for name in contenders} for _ in range(2))
    for turn in range(rounds + 1):
        for name, own in contenders.items():
            seen, whole = own.show()
            if turn:  # the first is for warming up
                first[name].append(seen)
                last[name].append(whole)
    return first, last
