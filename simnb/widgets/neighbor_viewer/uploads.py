"""What a reader of a page pastes or uploads, as numbers or an image; nothing of it is trusted."""

from __future__ import annotations

import json
import math
import re
import warnings
from io import BytesIO
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

from simnb.widgets.thumbnails import Thumbnails

MOST_BYTES = 10 * 2**20  # Jupyter's server lets no larger message through
_MOST_LETTERS = 2**20
_MOST_PIXELS = 50_000_000
_SIDE = 1024  # pixels that an image is made smaller to
_NPY = b"\x93NUMPY"
# PIL knows more, and hands some of them to programs of their own.
_FORMATS = ("PNG", "JPEG", "GIF", "BMP", "WEBP", "TIFF")


def numbers_in(text: Any) -> NDArray[np.float64]:
    """Return the numbers of a pasted text: JSON, or apart by commas, semicolons or blanks.

    Raises
    ------
    ValueError
        They are not numbers, not finite, or of no shape.

    Examples
    --------
    >>> numbers_in("[0.5, 2]"), numbers_in("0.5; 2")
    (array([0.5, 2. ]), array([0.5, 2. ]))
    """
    if not isinstance(text, str) or not text.strip():
        raise ValueError("`text` must be numbers. Received: nothing")
    if len(text) > _MOST_LETTERS:
        raise ValueError(
            f"`text` must have at most {_MOST_LETTERS:,} letters. Received: {len(text):,}"
        )
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        found = [part for part in re.split(r"[\s,;\[\]()]+", text) if part]
    try:
        numbers = np.atleast_1d(np.array(found, np.float64))
    except (TypeError, ValueError, OverflowError) as error:
        raise ValueError(
            f"`text` must be numbers, as JSON or apart by commas. Received: {text[:40]!r}"
        ) from error
    if numbers.size == 0 or not np.isfinite(numbers).all():
        raise ValueError(f"`text` must be finite numbers. Received: {text[:40]!r}")
    return numbers


def array_or_image(data: Any) -> NDArray[Any] | Image.Image:
    """Return what an uploaded file holds: an array of a `.npy` file, or an image.

    Large images come back smaller, as RGB or RGBA, turned as their camera says.

    Raises
    ------
    ValueError
        It is neither, is damaged or too large, or would have to be unpickled.
    """
    content = bytes(data)
    if len(content) > MOST_BYTES:
        raise ValueError(
            f"the file must have at most {MOST_BYTES // 2**20} MB. Received: {len(content):,} bytes"
        )
    return _array_in(content) if content.startswith(_NPY) else _image_in(content)


def conformed(image: Image.Image, example: Any, black: float, white: float) -> NDArray[Any]:
    """Return an image as an array of the shape, number type and range of an example.

    Parameters
    ----------
    image : PIL image
        What exceeds the example's proportions is cut off on both sides.
    example : array [h, w] or [h, w, c]
    black, white : float
        What they are in the example's numbers.
    """
    form = np.asarray(example)
    channels = 1 if form.ndim == 2 else form.shape[2]
    mode = {1: "L", 3: "RGB", 4: "RGBA"}[channels]
    size = (form.shape[1], form.shape[0])
    pixels = np.asarray(ImageOps.fit(image.convert(mode), size, Image.Resampling.LANCZOS))
    numbers = black + pixels.reshape(form.shape).astype(np.float64) / 255 * (white - black)
    return (np.round(numbers) if form.dtype.kind in "biu" else numbers).astype(form.dtype)


def _array_in(content: bytes) -> NDArray[Any]:
    stream = BytesIO(content)
    try:
        version = np.lib.format.read_magic(stream)
        read = {
            (1, 0): np.lib.format.read_array_header_1_0,
            (2, 0): np.lib.format.read_array_header_2_0,
        }
        shape, _, dtype = read[version](stream)
    except Exception as error:  # a parser of Python's literals fails in many ways
        raise ValueError("the file is no .npy file that can be read") from error
    if dtype.hasobject or dtype.kind not in "biuf":
        raise ValueError(
            f"the file must be a .npy file of numbers: nothing is unpickled. Received: dtype {dtype}"
        )
    # Before NumPy asks for as much memory as the file claims to need.
    if (
        min(shape, default=0) < 0
        or math.prod(shape) * dtype.itemsize != len(content) - stream.tell()
    ):
        raise ValueError(f"the file is damaged: it is not as long as its shape {shape} says")
    stream.seek(0)
    found: NDArray[Any] = np.load(stream, allow_pickle=False)
    if found.size == 0 or not np.isfinite(found).all():
        raise ValueError(f"the file must hold finite numbers. Received: shape {found.shape}")
    return found


def _image_in(content: bytes) -> Image.Image:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            image = Image.open(BytesIO(content), formats=_FORMATS)
        if math.prod(image.size) > _MOST_PIXELS:
            raise Image.DecompressionBombError
        if image.mode[0] in "IF":  # more than 256 greys, which PIL would cut off
            return Image.fromarray(Thumbnails([np.asarray(image)], _SIDE).pixels(0)).convert("RGB")
        image.thumbnail((_SIDE, _SIDE))
        transparent = image.mode in ("RGBA", "LA", "PA") or "transparency" in image.info
        return ImageOps.exif_transpose(image).convert("RGBA" if transparent else "RGB")
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise ValueError(f"the file must be an image of at most {_MOST_PIXELS:,} pixels") from error
    except Exception as error:  # PIL's decoders fail in many ways
        kinds = ", ".join(_FORMATS)
        raise ValueError(
            f"the file must be a .npy file or an image ({kinds}) that can be read"
        ) from error
