"""How good one query's ranking is, and how two rankings of it differ."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from simnb import check
from simnb.retrieval_metrics import MapAtK, PrecisionAtK, RecallAtK, evaluate_retrieval
from simnb.types import Lookups
from simnb.widgets.neighbor_viewer.ranking import Ranking

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["compared", "summary_of"]


def summary_of(ranking: Ranking, k: int | None = None) -> dict[str, float]:
    """Return how good one query's ranking is, by the library's metrics.

    Parameters
    ----------
    ranking : Ranking
        The k nearest.
    k : int, optional
        Default, and at most: as many as there are.

    Returns
    -------
    dict of floats
        `precision` at k, `average_precision` at k, `recall` at k (1 where anything is right),
        all NaN where the query's class is not in the index; `relevant` and `k`. Empty where
        nothing is known to be right or wrong.

    Examples
    --------
    >>> from simnb import Indexer
    >>> from simnb.widgets.neighbor_viewer.ranking import ranked
    >>> index = Indexer(embedding_size=1, distance="euclidean")
    >>> ids = index.add([[0.0], [1.0], [3.0]], labels=["cat", "dog", "cat"])
    >>> summary_of(ranked(index, [0.9], k=2, label="dog"))["precision"]
    0.5
    """
    if ranking.right is None or ranking.relevant is None or len(ranking) == 0:
        return {}
    k = len(ranking) if k is None else min(check.positive_integer("k", k), len(ranking))
    near = ranking.take(slice(k))
    lookups = Lookups(near.ids[None], near.distances[None], ranking.right[None, :k].astype(int))
    counts = ([1, 0], [ranking.relevant, max(ranking.others - ranking.relevant, 0)])
    metrics = [PrecisionAtK(k=k), MapAtK(k=k), RecallAtK(k=k)]
    found = evaluate_retrieval(lookups, [1], metrics, counts)
    names = ("precision", "average_precision", "recall")
    values = {name: found[metric.name] for name, metric in zip(names, metrics, strict=True)}
    return {**values, "relevant": ranking.relevant, "k": k}


def compared(one: Ranking, other: Ranking) -> pd.DataFrame:
    """Return two rankings of one query side by side, by the items' ids.

    Parameters
    ----------
    one, other : Ranking
        Such as an approximate index's and an exact one's.

    Returns
    -------
    DataFrame
        One row an item that is in either: `id`, `rank` and `rank_beside` (missing where it
        is not there), `moved` (ranks that it stands nearer in the other), `distance`.
        `attrs["recall"]` is the share of the other's neighbours that are among the first's.

    Examples
    --------
    >>> from simnb import Indexer
    >>> from simnb.widgets.neighbor_viewer.ranking import ranked
    >>> index = Indexer(embedding_size=1, distance="euclidean")
    >>> ids = index.add([[0.0], [1.0], [3.0]])
    >>> found = ranked(index, [0.0], k=3)
    >>> compared(found.take([0, 2]), found)["moved"].tolist()
    [0, 0, <NA>]
    """
    import pandas as pd

    ids = list(dict.fromkeys([*one.ids.tolist(), *other.ids.tolist()]))
    ranks = [dict(zip(own.ids.tolist(), own.ranks.tolist(), strict=True)) for own in (one, other)]
    far = [dict(zip(own.ids.tolist(), own.distances.tolist(), strict=True)) for own in (other, one)]
    here, beside = (pd.array([own.get(item) for item in ids], "Int64") for own in ranks)
    distance = [{**far[0], **far[1]}[item] for item in ids]
    found = pd.DataFrame({"id": ids, "rank": here, "rank_beside": beside, "moved": here - beside})
    found["distance"] = np.array(distance, one.distances.dtype)
    both = len(set(one.ids.tolist()) & set(other.ids.tolist()))
    found.attrs["recall"] = both / len(other) if len(other) else float("nan")
    return found
