"""TFRecord files as a source of examples: each record read from its place."""

from __future__ import annotations

import mmap
import os
import struct
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simnb.samplers.examples import Source
from simnb.samplers.parallel import Mapped, check_label_type, reason, tensorflow


def deserializer(record: bytes) -> Callable[[Any], tuple[Any, Any]]:
    """Return the function that reads records like this one, of `serialize`; bytes as an RGB image.

    Raises
    ------
    ValueError
        The record is of another form.
    """
    tf = tensorflow()
    try:
        features = dict(tf.train.Example.FromString(record).features.feature)
    except Exception as error:  # of protobuf, whose errors differ between versions
        raise ValueError("no tf.train.Example") from error
    if not {"x", "y"} <= set(features):
        raise ValueError(f"a tf.train.Example with the features {sorted(features)}")
    label = tf.string if features["y"].bytes_list.value else tf.int64
    schema = {"x": tf.io.FixedLenFeature([], tf.string), "y": tf.io.FixedLenFeature([], label)}
    tensor = "dtype" in features
    dtype = _dtype(tf, features["dtype"]) if tensor else None

    def read(serialized: Any) -> tuple[Any, Any]:
        found = tf.io.parse_single_example(serialized, schema)
        if tensor:
            return tf.io.parse_tensor(found["x"], dtype), found["y"]
        image = tf.io.decode_image(found["x"], channels=3, expand_animations=False)
        return image, found["y"]

    return read


class Records(Mapped):
    """The examples in TFRecord files, each read from its place when it is asked for.

    All records are read once, to check them and for their labels.

    Parameters
    ----------
    shards : sequence of paths
    deserialization_fn : callable, optional
        Of TensorFlow operations, from a record to an example and its label. Default: that
        of `write_tfrecords`.

    Attributes
    ----------
    labels : array [n]

    Raises
    ------
    ValueError
        A file that is not TFRecords, cut short, damaged or empty, or of another schema, by name.
    """

    def __init__(
        self,
        shards: Sequence[str],
        deserialization_fn: Callable[[Any], tuple[Any, Any]] | None = None,
    ) -> None:
        records = Serialized(shards)
        read = deserialization_fn or _default(records)
        self.labels = _labels(records.shards, read)
        super().__init__(
            records, lambda record: read(record)[0], "deserialization_fn", records.said
        )


class Serialized(Source):
    """The bytes of the records in TFRecord files.

    Parameters
    ----------
    shards : sequence of paths
    """

    def __init__(self, shards: Sequence[str]) -> None:
        self.shards = list(shards)
        places = [_places(path) for path in self.shards]
        self._states = [_state(os.stat(path)) for path in self.shards]
        counts = [len(part) for part in places]
        self._places = np.concatenate(places)
        self._shard = np.repeat(np.arange(len(counts)), counts)
        self._number = np.concatenate([np.arange(count) for count in counts])

    def __len__(self) -> int:
        return len(self._places)

    def said(self, row: int, record: Any) -> str:
        """Return where a record is."""
        return f"record {self._number[row]} of {self.shards[self._shard[row]]}"

    def gather(self, rows: NDArray[np.int64]) -> NDArray[Any]:
        """Return the records at these rows, in an array of objects; each file is opened once."""
        records = np.empty(len(rows), dtype=object)
        order = np.argsort(rows, kind="stable")  # a disk reads ahead
        for shard in np.unique(self._shard[rows]):
            with open(self.shards[shard], "rb", buffering=0) as file:
                if _state(os.fstat(file.fileno())) != self._states[shard]:
                    raise ValueError(
                        f"{self.shards[shard]} has changed since it was read for its labels: "
                        "make a new sampler."
                    )
                for place in order[self._shard[rows[order]] == shard]:
                    start, length = self._places[rows[place]].tolist()
                    file.seek(start)
                    records[place] = file.read(length)
        return records


def _labels(shards: list[str], read: Callable[[Any], tuple[Any, Any]]) -> NDArray[Any]:
    tf = tensorflow()
    _check_form(tf, tf.data.TFRecordDataset(shards).map(read).element_spec)

    def labels_in(paths: Any) -> list[NDArray[Any]]:
        data = tf.data.TFRecordDataset(paths)
        # What makes the examples is not needed for the labels, and does not run.
        data = data.map(lambda record: read(record)[1], num_parallel_calls=os.cpu_count())
        return list(data.batch(4096).as_numpy_iterator())

    try:
        labels = np.concatenate(labels_in(shards))
    except tf.errors.OpError:
        for path in shards:
            try:
                labels_in(path)
            except tf.errors.OpError as error:
                raise ValueError(
                    "Every record must be whole and of the schema that `deserialization_fn` reads. "
                    f"Received: {path}: {reason(error)}"
                ) from error
        raise
    return np.array([y.decode() for y in labels]) if labels.dtype == object else labels


def _default(records: Serialized) -> Callable[[Any], tuple[Any, Any]]:
    try:
        return deserializer(records.gather(np.array([0]))[0])
    except ValueError as error:
        raise ValueError(
            "`deserialization_fn` must be given for records that `write_tfrecords` has not written. "
            f"Received: {records.shards[0]}: {error}"
        ) from error


def _dtype(tf: Any, feature: Any) -> Any:
    name = b"".join(feature.bytes_list.value).decode(errors="replace")
    try:
        return tf.as_dtype(name)
    except TypeError as error:
        raise ValueError(f"a tf.train.Example with the dtype {name!r}") from error


def _places(path: str) -> NDArray[np.int64]:
    """Start and length of the content of each record in a file, int64 [n, 2]."""
    size = os.path.getsize(path)
    found = []
    if size:
        with (
            open(path, "rb") as file,
            mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content,
        ):
            start = 0
            while start < size:
                # Length, its checksum, the content, its checksum: 8, 4, length and 4 bytes.
                length = struct.unpack_from("<Q", content, start)[0] if start + 12 <= size else size
                if start + length + 16 > size:
                    break
                found.append((start + 12, length))
                start += length + 16
            else:
                return np.array(found, dtype=np.int64)
    said = f"whole records up to byte {start} of {size}" if size else "an empty file"
    raise ValueError(f"Every shard must be an uncompressed TFRecord file. Received: {path}: {said}")


def _state(stat: os.stat_result) -> tuple[int, int]:
    return stat.st_size, stat.st_mtime_ns


def _check_form(tf: Any, spec: Any) -> None:
    pair = isinstance(spec, tuple) and len(spec) == 2
    if (
        not pair
        or not all(isinstance(part, tf.TensorSpec) for part in spec)
        or spec[1].shape.rank not in (None, 0)
    ):
        raise ValueError(
            f"`deserialization_fn` must return an example, one tensor, and one label. Received: {spec}"
        )
    check_label_type(tf, "deserialization_fn", spec[1].dtype)
