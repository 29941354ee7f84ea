"""Images of items, made small: of any number type, any shapes, one by one as they are asked for."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from io import BytesIO
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from simnb import check

_SAMPLE = 64  # images by which the scale of numbers is decided
_SIDE = 256  # pixels of a side of these that are looked at
_BEYOND = 0.01  # an end of a range that resizing may have left
_KEPT = 128  # encoded images for cards

# An image's number type; "picture", a PIL image whose colours PIL knows; None, no image.
Kind: TypeAlias = np.dtype[Any] | str | None


class Thumbnails:
    """Small pictures of images of any kind, as RGBA pixels and as PNG.

    Nothing is converted before it is asked for: a hundred thousand images cost nothing.

    What numbers stand for is decided once for all images of a number type, so that a dark
    image stays dark, by the least and largest value in up to 64 of them, evenly chosen:

    - bool, and integers up to 1: black and white
    - uint8, and other integers from 0 to 255: as they are
    - floats within [0, 1] or [-1, 1], or from 0 to 255 with some above 25: these ranges,
      from black to white
    - any other: from 0, or the least if it is negative, to the largest

    NaN is black. PIL images of a mode with colours or a palette are as PIL converts them.

    Parameters
    ----------
    images : array [n, h, w] or [n, h, w, c], or sequence of n
        With 1, 3 or 4 channels. A sequence holds arrays [h, w] or [h, w, c] or PIL images,
        of shapes and number types of their own; None is an image that is missing.
    size : int, default 64
        Pixels of a thumbnail's longer side, at most: small images are not enlarged.
    card_size : int, default 128
        The same for `png`.
    count : int, optional
        How many images there must be.

    Raises
    ------
    ValueError
        Not images, another number than `count`, or a row that is none or has no image.

    Examples
    --------
    >>> thumbnails = Thumbnails([np.full((200, 100), 0.5), None], size=64)
    >>> thumbnails
    Thumbnails(2 images, size=64)
    >>> thumbnails.pixels(0).shape, thumbnails.pixels(0)[0, 0].tolist()
    ((64, 32, 4), [128, 128, 128, 255])
    >>> thumbnails.has(1)
    False
    """

    def __init__(
        self, images: Any, size: int = 64, card_size: int = 128, count: int | None = None
    ) -> None:
        self.size = check.positive_integer("size", size)
        self.card_size = check.positive_integer("card_size", card_size)
        self._images = _as_sequence(images)
        if count is not None and len(self._images) != count:
            raise ValueError(
                f"`images` must have one image for each of {count} items. Received: {len(self._images)} images"
            )
        self._kinds = _kinds(self._images)
        self._scales: dict[np.dtype[Any], tuple[float, float]] = {}
        self._png = lru_cache(_KEPT)(self._encode)

    def __len__(self) -> int:
        return len(self._images)

    def __repr__(self) -> str:
        return f"Thumbnails({len(self)} images, size={self.size})"

    def has(self, row: int) -> bool:
        """Whether a row has an image."""
        return self._kinds[self._checked(row)] is not None

    def range(self, row: int) -> tuple[float, float]:
        """Return what is black and what is white in a row's image."""
        kind = self._kinds[self._checked(row)]
        return (0.0, 255.0) if kind is None or isinstance(kind, str) else self._scale(kind)

    def pixels(self, row: int) -> NDArray[np.uint8]:
        """Return a row's thumbnail, uint8 [h, w, 4], at most `size` high and wide."""
        return np.array(self._small(row, self.size))

    def png(self, row: int) -> bytes:
        """Return a row's image as a PNG, at most `card_size` high and wide."""
        return self._png(self._checked(row))

    def atlas(self, rows: Sequence[int], tile: int = 32) -> bytes:
        """Return several rows' images as one PNG of square tiles.

        The i-th tile is in row `i // c` and column `i % c` of the picture, which has
        `c = ceil(sqrt(len(rows)))` columns. An image keeps its proportions, in the middle of
        its tile; one that fits in several times is enlarged so many times. What is left of
        a tile, and all of it where the image is missing, is transparent.

        Parameters
        ----------
        rows : sequence of int
        tile : int, default 32
            Pixels of a tile's side.
        """
        tile = check.positive_integer("tile", tile)
        columns = max(math.ceil(math.sqrt(len(rows))), 1)
        lines = max(-(-len(rows) // columns), 1)
        sheet = Image.new("RGBA", (tile * columns, tile * lines))
        for place, row in enumerate(rows):
            if self.has(row):
                image = _enlarged(self._small(row, tile), tile)
                left = tile * (place % columns) + (tile - image.width) // 2
                top = tile * (place // columns) + (tile - image.height) // 2
                sheet.paste(image, (left, top))
        return _as_png(sheet)

    def _checked(self, row: int) -> int:
        if not 0 <= row < len(self):
            raise ValueError(
                f"`row` must be a row of `images`, from 0 to {len(self) - 1}. Received: row={row!r}"
            )
        return int(row)

    def _encode(self, row: int) -> bytes:
        return _as_png(self._small(row, self.card_size))

    def _small(self, row: int, side: int) -> Image.Image:
        image = self._picture(self._checked(row))
        factor = side / max(image.size)
        if factor >= 1:
            return image
        width, height = (max(round(factor * own), 1) for own in image.size)
        return image.resize((width, height), Image.Resampling.LANCZOS)

    def _picture(self, row: int) -> Image.Image:
        """A row's image in full size, as RGBA."""
        kind, image = self._kinds[row], self._images[row]
        if kind is None:
            raise ValueError(f"`row` must have an image. Received: row={row}, which has none")
        if isinstance(kind, str):
            return image.convert("RGBA")  # type: ignore[no-any-return]
        pixels = _on_scale(np.asarray(image), *self._scale(kind))
        return Image.fromarray(pixels[..., 0] if pixels.shape[2:] == (1,) else pixels).convert(
            "RGBA"
        )

    def _scale(self, kind: np.dtype[Any]) -> tuple[float, float]:
        """What is black and what is white in images of a number type."""
        if kind not in self._scales:
            # To NumPy None is a name of float64.
            rows = [row for row, own in enumerate(self._kinds) if own is not None and own == kind]
            chosen = np.linspace(0, len(rows) - 1, min(len(rows), _SAMPLE)).astype(int)
            samples = [_sampled(np.asarray(self._images[rows[own]])) for own in chosen.tolist()]
            self._scales[kind] = _range(kind, samples)
        return self._scales[kind]


def _as_sequence(images: Any) -> Any:
    """Images that can be counted and taken one by one: an array as it is, else a list."""
    shape = getattr(images, "shape", None)
    if shape is not None and len(shape) > 1:
        if len(shape) not in (3, 4) or not _is_image(tuple(shape[1:])):
            raise ValueError(
                "`images` must have shape [n, h, w] or [n, h, w, c] with 1, 3 or 4 channels. "
                f"Received: shape {tuple(shape)}"
            )
        return images
    if isinstance(images, (str, bytes, Mapping)) or not isinstance(images, Iterable):
        raise ValueError(
            "`images` must be an array of images, or a sequence of arrays, PIL images and None. "
            f"Received: {type(images).__name__}"
        )
    return list(images)


def _is_image(shape: tuple[int, ...]) -> bool:
    return 0 not in shape and (len(shape) == 2 or (len(shape) == 3 and shape[2] in (1, 3, 4)))


def _kinds(images: Any) -> list[Kind]:
    """Of each image its number type, or that PIL knows its colours; None where it is missing."""
    if not isinstance(images, list):
        return [_kind(images[0], 0)] * len(images) if len(images) else []
    return [_kind(image, row) for row, image in enumerate(images)]


def _kind(image: Any, row: int) -> Kind:
    if image is None or (isinstance(image, float) and math.isnan(image)):
        return None
    if isinstance(image, Image.Image) and image.mode[0] not in "IF":
        return "picture"
    try:
        pixels = np.asarray(image)
    except ValueError:  # rows of different lengths
        pixels = np.zeros(0)
    if not _is_image(pixels.shape) or pixels.dtype.kind not in "buif":
        raise ValueError(
            "`images` must hold numbers of shape [h, w], [h, w, 1], [h, w, 3] or [h, w, 4], PIL "
            f"images, or None. Received: {type(image).__name__} of shape {pixels.shape} and dtype "
            f"{pixels.dtype} in row {row}"
        )
    return pixels.dtype


def _sampled(pixels: NDArray[Any]) -> NDArray[Any]:
    every = -(-max(pixels.shape[:2]) // _SIDE)
    return pixels[::every, ::every]


def _range(kind: np.dtype[Any], samples: list[NDArray[Any]]) -> tuple[float, float]:
    """What the least and the largest finite value of the samples say is black and white."""
    finite = [own[np.isfinite(own)] for own in samples]
    low = min((float(own.min()) for own in finite if own.size), default=0.0)
    high = max((float(own.max()) for own in finite if own.size), default=1.0)
    if kind.kind == "b" or (kind.kind in "ui" and low >= 0 and high == 1):
        return 0.0, 1.0
    if kind == np.uint8 or (kind.kind in "ui" and low >= 0 and high <= 255):
        return 0.0, 255.0
    if low >= -_BEYOND and high <= 1 + _BEYOND:
        return 0.0, 1.0
    if low >= -1 - _BEYOND and high <= 1 + _BEYOND:
        return -1.0, 1.0
    if low >= 0 and 25 < high <= 255:
        return 0.0, 255.0
    black = min(low, 0.0)
    return black, high if high > black else black + 1.0


def _on_scale(pixels: NDArray[Any], black: float, white: float) -> NDArray[np.uint8]:
    if pixels.dtype == np.uint8 and (black, white) == (0, 255):
        return pixels
    with np.errstate(all="ignore"):
        wide = pixels.astype(np.result_type(pixels.dtype, np.float32))
        share = np.nan_to_num((wide - black) / (white - black))
    return np.round(255 * np.clip(share, 0, 1)).astype(np.uint8)


def _enlarged(image: Image.Image, side: int) -> Image.Image:
    times = side // max(image.size)
    if times < 2:
        return image
    return image.resize((times * image.width, times * image.height), Image.Resampling.NEAREST)


def _as_png(image: Image.Image) -> bytes:
    stream = BytesIO()
    image.save(stream, "png", compress_level=3)
    return stream.getvalue()
