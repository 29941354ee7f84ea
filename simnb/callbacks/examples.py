"""Queries and targets that a callback reads again at every evaluation."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import keras
from numpy.typing import NDArray

from simnb import check
from simnb.models.embedding import batches, is_endless, yields_batches
from simnb.models.index_methods import IndexMethods
from simnb.samplers import Sampler
from simnb.samplers.sampler import EpochBatches


@dataclass(frozen=True)
class Examples:
    """Queries or targets, with their labels where those do not come with the batches."""

    name: str
    x: Any
    label_name: str
    labels: NDArray[Any] | None

    def check_with(self, model: keras.Model) -> None:
        """Refuse arrays that the model does not take, or with another number of labels."""
        if not yields_batches(self.x):
            with errors_naming(self.name):
                _, size = batches(model, self.x, batch_size=1)
            check.labels(self.label_name, self.labels, size)

    def labelled(self, came: NDArray[Any] | None, count: int) -> NDArray[Any]:
        """The labels of `count` examples, of which `came` have come with the batches."""
        if self.labels is None and came is None:
            raise ValueError(
                f"`{self.label_name}` must be given: no labels come with the batches of `{self.name}`. "
                f"Received: {self.label_name}=None"
            )
        return check.labels(self.label_name, came if self.labels is None else self.labels, count)


def examples_of(name: str, x: Any, label_name: str, labels: Any) -> Examples:
    """Return examples that can be read again, with their labels checked, or raise."""
    batched = yields_batches(x)
    x = readable(name, x)
    if not batched or labels is not None:
        # Whether a list is one array or several inputs, the model will tell.
        first = next(iter(x.values())) if isinstance(x, Mapping) else x
        labels = check.labels(label_name, labels, len(first) if hasattr(first, "shape") else None)
    return Examples(name, x, label_name, labels)


def readable(name: str, x: Any) -> Any:
    """Return examples that can be read again, a sampler as its first epoch, or raise."""
    arrays = isinstance(x, (Mapping, list, tuple)) or hasattr(x, "shape")
    if not (yields_batches(x) or arrays) or isinstance(x, Iterator):
        raise ValueError(
            f"`{name}` must be arrays, or batches that can be read again at every evaluation. "
            f"Received: {name} of type {type(x).__name__}"
        )
    if is_endless(x):
        raise ValueError(
            f"`{name}` must end. Received: a dataset that repeats for ever; use `dataset.take(n)`"
        )
    return EpochBatches(x, len(x)) if isinstance(x, Sampler) else x


def check_output(model: keras.Model) -> None:
    """Refuse a model whose output is not one embedding."""
    if isinstance(model, IndexMethods):
        return  # `embed` knows which of its outputs it is
    shapes = [tuple(output.shape) for output in getattr(model, "outputs", None) or ()]
    if len(shapes) != 1 or len(shapes[0]) != 2:
        raise ValueError(
            "`model` must be a SimilarityModel, or a functional model of one output, the embedding [n, d]. "
            f"Received: {type(model).__name__} with outputs of shapes {shapes}"
        )


@contextmanager
def errors_naming(argument: str) -> Iterator[None]:
    """Tell which argument an error is about: below it is `x`."""
    try:
        yield
    except ValueError as error:
        raise ValueError(f"`{argument}`: {error}") from error
