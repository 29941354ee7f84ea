"""A projection in a process of its own, so that the notebook goes on and can cancel it."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from simnb.distances import Distance
from simnb.widgets.projector.projection import place, plan

__all__ = ["BackgroundProjection"]

News: TypeAlias = tuple[Callable[..., None], Any]

_PROGRAM = "import sys; sys.path[:] = {path!r}; from simnb.widgets.projector.projection_process import main; main()"


class BackgroundProjection:
    """`project`, computed by another process: the same coordinates, bit for bit.

    It starts at once, and ends with this process. Arguments are checked, and embeddings
    prepared for the distance, before the constructor returns; the arrays must not change
    until it is done.

    Parameters
    ----------
    embeddings : array or tensor, [n, d]
    method : {"auto", "pca", "umap", "densmap", "tsne"}, default "auto"
    seed : int, default 0
    distance : str or Distance, default "cosine"
    dimensions : {2, 3}, default 2
    init : array [n, dimensions], optional
    on_progress : function of a fraction or None, and a message
    on_done : function of float32 [n, dimensions]
    on_error : function of a message of one line
        These are called from a thread. After `cancel` none is called any more, but one that
        runs already is not waited for.

    Raises
    ------
    ValueError
        An argument is of the wrong kind or shape.

    Examples
    --------
    >>> embeddings, made = np.random.default_rng(0).normal(size=(50, 8)), []
    >>> running = BackgroundProjection(
    ...     embeddings,
    ...     "pca",
    ...     on_progress=lambda fraction, message: None,
    ...     on_done=made.append,
    ...     on_error=print,
    ... )
    >>> running.wait(60), made[0].shape
    (True, (50, 2))
    """

    def __init__(
        self,
        embeddings: Any,
        method: str = "auto",
        seed: int = 0,
        *,
        distance: str | Distance = "cosine",
        dimensions: int = 2,
        init: Any = None,
        on_progress: Callable[[float | None, str], None],
        on_done: Callable[[NDArray[np.float32]], None],
        on_error: Callable[[str], None],
    ) -> None:
        self._plan, self._usable = plan(embeddings, method, seed, distance, dimensions, init)
        self._on_progress = on_progress
        self._on_done = on_done
        self._on_error = on_error
        self._cancelled = False
        self._process: subprocess.Popen[bytes] | None = None
        self._starting = threading.Lock()
        self._thread = threading.Thread(target=self._run, name="simnb projection", daemon=True)
        self._thread.start()

    def cancel(self) -> None:
        """End the process now. What has ended already is left as it is."""
        with self._starting:
            self._cancelled = True
            if self._process is not None:
                self._process.kill()

    def wait(self, timeout: float | None = None) -> bool:
        """Wait until the last callback has returned; return whether it has.

        Parameters
        ----------
        timeout : float, optional
            Seconds; None waits as long as it takes.
        """
        self._thread.join(timeout)
        return not self._thread.is_alive()

    def __repr__(self) -> str:
        return f"BackgroundProjection({len(self._usable)} points, {self._plan.method!r})"

    def _run(self) -> None:
        with tempfile.TemporaryFile() as printed:
            try:
                with self._starting:
                    if self._cancelled:
                        return
                    process = self._process = _start(printed)
            except OSError as error:
                self._tell(self._on_error, f"No process could be started: {error}")
                return
            try:
                news = self._follow(process, printed)
            finally:
                _end(process)
        self._tell(*news)

    def _follow(self, process: subprocess.Popen[bytes], printed: IO[bytes]) -> News:
        """Give the process its task and pass its progress on; return its last news."""
        assert process.stdin is not None
        assert process.stdout is not None
        with contextlib.suppress(OSError):  # it has ended: what it says below tells why
            self._send(process.stdin)
        for line in process.stdout:
            if not line.startswith(b"{"):  # what Python's own start printed
                continue
            answer = json.loads(line)
            if "progress" in answer:
                self._tell(self._on_progress, *answer["progress"])
            elif "error" in answer:
                return self._on_error, answer["error"]
            else:
                made = np.frombuffer(process.stdout.read(answer["bytes"]), np.float32)
                return self._on_done, place(made.reshape(answer["shape"]), self._usable)
        return self._on_error, _last_words(process, printed)

    def _send(self, stream: IO[bytes]) -> None:
        rows, init = self._plan.rows, self._plan.init
        task = {
            "rows": rows.shape,
            "init": None if init is None else init.shape,
            "method": self._plan.method,
            "seed": self._plan.seed,
            "metric": self._plan.metric,
            "dimensions": self._plan.dimensions,
        }
        stream.write(json.dumps(task).encode() + b"\n")
        for array in (rows,) if init is None else (rows, init):
            stream.write(array.data)
        stream.flush()

    def _tell(self, listener: Callable[..., None], *news: Any) -> None:
        if not self._cancelled:
            listener(*news)


def _start(printed: IO[bytes]) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-c", _PROGRAM.format(path=_path())],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=printed,
        creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
    )


def _path() -> list[str]:
    """Where the process imports from: as this one, save files that lie beside the notebook.

    One that is called umap.py or numpy.py would stand for the package.
    """
    own, here = os.path.realpath(Path(__file__).parents[3]), os.path.realpath("")
    kept = [entry for entry in sys.path if isinstance(entry, str)]
    if own != here:
        kept = [entry for entry in kept if os.path.realpath(entry) != here]
    return kept if own in map(os.path.realpath, kept) else [*kept, own]


def _end(process: subprocess.Popen[bytes]) -> None:
    process.kill()
    with contextlib.suppress(OSError), process:  # closes its pipes and waits for it
        pass


def _last_words(process: subprocess.Popen[bytes], printed: IO[bytes]) -> str:
    code = process.wait()
    message = "The process that computes the projection ended early"
    if code < 0:
        return f"{message} (signal {-code}), perhaps for want of memory"
    printed.seek(0)
    lines = printed.read().decode(errors="replace").split("\n")
    said = next((line.strip() for line in reversed(lines) if line.strip()), "no message")
    return f"{message} (exit code {code}): {said}"
