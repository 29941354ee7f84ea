"""Labels and data of any kind: kept apart, refused when mixed, back from disk as they were."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from simnb import Indexer
from simnb.stores import MemoryStore


def filled(labels=None, data=None, count=None):
    count = count if count is not None else len(labels if labels is not None else data)
    store = MemoryStore()
    store.append(store.checked_labels(labels, count), store.checked_data(data, count))
    return store


def reloaded(store, folder):
    store.save(folder)
    for file in folder.glob("*.npy"):
        np.load(file, allow_pickle=False)
    return MemoryStore.load(folder)


def same(one, other):
    if isinstance(one, np.ndarray):
        assert one.dtype == other.dtype
        assert one.shape == other.shape
        np.testing.assert_array_equal(one, other)
    else:
        assert one == other
        assert type(one) is type(other)


@pytest.mark.parametrize(
    "dtype", ["uint8", "int8", "uint16", "int32", "uint32", "int64", "uint64", "bool"]
)
def test_integer_labels_of_any_width_are_exact(dtype, tmp_path):
    if dtype == "bool":
        labels = np.array([False, True])
    else:
        labels = np.array([np.iinfo(dtype).min, np.iinfo(dtype).max], dtype)
    store = filled(labels)
    assert store.labels.tolist() == labels.tolist()
    same(reloaded(store, tmp_path).labels, store.labels)


def test_ids_past_float_precision_and_past_int64_stay_apart(tmp_path):
    labels = [2**53, 2**53 + 1, 2**63, 2**63 + 1, 2**64 - 1]
    store = filled(labels)
    assert store.labels.tolist() == labels
    assert reloaded(store, tmp_path).labels.tolist() == labels


def test_labels_grow_wider_when_they_must():
    store = filled(np.array([1, 2], np.uint8))
    store.append(store.checked_labels([2**63 + 5], 1), [None])
    store.append(store.checked_labels(np.array([3], np.int16), 1), [None])
    assert store.labels.tolist() == [1, 2, 2**63 + 5, 3]


def test_string_labels_of_growing_length_are_not_cut(tmp_path):
    store = filled(["a", "β"])
    store.append(store.checked_labels(["a much longer label", "数字 ✓"], 2), [None, None])
    expected = ["a", "β", "a much longer label", "数字 ✓"]
    assert store.labels.tolist() == expected
    assert reloaded(store, tmp_path).labels.tolist() == expected


@pytest.mark.parametrize("shape", [(3,), (3, 1)])
def test_a_column_of_labels_is_a_vector(shape):
    assert filled(np.arange(3).reshape(shape)).labels.tolist() == [0, 1, 2]


@pytest.mark.parametrize("labels", [["a", "b"], np.array(["a", "b"], dtype=object)])
def test_strings_may_come_as_objects(labels):
    assert filled(labels).labels.tolist() == ["a", "b"]


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        ([0.0, 1.0], "must be integers or strings.*float64.*astype"),
        ([1, "a"], "all integers that fit 64 bits, or all strings.*integers, text"),
        ([1, None], "None"),
        (["a", None], "None, text"),
        (["a", float("nan")], "float"),
        ([2**64, 1], "fit 64 bits"),
        ([[0, 1], [1, 0]], r"shape \(2, 2\); for one-hot rows"),
        (3, "shape"),
        ([1], "one label for each of 2 examples. Received: 1"),
        ([-1, 2**63], "all integers that fit 64 bits"),
        ([1j, 2j], "complex"),
        ([b"a", b"b"], "must be integers or strings"),
    ],
)
def test_labels_that_are_none_are_refused(labels, message):
    with pytest.raises(ValueError, match=message):
        MemoryStore().checked_labels(labels, 2)


@pytest.mark.parametrize(
    ("first", "second", "message"),
    [
        ([1], None, "for all items or for none: the index has labels"),
        (None, [1], "for all items or for none: the index has no labels"),
        ([1], ["a"], "the index has integers. Received: strings"),
        (["a"], [1], "the index has strings. Received: integers"),
        ([-1], [2**63], "fit one 64-bit integer type"),
    ],
)
def test_labels_of_another_kind_than_those_here_are_refused(first, second, message):
    store = filled(first, count=1)
    with pytest.raises(ValueError, match=message):
        store.checked_labels(second, 1)


def test_an_emptied_store_takes_labels_of_any_kind():
    for labels in (["a", "b"], None):
        store = filled([1, 2]).remove(np.array([0, 1]))
        store.append(store.checked_labels(labels, 2), [None, None])
        assert len(store) == 2
        assert labels is None or store.labels.tolist() == labels


DATA = [
    np.zeros((2, 3), np.uint8),
    np.arange(4.0),
    np.ones((1, 2, 3), np.float16),
    np.array(["text", "δ"]),
    np.array(b"bytes"),
    np.array(7, np.int8),
    np.empty((0, 3), np.float32),
    np.array([True, False]),
    np.array([1 + 2j]),
    np.zeros((2, 3), np.uint8) + 9,
    None,
    "a page ✓ \ud800",
    3,
    2.5,
    True,
    ["a", [1, None]],
    {"path": "x.png", "box": [1, 2, 3, 4], "deep": {"er": None}},
]


def test_data_of_differing_kinds_and_shapes_come_back_exactly(tmp_path):
    store = filled(data=DATA)
    loaded = reloaded(store, tmp_path)
    assert loaded.labels is None
    assert len(loaded) == len(DATA)
    for row, item in enumerate(DATA):
        same(store.data(row), item)
        same(loaded.data(row), item)


def test_equal_forms_share_an_entry_and_a_file(tmp_path):
    images = np.random.default_rng(0).integers(0, 255, (500, 4, 4, 1), np.uint8)
    store = filled(data=images)
    loaded = reloaded(store, tmp_path)
    assert sorted(file.name for file in tmp_path.iterdir()) == ["data.json", "data_0.npy"]
    assert (tmp_path / "data.json").stat().st_size < 200
    np.testing.assert_array_equal([loaded.data(row) for row in range(500)], images)


def test_arrays_are_kept_by_reference():
    images = np.zeros((3, 2, 2))
    assert np.shares_memory(filled(data=images).data(1), images)


def test_json_is_kept_as_json_keeps_it(tmp_path):
    mutable = {"seen": [1]}
    store = filled(data=[mutable, (1, 2), {3: "int key"}])
    mutable["seen"].append(2)
    for kept in (store, reloaded(store, tmp_path)):
        assert [kept.data(row) for row in range(3)] == [{"seen": [1]}, [1, 2], {"3": "int key"}]


def test_tensors_are_taken_as_arrays():
    class Tensor:
        def __init__(self, value):
            self.value = value

        def __array__(self, dtype=None, copy=None):
            return np.asarray(self.value, dtype)

    whole = filled(data=Tensor([[1, 2], [3, 4]]), count=2)
    same(whole.data(1), np.array([3, 4]))
    listed = filled(data=[Tensor([1]), Tensor([2, 3])])
    same(listed.data(1), np.array([2, 3]))


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ([1], "one entry for each of 2 items. Received: 1"),
        ("ab", "one entry an item. Received: str"),
        (b"ab", "one entry an item. Received: bytes"),
        ({"a": 1, "b": 2}, "one entry an item. Received: dict"),
        (3, "one entry an item. Received: ndarray"),
        ([1, object()], "Received at 1"),
        ([1, {1, 2}], "Received at 1"),
        ([1, b"bytes"], "Received at 1"),
        ([1, np.array([None])], "dtype object at 1"),
        ([1, np.array(["2020-01-01"], "datetime64[D]")], "dtype datetime64"),
        ([1, np.zeros(2, ">f4" if np.little_endian else "<f4")], "dtype"),
        ([1, np.zeros(2, [("a", "f4")])], "dtype"),
    ],
)
def test_data_that_could_not_be_saved_are_refused_at_once(data, message):
    with pytest.raises(ValueError, match=message):
        MemoryStore().checked_data(data, 2)


def test_nested_lists_without_end_are_refused():
    endless = []
    endless.append(endless)
    with pytest.raises(ValueError, match="Received at 0"):
        MemoryStore().checked_data([endless], 1)


def test_removing_leaves_the_store_that_look_ups_hold():
    store = filled(["a", "b", "c"], [1, 2, 3])
    rest = store.remove(np.array([1]))
    assert (rest.labels.tolist(), [rest.data(0), rest.data(1)]) == (["a", "c"], [1, 3])
    assert (store.labels.tolist(), store.data(1)) == (["a", "b", "c"], 2)


def test_a_copy_grows_on_its_own():
    store = filled([1], ["one"])
    other = store.copy()
    other.append(other.checked_labels([2], 1), ["two"])
    assert (len(store), len(other)) == (1, 2)
    assert store.labels.tolist() == [1]


plain_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)
any_array = st.one_of(
    arrays(dtype, array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=3))
    for dtype in (np.uint8, np.int64, np.float16, np.bool_)
)


@given(st.lists(plain_json | any_array, max_size=8))
def test_any_data_survive_the_disk(tmp_path_factory, data):
    loaded = reloaded(filled(data=data), tmp_path_factory.mktemp("store"))
    assert len(loaded) == len(data)
    for row, item in enumerate(data):
        same(loaded.data(row), item)


def test_the_file_is_plain_json(tmp_path):
    filled([1], [{"page": 1}]).save(tmp_path)
    content = json.loads((tmp_path / "data.json").read_text())
    assert content == {"dtypes": [], "runs": [{"form": {"json": {"page": 1}}, "count": 1}]}


def test_equal_but_different_json_stays_as_it_was_and_is_nobody_elses(tmp_path):
    data = [1, True, 1.0, {"flag": True}, {"flag": 1}, {"flag": 1}]
    store = MemoryStore()
    store.append(None, store.checked_data(data, len(data)))
    loaded = reloaded(store, tmp_path)
    assert [repr(loaded.data(row)) for row in range(6)] == [repr(item) for item in data]
    loaded.data(4)["flag"] = "changed"
    assert loaded.data(5) == {"flag": 1}


def test_the_counts_of_classes_follow_what_is_added_and_removed():
    index = Indexer(1, distance="euclidean")
    assert index.class_counts is None
    ids = index.add([[0.0], [1.0], [2.0]], labels=["b", "a", "b"])
    assert [part.tolist() for part in index.class_counts] == [["a", "b"], [1, 2]]
    index.add([3.0], labels="c")
    assert index.class_counts[0].tolist() == ["a", "b", "c"]
    index.remove(ids[1:2])
    assert [part.tolist() for part in index.class_counts] == [["b", "c"], [2, 1]]


def test_the_counts_of_classes_cannot_be_changed_from_outside():
    index = Indexer(1, distance="euclidean")
    index.add([[0.0], [1.0]], labels=[1, 2])
    with pytest.raises(ValueError, match="read-only"):
        index.class_counts[1][0] = 999
