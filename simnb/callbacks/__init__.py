"""Keras callbacks."""

from simnb.callbacks.eval_callback import EvalCallback

__all__ = ["EvalCallback"]
