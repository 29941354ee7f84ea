"""`calibrate` on ready look-ups: against tfsim's, and time and memory up to a million queries."""

from __future__ import annotations

from argparse import Namespace
from statistics import median

import numpy as np
from inputs import DIM, clustered
from measure import Timer, in_fresh_process, interleaved, peak_rss, timer
from peer import Peer
from report import Line, faster, main, megabytes, seconds

from simnb.calibration import calibrate
from simnb.indexer import Indexer
from simnb.types import Lookups

ITEMS = 100_000
METRICS = ("precision", "recall", "binary_accuracy")
SIZES = (250_000, 500_000, 1_000_000)
AGREE = 1e-4


def measure(chosen: Namespace) -> list[Line]:
    return [*_beside_tfsim(chosen), *_times(chosen.rounds), *_memory()]


def _beside_tfsim(chosen: Namespace) -> list[Line]:
    count = 2_000 if chosen.quick else 10_000
    what = f"`calibrate` beyond the look-up, {count:,} queries on 100k × {DIM}, k = 1"
    if chosen.peer_python is None:
        return [Line(what, "–", "not run: pass --peer-python")]
    items, labels = clustered(ITEMS)
    # The farther off, the more answers are wrong: the best threshold is not the last one.
    queries, truth = clustered(count, 1, np.linspace(0.3, 4, count)[:, None])
    index = Indexer(DIM, "cosine")
    index.add(items, labels)
    lookups = index.query(queries, 1)
    with Peer(chosen.peer_python) as peer:
        folder = peer.folder(items=items, labels=labels, queries=queries, query_labels=truth)
        peer.ask("load_embeddings", folder=folder)
        peer.ask("load_query_labels", folder=folder)
        peer.ask("make_index")
        peer.ask("make_lookups", folder=folder)
        theirs = Lookups(
            np.zeros((count, 1), np.int64),
            np.load(f"{folder}/lookup_distances.npy"),
            np.load(f"{folder}/lookup_labels.npy"),
        )
        agreement = _agreement(theirs, truth, peer.ask("optimal_cutpoint"))
        # With the classes in the index, as `Indexer.calibrate` passes them on.
        own = timer(lambda: calibrate(lookups, truth, extra_metrics=METRICS, known_classes=labels))
        times = interleaved({"simnb": own, "tfsim": peer.timer("calibrate")}, chosen.rounds)
        other = f"{peer.ask('version')}; {agreement}"
    return [faster(f"{what}: ≤ 0.05 × tfsim's", times["simnb"], times["tfsim"], other, 20)]


def _agreement(lookups: Lookups, labels: np.ndarray, their: dict[str, float]) -> str:
    """How far apart the two sides' optimal cut points are on tfsim's own distances."""
    our = calibrate(lookups, labels, extra_metrics=METRICS).cutpoints["optimal"]
    apart = {name: abs(our[name] - their[name]) for name in ("distance", "f1", *METRICS)}
    distance = apart.pop("distance")
    given = [int((lookups.distances <= own["distance"]).sum()) for own in (our, their)]
    # simnb's threshold lies midway between two distances, tfsim's is the first of the two.
    if max(apart.values()) > AGREE or (distance > AGREE and given[0] != given[1]):
        raise RuntimeError(f"the optimal cut point: simnb has {our}, tfsim {their}")
    return (
        f"on its distances both find the same: f1 and the others within {max(apart.values()):.0e}, "
        f"the distance within {distance:.1e} (midway to the next), {given[0]:,} and {given[1]:,} given"
    )


def _times(rounds: int) -> list[Line]:
    sort = np.random.default_rng(0).random(SIZES[-1])
    timers = {f"{size:,}": _timer(*ready(size)) for size in SIZES}
    times = interleaved({**timers, "sort": timer(lambda: np.sort(sort))}, rounds)
    largest, half = times[f"{SIZES[-1]:,}"], times[f"{SIZES[-2]:,}"]
    control = f"{seconds(times['sort'])} bare `np.sort` of {SIZES[-1]:,} float64"
    lines = [
        Line(
            f"`calibrate` on {size} ready look-ups, k = 1",
            seconds(times[size]),
            control,
            f"{median(times[size]) / median(times['sort']):.1f} × the sort",
            *(("< 2 s", median(largest) < 2) if times[size] is largest else ("reported", None)),
        )
        for size in timers
    ]
    growth = [a / b for a, b in zip(largest, half, strict=True)]
    lines.append(
        Line(
            f"`calibrate`, time at {SIZES[-1]:,} ÷ at {SIZES[-2]:,}: n log n is 2.1",
            seconds(largest),
            f"{seconds(half)} at half as many",
            f"{median(growth):.2f} ({min(growth):.2f}–{max(growth):.2f})",
            "reported",
        )
    )
    return lines


def _memory() -> list[Line]:
    peaks, lines = {}, []
    for size in SIZES:
        peaks[size], given = in_fresh_process(calibrate_peak, size)
        lines.append(
            Line(
                f"`calibrate` on {size:,} ready look-ups: peak memory, look-ups and labels included",
                megabytes(peaks[size]),
                f"{megabytes(given)} the look-ups and labels",
                f"{peaks[size] / given:.2f}",
                *(("< 300 MB", peaks[size] < 300e6) if size == SIZES[-1] else ("reported", None)),
            )
        )
    growth = peaks[SIZES[-1]] / peaks[SIZES[-2]]
    lines.append(
        Line(
            f"`calibrate`, memory at {SIZES[-1]:,} ÷ at {SIZES[-2]:,}: linear is 2",
            megabytes(peaks[SIZES[-1]]),
            f"{megabytes(peaks[SIZES[-2]])} at half as many",
            f"{growth:.2f}",
            "≤ 2.2",
            growth <= 2.2,
        )
    )
    return lines


def ready(count: int) -> tuple[Lookups, np.ndarray]:
    """Look-ups and true labels: distances all but distinct, wrong answers farther off."""
    rng = np.random.default_rng(0)
    distances = rng.random((count, 1), dtype=np.float32)
    labels = rng.integers(1000, size=count)
    found = np.where(rng.random(count) < distances[:, 0] ** 2, (labels + 1) % 1000, labels)
    return Lookups(np.arange(count)[:, None], distances, found[:, None]), labels


def calibrate_peak(count: int) -> tuple[int, int]:
    def run() -> int:
        lookups, labels = ready(count)  # takes less at its peak than what comes next
        calibrate(lookups, labels, extra_metrics=METRICS)
        given = (lookups.ids, lookups.distances, lookups.labels, labels)
        return sum(array.nbytes for array in given)

    calibrate(*ready(100))  # what is imported or made once
    given, peak = peak_rss(run)
    return peak, given


def _timer(lookups: Lookups, labels: np.ndarray) -> Timer:
    return timer(lambda: calibrate(lookups, labels, extra_metrics=METRICS))


if __name__ == "__main__":
    main(__doc__, measure)
