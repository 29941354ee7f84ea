"""simnb and tfsim side by side: what both can do, on the same data, in one run."""

from __future__ import annotations

import itertools
from argparse import Namespace
from collections.abc import Sequence

import numpy as np
from inputs import CLASSES, DIM, embeddings, hello_world_model, mnist
from measure import interleaved, peak_allocated, timer
from peer import Peer
from report import Line, faster, main, megabytes

from simnb.indexer import Indexer
from simnb.samplers import MultiShotMemorySampler

ITEMS = 10_000
QUERIES = 1_000
K = 10


def measure(chosen: Namespace) -> list[Line]:
    if chosen.peer_python is None:
        return [Line("tfsim side by side", "–", "not run: pass --peer-python")]
    x, y = mnist(chosen.data_dir)
    items, queries, labels = embeddings(ITEMS), embeddings(QUERIES, seed=1), np.arange(ITEMS)
    with Peer(chosen.peer_python) as peer:
        other = peer.ask("version")
        peer.ask("load_images", folder=peer.folder(x=x, y=y))
        peer.ask("load_embeddings", folder=peer.folder(items=items, queries=queries, labels=labels))
        return [
            *_sampler(peer, x, y, chosen, other),
            *_index(peer, items, queries, labels, chosen),
            *_single(peer, x, items, labels, chosen),
        ]


def _sampler(peer: Peer, x: np.ndarray, y: np.ndarray, chosen: Namespace, other: str) -> list[Line]:
    def build() -> MultiShotMemorySampler:
        return MultiShotMemorySampler(
            x, y, classes_per_batch=CLASSES, examples_per_class_per_batch=8, seed=0
        )

    number = 200
    sampler, peak = peak_allocated(build)
    their_peak = peer.ask("sampler_peak")
    steps = itertools.count()
    batch = interleaved(
        {
            "simnb": timer(lambda: sampler[next(steps)], number),
            "tfsim": peer.timer("sampler_batch", number),
        },
        chosen.rounds,
    )
    made = interleaved(
        {"simnb": timer(build, 3), "tfsim": peer.timer("make_sampler", 1)}, chosen.rounds
    )
    return [
        faster("sampler, a batch of 80 MNIST images", *batch.values(), other),
        faster(f"sampler, building it on {len(x):,} images", *made.values(), "tfsim"),
        Line(
            f"sampler, peak memory of building it ({megabytes(x.nbytes)} of images)",
            megabytes(peak),
            f"{megabytes(their_peak)} tfsim",
            f"{their_peak / peak:.1f}",
        ),
    ]


def _index(
    peer: Peer, items: np.ndarray, queries: np.ndarray, labels: np.ndarray, chosen: Namespace
) -> list[Line]:
    def build(search: str) -> Indexer:
        index = Indexer(DIM, "cosine", search)
        index.add(items, labels)
        return index

    exact, graph = build("exact"), build("nmslib")
    peer.ask("make_index")
    added = interleaved(
        {
            "auto": timer(lambda: build("auto")),
            "nmslib": timer(lambda: build("nmslib")),
            "tfsim": peer.timer("make_index"),
        },
        chosen.rounds,
    )
    found = interleaved(
        {
            "exact": timer(lambda: exact.query(queries, K)),
            "exact, every `Lookup` made": timer(lambda: list(exact.query(queries, K))),
            "nmslib": timer(lambda: graph.query(queries, K)),
            "nmslib, every `Lookup` made": timer(lambda: list(graph.query(queries, K))),
            "tfsim": peer.timer("batch_lookup"),
        },
        chosen.rounds,
    )
    # A label is its item's number: the approximate answers can be told from the true ones.
    truth = exact.query(queries, K).labels
    theirs = f"tfsim (nmslib, recall {_recall(peer.ask('found'), truth):.3f})"
    ours = {"exact": "", "nmslib": f", recall {_recall(graph.query(queries, K).labels, truth):.3f}"}
    lines = [
        faster(
            f"index, adding {ITEMS:,} × {DIM}, search={name!r}", added[name], added["tfsim"], theirs
        )
        for name in ("auto", "nmslib")
    ]
    for name in list(found)[:-1]:
        what = f"index, {QUERIES:,} queries, {name}{ours[name.partition(',')[0]]}"
        lines.append(faster(what, found[name], found["tfsim"], theirs))
    return lines


def _recall(found: Sequence[Sequence[int]], truth: np.ndarray) -> float:
    hits = [len(set(f) & set(t)) for f, t in zip(found, truth.tolist(), strict=True)]
    return sum(hits) / truth.size


def _single(
    peer: Peer, x: np.ndarray, items: np.ndarray, labels: np.ndarray, chosen: Namespace
) -> list[Line]:
    model = hello_world_model()
    model.create_index("cosine")
    model._index.add(items, labels)
    peer.ask("make_model")
    times = interleaved(
        {
            "simnb": timer(lambda: model.single_lookup(x[0], k=5), 20),
            "tfsim": peer.timer("single_lookup", 20),
        },
        chosen.rounds,
    )
    return [faster("`single_lookup`, hello-world model, 10k items", *times.values(), "tfsim")]


if __name__ == "__main__":
    main(__doc__, measure)
