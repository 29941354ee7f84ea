"""Duplicates: every one there is, found as plain loops find it."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from simnb.duplicates import find_duplicates
from simnb.samplers import MultiShotMemorySampler

# Few values, so that examples repeat.
parts = st.lists(
    st.lists(st.tuples(st.integers(0, 2), st.integers(0, 2)), max_size=8), min_size=1, max_size=3
).map(lambda lists: {f"part {i}": np.array(own).reshape(-1, 2) for i, own in enumerate(lists)})


def by_hand(x, other, same, alike):
    """The rows of `other` that are in `x` too, by comparing every two."""
    return [
        row
        for row in range(len(other))
        if any(alike(x[earlier], other[row]) for earlier in range(row if same else len(x)))
    ]


@given(parts)
def test_equal_examples_are_those_of_plain_loops(given_parts):
    found = find_duplicates(given_parts)
    for (one, other), pairs in found.pairs.items():
        x, y = given_parts[one], given_parts[other]
        assert pairs[:, 1].tolist() == by_hand(x, y, one == other, np.array_equal)
        assert all(np.array_equal(x[a], y[b]) for a, b in pairs)


@given(parts, st.sampled_from([0.0, 0.7, 0.71, 1.0, 1.5]))
def test_near_examples_are_those_of_plain_loops(given_parts, within):
    found = find_duplicates(given_parts, within=within)

    def alike(a, b):
        return np.sqrt(np.mean((a - b) ** 2.0)) <= within

    for (one, other), pairs in found.pairs.items():
        x, y = given_parts[one], given_parts[other]
        assert pairs[:, 1].tolist() == by_hand(x, y, one == other, alike)
        assert all(alike(x[a], y[b]) for a, b in pairs)


def test_near_examples_of_one_part_are_found_across_its_blocks():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(300, 5))
    x[[70, 200, 299]] = x[[3, 150, 298]] + 0.01
    found = find_duplicates({"x": x}, within=0.02)
    assert found.pairs["x", "x"].tolist() == [[3, 70], [150, 200], [298, 299]]


def test_rows_to_leave_out_are_those_in_an_earlier_part_and_repeated_ones():
    train = np.arange(10)[:, None]
    queries = np.array([[3], [20], [20], [9], [21]])
    found = find_duplicates({"training": train, "queries": queries})
    assert found.rows("queries").tolist() == [0, 2, 3]
    assert found.rows("training").tolist() == []
    kept = np.delete(queries, found.rows("queries"), axis=0)
    assert len(find_duplicates({"training": train, "queries": kept})) == 0


def test_images_of_different_shapes_and_views_of_samplers_are_compared():
    images = [np.zeros((2, 3)), np.zeros((3, 2)), np.ones((2, 3)), np.zeros((2, 3))]
    assert find_duplicates({"images": images}).pairs["images", "images"].tolist() == [[0, 3]]
    x = np.random.default_rng(0).integers(0, 255, (40, 4, 4), dtype=np.uint8)
    sampler = MultiShotMemorySampler(x, np.arange(40) % 4, total_examples_per_class=5)
    found = find_duplicates({"all": x, "sampled": sampler.x})
    assert len(found.pairs["all", "sampled"]) == 20


def test_an_example_of_other_values_with_the_same_bytes_is_no_duplicate():
    images = [np.array([[1, 2]], np.uint8), np.array([[1], [2]], np.uint8)]
    assert len(find_duplicates({"images": images})) == 0


def test_what_was_found_is_said_in_lines():
    found = find_duplicates({"training": np.eye(3), "queries": np.eye(3)[:2]})
    assert str(found) == (
        "training: 0 of 3 repeat an earlier one\n"
        "queries: 2 of 2 are in training too\n"
        "queries: 0 of 2 repeat an earlier one"
    )
    assert repr(found) == "Duplicates(2 among training, queries)"


def test_nothing_is_changed_or_kept():
    x = np.random.default_rng(0).normal(size=(20, 3))
    before = x.copy()
    find_duplicates({"x": x, "y": x[:5]})
    find_duplicates({"x": x, "y": x[:5]}, within=0.1)
    assert np.array_equal(x, before)


@pytest.mark.parametrize(
    ("given_parts", "within", "message"),
    [
        ({}, None, "must map names to examples"),
        (np.zeros((3, 2)), None, "must map names to examples"),
        (
            {"a": np.zeros((2, 2)), "b": np.zeros((2, 2), np.uint8)},
            None,
            "one dtype.*float64.*uint8",
        ),
        ({"a": np.array([None, {}])}, None, "must hold arrays of numbers"),
        ({"a": np.zeros((2, 2)), "b": np.zeros((2, 3))}, 0.1, "one shape.*'a': 2, 'b': 3"),
        ({"a": [np.zeros(2), np.zeros(3)]}, 0.1, "one shape"),
        ({"a": np.full((2, 2), np.nan)}, 0.1, "`a` must be finite"),
        ({"a": np.zeros((2, 2))}, -1, "`within` must be a finite number of at least 0"),
    ],
)
def test_bad_input_is_named(given_parts, within, message):
    with pytest.raises(ValueError, match=message):
        find_duplicates(given_parts, within)


def test_an_unknown_part_is_refused_with_those_there_are():
    with pytest.raises(ValueError, match=r"one of 'training'. Received: part='test'"):
        find_duplicates({"training": np.zeros((1, 2))}).rows("test")


def test_texts_of_different_widths_are_compared():
    found = find_duplicates({"a": np.array(["cat", "a long one"]), "b": ["cat", "dog"]})
    assert found.pairs["a", "b"].tolist() == [[0, 0]]


@pytest.mark.parametrize("part", [None, 3.0])
def test_a_part_that_holds_no_examples_is_named(part):
    with pytest.raises(ValueError, match=r"arrays or lists of examples.*for 'b'"):
        find_duplicates({"a": np.zeros((2, 2)), "b": part})
