"""Any Keras model as the backbone of a similarity model, and what of it trains."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import keras

from simnb import check
from simnb.layers import GeneralizedMeanPooling1D, GeneralizedMeanPooling2D, MetricEmbedding
from simnb.models import SimilarityModel

__all__ = ["from_backbone", "set_trainable"]

_POOLINGS = ("gem", "avg", "max")
# What "partial" trains begins here: the last three stages of EfficientNet, the last of ResNet.
_LAST_STAGES = ("block5a_expand_conv", "conv5_block1_1_conv", "stage4a_first_conv")


def from_backbone(
    backbone: keras.Model,
    embedding_size: int = 128,
    *,
    trainable: str = "frozen",
    l2_norm: bool = True,
    include_top: bool = True,
    pooling: str | None = "gem",
    gem_p: float = 3.0,
    preprocess: Callable[[Any], Any] | None = None,
    inputs: Any = None,
) -> SimilarityModel:
    """Put pooling and an embedding layer on top of a Keras model.

    Parameters
    ----------
    backbone : keras.Model
        Its output is a map [n, height, width, channels], a sequence [n, length, channels]
        or vectors [n, channels]. It becomes a part of the model, which trains its weights
        or sets them not to be trained.
    embedding_size : int, default 128
    trainable : str, default "frozen"
        What of the backbone trains. `"frozen"`: nothing; its batch norms stay as they are,
        and the rate of its `Dropout` layers is set to 0. `"full"`: everything. The name of
        one of its layers: that layer and those after it, save batch norms, which all stay
        as they are. `"partial"`: the last three stages of EfficientNet, or the last of
        ResNet, in that way. `set_trainable` changes it.
    l2_norm : bool, default True
        Embeddings of length one, as cosine distance wants them.
    include_top : bool, default True
        False leaves the embedding layer out: the output is the pooled features.
    pooling : {"gem", "avg", "max"}, default "gem"
        Of maps and sequences; vectors are not pooled. None, without the embedding layer,
        leaves them as they are.
    gem_p : float, default 3.0
        The power of GeM pooling: 1 is the average, larger ones come nearer to the maximum.
    preprocess : callable, optional
        From the model's input to the backbone's: a layer, or a function that is made of
        `keras.ops`, such as `keras.applications.resnet.preprocess_input`.
    inputs : keras.Input, or a nest of them, optional
        Default: as the backbone's. Needed for a backbone that is not functional.

    Returns
    -------
    SimilarityModel
        Its layers include the backbone, by its name, `"pooling"` and `"embedding"`.

    Raises
    ------
    ValueError
        An argument is not one of those above; the backbone has several outputs, or one
        that is of another rank; it has no inputs and none are given. It then trains what
        it trained before.

    Examples
    --------
    >>> network = keras.applications.MobileNetV3Small(
    ...     input_shape=(64, 64, 3), include_top=False, weights=None
    ... )
    >>> model = from_backbone(network, embedding_size=32)
    >>> model.output_shape, len(model.trainable_weights)
    ((None, 32), 2)
    """
    check.positive_integer("embedding_size", embedding_size)
    if pooling is not None:
        check.one_of("pooling", pooling, _POOLINGS)
    elif include_top:
        raise ValueError("`pooling` must be given where `include_top` is True. Received: None")
    gem_p = check.threshold("gem_p", gem_p)
    if inputs is None:
        inputs = _inputs(backbone)
    first = _first_trained(backbone, trainable)
    outputs = backbone(inputs if preprocess is None else preprocess(inputs))
    pool = _pooling(outputs, pooling, gem_p)
    outputs = outputs if pool is None else pool(outputs)
    if include_top:
        layer = MetricEmbedding if l2_norm else keras.layers.Dense
        outputs = layer(embedding_size, name="embedding")(outputs)
    model = SimilarityModel(inputs, outputs, name=f"{backbone.name}_sim")
    _train_from(backbone, first)
    return model


def set_trainable(model: SimilarityModel, trainable: str) -> None:
    """Choose anew what of a model's backbone trains.

    The way to fine-tune: train the embedding layer with the backbone frozen, by itself on
    cached features (`simnb.features`) or in place, then let the backbone follow it. The
    model has to be compiled again, with a small learning rate, 1e-4 or less; its index stays.

    Parameters
    ----------
    model : SimilarityModel
        Of `from_backbone` or one of the networks here, also one that was loaded.
    trainable : str
        As `from_backbone`. Dropout that was set to 0 stays so.

    Raises
    ------
    ValueError
        The model has no backbone, or `trainable` is not one of those above.

    Examples
    --------
    >>> from simnb.architectures import EfficientNetSim
    >>> model = EfficientNetSim((64, 64, 3), variant="lite0")
    >>> set_trainable(model, "partial")
    >>> len(model.trainable_weights)
    27
    """
    backbones = [layer for layer in model.layers if isinstance(layer, keras.Model)]
    if not backbones:
        raise ValueError(
            f"`model` must have a Keras model as its backbone. Received: {model.name} without one"
        )
    backbone = backbones[-1]  # a model before it would be the preprocessing
    _train_from(backbone, _first_trained(backbone, trainable))
    # A compiled `fit` would go on to train what it trained: Keras now asks for `compile`.
    model.compiled = False


def _inputs(backbone: keras.Model) -> Any:
    try:
        own = backbone.inputs[0] if isinstance(backbone, keras.Sequential) else backbone.input
    except (AttributeError, ValueError):
        own = None
    if own is None:
        raise ValueError(
            f"`inputs` must be given for a backbone that is not functional. Received: backbone={backbone.name}"
        )
    if isinstance(own, Mapping):
        return {name: _input(tensor, name) for name, tensor in own.items()}
    return keras.tree.map_structure(_input, own)


def _input(tensor: Any, name: str | None = None) -> Any:
    return keras.Input(batch_shape=tensor.shape, dtype=tensor.dtype, name=name)


def _first_trained(backbone: keras.Model, trainable: Any) -> str:
    """Return the name of the first layer that trains, "frozen" or "full"."""
    names = [layer.name for layer in backbone.layers]
    partial = [name for name in _LAST_STAGES if name in names][:1]
    if trainable == "partial" and partial:
        return partial[0]
    if trainable not in ("frozen", "full", *names):
        known = ("frozen", *(["partial"] if partial else []), "full")
        raise ValueError(
            f"`trainable` must be {', '.join(map(repr, known))} or the name of one of the backbone's layers. "
            f"Received: trainable={trainable!r}"
        )
    return str(trainable)


def _train_from(backbone: keras.Model, first: str) -> None:
    # Keras passes a value on to the layers within only where it changes.
    backbone.trainable = first == "frozen"
    backbone.trainable = first != "frozen"
    if first == "frozen":
        # A frozen batch norm is in inference, in `fit` too; dropout is not, and a call with
        # training=False does not reach a model within a model.
        for layer in _innermost(backbone, keras.layers.Dropout):
            layer.rate = 0.0
    elif first != "full":
        for layer in backbone.layers:
            if layer.name == first:
                break
            layer.trainable = False
        for layer in _innermost(backbone, keras.layers.BatchNormalization):
            layer.trainable = False


def _innermost(layer: Any, kind: type[Any]) -> Iterator[Any]:
    """The layers of a kind, also within models that are layers of it."""
    if isinstance(layer, kind):
        yield layer
    for part in getattr(layer, "layers", ()):
        yield from _innermost(part, kind)


def _pooling(features: Any, pooling: str | None, gem_p: float) -> Any:
    """Return the layer that pools features, or None where there is nothing to pool."""
    rank = len(getattr(features, "shape", ()))
    if rank not in (2, 3, 4):
        raise ValueError(
            "`backbone` must have one output, of shape [n, height, width, channels], [n, length, channels] "
            f"or [n, channels]. Received: {keras.tree.map_structure(lambda one: one.shape, features)}"
        )
    if rank == 2 or pooling is None:
        return None
    if pooling == "gem":
        cls = GeneralizedMeanPooling2D if rank == 4 else GeneralizedMeanPooling1D
        return cls(p=gem_p, name="pooling")
    kind = {"avg": "Average", "max": "Max"}[pooling]
    return getattr(keras.layers, f"Global{kind}Pooling{rank - 2}D")(name="pooling")
