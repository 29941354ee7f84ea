"""What tells features apart: a digest of a model, and digests of examples as they are read."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from typing import Any, NamedTuple

import keras
import numpy as np
from numpy.typing import NDArray

from simnb.models.embedding import batches

__all__ = ["Batch", "of_model", "read"]

_FORMAT = 2
_IGNORED = ("trainable", "compile_config")
_REFERENCES = ("keras_history", "input_layers", "output_layers")


class Batch(NamedTuple):
    """A batch of examples, and a digest of all examples up to its end."""

    inputs: Any
    size: int
    digest: bytes

    def ends(self) -> Any:
        """Return the inputs' first and last example."""
        return keras.tree.map_structure(lambda leaf: _array(leaf)[[0, -1]], self.inputs)


def read(model: keras.Model, x: Any, batch_size: int) -> Iterator[Batch]:
    """Yield the examples in batches; the last digest does not depend on the batches' size."""
    digests: list[Any] = []
    shapes: list[Any] = []
    for inputs, _ in batches(model, x, batch_size)[0]:
        arrays = [_array(leaf) for leaf in keras.tree.flatten(inputs)]
        digests = digests or [hashlib.sha256() for _ in arrays]
        forms = [f"{array.dtype}{array.shape[1:]}" for array in arrays]
        for digest, array, form in zip(digests, arrays, forms, strict=True):
            if forms != shapes:
                digest.update(form.encode())
            digest.update(_bytes(array))
        shapes = forms
        yield Batch(inputs, len(arrays[0]), b"".join(digest.digest() for digest in digests))


def of_model(model: keras.Model) -> bytes:
    """Return a digest that is equal only where layers, weights and vocabularies are."""
    layers = _plain(keras.saving.serialize_keras_object(model))
    whole = hashlib.sha256(json.dumps([_FORMAT, layers], sort_keys=True).encode())
    for variable in model.weights:
        weights = _array(variable)
        whole.update(f"{weights.dtype}{weights.shape}".encode() + weights.tobytes())
    for layer in _layers(model):
        if hasattr(layer, "get_vocabulary"):  # what `adapt` found is neither weight nor setting
            whole.update(repr(layer.get_vocabulary()).encode())
    return whole.digest()


def _layers(model: Any) -> Iterator[Any]:
    """The layers of a model, and of the models that are layers of it."""
    for layer in getattr(model, "layers", ()):
        yield layer
        yield from _layers(layer)


def _array(leaf: Any) -> NDArray[Any]:
    return leaf if isinstance(leaf, np.ndarray) else keras.ops.convert_to_numpy(leaf)


def _bytes(array: NDArray[Any]) -> bytes:
    if array.dtype.kind in "OSU":
        return "".join(f"{text!r}," for text in array.ravel().tolist()).encode()
    return array.tobytes()


def _plain(config: Any) -> Any:
    """A model's configuration without what two models that do the same may differ in.

    Keras numbers the layers that it names itself, for as long as a notebook runs; here
    they are numbered by their place.
    """
    places: dict[str, str] = {}
    for name in _names(config):
        places.setdefault(name, f"layer {len(places)}")

    def plain(value: Any, names: bool = False) -> Any:
        if isinstance(value, dict):
            named = ("name", *_REFERENCES) if _is_layer(value) else _REFERENCES
            return {
                key: plain(part, names or key in named)
                for key, part in value.items()
                if key not in _IGNORED
            }
        if isinstance(value, (list, tuple)):
            return [plain(part, names) for part in value]
        # Elsewhere a text that is a layer's name too, such as an activation, says what it does.
        return places.get(value, value) if names and isinstance(value, str) else value

    return plain(config)


def _names(value: Any) -> Iterator[str]:
    """The names of the layers in a model's configuration, from the outermost in."""
    if isinstance(value, (list, tuple)):
        for part in value:
            yield from _names(part)
    elif isinstance(value, dict):
        if _is_layer(value) and "name" in value:
            yield str(value["name"])
        yield from _names(list(value.values()))


def _is_layer(value: dict[str, Any]) -> bool:
    """Whether this is a layer or its settings; a dtype policy, too, has a name."""
    return bool({"inbound_nodes", "trainable", "batch_shape", "layers"} & value.keys())
