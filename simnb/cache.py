"""The folder for what simnb can make again: features of a frozen network, models of lessons."""

from __future__ import annotations

import os
from pathlib import Path

import platformdirs


def folder(name: str) -> Path:
    """Return the folder of that name in `$SIMNB_CACHE`, or in the user's cache folder; it may not be there yet."""
    own = os.environ.get("SIMNB_CACHE")
    return (Path(own).expanduser() if own else platformdirs.user_cache_path("simnb")) / name
