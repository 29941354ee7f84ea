"""A widget of labelled queries and a threshold: what it decides, in numbers and query by query."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import traitlets
from numpy.typing import NDArray

from simnb import check
from simnb.calibration import CalibrationResults, Decisions
from simnb.widgets.base import Widget, sendable
from simnb.widgets.binary import Array, Number, Rows, refusing
from simnb.widgets.calibration_explorer.cut_points import free_name, points_of_page
from simnb.widgets.calibration_explorer.splits import Explored, Numbers
from simnb.widgets.calibration_explorer.threshold_curves import class_texts, in_rows, of_page
from simnb.widgets.cards import LONGEST, Answer, Cards

if TYPE_CHECKING:
    import pandas as pd


class ThresholdWidget(Widget):
    """A threshold, and what it makes of labelled queries.

    Parameters
    ----------
    explored : Explored
    class_names : mapping or sequence, optional
    cards : Cards, optional
        Of the queries.
    **state
        Traits of the subclass.

    Attributes
    ----------
    threshold : float
        Finite, in the index's units. Set it, observe it, link it.
    metric : str
        The metric that stands out.
    selection : list of int
        Selected queries, rows sorted.
    hovered, clicked : int or None
        Rows of queries.
    """

    threshold = Number()
    metric = traitlets.Unicode("").tag(sync=True)
    selection = Rows()
    hovered = traitlets.Int(None, allow_none=True).tag(sync=True)
    clicked = traitlets.Int(None, allow_none=True).tag(sync=True)

    _steps = Array()
    _cuts = Array()
    _lowest = traitlets.Float(0.0).tag(sync=True)
    _larger = traitlets.Bool(False).tag(sync=True)
    _measure = traitlets.Unicode("").tag(sync=True)
    _metrics = traitlets.List(traitlets.Unicode()).tag(sync=True)
    _curves = Array()
    _counts = Array()
    _totals = traitlets.List(traitlets.Int(allow_none=True)).tag(sync=True)
    _held_steps = Array()
    _held = Array()
    _held_totals = traitlets.List(traitlets.Int(allow_none=True)).tag(sync=True)
    _rows = Array()
    _truth = Array()
    _answer = Array()
    _kinds = Array()
    _classes = traitlets.List(traitlets.Unicode()).tag(sync=True)
    _cutpoints = traitlets.List(traitlets.Dict()).tag(sync=True)
    _applies = traitlets.Bool(False).tag(sync=True)
    _has_images = traitlets.Bool(False).tag(sync=True)

    def __init__(
        self,
        explored: Explored,
        class_names: Mapping[Any, str] | Sequence[str] | None,
        cards: Cards | None,
        **state: Any,
    ) -> None:
        self._explored = explored
        self._cards = cards
        results, split, held = explored.results, explored.calibration, explored.held_out
        self._names: list[str] = []
        queries: dict[str, Any] = {}
        if split is not None:
            self._names = class_texts(split.decided.codes[0], class_names)
            queries = in_rows(split.decided)
        index = explored.source.index
        super().__init__(
            selection=[],
            threshold=self._start(),
            metric=sendable(results.calibration_metric),
            _cuts=explored.cuts,
            _lowest=explored.sign * explored.curves.lowest,
            _larger=results.larger_is_nearer,
            _measure="" if index is None else str(index.distance),
            _metrics=[sendable(name) for name in explored.names],
            _classes=self._names,
            _cutpoints=points_of_page(explored),
            _applies=index is not None,
            _has_images=cards is not None and cards.thumbnails is not None,
            **of_page(explored.curves, None if held is None else held.curves),
            **queries,
            **state,
        )

    @property
    def count(self) -> int:
        """Number of queries; 0 where there are only results."""
        split = self._explored.calibration
        return 0 if split is None else len(split.decided)

    @property
    def results(self) -> CalibrationResults:
        """What `calibrate` returned, with the cut points that were applied since."""
        return self._explored.results

    @property
    def decisions(self) -> Decisions:
        """What each query was answered, and whether that is right.

        Raises
        ------
        ValueError
            There are only results.
        """
        split = self._explored.calibration
        if split is None:
            raise ValueError(
                "There are no queries, only a calibration: pass look-ups, or an index or a model with "
                "queries, and their labels."
            )
        return split.decided

    def at(self, threshold: float | None = None) -> dict[str, Any]:
        """Return the numbers at a threshold, as `evaluate_at` does.

        Parameters
        ----------
        threshold : float, optional
            Default: the widget's.

        Returns
        -------
        dict
            "threshold", "calibration" and "held_out": each metric by its name, and how
            many "queries" are "given" an answer, "right" or "wrong". "held_out" is None
            where there is no such split.
        """
        limit = self._limit(threshold)
        explored = self._explored
        found: Numbers = {"threshold": limit, "calibration": explored.numbers(limit)}
        return found | {"held_out": explored.held_out_numbers(limit)}

    def table(self) -> pd.DataFrame:
        """Return the metrics of each cut point and of the threshold that is set.

        The metrics of queries held out, which `evaluate_classification` returns too, have
        names that end in " (held out)".
        """
        import pandas as pd

        names = self._explored.names
        limits = [(name, self.results.cutpoint(name)) for name in self.results.cutpoints]
        limits.append((free_name("(threshold)", self.results.cutpoints), self.threshold))
        rows = []
        for _, limit in limits:
            numbers = self.at(limit)
            held = numbers["held_out"]
            own = {name: numbers["calibration"][name] for name in names}
            other = {} if held is None else {f"{name} (held out)": held[name] for name in names}
            rows.append({"distance": limit, **own, **other})
        return pd.DataFrame(rows, [name for name, _ in limits])

    def confusion(self, threshold: float | None = None) -> pd.DataFrame:
        """Return how often queries of each class were given which answer, or none.

        Parameters
        ----------
        threshold : float, optional
            Default: the widget's.

        Returns
        -------
        pandas.DataFrame
            A row a class of queries, a column a class of answers; the last, "no answer".
        """
        import pandas as pd

        _, matrix = self.decisions.confusion(self._limit(threshold))
        return pd.DataFrame(matrix, self._names, [*self._names, "no answer"])

    def per_class(self, threshold: float | None = None) -> pd.DataFrame:
        """Return the metrics of each class's queries, indexed by the class's name.

        Parameters
        ----------
        threshold : float, optional
            Default: the widget's.

        Returns
        -------
        pandas.DataFrame
            As `Decisions.per_class`.
        """
        found = self.decisions.per_class(self._limit(threshold))
        names = dict(zip(self.decisions.codes[0].tolist(), self._names, strict=True))
        found.index = [names[own] for own in found["class"].tolist()]
        return found

    def mistakes(
        self,
        truth: Any = None,
        answer: Any = None,
        kind: str = "any",
        threshold: float | None = None,
    ) -> NDArray[np.int64]:
        """Return rows of the queries that are decided wrongly, the nearest to the threshold first.

        Parameters
        ----------
        truth, answer : label, optional
            Only queries of this class, only queries answered so.
        kind : str, default "any"
            "wrong" for wrong answers that are given, "missed" for right ones that are
            withheld.
        threshold : float, optional
            Default: the widget's.
        """
        return self.decisions.mistakes(self._limit(threshold), truth, answer, kind)

    @traitlets.validate("metric")
    def _check_metric(self, proposal: Any) -> str:
        with refusing():
            return check.one_of("metric", proposal.value, self._metrics)

    @traitlets.validate("hovered", "clicked")
    def _check_row(self, proposal: Any) -> int | None:
        with refusing():
            name, value = proposal.trait.name, proposal.value
            return None if value is None else check.row(name, value, self.count)

    def _limit(self, threshold: float | None) -> float:
        return self.threshold if threshold is None else check.threshold("threshold", threshold)

    def _start(self) -> float:
        """The best threshold; of a calibration without any cut point, the middle one."""
        explored = self._explored
        if "optimal" in explored.results.cutpoints:
            return self._finite(explored.results.cutpoint("optimal"))
        cuts = explored.cuts
        return explored.sign * float(cuts[len(cuts) // 2]) if len(cuts) else 0.0

    def _finite(self, limit: float) -> float:
        """A threshold that does what an infinite one does to these queries."""
        if np.isfinite(limit):
            return limit
        explored = self._explored
        none = explored.sign * limit < 0 or len(explored.cuts) == 0
        return explored.sign * float(explored.curves.lowest if none else explored.cuts[-1])

    def _answer_card(self, message: Mapping[str, Any]) -> Answer:
        reply, picture = self._known_cards().card(message.get("row"))
        decided, row = self.decisions, reply["row"]
        far = float(decided.distance[row])
        answer = self._names[decided.codes[2][row]][:LONGEST] if np.isfinite(far) else "none"
        answered = [["answer", answer], ["distance", f"{far:.6g}"]]
        label, *metadata = reply["fields"]
        own = {name for name, _ in answered}
        # As a metadata's "label" is told from the label.
        metadata = [
            [f"{name} (metadata)" if name in own else name, text] for name, text in metadata
        ]
        return {**reply, "fields": [label, *answered, *metadata]}, picture

    def _answer_thumbnails(self, message: Mapping[str, Any]) -> Answer:
        return self._known_cards().tiles(message.get("rows"), message.get("size"))

    def _known_cards(self) -> Cards:
        if self._cards is None:
            raise ValueError("there are no queries, only results")
        return self._cards
