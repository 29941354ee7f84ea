"""The neighbour viewer and the linked explorer in a real JupyterLab, in a real browser.

Cards count from the click on one until twenty new ones are painted with their images; for what is
uploaded to a model, from the choice of the file, so that its embedding counts too. The explorer
counts from running its cell until its map has points, its viewer images and its calibration
curves, beside the same cell with a widget that is nothing but a spot of colour.
"""

from __future__ import annotations

import importlib.util
from argparse import Namespace
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
from inputs import DIM, mnist, overlapping
from lab import Lab, lab
from page import Browser, Frames, browser, pan_frames, picture, slide
from PIL import Image
from report import Line, bounded, main, seconds
from widgets import quantile, told

K = 20
FEW = 100
CELL = "shown = make()\nshown"
MAKERS = f"""
import sys
from simnb import Indexer
from simnb.widgets import Explorer, NeighborViewer

class Spot(anywidget.AnyWidget):
    _esm = '''export default {{ render({{ el }}) {{
        const canvas = document.createElement("canvas");
        el.append(canvas);
        el.classList.add("spot");
        const pen = canvas.getContext("2d");
        pen.fillStyle = "red";
        pen.fillRect(0, 0, canvas.width, canvas.height);
    }} }}'''

def indexed(count):
    index = Indexer({DIM}, "cosine")
    index.add(x[:count], labels[:count], data=list(images[:count]))
    return index

indexes = {{count: indexed(count) for count in ({FEW}, len(x))}}

def explorer(count, method="auto"):
    drawn = {{"images": images[:count], "method": method}}
    return Explorer(indexes[count], others[:count], labels[:count], **drawn)

def viewer():
    return NeighborViewer(indexed(len(x)), k={K})

def model_viewer():
    sys.path.append({str(Path(__file__).parent)!r})
    from inputs import hello_world_model

    model = hello_world_model()
    model.create_index()
    model.index(images, labels, data=images)
    return NeighborViewer(model, images, labels, k={K})
"""
CARD = ".simnb-near"
PROJECTOR, VIEWER, CALIBRATION = ".simnb-projector", ".simnb-viewer", ".simnb-calibration"
PARTS = {PROJECTOR: 0, VIEWER: 11, CALIBRATION: 0}  # a query, and its neighbours


def measure(chosen: Namespace) -> list[Line]:
    if importlib.util.find_spec("jupyterlab") is None:
        return [Line("the linked widgets in JupyterLab", "–", "not run: needs jupyterlab")]
    count = 1_000 if chosen.quick else 10_000
    with browser() as chromium:
        if chromium is None:
            return [Line("the linked widgets in JupyterLab", "–", "not run: needs Chromium")]
        with _lab(chromium, count, chosen.data_dir) as own:
            return [*_cards(own, count, chosen.rounds), *_explorer(own, count, chosen.rounds)]


@contextmanager
def _lab(chromium: Browser, count: int, data_dir: str | None) -> Iterator[Lab]:
    points, labels = overlapping(2 * count)
    arrays = {"x": points[:count], "others": points[count:], "labels": labels[:count]}
    images = mnist(data_dir)[0][:count]
    with lab(chromium, MAKERS, CELL, **arrays, images=images) as own:
        yield own


def _make(own: Lab, maker: str, parts: dict[str, int]) -> dict[str, float]:
    """Run the cell with such a widget; seconds until each part is drawn, with so many images."""
    own.notebook.python(f"make = lambda: {maker}")
    page = own.notebook.page
    begun = own.run(f"speed.watchParts({parts})")
    page.wait_for_function("count => Object.keys(speed.parts()).length === count", arg=len(parts))
    return {name: (at - begun) / 1000 for name, at in page.evaluate("() => speed.parts()").items()}


def _cards(own: Lab, count: int, rounds: int) -> list[Line]:
    """From a click on a card, and from an upload to a model, until the new cards are painted."""
    page, number = own.notebook.page, 5 * rounds
    rng = np.random.default_rng(0)
    cards = page.locator(f"{VIEWER} {CARD}")
    file = page.locator(f"{VIEWER} input[type='file']")
    clicks = _replaced(own, "viewer()", lambda: cards.nth(rng.integers(1, K)).click(), number)
    uploads = _replaced(own, "model_viewer()", lambda: file.set_input_files(_digit(rng)), number)
    ping = f"{seconds([own.ping() for _ in range(number)])} an empty message there and back"
    what = f"JupyterLab, {count:,} × {DIM} with MNIST images, k = {K}"
    return [
        bounded(
            f"{what}: from the click on a card until the new cards are drawn", clicks, 0.15, ping
        ),
        bounded(
            f"{what}: from an upload until its cards are drawn, embedded by a model",
            uploads,
            0.15,
            ping,
        ),
    ]


def _replaced(own: Lab, maker: str, act: Callable[[], None], number: int) -> list[float]:
    """Seconds from what is done until all cards are others, again and again."""
    page = own.notebook.page
    _make(own, maker, {VIEWER: K + 1})
    times = []
    for turn in range(number + 2):
        page.evaluate("own => speed.watchCards(...own)", [VIEWER, CARD])
        act()
        found = page.evaluate("() => speed.cards()")
        assert found["images"] == K + 1, found
        if turn > 1:  # the first are for warming up
            times.append(found["taken"] / 1000)
    return times


def _digit(rng: np.random.Generator) -> dict[str, Any]:
    """An image as a file that is chosen."""
    file = BytesIO()
    Image.fromarray(rng.integers(0, 256, (28, 28)).astype(np.uint8)).save(file, "png")
    return {"name": "digit.png", "mimeType": "image/png", "buffer": file.getvalue()}


def _explorer(own: Lab, count: int, rounds: int) -> list[Line]:
    """The linked widgets: until all three are drawn, and how few items move and how many do."""
    page = own.notebook.page
    acts = {"pan": _pan, "drag of the threshold": _threshold, "dimmed": _dimmed}
    moved: dict[tuple[str, int], list[Any]] = {(act, n): [] for act in acts for n in (FEW, count)}
    spot, parts = [], []
    for _ in range(rounds):
        spot += _make(own, "Spot()", {".spot": 0}).values()
        parts.append(_make(own, f"explorer({count})", PARTS))
        for size in (FEW, count):
            _make(own, f"explorer({size}, 'pca')", PARTS)  # nothing in the background
            for name, act in acts.items():
                moved[name, size].append(act(page))
    whole = [max(own.values()) for own in parts]
    each = ", ".join(f"{seconds([own[name] for own in parts])} `{name}`" for name in PARTS)
    what = f"JupyterLab, `Explorer` on {count:,} × {DIM} with thumbnails"
    return [
        bounded(
            f"{what}: from running its cell until all three are drawn",
            whole,
            3.0,
            f"{seconds(whole[:1])} the first time; {seconds(spot)} the same cell with a spot of "
            f"colour; {each}",
        ),
        *(
            _as_smooth(f"{what}, {name}: work of a frame", moved[name, FEW], moved[name, count])
            for name in list(acts)[:2]
        ),
        bounded(
            f"{what}, from the last move of the threshold until the map is dimmed",
            moved["dimmed", count],
            None,
            f"{seconds(moved['dimmed', FEW])} at {FEW} items",
        ),
    ]


def _as_smooth(line: str, few: list[Frames], many: list[Frames]) -> Line:
    """Frames at many items beside those at few: as smooth if they come as often."""
    ratio = quantile(many, "whole", 0.5) / quantile(few, "whole", 0.5)
    return Line(
        line,
        told(many),
        f"{told(few)} at {FEW} items",
        f"{ratio:.2f} of the frame",
        "≤ 1.1",
        ratio <= 1.1,
    )


def _pan(page: Any) -> Frames:
    page.evaluate("root => speed.within(root)", PROJECTOR)
    page.locator(f"{PROJECTOR} .simnb-stage").first.scroll_into_view_if_needed()
    return pan_frames(page)


def _threshold(page: Any) -> Frames:
    page.locator(f"{CALIBRATION} input[type='range']").scroll_into_view_if_needed()
    return slide(page, CALIBRATION)


def _dimmed(page: Any) -> float:
    """Seconds from the last move of the threshold until the map no longer changes."""
    page.evaluate("root => (speed.within(root), speed.watch())", PROJECTOR)
    page.wait_for_function("() => speed.picture().first !== null")
    slide(page, CALIBRATION)
    return max(0.0, picture(page, page.evaluate("() => speed.lastMove()"))[1])


if __name__ == "__main__":
    main(__doc__, measure)
