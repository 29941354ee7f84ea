"""Features on disk: found whole or not at all, and written beside before they are named."""

from __future__ import annotations

import errno
import hashlib
import io
import os
import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from simnb import cache

__all__ = ["clear", "find", "header", "keep", "mapped", "place", "require_space"]

_DIGITS = 32


def clear(folder: str | os.PathLike[str] | None = None) -> int:
    """Delete all cached features, and return how many bytes they took.

    Parameters
    ----------
    folder : path, optional
        Default: as `cached`. Other files in it are left alone, and so is what cannot be
        deleted.
    """
    freed = 0
    for path in place(folder).glob("*"):
        stem, _, rest = path.name.lstrip(".").partition("-")
        ours = len(stem) == _DIGITS and not set(stem) - set("0123456789abcdef")
        if ours and path.suffix in (".npy", ".tmp") and len(rest) == _DIGITS + 4:
            try:
                size = path.stat().st_size
                path.unlink()
            except OSError:
                continue  # another process has just deleted it; Windows keeps what is in use
            freed += size
    return freed


def place(folder: str | os.PathLike[str] | None) -> Path:
    """Return the folder that features are kept in."""
    return cache.folder("features") if folder is None else Path(folder).expanduser()


def find(folder: Path, key: bytes) -> Iterator[NDArray[np.float32]]:
    """Yield the features of a key; what is not as it was written is deleted.

    There are several where the same key has been given different features.
    """
    for path in folder.glob(f"{_name(key)}-*.npy"):
        try:
            digest = hashlib.sha256()
            with path.open("rb") as file:
                while chunk := file.read(2**20):
                    digest.update(chunk)
            if path.stem == f"{_name(key)}-{_name(digest.digest())}":
                yield mapped(path)
            else:
                path.unlink()
        except OSError:
            continue  # gone by now, or neither to be read nor deleted


def keep(folder: Path, key: bytes, contents: Iterator[bytes]) -> Path:
    """Write a file beside and rename it: whoever looks for it finds all of it or nothing."""
    beside = folder / f".{_name(key)}-{uuid.uuid4().hex}.tmp"
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
        path = folder / f"{_name(key)}-{_name(digest.digest())}.npy"
        with _naming(folder):
            os.replace(beside, path)
    finally:
        beside.unlink(missing_ok=True)
    return path


def mapped(path: Path) -> NDArray[np.float32]:
    """Return the features in a file, read when they are asked for."""
    features: NDArray[np.float32] = np.load(path, mmap_mode="r", allow_pickle=False)
    return features


def header(shape: tuple[int, ...]) -> bytes:
    """Return what a `.npy` file of float32 begins with."""
    start = io.BytesIO()
    np.lib.format.write_array_header_1_0(
        start, {"descr": "<f4", "fortran_order": False, "shape": shape}
    )
    return start.getvalue()


def require_space(folder: Path, needed: int) -> None:
    """Refuse what the disk has no room for, before anything is computed."""
    free = shutil.disk_usage(folder).free
    if needed > free:
        with _naming(folder):
            raise OSError(
                errno.ENOSPC, f"{needed / 1e6:,.1f} MB are needed, {free / 1e6:,.1f} MB are free"
            )


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


def _name(digest: bytes) -> str:
    return digest.hex()[:_DIGITS]
