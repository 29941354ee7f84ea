"""The first line of every lesson: Keras imported, chance fixed, training shortened for tests."""

from __future__ import annotations

import os
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

import simnb

# What a test trains; the checks of a lesson hold with it as well.
_FAST_STEPS = 60


def begin(seed: int = 1) -> None:
    """Import Keras without its start-up messages, set every seed, print the versions.

    With `SIMNB_FAST=1` in the environment, as our tests have it, an epoch ends after
    60 steps (Keras 3.10 or later).
    """
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    with _silent_stderr():
        import keras
    keras.utils.set_random_seed(seed)
    print(f"simnb {simnb.__version__}, Keras {keras.__version__} on {keras.backend.backend()}")
    if os.environ.get("SIMNB_FAST") == "1" and hasattr(keras.config, "set_max_steps_per_epoch"):
        keras.config.set_max_steps_per_epoch(_FAST_STEPS)
        warnings.filterwarnings("ignore", "Limiting steps_per_epoch")
        # Keras counts one execution of several steps too many when it limits them.
        warnings.filterwarnings("ignore", "Your input ran out of data")
        print(f"SIMNB_FAST=1: an epoch ends after {_FAST_STEPS} steps.")


@contextmanager
def _silent_stderr() -> Iterator[None]:
    """Send file descriptor 2 nowhere: TensorFlow's C++ writes there before it reads any setting."""
    kept, nowhere = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, 2)
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(nowhere)
