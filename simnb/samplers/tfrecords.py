"""TFRecord files written class by class."""

from __future__ import annotations

import os
import secrets
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simnb import check
from simnb.samplers.examples import Source, as_source
from simnb.samplers.parallel import tensorflow


def write_tfrecords(
    x: Any,
    y: Any,
    directory: str | os.PathLike[str],
    serialization_fn: Callable[[Any, Any], bytes] | None = None,
    examples_per_shard: int = 1000,
) -> list[str]:
    """Write examples class by class into TFRecord files, no class in two of them; return their paths.

    Parameters
    ----------
    x : array [n, ...], memory map, HDF5 or zarr array, tensor, or list of n arrays, paths or bytes
        The bytes of files are written as they are.
    y : integers or strings [n]
    directory : path
        Is made; if it is there already, it has to be empty. It appears when all is written.
    serialization_fn : callable, optional
        From an example and its label to the bytes of a record. Default: `serialize`.
    examples_per_shard : int, default 1000
        A file ends with the class that reaches this number.

    Raises
    ------
    ValueError
        x and y of different length or of another kind, a directory that is not empty.
    OSError
        A file in x that cannot be read, a full disk; no directory is left behind.
    """
    tf = tensorflow()
    if serialization_fn is not None and not callable(serialization_fn):
        raise ValueError(
            f"`serialization_fn` must be callable or None. Received: {serialization_fn!r}"
        )
    target = Path(directory)
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        raise ValueError(f"`directory` must be new or empty. Received: directory={str(target)!r}")
    source = as_source(x)
    labels = check.labels("y", y, len(source))
    most = check.positive_integer("examples_per_shard", examples_per_shard)
    parts = _rows_by_class(labels, most)
    names = [f"{number:05d}-of-{len(parts):05d}.tfrec" for number in range(len(parts))]
    beside = next(parent for parent in target.absolute().parents if parent.exists())
    folder = beside / f".{target.name}-{secrets.token_hex(4)}"
    folder.mkdir()
    try:
        for name, rows in zip(names, parts, strict=True):
            with tf.io.TFRecordWriter(str(folder / name)) as writer:
                for example, label in zip(_examples(source, rows), labels[rows], strict=True):
                    writer.write((serialization_fn or serialize)(example, label.item()))
        target.parent.mkdir(parents=True, exist_ok=True)
        if target.exists():
            target.rmdir()
        folder.replace(target)
    except tf.errors.OpError as error:
        raise OSError(f"{target} cannot be written: {error.message}") from error
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return [str(target / name) for name in names]


def serialize(example: Any, label: int | str) -> bytes:
    """Return a `tf.train.Example` with the features `x`, `y` and, where x is a tensor, `dtype`.

    Parameters
    ----------
    example : array, bytes or path
        Of bytes, and of the file at a path, `x` is the bytes; of an array, the serialized tensor.
    label : int or str
    """
    tf = tensorflow()
    train = tf.train

    def text(value: bytes) -> Any:
        return train.Feature(bytes_list=train.BytesList(value=[value]))

    features = {}
    if isinstance(example, (str, os.PathLike)):
        example = Path(example).read_bytes()
    if not isinstance(example, bytes):
        tensor = tf.convert_to_tensor(example)
        features["dtype"] = text(tensor.dtype.name.encode())
        example = tf.io.serialize_tensor(tensor).numpy()
    features["x"] = text(example)
    if isinstance(label, str):
        features["y"] = text(label.encode())
    else:
        features["y"] = train.Feature(int64_list=train.Int64List(value=[int(label)]))
    return train.Example(features=train.Features(feature=features)).SerializeToString()


def _examples(source: Any, rows: NDArray[np.int64]) -> Iterator[Any]:
    if not isinstance(source, Source):
        yield from (source[row] for row in rows)
        return
    for start in range(0, len(rows), 64):  # a stored array is slow to give one row
        yield from source.gather(rows[start : start + 64])


def _rows_by_class(labels: NDArray[Any], most: int) -> list[NDArray[np.int64]]:
    """The rows of each shard, class by class."""
    if labels.dtype.kind == "u" and labels.max() > np.iinfo(np.int64).max:
        raise ValueError(f"`y` must fit 64-bit integers with a sign. Received: {labels.max()}")
    order = np.argsort(labels, kind="stable")
    ends = np.append(
        np.flatnonzero(np.diff(np.unique(labels, return_inverse=True)[1][order])) + 1, len(order)
    )
    parts, start = [], 0
    for end in ends.tolist():
        if end - start >= most or end == len(order):
            parts.append(order[start:end])
            start = end
    return parts
