import os
import re
import tempfile
import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simnb.samplers import MultiShotMemorySampler, TFDataSampler
from simnb.samplers.growing import Growing

tf = pytest.importorskip("tensorflow")

X = np.repeat(np.arange(120, dtype="float32")[:, None], 3, axis=1)
Y = np.random.default_rng(0).permutation(np.repeat(np.arange(6), 20))
PAIRS = tf.data.Dataset.from_tensor_slices((X, Y))
TRUTH = MultiShotMemorySampler(X, Y, None, 3, 4, seed=1)


def sampler(ds=PAIRS, **arguments):
    return TFDataSampler(ds, 3, 4, **{"seed": 1, **arguments})


def of_unknown_size():
    return PAIRS.filter(lambda x, y: y >= 0)


def of_unknown_shape():
    spec = tf.TensorSpec(None, tf.float32), tf.TensorSpec(None, tf.int64)
    return tf.data.Dataset.from_generator(lambda: zip(X, Y, strict=True), output_signature=spec)


@pytest.mark.parametrize("cache", [False, True], ids=["memory", "disk"])
@pytest.mark.parametrize("make", [lambda: PAIRS, of_unknown_size, of_unknown_shape])
def test_batches_are_those_of_the_arrays(make, cache, tmp_path):
    ours = sampler(make(), cache=tmp_path if cache else None)
    for i in range(5):
        assert all(np.array_equal(*pair) for pair in zip(ours[i], TRUTH[i], strict=True))
    for begin, size in [(0, 7), (100, -1), (3, 0), (0, -1)]:
        x, y = ours.get_slice(begin, size)
        assert np.array_equal(x, TRUTH.get_slice(begin, size)[0])
        assert np.array_equal(y, TRUTH.get_slice(begin, size)[1])
    assert ours.x.shape == (120, 3)
    assert ours.x.dtype == np.float32


def test_classes_are_parted_and_shuffled_unlike_in_the_dataset():
    ours = sampler()
    drawn = [tuple(x[y == 2][:, 0]) for x, y in (ours[i] for i in range(60)) if 2 in y]
    assert len(set(drawn)) > 20
    assert {row for rows in drawn for row in rows} == set(np.flatnonzero(Y == 2))


def test_examples_are_held_once():
    ours = sampler()
    assert isinstance(ours.x._source, np.ndarray)
    assert ours.x._source.base is not None
    assert ours.x._source.base.nbytes == X.nbytes


def test_a_vector_grows_in_place_and_ends_at_its_length():
    for folder in (None, "."):
        parts = [np.arange(size, dtype=np.int16) for size in (3, 0, 70_000, 1)]
        with Growing(np.dtype(np.int16), folder=folder) as values:
            for part in parts:
                values.append(part)
            found = values.finish()
        assert np.array_equal(found, np.concatenate(parts))
        assert isinstance(found, np.memmap) == (folder is not None)


def test_the_cache_leaves_no_file_and_is_read_only(tmp_path):
    ours = sampler(cache=tmp_path)
    assert isinstance(ours.x._source, np.memmap)
    assert not ours.x._source.flags.writeable
    if os.name == "posix":
        assert list(tmp_path.iterdir()) == []
    assert np.array_equal(ours[0][0], TRUTH[0][0])


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="no /dev/full on this system")
def test_a_full_disk_is_said_and_leaves_nothing(tmp_path, monkeypatch):
    def full(**where):
        return open("/dev/full", "wb")

    monkeypatch.setattr(tempfile, "TemporaryFile", full)
    with pytest.raises(OSError, match="`cache` has no room for the examples"):
        sampler(cache=tmp_path)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("cache", [False, True], ids=["memory", "disk"])
def test_strings_stay_bytes_and_load_fn_makes_examples_of_them(cache, tmp_path):
    texts = [f"{row},{'x' * (row % 7)}\0" for row in range(120)]
    data = tf.data.Dataset.from_tensor_slices((texts, Y))
    folder = tmp_path if cache else None
    x, y = sampler(data, cache=folder)[0]
    assert x.dtype == object
    rows = TRUTH[0][0][:, 0].astype(int)
    assert [text.decode() for text in x] == [texts[row] for row in rows]
    assert np.array_equal(y, Y[rows])

    def load(text):
        return tf.repeat(tf.strings.to_number(tf.strings.split(text, ",")[0]), 3)

    ours = sampler(data, load_fn=load, cache=folder)
    assert np.array_equal(ours[0][0], TRUTH[0][0])
    assert np.array_equal(ours.get_slice()[0], TRUTH.get_slice()[0])
    assert ours.example_shape == (3,)


def test_load_fn_runs_on_arrays_and_on_examples_of_different_shapes(tmp_path):
    ours = sampler(load_fn=lambda x: 2 * x)
    assert np.array_equal(ours[0][0], 2 * TRUTH[0][0])
    spec = tf.TensorSpec((None, 2), tf.float32), tf.TensorSpec((), tf.int64)
    ragged = tf.data.Dataset.from_generator(
        lambda: ((np.full((1 + row % 3, 2), row, np.float32), Y[row]) for row in range(120)),
        output_signature=spec,
    )
    for cache in (None, tmp_path):
        ours = sampler(ragged, load_fn=lambda x: tf.repeat(x[0, 0], 3), cache=cache)
        assert np.array_equal(ours[0][0], TRUTH[0][0])
        with pytest.raises(ValueError, match=r"must have one shape.* Received: Cannot batch"):
            sampler(ragged, cache=cache)[0]


@pytest.mark.parametrize("cache", [False, True], ids=["memory", "disk"])
def test_examples_may_have_no_values(cache, tmp_path):
    data = tf.data.Dataset.from_tensor_slices((np.zeros((8, 0, 3)), Y[:8] % 2))
    ours = TFDataSampler(data, cache=tmp_path if cache else None)
    assert ours[0][0].shape == (4, 0, 3)


def test_an_x_of_which_load_fn_makes_nothing_is_named(tmp_path):
    (tmp_path / "b.png").write_text("no image")
    paths = [str(tmp_path / name) for name in ("a.png", "b.png")]

    def load(path):
        return tf.io.decode_png(tf.io.read_file(path))

    for number, said in enumerate(["No such file", "Unknown image|Invalid PNG|not a PNG"]):
        data = tf.data.Dataset.from_tensor_slices(([paths[number]] * 4, [0, 0, 1, 1]))
        with pytest.raises(ValueError, match="`load_fn` must make a whole example") as caught:
            TFDataSampler(data, load_fn=load)[0]
        assert f"Received: {paths[number]}: " in str(caught.value)
        assert re.search(said, str(caught.value))
        assert "node" not in str(caught.value)
    with pytest.raises(ValueError, match=r"Received: example 50 of those that were kept: bad row"):
        sampler(load_fn=lambda x: tf.debugging.check_numerics(x / (x - 50), "bad row")).get_slice()


def test_load_fn_has_to_return_one_tensor():
    with pytest.raises(ValueError, match="`load_fn` must return one tensor"):
        sampler(load_fn=lambda x: (x, x))[0]


def test_class_list_and_total_examples_per_class_select():
    ours = sampler(class_list=[4, 1, 2], total_examples_per_class=7)
    truth = MultiShotMemorySampler(X, Y, None, 3, 4, class_list=[4, 1, 2])
    assert ours.class_list == truth.class_list
    assert ours.num_examples == 21
    assert len(ours.x._source) == 60  # the others are not kept
    rows = ours.get_slice()[0][:, 0].astype(int)
    assert np.array_equal(np.unique(Y[rows], return_counts=True), [[1, 2, 4], [7, 7, 7]])


def test_labels_may_be_strings_columns_or_part_of_y():
    names = np.array(["owl", "cat", "dog", "ant", "bee", "yak"])
    texts = tf.data.Dataset.from_tensor_slices((X, names[Y]))
    ours = sampler(texts, class_list=["owl", "bee", "yak"])
    assert ours.class_list == ["bee", "owl", "yak"]
    x, codes = ours[0]
    assert np.array_equal(np.array(ours.class_list)[codes], names[Y[x[:, 0].astype(int)]])
    columns = tf.data.Dataset.from_tensor_slices((X, Y[:, None]))
    assert np.array_equal(sampler(columns)[0][1], TRUTH[0][1])
    for y, place in [({"other": X, "label": Y}, "label"), ((X, Y), 1)]:
        nested = tf.data.Dataset.from_tensor_slices((X, y))
        assert np.array_equal(sampler(nested, label_output=place)[0][1], TRUTH[0][1])
    wide = tf.data.Dataset.from_tensor_slices((X, Y.astype(np.uint64) + np.uint64(2**63)))
    assert sampler(wide)[0][1].min() >= 2**63


def test_classes_that_vanish_or_appear_later_do_not_matter():
    labels = Y.copy()
    data = tf.data.Dataset.from_generator(
        lambda: zip(X, labels, strict=True),
        output_signature=(tf.TensorSpec((3,), tf.float32), tf.TensorSpec((), tf.int64)),
    )
    ours = sampler(data)
    labels[:] = 9
    ours.on_epoch_end()
    assert np.array_equal(ours[0][1], TRUTH.generate_batch(0, epoch=1)[1])


@settings(max_examples=25)
@given(st.data())
def test_any_batch_is_balanced(data):
    sizes = data.draw(st.lists(st.integers(1, 9), min_size=1, max_size=8))
    c, k = data.draw(st.integers(1, len(sizes))), data.draw(st.integers(1, 6))
    y = np.repeat(np.arange(len(sizes)) * 7 - 3, sizes)
    y = np.random.default_rng(data.draw(st.integers(0, 99))).permutation(y)
    ds = tf.data.Dataset.from_tensor_slices((np.arange(len(y)), y))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        ours = TFDataSampler(ds, c, k, seed=data.draw(st.integers(0, 2**40)))
    rows, labels = ours.generate_batch(
        data.draw(st.integers(0, 2**40)), data.draw(st.integers(0, 99))
    )
    found, counts = np.unique(labels, return_counts=True)
    assert (len(found), set(counts)) == (c, {k})
    assert np.array_equal(y[rows], labels)
    for label in found:
        assert (y == label).sum() < k or len(set(rows[labels == label])) == k


def test_a_warning_of_small_classes_points_at_the_caller():
    with pytest.warns(UserWarning, match="drawn with replacement") as caught:
        TFDataSampler(PAIRS, 3, 21)
    assert caught[0].filename == __file__


@pytest.mark.parametrize(
    ("ds", "said"),
    [
        (X, "`ds` must be a tf.data.Dataset. Received: ndarray"),
        (PAIRS.repeat(), "`ds` must end. Received: a dataset that repeats for ever"),
        (PAIRS.take(0), "at least one example. Received: 0"),
        (PAIRS.filter(lambda x, y: y > 99), "at least one example. Received: 0"),
        (PAIRS.batch(8), r"`ds.unbatch\(\)`.*labels of shape \(None,\)"),
        (PAIRS.batch(8, drop_remainder=True), r"`ds.unbatch\(\)`.*labels of shape \(8,\)"),
        (PAIRS.map(lambda x, y: (x, tf.one_hot(y, 6))), "`tf.argmax`"),
        (PAIRS.map(lambda x, y: x), r"pairs \(x, label\)"),
        (PAIRS.map(lambda x, y: {"image": x, "label": y}), r'`ds.map\(lambda e: \(e\["image"\]'),
        (PAIRS.map(lambda x, y: (x, y, y)), r"pairs \(x, label\)"),
        (PAIRS.map(lambda x, y: ({"a": x}, y)), "one tensor x and one label"),
        (PAIRS.map(lambda x, y: (x, {"label": y})), "one tensor x and one label"),
        (PAIRS.map(lambda x, y: (x, x[0])), "`ds` must give labels .* strings. Received: float32"),
    ],
)
def test_datasets_of_another_form_are_refused(ds, said):
    with pytest.raises(ValueError, match=said):
        sampler(ds)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"class_list": [77]}, r"`class_list` must name classes .*\[77\]"),
        ({"class_list": [1, 2, 77]}, r"`class_list` must name classes .*\[77\]"),
        ({"class_list": ["1", "2", "3"]}, "`class_list` must name classes"),
        ({"class_list": [1, 2]}, "at most the number of classes, 2"),
        ({"label_output": "label"}, "`label_output` must be where the label is in y"),
        ({"label_output": 1}, "`label_output` must be where the label is in y"),
        ({"load_fn": "decode"}, "`load_fn` must be callable"),
        ({"cache": "/no/such/folder"}, "`cache` must be a folder"),
    ],
)
def test_wrong_arguments_are_refused(arguments, said):
    with pytest.raises(ValueError, match=said):
        sampler(**arguments)


def test_an_error_in_the_dataset_reaches_the_caller():
    data = PAIRS.map(lambda x, y: (tf.debugging.check_numerics(x / (x - 50), "bad row"), y))
    with pytest.raises(tf.errors.InvalidArgumentError, match="bad row"):
        sampler(data)
