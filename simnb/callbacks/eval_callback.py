"""How well the embedding classifies and retrieves, epoch by epoch."""

from __future__ import annotations

import os
import time
import warnings
from collections.abc import Callable, Sequence
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from simnb import check, distances
from simnb.calibration import evaluate_at
from simnb.callbacks.examples import Examples, check_output, errors_naming, examples_of
from simnb.callbacks.metrics import both_kinds, named_thresholds
from simnb.callbacks.scalars import Scalars
from simnb.classification_metrics import ClassificationMetric
from simnb.indexer import Indexer
from simnb.labels import among, same_kind
from simnb.matchers import ClassificationMatch, make_classification_matcher
from simnb.models.embedding import compiled_forward, embed_batches, joined
from simnb.models.index_methods import IndexMethods
from simnb.retrieval_metrics import RetrievalMetric, evaluate_retrieval
from simnb.types import Lookups

_LONE = "lone_queries"


class EvalCallback(keras.callbacks.Callback):
    """Classification and retrieval metrics of queries against targets, at every epoch's end.

    Embeds the targets into an index of its own, exact and new every time, then looks the
    queries up in it once; every metric is taken from that. The model's own index and its
    calibration stay as they are, and so do its weights and its metrics: training goes as it
    would without.

    The metrics are written into `logs`, where Keras's history, progress bar,
    `ModelCheckpoint` and `EarlyStopping(monitor="binary_accuracy", mode="max")` find them.
    Callbacks run in the order of their list: put this one before those.

    Parameters
    ----------
    queries : array, tensor, list or dict of them, or batches
        As `SimilarityModel.embed` takes them, read again at every evaluation: a generator
        is refused. A sampler gives the batches of its first epoch every time. Queries that
        are among the targets find themselves.
    query_labels : integers or strings [q], optional
        Default: those that come with the batches, which are also right for batches that
        are shuffled anew.
    targets : as `queries`
        The items to look up in, at least k of them.
    target_labels : as `query_labels`, optional
    distance : str or Distance, default "auto"
        Of the index. "auto" is that of the model's own index; cosine where it has none.
    metrics : sequence of names or ClassificationMetric, default ("binary_accuracy",)
    tb_logdir : path, optional
        Write the metrics for TensorBoard too, into the folder `index` in this one. Needs
        TensorFlow.
    k : int, default 1
        Neighbours for the matcher.
    matcher : str or ClassificationMatch, default "match_nearest"
    distance_thresholds : float or floats [t], optional
        Withhold answers beyond this distance; for an index by similarity, those below.
        Several log `binary_accuracy@0.3` and so on. Default: every answer is given.
    known_classes : labels, optional
        The classes that training has seen. The queries are then told apart: names end in
        `_known_classes` or, for all other queries, `_unknown_classes`. Both are looked up
        in all targets. Open-set metrics such as `false_accept_rate` do not go by these
        classes, but by those of the targets.
    retrieval_metrics : sequence of names or RetrievalMetric, optional
    prefix : str, default ""
        Put before every name in `logs`: those of two callbacks in one `fit` must differ.
    every : int, default 1
        Evaluate each so many epochs. Which epoch will be the last is not known here: call
        `evaluate(model)` after it.
    verbose : int, default 1
        1 prints a line after every evaluation: the time it took, and the metrics.

    Attributes
    ----------
    history : list of dicts
        One for each evaluation in `fit`: `"epoch"`, `"seconds"`, and what `evaluate` returns.
        `pd.DataFrame(callback.history)` makes it a table.

    Raises
    ------
    ValueError
        Labels of another kind or number, unknown metrics or two of one name, k above the
        number of targets, thresholds that are no numbers, a generator.

    Examples
    --------
    >>> x, y = np.array([[0.0, 1.0], [1.0, 0.0]]), ["up", "right"]
    >>> inputs = keras.Input((2,))
    >>> model = keras.Model(inputs, keras.layers.Identity()(inputs))
    >>> EvalCallback(x + 0.2, y, x, y, retrieval_metrics=["mrr"]).evaluate(model)
    {'binary_accuracy': 1.0, 'mrr@5': 1.0, 'lone_queries': 0.0}
    """

    def __init__(
        self,
        queries: Any,
        query_labels: Any = None,
        targets: Any = None,
        target_labels: Any = None,
        distance: str | distances.Distance = "auto",
        metrics: Sequence[str | ClassificationMetric] = ("binary_accuracy",),
        tb_logdir: str | os.PathLike[str] | None = None,
        k: int = 1,
        matcher: str | ClassificationMatch = "match_nearest",
        distance_thresholds: Any = None,
        known_classes: Any = None,
        retrieval_metrics: Sequence[str | RetrievalMetric] | None = None,
        *,
        prefix: str = "",
        every: int = 1,
        verbose: int = 1,
    ) -> None:
        super().__init__()
        self._queries = examples_of("queries", queries, "query_labels", query_labels)
        self._targets = examples_of("targets", targets, "target_labels", target_labels)
        automatic = isinstance(distance, str) and distance == "auto"
        self._distance = None if automatic else distances.get(distance)
        self._k = check.positive_integer("k", k)
        self._matcher = make_classification_matcher(matcher)
        self._thresholds = named_thresholds(distance_thresholds)
        self._metrics, self._retrieval_metrics = both_kinds(metrics, retrieval_metrics)
        self._known_classes = (
            None if known_classes is None else check.labels("known_classes", known_classes)
        )
        self._check_labels(self._queries.labels, self._targets.labels)
        self._prefix = prefix
        self._every = check.positive_integer("every", every)
        self._verbose = verbose
        self._scalars = None if tb_logdir is None else Scalars(tb_logdir)
        self._forward: tuple[keras.Model, Callable[[Any], NDArray[np.float32]]] | None = None
        self._said: set[str] = set()
        self._line = ""
        self.history: list[dict[str, float]] = []

    def evaluate(self, model: keras.Model) -> dict[str, float]:
        """Return the metrics of a model as it is now, by the names that they have in `logs`.

        A metric that is no number is left out, and a warning says so once; so are those of
        known or unknown classes that no query is of. With retrieval metrics, `lone_queries`
        is the number of queries that have no target of their class: those do not count.

        Parameters
        ----------
        model : SimilarityModel, or functional keras.Model
            Of one output, the embedding [n, d].

        Raises
        ------
        ValueError
            The model takes other examples or has another output; labels are missing, of
            another kind or number; embeddings are not finite; there are fewer than k targets.
        """
        return self._evaluate(model)[0]

    def on_train_begin(self, logs: dict[str, Any] | None = None) -> None:
        """Refuse a model, or arrays, that will not do before an epoch is spent on it."""
        check_output(self.model)
        for examples in (self._queries, self._targets):
            examples.check_with(self.model)

    def on_epoch_begin(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Print the line of the epoch before: only now has Keras's progress bar ended its own."""
        self._print_line()

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Evaluate, and write the metrics into `logs`, `history` and TensorBoard's file."""
        if (epoch + 1) % self._every:
            return
        start = time.perf_counter()
        found, sizes = self._evaluate(self.model)
        seconds = time.perf_counter() - start
        # How many queries are lone is the same every epoch: nothing to plot or to monitor.
        scores = {name: value for name, value in found.items() if _LONE not in name}
        logs = {} if logs is None else logs
        taken = sorted(scores.keys() & logs.keys())
        if taken:
            raise ValueError(
                "`prefix` must make names that are not in `logs` yet, as prefix='index_' would. "
                f"Received: prefix={self._prefix!r}, which gives {', '.join(taken)}"
            )
        logs.update(scores)
        self.history.append({"epoch": epoch, "seconds": seconds, **found})
        if self._scalars is not None:
            self._scalars.write(epoch, scores)
        if self._verbose:
            self._line = _line(*sizes, seconds, found)

    def on_train_end(self, logs: dict[str, Any] | None = None) -> None:
        """Print the last line, and close TensorBoard's file."""
        self._print_line()
        if self._scalars is not None:
            self._scalars.close()

    def _evaluate(self, model: keras.Model) -> tuple[dict[str, float], tuple[int, int]]:
        """The metrics, and the numbers of queries and targets."""
        check_output(model)
        items, labels = self._embed(model, self._targets)
        queries, truth = self._embed(model, self._queries)
        self._check_labels(truth, labels)
        index = Indexer(items.shape[1], self._distance_of(model), search="exact")
        index.add(items, labels)
        counts = np.unique(labels, return_counts=True)
        depths = [metric.required_k(truth, counts) for metric in self._retrieval_metrics]
        order, splits = self._splits(truth)
        lookups, truth = index.query(queries[order], max(self._k, *depths, 1)), truth[order]
        found: dict[str, float] = {}
        for suffix, part in splits.items():
            scores = self._scores(lookups[part], truth[part], counts)
            found.update({self._prefix + name + suffix: own for name, own in scores.items()})
            if not scores:
                classes = suffix.replace("_", " ")
                self._say(f"no query is of the{classes}, so no metric ends in {suffix}")
        return self._numbers(found), (len(queries), len(items))

    def _scores(
        self, lookups: Lookups, truth: NDArray[Any], counts: tuple[NDArray[Any], NDArray[np.int64]]
    ) -> dict[str, float]:
        """Every metric of some of the queries, NaN included; nothing for no query."""
        found: dict[str, float] = {}
        if len(truth) and self._metrics:
            everything = -np.inf if lookups.larger_is_nearer else np.inf
            thresholds = self._thresholds or {"": everything}
            limits = list(thresholds.values())
            curves = evaluate_at(
                lookups, truth, limits, self._metrics, self._k, self._matcher, counts[0]
            )
            for metric in self._metrics:
                for place, at in enumerate(thresholds):
                    found[metric.name + at] = float(curves[metric.name][place])
        if len(truth) and self._retrieval_metrics:
            scores = evaluate_retrieval(lookups, truth, self._retrieval_metrics, counts)
            found.update({name: float(value) for name, value in scores.items()})
        return found

    def _splits(self, truth: NDArray[Any]) -> tuple[NDArray[np.intp], dict[str, slice]]:
        """An order of the queries, and by suffix the part of it that goes together."""
        if self._known_classes is None:
            return np.arange(len(truth)), {"": slice(None)}
        known = among(truth, self._known_classes)
        number = int(known.sum())
        return np.argsort(~known, kind="stable"), {
            "_known_classes": slice(number),
            "_unknown_classes": slice(number, None),
        }

    def _embed(
        self, model: keras.Model, examples: Examples
    ) -> tuple[NDArray[np.float32], NDArray[Any]]:
        """Finite embeddings and the labels, in one pass."""
        own, came = examples.labels, None
        with errors_naming(examples.name):
            if not isinstance(model, IndexMethods):
                embeddings, parts = embed_batches(model, self._forward_of(model), examples.x)
                came = joined(parts) if own is None else None
            elif own is None:
                embeddings, came = model.embed_with_labels(examples.x)
            else:
                embeddings = model.embed(examples.x)
        embeddings = check.matrix(f"embeddings of {examples.name}", embeddings)
        return embeddings, examples.labelled(came, len(embeddings))

    def _forward_of(self, model: keras.Model) -> Callable[[Any], NDArray[np.float32]]:
        if self._forward is None or self._forward[0] is not model:
            self._forward = model, compiled_forward(model, 0)
        return self._forward[1]

    def _distance_of(self, model: keras.Model) -> str | distances.Distance:
        own = model.index_distance if isinstance(model, IndexMethods) else None
        return self._distance or own or "cosine"

    def _check_labels(self, truth: NDArray[Any] | None, labels: NDArray[Any] | None) -> None:
        if labels is None:
            return
        if self._k > len(labels):
            raise ValueError(
                f"`k` must be at most the number of targets, {len(labels)}. Received: k={self._k}"
            )
        for name, own in (("query_labels", truth), ("known_classes", self._known_classes)):
            if own is not None and len(own):
                same_kind(name, own, labels)

    def _numbers(self, found: dict[str, float]) -> dict[str, float]:
        unknown = [name for name, value in found.items() if np.isnan(value)]
        if unknown:
            self._say(f"{', '.join(unknown)} left out: no query has a target of its class")
        return {name: value for name, value in found.items() if name not in unknown}

    def _say(self, message: str) -> None:
        if message not in self._said:
            self._said.add(message)
            warnings.warn(f"EvalCallback: {message}.", stacklevel=2)

    def _print_line(self) -> None:
        if self._line:
            print(self._line)
        self._line = ""


def _line(queries: int, targets: int, seconds: float, found: dict[str, float]) -> str:
    shown = [f"{name} {value:.4g}" for name, value in found.items() if value or _LONE not in name]
    return (
        f"EvalCallback: {queries:,} queries on {targets:,} targets in {seconds:.1f} s: "
        + ", ".join(shown)
    )
