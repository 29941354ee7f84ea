"""Images of one size out of images of any."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from simnb import check


@functools.cache
def stretching(size: tuple[int, int]) -> Callable[[Any], Any]:
    """Return a function that stretches one image; one of that size it leaves as it is.

    For `tf.data` and single images. It smooths where it shrinks, and rounds integers.

    Parameters
    ----------
    size : (height, width)
    """
    tf = check.package("tensorflow", check.requirement("cpu"))

    def stretched(image: Any) -> Any:
        smooth = tf.image.resize(image, size, antialias=True)
        if image.dtype.is_integer:
            smooth = tf.clip_by_value(tf.round(smooth), image.dtype.min, image.dtype.max)
        return tf.cast(smooth, image.dtype)

    def fit(image: Any) -> Any:
        image = tf.convert_to_tensor(image)
        same = tf.reduce_all(tf.shape(image)[:2] == list(size))
        fitted = tf.cond(same, lambda: image, lambda: stretched(image))
        return tf.ensure_shape(fitted, (*size, image.shape[2]))

    return fit
