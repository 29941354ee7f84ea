"""A folder on disk that is always whole: the old content or the new, never something between.

A folder holds one data folder and `index.json`, which names it, describes it and has a
checksum for every file and for itself. A save writes a new data folder beside the old
one, flushes it to disk, and then replaces `index.json` in one rename; only then does the
old data folder go. A crash at any instant leaves an `index.json` whose files are there.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

__all__ = ["FORMAT", "is_archive", "read", "write"]

FORMAT = 1
_MANIFEST = "index.json"
_DATA = re.compile(r"data-[0-9a-f]{32}")
_TEMPORARY = re.compile(rf"{re.escape(_MANIFEST)}\.{_DATA.pattern}")


def write(
    path: str | os.PathLike[str],
    description: dict[str, Any],
    save: Callable[[Path], None],
    overwrite: bool = True,
) -> None:
    """Write a folder atomically.

    Parameters
    ----------
    path : path
        The folder. Made when it is not there; refused when it holds something else.
    description : dict
        Plain JSON to be kept in `index.json`.
    save : callable
        Called with an empty folder, into which it writes the data files.
    overwrite : bool, default True
        False refuses to replace an index that is there.

    Raises
    ------
    FileExistsError
        `overwrite=False` and there is an index, or `path` holds something else.
    """
    folder = Path(path)
    if folder.exists() and not _is_ours(folder):
        raise FileExistsError(
            f"`path` holds something that is not a simnb index; it is left as it is: {folder}"
        )
    if is_archive(folder) and not overwrite:
        raise FileExistsError(
            f"There is an index already (pass overwrite=True to replace it): {folder}"
        )
    folder.mkdir(parents=True, exist_ok=True)
    data = folder / f"data-{uuid.uuid4().hex}"
    temporary = folder / f"{_MANIFEST}.{data.name}"
    try:
        data.mkdir()
        save(data)
        files = sorted(file for file in data.rglob("*") if file.is_file())
        manifest = {
            "format": FORMAT,
            **description,
            "data": data.name,
            "files": {file.relative_to(data).as_posix(): _sha256(file) for file in files},
        }
        manifest["checksum"] = _checksum(manifest)
        temporary.write_text(json.dumps(manifest, indent=1), encoding="utf-8")
        for written in (*files, temporary, *{file.parent for file in files}, data):
            _flush(written)
        os.replace(temporary, folder / _MANIFEST)
        _flush(folder)
    except BaseException:
        temporary.unlink(missing_ok=True)
        if not _names(folder, data):  # the rename may have gone through before the error
            shutil.rmtree(data, ignore_errors=True)
        raise
    for entry in folder.iterdir():  # the old data, and what a crash may have left
        if _DATA.fullmatch(entry.name) and entry != data:
            shutil.rmtree(entry, ignore_errors=True)
        elif _TEMPORARY.fullmatch(entry.name):
            entry.unlink(missing_ok=True)


def read(path: str | os.PathLike[str]) -> tuple[dict[str, Any], Path]:
    """Return the description and the data folder, every file verified.

    Raises
    ------
    FileNotFoundError
        There is no index at `path`.
    ValueError
        A file is missing, truncated or altered, or the format is a newer one;
        the message names the file.
    """
    folder = Path(path)
    manifest_file = folder / _MANIFEST
    if not manifest_file.is_file():
        raise FileNotFoundError(f"There is no simnb index (no {_MANIFEST}) at: {folder}")
    try:
        manifest = json.loads(manifest_file.read_text(encoding="utf-8"))
    except (ValueError, RecursionError) as error:
        raise ValueError(f"{manifest_file} is damaged: it is not JSON ({error}).") from error
    if not isinstance(manifest, dict) or not isinstance(manifest.get("format"), int):
        raise ValueError(f"{manifest_file} is not a simnb index: it has no format number.")
    if manifest["format"] > FORMAT:
        raise ValueError(
            f"{manifest_file} has format {manifest['format']}; this simnb reads up to {FORMAT}. Upgrade simnb."
        )
    if manifest.get("checksum") != _checksum(manifest):
        raise ValueError(f"{manifest_file} is damaged: its checksum is not the one that was saved.")
    name, files = manifest.get("data"), manifest.get("files")
    if not (isinstance(name, str) and _DATA.fullmatch(name) and isinstance(files, dict)):
        raise ValueError(f"{manifest_file} is damaged: it does not name a data folder beside it.")
    data = folder / name
    _verify(data, files)
    return manifest, data


def is_archive(path: str | os.PathLike[str]) -> bool:
    """Whether there is an `index.json` at `path`."""
    return (Path(path) / _MANIFEST).is_file()


def _is_ours(folder: Path) -> bool:
    """Whether a save may replace what is here: an index, the rest of a crashed save, nothing.

    Others, too, call a file `index.json`; one of ours has a data folder beside it.
    """
    if not folder.is_dir():
        return False
    names = [entry.name for entry in folder.iterdir()]
    if is_archive(folder):
        return any(_DATA.fullmatch(name) for name in names)
    return all(_DATA.fullmatch(name) or _TEMPORARY.fullmatch(name) for name in names)


def _names(folder: Path, data: Path) -> bool:
    """Whether the `index.json` in force is that of this data folder."""
    try:
        manifest = json.loads((folder / _MANIFEST).read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError, RecursionError):
        return False
    return isinstance(manifest, dict) and manifest.get("data") == data.name


def _verify(data: Path, files: dict[str, str]) -> None:
    """Check that the files of a data folder are those that were saved: all, no others, unaltered."""
    found = {file.relative_to(data).as_posix(): file for file in data.rglob("*") if file.is_file()}
    for name, expected in files.items():
        if name not in found:  # nor is a name that leads out of the folder
            raise ValueError(f"{data / name} is missing from the index.")
        if _sha256(found[name]) != expected:
            raise ValueError(
                f"{found[name]} is damaged: its checksum is not the one that was saved."
            )
    for name in sorted(found.keys() - files.keys()):
        if not any(part.startswith(".") for part in Path(name).parts):  # a file manager's
            raise ValueError(f"{found[name]} is not a part of the index; delete it.")


def _checksum(manifest: dict[str, Any]) -> str:
    content = {key: value for key, value in manifest.items() if key != "checksum"}
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def _sha256(file: Path) -> str:
    digest = hashlib.sha256()
    with file.open("rb") as stream:
        while chunk := stream.read(2**20):
            digest.update(chunk)
    return digest.hexdigest()


def _flush(path: Path) -> None:
    if path.is_dir() and os.name == "nt":
        return  # Windows has no handle to flush a folder by
    handle = os.open(path, os.O_RDONLY if os.name != "nt" else os.O_RDWR)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
