"""From the labels of a batch to its pairs, for losses and training metrics."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops


def label_vector(y_true: Any) -> Any:
    """`y_true`, integers [n] or [n, 1], as a tensor [n] of its own dtype."""
    labels = ops.convert_to_tensor(y_true)
    kind = keras.backend.standardize_dtype(labels.dtype)
    if len(labels.shape) == 2 and labels.shape[1] == 1:
        labels = ops.squeeze(labels, axis=1)
    if len(labels.shape) != 1 or not ("int" in kind or kind == "bool"):
        raise ValueError(
            "`y_true` must be integer labels of shape [n] or [n, 1]. "
            f"Received: dtype {kind}, shape {tuple(labels.shape)}"
        )
    return labels


def equal(labels: Any) -> Any:
    """Whether two rows have the same label, bool [n, n]."""
    return ops.equal(ops.expand_dims(labels, 1), ops.expand_dims(labels, 0))


def masks(labels: Any) -> tuple[Any, Any]:
    """Which rows are positives and which negatives of each anchor, bool [n, n] both."""
    same = equal(labels)
    count = ops.shape(labels)[0]
    others = ops.not_equal(
        ops.expand_dims(ops.arange(count), 1), ops.expand_dims(ops.arange(count), 0)
    )
    return ops.logical_and(same, others), ops.logical_not(same)
