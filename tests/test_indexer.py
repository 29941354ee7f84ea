"""The index as users meet it: embeddings, labels and data in; neighbours out; nothing lost."""

import importlib.util
import logging
import zipfile

import numpy as np
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule
from scipy.spatial.distance import cdist

import simnb
from simnb import Indexer, Lookup, Lookups, distances, indexer, load_index
from simnb.search import ExactSearch, NMSLibSearch

needs_nmslib = pytest.mark.skipif(
    importlib.util.find_spec("nmslib") is None, reason="nmslib is not installed"
)


def rows(count, dim=4, seed=0):
    return np.random.default_rng(seed).normal(size=(count, dim)).astype(np.float32)


def filled(count=20, **options):
    index = Indexer(4, **options)
    index.add(rows(count), labels=np.arange(count) % 3, data=[{"n": n} for n in range(count)])
    return index


def answers(index, k=5):
    return index.query(rows(10, seed=1), k=k)


def test_neighbours_come_with_label_data_embedding_and_id():
    index = filled(distance="euclidean")
    Q = rows(6, seed=1)
    found = index.query(Q, k=3)
    D = cdist(Q, rows(20))
    assert isinstance(found, Lookups)
    for query, neighbors in enumerate(found):
        order = np.argsort(D[query])[:3]
        assert [neighbor.rank for neighbor in neighbors] == [1, 2, 3]
        for neighbor, row in zip(neighbors, order, strict=True):
            assert neighbor.id == row
            assert neighbor.label == row % 3
            assert neighbor.data == {"n": row}
            assert neighbor.distance == pytest.approx(D[query, row], rel=1e-5)
            np.testing.assert_array_equal(neighbor.embedding, rows(20)[row])


def test_single_items_and_single_look_ups():
    index = Indexer(4)
    assert index.add(rows(1)[0], labels="cat", data={"page": 1}).tolist() == [0]
    assert index.add(rows(1, seed=2), labels=["dog"]).tolist() == [1]
    one = index.single_lookup(rows(1)[0], k=1)
    assert [(n.label, n.data) for n in one] == [("cat", {"page": 1})]
    assert index.single_lookup(rows(1), k=1) == one
    assert one == [Lookup(1, 0.0, "cat", rows(1)[0], {"page": 1}, 0)]
    with pytest.raises(ValueError, match="must be one embedding"):
        index.single_lookup(rows(2))


def test_names_of_tensorflow_similarity_do_the_same():
    index = Indexer(4)
    index.batch_add(rows(5), labels=np.arange(5))
    assert index.batch_lookup(rows(2), k=2) == index.query(rows(2), k=2)
    assert index.size() == len(index) == 5


@pytest.mark.parametrize(
    "labels",
    [
        np.arange(5, dtype=np.uint8),
        np.arange(5, dtype=np.uint64) + 2**63,
        [2**62 + n for n in range(5)],
        ["a", "b", "ç", "d", "✓"],
        np.array([True, False, True, True, False]),
        np.arange(5).reshape(5, 1),
        None,
    ],
    ids=["uint8", "past int64", "int64", "text", "bool", "column", "none"],
)
def test_labels_of_every_kind_come_back_from_disk(labels, tmp_path):
    index = Indexer(4)
    index.add(rows(5), labels=labels)
    index.save(tmp_path / "index")
    expected = [None] * 5 if labels is None else np.ravel(np.asarray(labels)).tolist()
    for kept in (index, Indexer.load(tmp_path / "index")):
        assert [kept.single_lookup(row, k=1)[0].label for row in rows(5)] == expected


def test_fewer_items_than_k_are_all_returned():
    found = filled(3).query(rows(2, seed=1), k=10)
    assert found.ids.shape == (2, 3)
    assert [len(neighbors) for neighbors in found] == [3, 3]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"embeddings": rows(2, dim=3)}, "`embeddings` must have 4 columns"),
        ({"embeddings": rows(1, dim=3)[0]}, "`embeddings` must have 4 columns"),
        ({"embeddings": rows(2)[None]}, "must have shape"),
        ({"embeddings": None}, "`embeddings` must"),
        ({"embeddings": [[1, 2], [3]]}, "`embeddings` must|inhomogeneous"),
        ({"embeddings": np.full((2, 4), np.nan)}, "NaN or inf in 2 of 2 rows: 0, 1"),
        ({"embeddings": np.full((1, 4), 1e39)}, r"finite \(in float32\)"),
        ({"embeddings": rows(2), "labels": [1]}, "one label for each of 2"),
        ({"embeddings": rows(2), "labels": [1.0, 2.0]}, "integers or strings"),
        ({"embeddings": rows(2), "labels": ["a", "b"]}, "of one kind"),
        ({"embeddings": rows(2)}, "for all items or for none"),
        ({"embeddings": rows(2), "labels": [1, 2], "data": [1]}, "one entry for each of 2"),
        ({"embeddings": rows(2), "labels": [1, 2], "data": [1, object()]}, "plain JSON"),
    ],
)
def test_bad_items_are_refused_and_nothing_is_added(arguments, message):
    index = filled()
    before = answers(index)
    with pytest.raises(ValueError, match=message):
        index.add(**arguments)
    assert answers(index) == before
    assert index.add(rows(1, seed=5), labels=[1]).tolist() == [20]


def test_no_items_are_no_error():
    index = filled()
    assert index.add(np.empty((0, 4)), labels=[]).tolist() == []
    assert len(index) == 20


@pytest.mark.parametrize(
    ("embeddings", "k", "message"),
    [
        (rows(1), 0, "`k` must be a whole number of at least 1"),
        (rows(1, dim=5), 1, "must have 4 columns"),
        (rows(1)[0], 1, "must have shape"),
        (rows(1) * np.nan, 1, "NaN or inf in 1 of 1 rows: 0"),
    ],
)
def test_bad_queries_are_refused(embeddings, k, message):
    with pytest.raises(ValueError, match=message):
        filled().query(embeddings, k)


def test_an_empty_index_says_that_it_is_empty():
    index = Indexer(4)
    for empty in (index, filled()):
        empty.reset()
        with pytest.raises(ValueError, match="The index is empty"):
            empty.query(rows(1))
        with pytest.raises(ValueError, match="The index is empty"):
            empty.single_lookup(rows(1)[0])


def test_removed_items_are_gone_and_ids_are_never_used_again(tmp_path):
    index = filled()
    index.remove([19, 3])
    index.remove(7)
    assert len(index) == 17
    assert not {3, 7, 19} & set(index.query(rows(20), k=17).ids.ravel().tolist())
    for row in (0, 4, 18):
        (found,) = index.single_lookup(rows(20)[row], k=1)
        assert (found.id, found.label, found.data) == (row, row % 3, {"n": row})
    assert index.add(rows(1, seed=9), labels=[5]).tolist() == [20]
    index.remove(20)
    index.save(tmp_path / "index")
    assert Indexer.load(tmp_path / "index").add(rows(1, seed=9), labels=[5]).tolist() == [21]


@pytest.mark.parametrize("bad", [[3, 99], -1, [2.0], ["3"], [True]])
def test_removing_what_is_not_there_changes_nothing(bad):
    index = filled()
    before = answers(index)
    with pytest.raises(ValueError, match=r"`ids` must be|invalid literal"):
        index.remove(bad)
    assert answers(index) == before


def test_a_new_label_is_found_and_all_else_stays(tmp_path):
    index = filled()
    index.calibrate(rows(30, seed=1), np.arange(30) % 3)
    before, calibration = answers(index, k=20), index.calibration
    labels = dict(enumerate(before.labels[0][np.argsort(before.ids[0])].tolist()))
    index.relabel([19, 3], [7, 0])
    index.relabel(5, 8)
    index.relabel(np.array([10, 11], np.uint8), 9)
    labels |= {19: 7, 3: 0, 5: 8, 10: 9, 11: 9}
    index.save(tmp_path / "index")
    for kept in (index, Indexer.load(tmp_path / "index")):
        found = answers(kept, k=20)
        np.testing.assert_array_equal(found.ids, before.ids)
        np.testing.assert_array_equal(found.distances, before.distances)
        assert found.labels.tolist() == [[labels[item] for item in row] for row in found.ids]
        assert [neighbor.data for neighbor in found[0]] == [n.data for n in before[0]]
        counts = dict(zip(*(part.tolist() for part in kept.class_counts), strict=True))
        assert counts == {own: list(labels.values()).count(own) for own in set(labels.values())}
    assert index.calibration is calibration
    assert {7, 8, 9}.isdisjoint(before.labels.ravel().tolist())


def test_rows_that_have_moved_are_relabelled_by_their_ids():
    index = filled()
    index.remove([0, 1, 7])
    index.relabel([19, 2], [50, 51])
    found = {n.id: n.label for n in index.query(rows(1), k=17)[0]}
    assert found == {n: n % 3 for n in range(20) if n not in (0, 1, 7)} | {19: 50, 2: 51}


def test_labels_grow_wider_when_items_are_relabelled():
    index = Indexer(4)
    index.add(rows(2), labels=["cat", "dog"])
    index.relabel(1, "Wheaten Terrier")
    assert index.labels.tolist() == ["cat", "Wheaten Terrier"]
    index = Indexer(4)
    index.add(rows(3), labels=[2**53 + 1, 2, 3])
    index.relabel([1], [2**64 - 1])
    index.relabel(2, 4)
    assert index.labels.tolist() == [2**53 + 1, 2**64 - 1, 4]


@pytest.mark.parametrize(
    ("ids", "labels", "message"),
    [
        ([3, 99], [1, 1], r"`ids` must be in the index. Not there: \[99\]"),
        (-1, 1, r"Not there: \[-1\]"),
        ([3, 3], [1, 2], "once each"),
        ([2.0], [1], "`ids` must be integers"),
        ([True], [1], "`ids` must be integers"),
        (["3"], [1], "`ids` must be integers"),
        ([[3]], [1], r"shape \(1, 1\)"),
        ([3, 4], [1], "one label for each of 2"),
        ([3, 4], ["a", "b"], "of one kind"),
        (3, "a", "of one kind"),
        (3, 1.0, "integers or strings"),
        (3, None, "labels=None"),
    ],
)
def test_relabelling_that_cannot_be_done_changes_nothing(ids, labels, message):
    index = filled()
    before, version = answers(index), index.version
    with pytest.raises(ValueError, match=message):
        index.relabel(ids, labels)
    assert answers(index) == before
    assert index.version == version


def test_an_index_without_labels_is_not_given_some():
    index = Indexer(4)
    index.add(rows(2))
    with pytest.raises(ValueError, match="the index has no labels"):
        index.relabel(0, 1)
    assert index.labels is None
    with pytest.raises(ValueError, match="Not there"):
        Indexer(4).relabel(0, 1)


def test_an_emptied_index_takes_labels_of_any_kind():
    for labels in (["a", "b"], None):
        index = filled()
        index.remove(index.ids.copy())
        index.add(rows(2), labels=labels)
        expected = labels or [None, None]
        assert [index.single_lookup(row, k=1)[0].label for row in rows(2)] == expected


@pytest.mark.parametrize("search", ["exact", pytest.param("nmslib", marks=needs_nmslib)])
def test_look_ups_made_before_a_change_still_read_their_own_items(search):
    index = filled(search=search)
    found, expected = answers(index), list(answers(index))
    index.remove([0, 1, 2, 3])
    assert found == expected
    index.add(rows(30, seed=3), labels=np.full(30, 9), data=["new"] * 30)
    assert found == expected
    found, expected = answers(index), list(answers(index))
    index.relabel(index.ids, 5)
    assert found == expected
    index.reset()
    index.add(rows(30, seed=4), labels=["other"] * 30)
    assert found == expected


@pytest.mark.parametrize("distance", ["cosine", "inner_product", "snr"])
def test_saved_and_loaded_the_index_is_the_same(distance, tmp_path):
    index = filled(distance=distance)
    index.remove([4])
    index.save(tmp_path / "index")
    for loaded in (Indexer.load(tmp_path / "index"), load_index(tmp_path / "index")):
        assert answers(loaded) == answers(index)
        assert loaded.get_config() == index.get_config()
        assert loaded.distance == distances.get(distance)
        np.testing.assert_array_equal(loaded.ids, index.ids)
        np.testing.assert_array_equal(loaded.embeddings, index.embeddings)


def test_an_empty_index_is_saved_too(tmp_path):
    Indexer(4, "manhattan").save(tmp_path / "index")
    loaded = Indexer.load(tmp_path / "index")
    assert (len(loaded), str(loaded.distance)) == (0, "manhattan")
    loaded.add(rows(2))


def test_a_save_that_is_not_to_overwrite_keeps_the_old(tmp_path):
    filled(5).save(tmp_path / "index")
    with pytest.raises(FileExistsError):
        filled(9).save(tmp_path / "index", overwrite=False)
    assert len(Indexer.load(tmp_path / "index")) == 5
    filled(9).save(tmp_path / "index")
    assert len(Indexer.load(tmp_path / "index")) == 9


def test_a_users_distance_with_parameters_comes_back_from_disk(tmp_path):
    class Weighted(distances.Distance):
        name = "test_indexer_weighted"

        def __init__(self, weight):
            self.weight = weight

        def pairwise(self, query, key, ops):
            difference = ops.expand_dims(query, 1) - ops.expand_dims(key, 0)
            return self.weight * ops.sum(ops.abs(difference), axis=-1)

        def get_config(self):
            return {"weight": self.weight}

    index = filled(distance=Weighted(3.0))
    index.save(tmp_path / "index")
    loaded = Indexer.load(tmp_path / "index")
    assert loaded.distance == Weighted(3.0)
    assert answers(loaded) == answers(index)


def zipped(tmp_path, index, name="model.keras"):
    """The index where `model.save` puts it."""
    index.save(tmp_path / "index")
    with zipfile.ZipFile(tmp_path / name, "w") as packed:
        packed.writestr("config.json", "{}")
        for file in (tmp_path / "index").rglob("*"):
            packed.write(file, f"assets/index/{file.relative_to(tmp_path / 'index').as_posix()}")
    return tmp_path / name


def test_the_index_inside_a_model_file_is_opened_without_the_model(tmp_path):
    index = filled()
    assert answers(load_index(zipped(tmp_path, index))) == answers(index)
    folder = tmp_path / "unzipped"
    with zipfile.ZipFile(tmp_path / "model.keras") as packed:
        packed.extractall(folder)
    assert answers(load_index(folder)) == answers(index)


def test_what_holds_no_index_is_refused_by_name(tmp_path):
    with pytest.raises(FileNotFoundError, match="nowhere"):
        load_index(tmp_path / "nowhere")
    with pytest.raises(FileNotFoundError, match="no simnb index"):
        load_index(tmp_path)
    text = tmp_path / "notes.txt"
    text.write_text("notes")
    with pytest.raises(ValueError, match=r"notes\.txt is neither"):
        load_index(text)
    with zipfile.ZipFile(tmp_path / "bare.keras", "w") as packed:
        packed.writestr("config.json", "{}")
    with pytest.raises(ValueError, match=r"bare\.keras holds no index"):
        load_index(tmp_path / "bare.keras")


def test_a_damaged_model_file_is_named(tmp_path):
    file = zipped(tmp_path, filled())
    whole = file.read_bytes()
    vectors = filled().embeddings.tobytes()
    place = whole.index(vectors) + 10
    file.write_bytes(whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :])
    with pytest.raises(ValueError, match=r"model\.keras is damaged"):
        load_index(file)
    file.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(ValueError, match=r"model\.keras is neither"):
        load_index(file)


def test_a_file_in_a_model_cannot_be_unpacked_elsewhere(tmp_path):
    file = zipped(tmp_path, filled())
    with zipfile.ZipFile(file, "a") as packed:
        packed.writestr("assets/index/../../../../escaped.txt", "x")
    load_index(file)
    assert not list(tmp_path.parent.glob("escaped.txt"))
    assert not (tmp_path / "escaped.txt").exists()


@needs_nmslib
def test_automatic_search_turns_to_the_graph_past_its_size(monkeypatch, tmp_path):
    monkeypatch.setattr(indexer.indexer, "EXACT_UP_TO", 50)
    index = Indexer(4)
    index.add(rows(50), labels=np.arange(50))
    assert isinstance(index.engine, ExactSearch)
    before = answers(index)
    index.add(rows(1, seed=9) * 9, labels=[50])
    assert isinstance(index.engine, NMSLibSearch)
    assert index.get_config()["search"] == "auto"
    assert index.ids.tolist() == list(range(51))
    assert [n[0] for n in answers(index)] == [n[0] for n in before]
    index.save(tmp_path / "index")
    loaded = Indexer.load(tmp_path / "index")
    assert isinstance(loaded.engine, NMSLibSearch)
    assert answers(loaded) == answers(index)
    index.reset()
    assert isinstance(index.engine, ExactSearch)


@needs_nmslib
def test_an_index_that_cannot_grow_stays_what_it_was(monkeypatch):
    monkeypatch.setattr(indexer.indexer, "EXACT_UP_TO", 20)
    index = filled(20)
    before = answers(index)

    def fails(self, vectors):
        raise MemoryError

    monkeypatch.setattr(NMSLibSearch, "_add", fails)
    with pytest.raises(MemoryError):
        index.add(rows(5, seed=3), labels=np.arange(5))
    assert isinstance(index.engine, ExactSearch)
    assert answers(index) == before


def test_without_nmslib_search_stays_exact_and_says_so_once(monkeypatch, caplog):
    monkeypatch.setattr(indexer.indexer, "EXACT_UP_TO", 20)
    monkeypatch.setattr(indexer.indexer, "_has_nmslib", lambda: False)
    index = filled(20)
    with caplog.at_level(logging.WARNING):
        for seed in range(3):
            index.add(rows(1, seed=seed), labels=[1])
    assert isinstance(index.engine, ExactSearch)
    (record,) = caplog.records
    assert "NMSLIB is not installed" in record.getMessage()
    assert "pip install nmslib" in record.getMessage()


@needs_nmslib
def test_a_graph_saved_elsewhere_is_searched_exactly_without_nmslib(monkeypatch, tmp_path, caplog):
    monkeypatch.setattr(indexer.indexer, "EXACT_UP_TO", 10)
    index = filled(20)
    assert isinstance(index.engine, NMSLibSearch)
    index.save(tmp_path / "index")
    monkeypatch.setattr(indexer.indexer, "_has_nmslib", lambda: False)
    loaded = Indexer.load(tmp_path / "index")
    assert isinstance(loaded.engine, ExactSearch)
    assert answers(loaded) == answers(index)
    assert "NMSLIB is not installed" in caplog.text


def test_asking_for_nmslib_where_it_is_missing_says_what_to_install(monkeypatch):
    import sys

    from simnb.search import nmslib_graph

    monkeypatch.setitem(sys.modules, "nmslib", None)
    nmslib_graph.library.cache_clear()
    with pytest.raises(ModuleNotFoundError, match="pip install nmslib"):
        Indexer(4, search="nmslib")
    nmslib_graph.library.cache_clear()


def test_a_users_distance_stays_exact_at_any_size(monkeypatch):
    class Plain(distances.Distance):
        name = "test_indexer_plain"

        def pairwise(self, query, key, ops):
            return ops.max(ops.abs(query[:, None] - key[None]), axis=-1)

    monkeypatch.setattr(indexer.indexer, "EXACT_UP_TO", 10)
    assert isinstance(filled(20, distance=Plain()).engine, ExactSearch)


def test_with_search_is_an_index_of_its_own():
    index = filled(distance="euclidean")
    other = index.with_search("exact")
    assert answers(other) == answers(index)
    other.add(rows(1, seed=7), labels=[8], data=["other"])
    index.add(rows(1, seed=8), labels=[9], data=["own"])
    assert index.single_lookup(rows(1, seed=8)[0], k=1)[0].data == "own"
    assert other.single_lookup(rows(1, seed=7)[0], k=1)[0].data == "other"
    index.remove([0])
    assert (len(index), len(other)) == (20, 21)


@needs_nmslib
def test_with_search_moves_to_another_engine():
    index = filled(distance="euclidean")
    parameters = {"engine": "nmslib", "recall": 0.9}
    graph = index.with_search(parameters)
    assert isinstance(graph.engine, NMSLibSearch)
    assert graph.engine.recall == 0.9
    assert answers(graph) == answers(index)
    assert graph.add(rows(1), labels=[1]).tolist() == [20]
    assert isinstance(graph.with_search("auto").engine, ExactSearch)


@pytest.mark.parametrize(
    ("search", "message"),
    [
        ("nope", "Unknown search engine. Known: .*'exact'.*'nmslib'"),
        ({"M": 3}, "must name the 'engine'"),
        (ExactSearch("euclidean", 4), "`search` must be an engine for CosineDistance"),
        (ExactSearch("cosine", 5), "dim 4"),
        (None, "Unknown search engine"),
    ],
)
def test_an_engine_that_does_not_fit_is_refused(search, message):
    with pytest.raises(ValueError, match=message):
        Indexer(4, "cosine", search)


@pytest.mark.parametrize(
    ("size", "distance", "message"),
    [
        (0, "cosine", "`embedding_size` must be a whole number of at least 1"),
        (4.0, "cosine", "`embedding_size` must be"),
        (4, "cosin", "Unknown distance. Known: 'cosine'|Unknown distance. Known: .*'cosine'"),
    ],
)
def test_bad_constructor_arguments_are_refused(size, distance, message):
    with pytest.raises(ValueError, match=message):
        Indexer(size, distance)


def test_the_data_frame_has_a_row_an_item():
    index = filled(4)
    frame = index.to_data_frame()
    assert list(frame.columns) == ["id", "embedding", "label", "data"]
    assert frame["label"].tolist() == [0, 1, 2, 0]
    assert frame["id"].tolist() == [0, 1, 2, 3]
    assert frame["data"].tolist() == [{"n": n} for n in range(4)]
    np.testing.assert_array_equal(np.stack(frame["embedding"]), rows(4))
    assert len(index.to_data_frame(2)) == 2
    assert len(index.to_data_frame(99)) == 4
    bare = Indexer(4)
    assert len(bare.to_data_frame()) == 0
    bare.add(rows(2))
    assert bare.to_data_frame()["label"].isna().all()


def test_repr_is_short():
    assert repr(filled(2)) == "Indexer(2 items, ExactSearch('cosine', dim=4, 2 items))"


class AnyOrder(RuleBasedStateMachine):
    """Any order of add, remove, relabel, look-up, move to another engine and reload, beside a dict."""

    def __init__(self):
        super().__init__()
        self.index = simnb.Indexer(3, "euclidean")
        self.truth = {}
        self.next_id = 0

    # A grid of few points: many copies and many ties.
    @rule(points=st.lists(st.tuples(*[st.integers(-2, 2)] * 3), min_size=1, max_size=6))
    def add(self, points):
        labels = [str(point) for point in points]
        ids = self.index.add(np.array(points, float), labels=labels, data=list(range(len(points))))
        assert ids.tolist() == list(range(self.next_id, self.next_id + len(points)))
        for place, point in enumerate(points):
            self.truth[self.next_id] = (point, place, str(point))
            self.next_id += 1

    @precondition(lambda self: self.truth)
    @rule(data=st.data())
    def remove(self, data):
        gone = data.draw(st.sets(st.sampled_from(sorted(self.truth)), min_size=1, max_size=4))
        self.index.remove(sorted(gone))
        for item in gone:
            del self.truth[item]

    @precondition(lambda self: self.truth)
    @rule(data=st.data(), label=st.text(max_size=12))
    def relabel(self, data, label):
        named = data.draw(st.sets(st.sampled_from(sorted(self.truth)), min_size=1, max_size=4))
        self.index.relabel(list(named), [f"{label}{item}" for item in named])
        for item in named:
            self.truth[item] = (*self.truth[item][:2], f"{label}{item}")

    @rule(engine=st.sampled_from(["exact", "auto"]))
    def move(self, engine):
        self.index = self.index.with_search(engine)

    @precondition(lambda self: self.truth)
    @rule(query=st.tuples(*[st.integers(-2, 2)] * 3), k=st.integers(1, 8))
    def look_up(self, query, k):
        def squared(point):
            return sum((a - b) ** 2 for a, b in zip(query, point, strict=True))

        order = sorted(self.truth, key=lambda item: (squared(self.truth[item][0]), item))[:k]
        (found,) = self.index.query(np.array([query], float), k)
        assert [neighbor.id for neighbor in found] == order
        for neighbor in found:
            point, place, label = self.truth[neighbor.id]
            assert (neighbor.label, neighbor.data) == (label, place)
            assert neighbor.distance == pytest.approx(squared(point) ** 0.5, rel=1e-6)
        assert len(self.index) == len(self.truth)


TestAnyOrder = AnyOrder.TestCase
TestAnyOrder.settings = settings(max_examples=40, stateful_step_count=15)


def test_a_parameter_that_an_engine_does_not_have_is_named():
    with pytest.raises(
        ValueError, match=r"NMSLibSearch has the parameters index_params.*Received: M"
    ):
        Indexer(4, search={"engine": "nmslib", "M": 8})


def test_an_engine_that_has_items_is_not_emptied_without_a_word():
    engine = ExactSearch("cosine", 2)
    engine.add([7], [[1.0, 0.0]])
    with pytest.raises(ValueError, match="must be an empty engine"):
        Indexer(2, search=engine)


def test_distance_is_not_a_parameter_of_the_engine():
    with pytest.raises(
        ValueError, match=r"ExactSearch has the parameters none.*Received: distance"
    ):
        Indexer(2, search={"engine": "exact", "distance": "l2"})


def test_every_change_of_the_items_makes_a_newer_version():
    index = Indexer(embedding_size=2)
    seen = [index.version]
    for change in (
        lambda: index.add([[1.0, 0.0], [0.0, 1.0]]),
        lambda: index.add([0.0, 2.0]),
        lambda: index.remove([1]),
        index.reset,
        lambda: index.add([[1.0, 0.0], [0.0, 1.0]], labels=[1, 2]),
        lambda: index.relabel(0, 2),
    ):
        change()
        seen.append(index.version)
    assert seen == sorted(set(seen))


def test_what_changes_no_item_makes_no_newer_version():
    index = Indexer(embedding_size=2)
    index.add([[1.0, 0.0]], labels=[1])
    before = index.version
    index.query([[0.0, 1.0]])
    index.with_search("exact").remove([0])
    index.add(np.zeros((0, 2)), labels=[])
    index.relabel([], [])
    for wrong in (lambda: index.remove([7]), lambda: index.add([[np.nan, 0.0]], labels=[1])):
        with pytest.raises(ValueError, match=r"Received|Not there"):
            wrong()
    assert index.version == before


def test_nothing_is_relabelled_where_nothing_is_named():
    index = Indexer(2)
    index.add(np.eye(2), labels=["cat", "dog"])
    version = index.version
    index.relabel([], "bird")
    index.relabel([], [])
    assert index.labels.tolist() == ["cat", "dog"]
    assert index.version == version
