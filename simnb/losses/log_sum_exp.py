"""log Σ exp over part of each row, without overflow and with finite gradients."""

from __future__ import annotations

from typing import Any

from keras import ops


def log_sum_exp(values: Any, mask: Any, one: bool = False) -> Any:
    """Return log Σ exp(values) over the columns in `mask`, [n].

    Parameters
    ----------
    values : float tensor [n, n]
    mask : bool tensor [n, n]
    one : bool, default False
        Return log(1 + Σ exp(values)) instead, 0 for a row without columns. Without
        it a row must have a column; else the result is a finite, meaningless number.
    """
    # Entries outside the mask neither set the maximum nor meet exp.
    inside = ops.where(mask, values, -float("inf"))
    top = ops.max(inside, axis=1, keepdims=True)
    top = (
        ops.maximum(top, 0.0) if one else ops.where(ops.any(mask, axis=1, keepdims=True), top, 0.0)
    )
    top = ops.stop_gradient(top)
    terms = ops.where(mask, ops.exp(ops.where(mask, values - top, 0.0)), 0.0)
    total = ops.sum(terms, axis=1)
    top = ops.squeeze(top, axis=1)
    if one:
        return top + ops.log(total + ops.exp(-top))
    return top + ops.log(ops.where(ops.any(mask, axis=1), total, 1.0))
