"""Opening an index that was saved, alone or inside a model."""

from __future__ import annotations

import os
import zipfile
import zlib
from pathlib import Path
from tempfile import TemporaryDirectory

from simnb import archive
from simnb.indexer.indexer import Indexer


def load_index(path: str | os.PathLike[str]) -> Indexer:
    """Open an index, without Keras: a folder, or the one inside a `.keras` file.

    Raises
    ------
    FileNotFoundError, ValueError
        There is no index at `path`, or it is damaged.
    """
    path = Path(path)
    if path.is_dir():
        inside = path / "assets" / "index"  # a .keras model saved unzipped
        return Indexer.load(inside if archive.is_archive(inside) else path)
    if not path.exists():
        raise FileNotFoundError(f"There is nothing at: {path}")
    if not zipfile.is_zipfile(path):
        raise ValueError(f"{path} is neither an index folder nor a .keras file.")
    with zipfile.ZipFile(path) as packed, TemporaryDirectory() as folder:
        names = [name for name in packed.namelist() if name.startswith("assets/index/")]
        if not names:
            raise ValueError(f"{path} holds no index: the model was saved without one.")
        try:
            packed.extractall(folder, names)
        except (zipfile.BadZipFile, zlib.error, EOFError) as error:
            raise ValueError(f"{path} is damaged: {error}") from error
        return Indexer.load(Path(folder) / "assets" / "index")
