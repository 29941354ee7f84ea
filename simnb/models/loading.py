"""Loading a saved model with its compile state and index."""

from __future__ import annotations

import os
from typing import Any

import keras


def load_model(
    path: str | os.PathLike[str],
    custom_objects: dict[str, Any] | None = None,
    compile: bool = True,  # noqa: A002 - Keras's own name
) -> Any:
    """Load a `.keras` file: model, optimizer state, index.

    The same as `keras.models.load_model` after `import simnb.models`; nothing in the
    file is executed (Keras's `safe_mode`).

    Parameters
    ----------
    path : path of the `.keras` file
    custom_objects : dict, optional
        Your own layers and losses by name, where they are not registered with Keras.
    compile : bool, default True
        False leaves the model uncompiled.
    """
    return keras.saving.load_model(
        os.fspath(path), custom_objects=custom_objects, compile=compile, safe_mode=True
    )
