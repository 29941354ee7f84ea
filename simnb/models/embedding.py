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
    check_shapes(model, arrays)
    slices = (slice(start, start + batch_size) for start in range(0, size, batch_size))
    return ((_sliced(arrays, part), None) for part in slices), size


def nested(model: keras.Model, x: Any) -> Any:
    """Return `x` with arrays at its leaves; a plain list is one array, for a model of one input."""
    if isinstance(x, Mapping) or (isinstance(x, (list, tuple)) and len(model.inputs) > 1):
        return keras.tree.map_structure(_array, x)
    return _array(x)


def check_shapes(model: keras.Model, x: Any) -> None:
    """Refuse a batch that the model's inputs do not take, naming both shapes."""
    leaves = keras.tree.flatten(x)
    if len(leaves) != len(model.inputs):
        raise ValueError(f"`x` must have {len(model.inputs)} inputs. Received: {len(leaves)}")
    expected = {tensor.name: tuple(tensor.shape) for tensor in model.inputs}
    by_name = isinstance(x, Mapping) and set(x) == set(expected)
    shapes = [expected[name] for name in sorted(expected)] if by_name else list(expected.values())
    for leaf, shape in zip(leaves, shapes, strict=True):
        found = tuple(leaf.shape)
        # Keras, too, lets images without their single channel pass.
        full = (*found, 1) if len(found) == len(shape) - 1 and shape[-1] == 1 else found
        fits = len(full) == len(shape) and all(
            want in (None, have) for want, have in zip(shape, full, strict=True)
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


def _checked(model: keras.Model, elements: Iterator[Any]) -> Iterator[tuple[Any, Any]]:
    for element in elements:
        x, y = (
            (element[0], element[1] if len(element) > 1 else None)
            if isinstance(element, tuple)
            else (element, None)
        )
        x = nested(model, x)
        check_shapes(model, x)
        yield x, None if y is None else keras.ops.convert_to_numpy(y)


def _sliced(arrays: Any, part: slice) -> Any:
    return keras.tree.map_structure(lambda array: array[part], arrays)


def _array(leaf: Any) -> Any:
    return leaf if hasattr(leaf, "shape") and hasattr(leaf, "dtype") else np.asarray(leaf)


def _pick(outputs: Any, output: int) -> Any:
    return keras.tree.flatten(outputs)[output]
