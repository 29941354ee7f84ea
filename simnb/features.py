"""What a frozen backbone makes of a data set, computed once and kept on disk."""

from __future__ import annotations

import errno
import hashlib
import io
import json
import math
import os
import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import keras
import numpy as np
import platformdirs
from numpy.typing import NDArray
from tqdm.auto import tqdm

from simnb.models import SimilarityModel
from simnb.models.embedding import batches, compiled_forward, yields_batches

__all__ = ["cached", "clear", "split"]

_FORMAT = 1
_DIGITS = 32


def split(model: SimilarityModel, at: str = "pooling") -> tuple[keras.Model, SimilarityModel]:
    """Return the part of a model up to a layer, and the rest; both share its weights.

    The rest, the head, trains on what `cached` returns for the first part. What it learns
    the whole model has learned.

    Parameters
    ----------
    model : SimilarityModel
        Of one output, such as those of `simnb.architectures`.
    at : str, default "pooling"
        The name of the layer whose output the head takes.

    Raises
    ------
    ValueError
        There is no such layer, nothing comes after it, or other layers go round it.

    Examples
    --------
    >>> from simnb.architectures import EfficientNetSim
    >>> model = EfficientNetSim((64, 64, 3), embedding_size=32, variant="lite0")
    >>> backbone, head = split(model)
    >>> backbone.output_shape, head.input_shape, head.output_shape
    ((None, 1280), (None, 1280), (None, 32))
    """
    names = [layer.name for layer in model.layers]
    if at not in names:
        raise ValueError(f"`at` must be one of the layers {', '.join(names)}. Received: at={at!r}")
    cut = model.get_layer(at).output
    if cut is model.output:
        raise ValueError(f"`at` must be a layer before the last. Received: at={at!r}")
    refusal = f"`at` must be a layer that nothing goes round. Received: at={at!r}"
    try:
        head = SimilarityModel(cut, model.output, name=f"{model.name}_head")
    except ValueError as error:
        raise ValueError(refusal) from error
    if sum(isinstance(layer, keras.layers.InputLayer) for layer in head.layers) > 1:
        raise ValueError(refusal)  # an older Keras has kept the model's own input
    return keras.Model(model.input, cut, name=f"{model.name}_backbone"), head


def cached(
    model: keras.Model,
    x: Any,
    folder: str | os.PathLike[str] | None = None,
    batch_size: int = 64,
    verbose: int = 1,
) -> NDArray[np.float32]:
    """Return a model's outputs for examples, from disk where they have been computed before.

    They are kept under a name made of the model's weights and layers, of the examples'
    values and of the outputs' own: whatever changes, they are computed anew, and a file
    that is not whole is never used. It is a cache: files of it may be deleted at any time.

    Parameters
    ----------
    model : keras.Model
        A functional model of one output, such as the first part that `split` returns.
    x : array, memory map, sampler's `x`, list or dict of them
        Anything that `simnb.SimilarityModel.embed` takes, save what yields batches.
    folder : path, optional
        Default: `$SIMNB_CACHE`, or the user's cache folder.
    batch_size : int, default 64
    verbose : int, default 1
        1 shows a progress bar, if it takes longer than a second.

    Returns
    -------
    float32 memory map [n, ...], read-only

    Raises
    ------
    OSError
        The disk is full or cannot be written to; nothing is left behind.
    ValueError
        x is None or empty, yields batches, or is of a shape that the model does not take.
    """
    if yields_batches(x):
        raise ValueError(
            "`x` must be arrays: what yields batches may yield others the next time. "
            f"Received: {type(x).__name__}"
        )
    place = _folder(folder)
    key = _key(model, x, batch_size)
    found = _found(place, key)
    if found is not None and _is_fresh(found, model, x):
        return found
    return _mapped(_keep(place, key, _contents(place, model, x, batch_size, verbose)))


def clear(folder: str | os.PathLike[str] | None = None) -> int:
    """Delete all cached features, and return how many bytes they took.

    Parameters
    ----------
    folder : path, optional
        Default: as `cached`. Other files in it are left alone.
    """
    freed = 0
    for path in _folder(folder).glob("*"):
        stem, _, rest = path.name.lstrip(".").partition("-")
        ours = len(stem) == _DIGITS and not set(stem) - set("0123456789abcdef")
        if ours and path.suffix in (".npy", ".tmp") and len(rest) == _DIGITS + 4:
            freed += path.stat().st_size
            path.unlink()
    return freed


def _folder(folder: str | os.PathLike[str] | None) -> Path:
    if folder is not None:
        return Path(folder).expanduser()
    own = os.environ.get("SIMNB_CACHE")
    return (Path(own).expanduser() if own else platformdirs.user_cache_path("simnb")) / "features"


def _found(folder: Path, key: str) -> NDArray[np.float32] | None:
    """Return the features of that key; delete them if they are not what was written."""
    for path in folder.glob(f"{key}-*.npy"):
        try:
            digest = hashlib.sha256()
            with path.open("rb") as file:
                while chunk := file.read(2**20):
                    digest.update(chunk)
            if path.stem == f"{key}-{digest.hexdigest()[:_DIGITS]}":
                return _mapped(path)
            path.unlink()
        except FileNotFoundError:
            continue  # another process has just deleted it
    return None


def _keep(folder: Path, key: str, contents: Iterator[bytes]) -> Path:
    """Write a file beside and rename it: whoever looks for it finds all of it or nothing."""
    beside = folder / f".{key}-{uuid.uuid4().hex}.tmp"
    digest = hashlib.sha256()
    with _naming(folder):
        folder.mkdir(parents=True, exist_ok=True)
        file = beside.open("wb", buffering=0)  # closing it has nothing left to write
    try:
        with file:
            for content in contents:
                digest.update(content)
                left = memoryview(content)
                with _naming(folder):
                    while left:
                        left = left[file.write(left) :]
        path = folder / f"{key}-{digest.hexdigest()[:_DIGITS]}.npy"
        with _naming(folder):
            os.replace(beside, path)
    finally:
        beside.unlink(missing_ok=True)
    return path


@contextmanager
def _naming(folder: Path) -> Iterator[None]:
    """Say of an error of the disk which folder it concerns, and what to do."""
    try:
        yield
    except OSError as error:
        raise OSError(
            error.errno,
            f"The features could not be kept in {folder} ({error.strerror}). "
            "Pass another `folder`, or delete old ones with `simnb.features.clear()`",
        ) from error


def _mapped(path: Path) -> NDArray[np.float32]:
    features: NDArray[np.float32] = np.load(path, mmap_mode="r", allow_pickle=False)
    return features


def _is_fresh(features: NDArray[np.float32], model: keras.Model, x: Any) -> bool:
    """Whether the model still makes of the first example what it did.

    Layers of one's own can be written anew, and Keras too, with the same weights and settings.
    """
    parts, _ = batches(model, x, 1)
    first, _ = next(parts)
    outputs = keras.ops.convert_to_numpy(model(first, training=False)).astype(np.float32)
    return features[:1].shape == outputs.shape and np.allclose(
        features[:1], outputs, rtol=0.01, atol=0.01 * float(np.abs(outputs).max())
    )


def _contents(
    folder: Path, model: keras.Model, x: Any, batch_size: int, verbose: int
) -> Iterator[bytes]:
    """Yield a `.npy` file of the features, batch by batch; refuse at once what the disk has no room for."""
    forward = compiled_forward(model, 0)
    parts, size = batches(model, x, batch_size)
    bar = tqdm(
        total=size, desc="features", unit=" examples", delay=1.0, leave=False, disable=not verbose
    )
    with bar:
        for number, (inputs, _) in enumerate(parts):
            features = np.ascontiguousarray(forward(inputs), dtype="<f4")
            if number == 0:
                shape = (size, *features.shape[1:])
                _require_space(folder, 4 * math.prod(shape))
                yield _header(shape)
            yield features.tobytes()
            bar.update(len(features))


def _header(shape: tuple[int, ...]) -> bytes:
    start = io.BytesIO()
    np.lib.format.write_array_header_1_0(
        start, {"descr": "<f4", "fortran_order": False, "shape": shape}
    )
    return start.getvalue()


def _require_space(folder: Path, needed: int) -> None:
    free = shutil.disk_usage(folder).free
    if needed > free:
        with _naming(folder):
            raise OSError(
                errno.ENOSPC, f"{needed / 1e6:,.0f} MB are needed, {free / 1e6:,.0f} MB are free"
            )


def _key(model: keras.Model, x: Any, batch_size: int) -> str:
    """A name for what a model makes of examples: equal only where weights, layers and values are."""
    layers = _plain(keras.saving.serialize_keras_object(model))
    whole = hashlib.sha256(json.dumps([_FORMAT, layers], sort_keys=True).encode())
    for variable in model.weights:
        weights = keras.ops.convert_to_numpy(variable)
        whole.update(f"{weights.dtype}{weights.shape}".encode() + weights.tobytes())
    inputs: list[Any] = []
    for batch, _ in batches(model, x, batch_size)[0]:
        arrays = [_array(leaf) for leaf in keras.tree.flatten(batch)]
        inputs = inputs or [
            hashlib.sha256(f"{array.dtype}{array.shape[1:]}".encode()) for array in arrays
        ]
        for digest, array in zip(inputs, arrays, strict=True):
            digest.update(_bytes(array))
    for digest in inputs:
        whole.update(digest.digest())
    return whole.hexdigest()[:_DIGITS]


def _array(leaf: Any) -> NDArray[Any]:
    return leaf if isinstance(leaf, np.ndarray) else keras.ops.convert_to_numpy(leaf)


def _bytes(array: NDArray[Any]) -> bytes:
    if array.dtype.kind in "OSU":
        return "".join(f"{text!r}," for text in array.ravel().tolist()).encode()
    return array.tobytes()


def _plain(config: Any) -> Any:
    """A model's configuration without what two models that do the same may differ in.

    Keras numbers the layers that it names itself, for as long as a notebook runs; here
    they are numbered by their place.
    """
    places: dict[str, str] = {}
    for name in _names(config):
        places.setdefault(name, f"layer {len(places)}")

    def plain(value: Any) -> Any:
        if isinstance(value, dict):
            ignored = ("trainable", "compile_config")
            return {key: plain(part) for key, part in value.items() if key not in ignored}
        if isinstance(value, (list, tuple)):
            return [plain(part) for part in value]
        return places.get(value, value) if isinstance(value, str) else value

    return plain(config)


def _names(value: Any) -> Iterator[str]:
    """The names of the layers in a model's configuration, from the outermost in."""
    if isinstance(value, (list, tuple)):
        for part in value:
            yield from _names(part)
    elif isinstance(value, dict):
        config = value.get("config")
        # A dtype policy has a name too, which says what it does.
        if isinstance(config, dict) and (
            "inbound_nodes" in value or {"trainable", "batch_shape", "layers"} & config.keys()
        ):
            yield str(value.get("name") or config.get("name"))
        yield from _names(list(value.values()))
