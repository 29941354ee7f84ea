"""A handful of points in the plane: as a trait, placed by chance, and by name."""

from __future__ import annotations

from typing import Any

import numpy as np
import traitlets
from numpy.typing import NDArray

from simnb import check
from simnb.widgets.binary import refusing

MOST = 100  # points; a picture of more says nothing
_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


class Places(traitlets.TraitType):  # type: ignore[type-arg]
    """Points as a list of [x, y], one for each of the owner's labels; what is read is a copy.

    A list, since lists compare as a whole, which `observe` and `link` rely on.
    """

    info_text = "points [n, 2]"

    def __init__(self, **kwargs: Any) -> None:
        super().__init__([], **kwargs)
        self.tag(sync=True)

    def get(self, owner: Any, cls: Any = None) -> list[list[float]]:
        """Return a copy: a change within it would change what is shown of it, and no more."""
        places: list[list[float]] = super().get(owner, cls)  # type: ignore[assignment]
        return [own.copy() for own in places]

    def validate(self, owner: Any, value: Any) -> list[list[float]]:
        """Return an array or a list as a list, or raise."""
        with refusing():
            return checked_points(value, len(owner.labels))


def checked_points(points: Any, count: int | None = None) -> list[list[float]]:
    """Return points in the plane, so many if it is said, as a list of [x, y].

    Raises
    ------
    ValueError
        They are not [n, 2], not finite, of another number, or more than 100.
    """
    rows = check.matrix("points", points, columns=2)
    kind = np.asarray(points).dtype
    if kind.kind in "bUS":
        raise ValueError(
            f"`points` must be a numeric array of shape [n, 2]. Received: dtype {kind}"
        )
    if count is not None and len(rows) != count:
        raise ValueError(
            f"`points` must have one row for each of {count} labels. Received: shape {rows.shape}"
        )
    if not 0 < len(rows) <= MOST:
        raise ValueError(f"`points` must be from 1 to {MOST}. Received: shape {rows.shape}")
    places: list[list[float]] = np.asarray(points, np.float64).tolist()
    return places


def checked_place(place: Any) -> list[float]:
    """Return what a page sends as a point's place.

    Raises
    ------
    ValueError
        It is not two numbers.
    """
    pair = isinstance(place, (list, tuple)) and len(place) == 2
    if not pair or not all(type(own) in (int, float) for own in place):
        raise ValueError(f"`place` must be two numbers. Received: place={place!r:.80}")
    return [float(own) for own in place]


def by_chance(count: int, seed: int) -> NDArray[np.float64]:
    """Return points around 0, none too near to another, the same for a seed."""
    rng = np.random.default_rng(check.seed("seed", seed))
    points = rng.uniform(-1.2, 1.2, (1, 2))
    while len(points) < count:
        candidates = rng.uniform(-1.2, 1.2, (12, 2))
        apart = np.linalg.norm(candidates[:, None] - points, axis=2).min(axis=1)
        points = np.vstack([points, candidates[apart.argmax()]])
    return np.round(points[rng.permutation(count)], 2)


def names_of(codes: NDArray[np.int64]) -> list[str]:
    """Return a letter for each point's class and its number within it: A1, A2, B1."""
    seen: dict[int, int] = {}
    names = []
    for code in codes.tolist():
        seen[code] = seen.get(code, 0) + 1
        letters = (
            _LETTERS[code % 26] if code < 26 else _LETTERS[code // 26 - 1] + _LETTERS[code % 26]
        )
        names.append(f"{letters}{seen[code]}")
    return names
