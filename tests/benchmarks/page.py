"""A real browser that is asked how fast its pages are; what a page itself can tell is `page.js`."""

from __future__ import annotations

import contextlib
import math
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

sys.path.insert(0, str(Path(__file__).parents[2]))  # for `tests`

from tests.chromium import CHROMIUM, offline_page, started

HOME = "http://localhost/bench"
MOVES = 60  # of the mouse, a frame each
LONGEST = 4.0  # seconds of one measurement, if it has a few frames by then
PADDING = 28  # pixels that the projector leaves free around its points


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
def empty_page(browser: Browser, **size: int) -> Iterator[Any]:
    """A page without a server or a network."""
    with offline_page(browser, **size) as (page, _):
        page.route(HOME, lambda own: own.fulfill(body="<!doctype html>", content_type="text/html"))
        page.goto(HOME)
        yield page


class Frames(NamedTuple):
    """Seconds from frame to frame, and those of each in which the page's main thread worked.

    The first are never less than the screen's own, a sixtieth of a second; the second are what
    has to fit into it.
    """

    whole: NDArray[np.float64]
    work: NDArray[np.float64]


def control(page: Any, place: dict[str, float], put: bool) -> float:
    """Median seconds of a frame in which nothing happens, or in which only pixels are put."""
    return float(np.median(control_frames(page, place, put).whole))


def control_frames(page: Any, place: dict[str, float], put: bool) -> Frames:
    """Frames in which nothing happens, or in which only pixels are put."""
    size = [round(place["width"]), round(place["height"])]
    return _frames(page.evaluate("own => speed.bare(...own)", [*size, MOVES, put]))


def slide(page: Any, root: str) -> Frames:
    """Move the slider of what is in `root` there and back, over most of its range, in every frame."""

    def moved(shares: list[float]) -> Any:
        slider = f"{root} input[type='range']"
        return page.evaluate("own => speed.slide(...own)", [slider, shares, 1000 * LONGEST])

    turns = [2 * math.pi * step / 45 for step in range(MOVES)]
    moved([0.5])
    before = page.locator(root).inner_text()
    found = moved([0.5 + 0.45 * math.sin(turn) for turn in turns])
    assert page.locator(root).inner_text() != before, "nothing has moved"
    return _frames(found)


def picture(page: Any, since: float) -> tuple[float, float]:
    """Seconds from a time of the page until points were seen, and until the picture stood still.

    `speed.watch()` has begun before.
    """
    page.wait_for_function(
        """() => {
            const {first, last} = speed.picture();
            return first !== null && speed.now() - last > 1000;
        }"""
    )
    seen = page.evaluate("() => speed.unwatch()")
    return (seen["first"] - since) / 1000, (seen["last"] - since) / 1000


def pan(page: Any) -> float:
    """Drag around, a move in every frame; median seconds of a frame."""
    return _median(_dragged(page, "drag"))


def pan_frames(page: Any) -> Frames:
    """Drag around, a move in every frame."""
    return _frames(_dragged(page, "dragWork"))


def _dragged(page: Any, how: str) -> Any:
    place, mouse = page.evaluate("() => speed.place()"), page.mouse
    x, y = place["x"] + place["width"] / 2, place["y"] + place["height"] / 2
    before = page.evaluate("() => speed.look()")
    turns = [2 * math.pi * step / 30 for step in range(MOVES)]
    moves = [[x + 80 * math.cos(turn), y + 60 * math.sin(turn)] for turn in turns]
    mouse.move(x, y)
    mouse.down()
    mouse.move(x + 40, y)
    found = page.evaluate(f"own => speed.{how}(...own)", [moves, 1000 * LONGEST])
    assert page.evaluate("() => speed.look()") != before, "nothing has moved"
    mouse.move(x, y)
    mouse.up()
    return found


def zoom(page: Any) -> float:
    """Turn the wheel in and out again, in every frame; median seconds of a frame."""
    place = page.evaluate("() => speed.place()")
    middle = place["x"] + place["width"] / 2, place["y"] + place["height"] / 2
    turns = [-40 if step % 20 < 10 else 40 for step in range(MOVES)]
    return _median(page.evaluate("own => speed.turn(...own)", [*middle, turns, 1000 * LONGEST]))


def until_still(page: Any, act: Callable[[Any], Any]) -> float:
    """Seconds from the last move of what moves the pointer until all of the picture is drawn."""
    page.evaluate("() => speed.watch()")
    act(page)
    return max(0.0, picture(page, page.evaluate("() => speed.lastMove()"))[1])


def places(
    coordinates: NDArray[np.float32], place: dict[str, float], padding: float = PADDING
) -> NDArray[np.float32]:
    """Where points are on a page whose picture shows all of them, in one scale and centred."""
    low, high = coordinates.min(axis=0), coordinates.max(axis=0)
    size = np.array([place["width"], place["height"]])
    scale = ((size - 2 * padding) / (high - low)).min()
    middle = np.array([place["x"], place["y"]]) + size / 2
    return middle + (coordinates - (low + high) / 2) * [scale, -scale]


def _frames(found: dict[str, list[float]]) -> Frames:
    return Frames(np.array(found["frames"]) / 1000, np.array(found["work"]) / 1000)


def _median(milliseconds: Sequence[float]) -> float:
    return median(milliseconds) / 1000
