"""From examples to embeddings: batches of whatever the caller has, through a compiled function."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray
from tqdm.auto import tqdm

from simnb import check


def compiled_forward(model: keras.Model, output: int) -> Callable[[Any], NDArray[np.float32]]:
    """Return a function from a batch of inputs to the embeddings of output `output`, float32 NumPy.

    It is compiled once: `predict` would build a data pipeline at every call.
    """
    if keras.backend.backend() != "tensorflow":
        return lambda x: np.asarray(_pick(model.predict_on_batch(x), output), dtype=np.float32)
    import tensorflow as tf

    # A partial of its own for each model: TensorFlow counts how often one piece of code is
    # traced, and would warn of the fifth model as if it were the first for the fifth time.
    forward = tf.function(partial(_forward, model, output), reduce_retracing=True)
    return lambda x: forward(keras.tree.map_structure(tf.convert_to_tensor, x)).numpy()


def _forward(model: keras.Model, output: int, x: Any) -> Any:
    return keras.ops.cast(_pick(model(x, training=False), output), "float32")


def embed_batches(
    model: keras.Model,
    forward: Callable[[Any], NDArray[np.float32]],
    x: Any,
    batch_size: int = 256,
    verbose: int = 0,
) -> tuple[NDArray[np.float32], list[Any]]:
    """Return the embeddings of `x`, float32 [n, d], and what came as labels with each batch.

    `forward` is the model's, of `compiled_forward`; `x` is as `batches` takes it.
    """
    parts, size = batches(model, x, batch_size)
    embeddings, labels = [], []
    with tqdm(
        total=size,
        desc="embedding",
        unit=" examples",
        delay=1.0,
        leave=False,
        disable=not verbose,
    ) as bar:
        for inputs, y in parts:
            embeddings.append(forward(inputs))
            labels.append(y)
            bar.update(len(embeddings[-1]))
    if not embeddings:
        raise ValueError("`x` must hold at least one batch. Received: 0")
    return np.concatenate(embeddings), labels


def joined(labels: list[Any]) -> NDArray[Any] | None:
    """Return the labels that came with batches in one array; None if there were none."""
    missing = sum(y is None for y in labels)
    if missing == len(labels):
        return None
    if missing:
        raise ValueError(
            f"`x` must yield labels with every batch or with none. Received: {missing} of {len(labels)} without"
        )
    return np.concatenate([check.labels("labels from `x`", _texts(y)) for y in labels])


def batches(
    model: keras.Model, x: Any, batch_size: int
) -> tuple[Iterator[tuple[Any, Any]], int | None]:
    """Return batches of (inputs, labels or None), every input's shape checked, and the number of examples.

    `x` is an array, a tensor, a list or dict of them for a model of several inputs, or
    yields batches: a `tf.data.Dataset`, a Keras `PyDataset`, any other iterable. What it
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
        labels_of = getattr(x, "labels_of", None)  # of a sampler, whose y may be codes
        return _checked(model, (x[step] for step in range(len(x))), labels_of), None
    if is_endless(x):
        raise ValueError("`x` must end: the dataset repeats for ever. Use `dataset.take(n)`.")
    if yields_batches(x):
        return _checked(model, iter(x)), None
    arrays = nested(model, x)
    if any(len(array.shape) == 0 for array in keras.tree.flatten(arrays)):
        raise ValueError(f"`x` must have one row an example. Received: x={x!r}")
    sizes = {len(array) for array in keras.tree.flatten(arrays)}
    if len(sizes) != 1:
        raise ValueError(
            f"`x` must have the same number of examples in every input. Received: {sorted(sizes)}"
        )
    size = sizes.pop()
    if size == 0:
        raise ValueError("`x` must hold at least one example. Received: 0")
    _shapes(model, arrays)  # before the first batch is asked for
    slices = (slice(start, start + batch_size) for start in range(0, size, batch_size))
    return ((fitted(model, _sliced(arrays, part)), None) for part in slices), size


def yields_batches(x: Any) -> bool:
    """Return whether `x` yields batches, rather than being arrays or a list or dict of them."""
    if isinstance(x, keras.utils.PyDataset):
        return True
    arrays = isinstance(x, (Mapping, list, tuple, str)) or hasattr(x, "shape")
    return isinstance(x, Iterable) and not arrays and not hasattr(x, "__array__")


def is_endless(x: Any) -> bool:
    """Return whether `x` is a `tf.data.Dataset` that repeats for ever."""
    known = hasattr(x, "element_spec") and hasattr(x, "cardinality")
    return known and int(x.cardinality()) == -1  # tf.data.INFINITE_CARDINALITY


def nested(model: keras.Model, x: Any) -> Any:
    """Return `x` with arrays at its leaves; a plain list is one array, for a model of one input."""
    if isinstance(x, Mapping) or (isinstance(x, (list, tuple)) and len(model.inputs) > 1):
        return keras.tree.map_structure(_array, x)
    return _array(x)


def fitted(model: keras.Model, x: Any) -> Any:
    """Return a batch as the model's inputs take it; refuse one that they do not, naming both shapes."""
    shapes = _shapes(model, x)
    leaves = keras.tree.flatten(x)
    return keras.tree.pack_sequence_as(
        x, [_with_channel(leaf, shape) for leaf, shape in zip(leaves, shapes, strict=True)]
    )


def _shapes(model: keras.Model, x: Any) -> list[tuple[int | None, ...]]:
    """Return what shape each leaf of `x` must have; refuse one of another, asking for none of its rows."""
    leaves = keras.tree.flatten(x)
    if len(leaves) != len(model.inputs):
        raise ValueError(f"`x` must have {len(model.inputs)} inputs. Received: {len(leaves)}")
    shapes = [tuple(tensor.shape) for tensor in model.inputs]
    if isinstance(x, Mapping):
        # The entries of a dict come sorted by key, the inputs in the order they were given.
        by_name = {spec.name: tuple(spec.shape) for spec in model.input_spec or ()}
        if set(x) == set(by_name):
            shapes = [by_name[name] for name in sorted(by_name)]
    text = any(tensor.dtype == "string" for tensor in model.inputs)
    for leaf, shape in zip(leaves, shapes, strict=True):
        _refuse_misfit(leaf, shape, text)
    return shapes


def _refuse_misfit(leaf: Any, shape: tuple[int | None, ...], text: bool) -> None:
    found = tuple(leaf.shape)
    full = (*found, 1) if _lacks_channel(found, shape) else found
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
    if kind in ("O", "U", "S") and not text:
        raise ValueError(f"`x` must be numbers. Received: dtype {leaf.dtype}")


def _with_channel(leaf: Any, shape: tuple[int | None, ...]) -> Any:
    """Return a batch of images with their single channel.

    Keras, too, lets them pass without. Added here: a compiled function that has seen
    batches of two ranks takes neither.
    """
    return leaf[..., None] if _lacks_channel(tuple(leaf.shape), shape) else leaf


def _lacks_channel(found: tuple[int, ...], shape: tuple[int | None, ...]) -> bool:
    return len(found) == len(shape) - 1 and shape[-1] == 1


def _checked(
    model: keras.Model, elements: Iterator[Any], labels_of: Callable[[Any], Any] | None = None
) -> Iterator[tuple[Any, Any]]:
    for element in elements:
        x, y = (
            (element[0], element[1] if len(element) > 1 else None)
            if isinstance(element, tuple)
            else (element, None)
        )
        x = fitted(model, nested(model, x))
        yield x, y if labels_of is None or y is None else labels_of(y)


def _sliced(arrays: Any, part: slice) -> Any:
    return keras.tree.map_structure(lambda array: array[part], arrays)


def _array(leaf: Any) -> Any:
    return leaf if hasattr(leaf, "shape") and hasattr(leaf, "dtype") else np.asarray(leaf)


def _pick(outputs: Any, output: int) -> Any:
    return keras.tree.flatten(outputs)[output]


def _texts(labels: Any) -> Any:
    """Labels as NumPy has them; the strings of TensorFlow are bytes."""
    found = np.asarray(labels.numpy() if hasattr(labels, "numpy") else labels)
    if found.dtype.kind == "O" and all(isinstance(label, bytes) for label in found.ravel()):
        return np.array([label.decode() for label in found.ravel()]).reshape(found.shape)
    return found
