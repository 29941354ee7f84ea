"""A model in two: the backbone, and the head that trains on what the backbone makes."""

from __future__ import annotations

import keras

from simnb.models import SimilarityModel

__all__ = ["split"]


def split(model: SimilarityModel, at: str = "pooling") -> tuple[keras.Model, SimilarityModel]:
    """Return the part of a model up to a layer, and the rest; both share its weights.

    The rest, the head, trains on what `cached` returns for the first part. What it learns
    the whole model has learned.

    Parameters
    ----------
    model : SimilarityModel
        Of one output, such as those of `simnb.architectures`.
    at : str, default "pooling"
        The name of the layer whose output the head takes.

    Raises
    ------
    ValueError
        There is no such layer, nothing comes after it, or other layers go round it.

    Examples
    --------
    >>> from simnb.architectures import EfficientNetSim
    >>> model = EfficientNetSim((64, 64, 3), embedding_size=32, variant="lite0")
    >>> backbone, head = split(model)
    >>> backbone.output_shape, head.input_shape, head.output_shape
    ((None, 1280), (None, 1280), (None, 32))
    """
    names = [layer.name for layer in model.layers]
    if at not in names:
        raise ValueError(f"`at` must be one of the layers {', '.join(names)}. Received: at={at!r}")
    cut = model.get_layer(at).output
    if cut is model.output:
        raise ValueError(f"`at` must be a layer before the last. Received: at={at!r}")
    refusal = f"`at` must be a layer that nothing goes round. Received: at={at!r}"
    try:
        head = SimilarityModel(cut, model.output, name=f"{model.name}_head")
    except ValueError as error:
        raise ValueError(refusal) from error
    if sum(isinstance(layer, keras.layers.InputLayer) for layer in head.layers) > 1:
        raise ValueError(refusal)  # an older Keras has kept the model's own input
    return keras.Model(model.input, cut, name=f"{model.name}_backbone"), head
