"""From examples to embeddings: batches of whatever the caller has, through a compiled function."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray


def compiled_forward(model: keras.Model, output: int) -> Callable[[Any], NDArray[np.float32]]:
    """Return a function from a batch of inputs to the embeddings of output `output`, float32 NumPy.

    It is compiled once: `predict` would build a data pipeline at every call.
    """
    if keras.backend.backend() != "tensorflow":
        return lambda x: np.asarray(_pick(model.predict_on_batch(x), output), dtype=np.float32)
    import tensorflow as tf

    @tf.function(reduce_retracing=True)
    def forward(x: Any) -> Any:
        return tf.cast(_pick(model(x, training=False), output), tf.float32)

    return lambda x: forward(keras.tree.map_structure(tf.convert_to_tensor, x)).numpy()


def batches(
    model: keras.Model, x: Any, batch_size: int
) -> tuple[Iterator[tuple[Any, Any]], int | None]:
    """Return batches of (inputs, labels or None), every input's shape checked, and the number of examples.

    `x` is an array, a tensor, a list or dict of them for a model of several inputs, or
    yields batches: a `tf.data.Dataset`, a Keras `PyDataset`, a generator. What it
    yields is the inputs, or a tuple of inputs and labels. The number is None where it
    is not known ahead.

    Raises
    ------
    ValueError
        x is None or empty, endless, or of a shape that the model does not take.
    """
    if x is None:
        raise ValueError("`x` must be examples to embed. Received: x=None")
    if isinstance(x, keras.utils.PyDataset):
        return _checked(model, (x[step] for step in range(len(x)))), None
    if hasattr(x, "element_spec") and hasattr(x, "cardinality"):
        if int(x.cardinality()) == -1:  # tf.data.INFINITE_CARDINALITY
            raise ValueError("`x` must end: the dataset repeats for ever. Use `dataset.take(n)`.")
        return _checked(model, iter(x)), None
    if isinstance(x, Iterator):
        return _checked(model, x), None
    arrays = nested(model, x)
    sizes = {len(array) for array in keras.tree.flatten(arrays)}
    if len(sizes) != 1:
        raise ValueError(
            f"`x` must have the same number of examples in every input. Received: {sorted(sizes)}"
        )
    size = sizes.pop()
    if size == 0:
        raise ValueError("`x` must hold at least one example. Received: 0")
    arrays = fitted(model, arrays)
    slices = (slice(start, start + batch_size) for start in range(0, size, batch_size))
    return ((_sliced(arrays, part), None) for part in slices), size


def nested(model: keras.Model, x: Any) -> Any:
    """Return `x` with arrays at its leaves; a plain list is one array, for a model of one input."""
    if isinstance(x, Mapping) or (isinstance(x, (list, tuple)) and len(model.inputs) > 1):
        return keras.tree.map_structure(_array, x)
    return _array(x)


def fitted(model: keras.Model, x: Any) -> Any:
    """Return a batch as the model's inputs take it; refuse one that they do not, naming both shapes."""
    leaves = keras.tree.flatten(x)
    if len(leaves) != len(model.inputs):
        raise ValueError(f"`x` must have {len(model.inputs)} inputs. Received: {len(leaves)}")
    shapes = [tuple(tensor.shape) for tensor in model.inputs]
    if isinstance(x, Mapping):
        # The entries of a dict come sorted by key, the inputs in the order they were given.
        by_name = {spec.name: tuple(spec.shape) for spec in model.input_spec or ()}
        if set(x) == set(by_name):
            shapes = [by_name[name] for name in sorted(by_name)]
    return keras.tree.pack_sequence_as(
        x, [_fitted_leaf(leaf, shape) for leaf, shape in zip(leaves, shapes, strict=True)]
    )


def _fitted_leaf(leaf: Any, shape: tuple[int | None, ...]) -> Any:
    found = tuple(leaf.shape)
    # Keras, too, lets images without their single channel pass. Added here: a compiled
    # function that has seen batches of two ranks takes neither.
    full = leaf[..., None] if len(found) == len(shape) - 1 and shape[-1] == 1 else leaf
    fits = len(full.shape) == len(shape) and all(
        want in (None, have) for want, have in zip(shape, full.shape, strict=True)
    )
    if not fits:
        hint = ""
        if len(found) == len(shape) - 1 and found == shape[1:]:
            hint = " This is one example: use the method for single ones, or `x[None]`."
        raise ValueError(
            f"`x` must have shape {shape}, None being any size. Received: {found}.{hint}"
        )
    kind = getattr(getattr(leaf, "dtype", None), "kind", "")
    if kind in ("O", "U", "S"):
        raise ValueError(f"`x` must be numbers. Received: dtype {leaf.dtype}")
    return full


def _checked(model: keras.Model, elements: Iterator[Any]) -> Iterator[tuple[Any, Any]]:
    for element in elements:
        x, y = (
            (element[0], element[1] if len(element) > 1 else None)
            if isinstance(element, tuple)
            else (element, None)
        )
        x = fitted(model, nested(model, x))
        yield x, y


def _sliced(arrays: Any, part: slice) -> Any:
    return keras.tree.map_structure(lambda array: array[part], arrays)


def _array(leaf: Any) -> Any:
    return leaf if hasattr(leaf, "shape") and hasattr(leaf, "dtype") else np.asarray(leaf)


def _pick(outputs: Any, output: int) -> Any:
    return keras.tree.flatten(outputs)[output]
