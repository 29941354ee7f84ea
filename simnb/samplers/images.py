"""Files of images: decoded, checked, and those that are not whole named with their fault."""

from __future__ import annotations

import functools
import os
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError

from simnb import check
from simnb.samplers.parallel import mapped, tensorflow
from simnb.stretching import stretching

Path = str | os.PathLike[str]


def load_image(path: Path, target_size: tuple[int, int] | None = None) -> NDArray[np.uint8]:
    """Return an image in a file as RGB, 0 to 255; of an animation, its first frame.

    Parameters
    ----------
    path : path
        A JPEG, PNG, GIF, BMP, WebP or TIFF file, or another that Pillow can read. How a
        camera was held (EXIF) is not looked at.
    target_size : (height, width), optional
        The image is stretched to it. Default: as it is.

    Returns
    -------
    uint8 array [height, width, 3]

    Raises
    ------
    ValueError
        The file is not there, empty, not an image, not a whole one, or of floating-point
        pixels, whose range is not known; the message says which.
    """
    images, faults = ImageReader(check.image_size("target_size", target_size))([os.fspath(path)])
    if faults:
        raise ValueError(f"`path` must be a whole image. Received: {os.fspath(path)}: {faults[0]}")
    return images[0]


def check_images(paths: Iterable[Path], unusual: bool = True) -> dict[str, str]:
    """Return the files that are not whole, ordinary images, each with what it is instead.

    Every file is decoded. To leave them out: `[p for p in paths if p not in found]`.

    Parameters
    ----------
    paths : paths
    unusual : bool, default True
        Also name images that are whole, but CMYK, of 16 bits a channel, or animated.

    Examples
    --------
    >>> check_images(["holiday.jpg"])
    {'holiday.jpg': 'no such file'}
    """
    if isinstance(paths, (str, bytes)):
        raise ValueError(f"`paths` must be paths, not one. Received: paths={paths!r}")
    files = [os.fspath(path) for path in paths]
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        faults = list(pool.map(fault_of, files))
        oddities: Iterable[str | None] = pool.map(oddity_of, files) if unusual else faults
        found = [fault or oddity for fault, oddity in zip(faults, oddities, strict=True)]
    return {file: fault for file, fault in zip(files, found, strict=True) if fault}


class ImageReader:
    """Decodes many files at a time, in parallel, and tells which it cannot.

    TensorFlow decodes what it can, and Pillow the rest.

    Parameters
    ----------
    image_size : (height, width), optional
        Images are stretched to it. Default: as they are.
    """

    def __init__(self, image_size: tuple[int, int] | None = None) -> None:
        self._size = image_size
        self._for_pillow: set[str] = set()

    def __call__(self, paths: Sequence[str]) -> tuple[Any, dict[int, Exception]]:
        """Return the images, and the errors of those that cannot be read, by their place.

        Images of one shape come stacked if TensorFlow could read all, else in a list, with
        None for those that cannot be read.
        """
        tf = tensorflow()
        plain = [path for path in paths if path not in self._for_pillow]
        try:
            images: Any = _decoded(plain, self._size) if plain else []
        except tf.errors.OpError:  # some cannot be read, or their shapes differ
            return each(self._read, paths)
        if len(plain) == len(paths):
            return images, {}
        # Paths of the same name are read into images of the same content.
        found = dict(zip(plain, images, strict=True))
        return each(lambda path: found[path] if path in found else self._read(path), paths)

    def _read(self, path: str) -> NDArray[np.uint8]:
        tf = tensorflow()
        if path not in self._for_pillow:
            try:
                return _decoded([path], self._size)[0]
            except tf.errors.OpError:
                pass
        fault = fault_of(path)
        if fault is not None:
            raise ValueError(fault)
        self._for_pillow.add(path)
        with Image.open(path) as image:
            pixels = _as_rgb(image)
        return stretching(self._size)(pixels).numpy() if self._size else pixels


def each(
    read: Callable[[str], Any], paths: Sequence[str]
) -> tuple[list[Any], dict[int, Exception]]:
    """Read files one by one on several threads; return the examples, and the errors by place."""

    def tried(path: str) -> tuple[Any, Exception | None]:
        try:
            return read(path), None
        except Exception as error:  # whatever it is, it is handed on
            return None, error

    with ThreadPoolExecutor(os.cpu_count()) as pool:
        found = list(pool.map(tried, paths))
    faults = {place: error for place, (_, error) in enumerate(found) if error is not None}
    return [example for example, _ in found], faults


def fault_of(path: str) -> str | None:
    """Return what keeps a file from being a whole image; None if it is one."""
    try:
        if os.path.getsize(path) == 0:
            return "empty file"
        with Image.open(path) as image:
            image.load()
            # Pillow would clip them at 0 and 255, and make black of 0.0 to 1.0.
            if image.mode == "F":
                return "floating-point pixels, of no known range"
    except FileNotFoundError:
        return "no such file"
    except UnidentifiedImageError:
        return "not an image"
    except Image.DecompressionBombError as error:
        return str(error)
    except Exception as error:  # each of Pillow's decoders has errors of its own
        if isinstance(error, OSError) and error.strerror:  # of the system, not of a decoder
            return error.strerror.lower()
        return f"corrupt or truncated: {error}"
    return None


def oddity_of(path: str) -> str | None:
    """Return what makes an image unusual, from its header; None if nothing, or if it is none."""
    try:
        with Image.open(path) as image:
            if image.mode == "CMYK":
                return "CMYK"
            if image.mode.startswith("I") or _png_bits(path) == 16:
                return "16 bits a channel"
            frames = getattr(image, "n_frames", 1)
            return f"animated, {frames} frames" if frames > 1 else None
    except Exception:  # a fault, which is not looked for here
        return None


def _png_bits(path: str) -> int | None:
    # Pillow reads 16-bit colours as 8-bit ones, and does not say that it did.
    with open(path, "rb") as file:
        header = file.read(25)
    return header[24] if header.startswith(b"\x89PNG") and len(header) == 25 else None


def _as_rgb(image: Image.Image) -> NDArray[np.uint8]:
    if image.mode.startswith("I"):  # 16 bits, which Pillow would clip at 255
        gray = (np.asarray(image) >> 8).clip(0, 255).astype(np.uint8)
        return np.repeat(gray[:, :, None], 3, axis=2)
    return np.array(image.convert("RGB"))


def _decoded(paths: Sequence[str], size: tuple[int, int] | None) -> NDArray[np.uint8]:
    return _decoder(size)([os.fsencode(path) for path in paths])


@functools.cache
def _decoder(size: tuple[int, int] | None) -> Callable[[Any], NDArray[Any]]:
    tf = tensorflow()

    def decode(path: Any) -> Any:
        content = tf.io.read_file(path)
        # TensorFlow takes the palette of a BMP file for grey, without a word.
        bitmap = tf.debugging.assert_none_equal(tf.strings.substr(content, 0, 2), b"BM")
        with tf.control_dependencies([bitmap]):
            image = tf.io.decode_image(content, channels=3, expand_animations=False)
        image.set_shape((None, None, 3))
        return stretching(size)(image) if size else image

    return mapped(decode)
