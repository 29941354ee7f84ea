"""What a loss does to each point and each pair of a batch: its value, taken apart."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
from keras import ops
from numpy.typing import NDArray

from simnb import check
from simnb.losses import pairs
from simnb.losses.metric_loss import MetricLoss

__all__ = ["Explanation", "explain"]


@dataclass(frozen=True, eq=False)
class Explanation:
    """A loss of one batch, taken apart; all arrays are float64 unless told.

    Attributes
    ----------
    value : float
        What the loss gives.
    anchors : array [n]
        The value of each row as an anchor, 0 for one that does not count.
    counted : bool array [n]
        Which anchors count: those with a positive and a negative.
    gradient : array [n, d]
        ∂value/∂point. Training moves the points against it.
    pairs : array [n, n]
        ∂value/∂distance(i, j), of anchor i to row j: what is above 0 is pulled together,
        what is below 0 is pushed apart, and 0 takes no part.
    note : str
        Why no anchor counts; empty where one does.
    """

    value: float
    anchors: NDArray[np.float64]
    counted: NDArray[np.bool_]
    gradient: NDArray[np.float64]
    pairs: NDArray[np.float64]
    note: str


def explain(loss: MetricLoss, labels: Any, points: Any) -> Explanation:
    """Return what a loss makes of a batch: value, gradient, and which pairs it pulls or pushes.

    The pairs are found by differentiating `anchor_losses` with respect to the distances, so
    that a loss of your own is explained too. What it sets on itself meanwhile is set on a copy.

    Parameters
    ----------
    loss : MetricLoss
        With `reduction=None` the mean over the anchors that count is explained.
    labels : sequence of n
        Integers or strings.
    points : array [n, d]
        Embeddings; computed in the loss's dtype.

    Returns
    -------
    Explanation

    Raises
    ------
    ValueError
        Labels and points do not agree, or Keras runs on a backend without gradients.

    Examples
    --------
    >>> from simnb.losses import TripletLoss
    >>> loss = TripletLoss("euclidean", margin=1.0, reduction="sum")
    >>> found = explain(loss, ["a", "a", "b"], [[0.0, 0.0], [1.0, 0.0], [1.5, 0.0]])
    >>> found.value
    2.0
    >>> found.pairs
    array([[ 0.,  1., -1.],
           [ 1.,  0., -1.],
           [ 0.,  0.,  0.]])
    >>> found.gradient[:, 0]
    array([-1.,  3., -2.])
    """
    if not isinstance(loss, MetricLoss):
        raise ValueError(f"`loss` must be a MetricLoss. Received: loss={loss!r}")
    rows = check.matrix("points", points)
    if not len(rows):
        raise ValueError("`points` must have at least one row. Received: shape (0, …)")
    codes = np.unique(check.labels("labels", labels, len(rows)), return_inverse=True)[1]
    codes = codes.astype("int32")
    counted = _to_numpy(loss.valid_anchors(*pairs.masks(ops.convert_to_tensor(codes)))) > 0

    def value_of(rows: Any, offset: Any) -> tuple[Any, Any]:
        twin, seen = _twin(loss, offset)
        value = twin(codes, rows)
        if len(value.shape):
            value = ops.sum(value) / max(1, int(counted.sum()))
        # A loss that looks at no distance has a gradient too: 0.
        return value + 0.0 * (ops.sum(offset) + ops.sum(rows)), seen[-1]

    start = ops.convert_to_tensor(rows, loss.dtype)
    offset = ops.zeros((len(rows), len(rows)), loss.dtype)
    value, anchors, gradients = _differentiated(value_of, start, offset)
    gradient, own_pairs = map(_to_numpy, gradients)
    return Explanation(
        float(_to_numpy(value)),
        _to_numpy(anchors),
        counted,
        gradient,
        own_pairs,
        "" if counted.any() else _why_none(codes),
    )


def _twin(loss: MetricLoss, offset: Any) -> tuple[MetricLoss, list[Any]]:
    """A loss of the same state that adds `offset` to its distances, and keeps its anchors' values.

    The derivative by the offset, where it is 0, is that by the distances, whatever `call` and
    the reduction make of them.
    """
    twin: MetricLoss = object.__new__(type(loss))  # Keras's own copy would write an archive
    twin.__dict__.update(vars(loss))
    own_anchor_losses, own_call = twin.anchor_losses, twin.call
    seen: list[Any] = []

    def anchor_losses(distances: Any, positives: Any, negatives: Any) -> Any:
        return own_anchor_losses(
            distances + ops.cast(offset, distances.dtype), positives, negatives
        )

    def call(y_true: Any, y_pred: Any) -> Any:
        seen.append(own_call(y_true, y_pred))
        return seen[-1]

    twin.__dict__.update(anchor_losses=anchor_losses, call=call)
    return twin, seen


def _differentiated(
    function: Callable[[Any, Any], tuple[Any, Any]], *arguments: Any
) -> tuple[Any, Any, Any]:
    """The two results of a function, and the gradients of the first by its arguments."""
    backend = keras.backend.backend()
    if backend == "tensorflow":
        import tensorflow as tf

        with tf.GradientTape() as tape:
            tape.watch(arguments)
            value, more = function(*arguments)
        zero = tf.UnconnectedGradients.ZERO
        return value, more, tape.gradient(value, arguments, unconnected_gradients=zero)
    if backend == "jax":
        import jax

        both = jax.value_and_grad(function, tuple(range(len(arguments))), has_aux=True)
        (value, more), gradients = both(*arguments)
        return value, more, gradients
    if backend == "torch":
        import torch

        leaves = [own.detach().requires_grad_() for own in arguments]
        value, more = function(*leaves)
        gradients = torch.autograd.grad(value, leaves, allow_unused=True, materialize_grads=True)
        return value, more, gradients
    raise ValueError(f"`explain` needs a Keras backend with gradients. Received: {backend}")


def _to_numpy(tensor: Any) -> NDArray[np.float64]:
    if keras.backend.standardize_dtype(tensor.dtype) == "bfloat16":  # which NumPy has not
        tensor = ops.cast(tensor, "float32")
    return np.asarray(ops.convert_to_numpy(tensor)).astype(np.float64)


def _why_none(codes: NDArray[Any]) -> str:
    if len(codes) < 2:
        return "no triplet: there is one point alone"
    if not codes.any():
        return "no triplet: all points are of one class, so that none has a negative"
    if len(np.unique(codes)) == len(codes):
        return "no triplet: no two points are of one class, so that none has a positive"
    return "no triplet: the loss lets no anchor count"
