"""One function on every entry of a batch, on all cores at once."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simnb import check
from simnb.samplers.examples import Examples, Source


@functools.cache  # reading what to install takes longer than a batch's other work
def tensorflow() -> Any:
    """TensorFlow, or an error that says what to install."""
    return check.package("tensorflow", check.requirement("cpu"))


def mapped(function: Callable[[Any], Any]) -> Callable[[Any], NDArray[Any]]:
    """Return a compiled function that maps the entries of a tensor through tf.data and stacks the results.

    Parameters
    ----------
    function : callable
        Of TensorFlow operations, from an entry to a tensor. It runs in a graph, on many
        entries at once.

    Returns
    -------
    callable
        From a tensor or array [n, ...] of at least one entry to the results, an array [n, ...].
    """
    tf = tensorflow()

    @tf.function(reduce_retracing=True)
    def run(entries: Any) -> Any:
        data = tf.data.Dataset.from_tensor_slices(entries)
        # More calls than cores: a thread that is done finds the next one waiting for it.
        data = data.map(function, num_parallel_calls=64, deterministic=True)
        return data.batch(tf.shape(entries, tf.int64)[0]).get_single_element()

    # The array lies in the tensor's memory, which nothing else holds.
    return lambda entries: run(tf.convert_to_tensor(entries)).__array__()


class Mapped(Source):
    """The examples that a function of TensorFlow operations makes of entries, when they are asked for.

    Parameters
    ----------
    entries : array [n, ...], list of n or Source
    function : callable
        From an entry to a tensor, all of one shape.
    name : str
        The caller's argument that `function` is of.
    said : callable
        From a row and its entry to what an error calls it.
    """

    uses_tensorflow = True

    def __init__(
        self,
        entries: Any,
        function: Callable[[Any], Any],
        name: str,
        said: Callable[[int, Any], str],
    ) -> None:
        self._entries = entries
        self._gather = Examples(entries, np.empty(0, dtype=np.int64)).gather
        self._map = mapped(function)
        self._name = name
        self._said = said

    def __len__(self) -> int:
        return len(self._entries)

    def gather(self, rows: NDArray[np.int64]) -> NDArray[Any]:
        """Return the examples at these rows, made in parallel."""
        tf = tensorflow()
        entries = self._gather(rows)
        try:
            return self._map(entries)
        except tf.errors.OpError as error:
            if "different shapes" in error.message:
                raise ValueError(
                    f"Examples of one batch must have one shape; `{self._name}` can see to it. "
                    f"Received: {reason(error)}"
                ) from error
            for place, row in enumerate(rows.tolist()):
                self._try(entries[place : place + 1], row)
            raise

    def _try(self, entry: Any, row: int) -> None:
        tf = tensorflow()
        try:
            self._map(entry)
        except tf.errors.OpError as error:
            raise ValueError(
                f"`{self._name}` must make a whole example of each entry. "
                f"Received: {self._said(row, entry[0])}: {reason(error)}"
            ) from error


def check_label_type(tf: Any, name: str, dtype: Any) -> None:
    """Refuse labels of a type that none can have, before any is read."""
    if not (dtype.is_integer or dtype in (tf.bool, tf.string)):
        raise ValueError(
            f"`{name}` must give labels that are integers or strings. Received: {dtype.name}; "
            "of whole numbers, `tf.cast` makes integers"
        )


def reason(error: Any) -> str:
    """Return what an error of tf.data says, without where in the graph it was."""
    before_nodes: str = error.message.split("\n\t [[")[0]
    return re.split(r"Iterator::[\w:]+: |\{\{.*?\}\} |\n\n", before_nodes)[-1]
