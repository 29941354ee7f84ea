"""Colours that colour-blind readers tell apart, and what tells the same without colour."""

from __future__ import annotations

# Okabe and Ito (2008), without their yellow and black: one is too pale for lines on white,
# the other is lost on a dark page.
BLUE, VERMILION, GREEN = "#0072B2", "#D55E00", "#009E73"
PURPLE, ORANGE, SKY = "#CC79A7", "#E69F00", "#56B4E9"
GREY = "#777777"

_COLORS = (BLUE, VERMILION, GREEN, PURPLE, ORANGE, SKY)
_DASHES: tuple[tuple[int, ...], ...] = ((), (6, 2), (2, 2), (8, 2, 2, 2), (12, 3))
# As matplotlib and as Bokeh call them.
_MARKERS = (
    ("o", "circle"),
    ("s", "square"),
    ("^", "triangle"),
    ("D", "diamond"),
    ("v", "inverted_triangle"),
    ("P", "plus"),
    ("X", "x"),
)


def curve_style(place: int) -> tuple[str, tuple[int, ...]]:
    """Colour and dashes of a figure's n-th curve; 30 pairs, then they come again."""
    return _COLORS[place % len(_COLORS)], _DASHES[place % len(_DASHES)]


def marker_style(place: int) -> tuple[str, str, str]:
    """Colour, matplotlib's marker and Bokeh's marker of a figure's n-th point."""
    # Blue is the curve that the points lie on.
    return _COLORS[1 + place % (len(_COLORS) - 1)], *_MARKERS[place % len(_MARKERS)]
