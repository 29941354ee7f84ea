"""Paths as a source of examples, and the files of a folder with one folder a class."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence, Set
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simnb import check
from simnb.samplers.examples import Source, stacked
from simnb.samplers.images import ImageReader, oddity_of

IMAGE_SUFFIXES = (".bmp", ".gif", ".jpeg", ".jpg", ".png", ".tif", ".tiff", ".webp")


def files_by_folder(
    directory: str | os.PathLike[str], suffixes: Collection[str] | None = IMAGE_SUFFIXES
) -> tuple[list[str], list[str]]:
    """Return the paths of files in a folder with one folder a class, and the names of their classes.

    Parameters
    ----------
    directory : path
        Files may lie in folders below a class's folder; those that lie beside the
        classes' folders are passed over, and so are hidden ones. A class's folder may be
        a link, but not to a folder that holds `directory`; below it, links to folders are
        not followed. A class without files is none.
    suffixes : collection of str, optional
        Endings of the files to return, in any case. Default: those of images. None: all.

    Returns
    -------
    paths : list of str
        Class by class, sorted.
    labels : list of str

    Raises
    ------
    ValueError
        There is no such folder, or fewer than two classes have files in it.
    """
    root = os.fspath(directory)
    if not os.path.isdir(root):
        raise ValueError(f"`directory` must be a folder. Received: directory={root!r}")
    if isinstance(suffixes, str):
        raise ValueError(
            f"`suffixes` must be a collection of endings. Received: suffixes={suffixes!r}"
        )
    endings = None if suffixes is None else tuple(suffix.lower() for suffix in suffixes)
    classes = sorted(entry.name for entry in _visible(root) if _is_class(entry, root))
    found = {name: sorted(_files(os.path.join(root, name), endings)) for name in classes}
    filled = [name for name in classes if found[name]]
    if len(filled) < 2:
        raise ValueError(
            "`directory` must hold one folder a class, and files in two of them or more"
            + (f" (ending in {', '.join(endings)})" if endings is not None else "")
            + f". Received: {root!r} with {len(classes)} folders, of which {filled or 'none'} has files"
        )
    paths = [path for name in filled for path in found[name]]
    return paths, [name for name in filled for _ in found[name]]


def _visible(folder: str) -> Iterator[os.DirEntry[str]]:
    with os.scandir(folder) as entries:
        yield from (entry for entry in entries if not entry.name.startswith("."))


def _is_class(entry: os.DirEntry[str], root: str) -> bool:
    if not entry.is_symlink():
        return entry.is_dir()
    target = os.path.realpath(entry)
    return os.path.isdir(target) and not Path(root).resolve().is_relative_to(target)


def _files(folder: str, endings: tuple[str, ...] | None) -> Iterator[str]:
    for entry in _visible(folder):
        if entry.is_dir(follow_symlinks=False):  # a link may lead back up
            yield from _files(entry.path, endings)
        elif _is_file(entry) and (endings is None or entry.name.lower().endswith(endings)):
            yield entry.path


def _is_file(entry: os.DirEntry[str]) -> bool:
    # `entry.is_file` raises where links lead round in a circle.
    return os.path.isfile(entry) if entry.is_symlink() else entry.is_file()


class Files(Source):
    """Examples in files, each read when it is asked for; the faulty ones refused or noted.

    Parameters
    ----------
    paths : sequence of paths
    reader : callable
        From paths to their examples, stacked if it can, and the errors by place.
    on_faulty : {"raise", "skip"}
    on_unusual : {"convert", "raise", "skip"}

    Attributes
    ----------
    paths : list of str
    faults : dict
        The error of each faulty file that was met; it is not tried again.
    """

    def __init__(
        self,
        paths: Sequence[str | os.PathLike[str]],
        reader: Callable[[Sequence[str]], tuple[Any, dict[int, Exception]]],
        on_faulty: str = "raise",
        on_unusual: str = "convert",
    ) -> None:
        self._on_faulty = check.one_of("on_faulty", on_faulty, ("raise", "skip"))
        self._on_unusual = check.one_of("on_unusual", on_unusual, ("convert", "skip", "raise"))
        self.paths = _paths(paths)
        self.faults: dict[str, Exception] = {}
        self._reader = reader
        self.uses_tensorflow = isinstance(reader, ImageReader)
        self._ordinary: set[str] = set()

    def __len__(self) -> int:
        return len(self.paths)

    def gather(self, rows: NDArray[np.int64]) -> NDArray[Any]:
        """Return the examples at these rows, stacked; refuse them if one is faulty."""
        examples, faulty = self.read(rows)
        for place, error in faulty.items():
            self._refuse(self.paths[rows[place]], error)
        return self.stack(examples)

    def one_of(self, rows: NDArray[np.int64]) -> NDArray[Any]:
        """Return the example of the first of these files that can be read."""
        for row in rows:
            found, faulty = self.read(np.array([row]))
            if not faulty:
                return self.stack(found)[0]
        return self.gather(rows[:1])[0]

    def read(self, rows: NDArray[np.int64]) -> tuple[Any, dict[int, Exception]]:
        """Return the examples at these rows, and the errors of those to skip, by place.

        The examples are an array if all could be read and have one shape, else a list with
        None for those that could not.
        """
        paths = [self.paths[row] for row in rows]
        self._look_for_unusual(paths)
        known = {place: self.faults[p] for place, p in enumerate(paths) if p in self.faults}
        rest = [place for place in range(len(paths)) if place not in known]
        if not rest:
            return [None] * len(paths), known
        found, errors = self._reader([paths[place] for place in rest])
        for number, error in errors.items():
            if self._on_faulty == "raise":
                self._refuse(paths[rest[number]], error)
            known[rest[number]] = self.faults[paths[rest[number]]] = error
        if not known:
            return found, {}
        examples: list[Any] = [None] * len(paths)
        for place, example in zip(rest, found, strict=True):
            examples[place] = example
        return examples, known

    def stack(self, examples: Any) -> NDArray[Any]:
        """Return examples, as `read` returns them, in one array."""
        if isinstance(examples, np.ndarray):
            return examples
        return stacked(examples, "; `image_size` makes one shape of images")

    def _look_for_unusual(self, paths: Sequence[str]) -> None:
        if self._on_unusual == "convert":
            return
        new = [path for path in set(paths) - self._ordinary if path not in self.faults]
        if not new:
            return
        with ThreadPoolExecutor(os.cpu_count()) as pool:
            oddities = list(pool.map(oddity_of, new))
        for path, oddity in zip(new, oddities, strict=True):
            if oddity is None:
                self._ordinary.add(path)
            elif self._on_unusual == "raise":
                self._refuse(path, ValueError(oddity))
            else:
                self.faults[path] = ValueError(oddity)

    def _refuse(self, path: str, error: Exception) -> None:
        way_out = "" if path in self.faults else '; `on_faulty` and `on_unusual` can be "skip"'
        raise ValueError(
            f"Every file must be a whole example. Received: {path}: {error}{way_out}"
        ) from error


def _paths(paths: Any) -> list[str]:
    unordered = isinstance(paths, (Set, Mapping))
    if isinstance(paths, (str, bytes)) or unordered or not hasattr(paths, "__len__"):
        raise ValueError(
            f"`x` must be a list of paths. Received: {paths!r}; of a folder, see `from_directory`"
        )
    listed = paths.tolist() if isinstance(paths, np.ndarray) else list(paths)
    wrong = [path for path in listed if not isinstance(path, (str, os.PathLike))]
    if wrong:
        raise ValueError(f"`x` must be a list of paths. Received: one of {type(wrong[0]).__name__}")
    return [os.fspath(path) for path in listed]
