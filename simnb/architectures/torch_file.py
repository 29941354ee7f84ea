"""Weights that torch saved before its version 1.6, read without torch and without unpickling.

The file consists of pickles of a magic number, a version, the machine, the tensors' names
and shapes and the storages' keys, then of the storages' bytes. A pickle can run any code
that it names. These are not unpickled: of the instructions in them, those that make plain
data are followed, and four names stand for themselves.
"""

from __future__ import annotations

import io
import os
import pickletools
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

__all__ = ["read"]

_MAGIC, _VERSION = 0x1950A86A20F9469CFC6C, 1001
_STORAGES = {"torch FloatStorage": "<f4", "torch LongStorage": "<i8"}
_DICT, _TENSOR = "collections OrderedDict", "torch._utils _rebuild_tensor_v2"


def read(path: str | os.PathLike[str]) -> dict[str, NDArray[Any]]:
    """Return the arrays of a state dict that torch saved before its version 1.6, by name.

    Parameters
    ----------
    path : path

    Raises
    ------
    FileNotFoundError
        There is no such file.
    ValueError
        The file is not whole, of another format, or names anything but float32 and int64
        tensors: none of it is run.
    """
    stream = io.BytesIO(Path(path).read_bytes())
    try:
        arrays = _read(stream)
    except Exception as error:  # a file of chance bytes can make a pickle fail in any way
        raise ValueError(
            f"{os.fspath(path)} does not hold weights that torch saved before its version 1.6, or is damaged "
            f"({type(error).__name__}: {error})."
        ) from error
    return arrays


class _Name(str):
    """What a pickle names; it is never looked up."""


class _Storage(NamedTuple):
    """Where a tensor's numbers lie."""

    key: str
    dtype: str
    size: int


class _Tensor(NamedTuple):
    """Of which numbers of a storage a tensor consists."""

    storage: _Storage
    offset: int
    shape: tuple[int, ...]
    strides: tuple[int, ...]


def _read(stream: io.BytesIO) -> dict[str, NDArray[Any]]:
    magic, version, system, tensors, keys = (_load(stream) for _ in range(5))
    if magic != _MAGIC or version != _VERSION or system.get("little_endian") is not True:
        raise ValueError("another format")
    kinds = {tensor.storage.key: tensor.storage for tensor in tensors.values()}
    storages = {}
    for key in keys:
        _, dtype, size = kinds[_checked(key, str)]
        if int.from_bytes(stream.read(8), "little") != size:
            raise ValueError(f"storage {key} is of another size")
        # np.frombuffer refuses what is cut short.
        content = stream.read(size * np.dtype(dtype).itemsize)
        storages[key] = np.frombuffer(content, dtype, size)
    if stream.read(1):
        raise ValueError("bytes are left over")
    return {name: _array(storages, tensor) for name, tensor in tensors.items()}


def _load(stream: io.BytesIO) -> Any:
    """Return what one pickle describes."""
    stack: list[Any] = []
    memo: dict[Any, Any] = {}
    for opcode, argument, _ in pickletools.genops(stream):
        if opcode.name in ("BINPUT", "LONG_BINPUT"):
            memo[argument] = stack[-1]
        elif opcode.name in ("BINGET", "LONG_BINGET"):
            stack.append(memo[argument])
        elif opcode.name in _STEPS:
            _STEPS[opcode.name](stack, argument)
        elif opcode.name not in ("PROTO", "STOP"):
            raise ValueError(f"the file holds {opcode.name}, which is refused")
    return stack.pop()


def _group(stack: list[Any]) -> list[Any]:
    """Take what has come since the last mark from the stack."""
    group = []
    while (value := stack.pop()) is not _MARK:
        group.append(value)
    return group[::-1]


def _name(stack: list[Any], name: str) -> None:
    if name not in (_DICT, _TENSOR, *_STORAGES):
        raise ValueError(f"the file names {name.replace(' ', '.')}, which is refused")
    stack.append(_Name(name))


def _call(stack: list[Any], _: Any) -> None:
    arguments, name = _checked(stack.pop(), tuple), _checked(stack.pop(), _Name)
    if name == _DICT and not arguments:
        stack.append({})
    elif name == _TENSOR:
        storage, *place = arguments[:4]
        stack.append(_Tensor(_checked(storage, _Storage), *place))
    else:
        raise ValueError(f"the file calls {name}, which is refused")


def _refer(stack: list[Any], _: Any) -> None:
    kind, storage, key, _device, size, view = _checked(stack.pop(), tuple)
    if kind != "storage" or _checked(storage, _Name) not in _STORAGES or view is not None:
        raise ValueError("the file refers to something else than a storage, which is refused")
    stack.append(_Storage(_checked(key, str), _STORAGES[storage], _checked(size, int)))


def _extend(stack: list[Any], entries: list[Any]) -> None:
    _checked(stack[-1], list).extend(entries)


def _set(stack: list[Any], entries: list[Any]) -> None:
    # The hash of tuples within tuples can take for ever, or end the process.
    keys = [_checked(key, str) for key in entries[::2]]
    _checked(stack[-1], dict).update(zip(keys, entries[1::2], strict=True))


def _checked(value: Any, kind: type[Any]) -> Any:
    if not isinstance(value, kind):
        raise ValueError(f"{kind.__name__.strip('_')} expected, {type(value).__name__} found")
    return value


_MARK = object()
# By opcode: a step that is given the stack and the opcode's argument.
_STEPS: dict[str, Callable[[list[Any], Any], Any]] = {
    **dict.fromkeys(("BININT", "BININT1", "BININT2", "LONG1", "BINUNICODE"), list.append),
    "NONE": lambda stack, _: stack.append(None),
    "NEWTRUE": lambda stack, _: stack.append(True),
    "NEWFALSE": lambda stack, _: stack.append(False),
    "MARK": lambda stack, _: stack.append(_MARK),
    "EMPTY_DICT": lambda stack, _: stack.append({}),
    "EMPTY_LIST": lambda stack, _: stack.append([]),
    "EMPTY_TUPLE": lambda stack, _: stack.append(()),
    "TUPLE": lambda stack, _: stack.append(tuple(_group(stack))),
    "TUPLE1": lambda stack, _: stack.append((stack.pop(),)),
    "TUPLE2": lambda stack, _: stack.append((stack.pop(-2), stack.pop())),
    "TUPLE3": lambda stack, _: stack.append((stack.pop(-3), stack.pop(-2), stack.pop())),
    "APPEND": lambda stack, _: _extend(stack, [stack.pop()]),
    "APPENDS": lambda stack, _: _extend(stack, _group(stack)),
    "SETITEM": lambda stack, _: _set(stack, [stack.pop(-2), stack.pop()]),
    "SETITEMS": lambda stack, _: _set(stack, _group(stack)),
    "GLOBAL": _name,
    "REDUCE": _call,
    "BINPERSID": _refer,
    "BUILD": lambda stack, _: stack.pop(),  # attributes of the dict of tensors: none is used
}


def _array(storages: dict[str, NDArray[Any]], tensor: _Tensor) -> NDArray[Any]:
    buffer = storages[tensor.storage.key]
    step = buffer.itemsize
    steps = tuple(stride * step for stride in tensor.strides)
    # NumPy refuses what would lie outside of the buffer.
    array: NDArray[Any] = np.ndarray(
        tensor.shape, buffer.dtype, buffer, tensor.offset * step, steps
    )
    return array
