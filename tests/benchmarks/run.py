"""Run the benchmarks, one process a topic, and print one table.

    python tests/benchmarks/run.py [--quick] [--peer-python PATH] [--jscatter-python PATH]
        [--data-dir PATH] [--only NAME]

How to set up the environment of --peer-python is in `tfsim_peer.py`, that of --jscatter-python
in `projector_lab.py`; without them, the lines against tfsim and jupyter-scatter are left out.
Timings mean something on a machine that does nothing else.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from argparse import Namespace
from dataclasses import asdict
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter

from report import NOTE, Line, machine, options, table

TOPICS = (
    "import_time",
    "sampler",
    "file_samplers",
    "pets",
    "fit_step",
    "single_lookup",
    "exact_search",
    "peak_memory",
    "calibrate",
    "evaluate",
    "eval_callback",
    "projector",
    "projector_lab",
    "widgets",
    "widgets_lab",
    "tfsim",
)


def run() -> int:
    parser = options(__doc__.partition("\n")[0])
    parser.add_argument("--only", metavar="NAME", choices=TOPICS, help=" | ".join(TOPICS))
    chosen = parser.parse_args()
    print(f"{machine()}\n", flush=True)
    lines: list[Line] = []
    failed = []
    start = perf_counter()
    for topic in [chosen.only] if chosen.only else TOPICS:
        print(f"## {topic}\n", flush=True)
        with TemporaryDirectory() as folder:
            written = Path(folder) / "lines.json"
            script = Path(__file__).with_name(f"{topic}.py")
            command = [sys.executable, str(script), *_passed_on(chosen), "--json", str(written)]
            done = subprocess.run(command, env={"TF_CPP_MIN_LOG_LEVEL": "2", **os.environ})
            if done.returncode:
                failed.append(topic)
            else:
                lines += [Line(**line) for line in json.loads(written.read_text(encoding="utf-8"))]
        print(flush=True)
    print(f"## All, in {perf_counter() - start:.0f} s\n\n{machine()}\n\n{table(lines)}\n\n{NOTE}")
    if chosen.json is not None:
        chosen.json.write_text(json.dumps([asdict(line) for line in lines]), encoding="utf-8")
    missed = [line.line for line in lines if line.met is False]
    for name in failed:
        print(f"failed: {name}")
    for name in missed:
        print(f"missed: {name}")
    return 1 if failed or missed else 0


def _passed_on(chosen: Namespace) -> list[str]:
    given = {
        "--peer-python": chosen.peer_python,
        "--jscatter-python": chosen.jscatter_python,
        "--data-dir": chosen.data_dir,
    }
    passed = [word for name, value in given.items() if value for word in (name, value)]
    return [*passed, *(["--quick"] if chosen.quick else [])]


if __name__ == "__main__":
    sys.exit(run())
