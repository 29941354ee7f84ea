"""A `tf.data.Dataset` read once, into one array in memory or in a file."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray
from tqdm.auto import tqdm

from simnb.samplers.growing import ByteStrings, Growing
from simnb.samplers.parallel import Mapped, check_label_type, tensorflow
from simnb.samplers.select_examples import among

Path = str | os.PathLike[str]


def read_dataset(
    ds: Any,
    label_output: int | str | None = None,
    wanted: NDArray[Any] | None = None,
    load: Callable[[Any], Any] | None = None,
    cache: Path | None = None,
) -> tuple[Any, NDArray[Any]]:
    """Return the examples of a dataset, an array or a Source, and their labels.

    Parameters
    ----------
    ds : tf.data.Dataset
        Of single examples (x, label).
    label_output : int or str, optional
        Where the label is in a y that is a tuple or a dict.
    wanted : array of labels, optional
        Examples of other classes are passed over.
    load : callable, optional
        Of TensorFlow operations, from an x to the example.
    cache : path, optional
        The folder for the file in which to keep the examples. Default: in memory.

    Raises
    ------
    ValueError
        The dataset is endless, empty, of batches or of another form.
    OSError
        The disk is full.
    """
    tf = tensorflow()
    if cache is not None and not os.path.isdir(cache):
        raise ValueError(f"`cache` must be a folder. Received: cache={os.fspath(cache)!r}")
    data = _labelled(tf, ds, label_output)
    spec, size = data.element_spec[0], max(0, int(data.cardinality()))
    kept: Any
    if spec.shape.is_fully_defined() and spec.dtype != tf.string:
        kept, labels = _arrays(data, spec, size, wanted, cache)
    else:
        if spec.dtype != tf.string or spec.shape.rank != 0:  # bytes, shape and all
            data = data.map(lambda x, y: (tf.io.serialize_tensor(x), y))
            load = _parsing(tf, spec, load)
        kept, labels = _byte_strings(data, size, wanted, cache)
    return (kept if load is None else Mapped(kept, _one_tensor(load), "load_fn", _said)), labels


def _arrays(
    data: Any, spec: Any, size: int, wanted: NDArray[Any] | None, cache: Path | None
) -> tuple[NDArray[Any], NDArray[Any]]:
    dtype, shape = np.dtype(spec.dtype.as_numpy_dtype), tuple(spec.shape)
    length = int(np.prod(shape, dtype=np.int64))
    labels = []
    with Growing(dtype, 0 if wanted is not None else size * length, cache) as values:
        for x, y in _batches(data, size, wanted, length * dtype.itemsize):
            values.append(x.reshape(-1))
            labels.append(y)
        y = np.concatenate(labels)
        return values.finish().reshape(len(y), *shape), y


def _byte_strings(
    data: Any, size: int, wanted: NDArray[Any] | None, cache: Path | None
) -> tuple[ByteStrings, NDArray[Any]]:
    lengths, labels = [], []
    with Growing(np.dtype(np.uint8), 0, cache) as values:
        for x, y in _batches(data, size, wanted, 2**16):
            values.append(np.frombuffer(b"".join(x), dtype=np.uint8))
            lengths.append([len(text) for text in x])
            labels.append(y)
        content = values.finish()
    return ByteStrings(content, np.concatenate(lengths)), np.concatenate(labels)


def _labelled(tf: Any, ds: Any, label_output: int | str | None) -> Any:
    """The dataset as pairs of an x and one label, or a ValueError that says what it is instead."""
    if not isinstance(ds, tf.data.Dataset):
        raise ValueError(f"`ds` must be a tf.data.Dataset. Received: {type(ds).__name__}")
    if int(ds.cardinality()) == tf.data.INFINITE_CARDINALITY:
        raise ValueError("`ds` must end. Received: a dataset that repeats for ever")
    spec = ds.element_spec
    if not isinstance(spec, tuple) or len(spec) != 2:
        raise ValueError(
            '`ds` must yield pairs (x, label); see `ds.map(lambda e: (e["image"], e["label"]))`. '
            f"Received: {spec}"
        )

    def label_of(y: Any) -> Any:
        return y if label_output is None else y[label_output]

    try:
        label = label_of(spec[1])
    except (KeyError, IndexError, TypeError) as error:
        raise ValueError(
            f"`label_output` must be where the label is in y, {spec[1]}. "
            f"Received: label_output={label_output!r}"
        ) from error
    if not all(isinstance(part, tf.TensorSpec) for part in (spec[0], label)):
        raise ValueError(f"`ds` must yield one tensor x and one label. Received: {spec}")
    if label.shape.rank not in (None, 0) and label.shape != (1,):
        raise ValueError(
            "`ds` must yield single examples with one label each; batches are parted by `ds.unbatch()`, "
            f"one-hot rows become labels by `tf.argmax`. Received: labels of shape {label.shape}"
        )
    check_label_type(tf, "ds", label.dtype)
    if label_output is None and label.shape == ():
        return ds
    return ds.map(lambda x, y: (x, tf.reshape(label_of(y), ())))


def _batches(
    data: Any, size: int, wanted: NDArray[Any] | None, example_bytes: int
) -> Iterator[tuple[NDArray[Any], NDArray[Any]]]:
    """Examples and labels of the wanted classes, some at a time; at least one, or a ValueError."""
    number = max(1, min(4096, 2**24 // max(1, example_bytes)))
    read = kept = 0
    with tqdm(
        total=size or None, desc="reading ds", unit=" examples", delay=1.0, leave=False
    ) as bar:
        for x, y in data.batch(number).prefetch(1).as_numpy_iterator():
            labels = y if y.dtype != object else np.array([text.decode() for text in y])
            bar.update(len(labels))
            read += len(labels)
            if wanted is not None:
                chosen = among(labels, wanted)
                x, labels = x[chosen], labels[chosen]
            kept += len(labels)
            if len(labels):
                yield x, labels
    if not read:
        raise ValueError("`ds` must hold at least one example. Received: 0")
    if not kept and wanted is not None:
        raise ValueError(
            f"`class_list` must name classes that are in `ds`. Received: {wanted.tolist()[:10]}"
        )


def _parsing(tf: Any, spec: Any, load: Callable[[Any], Any] | None) -> Callable[[Any], Any]:
    def parsed(serialized: Any) -> Any:
        x = tf.ensure_shape(tf.io.parse_tensor(serialized, spec.dtype), spec.shape)
        return x if load is None else load(x)

    return parsed


def _one_tensor(load: Callable[[Any], Any]) -> Callable[[Any], Any]:
    def example(x: Any) -> Any:
        made = load(x)
        if isinstance(made, (tuple, list, dict)):
            raise ValueError(f"`load_fn` must return one tensor. Received: {made}")
        return made

    return example


def _said(row: int, x: Any) -> str:
    text = x.decode(errors="replace") if isinstance(x, bytes) else ""
    is_path = 0 < len(text) < 500 and text.isprintable() and "�" not in text
    return text if is_path else f"example {row} of those that were kept"
