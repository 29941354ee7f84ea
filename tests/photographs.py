"""Photographs for the tests that need them: the real ones where they are, else drawn ones."""

import os
import tempfile
from pathlib import Path

from tests import drawn_images

BESIDE = Path(__file__).parents[2] / "shared/data/tensorflow_datasets"
NAMES = {"cifar10": "CIFAR-10", "oxford_iiit_pet": "Oxford Pets"}
_DRAW = {
    "cifar10": drawn_images.draw_cifar10,
    "oxford_iiit_pet": drawn_images.draw_oxford_iiit_pet,
}
_FOLDER = tempfile.TemporaryDirectory(prefix="simnb-photographs-")  # gone with the session


def provide(names, folder=None, beside=BESIDE):
    """Let `simnb.datasets` find these data sets in this session, and in the kernels it starts.

    Returns those that had to be drawn.
    """
    from simnb import datasets

    missing = [name for name in names if datasets.find(name) is None]
    if not missing:
        return []
    folder = Path(folder or _FOLDER.name)
    _link_other_data_sets(folder, missing)
    os.environ["TFDS_DATA_DIR"] = str(folder)
    for name in missing:
        if (beside / name).is_dir():
            (folder / name).symlink_to(beside / name)  # and no other data set
        else:
            _DRAW[name](folder)
    return [name for name in missing if not (beside / name).is_dir()]


def _link_other_data_sets(folder, missing):
    own = os.environ.get("TFDS_DATA_DIR")
    for place in Path(own).expanduser().glob("*") if own else ():
        if place.name not in missing:
            (folder / place.name).symlink_to(place.resolve())
