"""Colours that colour-blind readers tell apart, and what tells the same without colour."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

# Okabe and Ito (2008), without their yellow and black: one is too pale for lines on white,
# the other is lost on a dark page.
BLUE, VERMILION, GREEN = "#0072B2", "#D55E00", "#009E73"
PURPLE, ORANGE, SKY = "#CC79A7", "#E69F00", "#56B4E9"
GREY = "#777777"
NO_LABEL = "#999999"  # a point without a label or value

_COLORS = (BLUE, VERMILION, GREEN, PURPLE, ORANGE, SKY)
_DASHES: tuple[tuple[int, ...], ...] = ((), (6, 2), (2, 2), (8, 2, 2, 2), (12, 3))
_MOST_COLORS = 512  # more would differ too little to be worth their name


class Marker(NamedTuple):
    """A point's shape as matplotlib and as Bokeh call it.

    Attributes
    ----------
    matplotlib, bokeh : str
    angle : float
        What Bokeh turns its shape by, in radians.
    hollow : bool
        Whether only the outline is drawn.
    """

    matplotlib: str
    bokeh: str
    angle: float = 0.0
    hollow: bool = False


# In the order in which the projector's canvas numbers its shapes. Bokeh's own cross is a
# pair of lines; ours is filled, as the others.
MARKERS = (
    Marker("o", "circle"),
    Marker("s", "square"),
    Marker("^", "triangle"),
    Marker("D", "diamond"),
    Marker("X", "plus", angle=np.pi / 4),
    Marker("P", "plus"),
    Marker("o", "circle", hollow=True),
    Marker("v", "inverted_triangle"),
)
_PLAIN_MARKERS = tuple(own for own in MARKERS if not (own.angle or own.hollow))


def curve_style(place: int) -> tuple[str, tuple[int, ...]]:
    """Colour and dashes of a figure's n-th curve; 30 pairs, then they come again."""
    return _COLORS[place % len(_COLORS)], _DASHES[place % len(_DASHES)]


def marker_style(place: int) -> tuple[str, str, str]:
    """Colour, matplotlib's marker and Bokeh's marker of a figure's n-th point."""
    # Blue is the curve that the points lie on.
    marker = _PLAIN_MARKERS[place % len(_PLAIN_MARKERS)]
    return _COLORS[1 + place % (len(_COLORS) - 1)], marker.matplotlib, marker.bokeh


def marker_shape(place: int) -> int:
    """Place in `MARKERS` of the n-th category's shape: after six colours the next one begins."""
    return place // len(_COLORS) % len(MARKERS)


def categorical_colors(count: int) -> list[str]:
    """Return the colours of so many categories, those of fewer always first.

    Six are Okabe and Ito's. Each further one is the colour that is farthest, in OKLab, from
    all before it and from the grey of `NO_LABEL`, among colours that are neither glaring
    nor lost on a white or on a nearly black page. After 512 they come again.

    Parameters
    ----------
    count : int

    Returns
    -------
    list of str
        As `"#rrggbb"`.

    Examples
    --------
    >>> categorical_colors(7)[5:]
    ['#56b4e9', '#962d87']
    >>> categorical_colors(300)[:7] == categorical_colors(7)
    True
    """
    known = _distinct_colors()
    return [known[place % len(known)] for place in range(count)]


def ramp() -> list[str]:
    """Return 256 colours from low to high, evenly spaced to the eye.

    They are matplotlib's viridis without its darkest and its palest tenth, which are lost
    on a dark or on a white page.
    """
    return list(_ramp())


@cache
def _ramp() -> tuple[str, ...]:
    import matplotlib as mpl

    table = np.array(mpl.colormaps["viridis"](np.arange(256)))[:, :3]
    places = np.linspace(0.1, 0.9, 256) * 255
    colors = np.stack([np.interp(places, np.arange(256), channel) for channel in table.T], axis=1)
    return tuple(map(_hex, np.round(255 * colors).astype(int).tolist()))


@cache
def _distinct_colors() -> tuple[str, ...]:
    levels = np.arange(0, 256, 15)
    colors = np.stack(np.meshgrid(levels, levels, levels, indexing="ij"), -1).reshape(-1, 3)
    lab = _oklab(colors)
    luminance = _linear(colors) @ [0.2126, 0.7152, 0.0722]
    seen = (1.05 / (luminance + 0.05) >= 2.2) & ((luminance + 0.05) / 0.0556 >= 2.7)  # by WCAG
    calm = np.hypot(lab[:, 1], lab[:, 2]) <= 0.18
    colors, lab = colors[seen & calm], lab[seen & calm]
    first = np.array([list(bytes.fromhex(own[1:])) for own in (*_COLORS, NO_LABEL)])
    distance = np.linalg.norm(lab[:, None] - _oklab(first), axis=2).min(axis=1)
    chosen = first[:-1].tolist()
    while len(chosen) < _MOST_COLORS:
        farthest = int(distance.argmax())
        chosen.append(colors[farthest].tolist())
        distance = np.minimum(distance, np.linalg.norm(lab - lab[farthest], axis=1))
    return tuple(map(_hex, chosen))


def _hex(color: Sequence[int]) -> str:
    return "#{:02x}{:02x}{:02x}".format(*color)


def _linear(colors: NDArray[Any]) -> NDArray[np.float64]:
    """SRGB from 0 to 255 as the light it stands for, from 0 to 1."""
    share = colors / 255
    return np.where(share <= 0.04045, share / 12.92, ((share + 0.055) / 1.055) ** 2.4)


def _oklab(colors: NDArray[Any]) -> NDArray[np.float64]:
    """Ottosson's (2020) space, in which distances are close to those that the eye sees."""
    cones = _linear(colors) @ np.array(
        [
            [0.4122214708, 0.2119034982, 0.0883024619],
            [0.5363325363, 0.6806995451, 0.2817188376],
            [0.0514459929, 0.1073969566, 0.6299787005],
        ]
    )
    lab: NDArray[np.float64] = np.cbrt(cones) @ np.array(
        [
            [0.2104542553, 1.9779984951, 0.0259040371],
            [0.7936177850, -2.4285922050, 0.7827717662],
            [-0.0040720468, 0.4505937099, -0.8086757660],
        ]
    )
    return lab
