"""Labels of several collections, of any kind, as one set of classes with numbers and names."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from simnb.widgets.cards import LONGEST
from simnb.widgets.columns import label_column

NONE = -1  # the code of no label


class Classes:
    """Numbers for classes, in the order in which they are met, and names to show.

    Parameters
    ----------
    class_names : mapping or sequence, optional
        From labels to names.

    Examples
    --------
    >>> classes = Classes({7: "cat"})
    >>> classes.codes([7, None, 9]), classes.codes([9])
    (array([ 0, -1,  1]), array([1]))
    >>> classes.name(0), classes.name(1), classes.name(-1)
    ('cat', '9', None)
    """

    def __init__(self, class_names: Mapping[Any, str] | Sequence[str] | None = None) -> None:
        label_column([0], 1, class_names)  # which refuses what names nothing
        self._class_names = class_names
        self._codes: dict[Any, int] = {}
        self._values: list[Any] = []
        self._names: dict[int, str] = {}

    def codes(self, labels: Any) -> NDArray[np.int64]:
        """Return the number of each label's class, int64 [n]; -1 for None and NaN.

        Raises
        ------
        ValueError
            A label cannot be compared, such as a list.
        """
        series = labels if hasattr(labels, "dtype") else pd.Series(list(labels), dtype=object)
        try:
            places, found = pd.factorize(series)
            known = [self._code(value) for value in found]
        except TypeError as error:
            raise ValueError(
                f"`labels` must be integers or strings, or None. Received: {error}"
            ) from error
        return np.asarray(np.array([*known, NONE], np.int64)[places])

    def value(self, code: int) -> Any:
        """Return the label of a class as it was given; None for no label."""
        return None if code == NONE else self._values[code]

    def name(self, code: int) -> str | None:
        """Return what to call a class; None for no label."""
        if code == NONE:
            return None
        if code not in self._names:
            column = label_column([self._values[code]], 1, self._class_names)
            self._names[code] = column.text(0)[:LONGEST]
        return self._names[code]

    def _code(self, value: Any) -> int:
        plain = value.item() if isinstance(value, np.generic) else value
        if plain not in self._codes:
            self._codes[plain] = len(self._values)
            self._values.append(plain)
        return self._codes[plain]
