"""Timing and memory: rounds of A B A B, fresh processes, the peak of a call."""

from __future__ import annotations

import multiprocessing
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from time import perf_counter
from typing import Any

Timer = Callable[[], float]


def timer(function: Callable[[], Any], number: int = 1) -> Timer:
    """Return a function that calls `function` `number` times and returns seconds a call."""

    def run() -> float:
        start = perf_counter()
        for _ in range(number):
            function()
        return (perf_counter() - start) / number

    return run


def interleaved(timers: dict[str, Timer], rounds: int, warmups: int = 1) -> dict[str, list[float]]:
    """Run all timers in turn, round after round, so that a busy minute slows all of them.

    Returns the seconds of each timer, one value a round, without the warm-up rounds.
    """
    for _ in range(warmups):
        for run in timers.values():
            run()
    seconds: dict[str, list[float]] = {name: [] for name in timers}
    for _ in range(rounds):
        for name, run in timers.items():
            seconds[name].append(run())
    return seconds


def in_fresh_process(function: Callable[..., Any], *arguments: Any) -> Any:
    """Return what a module-level function returns in a new interpreter.

    Memory that an earlier benchmark has freed, but not given back, would hide a peak.
    """
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(function, arguments)


def peak_rss(function: Callable[[], Any]) -> tuple[Any, int]:
    """Return the result of a call and by how many bytes it raised the process's peak. Linux only."""
    # Not ru_maxrss, which cannot be reset and which a child inherits from its parent.
    Path("/proc/self/clear_refs").write_text("5")
    before = _status_bytes("VmRSS")
    result = function()
    return result, max(0, _status_bytes("VmHWM") - before)


def peak_allocated(function: Callable[[], Any]) -> tuple[Any, int]:
    """Return the result of a call and the most bytes that Python and NumPy held for it."""
    tracemalloc.start()
    try:
        result = function()
        return result, tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def _status_bytes(field: str) -> int:
    for line in Path("/proc/self/status").read_text().splitlines():
        name, _, value = line.partition(":")
        if name == field:
            return int(value.split()[0]) * 1024
    raise KeyError(field)
