"""What NMSLIB does badly when it is left alone, and the engine does not let it do."""

import json
import subprocess
import sys

import numpy as np
import pytest
from scipy.spatial.distance import cdist

from simnb.search import NMSLibSearch, nmslib_graph
from simnb.search.nmslib_graph import Graph

pytest.importorskip("nmslib")


@pytest.fixture
def builds(monkeypatch):
    """The sizes of the graphs that are built."""
    sizes = []
    build = Graph.build

    def counted(self, rows):
        sizes.append(len(rows))
        build(self, rows)

    monkeypatch.setattr(Graph, "build", counted)
    return sizes


def rows(count, dim=8, seed=0):
    return np.random.default_rng(seed).normal(size=(count, dim)).astype(np.float32)


def filled(count=1500, distance="cosine", dim=8, **parameters):
    engine = NMSLibSearch(distance, dim, **parameters)
    engine.add(np.arange(count), rows(count, dim))
    return engine


def answers(engine, seed=1):
    return [found.tolist() for found in engine.query(rows(20, engine.dim, seed), k=10)]


def test_prints_nothing_at_all():
    program = (
        "import numpy as np\n"
        "from simnb.search import NMSLibSearch\n"
        "engine = NMSLibSearch('cosine', 4)\n"
        "engine.add(np.arange(1200), np.random.default_rng(0).normal(size=(1200, 4)))\n"
        "assert engine.pending == 0\n"
        "engine.query(engine.vectors[:5], k=3)\n"
    )
    finished = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False
    )
    assert (finished.returncode, finished.stdout, finished.stderr) == (0, "", "")


def test_other_lines_on_stderr_still_reach_the_user(capfd):
    import os

    with nmslib_graph._stderr_without(("For maximum",)):
        os.write(2, b"For maximum performance\nsomething else went wrong\n")
    assert capfd.readouterr().err == "something else went wrong\n"


def test_single_items_never_rebuild_the_graph_from_nothing(builds):
    engine = filled(4400)
    assert builds == [4400]
    for number in range(300):
        engine.add([10_000 + number], rows(1, seed=100 + number))
    assert builds == [4400]
    assert engine.pending == 300
    engine.add(np.arange(20_000, 21_000), rows(1000, seed=7))  # more than a quarter waits now
    assert builds == [4400, 5700]
    assert engine.pending == 0


def test_small_sets_are_searched_exactly_without_a_graph(builds):
    engine = filled(900)
    Q = rows(30, seed=1)
    truth = np.argsort(cdist(Q, engine.vectors, "cosine"), axis=1)[:, :10]
    assert engine.query(Q, k=10)[0].tolist() == truth.tolist()
    assert builds == []


def test_waiting_items_are_searched_exactly():
    engine = filled(1500, distance="euclidean")
    new = rows(200, seed=3)
    engine.add(np.arange(5000, 5200), new)
    assert engine.pending == 200
    ids, found = engine.query(new, k=1)
    assert ids[:, 0].tolist() == list(range(5000, 5200))
    assert (found == 0).all()


@pytest.mark.parametrize("distance", ["cosine", "euclidean", "inner_product", "manhattan", "snr"])
def test_recall_on_queries_that_were_never_indexed(distance):
    engine = filled(3000, distance, dim=16)
    assert engine.pending == 0
    Q = rows(200, 16, seed=1)
    K = engine.vectors.astype("f8")
    if distance == "inner_product":
        D = -Q @ K.T
    elif distance == "snr":
        D = ((Q - Q.mean(1, keepdims=True))[:, None] - (K - K.mean(1, keepdims=True))[None]) ** 2
        D = D.mean(-1)
    else:
        D = cdist(Q, K, {"manhattan": "cityblock"}.get(distance, distance))
    truth = np.argsort(D, axis=1)[:, :10]
    ids, _ = engine.query(Q, k=10)
    found = np.mean([len(set(a) & set(b)) / 10 for a, b in zip(ids, truth, strict=True)])
    assert found >= 0.99


def test_ef_search_is_measured_unless_given_and_comes_back_from_disk(tmp_path):
    measured = filled(2000, "euclidean", dim=32)
    assert measured.ef_search >= 50
    measured.ef_search = 123  # distinguishable from every default
    measured.save(tmp_path)
    loaded = NMSLibSearch("euclidean", 32, **measured.get_config())
    loaded.load(tmp_path)
    assert loaded.ef_search == 123
    assert answers(loaded) == answers(measured)
    given = filled(1500, query_params={"efSearch": 17})
    assert given.ef_search == 17


def test_loading_does_not_build_again(builds, tmp_path):
    engine = filled()
    engine.save(tmp_path)
    builds.clear()
    NMSLibSearch("cosine", 8).load(tmp_path)
    assert builds == []


def test_a_damaged_graph_file_is_refused_before_nmslib_sees_it(tmp_path, monkeypatch):
    filled().save(tmp_path)
    file = tmp_path / "graph.nmslib"
    whole = file.read_bytes()
    seen = []
    monkeypatch.setattr(nmslib_graph, "library", lambda: seen.append("library"))
    flipped = bytearray(whole)
    flipped[len(whole) // 2] ^= 1
    for damaged in (bytes(flipped), whole[:-1], b"", whole + b"x"):
        file.write_bytes(damaged)
        with pytest.raises(ValueError, match=r"graph\.nmslib is damaged"):
            Graph("l2", {}).load(tmp_path)
    assert seen == []


def test_a_graph_of_another_space_is_refused(tmp_path):
    filled().save(tmp_path)
    with pytest.raises(ValueError, match="is damaged"):
        Graph("l1", {}).load(tmp_path)


def test_a_misspelt_build_parameter_is_an_error_that_changes_nothing():
    engine = NMSLibSearch("cosine", 8, index_params={"efConstuction": 100})
    engine.add(np.arange(600), rows(600))
    before = answers(engine)
    with pytest.raises(ValueError, match=r"refused `index_params`.*efConstuction"):
        engine.add(np.arange(600, 1500), rows(900, seed=2))
    assert (len(engine), engine.pending) == (600, 600)
    assert answers(engine) == before
    engine.add([7000], rows(1, seed=3))
    assert engine.query(rows(1, seed=3), k=1)[0].tolist() == [[7000]]


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"query_params": {"efsearch": 3}}, "may hold 'efSearch'"),
        ({"query_params": {"efSearch": 0}}, "`efSearch` must be a whole number"),
        ({"recall": 0}, "`recall` must be above 0"),
        ({"recall": 1.5}, "`recall` must be above 0"),
    ],
)
def test_bad_parameters_are_refused_at_once(parameters, message):
    with pytest.raises(ValueError, match=message):
        NMSLibSearch("cosine", 8, **parameters)


@pytest.mark.parametrize("error", [KeyboardInterrupt, MemoryError])
def test_an_interrupted_rebuild_leaves_the_old_graph_and_its_answers(monkeypatch, error):
    engine = filled(1500)
    engine.add(np.arange(2000, 2100), rows(100, seed=5))
    before, graph = answers(engine), engine._graph

    def interrupted(self):
        raise error

    for stage in ("_measure_ef_search", "_graph_rows"):
        with monkeypatch.context() as patch:
            patch.setattr(NMSLibSearch, stage, interrupted)
            with pytest.raises(error):
                engine.add(np.arange(3000, 5000), rows(2000, seed=6))
        assert engine._graph is graph
        assert (len(engine), engine.pending) == (1600, 100)
        assert answers(engine) == before
    engine.add(np.arange(3000, 5000), rows(2000, seed=6))
    assert (len(engine), engine.pending) == (3600, 0)


def test_every_class_of_collapsed_embeddings_is_found():
    # Left alone, NMSLIB finds 0.86 of such classes: each is one node here.
    centres = rows(300, seed=4)
    engine = NMSLibSearch("euclidean", 8)
    engine.add(np.arange(3000), np.repeat(centres, 10, axis=0))
    assert engine.pending == 0
    ids, found = engine.query(centres, k=10)
    assert ids.tolist() == np.arange(3000).reshape(300, 10).tolist()
    assert (found == 0).all()


def test_an_index_of_one_vector_many_times_is_built_and_answers():
    engine = NMSLibSearch("cosine", 4)
    engine.add(np.arange(1500), np.ones((1500, 4)))
    assert engine.query(np.ones((1, 4)), k=3)[0].tolist() == [[0, 1, 2]]


def test_removed_items_are_replaced_by_the_next_nearest(builds):
    engine = filled(2000, "euclidean")
    Q = rows(30, seed=1)
    nearest = engine.query(Q, k=5)[0]
    engine.remove(np.unique(nearest))
    kept = engine.ids.copy()
    truth = kept[np.argsort(cdist(Q, engine.vectors), axis=1)[:, :5]]
    ids, _ = engine.query(Q, k=5)
    assert np.mean([len(set(a) & set(b)) / 5 for a, b in zip(ids, truth, strict=True)]) >= 0.99
    assert builds == [2000]


def test_almost_everything_can_be_removed_and_the_rest_is_found():
    engine = filled(2000, "euclidean")
    engine.remove(np.arange(1990))
    ids, _ = engine.query(rows(5, seed=1), k=10)
    assert [sorted(line) for line in ids.tolist()] == [list(range(1990, 2000))] * 5


def test_ids_past_int32_are_kept():
    engine = NMSLibSearch("cosine", 8)
    ids = np.arange(1500) + 2**40
    engine.add(ids, rows(1500))
    assert engine.pending == 0
    assert engine.query(engine.vectors[:20], k=1)[0][:, 0].tolist() == ids[:20].tolist()


def test_a_saved_graph_comes_without_a_copy_of_the_vectors(tmp_path):
    engine = filled()
    engine.save(tmp_path)
    header = json.loads((tmp_path / "engine.json").read_text())
    assert header == {"nodes": 1500, "ef_search": engine.ef_search}
    assert not (tmp_path / "graph.nmslib.dat").exists()
