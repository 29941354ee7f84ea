"""The process in which a projection is computed, beside the notebook's own.

It reads one line of JSON and the arrays that this announces from standard input, and writes
lines of JSON to standard output: `{"progress": [fraction, message]}`, then `{"error": message}`
or `{"shape": [n, dimensions], "bytes": count}` and that many of the coordinates. It ends when its input does.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from simnb.widgets.projector.projection import Plan

__all__ = ["main"]


def main() -> None:
    """Lay out what standard input brings, and end with the process that started this one."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # meant for the notebook's running cell
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what libraries print must not come between the answers
    line = sys.stdin.buffer.readline()
    if not line:
        return
    task = json.loads(line)
    rows = _read(sys.stdin.buffer, task.pop("rows"))
    start = task.pop("init")
    plan = Plan(rows, init=None if start is None else _read(sys.stdin.buffer, start), **task)
    threading.Thread(target=_end_with_input, daemon=True).start()

    def answer(**content: Any) -> None:
        answers.write(json.dumps(content).encode() + b"\n")
        answers.flush()

    try:
        made = plan.lay_out(lambda fraction, message: answer(progress=[fraction, message]))
    except Exception as error:
        answer(error=" ".join(f"{type(error).__name__}: {error}".split()))
    else:
        answer(shape=made.shape, bytes=made.nbytes)
        answers.write(made.tobytes())
        answers.flush()


def _read(stream: BinaryIO, shape: list[int]) -> NDArray[np.float32]:
    values = np.empty(int(np.prod(shape)), np.float32)
    if stream.readinto(values) < values.nbytes:  # type: ignore[attr-defined]
        os._exit(1)  # the parent ended in the middle
    return values.reshape(shape)


def _end_with_input() -> None:
    # Not through sys.stdin: its lock would be held when the interpreter ends.
    os.read(0, 1)
    os._exit(1)


if __name__ == "__main__":
    main()
