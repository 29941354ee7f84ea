"""Each widget's scripts, and the calibration explorer on a page of its own, in a real browser.

Its threshold is dragged, a move in every frame, with no Python on the way. An idle page has a
frame every sixtieth of a second, which is more than 16 ms already; so what is held against 16 ms
is the work of a frame: how long a move keeps the page's main thread, in its handlers, in timers
and from the first callback of the frame that follows until it is painted. The frames stand beside
it. The same holds for an empty loop, and one that does nothing but `putImageData`.
"""

from __future__ import annotations

from argparse import Namespace
from collections import Counter
from collections.abc import Callable
from contextlib import closing
from functools import partial
from time import perf_counter
from typing import Any, NamedTuple

import numpy as np
from contenders import alone
from page import Browser, Frames, browser, control_frames, empty_page, slide
from report import Line, bounded, main, seconds

from simnb.types import Lookups
from simnb.widgets import CalibrationExplorer, assets

SCRIPTS = ("projector", "neighbor_viewer", "calibration_explorer", "loss_explorer")
ROOT = ".simnb-calibration"
CLASSES = 1000
LIMIT = 0.016


def measure(chosen: Namespace) -> list[Line]:
    count = 10_000 if chosen.quick else 100_000
    with browser() as chromium:
        if chromium is None:
            drags = [Line("the calibration explorer in a browser", "–", "not run: needs Chromium")]
        else:
            drags = _drags(chromium, count, chosen.rounds)
    return [*drags, *map(_script, SCRIPTS)]


class Times(NamedTuple):
    """Seconds until it is drawn, frames by the tab that is open, and what is sent meanwhile."""

    first: list[float]
    drags: dict[str, list[Frames]]
    empty: list[Frames]
    put: list[Frames]
    sent: Counter[str]


def _drags(chromium: Browser, count: int, rounds: int) -> list[Line]:
    """A drag of the threshold, with each of the tabs open."""
    lookups, labels = _found(count)
    what = f"`CalibrationExplorer`, {count:,} queries of {CLASSES:,} classes"
    begun = perf_counter()
    with closing(CalibrationExplorer(lookups, labels)) as widget:
        made = perf_counter() - begun
        times = _timed(chromium, widget, rounds)
    controls = f"{told(times.empty)} where nothing happens; {told(times.put)} `putImageData`"
    asked = times.sent.pop("threshold", 0)
    others = sum(times.sent.values())
    return [
        bounded(
            f"{what}, first paint after the data is in the page",
            times.first,
            None,
            f"{seconds([made])} until Python has made it",
        ),
        *(
            Line(
                f"{what}, “{tab}” open, drag of the threshold: work of a frame",
                told(frames),
                "–" if place else controls,
                target="95 % ≤ 16 ms",
                met=quantile(frames, "work", 0.95) <= LIMIT,
            )
            for place, (tab, frames) in enumerate(times.drags.items())
        ),
        Line(
            f"{what}, messages to Python in {len(times.first) * len(times.drags)} drags",
            f"{asked} `threshold`, {others} others",
            "–",
            target="0 others",
            met=not others,
        ),
    ]


def _found(count: int) -> tuple[Lookups, np.ndarray]:
    """Look-ups and true labels: the farther off, the more answers are wrong, of any class."""
    rng = np.random.default_rng(0)
    distances = rng.random((count, 1), dtype=np.float32)
    labels, others = rng.integers(CLASSES, size=(2, count))
    answers = np.where(rng.random(count) < distances[:, 0] ** 2, others, labels)
    return Lookups(np.arange(count)[:, None], distances, answers[:, None]), labels


def _timed(chromium: Browser, widget: CalibrationExplorer, rounds: int) -> Times:
    with alone(chromium, widget) as (bare, ours), empty_page(chromium) as blank:
        first = [ours.show()[0] for _ in range(rounds)]
        place = bare.page.evaluate("() => speed.place()")
        tabs = bare.page.locator(f"{ROOT} [role='tab']")
        drags = {
            name: partial(_drag, bare.page, tabs.get_by_text(name, exact=True))
            for name in tabs.all_inner_texts()
        }
        controls = {put: partial(control_frames, blank, place, put) for put in (False, True)}
        acts: dict[Any, Callable[[], Frames]] = {**drags, **controls}
        for act in acts.values():
            act()  # for warming up
        bare.settle()
        bare.to_python.clear()
        frames: dict[Any, list[Frames]] = {name: [] for name in acts}
        for _ in range(rounds):
            for name, act in acts.items():
                frames[name].append(act())
        bare.settle()
        empty, put = (frames.pop(name) for name in controls)
        return Times(first, frames, empty, put, Counter(bare.to_python.messages_of))


def _drag(page: Any, tab: Any) -> Frames:
    tab.click()
    page.evaluate("() => speed.painted()")
    return slide(page, ROOT)


def quantile(rounds: list[Frames], kind: str, share: float) -> float:
    """Median of the rounds' quantiles of the frames or of their work, in seconds."""
    return float(np.median([np.quantile(getattr(own, kind), share) for own in rounds]))


def told(rounds: list[Frames]) -> str:
    """Work and frames as text, the median and the 95th percentile of each."""
    work, whole = (
        ", 95 % within ".join(seconds([quantile(rounds, kind, share)]) for share in (0.5, 0.95))
        for kind in ("work", "whole")
    )
    return f"{work}; frames {whole}"


def _script(name: str) -> Line:
    script = len(assets.module(name).encode())
    style = len(assets.style("widget", name).encode())
    return Line(
        f"JavaScript that a widget sends, `{name}`",
        f"{script / 1000:.1f} kB",
        f"{style / 1000:.1f} kB of CSS",
        target="≤ 60 kB",
        met=script <= 60_000,
    )


if __name__ == "__main__":
    main(__doc__, measure)
