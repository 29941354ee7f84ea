import gzip
import os
import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from simnb.samplers import (
    MultiShotMemorySampler,
    TFRecordDatasetSampler,
    records,
    tfrecords,
    write_tfrecords,
)

tf = pytest.importorskip("tensorflow")

X = np.repeat(np.arange(120, dtype="float32")[:, None], 3, axis=1)
Y = np.random.default_rng(0).permutation(np.repeat(np.arange(6), 20))


@pytest.fixture
def shards(tmp_path):
    return write_tfrecords(X, Y, tmp_path / "records", examples_per_shard=30)


def sampler(shards, **arguments):
    given = {"example_per_class": 4, "batch_size": 12, "seed": 1, **arguments}
    return TFRecordDatasetSampler(os.path.dirname(shards[0]), **given)


def contents(path):
    """Labels and examples of a file, as TensorFlow reads them."""
    examples = [tf.train.Example.FromString(r.numpy()) for r in tf.data.TFRecordDataset(path)]
    return [
        (e.features.feature["y"], e.features.feature["x"].bytes_list.value[0]) for e in examples
    ]


def test_shards_are_class_by_class_and_no_class_is_in_two(shards):
    assert [os.path.basename(path) for path in shards] == [
        f"0000{number}-of-00003.tfrec" for number in range(3)
    ]
    labels = [[y.int64_list.value[0] for y, _ in contents(path)] for path in shards]
    assert labels == [[0] * 20 + [1] * 20, [2] * 20 + [3] * 20, [4] * 20 + [5] * 20]
    rows = [int(tf.io.parse_tensor(x, tf.float32)[0]) for path in shards for _, x in contents(path)]
    assert rows == np.argsort(Y, kind="stable").tolist()


@pytest.mark.parametrize(("most", "files"), [(1, 6), (20, 6), (21, 3), (40, 3), (41, 2), (999, 1)])
def test_a_file_ends_with_the_class_that_reaches_the_number(tmp_path, most, files):
    assert len(write_tfrecords(X, Y, tmp_path / "new", examples_per_shard=most)) == files


def test_batches_have_exact_classes_of_different_examples(shards):
    ours = sampler(shards)
    for x, y in (ours[i] for i in range(20)):
        rows = x[:, 0].astype(int)
        assert np.array_equal(Y[rows], y)
        assert [y.tolist().count(label) for label in set(y)] == [4, 4, 4]
        assert len(set(rows)) == 12
    assert sorted(ours.get_slice()[0][:, 0]) == list(range(120))
    assert ours.class_list == list(range(6))


def test_batches_are_balanced_however_the_classes_lie_in_the_files(tmp_path):
    for number in range(3):
        with tf.io.TFRecordWriter(str(tmp_path / f"{number}.tfrec")) as writer:
            for row in range(number, 120, 3):
                writer.write(tfrecords.serialize(X[row], int(Y[row])))
    ours = TFRecordDatasetSampler(tmp_path, None, 4, 12, seed=1)
    for x, y in (ours[i] for i in range(20)):
        assert np.array_equal(Y[x[:, 0].astype(int)], y)
        assert [y.tolist().count(label) for label in set(y)] == [4, 4, 4]


def test_the_callers_function_reads_other_schemas(tmp_path):
    def write(x, y):
        features = {
            "pixels": tf.train.Feature(float_list=tf.train.FloatList(value=x)),
            "name": tf.train.Feature(bytes_list=tf.train.BytesList(value=[y.encode()])),
        }
        return tf.train.Example(features=tf.train.Features(feature=features)).SerializeToString()

    def read(record):
        schema = {
            "pixels": tf.io.FixedLenFeature([3], tf.float32),
            "name": tf.io.FixedLenFeature([], tf.string),
        }
        found = tf.io.parse_single_example(record, schema)
        return found["pixels"], found["name"]

    names = np.array([f"class {label}" for label in range(6)])
    shards = write_tfrecords(X, names[Y], tmp_path / "records", write)
    ours = sampler(shards, deserialization_fn=read, class_list=["class 1", "class 3", "class 5"])
    assert ours.class_list == ["class 1", "class 3", "class 5"]
    x, codes = ours[0]
    assert np.array_equal(np.array(ours.class_list)[codes], names[Y[x[:, 0].astype(int)]])
    with pytest.raises(ValueError, match="`deserialization_fn` must be given") as caught:
        sampler(shards)
    assert f"{shards[0]}: a tf.train.Example with the features ['name', 'pixels']" in str(
        caught.value
    )


@pytest.mark.parametrize(
    "form",
    [list, tf.constant, lambda x: x.astype(np.int64), lambda x: x > 50],
    ids=["list", "tensor", "int64", "bool"],
)
def test_examples_of_any_kind_come_back_as_they_were(tmp_path, form):
    x = form(X)
    shards = write_tfrecords(x, Y, tmp_path / "records")
    ours = sampler(shards)
    truth = np.stack([np.asarray(example) for example in x])
    found = ours.get_slice()[0]
    assert found.dtype == truth.dtype
    assert sorted(found.tolist()) == sorted(truth.tolist())


def test_files_of_images_are_written_as_they_are_and_read_as_rgb(tmp_path):
    paths = []
    for row in range(8):
        paths.append(tmp_path / f"{row}.png")
        Image.new("RGB", (3, 2), (row, 0, 9)).save(paths[-1])
    y = np.arange(8) % 2
    shards = write_tfrecords(paths, y, tmp_path / "records")
    assert contents(shards[0])[0][1] == paths[0].read_bytes()
    x, labels = sampler(shards, batch_size=8)[0]
    assert (x.shape, x.dtype) == ((8, 2, 3, 3), np.uint8)
    assert np.array_equal(x[:, 0, 0, 0] % 2, labels)
    encoded = [path.read_bytes() for path in paths]
    write_tfrecords(encoded, y, tmp_path / "bytes")
    assert np.array_equal(sampler([tmp_path / "bytes" / "a"], batch_size=8)[0][0], x)


def test_images_of_different_sizes_need_a_function_that_makes_them_one(tmp_path):
    paths = []
    for row in range(8):
        paths.append(tmp_path / f"{row}.png")
        Image.new("RGB", (3 + row, 2), (row, 0, 9)).save(paths[-1])
    shards = write_tfrecords(paths, np.arange(8) % 2, tmp_path / "records")
    with pytest.raises(ValueError, match="must have one shape; `deserialization_fn` can see to it"):
        sampler(shards, batch_size=8)[0]


def test_labels_are_read_without_making_the_examples(tmp_path):
    made = []

    def read(record):
        x, y = records.deserializer(record_of_x)(record)

        def count(x):
            made.append(1)
            return x

        return tf.ensure_shape(tf.numpy_function(count, [x], tf.float32, stateful=False), (3,)), y

    record_of_x = tfrecords.serialize(X[0], 0)
    shards = write_tfrecords(X, Y, tmp_path / "records")
    ours = sampler(shards, deserialization_fn=read)
    assert made == []
    ours[0]
    assert len(made) == 12


def write_bytes(path, content):
    with open(path, "wb") as file:
        file.write(content)


def read_bytes(path):
    with open(path, "rb") as file:
        return file.read()


def damaged(content):
    content = bytearray(content)
    content[200] ^= 0xFF
    return bytes(content)


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda content: content[:-5], "whole records up to byte"),
        (lambda content: content[: len(content) // 2 + 7], "whole records up to byte"),
        (lambda content: b"", "an empty file"),
        (lambda content: b"not a TFRecord file at all", "whole records up to byte 0"),
        (gzip.compress, "whole records up to byte 0"),
        (damaged, "corrupted record"),
    ],
)
def test_damaged_shards_are_refused_by_name(shards, spoil, said):
    write_bytes(shards[1], spoil(read_bytes(shards[1])))
    with pytest.raises(ValueError, match=said) as caught:
        sampler(shards)
    assert shards[1] in str(caught.value)


def test_records_of_another_schema_are_refused_by_name(shards):
    with tf.io.TFRecordWriter(shards[2]) as writer:
        writer.write(tfrecords.serialize(X[0], "a label of text"))
    with pytest.raises(ValueError, match="of the schema that `deserialization_fn` reads") as caught:
        sampler(shards)
    assert f"Received: {shards[2]}: Key: y." in str(caught.value)
    with tf.io.TFRecordWriter(shards[0]) as writer:
        writer.write(b"\xff\xff no example")
    with pytest.raises(
        ValueError, match=r"`deserialization_fn` must be given.*no tf\.train\.Example"
    ):
        sampler(shards)


def test_a_record_whose_example_cannot_be_made_is_named(tmp_path):
    content = [b"no image"] * 3 + [b"neither"] * 3
    shards = write_tfrecords(content, [0, 0, 0, 1, 1, 1], tmp_path / "records")
    with pytest.raises(
        ValueError, match=r"must make a whole example of .* Received: record [0-5] of"
    ) as caught:
        sampler(shards, example_per_class=2, batch_size=4)[0]
    assert shards[0] in str(caught.value)


def test_a_shard_that_changes_or_goes_between_epochs_is_refused_by_name(shards):
    ours = sampler(shards)
    ours.get_slice()
    write_bytes(shards[1], read_bytes(shards[0]) + read_bytes(shards[1]))
    with pytest.raises(ValueError, match="has changed since it was read for its labels") as caught:
        ours.get_slice()
    assert shards[1] in str(caught.value)
    os.remove(shards[1])
    with pytest.raises(FileNotFoundError, match="00001-of-00003"):
        ours.get_slice()


def test_a_shard_written_anew_in_the_same_size_is_refused_too(shards):
    ours = sampler(shards)
    content = read_bytes(shards[1])
    os.remove(shards[1])
    write_bytes(shards[1], content)
    os.utime(shards[1], (1, 1))
    with pytest.raises(ValueError, match="has changed since it was read for its labels"):
        ours.get_slice()


@settings(max_examples=15)
@given(data=st.data())
def test_any_batch_is_balanced(data, tmp_path_factory):
    sizes = data.draw(st.lists(st.integers(1, 9), min_size=1, max_size=8))
    c, k = data.draw(st.integers(1, len(sizes))), data.draw(st.integers(1, 6))
    y = np.repeat(np.arange(len(sizes)) * 7 - 3, sizes)
    folder = tmp_path_factory.mktemp("records") / "new"
    shards = write_tfrecords(
        np.arange(len(y)), y, folder, examples_per_shard=data.draw(st.integers(1, 20))
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        ours = sampler(shards, example_per_class=k, batch_size=c * k)
    rows, labels = ours.generate_batch(data.draw(st.integers(0, 2**40)), 3)
    found, counts = np.unique(labels, return_counts=True)
    assert (len(found), set(counts)) == (c, {k})
    assert np.array_equal(y[rows], labels)
    for label in found:
        assert (y == label).sum() < k or len(set(rows[labels == label])) == k


def test_a_selection_is_that_of_the_same_examples_in_memory(shards):
    order = np.argsort(Y, kind="stable")
    arguments = {"class_list": [1, 4, 5], "total_examples_per_class": 7, "seed": 3}
    truth = MultiShotMemorySampler(X[order], Y[order], None, 3, 4, **arguments)
    ours = sampler(shards, **arguments)
    assert np.array_equal(ours[0][0], truth[0][0])
    assert np.array_equal(ours.get_slice()[0], truth.get_slice()[0])


def test_arguments_of_tensorflow_similarity_are_taken(shards):
    ours = sampler(
        shards, shards_per_cycle=2, parallelism=4, async_cycle=True, prefetch_size=3, num_repeat=2
    )
    assert np.array_equal(ours[0][0], sampler(shards)[0][0])
    other = os.path.dirname(shards[0])
    os.rename(shards[0], f"{other}/a.records")
    assert sampler([f"{other}/a"], shard_suffix="*.records", batch_size=8).class_list == [0, 1]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"batch_size": 10}, "`batch_size` must be a multiple of `example_per_class`, 4"),
        ({"batch_size": 28}, "`batch_size` must be at most .* 6 classes, 24. Received: .*=28"),
        ({"class_list": [1, 2]}, "for each of 2 classes, 8. Received: batch_size=12"),
        ({"class_list": [1, 2, 9]}, r"`class_list` must name classes .*\[9\]"),
        ({"batch_size": 0}, "`batch_size` must be a whole number"),
        ({"example_per_class": 0}, "`example_per_class` must be a whole number"),
        ({"compression": "GZIP"}, "`compression` must be None"),
        ({"shard_suffix": "*.none"}, r"files named '\*.none'"),
        ({"deserialization_fn": "parse"}, "`deserialization_fn` must be callable"),
        ({"deserialization_fn": lambda record: record}, "must return an example, one tensor"),
        ({"deserialization_fn": lambda record: (record, [record])}, "must return an example"),
        (
            {"deserialization_fn": lambda record: (record, 1.0)},
            "must give labels that are integers",
        ),
    ],
)
def test_what_cannot_be_balanced_or_read_is_refused(shards, arguments, said):
    with pytest.raises(ValueError, match=said):
        sampler(shards, **arguments)


@pytest.mark.parametrize("form", [np.array, tf.constant, lambda classes: [*classes, 2]])
def test_class_list_may_be_any_sequence(shards, form):
    ours = sampler(shards, class_list=form([1, 2, 4]))
    assert ours.class_list == [1, 2, 4]
    with pytest.raises(ValueError, match=r"for each of 3 classes, 12\. Received: batch_size=16"):
        sampler(shards, class_list=form([1, 2, 4]), batch_size=16)


def test_folders_among_the_shards_are_passed_over(shards):
    os.mkdir(os.path.join(os.path.dirname(shards[0]), "a.tfrec"))
    assert sampler(shards).num_examples == 120


def test_an_unknown_dtype_in_a_record_is_another_form(tmp_path):
    content = tfrecords.serialize(X[0], 0).replace(b"float", b"flood")
    with tf.io.TFRecordWriter(str(tmp_path / "a.tfrec")) as writer:
        writer.write(content)
    with pytest.raises(
        ValueError, match=r"`deserialization_fn` must be given.*the dtype 'flood32'"
    ):
        TFRecordDatasetSampler(tmp_path)


def test_labels_of_two_truth_values_are_written_as_0_and_1(tmp_path):
    shards = write_tfrecords(X, Y > 2, tmp_path / "records")
    x, y = sampler(shards, batch_size=8)[0]
    assert np.array_equal((Y > 2)[x[:, 0].astype(int)], y)


def test_a_name_with_what_is_special_in_patterns_is_a_name(tmp_path):
    shards = write_tfrecords(X, Y, tmp_path / "re[co]rds*")
    assert sampler(shards).num_examples == 120
    with pytest.raises(ValueError, match="`shard_path` must be a folder"):
        TFRecordDatasetSampler("mnist")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"y": Y[:-1]}, "one label for each of 120 examples"),
        ({"y": Y.astype(float)}, "`y` must be integers or strings"),
        ({"y": Y.astype(np.uint64) + np.uint64(2**63)}, "`y` must fit 64-bit integers"),
        ({"x": None}, "`x` must be an array"),
        ({"examples_per_shard": 0}, "`examples_per_shard` must be a whole number"),
        ({"serialization_fn": "pickle"}, "`serialization_fn` must be callable"),
    ],
)
def test_what_cannot_be_written_is_refused(tmp_path, arguments, said):
    with pytest.raises(ValueError, match=said):
        write_tfrecords(**{"x": X, "y": Y, "directory": tmp_path / "records", **arguments})
    assert list(tmp_path.iterdir()) == []


def test_a_folder_with_something_in_it_is_left_as_it_is(shards, tmp_path):
    with pytest.raises(ValueError, match="`directory` must be new or empty"):
        write_tfrecords(X, Y, tmp_path / "records")
    (tmp_path / "empty").mkdir()
    assert len(write_tfrecords(X, Y, tmp_path / "empty")) == 1
    assert sampler(shards).num_examples == 120


def test_a_writer_that_fails_leaves_no_folder(tmp_path):
    paths = [str(tmp_path / "gone.jpg")] * 4
    for folder in (tmp_path / "records", tmp_path / "new" / "also new" / "records"):
        with pytest.raises(FileNotFoundError, match=r"gone\.jpg"):
            write_tfrecords(paths, [0, 0, 1, 1], folder)
        assert list(tmp_path.iterdir()) == []
    assert os.path.exists(write_tfrecords(X, Y, folder)[0])
    assert [path.name for path in tmp_path.iterdir()] == ["new"]


def test_a_full_disk_is_an_error_that_leaves_no_folder(tmp_path, monkeypatch):
    class Full:
        def __init__(self, path):
            open(path, "wb").close()

        def __enter__(self):
            return self

        def __exit__(self, *error):
            return False

        def write(self, record):
            raise tf.errors.ResourceExhaustedError(None, None, "No space left on device")

    monkeypatch.setattr(tf.io, "TFRecordWriter", Full)
    with pytest.raises(OSError, match="records cannot be written: No space left on device"):
        write_tfrecords(X, Y, tmp_path / "records")
    assert list(tmp_path.iterdir()) == []
