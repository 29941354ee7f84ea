import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from simnb import Indexer
from simnb.retrieval_metrics import MapAtK, PrecisionAtK, RecallAtK
from simnb.widgets.neighbor_viewer.ranking import ranked
from simnb.widgets.neighbor_viewer.ranking_measures import compared, summary_of
from tests.widgets.cases import clusters

X, Y = clusters(60)


def mixed_index(seed=0, labels=None):
    rng = np.random.default_rng(seed)
    index = Indexer(8, "euclidean")
    index.add(X, rng.integers(0, 5, 60) if labels is None else labels)
    return index


def by_loops(right, relevant, k):
    hits, summed = 0, 0.0
    for rank, own in enumerate(right[:k], 1):
        if own:
            hits += 1
            summed += hits / rank
    return {
        "precision": hits / k,
        "average_precision": summed / min(relevant, k),
        "recall": float(hits > 0),
    }


@given(st.integers(0, 50), st.integers(0, 59), st.integers(1, 60))
def test_a_summary_is_that_of_plain_loops_and_of_the_librarys_evaluation(seed, row, k):
    index = mixed_index(seed)
    label = index.labels[row].item()
    found = ranked(index, X[row], k, label, own_id=row)
    summary = summary_of(found)
    k = min(k, 59)
    relevant = sum(own == label for place, own in enumerate(index.labels) if place != row)
    if relevant == 0:
        assert np.isnan([summary["precision"], summary["average_precision"]]).all()
        return
    order = [own for own in np.argsort(((X - X[row]) ** 2).sum(1), kind="stable") if own != row]
    expected = by_loops([index.labels[own] == label for own in order], relevant, k)
    assert {name: summary[name] for name in expected} == pytest.approx(expected)
    assert (summary["relevant"], summary["k"]) == (relevant, k)
    metrics = [own(k=k, exclude_self=True) for own in (PrecisionAtK, MapAtK, RecallAtK)]
    library = index.evaluate_retrieval(X[row : row + 1], [label], metrics, query_ids=[row])
    assert summary["precision"] == pytest.approx(library[f"precision@{k}"])
    assert summary["average_precision"] == pytest.approx(library[f"map@{k}"])
    assert summary["recall"] == library[f"recall@{k}"]


def test_of_an_unknown_class_nothing_is_told_but_that():
    summary = summary_of(ranked(mixed_index(), X[0], 5, 99))
    assert summary["relevant"] == 0
    assert np.isnan([summary["precision"], summary["average_precision"], summary["recall"]]).all()


def test_without_labels_there_is_no_summary():
    assert summary_of(ranked(mixed_index(), X[0], 5)) == {}
    bare = Indexer(8)
    bare.add(X)
    assert summary_of(ranked(bare, X[0], 5, 1)) == {}


def test_a_summary_of_fewer_is_that_of_fewer():
    index = mixed_index()
    label = int(index.labels[0])
    whole = ranked(index, X[0], 30, label)
    assert summary_of(whole, 7) == summary_of(ranked(index, X[0], 7, label))
    with pytest.raises(ValueError, match="`k` must be"):
        summary_of(whole, 0)


def test_two_rankings_are_compared_by_their_items():
    index = mixed_index()
    exact = ranked(index, X[0], 6)
    other = exact.take([0, 2, 1, 5])  # as an engine that overlooks some would give
    other = type(other)(**{**vars(other), "ranks": np.arange(1, 5)})
    table = compared(other, exact)
    ids = exact.ids.tolist()
    rows = {row.id: row for row in table.itertuples()}
    assert set(rows) == set(ids)
    assert [rows[item].rank_beside for item in ids] == [1, 2, 3, 4, 5, 6]
    assert rows[ids[2]].rank == 2
    assert rows[ids[2]].moved == -1
    assert rows[ids[5]].moved == -2
    assert rows[ids[3]].rank is pd.NA
    assert rows[ids[3]].moved is pd.NA
    np.testing.assert_array_equal([rows[item].distance for item in ids], exact.distances)
    assert table.attrs["recall"] == 4 / 6
    assert table["id"].tolist()[:4] == other.ids.tolist()


def test_beside_nothing_there_is_no_recall():
    exact = ranked(mixed_index(), X[0], 6)
    table = compared(exact, exact.take([]))
    assert np.isnan(table.attrs["recall"])
    assert table["moved"].isna().all()
    assert compared(exact.take([]), exact).attrs["recall"] == 0
