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
from simnb.samplers.parallel import mapped, tensorflow


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
    dtype = features["dtype"].bytes_list.value[0].decode() if tensor else None

    def read(serialized: Any) -> tuple[Any, Any]:
        found = tf.io.parse_single_example(serialized, schema)
        if tensor:
            return tf.io.parse_tensor(found["x"], dtype), found["y"]
        image = tf.io.decode_image(found["x"], channels=3, expand_animations=False)
        return image, found["y"]

    return read


class Records(Source):
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
        self._shards = list(shards)
        places = [_places(path) for path in self._shards]
        self._states = [_state(os.stat(path)) for path in self._shards]
        counts = [len(part) for part in places]
        self._places = np.concatenate(places)
        self._shard = np.repeat(np.arange(len(counts)), counts)
        self._number = np.concatenate([np.arange(count) for count in counts])
        read = deserialization_fn or self._default()
        self.labels = self._read_labels(read)
        self._map = mapped(lambda record: read(record)[0])

    def __len__(self) -> int:
        return len(self._places)

    def gather(self, rows: NDArray[np.int64]) -> NDArray[Any]:
        """Return the examples at these rows, deserialized in parallel."""
        tf = tensorflow()
        records = self._read(rows)
        try:
            return self._map(records)
        except tf.errors.OpError as error:
            for place, row in enumerate(rows):
                self._try(records[place : place + 1], row)
            raise ValueError(
                f"Examples of one batch must have one shape; `deserialization_fn` can see to it. "
                f"Received: {error.message}"
            ) from error

    def _read(self, rows: NDArray[np.int64]) -> NDArray[Any]:
        """The bytes of records, in an array of objects; each file is opened once."""
        records = np.empty(len(rows), dtype=object)
        order = np.argsort(rows, kind="stable")  # a disk reads ahead
        for shard in np.unique(self._shard[rows]):
            with open(self._shards[shard], "rb", buffering=0) as file:
                if _state(os.fstat(file.fileno())) != self._states[shard]:
                    raise ValueError(
                        f"{self._shards[shard]} has changed since it was read for its labels: "
                        "make a new sampler."
                    )
                for place in order[self._shard[rows[order]] == shard]:
                    start, length = self._places[rows[place]].tolist()
                    file.seek(start)
                    records[place] = file.read(length)
        return records

    def _read_labels(self, read: Callable[[Any], tuple[Any, Any]]) -> NDArray[Any]:
        tf = tensorflow()
        _check_form(tf, tf.data.TFRecordDataset(self._shards).map(read).element_spec)

        def labels_in(paths: Any) -> list[NDArray[Any]]:
            data = tf.data.TFRecordDataset(paths)
            # What makes the examples is not needed for the labels, and does not run.
            data = data.map(lambda record: read(record)[1], num_parallel_calls=os.cpu_count())
            return list(data.batch(4096).as_numpy_iterator())

        try:
            labels = np.concatenate(labels_in(self._shards))
        except tf.errors.OpError:
            for path in self._shards:
                try:
                    labels_in(path)
                except tf.errors.OpError as error:
                    raise ValueError(
                        "Every record must be whole and of the schema that `deserialization_fn` reads. "
                        f"Received: {path}: {error.message}"
                    ) from error
            raise
        return np.array([y.decode() for y in labels]) if labels.dtype == object else labels

    def _default(self) -> Callable[[Any], tuple[Any, Any]]:
        try:
            return deserializer(self._read(np.array([0]))[0])
        except ValueError as error:
            raise ValueError(
                "`deserialization_fn` must be given for records that `write_tfrecords` has not written. "
                f"Received: {self._shards[0]}: {error}"
            ) from error

    def _try(self, record: NDArray[Any], row: int) -> None:
        tf = tensorflow()
        try:
            self._map(record)
        except tf.errors.OpError as error:
            path, number = self._shards[self._shard[row]], self._number[row]
            raise ValueError(
                f"Every record must be a whole example. Received: record {number} of {path}: {error.message}"
            ) from error


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
