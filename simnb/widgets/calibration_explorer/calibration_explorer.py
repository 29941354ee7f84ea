"""The calibration explorer: move the threshold, see what it costs, and take it back to Python."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from simnb import check
from simnb.calibration import Target
from simnb.classification_metrics import ClassificationMetric
from simnb.matchers import ClassificationMatch
from simnb.widgets.base import sendable
from simnb.widgets.binary import Number, encode
from simnb.widgets.calibration_explorer import cut_points, pictures
from simnb.widgets.calibration_explorer.labelled_queries import index_of, read_source
from simnb.widgets.calibration_explorer.splits import explore
from simnb.widgets.calibration_explorer.threshold_choice import Band, band, chosen_cut
from simnb.widgets.calibration_explorer.threshold_widget import ThresholdWidget
from simnb.widgets.cards import Answer, Cards
from simnb.widgets.points import read_points

if TYPE_CHECKING:
    from matplotlib.figure import Figure


class CalibrationExplorer(ThresholdWidget, script="calibration_explorer"):
    """A threshold to move, with all that it decides: metrics, mistakes, classes, costs.

    Answers beyond the threshold are withheld. Every number is that of `calibrate`,
    `evaluate_at` and `match`; queries held out have theirs beside those calibrated with.
    All of it works by keyboard. Items of the index itself find themselves, so that all is right
    and nothing is learnt: calibrate with others.

    Parameters
    ----------
    source : CalibrationResults, Lookups, Indexer or SimilarityModel
        A calibration alone shows its curves. With queries and their labels there are also
        the answers themselves: look-ups, whose labels come second; or an index or a model,
        and queries to look up. An index or a model alone shows its calibration.
    x : array [q, d], Lookups, or as `model.embed`, optional
        Queries: embeddings for an index, inputs for a model, or what was looked up.
    labels : integers or strings [q], optional
        The queries' true labels.
    images : array [q, h, w] or [q, h, w, c], or sequence of q, optional
        Of the queries. Default: a model's inputs, where they are images.
    metadata : DataFrame, dict of columns or list of dicts, optional
        Of the queries, shown in their cards.
    class_names : mapping or sequence, optional
        From labels to the names to show.
    held_out : pair, optional
        Other queries, or look-ups, and their labels: the honest numbers.
    k : int, default 1
        Neighbours for the matcher.
    matcher : str or ClassificationMatch, default "match_nearest"
    calibration_metric : str or ClassificationMetric, default "f1"
    extra_metrics : sequence, optional
        Default: all of the library's that are defined for these queries.
    known_classes : labels, optional
        The classes in the index, where `source` is look-ups; an index knows them.
    thresholds_targets : dict, optional
        Cut points to find beside "optimal", as `calibrate` takes them.
    thumbnail_size : int, default 64
        Pixels of an image's longer side.
    theme : str, default "auto"
        "light", "dark", or "auto", which is the page's.
    height : int, default 360
        Of the drawing, in pixels.
    title : str, default ""

    Attributes
    ----------
    threshold : float
        Finite, in the index's units. Set it, observe it, link it.
    metric : str
        The metric that stands out.
    cost_ratio : float, default 1.0
        Price of a wrong answer, where that of a withheld right one is 1.
    selection : list of int
        Selected queries, rows sorted.
    hovered, clicked : int or None
        Rows of queries.

    Raises
    ------
    ValueError
        What `calibrate` refuses; an index that is neither calibrated nor given queries.

    Examples
    --------
    >>> from simnb import Indexer
    >>> index = Indexer(embedding_size=1, distance="euclidean")
    >>> ids = index.add([[0.0], [1.0]], labels=["cat", "dog"])
    >>> explorer = CalibrationExplorer(index, [[0.1], [0.8], [3.0]], ["cat", "dog", "fox"])
    >>> explorer
    CalibrationExplorer(3 queries, threshold 1.1, f1 1)
    >>> round(explorer.choose({"recall": 0.5}), 3)
    0.15
    >>> explorer.mistakes().tolist()
    [1]
    >>> explorer.close()
    """

    cost_ratio = Number(1.0, check.positive)

    _built = False  # its constructor has come to an end

    def __init__(
        self,
        source: Any,
        x: Any = None,
        labels: Any = None,
        *,
        images: Any = None,
        metadata: Any = None,
        class_names: Mapping[Any, str] | Sequence[str] | None = None,
        held_out: Any = None,
        k: int = 1,
        matcher: str | ClassificationMatch = "match_nearest",
        calibration_metric: str | ClassificationMetric = "f1",
        extra_metrics: Sequence[str | ClassificationMetric] | None = None,
        known_classes: Any = None,
        thresholds_targets: Mapping[str, Target] | None = None,
        thumbnail_size: int = 64,
        theme: str = "auto",
        height: int = 360,
        title: str = "",
    ) -> None:
        given = read_source(source, x, labels, held_out, k, known_classes)
        explored = explore(given, k, matcher, calibration_metric, extra_metrics, thresholds_targets)
        cards = None
        if explored.calibration is not None:
            truth = explored.calibration.decided.truth
            images = given.images if images is None else images
            # A card goes by the query's row: it has no need of what the query is embedded as.
            queries = read_points(np.zeros((len(truth), 1)), truth, images, metadata)
            cards = Cards(queries, class_names, thumbnail_size)
        self._bands: dict[float, Band] = {}  # the last that was asked for, by its confidence
        super().__init__(explored, class_names, cards, theme=theme, height=height, title=title)
        self._built = True

    def choose(self, target: Target | Mapping[str, Any]) -> float:
        """Move the threshold to where a target is met, as `calibrate` would; return it.

        Parameters
        ----------
        target : number, dict or str
            A number, for the calibration metric; `{"precision": 0.95}`;
            `{"cost_ratio": 10}`; `"equal_error_rate"`; `{"maximize": "f1"}`, the threshold
            where a metric is best.

        Returns
        -------
        float
            Infinite where only withholding every answer meets it: minus infinity, or
            infinity in an index by similarity. `threshold` is finite then too.

        Raises
        ------
        ValueError
            No threshold meets it: the message says how near it came; the threshold stays.
        """
        limit, _ = self._chosen(target)
        self.threshold = self._finite(limit)
        return limit

    def apply(self, index: Any = None, name: str = "explorer") -> None:
        """Make the threshold a cut point of an index, for `match` by its name.

        What is there of the index's calibration stays, other than a cut point of that
        name; an index without one is given all of `results`.

        Parameters
        ----------
        index : Indexer or SimilarityModel, optional
            Default: that which the explorer was made of.
        name : str, default "explorer"

        Raises
        ------
        ValueError
            There is no index, it measures otherwise, or is calibrated with another k or
            matcher; nothing changes then.
        """
        target = self._explored.source.index if index is None else index_of(index)
        if target is None:
            raise ValueError(
                f"`index` must be an Indexer or a model to apply the threshold to. Received: {index!r:.80}"
            )
        found = cut_points.applied(self._explored, target, name, self.threshold)
        target.calibration, self._explored = found
        self._cutpoints = cut_points.points_of_page(self._explored)

    def code(self, threshold: float | None = None) -> str:
        """Return Python code that gives the answers and numbers of a threshold.

        It calls things by their names here: `index` or `model`, `x` or `lookups`, `labels`,
        and `known_classes`, `matcher` or `metrics` where the code cannot tell them.

        Parameters
        ----------
        threshold : float, optional
            Default: the widget's.
        """
        return cut_points.code_of(self._explored, self._limit(threshold))

    def plot(self) -> Figure:
        """Return the metrics by threshold as a matplotlib figure, for print."""
        made = pictures.metrics_figure(self._explored, self.threshold, self.metric, "matplotlib")
        figure: Figure = made
        return figure

    def figure(self) -> Any:
        """Return the metrics, and the answers' distances, as Bokeh figures that need no Python."""
        return pictures.page(self._explored, self.threshold, self.metric)

    def save_html(self, path: str | os.PathLike[str]) -> Path:
        """Write the figures as a page that works from a file, offline; return its path."""
        from simnb.visualization import save_html

        return save_html(self.figure(), path)

    def __repr__(self) -> str:
        if not self._built:
            return f"{type(self).__name__}()"
        name = self._explored.names[0]
        value = self._explored.numbers(self.threshold)[name]
        cuts = len(self._explored.cuts)
        of = f"{self.count} quer{'y' if self.count == 1 else 'ies'}"
        if not self.count:
            of = f"{cuts} threshold{'s' * (cuts != 1)}"
        held = self._explored.held_out
        if held is not None:
            of += f", {len(held.decided)} held out"
        return f"{type(self).__name__}({of}, threshold {self.threshold:.6g}, {name} {value:.4g})"

    def _chosen(self, target: Any) -> tuple[float, int]:
        explored, split = self._explored, self._explored.calibration
        if split is None:
            raise ValueError(
                "There are no queries to choose by, only a calibration: take one of its cut points."
            )
        cut, place = chosen_cut(split.outcomes, target, explored.metrics)
        return explored.sign * cut, place

    def _answer_choose(self, message: Mapping[str, Any]) -> Answer:
        limit, place = self._chosen(message.get("target"))
        return {"threshold": limit if np.isfinite(limit) else None, "place": place}, []

    def _answer_band(self, message: Mapping[str, Any]) -> Answer:
        confidence = check.between_0_and_1("confidence", message.get("confidence"))
        if confidence not in self._bands:
            self._bands = {confidence: band(self._explored, confidence)}
        return {
            name: encode(array) for name, array in self._bands[confidence]._asdict().items()
        }, []

    def _answer_code(self, message: Mapping[str, Any]) -> Answer:
        limit = message.get("threshold", self.threshold)
        none = -self._explored.sign * np.inf
        return {"text": sendable(self.code(none if limit is None else limit))}, []

    def _answer_apply(self, message: Mapping[str, Any]) -> Answer:
        name: Any = message.get("name")
        self.apply(name=name)
        said = f"The index has the cut point {name!r} now, at {self.threshold:.6g}."
        return {"message": sendable(said)}, []

    def _picture(self) -> bytes:
        return pictures.still(self._explored, self.threshold, self.metric)
