"""The index: embeddings in, neighbours with labels and data out. NumPy only."""

from simnb.indexer.indexer import Indexer
from simnb.indexer.loading import load_index

__all__ = ["Indexer", "load_index"]
