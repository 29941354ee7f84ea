"""`import simnb` in a fresh interpreter, beside an interpreter that does nothing."""

from __future__ import annotations

import subprocess
import sys
from argparse import Namespace
from statistics import median

from measure import interleaved, timer
from report import Line, main, seconds

HEAVY = ("tensorflow", "keras", "numpy")


def measure(chosen: Namespace) -> list[Line]:
    programs = {
        "simnb": "import simnb",
        "index": "from simnb.indexer import Indexer",
        "pass": "pass",
    }
    times = interleaved(
        {name: timer(lambda code=code: _run(code)) for name, code in programs.items()},
        max(5, chosen.rounds),
    )
    loaded = _run(f"import simnb, sys; print(*[m for m in {HEAVY} if m in sys.modules])")
    quick = median(times["simnb"]) < 0.2 and not loaded
    return [
        Line(
            f"`import simnb`, the whole process{f'; loads {loaded}' if loaded else ''}",
            seconds(times["simnb"]),
            f"{seconds(times['pass'])} `python -c pass`",
            target="< 0.2 s, no TensorFlow",
            met=quick,
        ),
        Line(
            f"`{programs['index']}`, the whole process",
            seconds(times["index"]),
            f"{seconds(times['pass'])} `python -c pass`",
        ),
    ]


def _run(code: str) -> str:
    return subprocess.run(
        [sys.executable, "-c", code], check=True, capture_output=True, text=True
    ).stdout.strip()


if __name__ == "__main__":
    main(__doc__, measure)
