"""TensorFlow Similarity's `utils`: what its programs call."""

import numpy as np
import pytest

from simnb import utils
from simnb.types import Lookups
from tests.backend import tensorflow_only

FOUND = Lookups(np.array([[0, 1]]), np.array([[0.1234, 0.5]], np.float32), np.array([[3, 4]]))


def test_labels_and_distances_come_out_as_arrays():
    assert utils.unpack_lookup_labels(FOUND, dtype="int32").dtype == np.int32
    assert utils.unpack_lookup_labels(FOUND).tolist() == [[3, 4]]
    assert utils.unpack_lookup_distances(FOUND, dtype="float64", distance_rounding=2).tolist() == [
        [0.12, 0.5]
    ]


def test_labels_of_an_index_without_any_are_refused():
    with pytest.raises(ValueError, match="`lookups` must have labels"):
        utils.unpack_lookup_labels(Lookups(FOUND.ids, FOUND.distances))


@tensorflow_only
def test_memory_growth_is_asked_of_every_gpu(monkeypatch):
    tf = pytest.importorskip("tensorflow")
    asked = []
    monkeypatch.setattr(tf.config, "list_physical_devices", lambda kind: [f"{kind}:0", f"{kind}:1"])
    monkeypatch.setattr(
        tf.config.experimental, "set_memory_growth", lambda device, on: asked.append((device, on))
    )
    utils.tf_cap_memory()
    assert asked == [("GPU:0", True), ("GPU:1", True)]
