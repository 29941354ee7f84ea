"""Layers that similarity models end in, for any Keras backend."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

from simnb import check

__all__ = ["GeneralizedMeanPooling1D", "GeneralizedMeanPooling2D", "MetricEmbedding"]


@keras.saving.register_keras_serializable("simnb")
class MetricEmbedding(keras.layers.Dense):
    """A dense layer whose outputs are scaled to unit length (L2, last axis).

    Takes the arguments of `keras.layers.Dense`. The length is computed in float32
    also under mixed precision; a row of zeros stays zeros.

    Examples
    --------
    >>> import numpy as np
    >>> embedding = MetricEmbedding(4)(np.ones((2, 8), "float32"))
    >>> np.linalg.norm(keras.ops.convert_to_numpy(embedding), axis=1).round(4).tolist()
    [1.0, 1.0]
    """

    def call(self, inputs: Any, *args: Any, **kwargs: Any) -> Any:
        """Return unit vectors, [..., units]."""
        outputs = super().call(inputs, *args, **kwargs)
        wide = (
            ops.cast(outputs, "float32")
            if self.compute_dtype in ("float16", "bfloat16")
            else outputs
        )
        squared = ops.sum(ops.square(wide), axis=-1, keepdims=True)
        unit = wide / ops.sqrt(ops.where(squared > 0, squared, 1.0))
        return ops.cast(unit, outputs.dtype)


class _GeneralizedMeanPooling(keras.layers.Layer):
    """The mean of x^p over positions, to the power 1/p, channel by channel."""

    _rank: int

    def __init__(
        self,
        p: float = 3.0,
        data_format: str | None = None,
        keepdims: bool = False,
        trainable_p: bool = False,
        epsilon: float = 1e-6,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.p = float(p)
        if self.p != self.p:
            raise ValueError(f"`p` must be a number. Received: p={p!r}")
        if trainable_p and (self.p == 0 or abs(self.p) == float("inf")):
            raise ValueError(f"`p` must be finite and not 0 to be trained. Received: p={p!r}")
        self.data_format = check.one_of(
            "data_format",
            data_format or keras.config.image_data_format(),
            ("channels_last", "channels_first"),
        )
        self.keepdims = keepdims
        self.trainable_p = trainable_p
        self.epsilon = check.positive("epsilon", epsilon)

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        """Make the weight that p is, when it is trained."""
        if len(input_shape) != self._rank + 2:
            raise ValueError(
                f"{type(self).__name__} pools inputs of rank {self._rank + 2}. Received: shape {tuple(input_shape)}"
            )
        if self.trainable_p:
            initial = keras.initializers.Constant(self.p)
            self.exponent = self.add_weight(name="p", shape=(), initializer=initial)

    def call(self, inputs: Any) -> Any:
        """Pool the positions of `[batch, …, channels]` away."""
        first = 1 if self.data_format == "channels_last" else 2
        axes = tuple(range(first, first + self._rank))
        x = ops.cast(inputs, "float32") if self.compute_dtype in ("float16", "bfloat16") else inputs
        pooled = self._mean(x, axes)
        return ops.cast(pooled, inputs.dtype)

    def _mean(self, x: Any, axes: tuple[int, ...]) -> Any:
        if self.p == float("inf"):
            return ops.max(x, axis=axes, keepdims=self.keepdims)
        if self.p == -float("inf"):
            return ops.min(x, axis=axes, keepdims=self.keepdims)
        logarithm = ops.log(ops.maximum(x, self.epsilon))
        if self.p == 0 and not self.trainable_p:
            return ops.exp(ops.mean(logarithm, axis=axes, keepdims=self.keepdims))
        p = ops.cast(self.exponent, x.dtype) if self.trainable_p else self.p
        # Relative to the largest term: x^p itself leaves float32 for large p.
        scaled = p * logarithm
        top = ops.max(scaled, axis=axes, keepdims=True)
        mean = ops.mean(ops.exp(scaled - top), axis=axes, keepdims=True)
        pooled = ops.exp((top + ops.log(mean)) / p)
        return pooled if self.keepdims else ops.squeeze(pooled, axis=axes)

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        """Shape of what `call` returns."""
        positions = (1,) * self._rank if self.keepdims else ()
        if self.data_format == "channels_last":
            return (input_shape[0], *positions, input_shape[-1])
        return (input_shape[0], input_shape[1], *positions)

    def get_config(self) -> dict[str, Any]:
        """Return the constructor's arguments."""
        return {
            **super().get_config(),
            "p": self.p,
            "data_format": self.data_format,
            "keepdims": self.keepdims,
            "trainable_p": self.trainable_p,
            "epsilon": self.epsilon,
        }


@keras.saving.register_keras_serializable("simnb")
class GeneralizedMeanPooling1D(_GeneralizedMeanPooling):
    """GeM pooling (Radenović et al. 2018, eq. 3) over one axis of positions.

    (mean of max(x, epsilon)^p)^(1/p), per channel: p = 1 is the average, larger p
    weighs the strongest responses more.

    Parameters
    ----------
    p : float, default 3.0
        inf is the maximum, -inf the minimum, 0 the geometric mean.
    data_format : {"channels_last", "channels_first"}, optional
        Default: Keras's image data format.
    keepdims : bool, default False
    trainable_p : bool, default False
        Learn p, starting from `p`.
    epsilon : float, default 1e-6
        Smaller inputs count as this; a power needs positive ones. Not used by
        p = inf and -inf.

    Examples
    --------
    >>> import numpy as np
    >>> x = np.array([[[1.0], [2.0], [3.0]]], "float32")
    >>> round(float(GeneralizedMeanPooling1D(p=1, data_format="channels_last")(x)[0, 0]), 4)
    2.0
    """

    _rank = 1


@keras.saving.register_keras_serializable("simnb")
class GeneralizedMeanPooling2D(_GeneralizedMeanPooling):
    """GeM pooling (Radenović et al. 2018, eq. 3) over the two axes of an image.

    (mean of max(x, epsilon)^p)^(1/p), per channel: p = 1 is the average, larger p
    weighs the strongest responses more. Parameters: as `GeneralizedMeanPooling1D`.

    Examples
    --------
    >>> import numpy as np
    >>> x = np.array([[[[1.0], [2.0]], [[3.0], [4.0]]]], "float32")
    >>> float(GeneralizedMeanPooling2D(p=float("inf"), data_format="channels_last")(x)[0, 0])
    4.0
    """

    _rank = 2
