"""`single_lookup` on 100,000 items against `predict` and the same search."""

from __future__ import annotations

from argparse import Namespace
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from inputs import DIM, embeddings, hello_world_model
from measure import interleaved, timer
from report import Line, faster, main

from simnb.indexer import Indexer

ITEMS = 100_000
K = 5


def measure(chosen: Namespace) -> list[Line]:
    vectors = embeddings(ITEMS)
    labels = np.arange(ITEMS) % 1000
    # The engine that `search="auto"` takes at this size comes first.
    return [
        line for engine in ("auto", "exact") for line in _lines(vectors, labels, engine, chosen)
    ]


def _lines(vectors: np.ndarray, labels: np.ndarray, search: str, chosen: Namespace) -> list[Line]:
    index = Indexer(DIM, "cosine", search)
    index.add(vectors, labels)
    model = hello_world_model()
    model.create_index("cosine", search)
    with TemporaryDirectory() as folder:
        index.save(Path(folder) / "index")
        model.load_index(Path(folder) / "index")
    x = np.random.default_rng(0).integers(0, 256, (28, 28, 1)).astype(np.uint8)
    embedding = model.embed(x[None])
    number = 10 if chosen.quick else 30
    times = interleaved(
        {
            "simnb": timer(lambda: model.single_lookup(x, k=K), number),
            "predict": timer(lambda: index.query(model.predict(x[None], verbose=0), K)[0], number),
            "search": timer(lambda: index.query(embedding, K)[0], number),
        },
        chosen.rounds,
    )
    what = f"`single_lookup` on 100k × {DIM}, search={search!r} ({index.engine.name})"
    return [
        faster(what, times["simnb"], times["predict"], "`predict` + the same search", 10),
        faster(f"{what}: control", times["simnb"], times["search"], "the search alone"),
    ]


if __name__ == "__main__":
    main(__doc__, measure)
