"""The confusion matrix: counts against scikit-learn's, answers withheld, names, legible numbers."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.colors import to_rgb
from sklearn import metrics

from simnb.calibration import match
from simnb.visualization import confusion_matrix
from tests.visualization.cases import looked_up

pytestmark = pytest.mark.filterwarnings("ignore:A single label was found")  # scikit-learn's
CIFAR = ["Airplane", "Automobile", "Bird", "Cat", "Deer"]
CIFAR += ["Dog", "Frog", "Horse", "Ship", "Truck"]


def draw(y_pred, y_true, **options):
    return confusion_matrix(y_pred, y_true, **{"normalize": False, "show": False, **options})


def counts(y_pred, y_true, **options):
    return draw(y_pred, y_true, **options)[1]


def by_sklearn(y_true, y_pred, **options):
    classes = sorted({*y_true, *y_pred})
    return metrics.confusion_matrix(y_true, y_pred, **{"labels": classes, **options})


def names(axes):
    across = [text.get_text() for text in axes.get_xticklabels()]
    assert [text.get_text() for text in axes.get_yticklabels()] == across
    return across


def numbers(axes):
    """The numbers in the cells, row by row, with their colours."""
    written = {own.get_position()[::-1]: own for own in axes.texts}
    return [written[place].get_text() for place in sorted(written)], [
        written[place].get_color() for place in sorted(written)
    ]


@st.composite
def label_lists(draw):
    n = draw(st.integers(1, 40))
    classes = st.sampled_from(
        draw(st.sampled_from([[0, 1, 2], [7, -5, 2**40], ["a", "b", "ça"], [True, False]]))
    )
    lists = st.lists(classes, min_size=n, max_size=n)
    return draw(lists), draw(lists)


@given(label_lists())
def test_counts_are_those_of_scikit_learn(lists):
    y_pred, y_true = lists
    matrix = counts(y_pred, y_true, backend="bokeh")
    assert matrix.dtype == np.int64
    np.testing.assert_array_equal(matrix, by_sklearn(y_true, y_pred))


@given(label_lists(), st.data())
def test_answers_withheld_are_the_last_class(lists, data):
    y_pred, y_true = (list(map(str, own)) for own in lists)
    withheld = data.draw(st.lists(st.booleans(), min_size=len(y_pred), max_size=len(y_pred)))
    y_pred = ["∅" if none else own for none, own in zip(withheld, y_pred, strict=True)]
    matrix = counts(y_pred, y_true, no_match_label="∅", backend="bokeh")
    np.testing.assert_array_equal(matrix, by_sklearn(y_true, y_pred))  # "∅" sorts last
    if any(withheld):
        assert matrix[-1].sum() == 0
        assert matrix[:, -1].sum() == sum(withheld)


@given(label_lists())
def test_normalised_rows_are_shares_of_the_true_class(lists):
    y_pred, y_true = lists
    matrix = counts(y_pred, y_true, normalize=True, backend="bokeh")
    assert matrix.dtype == np.float64
    np.testing.assert_allclose(matrix, by_sklearn(y_true, y_pred, normalize="true"))


@pytest.mark.parametrize(
    ("no_match_label", "y_pred"),
    [
        (-1, [3, -1, 5, 3]),
        (-1, np.array([3, -1, 5, 3], np.int8)),
        (10, [3, 10, 5, 3]),
        (2**70, np.array([3, 2**70, 5, 3], object)),
        (None, [3, None, 5, 3]),
        (None, np.array([3, None, 5, 3], object)),
        ("nothing", [3, "nothing", 5, 3]),
        (np.int64(-1), np.array([[3], [-1], [5], [3]])),
    ],
)
def test_whatever_match_returns_for_no_match_is_told_from_a_class(no_match_label, y_pred):
    axes, matrix = draw(y_pred, [3, 3, 5, 5], no_match_label=no_match_label)
    np.testing.assert_array_equal(matrix, [[1, 0, 1], [1, 1, 0], [0, 0, 0]])
    assert names(axes) == ["3", "5", "no match"]


@pytest.mark.parametrize("no_match_label", [None, "nothing", -1])
def test_string_labels_take_any_no_match_label(no_match_label):
    y_pred = ["cat", no_match_label, "dog"]
    axes, matrix = draw(y_pred, ["cat", "cat", "dog"], no_match_label=no_match_label)
    np.testing.assert_array_equal(matrix, [[1, 0, 1], [0, 1, 0], [0, 0, 0]])
    assert names(axes) == ["cat", "dog", "no match"]


OBJECTS = {
    "None": None,
    "text": "nothing",
    "number": -1,
    "tuple": ("no", "match"),
    "tuple of one": ("no",),
    "empty tuple": (),
    "tuple as long as the queries": (3, 5, 3, 5),
    "list": ["no", "match"],
    "nested": ("no", ["match", 1]),
    "NaN": float("nan"),
    "array": np.array([1, 2]),
    "object": object(),
}


@pytest.mark.parametrize("classes", [(3, 5), ("cat", "dog")])
@pytest.mark.parametrize("kind", OBJECTS)
def test_whatever_object_match_returns_is_told_from_a_class(kind, classes):
    label, (a, b) = OBJECTS[kind], classes
    lookups = looked_up([0.1, 0.9, 0.2, 0.3], [a, a, b, a])
    options = {"no_match_label": label}
    axes, matrix = draw(match(lookups, 0.5, label), [a, a, b, b], **options)
    np.testing.assert_array_equal(matrix, [[1, 0, 1], [1, 1, 0], [0, 0, 0]])
    assert names(axes) == [str(a), str(b), "no match"]
    matrix = counts(match(lookups, 0.0, label), [a, a, b, b], **options)
    np.testing.assert_array_equal(matrix, [[0, 0, 2], [0, 0, 2], [0, 0, 0]])
    matrix = counts(match(lookups, 1.0, label), [a, a, b, b], **options)
    np.testing.assert_array_equal(matrix, [[2, 0], [1, 1]])
    listed = match(lookups, 0.5, label).tolist()
    np.testing.assert_array_equal(
        counts(listed, listed, **options), [[2, 0, 0], [0, 1, 0], [0, 0, 1]]
    )


def test_objects_that_are_equal_or_both_no_numbers_are_one_label():
    tuples, nans = np.empty(2, object), np.array([1, np.float32("nan")], object)
    tuples[:] = [1, (np.str_("no"), "match")]
    for y_pred, label in [(tuples, ("no", "match")), (nans, np.nan), ([1, np.nan], -np.nan)]:
        np.testing.assert_array_equal(
            counts(y_pred, [1, 1], no_match_label=label), [[1, 1], [0, 0]]
        )


@pytest.mark.parametrize("label", [("no", "match"), float("nan")])
def test_an_object_for_no_match_is_called_by_its_name(label):
    y_pred = match(looked_up([0.1, 0.9], [0, 0]), 0.5, label)
    for labels in ({0: "zero", label: "unknown"}, {0: "zero", 7: "?", label: "unknown"}):
        axes, matrix = draw(y_pred, [0, 0], labels=labels, no_match_label=label)
        assert names(axes) == ["zero", "unknown"]
        np.testing.assert_array_equal(matrix, [[1, 1], [0, 0]])
    assert names(draw(y_pred, [0, 0], labels=["zero"], no_match_label=label)[0]) == [
        "zero",
        "no match",
    ]


def test_true_labels_that_are_no_class_fill_the_row_of_no_match():
    axes, matrix = draw([1, -1, 1, -1], [1, -1, -1, 1])
    np.testing.assert_array_equal(matrix, [[1, 1], [1, 1]])
    assert names(axes) == ["1", "no match"]
    np.testing.assert_array_equal(counts([1, 1], [1, None], no_match_label=None), [[1, 0], [1, 0]])


def test_where_every_query_is_answered_there_is_no_row_for_no_match():
    assert names(draw([1, 2], [1, 1])[0]) == ["1", "2"]


def test_where_none_is_answered_the_classes_are_those_of_the_queries():
    axes, matrix = draw([-1, -1, -1], [4, 2, 4])
    np.testing.assert_array_equal(matrix, [[0, 0, 1], [0, 0, 2], [0, 0, 0]])
    assert names(axes) == ["2", "4", "no match"]


def test_the_program_of_keras_io_draws_eleven_classes():
    rng = np.random.default_rng(0)
    y = rng.integers(0, 10, (1000, 1)).astype(np.uint8)
    matches = np.where(rng.random(1000) < 0.8, y[:, 0], 10)
    axes, matrix = confusion_matrix(
        matches,
        y,
        labels=[*CIFAR, "Unknown"],
        title="Confusion matrix for cutpoint:optimal",
        normalize=False,
        show=False,
    )
    np.testing.assert_array_equal(matrix, by_sklearn(y[:, 0], matches, labels=range(11)))
    assert names(axes) == [*CIFAR, "Unknown"]
    assert axes.get_title() == "Confusion matrix for cutpoint:optimal"


def test_every_class_of_a_sequence_has_a_row():
    axes, matrix = draw([0, 2], [0, 0], labels=["zero", "one", "two", "three"])
    assert matrix.shape == (4, 4)
    assert names(axes) == ["zero", "one", "two", "three"]
    axes, matrix = draw([0, -1], [0, 0], labels=np.array(["zero", "one"]))
    np.testing.assert_array_equal(matrix, [[1, 0, 1], [0, 0, 0], [0, 0, 0]])
    assert names(axes) == ["zero", "one", "no match"]


def test_no_match_is_called_by_its_name_and_stands_last():
    axes, matrix = draw([0, 1, 2], [1, 1, 2], labels=["other", "one", "two"], no_match_label=0)
    np.testing.assert_array_equal(matrix, [[1, 0, 1], [0, 1, 0], [0, 0, 0]])
    assert names(axes) == ["one", "two", "other"]
    axes, _ = draw([5, -1], [5, 5], labels={5: "five", -1: "unknown"})
    assert names(axes) == ["five", "unknown"]
    assert names(draw([5], [5], labels={5: "five", -1: "unknown"})[0]) == ["five"]


def test_a_sequence_orders_string_labels_and_a_mapping_names_them():
    axes, matrix = draw(["cat", "dog"], ["dog", "dog"], labels=["fox", "dog", "cat"])
    np.testing.assert_array_equal(matrix, [[0, 0, 0], [0, 1, 1], [0, 0, 0]])
    assert names(axes) == ["fox", "dog", "cat"]
    assert names(draw(["cat"], ["dog"], labels={"cat": "Katze"})[0]) == ["Katze", "dog"]


def test_ids_past_2_to_the_53_stay_apart():
    ids = np.array([2**53, 2**53 + 1, 2**63], np.uint64)
    matrix = counts(ids, ids.tolist())
    np.testing.assert_array_equal(matrix, np.eye(3))
    np.testing.assert_array_equal(counts(ids[:2], ids[:2].astype(np.int64)), np.eye(2))


def test_numbers_stand_in_their_cells():
    y_true, y_pred = [0] * 200 + [1, 1], [0] * 199 + [1, 1, 1]
    axes, _ = draw(y_pred, y_true)
    assert numbers(axes)[0] == ["199", "1", "0", "2"]
    axes, _ = draw(y_pred, y_true, normalize=True)
    assert numbers(axes)[0] == ["0.99", "0.01", "0", "1"]


@pytest.mark.parametrize("cmap", ["Blues", "viridis", "Greys", "inferno"])
def test_numbers_contrast_with_their_cells(cmap):
    y = np.repeat(np.arange(8), 40)
    y_pred = np.where(np.arange(320) % 40 < 5 * (y + 1), y, (y + 1) % 8)
    axes, matrix = draw(y_pred, y, normalize=True, cmap=cmap)
    shown = axes.images[0].to_rgba(matrix)[..., :3].reshape(-1, 3)

    def luminance(rgb):  # of WCAG 2
        linear = [v / 12.92 if v <= 0.04045 else ((v + 0.055) / 1.055) ** 2.4 for v in rgb]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2] + 0.05

    for cell, color in zip(shown, numbers(axes)[1], strict=True):
        bright, dark = sorted([luminance(cell), luminance(to_rgb(color))], reverse=True)
        assert bright / dark > 4.4


@pytest.mark.parametrize("classes", [26, 37, 100, 300])
def test_many_classes_are_drawn_without_numbers_and_with_few_names(classes):
    rng = np.random.default_rng(0)
    y = rng.integers(0, classes, 5000)
    y_pred = np.where(rng.random(5000) < 0.8, y, rng.integers(-1, classes, 5000))
    labels = [f"class {place}" for place in range(classes)]
    axes, matrix = draw(y_pred, y, labels=labels)
    assert matrix.shape == (classes + 1, classes + 1)
    assert matrix.sum() == 5000
    assert len(axes.texts) == 0
    assert len(axes.figure.axes) == 2  # the bar that says what a colour is worth
    assert names(axes)[-1] == "no match"
    assert len(names(axes)) <= 40
    places = [int(name.split()[1]) for name in names(axes)[:-1]]
    assert places == [round(tick) for tick in axes.get_xticks()[:-1]]
    axes.figure.draw_without_rendering()
    for labels in (axes.get_xticklabels(), axes.get_yticklabels()):
        boxes = [label.get_window_extent() for label in labels]
        assert not any(one.overlaps(other) for one, other in pairwise(boxes))


def test_bokeh_has_the_classes_and_counts_of_each_cell():
    plot, matrix = draw(["a", "b", "-"], ["a", "a", "b"], no_match_label="-", backend="bokeh")
    cells = plot.renderers[0].data_source.data
    found = {
        (true, predicted): queries
        for true, predicted, queries in zip(
            cells["true"], cells["predicted"], cells["queries"].tolist(), strict=True
        )
    }
    classes = ["a", "b", "no match"]
    assert found == {
        (one, other): matrix[row, column]
        for row, one in enumerate(classes)
        for column, other in enumerate(classes)
    }
    assert cells["percent"].tolist() == [50, 50, 0, 0, 0, 100, 0, 0, 0]
    assert [own.text for own in plot.xaxis[0].major_label_overrides.values()] == classes


def test_a_large_matrix_of_bokeh_has_only_the_cells_that_hold_queries():
    y = np.arange(300)
    plot, _ = draw(y, y, backend="bokeh")
    assert len(plot.renderers[0].data_source.data["row"]) == 300
    assert len(plot.renderers) == 1


def test_inputs_are_left_as_they_were():
    y_pred, y_true, labels = [1, -1], np.array([1, 0]), ["a", "b"]
    draw(y_pred, y_true, labels=labels)
    assert (y_pred, y_true.tolist(), labels) == ([1, -1], [1, 0], ["a", "b"])


@pytest.mark.parametrize(
    ("y_pred", "y_true", "options", "message"),
    [
        ([1, 2], [1], {}, r"one prediction for each label.*2 predictions, 1 labels"),
        ([], [], {}, r"at least one.*0 predictions, 0 labels"),
        (["cat"], [1], {}, r"`y_pred` must be of the kind of `y_true`, integers.*strings"),
        ([1, 2], ["cat", "dog"], {}, r"kind of `y_true`, strings.*integers, no_match_label=-1"),
        ([1, "none"], [1, 2], {}, r"`y_pred` must be all integers.*integers, text"),
        ([1, None], [1, 2], {}, r"`y_pred` must be all integers.*None, integers"),
        (
            match(looked_up([0.1, 0.9], [1, 1]), 0.5, ("no", "match")),
            [1, 2],
            {},
            r"`y_pred` must be all integers.*integers, tuple",
        ),
        ([1.0], [1], {}, r"`y_pred` must be integers or strings.*float64"),
        (np.eye(2, dtype=int), [0, 1], {}, r"`y_pred` must hold one label.*np\.argmax"),
        ([1], None, {}, r"`y_true` must hold one label an example.*None"),
        ([0, 10], [0, 1], {"labels": ["a", "b"]}, r"`labels` must name.*2 names, none for 10"),
        ([0, 0], [-3, 1], {"labels": ["a", "b"]}, r"none for -3"),
        (["cat"], ["dog"], {"labels": ["dog"]}, r"1 names, none for 'cat'"),
        ([1], [1], {"cmap": "bluish"}, r"'bluish' is not a valid value"),
    ],
)
def test_bad_input_is_named(y_pred, y_true, options, message):
    with pytest.raises(ValueError, match=message):
        draw(y_pred, y_true, **options)
