"""The exact engine against a bare matrix product plus `argpartition`."""

from __future__ import annotations

from argparse import Namespace

import numpy as np
from inputs import DIM
from measure import interleaved, timer
from report import Line, main, seconds, within

from simnb.search import ExactSearch

ITEMS = 100_000
K = 10
CHUNK = 256


def measure(chosen: Namespace) -> list[Line]:
    rng = np.random.default_rng(0)
    items = rng.normal(size=(ITEMS, DIM)).astype(np.float32)
    queries = rng.normal(size=(2_000 if chosen.quick else 10_000, DIM)).astype(np.float32)
    lines = []
    for distance in ("cosine", "euclidean"):
        engine = ExactSearch(distance, DIM)
        engine.add(np.arange(ITEMS), items)
        engine.query(queries[:CHUNK], K)
        bare(queries[:CHUNK], items)
        times = interleaved(
            {
                "simnb": timer(lambda: engine.query(queries, K)),  # noqa: B023 - called at once
                "bare": timer(lambda: bare(queries, items)),
                "product": timer(lambda: products(queries, items)),
            },
            rounds=chosen.rounds,
            warmups=0,  # done above, on a part
        )
        what = f"exact engine, {len(queries):,} queries on 100k × {DIM}, k = {K}, {distance}"
        other = f"bare product + `argpartition` (the product alone: {seconds(times['product'])})"
        lines.append(within(what, times["simnb"], times["bare"], other, 2))
    return lines


def bare(queries: np.ndarray, items: np.ndarray) -> np.ndarray:
    """Rows of the k largest products, unsorted, without distances, norms or ties."""
    nearest = np.empty((len(queries), K), dtype=np.int64)
    for start in range(0, len(queries), CHUNK):
        scores = -queries[start : start + CHUNK] @ items.T
        nearest[start : start + CHUNK] = np.argpartition(scores, K, axis=1)[:, :K]
    return nearest


def products(queries: np.ndarray, items: np.ndarray) -> None:
    for start in range(0, len(queries), CHUNK):
        queries[start : start + CHUNK] @ items.T


if __name__ == "__main__":
    main(__doc__, measure)
