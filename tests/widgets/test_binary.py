import numpy as np
import pytest
import traitlets
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from simnb import check
from simnb.widgets.binary import Array, Number, Rows, decode, encode


class Owner(traitlets.HasTraits):
    count = 10
    rows = Rows()
    array = Array()
    number = Number(None, allow_none=True)
    price = Number(1.0, check.positive)


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


@pytest.mark.parametrize("value", [2, 2.0, np.float32(2), np.float64(2), np.int64(2), np.uint8(2)])
def test_a_number_of_any_type_is_kept_as_pythons(value):
    owner = Owner(number=value)
    assert owner.number == 2
    assert type(owner.number) is float


@pytest.mark.parametrize(
    "wrong",
    [
        "0.5",
        True,
        np.True_,
        np.nan,
        np.inf,
        10**400,
        1 + 2j,
        np.complex64(1),
        [1.0],
        np.zeros(1),
        {},
    ],
    ids=repr,
)
def test_what_is_no_finite_number_is_refused_and_nothing_changes(wrong):
    owner = Owner(number=4)
    with pytest.raises(traitlets.TraitError, match="`number` must be a finite number"):
        owner.number = wrong
    assert owner.number == 4


def test_a_number_may_be_none_only_where_it_is_said():
    owner = Owner(number=4)
    owner.number = None
    assert owner.number is None
    with pytest.raises(ValueError, match="`price` must be"):
        owner.price = None


def test_a_number_is_checked_as_its_owner_asks():
    owner = Owner()
    with pytest.raises(ValueError, match="`price` must be above 0"):
        owner.price = 0
    assert owner.price == 1


def test_a_number_can_be_linked_and_travels():
    first, second = Owner(price=3), Owner()
    traitlets.link((first, "price"), (second, "price"))
    second.price = np.float32(0.5)
    assert first.price == 0.5
    assert Owner().trait_metadata("price", "sync")
