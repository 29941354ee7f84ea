"""The cards of a viewer as a picture that needs no Python."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from io import BytesIO
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from simnb.visualization.neighbor_cards import NeighborCard

_MOST = 20  # cards that are drawn, of all rankings together


def picture_of(
    who: dict[str, Any] | None,
    groups: Sequence[tuple[str, Sequence[dict[str, Any]]]],
    buffers: Sequence[bytes],
    title: str,
    note: str,
) -> Figure:
    """Return cards as they are sent to a page as a matplotlib figure.

    Parameters
    ----------
    who : dict or None
        The query's card.
    groups : sequence of (name, cards)
    buffers : sequence of bytes
        The PNGs that the cards tell of.
    title, note : str
    """
    from simnb.visualization.neighbor_cards import COLUMNS, neighbor_cards

    most = max(COLUMNS, _MOST // max(len(groups), 1))
    drawn = [
        (
            name,
            [
                _card(own, f"{own['rank']} · {_short(own['distance'])}", buffers)
                for own in cards[:most]
            ],
        )
        for name, cards in groups
    ]
    query = None if who is None else _card(who, _heading(who), buffers)
    return neighbor_cards(query, drawn, title, note)


def measures_in_words(summary: dict[str, float]) -> str:
    """Return a summary as a line; "" where nothing is known.

    Examples
    --------
    >>> found = {"precision": 0.5, "average_precision": 0.25, "recall": 1.0, "relevant": 3, "k": 2}
    >>> measures_in_words(found)
    'precision@2 0.5 · average precision 0.25 · 3 of the class in the index'
    """
    if not summary or np.isnan(summary["precision"]):
        return ""
    return (
        f"precision@{summary['k']} {summary['precision']:.3g} · "
        f"average precision {summary['average_precision']:.3g} · "
        f"{summary['relevant']} of the class in the index"
    )


def still_of(figure: Figure) -> bytes:
    """Return a figure as a PNG."""
    from simnb.visualization.present import side_by_side

    with warnings.catch_warnings():
        # A name in letters that matplotlib's font lacks is no news each time it is drawn.
        warnings.filterwarnings("ignore", message="Glyph .* missing from")
        return side_by_side([figure])


def _card(card: dict[str, Any], heading: str, buffers: Sequence[bytes]) -> NeighborCard:
    from simnb.visualization.neighbor_cards import NeighborCard

    picture = _picture(card["content"], buffers)
    if picture is None and card["fields"]:
        picture = "\n".join(f"{name}: {text}" for name, text in card["fields"])
    return NeighborCard(
        heading, card["label"], picture, card.get("right"), not card.get("within", True)
    )


def _picture(content: dict[str, Any], buffers: Sequence[bytes]) -> Any:
    if "image" in content:
        return np.asarray(Image.open(BytesIO(buffers[content["image"]])))
    if "heat" in content:
        heat = content["heat"]
        values = [np.nan if own is None else own for own in heat["values"]]
        return np.array(values).reshape(heat["shape"] if len(heat["shape"]) > 1 else (1, -1))
    return content.get("text")


def _heading(who: dict[str, Any]) -> str:
    return who["kind"] if who["row"] is None else f"{who['kind']} {who['row']}"


def _short(distance: float | None) -> str:
    return "∞" if distance is None else f"{distance:.3g}"
