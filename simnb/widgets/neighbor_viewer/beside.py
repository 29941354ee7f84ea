"""A second index beside the first, of the same items."""

from __future__ import annotations

from typing import Any

import numpy as np

from simnb import distances
from simnb.indexer import Indexer
from simnb.widgets.neighbor_viewer.catalogue import rows_of_ids


def checked_beside(beside: Any, index: Indexer) -> Any:
    """Return an index beside, True for an exact twin, or None; refuse one of other items."""
    if beside is None or beside is True:
        return beside
    if not isinstance(beside, Indexer):
        raise ValueError(
            "`beside` must be an Indexer over the same items, or True for an exact one. "
            f"Received: {type(beside).__name__}"
        )
    if beside.embedding_size != index.embedding_size or not _same_items(beside, index):
        raise ValueError(
            "`beside` must hold the items that `source` holds, by their ids, as `with_search` does. "
            f"Received: {beside!r} beside {index!r}"
        )
    return beside


def _same_items(one: Indexer, other: Indexer) -> bool:
    """Whether the same ids are of the same embeddings; by the cosine their lengths are nothing."""
    rows = rows_of_ids(one.ids, other.ids)
    if len(one) != len(other) or (rows < 0).any():
        return False
    left, right = one.embeddings[rows], other.embeddings
    if "cosine" in (one.distance.name, other.distance.name):
        left, right = (distances.get("cosine").prepare(own, np) for own in (left, right))
    return bool(np.allclose(left, right, rtol=1e-4, atol=1e-6))
