"""The projector in a real JupyterLab, in a real browser: lasso, messages, the saved notebook.

With --jscatter-python, jupyter-scatter stands beside it, in a JupyterLab of its own:

    python -m venv jscatter && jscatter/bin/pip install jupyter-scatter jupyterlab

It draws by WebGL, which is slow where there is no graphics card, as here. Bokeh, and with it
tfsim's projector, has no way from a notebook to Python without a package more; what they write
into a notebook leaves BokehJS to a CDN.
"""

from __future__ import annotations

import importlib.util
import json
import math
from argparse import Namespace
from contextlib import ExitStack
from functools import partial
from typing import NamedTuple

import numpy as np
from bokeh_page import bytes_in_notebook
from contenders import plain_figure
from inputs import mnist, overlapping
from lab import SHOW, Lab, lab
from measure import interleaved
from page import PADDING, Browser, browser, control, pan, places, until_still
from peer import Peer
from report import Line, bounded, compared, main, megabytes, seconds

from simnb.widgets import assets, project

PROJECTOR = "from simnb.widgets import Projector"
DRAW = 'shown = Projector(x, labels, method="pca", distance="euclidean")\nfollow(shown)\nshown'
DRAW_IMAGES = 'shown = Projector(x, labels, images, method="pca")\nshown'
SCATTER = "import jscatter"
DRAW_SCATTER = """scatter = jscatter.Scatter(xy[:, 0], xy[:, 1], color_by=labels.astype(str), height=520)
shown = scatter.widget
follow(shown)
scatter.show()"""


class Told(NamedTuple):
    """How a widget is told what to do, in Python; and the margin that it leaves, in pixels."""

    lasso: str
    pan: str
    clear: str
    padding: float


TOLD = {
    "simnb": Told("shown.tool = 'lasso'", "shown.tool = 'pan'", "shown.selection = []", PADDING),
    "jupyter-scatter": Told(
        "shown.mouse_mode = 'lasso'", "shown.mouse_mode = 'panZoom'", "scatter.selection([])", 0
    ),
}


def measure(chosen: Namespace) -> list[Line]:
    if importlib.util.find_spec("jupyterlab") is None:
        return [Line("the projector in JupyterLab", "–", "not run: needs jupyterlab")]
    count, images = (10_000, 1_000) if chosen.quick else (100_000, 10_000)
    x, labels = overlapping(count)
    xy = project(x, "pca", distance="euclidean")
    with browser() as chromium, Peer(chosen.peer_python) as peer:
        if chromium is None:
            return [Line("the projector in JupyterLab", "–", "not run: needs Chromium")]
        with ExitStack() as stack:
            labs = {
                "simnb": stack.enter_context(lab(chromium, PROJECTOR, DRAW, x=x, labels=labels))
            }
            if chosen.jscatter_python is not None:
                own = lab(
                    chromium, SCATTER, DRAW_SCATTER, chosen.jscatter_python, xy=xy, labels=labels
                )
                labs["jupyter-scatter"] = stack.enter_context(own)
            lines = [
                *_growth(labs, peer, xy, labels),
                *_pictures(labs, count, chosen.rounds),
                *_lasso(labs, xy, chosen.rounds),
            ]
        return [*lines, *_marks(chromium, images, chosen)]


def _growth(labs: dict[str, Lab], peer: Peer, xy: np.ndarray, labels: np.ndarray) -> list[Line]:
    """How many bytes the saved notebook grows by when the widget is shown in it."""
    grown = {}
    for name, own in labs.items():
        before = own.saved()
        own.show()
        grown[name] = own.saved() - before
    static = len(labs["simnb"].notebook.outputs(SHOW)[0]["data"]["image/png"])
    plot = plain_figure(xy, labels, labs["simnb"].place())

    def show() -> None:
        from bokeh.io import output_notebook
        from bokeh.plotting import show

        output_notebook()
        show(plot)

    others = [f"{megabytes(bytes_in_notebook(show))} Bokeh"]
    if peer.is_there:
        folder = peer.folder(points_xy=xy, points_y=labels)
        written = peer.ask("projector", folder=folder, name="points")
        others.append(f"{megabytes(written['notebook'])} tfsim")
    if "jupyter-scatter" in grown:
        others.append(
            f"{grown['jupyter-scatter'] / 1000:.1f} kB jupyter-scatter, without a picture"
        )
    return [
        Line(
            f"{len(labels):,} points, what the saved notebook grows by",
            f"{grown['simnb'] / 1000:.1f} kB, of them {static / 1000:.1f} kB the static picture",
            ", ".join(others),
            target="≤ the picture + 1 kB",
            met=grown["simnb"] <= static + 1000,
        )
    ]


def _pictures(labs: dict[str, Lab], count: int, rounds: int) -> list[Line]:
    """First paint, pan, the message that brings the points, and what a drag sends."""
    painted: dict[str, list[float]] = {name: [] for name in labs}
    run: dict[str, list[float]] = {name: [] for name in labs}
    for _ in range(rounds):
        for name, own in labs.items():
            since, whole = own.show()
            painted[name].append(since)
            run[name].append(whole)
    pages = {name: own.notebook.page for name, own in labs.items()}
    for name, own in labs.items():
        own.notebook.python(TOLD[name].pan)
    panned = interleaved({name: partial(pan, page) for name, page in pages.items()}, rounds)
    stills = {name: partial(until_still, page, pan) for name, page in pages.items()}
    still = interleaved(stills, rounds, warmups=0)
    empty = control(pages["simnb"], labs["simnb"].place(), put=False)
    what = f"JupyterLab, {count:,} points"
    return [
        *compared(f"{what}, first paint after the message came", painted, 1.0),
        *compared(f"{what}, first paint after the cell was run", run, None),
        *compared(
            f"{what}, median frame of a pan", panned, 0.033, f"{seconds([empty])} an empty frame"
        ),
        *compared(f"{what}, until all are drawn after the last move of a pan", still, None),
        *_sent(labs, what, count),
    ]


def _sent(labs: dict[str, Lab], what: str, count: int) -> list[Line]:
    opening = {name: own.opening["size"] / count for name, own in labs.items()}
    drags = {name: own.sent(pan) for name, own in labs.items()}
    (size, drag), *others = zip(opening.values(), drags.values(), strict=True)
    script = len(assets.module("projector") + assets.style("widget", "projector")) / count
    return [
        Line(
            f"{what}, bytes a point of the message that opens the widget",
            f"{size:.2f}, of them {script:.2f} scripts and style",
            "".join(f"{own:.2f} jupyter-scatter" for own, _ in others) or "–",
            target="≤ 10",
            met=size <= 10 if count >= 100_000 else None,  # few points do not pay for the scripts
        ),
        Line(
            f"{what}, messages to Python in a drag",
            str(drag),
            "".join(f"{own} jupyter-scatter" for _, own in others) or "–",
            target="0",
            met=drag == 0,
        ),
    ]


def _lasso(labs: dict[str, Lab], xy: np.ndarray, rounds: int) -> list[Line]:
    """From letting the mouse go until Python has the rows."""
    times: dict[str, list[float]] = {name: [] for name in labs}
    corners, shares, pings = {}, {}, []
    for name, own in labs.items():
        own.show()  # nothing has moved yet
        own.notebook.python(TOLD[name].lasso)
        corners[name] = _around(xy, own.place(), TOLD[name].padding)
    for turn in range(rounds + 1):
        for name, own in labs.items():
            own.notebook.python(TOLD[name].clear)
            own.notebook.page.wait_for_timeout(300)
            taken, count = own.lasso(corners[name])
            shares[name] = count / len(xy)
            if turn:  # the first is for warming up
                times[name].append(taken)
        pings += [labs["simnb"].ping() for _ in range(5)]
    named = {f"{name} ({shares[name]:.0%} of the points)": own for name, own in times.items()}
    what = f"JupyterLab, lasso of {shares['simnb']:.0%} of {len(xy):,} points to `selection`"
    return [
        *compared(what, named, 0.5, f"{seconds(pings)} an empty message there and back"),
        Line(f"{what}, beside Bokeh and tfsim", "–", "none: they have no way to Python"),
    ]


def _around(xy: np.ndarray, place: dict[str, float], padding: float) -> list[tuple[float, float]]:
    """The corners of a lasso around the two fifths of the points that lie most to the left."""
    edge = float(np.quantile(places(xy, place, padding)[:, 0], 0.4))
    left, top = place["x"] + 4, place["y"] + 4
    bottom = place["y"] + place["height"] - 4
    steps = [(edge + 6 * math.sin(k), top + (bottom - top) * k / 39) for k in range(40)]
    return [*steps, (left, bottom), (left, top)]


def _marks(chromium: Browser, count: int, chosen: Namespace) -> list[Line]:
    """From the turn of the wheel after which few enough points are seen until they are images."""
    x, labels = overlapping(count)
    images = mnist(chosen.data_dir)[0][:count]
    times = []
    with lab(chromium, PROJECTOR, DRAW_IMAGES, x=x, labels=labels, images=images) as own:
        page = own.notebook.page
        for _ in range(chosen.rounds):
            own.show()
            coordinates = json.loads(own.notebook.python("print(shown.coordinates.tolist())"))
            spots = places(np.array(coordinates), own.place())
            page.evaluate("() => speed.forgetImage()")
            page.mouse.move(*np.median(spots, axis=0))
            for _ in range(40):
                page.mouse.wheel(0, -100)
                page.wait_for_timeout(500)
                if (taken := page.evaluate("() => speed.image()")) is not None:
                    break
            times.append(taken / 1000)
    what = f"JupyterLab, {count:,} thumbnails, from the last turn of the wheel until they are drawn"
    return [bounded(what, times, None)]


if __name__ == "__main__":
    main(__doc__, measure)
