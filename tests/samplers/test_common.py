"""What every sampler must do, run for every sampler that the package exports."""

import functools
import inspect
import tempfile
import warnings
from pathlib import Path

import keras
import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st

from simnb import datasets, losses, samplers
from simnb.samplers import (
    MultiShotFileSampler,
    MultiShotMemorySampler,
    Sampler,
    SingleShotMemorySampler,
    TFDataSampler,
    TFDatasetMultiShotMemorySampler,
    TFRecordDatasetSampler,
    select_examples,
    write_tfrecords,
)
from simnb.samplers.sampler import EpochBatches

FOUND = {
    value
    for value in (getattr(samplers, name) for name in samplers.__all__)
    if inspect.isclass(value) and issubclass(value, Sampler) and value is not Sampler
}
# Example i is [i, i, i]: a batch tells which rows it holds.
LABELS = np.random.default_rng(0).permutation(np.repeat(np.arange(6), 20))
X = np.repeat(np.arange(120, dtype="float32")[:, None], 3, axis=1)


def twice(x, y, num_augmentations_per_example, is_warmup):
    return np.concatenate([x] * 2), np.concatenate([y] * 2)


def unchanged(x, y, num_augmentations_per_example, is_warmup):
    return x, y


def multi_shot(x=X, y=LABELS, classes_per_batch=3, examples_per_class_per_batch=4, **arguments):
    return MultiShotMemorySampler(
        x,
        y,
        classes_per_batch=classes_per_batch,
        examples_per_class_per_batch=examples_per_class_per_batch,
        **arguments,
    )


def single_shot(x=X, augmenter=unchanged, **arguments):
    return SingleShotMemorySampler(x, augmenter, examples_per_batch=12, **arguments)


def from_dataset(**arguments):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(datasets, "load", lambda *args, **kwargs: (X, LABELS))
        return TFDatasetMultiShotMemorySampler(
            "mine", classes_per_batch=3, examples_per_class_per_batch=4, **arguments
        )


_FOLDER = tempfile.TemporaryDirectory(prefix="simnb-samplers-")  # gone with the session


@functools.cache
def paths():
    names = [Path(_FOLDER.name) / f"{row}.npy" for row in range(len(X))]
    for name, example in zip(names, X, strict=True):
        np.save(name, example)
    return names


@functools.cache
def shards():
    write_tfrecords(X, LABELS, Path(_FOLDER.name) / "records", examples_per_shard=30)
    return Path(_FOLDER.name) / "records"


def of_files(**arguments):
    return MultiShotFileSampler(
        paths(), LABELS, np.load, 3, examples_per_class_per_batch=4, **arguments
    )


def of_tf_data(**arguments):
    data = tf.data.Dataset.from_tensor_slices((X, LABELS))
    return TFDataSampler(data, 3, examples_per_class_per_batch=4, **arguments)


def of_records(**arguments):
    return TFRecordDatasetSampler(shards(), example_per_class=4, batch_size=12, **arguments)


IN_MEMORY = {
    MultiShotMemorySampler: multi_shot,
    SingleShotMemorySampler: single_shot,
    TFDatasetMultiShotMemorySampler: from_dataset,
}
MAKERS = {
    **IN_MEMORY,
    MultiShotFileSampler: of_files,
    TFDataSampler: of_tf_data,
    TFRecordDatasetSampler: of_records,
}
each_sampler = pytest.mark.parametrize("make", MAKERS.values(), ids=lambda make: make.__name__)


def equal(one, other):
    return all(np.array_equal(a, b) for a, b in zip(one, other, strict=True))


def test_every_sampler_goes_through_these_tests():
    assert set(MAKERS) == FOUND


@each_sampler
def test_a_batch_has_different_examples_with_their_labels(make):
    sampler = make(seed=1, steps_per_epoch=20)
    for x, y in (sampler[i] for i in range(20)):
        rows = x[:, 0].astype(int)
        assert x.shape == (12, 3)
        assert len(set(rows)) == 12
        if isinstance(sampler, MultiShotMemorySampler):
            assert np.array_equal(y, LABELS[rows])
            assert sorted(np.unique(y, return_counts=True)[1]) == [4, 4, 4]
        else:
            assert np.array_equal(y, rows)


@each_sampler
def test_a_batch_depends_on_seed_epoch_and_step_and_on_nothing_else(make):
    one, other = make(seed=5), make(seed=5)
    forwards = [one.generate_batch(i, epoch=e) for e in range(3) for i in range(4)]
    backwards = [other.generate_batch(i, epoch=e) for e in (2, 1, 0) for i in (3, 2, 1, 0)]
    assert all(equal(a, b) for a, b in zip(forwards, backwards[::-1], strict=True))
    assert equal(one[2], other.generate_batch(2, epoch=0))
    different = {tuple(x[:, 0]) for x, _ in [*forwards, make(seed=6)[0], make(seed=7)[0]]}
    assert len(different) == 14


@each_sampler
def test_the_epoch_moves_on_when_keras_says_so(make):
    sampler = make(seed=5)
    first = sampler[0]
    sampler.on_epoch_end()
    assert equal(sampler[0], sampler.generate_batch(0, epoch=1))
    assert not equal(sampler[0], first)


@each_sampler
def test_reading_ahead_with_workers_gives_the_same_batches(make):
    from keras.src.trainers.data_adapters.py_dataset_adapter import OrderedEnqueuer

    truth = make(seed=3, steps_per_epoch=6)
    for workers in (1, 2):
        sampler = make(seed=3, steps_per_epoch=6, workers=workers, max_queue_size=3)
        assert (sampler.workers, sampler.use_multiprocessing) == (workers, False)
        enqueuer = OrderedEnqueuer(sampler, shuffle=False)
        enqueuer.start()
        batches = enqueuer.get()
        assert all(equal(next(batches), truth[i]) for i in range(6))
        enqueuer.stop()


@each_sampler
def test_its_length_is_the_steps_of_an_epoch(make):
    assert len(make()) == 1000
    assert len(make(steps_per_epoch=7)) == 7


@each_sampler
def test_set_random_seed_makes_unseeded_samplers_repeatable(make):
    keras.utils.set_random_seed(4)
    one, between = make(), make()
    keras.utils.set_random_seed(4)
    other = make()
    assert equal(one[0], other[0])
    assert equal(one.get_slice(0, 9), other.get_slice(0, 9))
    assert not equal(one[0], between[0])


@each_sampler
def test_a_slice_is_the_shuffled_views_own(make):
    sampler = make(seed=2)
    for begin, size in [(0, 5), (100, 7), (3, 0), (110, 100), (119, 1), (0, -1), (50, -1)]:
        x, y = sampler.get_slice(begin, size)
        end = None if size == -1 else begin + size
        assert isinstance(x, np.ndarray)
        assert isinstance(y, np.ndarray)
        assert np.array_equal(x, sampler.x[begin:end])
        assert np.array_equal(y, sampler.y[begin:end])
    assert len(sampler.get_slice()[0]) == 120
    assert np.array_equal(sampler.get_slice()[0], make(seed=2).get_slice()[0])
    assert not np.array_equal(sampler.get_slice()[0], make(seed=3).get_slice()[0])


@each_sampler
def test_the_views_behave_as_arrays(make):
    sampler = make(seed=2)
    whole = np.asarray(sampler.x)
    assert sorted(whole[:, 0]) == list(range(120))
    assert not np.array_equal(whole[:, 0], np.arange(120))
    assert sampler.x.shape == (120, 3) == (sampler.num_examples, *sampler.example_shape)
    assert sampler.y.shape == (120,)
    assert (sampler.x.dtype, len(sampler.x), len(sampler.y)) == (np.float32, 120, 120)
    assert np.asarray(sampler.x, dtype="float64").dtype == np.float64
    for rows in (0, -1, np.int64(3), slice(0, 9), slice(-5, None, 2), [4, 1, 4], whole[:, 0] > 60):
        assert np.array_equal(sampler.x[rows], whole[rows])
        assert np.array_equal(sampler.y[rows], np.asarray(sampler.y)[rows])
    assert np.array_equal(np.stack(list(sampler.x)), whole)
    assert repr(sampler.x) == "Examples(shape=(120, 3), dtype=float32)"
    with pytest.raises(IndexError):
        sampler.x[120]


@each_sampler
def test_what_is_done_to_a_batch_changes_neither_the_callers_examples_nor_the_next_batch(make):
    before = X.copy(), LABELS.copy()
    sampler = make(seed=1)
    x, y = sampler[0]
    truth = x.copy(), y.copy()
    x += 1
    y += 1
    sampler.get_slice(0, 5)[0][:] = 7
    assert equal(sampler[0], truth)
    assert equal((X, LABELS), before)


@pytest.mark.parametrize("make", IN_MEMORY.values(), ids=lambda make: make.__name__)
def test_the_callers_examples_are_not_copied(make):
    assert np.shares_memory(make(seed=1).x._source, X)


@each_sampler
def test_the_batches_of_validation_are_the_same_every_epoch(make):
    batches = EpochBatches(make(seed=1), steps=3)
    first = [batches[i] for i in range(3)]
    batches.on_epoch_end()
    assert all(equal(batches[i], first[i]) for i in range(3))


@each_sampler
def test_the_augmenter_gets_batch_number_and_warm_up(make):
    calls = []

    def augmenter(x, y, num_augmentations_per_example, is_warmup):
        calls.append((x.shape, num_augmentations_per_example, is_warmup))
        return np.concatenate([x, x]), np.concatenate([y, y])

    sampler = make(seed=1, augmenter=augmenter, num_augmentations_per_example=3, warmup=1)
    x, y = sampler[0]
    sampler.generate_batch(0, epoch=1)
    assert (len(x), len(y)) == (24, 24)
    assert calls == [((12, 3), 3, True), ((12, 3), 3, False)]
    make(seed=1, augmenter=augmenter, warmup=-1)[0]
    assert calls[-1][2] is False


@each_sampler
def test_a_plain_keras_model_trains_on_it(make):
    inputs = keras.Input((3,))
    model = keras.Model(inputs, keras.layers.Dense(2)(inputs))
    model.compile("sgd", loss=losses.TripletLoss(), run_eagerly=True)
    history = model.fit(make(seed=1, steps_per_epoch=2, augmenter=twice), epochs=2, verbose=0)
    assert np.isfinite(history.history["loss"]).all()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"steps_per_epoch": 0}, "`steps_per_epoch` must be a whole number of at least 1"),
        ({"seed": -1}, "`seed` must be a whole number of at least 0"),
        ({"seed": 1.5}, "`seed` must be"),
        ({"augmenter": "flip"}, "`augmenter` must be callable"),
        ({"num_augmentations_per_example": 0}, "`num_augmentations_per_example` must be"),
    ],
)
@each_sampler
def test_wrong_arguments_are_refused_by_name(make, arguments, said):
    with pytest.raises(ValueError, match=said):
        make(**arguments)


@pytest.mark.parametrize("make", [multi_shot, single_shot])
@pytest.mark.parametrize(
    ("x", "said"),
    [
        (None, "Received: x=None"),
        (X[:0], "at least one example"),
        ([], "at least one example"),
        (3.5, "Received: float"),
        (np.float32(3), "a scalar"),
    ],
)
def test_examples_that_are_none_are_refused(make, x, said):
    with pytest.raises(ValueError, match="`x` must .*" + said):
        make(x)


def sources(folder):
    import tensorflow as tf

    np.save(folder / "x.npy", X)
    paths = []
    for row, example in enumerate(X):
        paths.append(str(folder / f"{row}.npy"))
        np.save(paths[-1], example)
    return {
        "memory map": (np.load(folder / "x.npy", mmap_mode="r"), None),
        "tensor": (tf.constant(X), None),
        "list of arrays": (list(X), None),
        "list of tensors": ([tf.constant(example) for example in X], None),
        "list of paths": (paths, np.load),
        "array of paths": (np.array(paths), np.load),
    }


def test_every_kind_of_source_gives_the_same_batches(tmp_path):
    truth = multi_shot(seed=1)
    for kind, (x, load) in sources(tmp_path).items():
        sampler = multi_shot(x, seed=1, load_example_fn=load)
        assert equal(sampler[0], truth[0]), kind
        assert equal(sampler.get_slice(5, 9), truth.get_slice(5, 9)), kind
        assert sampler.example_shape == (3,), kind
        assert sampler.x.dtype == np.float32, kind
        assert np.array_equal(sampler.x[-1], truth.x[-1]), kind
        assert sampler.get_slice(5, 0)[0].shape == (0, 3), kind


def test_a_memory_map_stays_on_disk(tmp_path):
    np.save(tmp_path / "x.npy", X)
    x = np.load(tmp_path / "x.npy", mmap_mode="r")
    assert np.shares_memory(multi_shot(x).x._source, x)


def test_class_list_and_total_examples_per_class_select_without_duplicates():
    sampler = multi_shot(class_list=[4, 1, 2], total_examples_per_class=7, seed=1)
    rows = np.asarray(sampler.x)[:, 0].astype(int)
    assert sampler.class_list == [1, 2, 4]
    assert sampler.num_examples == 21 == len(set(rows))
    assert not np.array_equal(rows, np.sort(rows))
    assert np.array_equal(np.unique(LABELS[rows], return_counts=True), [[1, 2, 4], [7, 7, 7]])
    drawn = {int(row) for i in range(50) for row in sampler[i][0][:, 0]}
    assert drawn == set(rows)
    assert multi_shot(total_examples_per_class=1000).num_examples == 120


@pytest.mark.parametrize("form", [list, np.array, tuple], ids=lambda form: form.__name__)
def test_class_list_may_be_any_sequence(form):
    assert multi_shot(class_list=form([5, 0, 3])).class_list == [0, 3, 5]


def test_what_can_be_refused_is_refused_before_the_examples_are_read(tmp_path):
    def read():
        raise AssertionError("was read")
        yield

    unread = tf.data.Dataset.from_generator(
        read, output_signature=(tf.TensorSpec((), tf.int64), tf.TensorSpec((), tf.int64))
    )
    (tmp_path / "a.tfrec").write_text("what is refused when it is read")
    for make in (
        lambda **arguments: multi_shot(None, None, **arguments),
        lambda **arguments: TFDataSampler(unread, **arguments),
        lambda **arguments: TFRecordDatasetSampler(tmp_path, **arguments),
    ):
        for wrong in (
            {"steps_per_epoch": 0},
            {"seed": -1},
            {"augmenter": "flip"},
            {"class_list": 3},
            {"class_list": "ant"},
            {"class_list": []},
            {"class_list": [1.5]},
            {"total_examples_per_class": 0},
        ):
            with pytest.raises(ValueError, match=f"`{next(iter(wrong))}` must"):
                make(**wrong)


@pytest.mark.parametrize("number", [6, 100])  # NumPy's set functions differ for long lists
def test_classes_are_compared_exactly(number):
    codes = np.arange(240) % number
    x = np.arange(240)
    for y, wanted in [
        (codes, list(map(str, range(number - 2)))),
        (codes.astype(str), list(range(number - 2))),
        (codes.astype(np.uint64) * np.uint64(7) + np.uint64(2**60), [2**60 + 1, 2**60 + 8]),
    ]:
        with pytest.raises(ValueError, match="`class_list` must name classes that are in `y`"):
            MultiShotMemorySampler(x, y, class_list=wanted)
    y = codes.astype(np.uint64) + np.uint64(2**60)
    part = MultiShotMemorySampler(x, y, class_list=[2**60 + 1, 2**60 + 2])
    assert set(np.asarray(part.x).tolist()) == set(np.flatnonzero((codes == 1) | (codes == 2)))


def test_processes_are_refused_where_tensorflow_reads():
    # It would hang: a forked process has none of TensorFlow's threads.
    paths, records = ["a.png", "b.png"], shards()
    square = tf.data.Dataset.from_tensor_slices((X, LABELS))
    for make in (
        lambda: MultiShotFileSampler(paths, [0, 1], use_multiprocessing=True),
        lambda: TFRecordDatasetSampler(records, batch_size=4, use_multiprocessing=True),
        lambda: TFDataSampler(square, load_fn=tf.square, use_multiprocessing=True),
    ):
        with pytest.raises(ValueError, match="`use_multiprocessing` must be False"):
            make()
    assert of_files(use_multiprocessing=True).use_multiprocessing
    assert of_tf_data(use_multiprocessing=True).use_multiprocessing


def test_select_examples_is_the_same_selection_as_arrays():
    x, y = select_examples(X, LABELS, [1, 2], 5, seed=3)
    assert np.array_equal(LABELS[x[:, 0].astype(int)], y)
    assert np.array_equal(np.unique(y, return_counts=True), [[1, 2], [5, 5]])
    assert len(set(x[:, 0])) == 10
    assert not np.array_equal(x[:, 0], np.sort(x[:, 0]))
    assert equal(select_examples(X, LABELS, seed=3), select_examples(X, LABELS, seed=3))
    assert len(select_examples(X, LABELS)[0]) == 120


@pytest.mark.parametrize(
    "label",
    [
        np.uint8,
        np.int16,
        lambda y: y.astype(np.int64) + 2**53,
        lambda y: y.astype(np.uint64) + np.uint64(2**63),
        lambda y: y[:, None],
        lambda y: y.tolist(),
    ],
    ids=["uint8", "int16", "past 2**53", "past 2**63", "column", "list"],
)
def test_integer_labels_arrive_as_they_are(label):
    y = label(LABELS)
    x, batch = multi_shot(y=y, seed=1)[0]
    assert np.array_equal(batch, np.ravel(np.asarray(y))[x[:, 0].astype(int)])
    assert batch.dtype == np.asarray(y).dtype


def test_strings_stay_strings_but_batches_carry_their_place_in_class_list():
    names = np.array(["owl", "cat", "dog", "ant", "bee", "yak"])
    sampler = multi_shot(y=names[LABELS], seed=1)
    assert sampler.class_list == ["ant", "bee", "cat", "dog", "owl", "yak"]
    x, codes = sampler[0]
    rows = x[:, 0].astype(int)
    assert codes.dtype.kind == "i"
    assert np.array_equal(np.array(sampler.class_list)[codes], names[LABELS[rows]])
    assert sampler.get_slice(0, 5)[1].dtype.kind == "U"
    part = multi_shot(y=names[LABELS], class_list=["yak", "ant", "cat"], seed=1)
    x, codes = part[0]
    assert np.array_equal(np.array(part.class_list)[codes], names[LABELS[x[:, 0].astype(int)]])


def test_small_classes_are_drawn_with_replacement_and_named_once():
    y = np.array([0] * 10 + [1] * 10 + [7] * 3 + [9])
    with pytest.warns(UserWarning, match="drawn with replacement") as caught:
        sampler = multi_shot(X[: len(y)], y, classes_per_batch=4, seed=1)
    assert len(caught) == 1
    message = str(caught[0].message)
    assert "2 of 4 classes" in message
    assert ": 7, 9." in message
    assert "`class_list`" in message
    assert caught[0].filename == __file__  # the caller, not simnb
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for i in range(20):
            x, labels = sampler[i]
            rows = x[:, 0].astype(int)
            assert np.array_equal(y[rows], labels)
            assert np.unique(labels, return_counts=True)[1].tolist() == [4, 4, 4, 4]
            assert len(set(rows[labels == 0])) == 4
        multi_shot(X[: len(y)], y, classes_per_batch=2, class_list=[0, 1])


def test_only_ten_small_classes_are_named():
    with pytest.warns(UserWarning, match=r"120 of 120 classes.* 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, …\."):
        multi_shot(y=np.arange(120))


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"y": LABELS[:-1]}, "`y` must have one label for each of 120 examples. Received: 119"),
        ({"y": None}, "`y` must hold one label an example. Received: y=None"),
        ({"y": LABELS.astype(float)}, "`y` must be integers or strings. Received: dtype float64"),
        ({"y": np.eye(6)[LABELS]}, r"pass `np.argmax\(y, axis=1\)`"),
        ({"classes_per_batch": 7}, "`classes_per_batch` must be at most the number of classes, 6"),
        ({"classes_per_batch": 0}, "`classes_per_batch` must be a whole number"),
        ({"examples_per_class_per_batch": 0}, "`examples_per_class_per_batch` must be"),
        ({"class_list": [1, 2, 99]}, r"`class_list` must name classes that are in `y`.*\[99\]"),
        ({"class_list": []}, "`class_list` must name classes"),
        ({"class_list": [1, 2]}, "at most the number of classes, 2"),
        ({"class_list": ["1", "2", "3"]}, "`class_list` must name classes"),
        ({"total_examples_per_class": 0}, "`total_examples_per_class` must be"),
        ({"load_example_fn": "jpeg"}, "`load_example_fn` must be callable"),
    ],
)
def test_wrong_labels_and_classes_are_refused(arguments, said):
    with pytest.raises(ValueError, match=said):
        multi_shot(**arguments)


def test_examples_of_different_shapes_are_refused_in_one_batch():
    sampler = multi_shot([np.zeros(1 + row % 2) for row in range(120)])
    with pytest.raises(ValueError, match="Examples of one batch must have one shape"):
        sampler[0]


def test_single_shot_refuses_batches_larger_than_the_data():
    with pytest.raises(ValueError, match="at most the number of examples, 5"):
        single_shot(X[:5])


@pytest.mark.parametrize("k", [1, 2, 4])
def test_classes_and_examples_are_drawn_evenly(k):
    # Uneven classes: classes are equally likely, and so is an example within its class.
    y = np.repeat(np.arange(6), [4, 5, 6, 8, 10, 40])
    x = np.arange(len(y))
    sampler = multi_shot(x, y, examples_per_class_per_batch=k, seed=11)
    batches = 3000
    drawn = np.concatenate([sampler[i][0] for i in range(batches)])
    classes = np.bincount(y[drawn], minlength=6) / k
    expected = batches * 3 / 6
    # A hypergeometric draw: the variance is below the binomial's, so this chi-square is strict enough.
    assert ((classes - expected) ** 2 / expected).sum() < 20  # 5 degrees of freedom: p = 0.001
    for label in range(6):
        counts = np.bincount(drawn[y[drawn] == label], minlength=len(y))[y == label]
        statistic = ((counts - counts.mean()) ** 2 / counts.mean()).sum()
        assert statistic < len(counts) + 5 * np.sqrt(2 * len(counts)) + 5, label


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_any_batch_is_balanced(data):
    sizes = data.draw(st.lists(st.integers(1, 9), min_size=1, max_size=8))
    c = data.draw(st.integers(1, len(sizes)))
    k = data.draw(st.integers(1, 6))
    y = np.repeat(np.arange(len(sizes)) * 7 - 3, sizes)
    y = np.random.default_rng(data.draw(st.integers(0, 99))).permutation(y)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        sampler = multi_shot(np.arange(len(y)), y, c, k, seed=data.draw(st.integers(0, 2**40)))
    rows, labels = sampler.generate_batch(
        data.draw(st.integers(0, 2**40)), epoch=data.draw(st.integers(0, 999))
    )
    found, counts = np.unique(labels, return_counts=True)
    assert (len(found), set(counts)) == (c, {k})
    assert np.array_equal(y[rows], labels)
    for label in found:
        own = rows[labels == label]
        if (y == label).sum() >= k:
            assert len(set(own)) == k
