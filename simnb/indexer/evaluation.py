"""What an index does with labelled queries: calibrate, match, evaluate."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simnb import check
from simnb.calibration import (
    CalibrationResults,
    Target,
    calibrate,
    evaluate_classification,
    match,
)
from simnb.classification_metrics import ClassificationMetric, make_classification_metric
from simnb.matchers import ClassificationMatch, make_classification_matcher
from simnb.retrieval_metrics import RetrievalMetric, evaluate_retrieval
from simnb.retrieval_metrics.evaluate import checked_metrics
from simnb.types import Lookups


class EvaluatedIndex:
    """Decisions by an index, which this class is mixed into."""

    calibration: CalibrationResults | None
    class_counts: Any
    embedding_size: int
    query: Callable[..., Lookups]
    size: Callable[[], int]

    def calibrate(
        self,
        embeddings: Any,
        labels: Any,
        thresholds_targets: Mapping[str, Target] | None = None,
        k: int = 1,
        calibration_metric: str | ClassificationMetric = "f1",
        matcher: str | ClassificationMatch = "match_nearest",
        extra_metrics: Sequence[str | ClassificationMetric] = ("precision", "recall"),
        verbose: int = 0,
    ) -> CalibrationResults:
        """Find the distances beyond which an answer should be withheld, and keep them for `match`.

        Parameters
        ----------
        embeddings : array [q, d]
            Of queries that are not in the index, best of such as training never saw.
        labels : integers or strings [q]
        thresholds_targets, k, calibration_metric, matcher, extra_metrics, verbose :
            As `simnb.calibration.calibrate`.

        Raises
        ------
        ValueError
            As `simnb.calibration.calibrate`; k is larger than the index. An earlier
            calibration stays then.
        """
        _by_name_alone("matcher", matcher, make_classification_matcher)
        _by_name_alone("calibration_metric", calibration_metric, make_classification_metric)
        results = calibrate(
            self.query(embeddings, k),
            labels,
            thresholds_targets,
            k,
            calibration_metric,
            matcher,
            extra_metrics,
            known_classes=self._classes(),
            verbose=verbose,
        )
        self.calibration = results
        return results

    def match(
        self,
        embeddings: Any,
        cutpoint: str | float = "optimal",
        no_match_label: Any = -1,
        k: int | None = None,
        matcher: str | ClassificationMatch | None = None,
    ) -> NDArray[Any] | dict[str, NDArray[Any]]:
        """Return each query's answer, or `no_match_label` where it is beyond a cut point.

        Parameters
        ----------
        embeddings : array [q, d]
        cutpoint : str or float, default "optimal"
            A cut point's name, a distance, or `"all"` for a dict with every cut point.
        no_match_label : default -1
        k, matcher : default as calibrated

        Raises
        ------
        ValueError
            Not calibrated; no such cut point: the message lists those there are.
        """
        results, limits = self._require_calibration(), self.limits(cutpoint)
        neighbors = results.k if k is None else k
        rule = results.matcher if matcher is None else matcher
        lookups = self.query(embeddings, neighbors)
        found = {
            name: match(lookups, limit, no_match_label, neighbors, rule)
            for name, limit in limits.items()
        }
        return found if cutpoint == "all" else next(iter(found.values()))

    def limits(self, cutpoint: str | float) -> dict[str, float]:
        """Return the distances that a `cutpoint` of `match` stands for, by name.

        Parameters
        ----------
        cutpoint : str or float
            A cut point's name, `"all"`, or a distance.

        Raises
        ------
        ValueError
            Not calibrated; no such cut point; a distance that no item can be within.
        """
        results = self._require_calibration()
        if isinstance(cutpoint, str):
            names = list(results.cutpoints) if cutpoint == "all" else [cutpoint]
            return {name: results.cutpoint(name) for name in names}
        limit = check.threshold("cutpoint", cutpoint)
        if -np.inf < limit < 0 and not results.larger_is_nearer:
            raise ValueError(
                "`cutpoint` must be a name or a distance of at least 0; what to answer where nothing is near "
                f"is `no_match_label`. Received: cutpoint={cutpoint!r}"
            )
        return {"": limit}

    def evaluate_classification(
        self,
        embeddings: Any,
        labels: Any,
        k: int | None = None,
        extra_metrics: Sequence[str | ClassificationMetric] = ("precision", "recall"),
        matcher: str | ClassificationMatch | None = None,
        confidence: float | None = None,
        seed: int = 0,
    ) -> dict[str, dict[str, Any]]:
        """Return the metrics of every cut point on these queries, by its name.

        The honest number is that of queries which the cut points were not chosen by.

        Parameters
        ----------
        embeddings : array [q, d]
        labels : integers or strings [q]
        k, matcher : default as calibrated
        extra_metrics : default ("precision", "recall")
            Beside the metric that was calibrated.
        confidence, seed :
            As `simnb.calibration.evaluate_at`.
        """
        results = self._require_calibration()
        lookups = self.query(embeddings, results.k if k is None else k)
        return evaluate_classification(
            lookups, labels, results, extra_metrics, self._classes(), k, matcher, confidence, seed
        )

    def evaluate_retrieval(
        self,
        embeddings: Any,
        labels: Any,
        retrieval_metrics: Sequence[str | RetrievalMetric | type[RetrievalMetric]],
        query_ids: Any = None,
        confidence: float | None = None,
        seed: int = 0,
    ) -> dict[str, float]:
        """Return how good the rankings of these queries are, by metric.

        Looks up as many neighbours as the metrics need. In an index with fewer items the
        ranks after the last are empty.

        Parameters
        ----------
        embeddings : array [q, d]
        labels : integers or strings [q]
        retrieval_metrics : sequence of names or metrics
        query_ids, confidence, seed :
            As `simnb.retrieval_metrics.evaluate_retrieval`.

        Returns
        -------
        dict of floats
            And `"lone_queries"`: how many have no item of their class, and were left out.

        Raises
        ------
        ValueError
            The index is empty or has no labels; labels of another kind or number.

        Examples
        --------
        >>> from simnb import Indexer
        >>> index = Indexer(embedding_size=1, distance="euclidean")
        >>> ids = index.add([[0.0], [1.0], [3.0]], labels=["cat", "dog", "dog"])
        >>> index.evaluate_retrieval([[0.2], [0.8]], ["dog", "dog"], ["mrr", "r_precision"])
        {'mrr@5': 0.75, 'r_precision': 0.5, 'lone_queries': 0}
        """
        metrics = checked_metrics("retrieval_metrics", retrieval_metrics)
        queries = check.matrix("embeddings", embeddings, self.embedding_size)
        truth = check.labels("labels", labels, len(queries))
        if self.size() == 0:
            raise ValueError("The index is empty: add items with `index(...)` before evaluating.")
        counts = self.class_counts
        if counts is None:
            raise ValueError("The index has no labels: retrieval is evaluated by them.")
        k = max(metric.required_k(truth, counts) for metric in metrics)
        found = self.query(queries, k)
        return evaluate_retrieval(found, truth, metrics, counts, query_ids, confidence, seed)

    def _classes(self) -> NDArray[Any] | None:
        return None if self.class_counts is None else self.class_counts[0]

    def _require_calibration(self) -> CalibrationResults:
        if self.calibration is None:
            raise ValueError("The index is not calibrated: call `calibrate(...)` first.")
        return self.calibration


def _by_name_alone(argument: str, value: Any, make: Callable[[Any], Any]) -> None:
    """Refuse what its name does not tell whole: the calibration keeps the name alone."""
    own = make(value)
    if not isinstance(getattr(own, "name", None), str):
        raise ValueError(f"`{argument}` must have a `name`. Received: {argument}={value!r}")
    if vars(own):
        raise ValueError(
            f"`{argument}` must have no state of its own, since a calibration keeps its name alone: "
            f"make {', '.join(vars(own))} a class attribute. Received: {argument}={value!r}"
        )
    if type(own) is not type(make(own.name)):
        raise ValueError(
            f"`{argument}` must have a `name` of its own, since a calibration keeps its name alone. "
            f"Received: {type(own).__name__}, whose name {own.name!r} is that of {type(make(own.name)).__name__} (defined again since, perhaps)"
        )
