"""Reading what torch wrote: whole files only, and nothing of a hostile one is run."""

import os
import pickle
import tracemalloc
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from simnb.architectures import EfficientNetLite0, torch_file
from tests.architectures.torch_file import Storage, Tensor, content, contiguous

ROWS = np.arange(24, dtype=np.float32).reshape(4, 6)
SMALL = {"_a.weight": contiguous(ROWS), "_b.num_batches_tracked": contiguous(np.array([7]))}


def written(folder, data):
    path = folder / "weights.pth"
    path.write_bytes(data)
    return path


def test_tensors_are_read_with_their_strides_and_offset(tmp_path):
    storage = Storage(np.arange(30, dtype=np.float32))
    tensors = {
        "whole": Tensor(storage, (30,), (1,)),
        "turned": Tensor(storage, (4, 6), (1, 4), offset=3),
        "counter": contiguous(np.array([2**40])),
    }
    found = torch_file.read(written(tmp_path, content(tensors)))
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
        torch_file.read(written(tmp_path, data))
    assert not mark.exists()


def before_tensors():
    """The bytes of a file up to the pickle of its tensors."""
    start = content({})
    return start[: start.index(b"\x80\x02}", 60)]


# Each of 45 tuples consists of the one before, twice: 10 to the power of 13 parts.
DOUBLED = b")" + b"q\x01h\x01\x86" * 45

INSTRUCTIONS = {
    "a name within an allowed name": b"ccollections\nOrderedDict.__init__.__globals__\n.",
    "a name on the stack": b"\x80\x04\x8c\x02os\x8c\x06system\x93.",
    "an instance": b"(S'touch mark'\nios\nsystem\n.",
    "an object": b"(cos\nsystem\nS'touch mark'\no.",
    "a new object": b"\x80\x02ccollections\nOrderedDict\n)\x81.",
    "a registered extension": b"\x80\x02\x82\x01.",
    "a call of what is no name": b"\x80\x02X\x01\x00\x00\x00x)R.",
    "a dict of something": b"\x80\x02ccollections\nOrderedDict\n]\x85R.",
    "a call of a storage": b"\x80\x02ctorch\nFloatStorage\n)R.",
    "a reference by text": b"\x80\x02Pstorage\n.",
    "a buffer from elsewhere": b"\x80\x05\x97.",
    "a text that is longer than the file": b"\x80\x04\x8d" + (2**60).to_bytes(8, "little") + b".",
    # Both made pickle's own reader, which allows the same names, hang or crash.
    "a key of too many parts": b"\x80\x02}" + DOUBLED + b"Ns.",
    "a key within 300,000 others": b"\x80\x02})" + b"\x85" * 300_000 + b"Ns.",
    "a reference that is too long to print": b"\x80\x02(" + DOUBLED + b"NNNNNtQ.",
}


@pytest.mark.parametrize("kind", INSTRUCTIONS)
def test_instructions_that_weights_do_not_need_are_refused(kind, tmp_path):
    data = before_tensors() + INSTRUCTIONS[kind] + pickle.dumps([], 2)
    with pytest.raises(ValueError, match=r"weights\.pth does not hold weights"):
        torch_file.read(written(tmp_path, data))


def test_what_is_refused_is_named(tmp_path):
    for kind, name in {
        "a name within an allowed name": r"collections\.OrderedDict\.__init__\.__globals__",
        "a new object": "NEWOBJ",
    }.items():
        data = before_tensors() + INSTRUCTIONS[kind]
        with pytest.raises(ValueError, match=f"{name}, which is refused"):
            torch_file.read(written(tmp_path, data))


def test_a_file_that_asks_for_gigabytes_gets_none(tmp_path):
    data = content(SMALL)
    place = data.index(b"}q\x00", 60) + 1
    greedy = data[:place] + b"r" + (2**31).to_bytes(4, "little") + data[place + 2 :]
    path = written(tmp_path, greedy)
    tracemalloc.start()
    assert set(torch_file.read(path)) == set(SMALL)  # the place's number is a name, no more
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 10**6


def test_a_view_of_a_storage_is_refused(tmp_path):
    with pytest.raises(ValueError, match="which is refused"):
        torch_file.read(written(tmp_path, content(SMALL, view=("1", 0, 4))))


def test_a_file_cut_short_anywhere_is_refused(tmp_path):
    data = content(SMALL)
    assert torch_file.read(written(tmp_path, data))["_a.weight"].shape == (4, 6)
    for end in range(len(data)):
        with pytest.raises(ValueError, match="does not hold weights"):
            torch_file.read(written(tmp_path, data[:end]))
    with pytest.raises(ValueError, match="bytes are left over"):
        torch_file.read(written(tmp_path, data + b"."))


@given(st.data())
def test_a_file_with_a_changed_byte_is_read_or_refused(tmp_path_factory, data):
    whole = bytearray(content(SMALL))
    place = data.draw(st.integers(0, len(whole) - 1))
    whole[place] = data.draw(st.integers(0, 255))
    path = written(tmp_path_factory.getbasetemp(), bytes(whole))
    try:
        found = torch_file.read(path)
    except ValueError:
        return
    assert all(isinstance(array, np.ndarray) for array in found.values())


@pytest.mark.parametrize("data", [b"", b"PK\x03\x04 a newer file of torch", pickle.dumps({})])
def test_a_file_of_another_kind_is_refused(tmp_path, data):
    with pytest.raises(ValueError, match=r"saved before its version 1\.6, or is damaged"):
        EfficientNetLite0((32, 32, 3), weights=written(tmp_path, data))
