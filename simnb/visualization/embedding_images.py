"""Images of points as texts that a page carries in itself."""

from __future__ import annotations

from base64 import b64encode
from io import BytesIO
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from PIL import Image, features

_MOST_IMAGES = 5_000
_CRISP = 64  # pixels; smaller images are enlarged to about that


class Thumbnails(Protocol):
    """Small images by row."""

    def has(self, row: int) -> bool:
        """Whether a row has an image."""

    def pixels(self, row: int) -> NDArray[np.uint8]:
        """Its image, uint8 [h, w, 4]."""


def data_uris(thumbnails: Thumbnails | None, rows: NDArray[np.int64]) -> list[str]:
    """Return rows' images as `data:` URIs; an empty text is no image.

    Of more than 5,000 images as many are chosen, evenly in the order of the rows.

    Parameters
    ----------
    thumbnails : Thumbnails or None
    rows : int [m]
        In any order.
    """
    found = [""] * len(rows)
    if thumbnails is None:
        return found
    places = [place for place, row in enumerate(rows.tolist()) if thumbnails.has(row)]
    places.sort(key=lambda place: int(rows[place]))
    chosen = np.linspace(0, len(places) - 1, min(len(places), _MOST_IMAGES)).astype(int)
    for place in (places[own] for own in chosen.tolist()):
        found[place] = _data_uri(thumbnails.pixels(int(rows[place])))
    return found


def _data_uri(pixels: NDArray[np.uint8]) -> str:
    """An image as a text of letters that are harmless in any page."""
    image = Image.fromarray(pixels)
    if int(pixels[..., 3].min()) == 255:
        image = image.convert("RGB")
    larger = _CRISP // max(image.size)
    stream = BytesIO()
    if larger > 1:
        size = (larger * image.width, larger * image.height)
        image = image.resize(size, Image.Resampling.NEAREST)
    if features.check("webp"):
        image.save(stream, "webp", quality=80, lossless=larger > 1, method=2)
        return f"data:image/webp;base64,{b64encode(stream.getvalue()).decode()}"
    image.save(stream, "png")
    return f"data:image/png;base64,{b64encode(stream.getvalue()).decode()}"
