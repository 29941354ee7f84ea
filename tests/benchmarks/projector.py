"""The projector on a page of its own, in a real browser: pictures, frames, hover, thumbnails.

A plain Bokeh figure stands beside it, and with --peer-python tfsim's projector, which Bokeh draws
too. The JSON of both is put on a page where BokehJS is there already, on a canvas of about the
same size; tfsim is given coordinates in place of its UMAP, and `active_drag="pan"`. While it is
dragged, Bokeh draws every tenth point only. What takes a notebook is in `projector_lab.py`.
"""

from __future__ import annotations

import json
import re
import time
from argparse import Namespace
from collections import Counter
from contextlib import ExitStack, closing
from functools import partial
from importlib import metadata
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from bokeh_page import write_page
from contenders import alone, bokeh, plain_figure, shown
from inputs import mnist, overlapping
from measure import Timer, interleaved
from page import (
    Browser,
    browser,
    control,
    empty_page,
    pan,
    places,
    until_still,
    zoom,
)
from peer import Peer
from report import Line, bounded, compared, main, megabytes, seconds

from simnb.widgets import Projector

LONG_BASE64 = re.compile(r"[A-Za-z0-9+/]{200}")


def measure(chosen: Namespace) -> list[Line]:
    sizes = (10_000, 100_000, 1_000) if chosen.quick else (100_000, 1_000_000, 10_000)
    few, many, images = sizes
    with browser() as chromium, Peer(chosen.peer_python) as peer:
        if chromium is None:
            return [Line("the projector in a browser", "–", "not run: needs Chromium")]
        return [
            *_pictures(chromium, peer, few, 64, chosen.rounds, (1.0, 0.033)),
            *_pictures(chromium, peer, many, 2, chosen.rounds, (5.0, 0.15)),
            *_hover(chromium, many, chosen.rounds),
            *_thumbnails(chromium, peer, images, chosen.data_dir),
            *_background(chromium, images),
        ]


class Times(NamedTuple):
    """Seconds by contender, the projector first, and messages that it sent while it was moved."""

    first: dict[str, list[float]]
    last: dict[str, list[float]]
    pan: dict[str, list[float]]
    still: dict[str, list[float]]
    ours: dict[str, list[float]]
    crossed: Counter[str]


def _pictures(
    chromium: Browser, peer: Peer, count: int, dim: int, rounds: int, limits: tuple[float, float]
) -> list[Line]:
    """First paint, pan and zoom of one size, beside the peers and the controls."""
    x, labels = overlapping(count, dim)
    with closing(Projector(x, labels, method="pca", distance="euclidean")) as widget:
        times = _timed(chromium, peer, widget, labels, rounds)
    empty, put = (seconds(times.ours[name]) for name in ("empty", "put"))
    controls = f"{empty} an empty frame, {put} `putImageData`"
    what = f"{count:,} points"
    first = f"{what}, first paint after the data is in the page"
    still = f"{what}, until all are drawn after the last move of a pan"
    asked = times.crossed["hovered"] + times.crossed["custom card"]
    unasked = sum(times.crossed.values()) - asked
    return [
        *compared(first, times.first, limits[0], f"{controls} ({chromium.name})"),
        bounded(f"{what}, until all are drawn", times.last["simnb"], None),
        *compared(f"{what}, median frame of a pan", times.pan, limits[1], controls),
        bounded(f"{what}, median frame of a zoom", times.ours["zoom"], limits[1], controls),
        *compared(still, times.still, None),
        Line(
            f"{what}, messages to Python while they are moved, `hovered` and its card aside",
            str(unasked),
            "–",
            target="0",
            met=not unasked,
        ),
    ]


def _timed(
    chromium: Browser, peer: Peer, widget: Projector, labels: np.ndarray, rounds: int
) -> Times:
    with ExitStack() as stack:
        bare, ours = stack.enter_context(alone(chromium, widget))
        ours.show()
        place = ours.page.evaluate("() => speed.place()")
        contenders = {"simnb": ours}
        for name, written in _figures(peer, widget.coordinates, labels, place).items():
            contenders[name] = stack.enter_context(bokeh(chromium, written))
        blank = stack.enter_context(empty_page(chromium))
        first, last = shown(contenders, rounds)
        pages = {name: own.page for name, own in contenders.items()}
        timers: dict[str, Timer] = {name: partial(pan, page) for name, page in pages.items()}
        timers["zoom"] = partial(zoom, ours.page)
        timers["empty"] = partial(control, blank, place, put=False)
        timers["put"] = partial(control, blank, place, put=True)
        bare.to_python.clear()
        frame = interleaved(timers, rounds)
        stills = {name: partial(until_still, page, pan) for name, page in pages.items()}
        still = interleaved(stills, rounds, warmups=0)
        bare.settle()
        panned = {name: frame.pop(name) for name in contenders}
        return Times(first, last, panned, still, frame, Counter(bare.to_python.messages_of))


def _figures(
    peer: Peer, coordinates: np.ndarray, labels: np.ndarray, place: dict[str, float]
) -> dict[str, Any]:
    """What the peers give to a page, by name."""
    folder = peer.folder(points_xy=coordinates, points_y=labels)
    plain = plain_figure(coordinates, labels, place)
    written = {f"Bokeh {metadata.version('bokeh')}": write_page(plain, folder, "plain")}
    if peer.is_there and len(labels) <= 100_000:  # of more, a drag takes minutes
        written["tfsim"] = peer.ask("projector", folder=folder, name="points")
    return written


def _hover(chromium: Browser, count: int, rounds: int) -> list[Line]:
    """From the move of the pointer until the row under it is found."""
    x, labels = overlapping(count, 2)
    rng = np.random.default_rng(0)
    times: dict[str, list[float]] = {"at once": [], "first": [], "later": []}
    with (
        closing(Projector(x, labels, method="pca", distance="euclidean")) as widget,
        alone(chromium, widget) as (bare, ours),
    ):
        ours.show()
        spots = places(widget.coordinates, ours.page.evaluate("() => speed.place()"))

        def found() -> float:
            ours.page.evaluate("() => speed.moves()")
            ours.page.mouse.move(*spots[rng.integers(count)])
            return ours.page.evaluate("() => speed.moves()")[-1] / 1000

        for _ in range(rounds):
            bare.reload()
            times["at once"].append(found())
            ours.show()
            times["first"].append(found())
            for _ in range(5):
                times["later"].append(found())
                bare.wait_for(lambda: widget.hovered is not None)
    what = f"{count:,} points, pointer move to row found"
    return [
        bounded(f"{what}, at once after the first paint", times["at once"], 0.05),
        bounded(f"{what}, the first when the picture is there", times["first"], 0.05),
        bounded(f"{what}, later ones", times["later"], 0.05),
    ]


def _thumbnails(chromium: Browser, peer: Peer, count: int, data_dir: str | None) -> list[Line]:
    """What is sent before anybody looks at an image."""
    x, labels = overlapping(count)
    images = mnist(data_dir)[0][:count]
    with (
        closing(Projector(x, labels, images, method="pca")) as widget,
        alone(chromium, widget) as (bare, ours),
    ):
        bare.to_page.clear()
        ours.show()
        bare.settle()
        messages, size = bare.to_page.messages, bare.to_page.bytes
        encoded = len(LONG_BASE64.findall(json.dumps(widget.get_state(), default=repr)))
        folder = peer.folder(digits_xy=widget.coordinates, digits_y=labels, digits_images=images)
    other = "–"
    if peer.is_there:
        written = peer.ask("projector", folder=folder, name="digits", images=True)
        theirs = Path(written["item"]).read_text(encoding="utf-8").count("data:image/png;base64")
        other = f"{megabytes(written['bytes'])}, {theirs:,} base64 strings tfsim"
    return [
        Line(
            f"{count:,} thumbnails, bytes at start",
            f"{megabytes(size)}, messages: {messages}, base64 strings: {encoded}",
            other,
            target="no base64 string",
            met=not encoded,
        )
    ]


def _background(chromium: Browser, count: int) -> list[Line]:
    """How long UMAP takes, and how long one waits for a picture."""
    x, labels = overlapping(count)
    begun = time.time()
    with (
        closing(Projector(x, labels, method="umap")) as widget,
        alone(chromium, widget) as (bare, ours),
    ):
        ours.show()
        seen = ours.page.evaluate("() => (performance.timeOrigin + speed.picture().first) / 1000")
        bare.wait_for(lambda: bare.get("_shown") == ["umap"], 600)
        moved = time.time()
    return [
        Line(
            f"{count:,} × {x.shape[1]}, `method='umap'`: from the call until PCA's picture is seen",
            seconds([seen - begun]),
            f"{seconds([moved - begun])} until UMAP's coordinates are there",
        )
    ]


if __name__ == "__main__":
    main(__doc__, measure)
