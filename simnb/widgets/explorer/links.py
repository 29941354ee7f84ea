"""Links between widgets of the same items, of which one may show only some."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from traitlets import dlink, link

from simnb.widgets.calibration_explorer.calibration_explorer import CalibrationExplorer
from simnb.widgets.neighbor_viewer.catalogue import rows_of_ids
from simnb.widgets.neighbor_viewer.finder import Finder
from simnb.widgets.neighbor_viewer.neighbor_viewer import NeighborViewer
from simnb.widgets.neighbor_viewer.viewed_query import MOST
from simnb.widgets.projector.projector import Projector


@dataclass(frozen=True)
class SomeRows:
    """The rows of a widget that shows some of another's, from one to the other and back.

    Parameters
    ----------
    rows : int64 [m]
        Of the other widget, ascending.

    Examples
    --------
    >>> some = SomeRows(np.array([2, 5]))
    >>> some.place(5), some.place(3), some.row(0), some.places([1, 2]), some.all_rows([0, 1])
    (1, None, 2, [0], [2, 5])
    """

    rows: NDArray[np.int64]

    def place(self, row: int | None) -> int | None:
        """Where a row of the other widget is; None if it is not there."""
        return None if row is None else next(iter(self.places([row])), None)

    def row(self, place: int | None) -> int | None:
        """Which row of the other widget it is."""
        return None if place is None else int(self.rows[place])

    def places(self, rows: list[int]) -> list[int]:
        """Where several rows are, those that are not there left out."""
        found: list[int] = np.flatnonzero(np.isin(self.rows, rows)).tolist()
        return found

    def all_rows(self, places: list[int]) -> list[int]:
        """Which rows of the other widget they are."""
        found: list[int] = self.rows[places].tolist()
        return found


class SameItems:
    """The rows of a map's items in a viewer of an index, which has others once items come or go.

    Parameters
    ----------
    finder : Finder
        Of the viewer, as long as its rows are those of the map.
    """

    def __init__(self, finder: Finder) -> None:
        self._finder, self._ids = finder, finder.catalogue.ids.copy()

    def place(self, row: int | None) -> int | None:
        """Where a row of the map is in the viewer; None if it is not there."""
        return None if row is None else next(iter(self.places([row])), None)

    def row(self, place: int | None) -> int | None:
        """Which row of the map it is; None if it is not there."""
        return None if place is None else next(iter(self.rows([place])), None)

    def places(self, rows: list[int]) -> list[int]:
        """Where several rows are, those that are not there left out."""
        return _known(rows_of_ids(self._finder.catalogue.ids, self._ids[rows]))

    def rows(self, places: list[int]) -> list[int]:
        """Which rows of the map they are, those that it does not show left out."""
        return _known(rows_of_ids(self._ids, self._finder.catalogue.ids[places]))


def _known(rows: NDArray[np.int64]) -> list[int]:
    found: list[int] = np.sort(rows[rows >= 0]).tolist()
    return found


def link_viewer(projector: Projector, viewer: NeighborViewer) -> None:
    """Let a map and a viewer of the same items say the same: item, selection, number of neighbours."""
    same = SameItems(viewer._finder) if viewer._finder.own else None
    one, many = (None, None) if same is None else ((same.row, same.place), (same.places, same.rows))
    link((viewer, "query"), (projector, "clicked"), one)
    link((projector, "selection"), (viewer, "selection"), many)
    link((projector, "k"), (viewer, "k"), (lambda k: min(k, MOST), lambda k: k))


def link_calibration(
    calibration: CalibrationExplorer,
    projector: Projector,
    viewer: NeighborViewer,
    rows: NDArray[np.int64],
) -> None:
    """Let a calibration of some of the items say the same, threshold and all."""
    some = None if len(rows) == projector.count else SomeRows(rows)
    one, many = (
        (None, None) if some is None else ((some.place, some.row), (some.places, some.all_rows))
    )
    link((projector, "clicked"), (calibration, "clicked"), one)
    link((projector, "selection"), (calibration, "selection"), many)
    dlink((calibration, "hovered"), (projector, "hovered"), one and one[1])
    # Set from any side, but None, which only the others can be.
    both = (lambda limit: limit, lambda limit: calibration.threshold if limit is None else limit)
    for widget in (projector, viewer):
        link((calibration, "threshold"), (widget, "threshold"), both)
