import numpy as np
import pandas as pd
import pytest

from simnb.visualization import palette
from simnb.widgets.columns import label_column, metadata_column, plain_column, text_of


@pytest.mark.parametrize(
    ("labels", "names"),
    [
        ([2, 0, 2], ["0", "2"]),
        (np.array(["b", "a", "b"]), ["a", "b"]),
        ([True, False, True], ["False", "True"]),
        (["x", None, "x"], ["x", "(none)"]),
        ([1.0, float("nan"), 2.0], ["1", "2", "(none)"]),
        ([1, "one", 1], ["1", "one"]),
        (pd.Series(["b", "a", None], dtype="category"), ["a", "b", "(none)"]),
        (np.array([2**62 + 1, 2**62, 2**62 + 1]), [str(2**62), str(2**62 + 1)]),
    ],
)
def test_labels_of_any_kind_become_categories(labels, names):
    column = label_column(labels, 3, None)
    assert column.names == names
    assert [column.text(row) for row in range(3)] == [
        "(none)" if text_of(own) == "" else text_of(own) for own in list(labels)
    ]
    assert column.missing == (len(names) - 1 if "(none)" in names else None)
    assert len(column.colors) == len(names)


def test_items_without_labels_are_of_one_category():
    column = label_column(None, 5, None)
    assert column.names == ["all"]
    assert column.codes.tolist() == [0] * 5


@pytest.mark.parametrize("class_names", [["cat", "dog"], {0: "cat", 1: "dog"}])
def test_classes_have_names(class_names):
    column = label_column(np.array([1, 0, 7]), 3, class_names)
    assert [column.text(row) for row in range(3)] == ["dog", "cat", "7"]


def test_300_labels_have_300_colours_and_codes_of_two_bytes():
    column = label_column(np.arange(300), 300, None)
    assert len(set(column.colors)) == 300
    assert column.codes.dtype == np.uint16
    assert label_column(np.arange(256), 256, None).codes.dtype == np.uint8


def test_numbers_go_over_a_ramp_and_what_is_none_is_grey():
    column = metadata_column("age", [1.5, 3.5, None, 2.5])
    assert column.kind == "continuous"
    assert column.codes.tolist() == [0, 255, 256, 128]
    assert column.range == (1.5, 3.5)
    assert column.range_texts == ["1.5", "3.5"]
    assert column.colors[column.missing] == palette.NO_LABEL
    assert len(column.colors) == 257


def test_numbers_that_are_all_equal_or_all_missing_are_drawn():
    assert metadata_column("x", np.full(4, 7.0)).codes.tolist() == [0] * 4
    column = metadata_column("x", np.full(4, np.nan))
    assert column.range is None
    assert column.codes.tolist() == [256] * 4


def test_a_few_whole_numbers_are_categories_and_many_are_a_ramp():
    assert metadata_column("year", np.arange(100) % 5).kind == "categorical"
    assert metadata_column("year", np.arange(100) % 50).kind == "continuous"


def test_times_are_a_ramp_from_the_first_to_the_last():
    column = metadata_column("when", pd.to_datetime(["2020-01-01", "2021-01-01", None]).to_numpy())
    assert column.range_texts == ["2020-01-01 00:00:00", "2021-01-01 00:00:00"]
    assert column.codes.tolist() == [0, 255, 256]


def test_texts_that_nearly_all_differ_are_no_colour_but_are_searched():
    texts = [f"note {row}" for row in range(100)]
    assert metadata_column("note", texts) is None
    column = plain_column("note", texts)
    assert np.flatnonzero(column.rows_with("NOTE 7")).tolist() == [7, *range(70, 80)]
    assert column.text(3) == "note 3"


def test_categories_are_searched_by_name():
    column = label_column(["cat", "dog", "caterpillar"], 3, None)
    assert column.rows_with("CAT").tolist() == [True, False, True]


@pytest.mark.parametrize(
    ("value", "text"),
    [(None, ""), (float("nan"), ""), (pd.NA, ""), (0.1 + 0.2, "0.3"), (3, "3"), (True, "True")],
)
def test_values_are_told_in_short(value, text):
    assert text_of(value) == text


@pytest.mark.parametrize(
    "values", [[[1, 2], [1, 2], [3]], [{"a": 1}, {}, {"a": 1}], [np.ones(2)] * 3]
)
def test_values_that_cannot_be_compared_are_told_by_their_text(values):
    column = metadata_column("x", values)
    assert [column.text(row) for row in range(3)] == [str(value) for value in values]
    assert label_column(values, 3, None).names == sorted({str(value) for value in values})


def test_classes_past_65000_are_others_and_keep_their_names():
    labels = np.arange(70_000)
    column = label_column(labels, 70_000, {label: f"class {label}" for label in labels.tolist()})
    assert column.names[65_000] == "(other)"
    assert column.values_at([5, 69_999]) == ["class 5", "class 69999"]
    assert column.text(5) == "class 5"


@pytest.mark.parametrize(
    "class_names",
    [{0: "no", 1: "yes"}, ["no", "yes"], pd.Series({1: "yes", 0: "no"}), np.array(["no", "yes"])],
)
@pytest.mark.parametrize(
    "labels", [[0, 1], np.array([0.0, 1.0]), np.array([0, 1], np.uint8), [False, True]]
)
def test_names_are_found_whatever_kind_of_number_a_label_is(labels, class_names):
    column = label_column(labels, 2, class_names)
    assert [column.text(row) for row in range(2)] == ["no", "yes"]


@pytest.mark.parametrize("wrong", [7, "abc", {1, 2}, iter("ab")])
def test_class_names_of_no_form_are_refused(wrong):
    with pytest.raises(ValueError, match="`class_names` must be a mapping"):
        label_column([0, 1], 2, wrong)


def test_text_that_cannot_be_sent_is_mended():
    assert text_of("a\ud800b") == "a?b"
    assert text_of(b"caf\xc3\xa9") == "café"


def test_numbers_at_the_end_of_what_floats_hold_are_drawn():
    column = metadata_column("x", np.array([-1e308, 0.0, 1e308]))
    assert column.codes.tolist() == [0, 128, 255]
    assert metadata_column("x", [10**400, 1.5, 2]).kind == "categorical"
    assert metadata_column("x", [1e300, 2e300, 3e300]).kind == "continuous"
