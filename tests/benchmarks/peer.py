"""A process of tfsim's own environment, asked for one timing at a time: A B A B across interpreters."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from measure import Timer

_SCRIPT = Path(__file__).with_name("tfsim_peer.py")
_OURS = ("PYTHON", "KERAS_", "TF_", "VIRTUAL_ENV")  # settings that are not meant for it


class Peer:
    """Runs `tfsim_peer.py` for as long as the `with` block lasts; without a python it is not there."""

    def __init__(self, python: str | None) -> None:
        self.is_there = python is not None
        self._python = python

    def __enter__(self) -> Peer:
        self._folder = TemporaryDirectory()
        if self._python is not None:
            own = {k: v for k, v in os.environ.items() if not k.startswith(_OURS)}
            self._process = subprocess.Popen(
                [self._python, str(_SCRIPT)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                env={**own, "TF_CPP_MIN_LOG_LEVEL": "3"},
                text=True,
            )
        return self

    def __exit__(self, *error: object) -> None:
        if self.is_there:
            self._process.stdin.close()
            self._process.wait()
        self._folder.cleanup()

    def ask(self, task: str, /, **arguments: Any) -> Any:
        """Return what the function of that name in `tfsim_peer.py` returns."""
        self._process.stdin.write(json.dumps({"task": task, "arguments": arguments}) + "\n")
        self._process.stdin.flush()
        answer = self._process.stdout.readline()
        if not answer:
            raise RuntimeError(f"tfsim's process ended at {task!r}; its last words are above.")
        return json.loads(answer)

    def timer(self, task: str, number: int = 1) -> Timer:
        """Return a function that has the peer run a task `number` times and returns seconds a call."""
        return lambda: self.ask("seconds", task=task, number=number)

    def folder(self, **arrays: np.ndarray) -> str:
        """Write arrays for the peer to load, so that both sides work on the same."""
        for name, array in arrays.items():
            np.save(Path(self._folder.name) / f"{name}.npy", array)
        return self._folder.name
