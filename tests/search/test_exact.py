"""Exact search where speed tempts to shortcuts: memory, order, rounding, ties."""

import tracemalloc

import numpy as np
import pytest
from scipy.spatial.distance import cdist

from simnb.distances import Distance
from simnb.search import ExactSearch, scan


class Canberra(Distance):
    """A user's distance, of which an engine knows nothing but its values."""

    name = "test_exact_canberra"

    def pairwise(self, query, key, ops):
        query, key = ops.expand_dims(query, 1), ops.expand_dims(key, 0)
        total = ops.abs(query) + ops.abs(key)
        share = ops.abs(query - key) / ops.where(total > 0, total, 1.0)
        return ops.sum(share, axis=-1)


def test_never_holds_all_distances_at_once():
    rng = np.random.default_rng(0)
    items, queries = 40_000, 2_000  # all distances would be 320 MB of float32
    engine = ExactSearch("euclidean", 16)
    engine.add(np.arange(items), rng.normal(size=(items, 16)))
    Q = rng.normal(size=(queries, 16)).astype(np.float32)
    engine.query(Q[:10], k=10)
    tracemalloc.start()
    engine.query(Q, k=10)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 120e6


@pytest.mark.parametrize("distance", ["manhattan", "test_exact_canberra"])
def test_differences_take_blocks_of_memory_too(distance):
    rng = np.random.default_rng(0)
    engine = ExactSearch(distance, 32)
    engine.add(np.arange(3_000), rng.normal(size=(3_000, 32)))
    Q = rng.normal(size=(20, 32)).astype(np.float32)
    tracemalloc.start()
    ids, _ = engine.query(np.tile(Q, (5, 1)), k=5)  # 38 MB for each of many arrays
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 150e6
    metric = {"manhattan": "cityblock"}.get(distance, "canberra")
    truth = np.argsort(cdist(Q, engine.vectors, metric), axis=1, kind="stable")[:, :5]
    assert ids[:20].tolist() == ids[-20:].tolist() == truth.tolist()


@pytest.mark.parametrize("distance", ["euclidean", "cosine", "manhattan"])
def test_blocks_in_which_every_item_is_nearer_than_the_last_are_no_trap(distance, monkeypatch):
    # Far classes first, the nearest last: each block passes the limit of those before.
    monkeypatch.setattr(scan, "_SCORES", 2**12)
    monkeypatch.setattr(scan, "_PAIRS", 2**10)
    rng = np.random.default_rng(0)
    centre = rng.normal(size=16)
    far = np.repeat(np.linspace(5, 0, 20), 100)[:, None]
    K = (centre + far * rng.normal(size=(1, 16)) + 0.01 * rng.normal(size=(2000, 16))).astype("f4")
    Q = (centre + 0.01 * rng.normal(size=(7, 16))).astype("f4")
    engine = ExactSearch(distance, 16)
    engine.add(np.arange(2000), K)
    ids, found = engine.query(Q, k=10)
    metric = {"manhattan": "cityblock"}.get(distance, distance)
    D = cdist(Q.astype("f8"), K.astype("f8"), metric).astype("f4")
    np.testing.assert_allclose(found, np.sort(D, axis=1)[:, :10], rtol=1e-6, atol=1.2e-7)
    if distance != "cosine":  # so near, 1 - cos has rows tie that are not copies
        assert ids.tolist() == np.argsort(D, axis=1, kind="stable")[:, :10].tolist()


@pytest.mark.parametrize("distance", ["cosine", "euclidean", "inner_product", "snr", "manhattan"])
def test_when_all_rows_are_equal_the_lowest_ids_win(distance):
    engine = ExactSearch(distance, 4)
    ids = np.random.default_rng(0).permutation(20_000)
    engine.add(ids, np.tile([[1.0, 2.0, -3.0, 0.5]], (20_000, 1)))
    found, near = engine.query(np.tile([[1.0, 2.0, -3.0, 0.5]], (30, 1)), k=5)
    assert (found == np.arange(5)).all()
    assert (near == near[0, 0]).all()


@pytest.mark.parametrize("distance", ["euclidean", "squared_euclidean", "cosine", "snr"])
def test_rows_far_from_the_origin_lose_no_neighbour_to_rounding(distance):
    # |q|² + |k|² - 2qk has no correct digit here; SciPy takes differences in float64.
    rng = np.random.default_rng(0)
    K = (1000 + rng.normal(size=(500, 12))).astype("f4")
    Q = (1000 + rng.normal(size=(20, 12))).astype("f4")
    engine = ExactSearch(distance, 12)
    engine.add(np.arange(500), K)
    ids, found = engine.query(Q, k=10)
    Q, K = Q.astype("f8"), K.astype("f8")
    if distance == "snr":
        D = (Q[:, None] - K[None]).var(axis=-1) / Q.var(axis=-1)[:, None]
    else:
        metric = {"squared_euclidean": "sqeuclidean"}.get(distance, distance)
        D = cdist(Q, K, metric)
    D = D.astype("f4")
    if distance == "cosine":  # 1 - cos keeps 7 digits of 1, not of 1e-6
        np.testing.assert_allclose(found, np.sort(D, axis=1)[:, :10], atol=1.2e-7)
    else:
        truth = np.argsort(D, axis=1, kind="stable")[:, :10]
        assert ids.tolist() == truth.tolist()
        np.testing.assert_allclose(found, np.sort(D, axis=1)[:, :10], rtol=1e-5)


def test_a_users_similarity_returns_the_largest_first():
    class Overlap(Distance):
        name = "test_exact_overlap"
        larger_is_nearer = True

        def pairwise(self, query, key, ops):
            least = ops.minimum(ops.expand_dims(query, 1), ops.expand_dims(key, 0))
            return ops.sum(least, axis=-1)

    engine = ExactSearch("test_exact_overlap", 3)
    engine.add([1, 2, 3], [[1, 0, 0], [1, 1, 0], [1, 1, 1]])
    ids, found = engine.query([[1.0, 1.0, 1.0]], k=3)
    assert ids.tolist() == [[3, 2, 1]]
    assert found.tolist() == [[3, 2, 1]]


@pytest.mark.parametrize("k", [1, 999, 1000, 1500])
def test_any_k_up_to_all_items_and_past_them(k):
    rng = np.random.default_rng(0)
    engine = ExactSearch("euclidean", 4)
    engine.add(np.arange(1000), rng.normal(size=(1000, 4)))
    Q = rng.normal(size=(3, 4)).astype("f4")
    truth = np.argsort(cdist(Q, engine.vectors), axis=1, kind="stable")[:, :k]
    ids, _ = engine.query(Q, k)
    assert ids[:, :1000].tolist() == truth.tolist()
    assert (ids[:, 1000:] == -1).all()


def test_wide_rows_are_pruned_by_distances_without_a_matrix_product(monkeypatch):
    rng = np.random.default_rng(0)
    items, queries = rng.normal(size=(3000, 2048)), rng.normal(size=(20, 2048))
    engine = ExactSearch("manhattan", 2048)
    engine.add(np.arange(3000), items)
    compared = []
    paired = type(engine.distance).paired
    monkeypatch.setattr(
        type(engine.distance),
        "paired",
        lambda self, query, key: compared.append(len(query)) or paired(self, query, key),
    )
    ids, _ = engine.query(queries, k=10)
    assert sum(compared) < 0.1 * 3000 * 20
    truth = np.argsort(cdist(queries, items, "cityblock"), axis=1)[:, :10]
    assert np.array_equal(ids, truth)


class Holed(Distance):
    """A user's distance that is not defined from one place."""

    name = "test_exact_holed"

    def pairwise(self, query, key, ops):
        far = ops.sum(ops.abs(ops.expand_dims(query, 1) - ops.expand_dims(key, 0)), axis=-1)
        return ops.where(ops.expand_dims(key[:, 0] == 7, 0), np.nan, far)


@pytest.mark.parametrize("k", [1, 2, 3])
def test_a_distance_that_is_no_number_hides_no_neighbour(k):
    rows = np.random.default_rng(0).normal(size=(300, 4)).astype(np.float32)
    rows[5, 0] = 7
    engine = ExactSearch(Holed(), 4)
    engine.add(np.arange(300), rows)
    found, _ = engine.query(rows[:4] + np.float32(0.01), k)
    far = cdist(rows[:4] + np.float32(0.01), rows, "cityblock")
    far[:, 5] = np.inf
    np.testing.assert_array_equal(found, np.argsort(far, axis=1)[:, :k])
