"""`match`, `evaluate_classification` and `evaluate_retrieval` against the bare look-up they make."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Callable
from dataclasses import replace
from statistics import median
from time import perf_counter
from typing import Any

import numpy as np
from inputs import DIM, clustered
from measure import Timer, interleaved, peak_allocated, timer
from report import Line, main, megabytes, seconds, within

from simnb.calibration import evaluate_at, match
from simnb.indexer import Indexer
from simnb.retrieval_metrics import evaluate_retrieval
from simnb.types import Lookups

ITEMS = 100_000
QUERIES = 10_000
RANKINGS = ("recall", "precision", "map", "ndcg", "mrr")  # at 5
OVER_R = ("r_precision", "map@r")
CUTPOINTS = {  # and "optimal"
    "half": {"coverage": 0.5},
    "most": {"coverage": 0.9},
    "careful": {"cost_ratio": 10},
    "even": "equal_error_rate",
}
Calls = dict[str, Callable[[], Any]]


class TimedIndexer(Indexer):
    """Knows how long its last look-up took: a call's own part shows where rounds vary by more."""

    def query(self, embeddings: Any, k: int = 5) -> Lookups:
        start = perf_counter()
        found = super().query(embeddings, k)
        self.seconds = perf_counter() - start
        return found


def measure(chosen: Namespace) -> list[Line]:
    items, labels = clustered(ITEMS)
    queries, truth = clustered(QUERIES, seed=1)
    fewer = slice(2_000 if chosen.quick else QUERIES)  # for what takes seconds
    names = np.array([f"class {cluster:03d}" for cluster in range(1000)])
    # The engine that `search="auto"` takes at this size: the faster it answers, the more
    # of the whole call is evaluation, and text is slower to compare than numbers.
    graph = _index("auto", items, labels, queries, truth)
    text = _index("auto", items, names[labels], queries, names[truth])
    exact = _index("exact", items, labels, queries[fewer], truth[fewer])
    rounds = 3 * chosen.rounds
    return [
        *_lines(graph, queries, truth, rounds),
        *_reported(graph, queries[fewer], truth[fewer], chosen.rounds),
        *_lines(text, queries, names[truth], rounds),
        *_lines(exact, queries[fewer], truth[fewer], chosen.rounds),
        *_memory(graph.query(queries, 5), truth, graph.class_counts),
    ]


def _index(
    search: str, items: np.ndarray, labels: np.ndarray, queries: np.ndarray, truth: np.ndarray
) -> TimedIndexer:
    index = TimedIndexer(DIM, "cosine", search)
    index.add(items, labels)
    index.calibrate(queries, truth, CUTPOINTS)
    return index


def _lines(index: TimedIndexer, queries: np.ndarray, truth: np.ndarray, rounds: int) -> list[Line]:
    """One nearest neighbour, then five, each with what the issue limits to 20 % more."""
    nearest: Calls = {
        "`match` at one cut point": lambda: index.match(queries),
        f"`match` at all {1 + len(CUTPOINTS)} cut points": lambda: index.match(queries, "all"),
        "`evaluate_classification`": lambda: index.evaluate_classification(queries, truth),
    }
    ranked: Calls = {
        f"`evaluate_retrieval`, {', '.join(RANKINGS)} at 5": lambda: index.evaluate_retrieval(
            queries, truth, RANKINGS
        )
    }
    lines = []
    for k, calls in ((1, nearest), (5, ranked)):
        for name, own, bare, beyond in _beside_query(index, queries, k, calls, rounds):
            what = f"{name}, {_where(index, queries)}"
            line = within(what, own, bare, f"bare `query`, k = {k}", 1.20)
            lines.append(replace(line, simnb=_with_own_part(own, beyond)))
    return lines


def _reported(
    index: TimedIndexer, queries: np.ndarray, truth: np.ndarray, rounds: int
) -> list[Line]:
    """What the issue sets no limit to: intervals, and as many neighbours as a class has items."""

    def retrieval(metrics: tuple[str, ...], confidence: float | None) -> Callable[[], Any]:
        return lambda: index.evaluate_retrieval(queries, truth, metrics, confidence=confidence)

    largest = int(np.bincount(index.labels)[truth].max())
    calls: dict[int, Calls] = {
        1: {
            "`evaluate_classification` with intervals": lambda: index.evaluate_classification(
                queries, truth, confidence=0.95
            )
        },
        5: {"`evaluate_retrieval`, the five at 5 with intervals": retrieval(RANKINGS, 0.95)},
        largest: {f"`evaluate_retrieval`, {', '.join(OVER_R)}": retrieval(OVER_R, None)},
    }
    lines = []
    for k, own_calls in calls.items():
        for name, own, bare, beyond in _beside_query(index, queries, k, own_calls, rounds):
            ratios = [a / b for a, b in zip(own, bare, strict=True)]
            spread = f"{median(ratios):.2f} ({min(ratios):.2f}–{max(ratios):.2f}) × the look-up"
            other = f"{seconds(bare)} bare `query`, k = {k}"
            what = f"{name}, {_where(index, queries)}"
            lines.append(Line(what, _with_own_part(own, beyond), other, spread, "reported"))
    return lines


def _memory(lookups: Lookups, truth: np.ndarray, counts: Any) -> list[Line]:
    """What each holds for all of the queries beside what it holds for half of them."""
    calls: dict[str, Callable[[slice], Any]] = {
        "`match`": lambda part: match(lookups[part], 0.5),
        "`evaluate_classification`": lambda part: evaluate_at(lookups[part], truth[part], [0.5]),
        "`evaluate_retrieval`": lambda part: evaluate_retrieval(
            lookups[part], truth[part], RANKINGS, counts
        ),
    }
    lines = []
    for name, call in calls.items():
        half, whole = (
            peak_allocated(lambda part=part: call(part))[1]  # noqa: B023 - called at once
            for part in (slice(len(truth) // 2), slice(None))
        )
        what = f"{name} of {len(truth):,} ready look-ups: peak memory, linear in the queries"
        other = f"{megabytes(half)} for half of them"
        ratio = whole / half
        lines.append(Line(what, megabytes(whole), other, f"{ratio:.2f}", "≤ 2.2", ratio <= 2.2))
    return lines


def _beside_query(
    index: TimedIndexer, queries: np.ndarray, k: int, calls: Calls, rounds: int
) -> list[tuple[str, list[float], list[float], list[float]]]:
    """Seconds of each call, of the bare look-up of the same round, of the call beyond its own."""
    beyond: dict[str, list[float]] = {name: [] for name in calls}
    timers = {name: _timer(index, call, beyond[name]) for name, call in calls.items()}
    bare = timer(lambda: index.query(queries, k))
    times = interleaved({"query": bare, **timers}, rounds)
    return [(name, times[name], times["query"], beyond[name]) for name in calls]


def _timer(index: TimedIndexer, call: Callable[[], Any], beyond: list[float]) -> Timer:
    def run() -> float:
        start = perf_counter()
        call()
        whole = perf_counter() - start
        beyond.append(whole - index.seconds)
        return whole

    return run


def _with_own_part(whole: list[float], beyond: list[float]) -> str:
    return f"{seconds(whole)}, {seconds(beyond)} of it beyond its look-up"


def _where(index: Indexer, queries: np.ndarray) -> str:
    kind = "text" if index.labels.dtype.kind == "U" else "integer"
    return f"{len(queries):,} queries on 100k × {DIM}, {index.engine.name}, {kind} labels"


if __name__ == "__main__":
    main(__doc__, measure)
