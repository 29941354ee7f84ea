import numpy as np
import pandas as pd
import pytest
from PIL import Image

from simnb import Indexer
from simnb.widgets.points import MOST, images_in, is_picture, matrix_of, read_points

X = np.arange(12, dtype=np.float64).reshape(4, 3)


def test_embeddings_of_numpy_pandas_and_lists_are_read():
    for given in (X, X.astype(np.float16), X.astype(int), X.tolist(), pd.DataFrame(X)):
        found = matrix_of(given)
        assert found.dtype == np.float32
        np.testing.assert_array_equal(found, X)


def test_a_torch_tensor_on_its_way_through_a_gradient_is_read():
    torch = pytest.importorskip("torch", reason="needs torch")
    for dtype in (torch.float32, torch.bfloat16):
        np.testing.assert_array_equal(
            matrix_of(torch.tensor(X, dtype=dtype, requires_grad=True)), X
        )


def test_a_tensorflow_tensor_is_read():
    tensorflow = pytest.importorskip("tensorflow", reason="needs TensorFlow")
    np.testing.assert_array_equal(matrix_of(tensorflow.constant(X)), X)


def test_a_jax_array_is_read():
    jax = pytest.importorskip("jax", reason="needs JAX")
    np.testing.assert_array_equal(matrix_of(jax.numpy.asarray(X)), X)


def test_rows_that_are_not_finite_are_named():
    bad = X.copy()
    bad[1, 0], bad[3, 2] = np.nan, np.inf
    with pytest.warns(UserWarning, match=r"NaN or inf in 2 of 4 rows, which are left out: 1, 3"):
        assert matrix_of(bad).shape == (4, 3)


def test_no_rows_are_read():
    assert matrix_of([]).shape == (0, 0)
    assert matrix_of(np.zeros((0, 5))).shape == (0, 5)


@pytest.mark.parametrize(
    "wrong", [None, "abc", [[1, "a"]], np.zeros(3), np.zeros((2, 2, 2)), [[1], [1, 2]]]
)
def test_what_is_no_matrix_is_refused(wrong):
    with pytest.raises(ValueError, match="`embeddings` must"):
        matrix_of(wrong)


@pytest.mark.parametrize(
    ("argument", "value"),
    [
        ("labels", [1, 2, 3]),
        ("labels", np.zeros((4, 2))),
        ("labels", "abcd"),
        ("labels", 5),
        ("metadata", {"a": [1, 2]}),
        ("metadata", [{"a": 1}]),
        ("metadata", 7),
    ],
)
def test_what_does_not_go_with_the_embeddings_is_refused_by_name(argument, value):
    given = {"labels": None, "images": None, "metadata": None} | {argument: value}
    with pytest.raises(ValueError, match=f"`{argument}"):
        read_points(X, **given)


def test_more_rows_than_can_be_selected_are_refused():
    with pytest.raises(ValueError, match="at most 2,000,000 rows"):
        read_points(np.zeros((MOST + 1, 1), np.float32), None, None, None)


def test_metadata_of_any_form_becomes_columns():
    frame = pd.DataFrame({"a": [1, 2, 3, 4], 5: list("wxyz")})
    records = frame.to_dict("records")
    for given in (frame, frame.to_dict("list"), records):
        columns = read_points(X, None, None, given).metadata
        assert {name: list(column) for name, column in columns.items()} == {
            "a": [1, 2, 3, 4],
            "5": list("wxyz"),
        }
    sparse = read_points(X, None, None, [{"a": 1}, {}, {"b": 2}, {}]).metadata
    assert sparse == {"a": [1, None, None, None], "b": [None, None, 2, None]}


def test_an_index_brings_labels_and_data():
    index = Indexer(3, "euclidean")
    index.add(X[:2], labels=["x", "y"], data=[np.zeros((8, 9)), {"page": 3}])
    points = read_points(index, None, None, None)
    np.testing.assert_array_equal(points.embeddings, X[:2])
    assert list(points.labels) == ["x", "y"]
    assert points.images[0].shape == (8, 9)
    assert points.images[1] is None
    assert points.metadata == {"page": [None, 3]}
    assert points.index is index


def test_a_model_without_indexed_items_is_refused():
    class Model:
        _index = None

        def index_summary(self):
            pass

    with pytest.raises(ValueError, match=r"call `model\.index"):
        read_points(Model(), None, None, None)


def test_a_series_goes_by_place_and_not_by_its_index():
    labels = pd.Series(list("wxyz"), index=[3, 2, 1, 0])
    points = read_points(X, labels, None, {"a": labels, "b": labels.astype("category")})
    assert [points.labels[row] for row in range(4)] == list("wxyz")
    assert [points.metadata["a"][row] for row in range(4)] == list("wxyz")
    assert [points.metadata["b"][row] for row in range(4)] == list("wxyz")


def test_arrays_are_the_same_whatever_their_order_in_memory():
    assert matrix_of(np.asfortranarray(X)).flags.c_contiguous
    assert matrix_of(pd.DataFrame(X)).flags.c_contiguous


def test_what_is_masked_is_left_out():
    masked = np.ma.masked_array(X, mask=np.eye(4, 3, dtype=bool))
    with pytest.warns(UserWarning, match="left out: 0, 1, 2"):
        assert np.isnan(matrix_of(masked)).sum() == 3


@pytest.mark.parametrize(
    "wrong", [X + 1j, X.astype("datetime64[s]"), X.astype(str), np.zeros((3, 0))]
)
def test_what_only_looks_like_numbers_is_refused(wrong):
    with pytest.raises(ValueError, match="`embeddings` must"):
        matrix_of(wrong)


def test_two_columns_of_one_name_are_refused():
    frame = pd.DataFrame(np.zeros((4, 2)), columns=["a", "a"])
    for twice in (frame, {1: [0] * 4, "1": [0] * 4}):
        with pytest.raises(ValueError, match="columns of different names"):
            read_points(X, None, None, twice)


@pytest.mark.parametrize("wrong", [{0: 1, 1: 2, 2: 3, 3: 4}, {1, 2, 3, 4}])
def test_labels_without_an_order_are_refused(wrong):
    with pytest.raises(ValueError, match="`labels` must have one value"):
        read_points(X, wrong, None, None)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (Image.new("RGB", (2, 2)), True),
        (np.zeros((8, 9)), True),
        (np.zeros((9, 8, 3), np.uint8), True),
        (np.zeros((8, 8, 1), bool), True),
        (np.zeros((9, 8, 2)), False),
        (np.zeros((7, 20)), False),
        (np.zeros((0, 8)), False),
        (np.zeros((8, 8), complex), False),
        (np.zeros((8, 8, 8, 3)), False),
        (np.zeros((8, 8)).tolist(), False),
        (None, False),
    ],
    ids=range(11),
)
def test_a_picture_is_large_enough_and_has_channels(value, expected):
    assert is_picture(value) is expected


def test_pictures_of_an_index_are_what_a_picture_is():
    index = Indexer(3, "euclidean")
    index.add(X, data=[np.zeros((9, 8, 1)), np.zeros((4, 4)), np.zeros((0, 8)), "text"])
    images = read_points(index, None, None, None).images
    assert [own is None for own in images] == [False, True, True, True]


@pytest.mark.parametrize("shape", [(3, 8, 8), (3, 9, 8, 1), (3, 8, 9, 4)])
def test_inputs_that_are_images_are_found(shape):
    assert images_in(np.zeros(shape)).shape == shape


@pytest.mark.parametrize(
    "x",
    [
        np.zeros((0, 8, 8)),
        np.zeros((3, 4, 4)),
        np.zeros((3, 8, 8, 2)),
        np.zeros((8, 8)),
        pd.DataFrame(np.zeros((9, 9)), index=range(5, 14)),
        np.zeros((3, 8, 8)).tolist(),
        {"x": np.zeros((3, 8, 8))},
        None,
    ],
    ids=range(8),
)
def test_inputs_that_are_no_images_are_none(x):
    assert images_in(x) is None


def test_tensors_of_texts_are_texts():
    tensorflow = pytest.importorskip("tensorflow", reason="needs TensorFlow")
    texts = ["cat", "café", "猫", ""]
    points = read_points(X, tensorflow.constant(texts), None, {"a": tensorflow.constant(texts)})
    assert list(points.labels) == list(points.metadata["a"]) == texts
    column = tensorflow.constant([[own] for own in texts])
    assert list(read_points(X, column, None, None).labels) == texts
    assert read_points(X, tensorflow.constant([b"\xff"] * 4), None, None).labels[0] == "\ufffd"
