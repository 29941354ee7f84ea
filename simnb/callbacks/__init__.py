"""Keras callbacks."""

from simnb.callbacks.eval_callback import EvalCallback
from simnb.callbacks.projector_callback import ProjectorCallback

__all__ = ["EvalCallback", "ProjectorCallback"]
