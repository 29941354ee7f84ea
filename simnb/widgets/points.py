"""What a widget is given, of whatever library it comes, as NumPy arrays."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from simnb.indexer import Indexer

MOST = 2_000_000  # a selection of them still fits the 10 MiB that Jupyter's server lets through
_SMALLEST = 8  # pixels of an image's side; a smaller matrix is numbers


@dataclass(frozen=True)
class Points:
    """The items that a widget shows.

    Attributes
    ----------
    embeddings : float32 [n, d]
    labels : sequence of n, or None
    images : sequence of n, or None
    metadata : dict of columns, each a sequence of n
    index : Indexer, or None
        That the embeddings were taken from.
    """

    embeddings: NDArray[np.float32]
    labels: Any
    images: Any
    metadata: dict[str, Any]
    index: Indexer | None


def read_points(source: Any, labels: Any, images: Any, metadata: Any) -> Points:
    """Read embeddings, or an Indexer or a model whose index has them, labels and data.

    Raises
    ------
    ValueError
        A number of items differs, a shape is wrong, or the model has no index yet.
    """
    index = _index_of(source)
    if index is None:
        embeddings = matrix_of(source)
        columns = _columns("metadata", metadata, len(embeddings))
    else:
        embeddings = index.embeddings
        labels = index.labels if labels is None else labels
        stored = index.data
        if images is None and any(is_picture(item) for item in stored):
            images = [item if is_picture(item) else None for item in stored]
        if metadata is None and any(isinstance(item, Mapping) for item in stored):
            metadata = [item if isinstance(item, Mapping) else {} for item in stored]
        columns = _columns("metadata", metadata, len(embeddings))
    count = len(embeddings)
    if count > MOST:
        raise ValueError(
            f"`embeddings` must have at most {MOST:,} rows. Received: {count:,}; show a sample of them"
        )
    labels = None if labels is None else _vector("labels", labels, count)
    return Points(embeddings, labels, images, columns, index)


def matrix_of(value: Any, name: str = "embeddings") -> NDArray[np.float32]:
    """Return embeddings of NumPy, pandas, torch, TensorFlow or JAX as float32 [n, d].

    Rows that are not finite stay as they are; a warning names them.

    Raises
    ------
    ValueError
        It is no matrix of numbers.
    """
    rows = numbers_of(name, value)
    if rows.size == 0 and len(rows):
        raise ValueError(f"`{name}` must have shape [n, d], d > 0. Received: shape {rows.shape}")
    bad = np.flatnonzero(~np.isfinite(rows).all(axis=1))
    if len(bad):
        shown = ", ".join(map(str, bad[:10])) + (", …" if len(bad) > 10 else "")
        warnings.warn(
            f"`{name}` has NaN or inf in {len(bad)} of {len(rows)} rows, which are left out: {shown}",
            stacklevel=4,
        )
    return rows


def numbers_of(name: str, value: Any) -> NDArray[np.float32]:
    """Return numbers of whatever library as float32 [n, d], row by row in memory.

    Raises
    ------
    ValueError
        It is no matrix of real numbers.
    """
    try:
        found = np.asarray(array_of(value))
        if found.dtype.kind in "cMmUS":
            raise TypeError("complex numbers, times and texts are no embeddings")
        with np.errstate(over="ignore"):  # what float32 cannot hold becomes inf
            rows = np.ascontiguousarray(found, np.float32)
    except (TypeError, ValueError) as error:
        raise ValueError(
            f"`{name}` must be a numeric array of shape [n, d]. Received: {type(value).__name__} ({error})"
        ) from error
    if rows.size == 0 and rows.ndim == 1:
        rows = rows.reshape(0, 0)
    if rows.ndim != 2:
        raise ValueError(f"`{name}` must have shape [n, d]. Received: shape {rows.shape}")
    return rows


def coordinates_of(
    name: str, value: Any, count: int, dimensions: Sequence[int]
) -> NDArray[np.float32]:
    """Return coordinates of so many items as a new float32 [n, d]; a row that is not finite is NaN.

    Raises
    ------
    ValueError
        They are not numbers, or of another shape.
    """
    rows = numbers_of(name, value)
    if rows.shape not in {(count, own) for own in dimensions}:
        shapes = " or ".join(f"[{count}, {own}]" for own in dimensions)
        raise ValueError(f"`{name}` must have shape {shapes}. Received: shape {rows.shape}")
    return np.where(np.isfinite(rows).all(axis=1, keepdims=True), rows, np.float32(np.nan))


def array_of(value: Any) -> Any:
    """Return a tensor, on whatever device and with whatever gradient, as NumPy can read it."""
    if hasattr(value, "detach"):  # torch, whose bfloat16 NumPy does not know either
        value = value.detach().cpu()
        return value.float().numpy() if value.is_floating_point() else value.numpy()
    if np.ma.isMaskedArray(value) and value.dtype.kind in "iuf":
        return np.ma.filled(value.astype(np.float64), np.nan)
    return value


def is_picture(value: Any) -> bool:
    """Whether a value is an image: large enough, with 1, 3 or 4 channels."""
    if isinstance(value, Image.Image):
        return True
    if not isinstance(value, np.ndarray) or value.dtype.kind not in "biuf":
        return False
    channels = value.ndim == 2 or (value.ndim == 3 and value.shape[2] in (1, 3, 4))
    return channels and min(value.shape[:2]) >= _SMALLEST


def images_in(x: Any) -> Any:
    """Return a model's inputs as an array [n, h, w] or [n, h, w, c] if they are images, else None."""
    if len(getattr(x, "shape", ())) not in (3, 4):
        return None
    found = np.asarray(array_of(x))
    return found if len(found) and is_picture(found[0]) else None


def _index_of(source: Any) -> Indexer | None:
    if isinstance(source, Indexer):
        return source
    if not hasattr(source, "index_summary"):
        return None
    # A SimilarityModel, which this half of the house does not know.
    index = getattr(source, "_index", None)
    if index is None or len(index) == 0:
        raise ValueError(
            "`embeddings` is a model without indexed items: call `model.index(x, y, data=x)` first, "
            "or pass `model.embed(x)`."
        )
    found: Indexer = index
    return found


def _columns(name: str, value: Any, count: int) -> dict[str, Any]:
    """Metadata as columns: of a DataFrame, a dict of sequences, or a sequence of dicts."""
    if value is None:
        return {}
    found: list[tuple[Any, Any]]
    if hasattr(value, "columns") and hasattr(value, "iloc"):
        found = [(column, value.iloc[:, place]) for place, column in enumerate(value.columns)]
    elif isinstance(value, Mapping):
        found = list(value.items())
    elif isinstance(value, Sequence) and all(isinstance(row, Mapping) for row in value):
        keys = dict.fromkeys(key for row in value for key in row)
        found = [(key, [row.get(key) for row in value]) for key in keys]
    else:
        raise ValueError(
            f"`{name}` must be a DataFrame, a dict of columns or a list of dicts, one an embedding. "
            f"Received: {type(value).__name__}"
        )
    if isinstance(value, Sequence) and len(value) != count:
        raise ValueError(
            f"`{name}` must have one dict for each of {count} embeddings. Received: {len(value)}"
        )
    columns: dict[str, Any] = {}
    for key, column in found:
        title = str(key)
        if title in columns:
            raise ValueError(
                f"`{name}` must have columns of different names. Received: two {title!r}"
            )
        columns[title] = _vector(f"{name}[{title!r}]", column, count)
    return columns


def _vector(name: str, value: Any, count: int) -> Any:
    """One value an item; whatever it is, `value[row]` goes by place."""
    value = array_of(value)
    if hasattr(value, "iloc"):  # of pandas, which would go by its own index
        plain = isinstance(value.dtype, np.dtype)
        value = value.to_numpy() if plain else value.reset_index(drop=True)
    elif hasattr(value, "__array__"):
        of_texts = getattr(getattr(value, "dtype", None), "name", "") == "string"  # TensorFlow's
        value = np.asarray(value)
        if of_texts:
            value = np.char.decode(value.astype(bytes), "utf-8", "replace")
    if not hasattr(value, "__len__") or isinstance(value, (str, bytes, Mapping, Set)):
        raise ValueError(
            f"`{name}` must have one value for each of {count} embeddings. Received: {value!r:.80}"
        )
    if getattr(value, "ndim", 1) == 2 and value.shape[1] == 1:
        value = np.asarray(value)[:, 0]
    if len(value) != count:
        raise ValueError(
            f"`{name}` must have one value for each of {count} embeddings. Received: {len(value)}"
        )
    if getattr(value, "ndim", 1) > 1:
        raise ValueError(
            f"`{name}` must have one value an embedding, shape [{count}]. Received: shape "
            f"{tuple(value.shape)}; for one-hot rows pass `np.argmax(y, axis=1)`"
        )
    return value
