"""The contract of every engine with every distance it serves, against SciPy."""

import json

import numpy as np
import pytest
from scipy.spatial.distance import cdist

from simnb import Indexer, distances, search
from simnb.distances import Distance
from simnb.search import ExactSearch, NMSLibSearch, Search

DIM = 8


def snr_by_hand(Q, K):
    difference = Q[:, None] - K[None]
    return difference.var(axis=-1) / np.maximum(Q.var(axis=-1), 1e-12)[:, None]


ORACLES = {
    "cosine": lambda Q, K: cdist(Q, K, "cosine"),
    "euclidean": lambda Q, K: cdist(Q, K, "euclidean"),
    "inner_product": lambda Q, K: Q @ K.T,
    "manhattan": lambda Q, K: cdist(Q, K, "cityblock"),
    "snr": snr_by_hand,
    "squared_euclidean": lambda Q, K: cdist(Q, K, "sqeuclidean"),
}


class Chebyshev(Distance):
    """A user's distance: only engines that compare with every item can serve it."""

    name = "test_engines_chebyshev"

    def pairwise(self, query, key, ops):
        return ops.max(ops.abs(ops.expand_dims(query, 1) - ops.expand_dims(key, 0)), axis=-1)


class NeedsParameter(Chebyshev):
    """Registered, but its name alone does not make one."""

    name = "test_engines_parameter"

    def __init__(self, parameter):
        self.parameter = parameter


class Backwards(Search):
    """A user's engine: brute force, with a parameter."""

    name = "test_engines_backwards"

    def __init__(self, distance, dim, blocks=1):
        super().__init__(distance, dim)
        self.blocks = blocks

    def _add(self, vectors):
        pass

    def _remove(self, keep):
        pass

    def _query(self, queries, k):
        D = self.distance(queries, self.vectors)
        return np.argsort(-D if self.distance.larger_is_nearer else D, axis=1, kind="stable")[:, :k]

    def get_config(self):
        return {"blocks": self.blocks}


OWN = [name for name in search.names() if search.find(name).__module__.startswith("simnb.")]
PAIRS = [
    (engine, distance)
    for engine in [*OWN, Backwards.name]
    for distance in ORACLES
    if search.find(engine).serves(distances.get(distance))
]


def rows(count, seed=0):
    return np.random.default_rng(seed).normal(size=(count, DIM)).astype(np.float32)


def by_hand(distance, Q, K, ids, k):
    """Ids and distances of the k nearest, by distance and then id."""
    D = ORACLES[distance](Q.astype(np.float64), K.astype(np.float64))
    nearness = (-D if distance == "inner_product" else D).astype(np.float32)
    order = np.array([np.lexsort((ids, line))[:k] for line in nearness])
    return np.asarray(ids)[order], np.take_along_axis(D, order, axis=1)


def recall(found, truth):
    return np.mean([len(set(f) & set(t)) / len(t) for f, t in zip(found, truth, strict=True)])


def test_every_own_engine_and_distance_is_in_the_common_test():
    assert {engine for engine, _ in PAIRS} == {*OWN, Backwards.name}
    assert {distance for engine, distance in PAIRS if engine == "exact"} == set(ORACLES)
    assert {distance for engine, distance in PAIRS if engine == "nmslib"} == set(ORACLES)


@pytest.mark.parametrize(("engine_name", "distance"), PAIRS)
class TestEveryEngine:
    @pytest.fixture
    def engine(self, engine_name, distance):
        return search.find(engine_name)(distance, DIM)

    @pytest.fixture
    def filled(self, engine):
        """300 items with ids from 1000 down, their graph built where there is one."""
        engine.add(np.arange(1000, 700, -1), rows(300))
        engine.build()
        return engine

    def check(self, engine, distance, Q, k):
        ids, found = engine.query(Q, k)
        truth, expected = by_hand(distance, Q, engine.vectors, engine.ids, k)
        if engine.name == "nmslib":
            assert recall(ids, truth) >= 0.99
        else:
            assert ids.tolist() == truth.tolist()
            np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-6)

    def test_finds_what_scipy_finds(self, filled, distance):
        self.check(filled, distance, rows(100, seed=1), k=10)
        self.check(filled, distance, filled.vectors[:100], k=3)

    def test_returns_the_distances_of_simnb_distances_sorted(self, filled, distance):
        Q = rows(20, seed=1)
        ids, found = filled.query(Q, k=10)
        assert ids.dtype == np.int64
        assert found.dtype == np.float32
        D = distances.get(distance)(Q, filled.vectors)
        expected = np.take_along_axis(D, filled.rows(ids), axis=1)
        np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-6)
        nearness = -found if distance == "inner_product" else found
        assert (np.diff(nearness, axis=1) >= 0).all()

    def test_copies_of_a_row_come_in_the_order_of_their_ids(self, engine, distance):
        base = rows(60)
        ids = np.random.default_rng(1).permutation(240)
        engine.add(ids, np.tile(base, (4, 1)))
        engine.build()
        for row in range(10):
            found, near = engine.query(base[row : row + 1], k=4)
            if distance != "inner_product":  # where a longer row may be nearer than the copy
                assert found[0].tolist() == sorted(ids[row::60].tolist())
                assert (near == near[0, 0]).all()
            pairs = list(zip(near[0].tolist(), found[0].tolist(), strict=True))
            sign = -1 if distance == "inner_product" else 1
            assert pairs == sorted(pairs, key=lambda pair: (sign * pair[0], pair[1]))

    def test_more_neighbours_than_items_are_padded(self, engine, distance):
        engine.add([7, 3], rows(2))
        ids, found = engine.query(rows(3, seed=1), k=5)
        assert sorted(ids[0, :2].tolist()) == [3, 7]
        assert (ids[:, 2:] == -1).all()
        assert (found[:, 2:] == np.inf).all()
        assert np.isfinite(found[:, :2]).all()

    def test_an_empty_engine_answers_with_padding(self, engine, distance):
        ids, found = engine.query(rows(2), k=3)
        assert (ids == -1).all()
        assert (found == np.inf).all()
        assert len(engine) == 0

    def test_no_queries_give_no_answers(self, filled, distance):
        ids, found = filled.query(np.empty((0, DIM), np.float32), k=3)
        assert ids.shape == found.shape == (0, 3)

    def test_works_with_a_single_item(self, engine, distance):
        engine.add([5], rows(1))
        engine.build()
        assert engine.query(rows(2, seed=1), k=1)[0].tolist() == [[5], [5]]

    def test_an_item_added_after_the_build_is_found_at_once(self, filled, distance):
        new = 10 * rows(1, seed=5)
        filled.add([5000], new)
        assert filled.query(new, k=1)[0].tolist() == [[5000]]
        self.check(filled, distance, rows(100, seed=1), k=10)

    def test_many_calls_of_add_equal_one(self, engine, engine_name, distance):
        other = search.find(engine_name)(distance, DIM)
        other.add(np.arange(100), rows(100))
        for start in range(0, 100, 7):
            part = slice(start, start + 7)
            engine.add(np.arange(100)[part], rows(100)[part])
        for one, two in zip(engine.query(rows(9, 1), 5), other.query(rows(9, 1), 5), strict=True):
            np.testing.assert_array_equal(one, two)

    def test_removed_items_are_gone_and_the_others_stay(self, filled, distance):
        gone = filled.ids[::3].copy()
        filled.remove(gone)
        assert len(filled) == 200
        assert not set(filled.query(rows(30, 1), k=20)[0].ravel().tolist()) & set(gone.tolist())
        self.check(filled, distance, rows(100, seed=1), k=10)
        filled.add(gone[:10], rows(10, seed=8))  # ids of removed items are free
        self.check(filled, distance, rows(100, seed=1), k=10)

    def test_all_items_can_be_removed(self, filled, distance):
        filled.remove(filled.ids.copy())
        assert (filled.query(rows(2), k=3)[0] == -1).all()
        filled.add([1], rows(1))
        assert filled.query(rows(2), k=1)[0].tolist() == [[1], [1]]

    @pytest.mark.parametrize("bad", [[700], [1000, 3], [-1], [999.0], [2**62]])
    def test_removing_an_unknown_id_changes_nothing(self, filled, distance, bad):
        before = filled.query(rows(5, 1), k=5)
        with pytest.raises(ValueError, match="`ids` must be"):
            filled.remove(bad)
        for one, two in zip(before, filled.query(rows(5, 1), k=5), strict=True):
            np.testing.assert_array_equal(one, two)

    def test_saved_and_loaded_it_answers_the_same(self, filled, engine_name, distance, tmp_path):
        filled.add([1, 2], rows(2, seed=9))  # not in a graph yet
        filled.remove(filled.ids[5:15].copy())
        filled.save(tmp_path)
        loaded = search.find(engine_name)(distance, DIM, **filled.get_config())
        loaded.load(tmp_path)
        np.testing.assert_array_equal(loaded.ids, filled.ids)
        np.testing.assert_array_equal(loaded.vectors, filled.vectors)
        pairs = zip(loaded.query(rows(20, 1), 10), filled.query(rows(20, 1), 10), strict=True)
        for one, two in pairs:
            np.testing.assert_array_equal(one, two)
        loaded.add([9999], rows(1, seed=3))
        self.check(loaded, distance, rows(100, seed=1), k=10)

    def test_an_empty_engine_is_saved_too(self, engine, engine_name, distance, tmp_path):
        engine.save(tmp_path)
        loaded = search.find(engine_name)(distance, DIM)
        loaded.load(tmp_path)
        assert len(loaded) == 0

    def test_bad_items_are_refused_and_nothing_is_lost(self, filled, distance):
        before = filled.query(rows(5, 1), k=5)
        holes = rows(30)
        holes[3, 1], holes[17, 0] = np.nan, np.inf
        cases = [
            (np.arange(30), holes, "NaN or inf in 2 of 30 rows: 3, 17"),
            ([1], rows(1)[:, :5], f"must have {DIM} columns"),
            ([1], rows(1)[0], r"must have shape \[n, d\]"),
            ([1], rows(1)[None], r"must have shape \[n, d\]"),
            ([1], [["a"] * DIM], "must be a numeric array"),
            ([1], None, "must be an array"),
            ([1, 2, 3], rows(2), "must be 2 integers"),
            ([1.0, 2.0], rows(2), "must be 2 integers"),
            ([4, 4], rows(2), "each given once"),
            ([4, 900], rows(2), r"There already: \[900\]"),
            ([-1, 4], rows(2), "from 0 to"),
            (np.array([1, 2**63], np.uint64), rows(2), "from 0 to"),
        ]
        for ids, vectors, message in cases:
            with pytest.raises(ValueError, match=message):
                filled.add(ids, vectors)
            assert len(filled) == len(filled.vectors) == 300
        for one, two in zip(before, filled.query(rows(5, 1), k=5), strict=True):
            np.testing.assert_array_equal(one, two)

    def test_bad_queries_are_refused(self, filled, distance):
        holes = rows(3)
        holes[1, 1] = np.nan
        for vectors, k, message in [
            (holes, 1, "NaN or inf in 1 of 3 rows: 1"),
            (rows(1)[:, :4], 1, "columns"),
            (rows(1)[0], 1, "shape"),
            (rows(1), 0, "`k` must be a whole number of at least 1"),
            (rows(1), 2.5, "`k` must be"),
            (rows(1), True, "`k` must be"),
        ]:
            with pytest.raises(ValueError, match=message):
                filled.query(vectors, k)

    @pytest.mark.parametrize("error", [RuntimeError, KeyboardInterrupt])
    def test_an_engine_that_fails_while_adding_has_added_nothing(
        self, filled, distance, error, monkeypatch
    ):
        before = filled.query(rows(5, 1), k=5)

        def fail(vectors):
            raise error

        with monkeypatch.context() as patch:
            patch.setattr(filled, "_add", fail)
            with pytest.raises(error):
                filled.add([1, 2], rows(2, seed=4))
        assert len(filled) == 300
        for one, two in zip(before, filled.query(rows(5, 1), k=5), strict=True):
            np.testing.assert_array_equal(one, two)
        filled.add([1, 2], rows(2, seed=4))
        self.check(filled, distance, rows(100, seed=1), k=10)

    def test_what_the_caller_does_with_its_arrays_later_does_not_matter(self, engine, distance):
        vectors, ids = rows(50), np.arange(50)
        engine.add(ids, vectors)
        expected = engine.query(rows(5, 1), k=5)
        vectors[:], ids[:] = 0, 0
        for one, two in zip(expected, engine.query(rows(5, 1), k=5), strict=True):
            np.testing.assert_array_equal(one, two)

    def test_repr_is_short_and_free_of_addresses(self, filled, distance):
        assert f"{distance!r}, dim={DIM}" in repr(filled)
        assert "300 items" in repr(filled)
        assert "0x" not in repr(filled)


@pytest.mark.parametrize("engine_name", OWN)
@pytest.mark.parametrize("distance", ["cosine", "euclidean", "manhattan"])
@pytest.mark.parametrize("scale", [1e-18, 1e18])
def test_tiny_and_huge_rows_are_found(engine_name, distance, scale):
    engine = search.find(engine_name)(distance, DIM)
    engine.add(np.arange(200), rows(200) * np.float32(scale))
    Q = rows(20, seed=1) * np.float32(scale)
    ids, found = engine.query(Q, k=5)
    truth, expected = by_hand(distance, Q, engine.vectors, np.arange(200), 5)
    assert ids.tolist() == truth.tolist()
    np.testing.assert_allclose(found, expected, rtol=1e-5)


def test_a_distance_that_an_engine_cannot_serve_is_refused_with_those_it_can():
    with pytest.raises(ValueError, match="nmslib engine cannot search by") as caught:
        NMSLibSearch(Chebyshev(), DIM)
    for name in ORACLES:
        assert name in str(caught.value)
    assert Chebyshev.name in str(caught.value).partition("It can by")[0]
    assert Chebyshev.name not in str(caught.value).partition("It can by")[2]


def test_a_users_engine_goes_through_the_index_and_the_disk(tmp_path):
    index = Indexer(DIM, "euclidean", {"engine": Backwards.name, "blocks": 3})
    index.add(rows(30), labels=np.arange(30))
    expected = index.query(rows(4, 1), k=3)
    index.save(tmp_path / "index")
    loaded = Indexer.load(tmp_path / "index")
    assert isinstance(loaded.engine, Backwards)
    assert loaded.engine.blocks == 3
    assert loaded.query(rows(4, 1), k=3) == expected
    assert Indexer(DIM, "euclidean", Backwards("euclidean", DIM, blocks=2)).engine.blocks == 2


def test_an_unknown_engine_is_answered_with_the_known():
    for bad in ("nmslibb", None, 3):
        with pytest.raises(ValueError, match="Unknown search engine") as caught:
            search.find(bad)
        for name in OWN:
            assert repr(name) in str(caught.value)


def test_a_user_cannot_take_the_name_of_an_own_engine():
    with pytest.raises(ValueError, match="belongs to simnb's own search engine ExactSearch"):
        type("Mine", (Backwards,), {"name": "exact"})


def test_names_of_tensorflow_similarity_find_their_engine():
    assert search.find("linear") is search.LinearSearch is ExactSearch
    assert search.find("hnsw") is NMSLibSearch


@pytest.mark.parametrize("engine_name", OWN)
def test_parameters_are_plain_json(engine_name):
    engine = search.find(engine_name)("cosine", DIM)
    config = json.loads(json.dumps(engine.get_config()))
    assert search.find(engine_name)("cosine", DIM, **config).get_config() == engine.get_config()


@pytest.mark.parametrize("bad", [0, -1, 2.0, None])
def test_a_dimension_that_is_none_is_refused(bad):
    with pytest.raises(ValueError, match="`dim` must be a whole number of at least 1"):
        ExactSearch("cosine", bad)


def test_files_of_another_dimension_or_with_ids_twice_are_refused(tmp_path):
    engine = ExactSearch("cosine", DIM)
    engine.add([1, 2], rows(2))
    engine.save(tmp_path)
    with pytest.raises(ValueError, match="must have 3 columns"):
        ExactSearch("cosine", 3).load(tmp_path)
    np.save(tmp_path / "ids.npy", np.array([1, 1]))
    with pytest.raises(ValueError, match="2 different int64 ids"):
        ExactSearch("cosine", DIM).load(tmp_path)
