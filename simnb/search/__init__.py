"""Nearest-neighbour engines, one a file; `exact` and `nmslib` come with simnb."""

from simnb.search.base import Search, find, names
from simnb.search.exact import ExactSearch
from simnb.search.nmslib import NMSLibSearch

LinearSearch = ExactSearch  # its name in TensorFlow Similarity

__all__ = ["ExactSearch", "LinearSearch", "NMSLibSearch", "Search", "find", "names"]
