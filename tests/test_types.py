"""`Lookups` behaves as the list of lists of `Lookup` that it stands for."""

import numpy as np
import pytest

from simnb import Lookup, Lookups


def make(labels=True):
    ids = np.array([[7, 3, 5], [5, -1, -1], [3, 7, -1]])
    distances = np.array([[0, 0.5, 2], [1, np.inf, np.inf], [0.25, 4, np.inf]], np.float32)
    names = np.array([["a", "b", "c"], ["c", "a", "a"], ["b", "a", "a"]])

    def fetch(row):
        return np.full(2, row, np.float32), {"row": row}

    return Lookups(ids, distances, names if labels else None, ids, fetch)


def as_list():
    def one(rank, distance, label, row):
        return Lookup(rank, distance, label, np.full(2, row, np.float32), {"row": row}, row)

    return [
        [one(1, 0.0, "a", 7), one(2, 0.5, "b", 3), one(3, 2.0, "c", 5)],
        [one(1, 1.0, "c", 5)],
        [one(1, 0.25, "b", 3), one(2, 4.0, "a", 7)],
    ]


def test_is_a_list_with_one_list_of_neighbours_a_query():
    found = make()
    assert len(found) == 3
    assert found == as_list()
    assert as_list() == found
    assert list(found) == as_list()
    assert [len(neighbors) for neighbors in found] == [3, 1, 2]
    assert found[-1] == as_list()[-1]
    assert found[np.int64(1)] == as_list()[1]
    assert list(reversed(found)) == as_list()[::-1]


def test_out_of_range_is_an_index_error():
    with pytest.raises(IndexError):
        make()[3]


def test_entries_are_plain_python_values():
    neighbor = make()[0][1]
    assert (type(neighbor.rank), type(neighbor.id)) == (int, int)
    assert (type(neighbor.distance), type(neighbor.label)) == (float, str)
    assert neighbor.embedding.dtype == np.float32


def test_a_slice_is_a_lookups_again():
    part = make()[1:]
    assert isinstance(part, Lookups)
    assert part == as_list()[1:]
    assert make()[::-1] == as_list()[::-1]
    assert len(make()[5:]) == 0
    np.testing.assert_array_equal(part.distances, make().distances[1:])


def test_equality_sees_every_field_but_the_id():
    first = as_list()[0][0]
    assert first == Lookup(1, 0.0, "a", np.full(2, 7, np.float32), {"row": 7}, id=99)
    assert first != Lookup(2, 0.0, "a", first.embedding, first.data)
    assert first != Lookup(1, 0.1, "a", first.embedding, first.data)
    assert first != Lookup(1, 0.0, "b", first.embedding, first.data)
    assert first != Lookup(1, 0.0, "a", first.embedding + 1, first.data)
    assert first != Lookup(1, 0.0, "a", None, first.data)
    assert first != Lookup(1, 0.0, "a", first.embedding, {"row": 8})
    assert first != "a"
    assert make() != as_list()[:2]
    assert make() != "text"
    assert make(labels=False) != as_list()


def test_image_data_compare_by_value():
    image = np.zeros((3, 3))
    assert Lookup(1, 0.0, data=image) == Lookup(1, 0.0, data=image.copy())
    assert Lookup(1, 0.0, data=image) != Lookup(1, 0.0, data=np.zeros((3, 4)))
    assert Lookup(1, 0.0, data=image) != Lookup(1, 0.0)


def test_without_labels_and_store_there_are_distances_still():
    bare = Lookups(np.array([[4]]), np.array([[0.5]], np.float32))
    assert bare[0] == [Lookup(1, 0.5)]
    assert bare[0][0].id == 4


def test_they_hold_arrays_and_so_do_not_hash():
    for unhashable in (make(), make()[0][0]):
        with pytest.raises(TypeError, match="unhashable"):
            hash(unhashable)


def test_repr_is_short():
    assert repr(make()) == "Lookups(3 queries, k=3)"
    assert repr(make()[0]) == (
        "[Lookup(rank=1, distance=0, label='a'), Lookup(rank=2, distance=0.5, label='b'), "
        "Lookup(rank=3, distance=2, label='c')]"
    )


def test_a_lookup_cannot_be_altered():
    with pytest.raises(AttributeError):
        make()[0][0].label = "b"


def test_look_ups_of_different_shapes_are_refused():
    for shapes in [((2, 1), (1, 1), None), ((2,), (2,), None), ((2, 1), (2, 1), (2, 2))]:
        ids, distances, labels = (
            None if shape is None else np.zeros(shape, int) for shape in shapes
        )
        with pytest.raises(ValueError, match=r"must all have the shape \[q, k\]"):
            Lookups(ids, distances, labels)


def test_look_ups_are_made_of_lists_too():
    found = Lookups([[7, -1]], [[1, 2]], [["a", "b"]])
    assert [neighbor.label for neighbor in found[0]] == ["a"]
    assert found == found[:]
