"""Traits of numbers: many, as raw bytes `{"view", "dtype", "shape"}`, and a single one.

A plain `Bytes` trait silently loses what JavaScript sends, and JSON numbers would be several
times the size.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import traitlets
from numpy.typing import NDArray

from simnb import check

_DTYPES = frozenset({"uint8", "uint16", "uint32", "int32", "float32", "float64"})


def encode(array: NDArray[Any]) -> dict[str, Any]:
    """Return an array as ipywidgets sends it: its bytes apart from the JSON."""
    little = np.ascontiguousarray(array, array.dtype.newbyteorder("<"))
    return {
        "view": little.reshape(-1).view(np.uint8).data,
        "dtype": array.dtype.name,
        "shape": list(array.shape),
    }


def decode(value: Any) -> NDArray[Any]:
    """Return the array of what JavaScript sent.

    Raises
    ------
    ValueError
        It is no array of a dtype that is sent, or bytes and shape disagree.
    """
    if not isinstance(value, dict) or value.get("dtype") not in _DTYPES or "view" not in value:
        raise ValueError(f"an array must come as {{view, dtype, shape}}. Received: {value!r:.80}")
    little = np.dtype(value["dtype"]).newbyteorder("<")
    array: NDArray[Any] = np.frombuffer(value["view"], little).reshape(value["shape"])
    return array


class RefusedError(traitlets.TraitError, ValueError):
    """A trait was given what it cannot be; traitlets takes all that was set with it back."""


@contextmanager
def refusing() -> Iterator[None]:
    """Refuse a trait's value where a check of it raises."""
    try:
        yield
    except (TypeError, ValueError) as error:
        raise RefusedError(str(error)) from error


class Array(traitlets.TraitType):  # type: ignore[type-arg]
    """A NumPy array, or None, that only Python sets."""

    info_text = "a NumPy array"

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(None, allow_none=True, **kwargs)
        self.tag(sync=True, to_json=_to_json, from_json=_refuse)

    def validate(self, owner: Any, value: Any) -> Any:
        """Return the array, if it is one of a number type that is sent."""
        if not isinstance(value, np.ndarray) or value.dtype.name not in _DTYPES:
            self.error(owner, value)
        return value


class Rows(traitlets.TraitType):  # type: ignore[type-arg]
    """Row numbers: a sorted list of ints without repeats, each below the owner's `count`.

    A list, since lists compare as a whole, which `observe` and `link` rely on, and since
    `array[list]` picks rows where `array[tuple]` would not.
    """

    info_text = "row numbers"

    def __init__(self, **kwargs: Any) -> None:
        super().__init__([], **kwargs)
        self.tag(sync=True, to_json=_rows_to_json, from_json=_rows_from_json)

    def validate(self, owner: Any, value: Any) -> list[int]:
        """Return row numbers or a mask as a sorted list, or raise."""
        with refusing():
            rows = check.rows(self.name or "rows", value, owner.count)
        found: list[int] = np.unique(rows).tolist()
        return found


class Number(traitlets.TraitType):  # type: ignore[type-arg]
    """A number, as one of Python's: those of traitlets take none of NumPy's, or else texts too.

    Parameters
    ----------
    default : float or None, default 0.0
    checked : callable, default `check.finite`
        From name and value to a number, or an error, as those of `simnb.check`.
    **kwargs
        Of `traitlets.TraitType`, such as `allow_none`.
    """

    info_text = "a number"

    def __init__(
        self,
        default: float | None = 0.0,
        checked: Callable[[str, Any], float] = check.finite,
        **kwargs: Any,
    ) -> None:
        super().__init__(default, **kwargs)
        self._checked = checked
        self.tag(sync=True)

    def validate(self, owner: Any, value: Any) -> float:
        """Return the number as Python's, or raise."""
        with refusing():
            return self._checked(self.name or "number", value)


def _to_json(value: Any, owner: Any) -> Any:
    return None if value is None else encode(value)


def _refuse(value: Any, owner: Any) -> Any:
    raise RefusedError("this array is set by Python alone")


def _rows_to_json(value: list[int], owner: Any) -> dict[str, Any]:
    return encode(np.asarray(value, np.uint32))


def _rows_from_json(value: Any, owner: Any) -> NDArray[Any]:
    with refusing():
        return decode(value)
