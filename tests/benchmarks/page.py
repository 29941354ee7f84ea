"""A real browser that is asked how fast its pages are; what a page itself can tell is `page.js`."""

from __future__ import annotations

import contextlib
import math
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from report import Line, seconds

sys.path.insert(0, str(Path(__file__).parents[2]))  # for `tests`

from tests.chromium import CHROMIUM, offline_page, started

HOME = "http://localhost/bench"
WIDTH, HEIGHT = 1000, 700  # of the window, in pixels


class Browser:
    """Headless Chromium, each page of which is measured; tests' `bare_page` and `opened` take it."""

    def __init__(self, chromium: Any) -> None:
        self._chromium = chromium
        self.name = f"Chromium {chromium.version.partition('.')[0]}, headless, software GL"

    def new_context(self, **keys: Any) -> Any:
        context = self._chromium.new_context(**keys)
        context.add_init_script(path=Path(__file__).with_suffix(".js"))
        return context


@contextlib.contextmanager
def browser() -> Iterator[Browser | None]:
    """Start a browser; None where there is none."""
    if CHROMIUM is None:
        yield None
        return
    with started() as chromium:
        yield Browser(chromium)


@contextlib.contextmanager
def empty_page(browser: Browser) -> Iterator[Any]:
    """A page without a server or a network."""
    with offline_page(browser, width=WIDTH, height=HEIGHT) as (page, _):
        page.route(HOME, lambda own: own.fulfill(body="<!doctype html>", content_type="text/html"))
        page.goto(HOME)
        yield page


def controls(page: Any, width: int, height: int, frames: int) -> dict[str, list[float]]:
    """Seconds a frame of a loop that does nothing, and of one that only puts pixels."""
    return {
        name: _as_seconds(
            page.evaluate(
                "own => speed.bare(...own)", [round(width), round(height), frames, name == "put"]
            )
        )
        for name in ("empty", "put")
    }


def picture(page: Any, since: float, quiet: float = 0.6) -> tuple[float, float]:
    """Seconds from a time of the page until points were seen, and until nothing changed any more.

    `speed.watch()` must have begun before.
    """
    page.wait_for_function(
        """quiet => {
            const {first, last} = speed.picture();
            return first !== null && performance.now() - last > quiet;
        }""",
        arg=1000 * quiet,
    )
    seen = page.evaluate("() => { speed.picture().running = false; return speed.picture(); }")
    return (seen["first"] - since) / 1000, (seen["last"] - since) / 1000


def pan(page: Any, box: dict[str, float], moves: int) -> list[float]:
    """Drag in circles; seconds of every frame that followed a move."""
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + 8, y)  # past what is still a click
    page.evaluate("() => speed.recordFrames('pointermove')")
    for place in range(moves):
        turn = 2 * math.pi * place / 30
        page.mouse.move(x + 80 * math.cos(turn), y + 60 * math.sin(turn))
    found = page.evaluate("() => speed.frames()")
    page.mouse.up()
    return _as_seconds(found)


def zoom(page: Any, box: dict[str, float], moves: int) -> list[float]:
    """Turn the wheel in and out; seconds of every frame that followed a turn."""
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.evaluate("() => speed.recordFrames('wheel')")
    for place in range(moves):
        page.mouse.wheel(0, -40 if place % 20 < 10 else 40)
    return _as_seconds(page.evaluate("() => speed.frames()"))


def until_still(page: Any, act: Any) -> float:
    """Seconds from the end of an action until all of the picture is drawn."""
    page.evaluate("() => speed.watch()")
    act()
    return picture(page, page.evaluate("() => speed.now()"))[1]


def frames(values: Sequence[float]) -> str:
    """Median and 90th percentile as text."""
    return f"{seconds(values)} (p90 {seconds([sorted(values)[int(0.9 * len(values))]])})"


def bounded(line: str, ours: Sequence[float], at_most: float, other: str) -> Line:
    """A time with a limit of its own, beside a control or a peer."""
    limit = f"≤ {at_most:g} s" if at_most >= 1 else f"≤ {1000 * at_most:g} ms"
    return Line(line, seconds(ours), other, target=limit, met=sorted(ours)[len(ours) // 2] <= at_most)


def _as_seconds(milliseconds: Sequence[float]) -> list[float]:
    return [own / 1000 for own in milliseconds]
