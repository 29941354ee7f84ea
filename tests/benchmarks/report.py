"""What a benchmark reports: lines of one table, with the target beside the measured ratio."""

from __future__ import annotations

import argparse
import json
import os
import platform
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from importlib import metadata
from pathlib import Path
from statistics import median

COLUMNS = ("line of the issue", "simnb", "other", "ratio", "target", "met?")
NOTE = (
    "Ratio: other ÷ simnb, how many times faster or smaller simnb is; where the target is ≤ or <, "
    "simnb ÷ other. Median of the rounds' ratios (least–greatest); times are medians."
)


@dataclass(frozen=True)
class Line:
    """One line of the table. `met` is None where the issue names no target."""

    line: str
    simnb: str
    other: str
    ratio: str = "–"
    target: str = "–"
    met: bool | None = None


def faster(
    line: str,
    ours: Sequence[float],
    theirs: Sequence[float],
    other: str,
    at_least: float | None = None,
) -> Line:
    """How many times faster `ours` is, round by round."""
    ratios = [b / a for a, b in zip(ours, theirs, strict=True)]
    target, met = "–", None
    if at_least is not None:
        target, met = f"≥ {at_least:g}", median(ratios) >= at_least
    return Line(line, seconds(ours), f"{seconds(theirs)} {other}", _spread(ratios), target, met)


def within(
    line: str, ours: Sequence[float], theirs: Sequence[float], other: str, at_most: float
) -> Line:
    """How many times as long `ours` takes, round by round."""
    ratios = [a / b for a, b in zip(ours, theirs, strict=True)]
    return Line(
        line,
        seconds(ours),
        f"{seconds(theirs)} {other}",
        _spread(ratios),
        f"≤ {at_most:g}",
        median(ratios) <= at_most,
    )


def bounded(line: str, ours: Sequence[float], at_most: float | None, other: str = "–") -> Line:
    """How long `ours` takes, against a limit in seconds if there is one."""
    if at_most is None:
        return Line(line, seconds(ours), other)
    target = f"≤ {at_most:g} s" if at_most >= 0.5 else f"≤ {1000 * at_most:g} ms"
    return Line(line, seconds(ours), other, target=target, met=median(ours) <= at_most)


def compared(
    line: str, times: dict[str, Sequence[float]], at_most: float | None, other: str = "–"
) -> list[Line]:
    """How long the first takes, against a limit in seconds; and how much faster than each other."""
    (_, ours), *others = times.items()
    return [
        bounded(line, ours, at_most, other),
        *(faster(f"{line}, beside {name}", ours, theirs, name) for name, theirs in others),
    ]


def seconds(values: Sequence[float]) -> str:
    """Median as text: "12.3 ms"."""
    value = median(values)
    scale, unit = next(pair for pair in ((1.0, "s"), (1e-3, "ms"), (0.0, "µs")) if value >= pair[0])
    return f"{value / (scale or 1e-6):.3g} {unit}"


def megabytes(size: float) -> str:
    """Bytes as text: "12.3 MB"."""
    return f"{size / 1e6:,.1f} MB"


def table(lines: Sequence[Line]) -> str:
    """The lines as Markdown."""
    words = {True: "yes", False: "**no**", None: "–"}
    rows = [COLUMNS, ("---",) * len(COLUMNS)]
    rows += [(x.line, x.simnb, x.other, x.ratio, x.target, words[x.met]) for x in lines]
    return "\n".join("| " + " | ".join(row) + " |" for row in rows)


def machine() -> str:
    """Cores, versions and load average, in one line."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    parts = [f"{cores} cores", f"python {platform.python_version()}"]
    for package in ("numpy", "keras", "tensorflow", "tensorflow-cpu", "nmslib"):
        try:
            parts.append(f"{package} {metadata.version(package)}")
        except metadata.PackageNotFoundError:
            continue
    if hasattr(os, "getloadavg"):
        parts.append("load average " + " ".join(f"{load:.2f}" for load in os.getloadavg()))
    return ", ".join(parts)


def options(description: str) -> argparse.ArgumentParser:
    """The options that every script here takes."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--quick", action="store_true", help="fewer rounds, smaller sizes")
    parser.add_argument("--peer-python", metavar="PATH", help="python of tfsim's environment")
    parser.add_argument("--jscatter-python", metavar="PATH", help="python of jupyter-scatter's")
    parser.add_argument("--data-dir", metavar="PATH", help="where tensorflow_datasets keeps data")
    parser.add_argument("--json", metavar="PATH", type=Path, help="also write the lines there")
    return parser


def main(description: str, measure: Callable[[argparse.Namespace], list[Line]]) -> None:
    """Run one topic as a script: measure, print the table."""
    chosen = options(description).parse_args()
    chosen.rounds = 3 if chosen.quick else 5
    lines = measure(chosen)
    print(table(lines))
    if chosen.json is not None:
        chosen.json.write_text(json.dumps([asdict(line) for line in lines]), encoding="utf-8")


def _spread(ratios: Sequence[float]) -> str:
    return f"{median(ratios):.2f} ({min(ratios):.2f}–{max(ratios):.2f})"
