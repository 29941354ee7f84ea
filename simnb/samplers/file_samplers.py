"""Balanced batches from files: lists of paths, or a folder with one folder a class."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Mapping, Sequence
from functools import partial
from itertools import islice
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simnb import check
from simnb.samplers.files import IMAGE_SUFFIXES, Files, files_by_folder
from simnb.samplers.images import ImageReader, each
from simnb.samplers.memory_samplers import MultiShotMemorySampler, warn_the_caller
from simnb.samplers.sampler import Augmenter


class MultiShotFileSampler(MultiShotMemorySampler):
    """Batches of exactly C classes with K different files each, read when a batch asks for them.

    As `MultiShotMemorySampler`; images are decoded on all cores, as RGB of 0 to 255.
    With `on_faulty="skip"`, another file of the same class, drawn with the same seed,
    takes the place of one that cannot be read. What is asked for by its place, in `x`
    and `get_slice`, is never replaced: a faulty file is refused there.

    Parameters
    ----------
    x : list of n paths
    y : integers or strings [n]
        Batches carry them as they are; strings as their place in `class_list`.
    load_example_fn : callable, optional
        Turns a path into an example; called on several threads. Default: the file is
        an image that TensorFlow or Pillow can decode.
    classes_per_batch, examples_per_class_per_batch, steps_per_epoch, class_list,
    total_examples_per_class, augmenter, warmup, num_augmentations_per_example, seed :
        As `MultiShotMemorySampler`.
    image_size : (height, width), optional
        Images are stretched to it. Default: as they are, which has to be of one size.
    on_faulty : {"raise", "skip"}, default "raise"
        What to do about a file that cannot be read: gone, empty, cut short, not an image.
    on_unusual : {"convert", "skip", "raise"}, default "convert"
        What to do about an image that is CMYK, of 16 bits a channel, or animated:
        make 8-bit RGB of its first frame, or treat it as faulty.

    Attributes
    ----------
    x, y : views
        The selected examples and labels in one seeded, shuffled order.
    class_list : list
        The classes in use, sorted.
    faulty : mapping
        The files that were skipped up to now, each with what is wrong with it.

    Raises
    ------
    ValueError
        As `MultiShotMemorySampler`. From a batch: a file that cannot be read, by name; a
        class none of whose files can.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> from PIL import Image
    >>> with TemporaryDirectory() as folder:
    ...     paths = [f"{folder}/{i}.png" for i in range(6)]
    ...     for path in paths:
    ...         Image.new("RGB", (8, 8)).save(path)
    ...     sampler = MultiShotFileSampler(paths, [0, 0, 0, 1, 1, 1], image_size=(4, 4), seed=1)
    ...     sampler[0][0].shape
    (4, 4, 4, 3)
    """

    def __init__(
        self,
        x: Sequence[str | os.PathLike[str]],
        y: Any,
        load_example_fn: Callable[[str], Any] | None = None,
        classes_per_batch: int = 2,
        examples_per_class_per_batch: int = 2,
        steps_per_epoch: int = 1000,
        class_list: Sequence[Any] | None = None,
        total_examples_per_class: int | None = None,
        augmenter: Augmenter | None = None,
        warmup: int = 0,
        num_augmentations_per_example: int = 1,
        seed: int | None = None,
        image_size: tuple[int, int] | None = None,
        on_faulty: str = "raise",
        on_unusual: str = "convert",
        **kwargs: Any,
    ) -> None:
        self._files = Files(
            x, _reader(load_example_fn, image_size, on_unusual), on_faulty, on_unusual
        )
        super().__init__(
            self._files,
            y,
            classes_per_batch=classes_per_batch,
            examples_per_class_per_batch=examples_per_class_per_batch,
            steps_per_epoch=steps_per_epoch,
            class_list=class_list,
            total_examples_per_class=total_examples_per_class,
            augmenter=augmenter,
            warmup=warmup,
            num_augmentations_per_example=num_augmentations_per_example,
            seed=seed,
            **kwargs,
        )
        self._classes = np.array(self.class_list)
        self._short_classes: set[int] = set()

    @classmethod
    def from_directory(
        cls,
        directory: str | os.PathLike[str],
        suffixes: Collection[str] | None = IMAGE_SUFFIXES,
        **arguments: Any,
    ) -> MultiShotFileSampler:
        """Return a sampler of the files in a folder that has one folder a class.

        Parameters
        ----------
        directory : path
            Its folders' names are the labels; files may lie in folders below those.
        suffixes : collection of str, optional
            As `files_by_folder`. Default: the endings of images.
        arguments :
            As of the class.

        Raises
        ------
        ValueError
            There is no such folder, or fewer than two classes have files in it.
        """
        paths, labels = files_by_folder(directory, suffixes)
        return cls(paths, labels, **arguments)

    @property
    def faulty(self) -> Mapping[str, str]:
        """The files that were skipped up to now, each with what is wrong with it."""
        return {path: str(error) for path, error in dict(self._files.faults).items()}

    def draw(self, rng: np.random.Generator) -> tuple[NDArray[Any], NDArray[Any]]:
        """Return C × K examples, class by class, and their labels."""
        rows = self._draw_rows(rng)
        examples, faulty = self._files.read(rows)
        k = self.examples_per_class_per_batch
        for start in sorted({place - place % k for place in faulty}):
            places = np.arange(start, start + k)
            bad = [place for place in places.tolist() if place in faulty]
            bad = self._replace(rows, examples, places, bad, rng)
            self._repeat(rows, examples, places, bad, rng)
        return self._files.stack(examples), self._labels[rows]

    def _replace(
        self,
        rows: NDArray[np.int64],
        examples: list[Any],
        places: NDArray[np.int64],
        bad: list[int],
        rng: np.random.Generator,
    ) -> list[int]:
        """Put other files of the class at the bad ones' places; return those that are left."""
        code = self._code(rows[bad[0]])
        members = self._members[self._starts[code] : self._starts[code] + self._counts[code]]
        own = set(rows[places].tolist())
        others = iter([row for row in rng.permutation(members).tolist() if row not in own])
        while bad and (trial := list(islice(others, len(bad)))):
            found, faulty = self._files.read(np.array(trial))
            for place, row in enumerate(trial):
                if place not in faulty:
                    rows[bad[0]], examples[bad[0]] = row, found[place]
                    bad = bad[1:]
        return bad

    def _repeat(
        self,
        rows: NDArray[np.int64],
        examples: list[Any],
        places: NDArray[np.int64],
        bad: list[int],
        rng: np.random.Generator,
    ) -> None:
        """Put files that can be read at the bad ones' places once more: the class has no others."""
        if not bad:
            return
        code = self._code(rows[bad[0]])
        good = [place for place in places.tolist() if place not in bad]
        if not good:
            path = self._files.paths[rows[bad[0]]]
            raise ValueError(
                f"Class {self.class_list[code]!r} must have a file that can be read. "
                f"Received: {self._counts[code]} faulty ones, like {path}: {self._files.faults[path]}"
            )
        for place in bad:
            chosen = good[rng.integers(len(good))]
            rows[place], examples[place] = rows[chosen], examples[chosen]
        if code not in self._short_classes:
            self._short_classes.add(code)
            warn_the_caller(
                f"Class {self.class_list[code]!r} has fewer than {len(places)} files that can be read "
                "(examples_per_class_per_batch); they are drawn with replacement."
            )

    def _code(self, row: int) -> int:
        return int(np.searchsorted(self._classes, self.y.gather(np.array([row]))[0]))


def _reader(
    load: Callable[[str], Any] | None, image_size: tuple[int, int] | None, on_unusual: str
) -> Callable[[Sequence[str]], tuple[Any, dict[int, Exception]]]:
    if load is None:
        return ImageReader(check.image_size("image_size", image_size))
    if not callable(load):
        raise ValueError(f"`load_example_fn` must be callable or None. Received: {load!r}")
    if image_size is not None or on_unusual != "convert":
        raise ValueError(
            "`image_size` and `on_unusual` must be left out where `load_example_fn` reads the files. "
            f"Received: image_size={image_size!r}, on_unusual={on_unusual!r}"
        )
    return partial(each, load)
