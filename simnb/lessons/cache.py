"""What one lesson leaves for the next, in the user's cache folder."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from simnb import cache


def keep(model: Any, name: str) -> Path:
    """Save a trained model for later lessons, and say where.

    Parameters
    ----------
    model : SimilarityModel
    name : str
        A word; a model of that name that was kept earlier is replaced.

    Returns
    -------
    Path
        Of the `.keras` file, in `$SIMNB_CACHE` or the user's cache folder.
    """
    path = _path(name)
    path.parent.mkdir(parents=True, exist_ok=True)
    model.save(path)
    print(f"kept as {name!r}: {path.stat().st_size / 1e6:.1f} MB in the cache folder")
    return path


def kept(name: str) -> Any:
    """Return the model that an earlier lesson kept, or None.

    Parameters
    ----------
    name : str

    Raises
    ------
    ValueError
        The file is damaged, or of a version that cannot be read.
    """
    path = _path(name)
    if not path.exists():
        return None
    from simnb.models import load_model

    try:
        return load_model(path)
    except Exception as error:  # Keras has many for what is wrong with a file
        raise ValueError(
            f"The model kept as {name!r} cannot be read ({error}). Delete {path} and run the lesson "
            "that keeps it again."
        ) from error


def _path(name: str) -> Path:
    if not name.replace("-", "").replace("_", "").isalnum():
        raise ValueError(f"`name` must be a word. Received: name={name!r}")
    return cache.folder("lessons") / f"{name}.keras"
