"""ResNet-18 for similarity learning from the beginning: it has no trained weights."""

from __future__ import annotations

from typing import Any

import keras
from keras import layers

from simnb.architectures.backbone import from_backbone
from simnb.architectures.pretrained import image_shape
from simnb.models import SimilarityModel

__all__ = ["ResNet18Im", "ResNet18Sim"]


def ResNet18Sim(  # noqa: N802 - TensorFlow Similarity's name
    input_shape: tuple[int | None, int | None, int],
    embedding_size: int = 128,
    l2_norm: bool = True,
    include_top: bool = True,
    pooling: str | None = "gem",
    gem_p: float = 3.0,
) -> SimilarityModel:
    """Return ResNet-18 (He et al. 2016) for small images, with an embedding layer on top.

    Its first convolution is 3 × 3 and keeps the size, as is usual for images of 32 pixels.
    Takes images of 0 to 255. All of it trains, from random weights.

    Parameters
    ----------
    input_shape : (height, width, channels)
        Each side at least 32, or None for any.
    embedding_size : int, default 128
    l2_norm : bool, default True
        Embeddings of length one, as cosine distance wants them.
    include_top : bool, default True
        False leaves the embedding layer out: the output is the pooled features.
    pooling : {"gem", "avg", "max"}, default "gem"
        None, without the embedding layer, leaves the feature map as it is.
    gem_p : float, default 3.0
        The power of GeM pooling.

    Returns
    -------
    SimilarityModel

    Examples
    --------
    >>> ResNet18Sim((32, 32, 3), embedding_size=64).output_shape
    (None, 64)
    """
    return from_backbone(
        _network(input_shape, "resnet18", small=True),
        embedding_size,
        trainable="full",
        l2_norm=l2_norm,
        include_top=include_top,
        pooling=pooling,
        gem_p=gem_p,
    )


def ResNet18Im(  # noqa: N802 - beside ResNet18Sim
    input_shape: tuple[int | None, int | None, int],
    embedding_size: int = 128,
    l2_norm: bool = True,
    include_top: bool = True,
    pooling: str | None = "gem",
    gem_p: float = 3.0,
) -> SimilarityModel:
    """Return ResNet-18 (He et al. 2016) for photographs, with an embedding layer on top.

    Its first convolution is 7 × 7 and halves the size, and a pooling halves it again, as
    for ImageNet. Takes images of 0 to 255. All of it trains, from random weights.

    Parameters
    ----------
    input_shape, embedding_size, l2_norm, include_top, pooling, gem_p :
        As `ResNet18Sim`.

    Returns
    -------
    SimilarityModel

    Examples
    --------
    >>> ResNet18Im((160, 160, 3), include_top=False, pooling=None).output_shape
    (None, 5, 5, 512)
    """
    return from_backbone(
        _network(input_shape, "resnet18_im", small=False),
        embedding_size,
        trainable="full",
        l2_norm=l2_norm,
        include_top=include_top,
        pooling=pooling,
        gem_p=gem_p,
    )


def _network(input_shape: Any, name: str, small: bool) -> keras.Model:
    inputs = keras.Input(image_shape(input_shape, channels=None))
    x = layers.Rescaling(1 / 127.5, offset=-1.0, name="rescaling")(inputs)
    x = _convolution(x, "stem", 64, 3 if small else 7, 1 if small else 2)
    x = layers.ReLU(name="stem_activation")(x)
    if not small:
        x = layers.MaxPooling2D(3, 2, padding="same", name="stem_pooling")(x)
    for stage, channels in enumerate((64, 128, 256, 512), 1):
        x = _block(x, f"stage{stage}a", channels, strides=1 if stage == 1 else 2)
        x = _block(x, f"stage{stage}b", channels, strides=1)
    return keras.Model(inputs, x, name=name)


def _block(inputs: Any, name: str, channels: int, strides: int) -> Any:
    """Two convolutions, and the input beside them."""
    x = _convolution(inputs, f"{name}_first", channels, 3, strides)
    x = layers.ReLU(name=f"{name}_first_activation")(x)
    x = _convolution(x, f"{name}_second", channels, 3, 1)
    if strides > 1:
        inputs = _convolution(inputs, f"{name}_shortcut", channels, 1, strides)
    x = layers.Add(name=f"{name}_add")([inputs, x])
    return layers.ReLU(name=f"{name}_activation")(x)


def _convolution(x: Any, name: str, channels: int, kernel_size: int, strides: int) -> Any:
    x = layers.Conv2D(
        channels,
        kernel_size,
        strides,
        padding="same",
        use_bias=False,
        kernel_initializer="he_normal",
        name=f"{name}_conv",
    )(x)
    return layers.BatchNormalization(epsilon=1e-5, momentum=0.9, name=f"{name}_bn")(x)
