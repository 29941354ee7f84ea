"""The same example twice: within a part of the data, or in two parts that should be apart.

A query that training or the index has seen, or that stands twice, makes every measurement
look better than it is. `find_duplicates` tells where.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from simnb import check, distances
from simnb.search import ExactSearch

__all__ = ["Duplicates", "find_duplicates"]

Rows: TypeAlias = NDArray[np.int64]
Vectors: TypeAlias = NDArray[np.float32]

_CHUNK = 1024  # rows that are gathered at once
_BLOCK = 64  # rows that are compared among themselves: their differences are [64, 64, d]


@dataclass(frozen=True)
class Duplicates:
    """What `find_duplicates` found.

    Attributes
    ----------
    sizes : dict of int
        Number of examples of each part.
    pairs : dict of int64 [m, 2]
        By two names of parts, the earlier first: row in the one and row in the other, for
        each row of the other that the one has too. With one name twice, for each row that
        repeats an earlier one: the earlier row and that row.
    """

    sizes: dict[str, int]
    pairs: dict[tuple[str, str], Rows]

    def rows(self, part: str) -> Rows:
        """Return the rows of a part to leave out: those in an earlier part, or repeated.

        Raises
        ------
        ValueError
            There is no such part; the message lists those there are.
        """
        check.one_of("part", part, self.sizes)
        own = [found[:, 1] for (_, name), found in self.pairs.items() if name == part]
        return np.unique(np.concatenate(own))

    def __len__(self) -> int:
        return sum(map(len, self.pairs.values()))

    def __str__(self) -> str:
        """One line for each two parts."""
        return "\n".join(
            f"{part}: {len(found):,} of {self.sizes[part]:,} "
            + ("repeat an earlier one" if part == other else f"are in {other} too")
            for (other, part), found in self.pairs.items()
        )

    def __repr__(self) -> str:
        return f"Duplicates({len(self)} among {', '.join(self.sizes)})"


def find_duplicates(parts: Mapping[str, Any], within: float | None = None) -> Duplicates:
    """Find examples that are there twice, in one part of the data or in two.

    Parameters
    ----------
    parts : mapping of names to arrays [n, ...], views or lists of arrays
        `{"training": x, "index": x_index, "queries": x_queries}`; the part that may keep a
        shared example comes first. Strings, such as texts or paths, are examples too.
    within : float, optional
        None finds equal examples, by a 128-bit hash of their bytes, in one pass, without a
        copy. A number finds near ones
        too: those whose values differ by no more than that in root mean square, each with
        the nearest. That compares every two examples, in float32; thumbnails or embeddings
        in place of large images are enough.

    Returns
    -------
    Duplicates

    Raises
    ------
    ValueError
        `parts` is no mapping, or holds no numbers; parts differ in dtype, so that nothing
        could be equal; with `within`, examples differ in shape.

    Examples
    --------
    >>> x = np.arange(12).reshape(6, 2)
    >>> found = find_duplicates({"training": x, "queries": x[[5, 0, 5]] + [[0, 0], [9, 9], [0, 0]]})
    >>> print(found)
    training: 0 of 6 repeat an earlier one
    queries: 2 of 3 are in training too
    queries: 1 of 3 repeat an earlier one
    >>> found.rows("queries").tolist()
    [0, 2]
    """
    if not isinstance(parts, Mapping) or not parts:
        raise ValueError(f"`parts` must map names to examples. Received: {parts!r:.60}")
    for name, x in parts.items():
        if not (hasattr(x, "__len__") and hasattr(x, "__getitem__")) or hasattr(x, "columns"):
            raise ValueError(
                f"`parts` must map names to arrays or lists of examples. Received: {type(x).__name__} for {name!r}"
            )
    if within is None:
        _of_one_dtype(parts)
        found = _equal_pairs({name: _digests(x) for name, x in parts.items()})
    else:
        found = _near_pairs(parts, check.non_negative("within", within))
    return Duplicates({name: len(x) for name, x in parts.items()}, found)


def _each_two(parts: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """The names of every two parts, and of each with itself; all of a later part together."""
    for place, later in enumerate(parts):
        yield from ((earlier, later) for earlier in list(parts)[: place + 1])


def _equal_pairs(digests: Mapping[str, list[bytes]]) -> dict[tuple[str, str], Rows]:
    first: dict[str, dict[bytes, int]] = {}
    for name, own in digests.items():
        first[name] = {}
        for row, digest in enumerate(own):
            first[name].setdefault(digest, row)

    def pairs(one: str, other: str) -> Iterator[tuple[int, int]]:
        for row, digest in enumerate(digests[other]):
            earlier = first[one].get(digest)
            if earlier is not None and (one != other or earlier < row):
                yield earlier, row

    return {names: _rows(list(pairs(*names))) for names in _each_two(digests)}


def _near_pairs(parts: Mapping[str, Any], within: float) -> dict[tuple[str, str], Rows]:
    vectors = {name: _vectors(name, x) for name, x in parts.items()}
    sizes = {name: own.shape[1] for name, own in vectors.items() if len(own)}
    if len(set(sizes.values())) > 1:
        raise ValueError(
            f"`parts` must have examples of one shape for `within`. Received: numbers of values {sizes}"
        )
    return {
        (one, other): _near_earlier(vectors[one], within)
        if one == other
        else _near(vectors[one], vectors[other], within)
        for one, other in _each_two(parts)
    }


def _examples(x: Any) -> Iterator[NDArray[Any]]:
    for start in range(0, len(x), _CHUNK):
        yield from map(np.asarray, x[start : start + _CHUNK])


def _of_one_dtype(parts: Mapping[str, Any]) -> None:
    dtypes = {name: _dtype(np.asarray(x[0])) for name, x in parts.items() if len(x)}
    if len(set(dtypes.values())) > 1:
        raise ValueError(f"`parts` must be of one dtype to be compared. Received: {dtypes}")


def _dtype(example: NDArray[Any]) -> str:
    return "text" if example.dtype.kind == "U" else str(example.dtype)  # of any width


def _digests(x: Any) -> list[bytes]:
    return [_digest(example) for example in _examples(x)]


def _digest(example: NDArray[Any]) -> bytes:
    if example.dtype.kind not in "biufcSU":
        raise ValueError(f"`parts` must hold arrays of numbers. Received: dtype {example.dtype}")
    # Shape and type are part of it: equal bytes may be different examples.
    content = hashlib.blake2b(repr((_dtype(example), example.shape)).encode(), digest_size=16)
    text = example.dtype.kind == "U"
    content.update(repr(example.tolist()).encode() if text else example.tobytes())
    return content.digest()


def _vectors(name: str, x: Any) -> NDArray[np.float32]:
    shapes = {example.shape for example in _examples(x)}
    if len(shapes) > 1:
        raise ValueError(
            f"`parts` must have examples of one shape for `within`. Received: {name} with {sorted(shapes)[:3]}"
        )
    rows = np.asarray(x)
    return check.matrix(name, rows.reshape(len(rows), int(np.prod(rows.shape[1:]))))


def _near(items: Vectors, queries: Vectors, within: float) -> Rows:
    """Each query that an item is near to, with the nearest."""
    if 0 in (len(items), len(queries)):
        return _rows([])
    engine = ExactSearch("euclidean", items.shape[1])
    engine.add(np.arange(len(items)), items)
    ids, distances = engine.query(queries, 1)
    close = np.flatnonzero(distances[:, 0] <= _length(within, items))
    return np.stack([ids[close, 0], close], axis=1)


def _near_earlier(vectors: Vectors, within: float) -> Rows:
    """Each row that an earlier one is near to, with the nearest."""
    engine = ExactSearch("euclidean", vectors.shape[1])
    euclidean = distances.get("euclidean")
    found: list[tuple[int, int]] = []
    for start in range(0, len(vectors), _BLOCK):
        block = vectors[start : start + _BLOCK]
        rows = np.arange(start, start + len(block))
        own = np.where(np.tri(len(block), k=-1, dtype=bool), euclidean(block), np.inf)
        ids, nearest = start + own.argmin(axis=1), own.min(axis=1)
        if start:
            before, distance = (part[:, 0] for part in engine.query(block, 1))
            ids = np.where(distance <= nearest, before, ids)
            nearest = np.minimum(distance, nearest)
        close = nearest <= _length(within, vectors)
        found += zip(ids[close].tolist(), rows[close].tolist(), strict=True)
        engine.add(rows, block)
    return _rows(found)


def _length(within: float, vectors: Vectors) -> float:
    """The Euclidean distance of vectors that differ so much in root mean square."""
    return float(within * np.sqrt(vectors.shape[1]))


def _rows(found: list[tuple[int, int]]) -> Rows:
    return np.array(found, dtype=np.int64).reshape(-1, 2)
