"""Where the points of a projector lie: layouts made once each, the slow ones in the background."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simnb import check, distances
from simnb.widgets.points import coordinates_of
from simnb.widgets.projector.background import BackgroundProjection
from simnb.widgets.projector.projection import METHODS, choose, project

logger = logging.getLogger(__name__)

AT_ONCE = "pca"  # fast enough to wait for
GIVEN = "given"


class Layouts:
    """Coordinates of the same items by several methods.

    Parameters
    ----------
    embeddings : float32 [n, d]
    distance : Distance
    seed : int
    on_progress : function of a dict or None
        Called from a thread with `{"method", "fraction", "message"}` while a layout is made,
        and with None after.
    on_ready : function
        Called from a thread when a layout that was asked for is there, or will not be.
    """

    def __init__(
        self,
        embeddings: NDArray[np.float32],
        distance: distances.Distance,
        seed: int,
        on_progress: Callable[[dict[str, Any] | None], None],
        on_ready: Callable[[str | None], None],
    ) -> None:
        self._embeddings = embeddings
        self._distance = distance
        self._seed = seed
        self._on_progress = on_progress
        self._on_ready = on_ready
        self._made: dict[tuple[str, int], NDArray[np.float32]] = {}
        self._waiting: list[tuple[str, int]] = []
        self._running: BackgroundProjection | None = None
        self._lock = threading.RLock()
        self._idle = threading.Event()
        self._idle.set()

    def get(self, method: str, dimensions: int) -> NDArray[np.float32] | None:
        """Return the coordinates if they are there or take no time; else None."""
        key = (method, dimensions)
        if key not in self._made and method == AT_ONCE:
            made = project(
                self._embeddings,
                method,
                self._seed,
                distance=self._distance,
                dimensions=dimensions,
            )
            self.put(method, made)
        return self._made.get(key)

    def possible(self, method: str, dimensions: int) -> bool:
        """Whether a layout of so many dimensions is there or can be made."""
        return method in METHODS or (method, dimensions) in self._made

    def put(self, method: str, coordinates: NDArray[np.float32]) -> None:
        """Keep coordinates; nobody changes them from here on."""
        coordinates.flags.writeable = False
        self._made[method, coordinates.shape[1]] = coordinates

    def ask(self, keys: list[tuple[str, int]]) -> None:
        """Make these layouts, in the background and one after the other; no others."""
        with self._lock:
            self._waiting = [key for key in keys if key not in self._made]
            if self._running is not None and self._key not in self._waiting:
                self._stop()
            if self._running is None:
                self._next()

    def cancel(self) -> None:
        """Stop what is being made; nothing more is called."""
        with self._lock:
            self._waiting = []
            self._stop()

    def wait(self, timeout: float | None) -> bool:
        """Wait until nothing is being made; return whether that is so."""
        return self._idle.wait(timeout)

    def _stop(self) -> None:
        if self._running is not None:
            self._running.cancel()
            self._running = None
            self._tell(self._on_progress, None)
        self._idle.set()

    def _next(self) -> None:
        if not self._waiting:
            self._idle.set()
            return
        self._idle.clear()
        self._key = method, dimensions = self._waiting[0]
        starting = {"method": method, "fraction": None, "message": "starting"}
        self._tell(self._on_progress, starting)
        self._running = BackgroundProjection(
            self._embeddings,
            method,
            self._seed,
            distance=self._distance,
            dimensions=dimensions,
            on_progress=lambda fraction, message: self._tell(
                self._on_progress, {"method": method, "fraction": fraction, "message": message}
            ),
            on_done=lambda made: self._done(method, dimensions, made, None),
            on_error=lambda message: self._done(method, dimensions, None, message),
        )

    def _done(
        self, method: str, dimensions: int, made: NDArray[np.float32] | None, error: str | None
    ) -> None:
        key = (method, dimensions)
        with self._lock:
            if self._running is None or self._key != key:  # cancelled while it was on its way
                return
            self._running = None
            if made is not None:
                self.put(method, made)
            self._waiting = [other for other in self._waiting if other != key]
            self._tell(self._on_progress, None)
            self._tell(self._on_ready, error)
            if self._running is None:
                self._next()

    def _tell(self, listener: Callable[[Any], None], news: Any) -> None:
        """Whatever someone who observes the widget raises, the next layout is made."""
        try:
            listener(news)
        except Exception:
            logger.exception("An observer of a projector failed")

    def best(
        self, methods: list[str], dimensions: int, shown: list[str]
    ) -> tuple[list[str], list[NDArray[np.float32]]]:
        """Return, for each panel, the name and the coordinates to draw now.

        The layout asked for, or, until it is there, the one drawn so far, or PCA.
        """
        names, drawn = [], []
        for panel, method in enumerate(methods):
            before = shown[panel] if panel < len(shown) else AT_ONCE
            name = next(
                own for own in (method, before, AT_ONCE) if self.get(own, dimensions) is not None
            )
            names.append(name)
            drawn.append(self._made[name, dimensions])
        return names, drawn


def named(method: Any, count: int) -> tuple[list[str], dict[str, NDArray[np.float32]]]:
    """Return the methods asked for by name, and the coordinates that were given for some.

    Raises
    ------
    ValueError
        A name is unknown, there are more than two, or coordinates do not fit.
    """
    several = isinstance(method, (list, tuple)) and all(
        isinstance(own, str) or getattr(own, "ndim", 0) == 2 for own in method
    )
    wanted = list(method) if several else [method]
    if not 1 <= len(wanted) <= 2:
        raise ValueError(f"`method` must be one or a pair. Received: {len(wanted)}")
    names, given = [], {}
    for place, own in enumerate(wanted):
        if isinstance(own, str):
            names.append(choose(check.one_of("method", own, ("auto", *METHODS)), count))
        else:
            names.append(f"{GIVEN} {place + 1}" if several else GIVEN)
            given[names[-1]] = coordinates_of("method", own, count, (2, 3))
    if len({coordinates.shape[1] for coordinates in given.values()}) > 1:
        raise ValueError("`method`: a pair of coordinates must both be [n, 2] or both [n, 3]")
    return names, given
