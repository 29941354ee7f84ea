"""Where a reader has been, with the way back and forward, as a browser keeps it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, TypeVar

Place = TypeVar("Place")

_LONGEST = 200


class Trail(Generic[Place]):
    """Places in the order in which they were visited.

    Examples
    --------
    >>> trail = Trail()
    >>> trail.visit("a"), trail.visit("b"), trail.back(), trail.forward()
    (None, None, 'a', 'b')
    """

    def __init__(self) -> None:
        self._places: list[Place] = []
        self._at = -1

    @property
    def here(self) -> Place | None:
        """Where one is; None where no place is left."""
        return self._places[self._at] if self._at >= 0 else None

    def visit(self, place: Place) -> None:
        """Go to a place; unless it is the one before or the one ahead, what lay ahead is forgotten.

        The same place again is no step. Who goes to the place before takes a step back, and to
        the one ahead a step forward: so does a page that keeps its own way back.
        """
        for by in (0, -1, 1):
            if 0 <= self._at + by < len(self._places) and self._places[self._at + by] == place:
                self._at += by
                return
        self._places = [*self._places[: self._at + 1], place][-_LONGEST:]
        self._at = len(self._places) - 1

    def back(self) -> Place | None:
        """Return the place before, and be there; None where there is none."""
        return self._step(-1)

    def forward(self) -> Place | None:
        """Return the place that `back` left; None where there is none."""
        return self._step(1)

    def keep(self, renamed: Callable[[Place], Place | None]) -> None:
        """Give every place its new name; those without one are forgotten.

        Who was at one of those is at the one before it.
        """
        pairs = [(place, renamed(own)) for place, own in enumerate(self._places)]
        kept = [(place, own) for place, own in pairs if own is not None]
        self._at = sum(place <= self._at for place, _ in kept) - 1
        self._places = [own for _, own in kept]

    def _step(self, by: int) -> Place | None:
        if not 0 <= self._at + by < len(self._places):
            return None
        self._at += by
        return self._places[self._at]
