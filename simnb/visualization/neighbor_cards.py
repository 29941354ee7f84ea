"""A query and its neighbours as cards: pictures, texts or heat maps, told right from wrong."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from simnb.visualization.palette import GREEN, GREY, VERMILION
from simnb.visualization.present import literal, new_figure, shortened
from simnb.visualization.visible_text import visible_text

COLUMNS = 5  # neighbours in a row
_LABEL, _LINE, _LINES = 18, 17, 7  # letters of a label, and of a line of a text; lines of a text
_SIDE, _TEXT, _GAP, _LINE_HEIGHT = 1.6, 0.42, 0.1, 0.34  # inches


@dataclass(frozen=True)
class NeighborCard:
    """One card.

    Attributes
    ----------
    heading : str
        Such as "query" or "2 · 0.0312".
    label : str or None
    picture : array or str, optional
        An image [h, w, 3 or 4], a heat map [h, w], or a text.
    right : bool, optional
        None draws neither tick nor cross.
    faint : bool, default False
        Beyond the threshold.
    """

    heading: str
    label: str | None
    picture: Any = None
    right: bool | None = None
    faint: bool = False


def neighbor_cards(
    query: NeighborCard | None,
    groups: Sequence[tuple[str, Sequence[NeighborCard]]],
    title: str = "",
    note: str = "",
) -> Figure:
    r"""Draw a query and one or several rankings of its neighbours.

    Parameters
    ----------
    query : NeighborCard or None
    groups : sequence of (heading, cards)
        Such as one for each of two indexes.
    title, note : str, default ""
        Above and below the cards.

    Returns
    -------
    matplotlib.figure.Figure

    Examples
    --------
    >>> cards = [NeighborCard("1 · 0.02", "cat", right=True)]
    >>> figure = neighbor_cards(NeighborCard("query", "cat"), [("exact", cards)])
    >>> [axes.get_title() for axes in figure.axes if axes.get_title()]
    ['query\ncat', '1 · 0.02\n✓ cat']
    """
    lines = [max(1, -(-len(cards) // COLUMNS)) for _, cards in groups] or [1]
    named = len(groups) > 1
    texts = bool(title) + bool(note) + named * len(groups)
    page = _Page(COLUMNS + 1, sum(lines), texts)
    if title:
        page.write(title, 80)
    first = True
    for (heading, cards), own in zip(groups or [("", ())], lines, strict=True):
        if named:
            page.write(heading, 60)
        if first and query is not None:
            _draw(page.cell(0, 0), query)
        first = False
        for place, card in enumerate(cards):
            _draw(page.cell(1 + place % COLUMNS, place // COLUMNS), card)
        page.advance(own)
    if note:
        page.write(note, 110)
    return page.figure


class _Page:
    """A figure that is filled from above: cells of one size, and lines of text between them."""

    def __init__(self, columns: int, lines: int, texts: int) -> None:
        self._width = columns * (_SIDE + _GAP) + _GAP
        self._height = lines * (_SIDE + _TEXT + _GAP) + _GAP + texts * _LINE_HEIGHT
        self._top = self._height - _GAP
        self.figure = new_figure((self._width, self._height))
        self.figure.set_layout_engine("none")  # solving for places takes longer than all else

    def cell(self, column: int, line: int) -> Any:
        left = _GAP + column * (_SIDE + _GAP)
        bottom = self._top - line * (_SIDE + _TEXT + _GAP) - _TEXT - _SIDE
        wide, high = self._width, self._height
        return self.figure.add_axes(
            (left / wide, bottom / high, _SIDE / wide, _SIDE / high),
        )

    def advance(self, lines: int) -> None:
        self._top -= lines * (_SIDE + _TEXT + _GAP)

    def write(self, text: str, longest: int) -> None:
        middle = (self._top - _LINE_HEIGHT / 2) / self._height
        line = literal(shortened(visible_text(text), longest))
        self.figure.text(0.5, middle, line, size=10, ha="center", va="center")
        self._top -= _LINE_HEIGHT


def _draw(axes: Any, card: NeighborCard) -> None:
    color = GREY if card.right is None else GREEN if card.right else VERMILION
    alpha = 0.35 if card.faint else 1.0
    if isinstance(card.picture, str):
        parts = [visible_text(own) for own in card.picture.split("\n")]
        text = [line for own in parts for line in textwrap.wrap(own, _LINE)][:_LINES]
        axes.text(0.5, 0.5, literal("\n".join(text)), size=7, ha="center", va="center", alpha=alpha)
    elif card.picture is not None:
        axes.imshow(
            np.asarray(card.picture),
            aspect="auto" if _is_strip(card.picture) else "equal",
            alpha=alpha,
        )
    axes.set(xticks=[], yticks=[])
    for spine in axes.spines.values():
        spine.set(color=color, linewidth=2, alpha=alpha, linestyle="--" if card.faint else "-")
    glyph = "" if card.right is None else "✓ " if card.right else "✗ "
    label = literal(shortened(visible_text(card.label or ""), _LABEL))
    axes.set_title(
        f"{literal(card.heading)}\n{glyph}{label}", size=8, color=color, alpha=max(alpha, 0.6)
    )


def _is_strip(picture: Any) -> bool:
    high, wide = np.shape(picture)[:2]
    return bool(max(high, wide) > 8 * min(high, wide))
