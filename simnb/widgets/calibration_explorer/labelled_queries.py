"""Labelled queries to calibrate with, however they are given: look-ups, an index or a model."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from simnb import check
from simnb import labels as of_labels
from simnb.calibration import CalibrationResults
from simnb.indexer import Indexer
from simnb.types import Lookups
from simnb.widgets.points import array_of, images_in


@dataclass(frozen=True)
class LabelledQueries:
    """Queries whose classes are known, and what was found for them."""

    lookups: Lookups
    labels: Any


@dataclass(frozen=True)
class LabelledSource:
    """What an explorer is made of.

    Attributes
    ----------
    kind : {"results", "lookups", "index", "model"}
        What the queries, or the calibration alone, come from.
    index : Indexer or None
        That was looked up in.
    results : CalibrationResults or None
        Where there are no queries to make them of.
    queries, held_out : LabelledQueries or None
    known_classes : labels or None
        The classes in the index.
    known_given : bool
        Whether the caller said which they are.
    images : sequence of q, or None
        Of the queries, where a model's inputs are images.
    """

    kind: str
    index: Indexer | None = None
    results: CalibrationResults | None = None
    queries: LabelledQueries | None = None
    held_out: LabelledQueries | None = None
    known_classes: Any = None
    known_given: bool = False
    images: Any = None


def read_source(
    source: Any, x: Any, labels: Any, held_out: Any, k: int, known_classes: Any
) -> LabelledSource:
    """Read a calibration, look-ups, an index or a model, with queries and their labels.

    Raises
    ------
    ValueError
        It is none of these; there is neither a calibration nor a query to make one of;
        queries without labels.
    """
    if isinstance(source, Lookups):
        if x is not None and labels is not None:
            raise ValueError(
                "`labels` must be given once: look-ups are of queries already, so `x` is nothing to them"
            )
        x, labels = source, x if labels is None else labels
    kind, index = _kind_of(source)
    k = check.positive_integer("k", k)
    if x is None:
        if labels is not None or held_out is not None:
            raise ValueError(
                "`x` must be the queries that `labels` are of. Received: x=None"
                if labels is not None
                else "`held_out` must be beside the queries to calibrate with, `x` and `labels`. Received: x=None"
            )
        results = source if isinstance(source, CalibrationResults) else _calibration_of(index)
        return LabelledSource("results" if index is None else kind, index, results)
    if kind == "results":
        raise ValueError(
            "`source` must be look-ups, an index or a model where queries are given. "
            "Received: CalibrationResults, which stand alone"
        )
    if isinstance(x, Lookups) and index is not None:
        _check_measure("x", x, index.distance)
    given = known_classes is not None
    if index is not None and not given and index.class_counts is not None:
        known_classes = index.class_counts[0]
    return LabelledSource(
        "lookups" if isinstance(x, Lookups) else kind,
        index,
        None,
        _queries(source, index, x, labels, k, "labels"),
        _held_out(source, index, held_out, x, k),
        known_classes,
        given,
        images_in(x) if kind == "model" else None,
    )


def index_of(source: Any) -> Indexer | None:
    """Return an index, or that of a model, which this half of the house does not know."""
    if isinstance(source, Indexer):
        return source
    if not hasattr(source, "index_summary"):
        return None
    index = getattr(source, "_index", None)
    if index is None:
        raise ValueError(
            "`source` is a model without an index: call `model.compile(...)` and "
            "`model.index(x, y)` first."
        )
    found: Indexer = index
    return found


def _kind_of(source: Any) -> tuple[str, Indexer | None]:
    if isinstance(source, CalibrationResults):
        return "results", None
    if isinstance(source, Lookups):
        return "lookups", None
    index = index_of(source)
    if index is None:
        raise ValueError(
            "`source` must be CalibrationResults, Lookups with labels, an Indexer or a model. "
            f"Received: {type(source).__name__}"
        )
    return "index" if isinstance(source, Indexer) else "model", index


def _calibration_of(index: Indexer | None) -> CalibrationResults:
    if index is None or index.calibration is None:
        raise ValueError(
            "The index is not calibrated: pass queries and their labels, `x` and `labels`, or call "
            "`calibrate(...)` first."
        )
    return index.calibration


def pair_of(held_out: Any) -> tuple[Any, Any]:
    """Return queries held out, or what was looked up for them, and their labels.

    Raises
    ------
    ValueError
        It is no pair.
    """
    if isinstance(held_out, (str, Lookups)) or not isinstance(held_out, Sequence):
        received = type(held_out).__name__
    elif len(held_out) != 2:
        received = f"{len(held_out)} values"
    else:
        return held_out[0], held_out[1]
    raise ValueError(
        f"`held_out` must be a pair, queries or look-ups and their labels. Received: {received}"
    )


def _queries(
    source: Any, index: Indexer | None, x: Any, labels: Any, k: int, name: str
) -> LabelledQueries:
    labels = _known(name, labels)
    if not isinstance(x, Lookups):
        if index is None:
            raise ValueError(
                f"`{name}` must be of look-ups, as `source` is. Received: {type(x).__name__}"
            )
        embeddings = x if isinstance(source, Indexer) else source.embed(x)
        x = index.query(array_of(embeddings), k)
    return LabelledQueries(x, check.labels(name, labels, len(x)))


def _held_out(
    source: Any, index: Indexer | None, held_out: Any, x: Any, k: int
) -> LabelledQueries | None:
    if held_out is None:
        return None
    own, labels = pair_of(held_out)
    if own is x:
        raise ValueError(
            "`held_out` must be of other queries than those calibrated with. Received: the same"
        )
    found = _queries(source, index, own, labels, k, "held_out")
    lookups = found.lookups
    _check_measure("held_out", lookups, source if index is None else index.distance)
    if len(lookups) == 0:
        raise ValueError("`held_out` must be of at least one query. Received: 0")
    if lookups.ids.shape[1] < k:
        raise ValueError(
            f"`held_out` must be looked up with {k} neighbours at least. "
            f"Received: {lookups.ids.shape[1]}"
        )
    if lookups.labels is not None:
        of_labels.same_kind("held_out", found.labels, of_labels.of_neighbors(lookups))
    return found


def _check_measure(name: str, lookups: Lookups, measure: Any) -> None:
    """Refuse what was looked up in an index that measures otherwise."""
    if lookups.larger_is_nearer != measure.larger_is_nearer:
        kind = "similarity" if lookups.larger_is_nearer else "distance"
        raise ValueError(f"`{name}` must be looked up in the same index. Received: one by {kind}")


def _known(name: str, labels: Any) -> NDArray[Any]:
    """Labels, before the time that looking up takes; without some, the rows of these are named."""
    if labels is None:
        raise ValueError(f"`{name}` must hold the queries' labels. Received: None")
    missing = np.asarray(pd.isna(labels))
    if missing.shape in {(missing.size,), (missing.size, 1)} and missing.any():
        rows = np.flatnonzero(missing).tolist()
        shown = ", ".join(map(str, rows[:10])) + (", …" if len(rows) > 10 else "")
        raise ValueError(
            f"`{name}` must be known for every query: leave out those without a label. "
            f"Received: none for {len(rows)} of {missing.size} queries, rows {shown}"
        )
    return check.labels(name, labels)
