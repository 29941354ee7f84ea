"""Labels of any kind and width are compared exactly."""

import numpy as np
import pytest

from simnb.labels import among, equal, same_kind

EDGES = [-(2**63), -1, 0, 1, 2**53, 2**53 + 1, 2**63 - 1]
LARGE = [0, 1, 2**53, 2**53 + 1, 2**63 - 1, 2**63, 2**64 - 1]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (np.array(EDGES, np.int64), np.array(LARGE, np.uint64)),
        (np.array(LARGE, np.uint64), np.array(EDGES, np.int64)),
        (np.array([-1, 3, 127], np.int8), np.array([3, 127, 255], np.uint8)),
        (np.array(["a", "b", ""]), np.array(["b", "long"])),
        (np.array([True, False]), np.array([True])),
    ],
)
def test_labels_are_compared_as_python_compares_them(one, other):
    wanted = [[a == b for b in other.tolist()] for a in one.tolist()]
    assert equal(one[:, None], other).tolist() == wanted
    assert among(one, other).tolist() == [any(row) for row in wanted]


def test_no_label_is_among_no_classes():
    assert among(np.array([1, 2]), np.array([], np.uint8)).tolist() == [False, False]


def test_strings_and_integers_are_told_apart_by_name():
    with pytest.raises(ValueError, match=r"`mine` must be .* labels, integers. Received: strings"):
        same_kind("mine", np.array(["a"]), np.array([1]))
    same_kind("mine", np.array([1], np.uint8), np.array([1]))
