"""ResNet-50 for similarity learning."""

from __future__ import annotations

import os

import keras

from simnb import check
from simnb.architectures.backbone import from_backbone
from simnb.architectures.pretrained import application
from simnb.models import SimilarityModel

__all__ = ["ResNet50Sim"]


def ResNet50Sim(  # noqa: N802 - TensorFlow Similarity's name
    input_shape: tuple[int | None, int | None, int],
    embedding_size: int = 128,
    weights: str | os.PathLike[str] | None = "imagenet",
    trainable: str = "frozen",
    l2_norm: bool = True,
    include_top: bool = True,
    pooling: str | None = "gem",
    gem_p: float = 3.0,
) -> SimilarityModel:
    """Return ResNet-50 (He et al. 2016) with an embedding layer on top.

    Takes images of 0 to 255, which it was trained on at 224 pixels.

    Parameters
    ----------
    input_shape : (height, width, 3)
        Each side at least 32, or None for any.
    embedding_size : int, default 128
    weights : str, path or None, default "imagenet"
        Keras downloads those of ImageNet once. A path is of a file that Keras's
        `save_weights` wrote; None is random weights.
    trainable : {"frozen", "partial", "full"}, default "frozen"
        What of the network trains: nothing, the last stage, or everything. In the first
        two cases batch norms stay as they are.
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
    ValueError
        An argument is not one of those above; the file holds the weights of another network.

    Examples
    --------
    >>> ResNet50Sim((64, 64, 3), weights=None).output_shape
    (None, 128)
    """
    check.one_of("trainable", trainable, ("frozen", "partial", "full"))
    return from_backbone(
        application(keras.applications.ResNet50, input_shape, weights),
        embedding_size,
        trainable=trainable,
        l2_norm=l2_norm,
        include_top=include_top,
        pooling=pooling,
        gem_p=gem_p,
        preprocess=keras.applications.resnet.preprocess_input,
    )
