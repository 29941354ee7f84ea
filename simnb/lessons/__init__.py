"""What the lessons in `notebooks/` need: a quiet start, checks of answers, and what one leaves the next."""

from __future__ import annotations

from typing import Any

import numpy as np

from simnb.lessons.cache import keep, kept
from simnb.lessons.session import begin

__all__ = ["begin", "expect", "keep", "kept"]


def expect(name: str, value: Any, expected: Any, hint: str = "") -> None:
    """Check an answer to an exercise, and say in one line how it stands.

    An answer that is still open (`...` or None) is no error: a notebook runs to its
    end with exercises undone.

    Parameters
    ----------
    name : str
        What the answer is called in the notebook.
    value : any
        The answer.
    expected : number, array, str or any
        Numbers may differ by a thousandth, text in case and surrounding blanks.
    hint : str, optional
        Shown with a wrong answer.

    Raises
    ------
    AssertionError
        The answer is wrong; the message says in what, not what would be right.

    Examples
    --------
    >>> expect("metric", ..., "cosine")
    `metric` is still open: put your answer in place of the dots, then run both cells again.
    >>> expect("metric", "Cosine", "cosine")
    ✓ `metric` is right.
    >>> expect("right", 7, 5, hint="Count only neighbours of the query's own digit.")
    Traceback (most recent call last):
    AssertionError: `right` is 7, which is too large. Count only neighbours of the query's own digit.
    """
    if value is None or value is ...:
        print(
            f"`{name}` is still open: put your answer in place of the dots, then run both cells again."
        )
        return
    fault = _fault(value, expected)
    if fault:
        raise AssertionError(f"`{name}` {fault}. {hint}".strip())
    print(f"✓ `{name}` is right.")


def _fault(value: Any, expected: Any) -> str | None:
    """What is wrong with an answer; None if nothing is."""
    if isinstance(expected, str) and isinstance(value, str):
        same = value.strip().casefold() == expected.casefold()
        return None if same else f"is {value!r}, which is not it"
    right = np.asarray(expected)
    if right.dtype.kind not in "iuf":
        return None if np.array_equal(value, expected) else f"is {value!r}, which is not it"
    wanted = "a number" if right.ndim == 0 else f"an array of shape {right.shape}"
    try:
        found = np.asarray(value, dtype=np.float64)
    except (TypeError, ValueError):
        return f"should be {wanted}, and is of type {type(value).__name__}"
    if found.shape != right.shape:
        return f"should be {wanted}, and has shape {found.shape}"
    close = np.isclose(found, right, rtol=1e-3, atol=1e-3)
    if close.all():
        return None
    if right.ndim:
        return f"differs in {np.sum(~close)} of {close.size} places"
    if np.isnan(found):
        return "is nan, which is not a number"
    return f"is {found.item():.6g}, which is too {'large' if found > right else 'small'}"
