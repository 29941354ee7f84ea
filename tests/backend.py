"""What the tests of the learning half need of whichever Keras backend runs them."""

import keras
import numpy as np
import pytest

NAME = keras.backend.backend()

tensorflow_only = pytest.mark.skipif(
    NAME != "tensorflow", reason=f"uses TensorFlow itself; the Keras backend is {NAME}"
)


def to_numpy(tensor):
    return np.asarray(keras.ops.convert_to_numpy(tensor))


def value_and_gradient(function, x):
    """The value of `function(x)`, a scalar, and its gradient at x, as NumPy."""
    if NAME == "tensorflow":
        import tensorflow as tf

        x = tf.convert_to_tensor(x)
        with tf.GradientTape() as tape:
            tape.watch(x)
            value = function(x)
        gradient = tape.gradient(value, x)
    elif NAME == "jax":
        import jax

        value, gradient = jax.value_and_grad(function)(jax.numpy.asarray(x))
    else:
        x = keras.ops.convert_to_tensor(x).detach().requires_grad_()
        value = function(x)
        value.backward()
        gradient = x.grad
    return float(to_numpy(value)), to_numpy(gradient)
