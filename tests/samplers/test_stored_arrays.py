import os

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from simnb.samplers import (
    MultiShotMemorySampler,
    SingleShotMemorySampler,
    TFRecordDatasetSampler,
    select_examples,
    write_tfrecords,
)
from simnb.samplers.examples import in_ascending_order

h5py = pytest.importorskip("h5py")

X = np.arange(6000, dtype="float32").reshape(1000, 3, 2)
Y = np.random.default_rng(0).permutation(np.arange(1000) % 20)


class Stored:
    """As zarr's arrays: chunks, `__array__` that reads all, rows in ascending order only."""

    chunks = (64, 3, 2)

    def __init__(self, array):
        self._array = array
        self.shape, self.dtype = array.shape, array.dtype
        self.read = []

    def __array__(self, dtype=None, copy=None):
        raise AssertionError("the whole array was asked for")

    def __getitem__(self, rows):
        if not isinstance(rows, slice):
            rows = np.asarray(rows)
            assert (np.diff(rows) > 0).all(), "rows must be ascending"
        found = self._array[rows]
        self.read.append(len(found))
        return found


@pytest.fixture
def hdf5(tmp_path):
    with h5py.File(tmp_path / "x.h5", "w") as file:
        yield file.create_dataset("x", data=X, chunks=(64, 3, 2))


def sampler(x, **arguments):
    return MultiShotMemorySampler(
        x, Y, classes_per_batch=5, examples_per_class_per_batch=4, seed=1, **arguments
    )


def test_hdf5_gives_the_batches_and_slices_of_the_array(hdf5):
    ours, truth = sampler(hdf5), sampler(X)
    for i in range(5):
        assert np.array_equal(ours[i][0], truth[i][0])
    for begin, size in [(0, 7), (990, -1), (3, 0), (0, -1)]:
        assert np.array_equal(ours.get_slice(begin, size)[0], truth.get_slice(begin, size)[0])
    assert (ours.x.shape, ours.x.dtype) == ((1000, 3, 2), np.float32)
    assert np.array_equal(ours.x[-1], truth.x[-1])
    assert np.array_equal(ours.x[[4, 1, 4]], truth.x[[4, 1, 4]])


def test_hdf5_serves_the_other_samplers_too(hdf5):
    def unchanged(x, y, num_augmentations_per_example, is_warmup):
        return x, y

    x, y = SingleShotMemorySampler(hdf5, unchanged, examples_per_batch=9, seed=1)[0]
    assert np.array_equal(x, X[y])
    x, _ = select_examples(hdf5, Y, [3], 4, seed=1)
    assert np.array_equal(x, select_examples(X, Y, [3], 4, seed=1)[0])


def test_hdf5_is_written_to_records_as_the_array_is(hdf5, tmp_path):
    pytest.importorskip("tensorflow")
    for name, x in [("hdf5", hdf5), ("array", X)]:
        write_tfrecords(x, Y, tmp_path / name, examples_per_shard=130)
    ours, truth = (TFRecordDatasetSampler(tmp_path / name, seed=1) for name in ("hdf5", "array"))
    for found, expected in zip(ours.get_slice(), truth.get_slice(), strict=True):
        assert np.array_equal(found, expected)


def test_a_stored_array_is_read_batch_by_batch_and_never_as_a_whole():
    stored = Stored(X)
    ours = sampler(stored)
    assert stored.read == []
    assert np.array_equal(ours[0][0], sampler(X)[0][0])
    assert sum(stored.read) == 20
    assert ours.example_shape == (3, 2)
    assert repr(ours.x) == "Examples(shape=(1000, 3, 2), dtype=float32)"
    assert sum(stored.read) == 20


def test_an_entry_of_a_stored_array_goes_through_load_example_fn():
    ours = sampler(Stored(X), load_example_fn=lambda example: example.sum(axis=1))
    assert np.array_equal(ours[0][0], sampler(X)[0][0].sum(axis=2))
    assert ours.example_shape == (3,)


def test_a_stored_array_may_have_no_conversion_at_all():
    class Bare:
        shape, dtype = X.shape, X.dtype

        def __getitem__(self, rows):
            return X[rows]

    assert np.array_equal(sampler(Bare())[0][0], sampler(X)[0][0])


@pytest.mark.parametrize(("shape", "said"), [((0, 3), "at least one example"), ((), "a scalar")])
def test_stored_arrays_without_rows_are_refused(shape, said):
    with pytest.raises(ValueError, match=said):
        sampler(Stored(np.zeros(shape)))


def test_a_memory_map_is_read_in_ascending_order_and_gives_plain_arrays(tmp_path):
    np.save(tmp_path / "x.npy", X)
    x, _ = sampler(np.load(tmp_path / "x.npy", mmap_mode="r"))[0]
    assert type(x) is np.ndarray
    assert np.array_equal(x, sampler(X)[0][0])


def test_a_memory_map_whose_file_is_cut_short_is_an_error_not_a_crash(tmp_path):
    # Four pages of 4,096 bytes after a header of 128.
    np.save(tmp_path / "x.npy", np.zeros((1000, 2), np.float64))
    x = np.load(tmp_path / "x.npy", mmap_mode="r")
    ours, part = sampler(x), MultiShotMemorySampler(x[500:], Y[500:])
    size = os.path.getsize(tmp_path / "x.npy")
    ours[0]
    os.truncate(tmp_path / "x.npy", size - 1)
    for cut in (ours, part):
        with pytest.raises(ValueError, match="The file of a memory map must stay whole") as caught:
            cut[0]
        assert f"x.npy, {size - 1} of {size} bytes" in str(caught.value)
    with open(tmp_path / "x.npy", "ab") as file:
        file.write(b"\0\0")
    assert ours[0][0].shape == part.get_slice(0, 20)[0].shape


def test_a_memory_map_that_begins_far_into_its_file_is_read(tmp_path):
    (tmp_path / "x.bin").write_bytes(b"\1" * 70_000 + X[:100].tobytes())
    x = np.memmap(tmp_path / "x.bin", np.float32, "r", offset=70_000, shape=(100, 3, 2))
    ours, truth = (
        MultiShotMemorySampler(array, np.arange(100) % 5, seed=1) for array in (x, X[:100])
    )
    assert np.array_equal(ours[0][0], truth[0][0])
    os.truncate(tmp_path / "x.bin", 70_000)
    with pytest.raises(ValueError, match="70000 of 72400 bytes"):
        ours[0]


@given(st.lists(st.integers(0, 999), min_size=1, max_size=60), st.integers(1, 9))
def test_any_rows_in_any_order_and_number_are_those_of_the_array(rows, block):
    rows = np.array(rows, dtype=np.int64)
    assert np.array_equal(in_ascending_order(Stored(X), rows, block), X[rows])
