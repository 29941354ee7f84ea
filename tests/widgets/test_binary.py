import numpy as np
import pytest
import traitlets
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from simnb.widgets.binary import Array, Rows, decode, encode


class Owner(traitlets.HasTraits):
    count = 10
    rows = Rows()
    array = Array()


@given(
    hnp.arrays(
        st.sampled_from(["uint8", "uint16", "uint32", "int32", "float32"]),
        hnp.array_shapes(min_dims=1, max_dims=2, min_side=0),
    )
)
def test_an_array_comes_back_as_it_went(array):
    packed = encode(array)
    assert memoryview(packed["view"]).nbytes == array.nbytes
    back = decode(packed)
    assert back.dtype == array.dtype
    np.testing.assert_array_equal(back, array)


def test_an_array_that_is_not_contiguous_is_sent_whole():
    array = np.arange(12, dtype=np.float32).reshape(3, 4)[:, ::2]
    np.testing.assert_array_equal(decode(encode(array)), array)


@pytest.mark.parametrize(
    "value",
    [
        None,
        [1, 2],
        {"view": b"12345678", "dtype": "object", "shape": [1]},
        {"view": b"123", "dtype": "uint32", "shape": [1]},
        {"view": b"12345678", "dtype": "uint32", "shape": [3]},
    ],
)
def test_what_is_no_array_is_refused(value):
    with pytest.raises(ValueError, match=r"array|buffer|reshape"):
        decode(value)


@pytest.mark.parametrize(
    ("given_rows", "expected"),
    [
        ([3, 1, 3], [1, 3]),
        (np.array([9, 0], np.int64), [0, 9]),
        ((2,), [2]),
        (range(2, 4), [2, 3]),
        ({5}, [5]),
        ([], []),
        (np.arange(10) > 7, [8, 9]),
    ],
)
def test_rows_are_a_sorted_list_without_repeats(given_rows, expected):
    owner = Owner()
    owner.rows = given_rows
    assert owner.rows == expected
    assert all(type(row) is int for row in owner.rows)


@pytest.mark.parametrize("wrong", [[10], [-1], [0.5], ["a"], [[1, 2]], [True, False], 10**12])
def test_rows_that_are_none_are_refused_and_nothing_changes(wrong):
    owner = Owner(rows=[4])
    with pytest.raises(ValueError, match="`rows` must be row numbers"):
        owner.rows = wrong
    assert owner.rows == [4]


def test_rows_travel_as_four_bytes_each_and_back():
    owner = Owner()
    sent = owner.trait_metadata("rows", "to_json")([7, 8], owner)
    assert memoryview(sent["view"]).nbytes == 8
    received = owner.trait_metadata("rows", "from_json")(sent, owner)
    owner.rows = received
    assert owner.rows == [7, 8]


def test_equal_rows_notify_nobody_and_can_be_linked():
    first, second = Owner(rows=[1]), Owner()
    traitlets.link((first, "rows"), (second, "rows"))
    heard = []
    second.observe(heard.append, "rows")
    first.rows = np.array([2, 3])
    first.rows = [3, 2]
    assert second.rows == [2, 3]
    assert len(heard) == 1


def test_an_array_is_not_taken_from_the_page():
    with pytest.raises(ValueError, match="by Python alone"):
        Owner().trait_metadata("array", "from_json")({}, None)
