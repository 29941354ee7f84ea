"""Scalars in a file that TensorBoard reads."""

from __future__ import annotations

import os
from typing import Any

import numpy as np

from simnb import check


class Scalars:
    """A file of scalars for TensorBoard."""

    def __init__(self, folder: str | os.PathLike[str]) -> None:
        self._tensorflow = check.package("tensorflow", check.requirement("cpu"))
        self._folder = os.path.join(os.fspath(folder), "index")
        self._writer: Any = None

    def write(self, step: int, values: dict[str, float]) -> None:
        """Add values at a step; they are on disk when this returns."""
        tf = self._tensorflow
        if self._writer is None:
            self._writer = tf.summary.create_file_writer(self._folder)
        # What tf.summary.scalar writes. That needs the package tensorboard, which
        # TensorFlow no longer brings.
        metadata = tf.compat.v1.SummaryMetadata(data_class="DATA_CLASS_SCALAR")
        metadata.plugin_data.plugin_name = "scalars"
        with self._writer.as_default(step=step):  # which flushes at its end
            for name, value in values.items():
                tf.summary.write(name, np.float32(value), metadata=metadata)

    def close(self) -> None:
        """End the file; a further `write` begins another."""
        if self._writer is not None:
            self._writer.close()
        self._writer = None
