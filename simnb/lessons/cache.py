"""What one lesson leaves for the next, in the user's cache folder."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import platformdirs


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
    """
    path = _path(name)
    if not path.exists():
        return None
    from simnb.models import load_model

    return load_model(path)


def _path(name: str) -> Path:
    if not name.replace("-", "").replace("_", "").isalnum():
        raise ValueError(f"`name` must be a word. Received: name={name!r}")
    own = os.environ.get("SIMNB_CACHE")
    folder = Path(own).expanduser() if own else platformdirs.user_cache_path("simnb")
    return folder / "lessons" / f"{name}.keras"
