"""What a model does with labelled queries: calibrate, match, evaluate. One copy for every kind of model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from numpy.typing import NDArray

from simnb import check
from simnb.calibration import CalibrationResults, Target
from simnb.calibration.targets import checked_targets
from simnb.classification_metrics import ClassificationMetric
from simnb.indexer import Indexer
from simnb.matchers import ClassificationMatch
from simnb.retrieval_metrics import RetrievalMetric


class EvaluationMethods:
    """Decisions by the index of a model, which this class is mixed into."""

    embed: Any
    _require_index: Any

    def calibrate(
        self,
        x: Any,
        y: Any,
        thresholds_targets: Mapping[str, Target] | None = None,
        k: int = 1,
        calibration_metric: str | ClassificationMetric = "f1",
        matcher: str | ClassificationMatch = "match_nearest",
        extra_metrics: Sequence[str | ClassificationMetric] = ("precision", "recall"),
        verbose: int = 1,
    ) -> CalibrationResults:
        """Find the distances beyond which `match` should withhold its answer, and keep them.

        They are saved with the index, and so are `k` and the matcher, which `match` then
        uses. Queries that training has seen flatter: calibrate on others.

        Parameters
        ----------
        x : as `embed`
        y : integers or strings [n]
        thresholds_targets : dict, optional
            Cut points to find beside `"optimal"`, by name: a number, for the calibration
            metric; `{"precision": 0.95}`, for another metric; `{"cost_ratio": 10}`, where
            a wrong answer costs ten times a withheld right one; `"equal_error_rate"`.
        k : int, default 1
            Neighbours for the matcher.
        calibration_metric : str or ClassificationMetric, default "f1"
        matcher : str or ClassificationMatch, default "match_nearest"
        extra_metrics : sequence, default ("precision", "recall")
        verbose : int, default 1
            1 prints the cut points as a table.

        Raises
        ------
        ValueError
            The index is empty or has no labels; labels of another kind or number; a
            target that is no number from 0 to 1 or that no threshold reaches.
        """
        index: Indexer = self._require_index(filled=True)
        labels = check.labels("y", y)  # before the time that embedding takes
        checked_targets(thresholds_targets)
        return index.calibrate(
            self.embed(x, verbose=verbose),
            labels,
            thresholds_targets,
            k,
            calibration_metric,
            matcher,
            extra_metrics,
            verbose,
        )

    def match(
        self,
        x: Any,
        cutpoint: str | float = "optimal",
        no_match_label: Any = -1,
        k: int | None = None,
        matcher: str | ClassificationMatch | None = None,
        verbose: int = 0,
    ) -> NDArray[Any] | dict[str, NDArray[Any]]:
        """Return each example's label, or `no_match_label` where nothing is near enough.

        Parameters
        ----------
        x : as `embed`
        cutpoint : str or float, default "optimal"
            A cut point's name, a distance, or `"all"` for a dict with every cut point.
        no_match_label : default -1
        k, matcher : default as calibrated
        verbose : int, default 0
            1 shows a progress bar, if it takes longer than a second.

        Raises
        ------
        ValueError
            Not calibrated; no such cut point: the message lists those there are.
        """
        index: Indexer = self._require_index(filled=True)
        index.limits(cutpoint)  # refused before the time that embedding takes
        return index.match(self.embed(x, verbose=verbose), cutpoint, no_match_label, k, matcher)

    def evaluate_classification(
        self,
        x: Any,
        y: Any,
        k: int | None = None,
        extra_metrics: Sequence[str | ClassificationMetric] = ("precision", "recall"),
        matcher: str | ClassificationMatch | None = None,
        verbose: int = 1,
        *,
        confidence: float | None = None,
        seed: int = 0,
    ) -> dict[str, dict[str, Any]]:
        """Return the metrics of every cut point on these examples, by its name.

        Examples that calibration and training have not seen give the honest numbers.

        Parameters
        ----------
        x : as `embed`
        y : integers or strings [n]
        k : default as calibrated
        extra_metrics : sequence, default ("precision", "recall")
            Beside the metric that was calibrated.
        matcher : default as calibrated
        verbose : int, default 1
            1 shows a progress bar, if it takes longer than a second.
        confidence, seed :
            As `simnb.calibration.evaluate_at`.
        """
        index: Indexer = self._require_index(filled=True)
        index.limits("all")
        labels = check.labels("y", y)
        return index.evaluate_classification(
            self.embed(x, verbose=verbose), labels, k, extra_metrics, matcher, confidence, seed
        )

    def evaluate_retrieval(
        self,
        x: Any,
        y: Any,
        retrieval_metrics: Sequence[str | RetrievalMetric | type[RetrievalMetric]],
        verbose: int = 1,
        *,
        query_ids: Any = None,
        confidence: float | None = None,
        seed: int = 0,
    ) -> dict[str, float]:
        """Return how good the rankings of these examples are, by metric.

        Beside the metrics, `"lone_queries"` says how many examples have no item of their
        class in the index: they are left out.

        Parameters
        ----------
        x : as `embed`
        y : integers or strings [n]
        retrieval_metrics : sequence of names or metrics
            `["recall", MapAtR()]`.
        verbose : int, default 1
            1 shows a progress bar, if it takes longer than a second.
        query_ids, confidence, seed :
            As `simnb.retrieval_metrics.evaluate_retrieval`. Ids of indexed examples are in
            `to_data_frame()`, in the order in which they were indexed.

        Raises
        ------
        ValueError
            The index is empty or has no labels; labels of another kind or number.
        """
        index: Indexer = self._require_index(filled=True)
        labels = check.labels("y", y)
        return index.evaluate_retrieval(
            self.embed(x, verbose=verbose), labels, retrieval_metrics, query_ids, confidence, seed
        )
