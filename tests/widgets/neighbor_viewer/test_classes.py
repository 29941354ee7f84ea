import numpy as np
import pandas as pd
import pytest

from simnb.widgets.neighbor_viewer.classes import Classes


def test_labels_of_several_collections_share_their_numbers():
    classes = Classes()
    one = classes.codes(np.array(["b", "a", "b"]))
    other = classes.codes(["c", "a", None])
    assert one.tolist() == [0, 1, 0]
    assert other.tolist() == [2, 1, -1]
    assert [classes.value(code) for code in (0, 1, 2, -1)] == ["b", "a", "c", None]


@pytest.mark.parametrize(
    "labels",
    [
        [3, 1, 3],
        np.array([3, 1, 3], np.uint8),
        np.array([3.0, 1.0, 3.0]),
        pd.Series([3, 1, 3], index=[9, 8, 7]),
        pd.Series([3, 1, 3], dtype="Int64"),
        pd.Series([3, 1, 3], dtype="category"),
    ],
    ids=lambda own: f"{type(own).__name__} {getattr(own, 'dtype', '')}",
)
def test_the_same_number_in_every_dress_is_the_same_class(labels):
    classes = Classes()
    classes.codes([1, 2, 3])
    assert classes.codes(labels).tolist() == [2, 0, 2]


def test_ids_beyond_what_a_float_tells_apart_are_different_classes():
    classes = Classes()
    assert classes.codes(np.array([2**53, 2**53 + 1])).tolist() == [0, 1]
    assert classes.codes(np.array([2**53 + 1, 2**63], np.uint64)).tolist() == [1, 2]
    assert classes.codes(["1", 1]).tolist() == [3, 4]


@pytest.mark.parametrize("none", [None, float("nan"), pd.NA])
def test_no_label_is_no_class(none):
    classes = Classes()
    assert classes.codes([5, none]).tolist() == [0, -1]
    assert classes.name(-1) is None


def test_a_class_is_called_by_its_name():
    classes = Classes({1: "cat"})
    classes.codes([1, 2])
    assert [classes.name(0), classes.name(1)] == ["cat", "2"]
    by_place = Classes(["zero", "one"])
    by_place.codes(np.array([1, 7], np.uint64))
    assert [by_place.name(0), by_place.name(1)] == ["one", "7"]


def test_what_names_or_compares_nothing_is_refused():
    with pytest.raises(ValueError, match="`class_names` must be"):
        Classes("cat")
    with pytest.raises(ValueError, match="`labels` must be"):
        Classes().codes([[1], [2]])
