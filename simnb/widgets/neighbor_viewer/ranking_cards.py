"""Rankings as cards that a page shows: texts, numbers that JSON has, places of pictures."""

from __future__ import annotations

import math
from typing import Any

import pandas as pd

from simnb.widgets.neighbor_viewer.catalogue import Catalogue, Viewed
from simnb.widgets.neighbor_viewer.classes import Classes
from simnb.widgets.neighbor_viewer.contents import Attached
from simnb.widgets.neighbor_viewer.ranking import Ranking
from simnb.widgets.neighbor_viewer.ranking_measures import compared


def card_of(
    rows: Viewed, row: int, code: int, classes: Classes, attached: Attached
) -> dict[str, Any]:
    """Return what every card has of a row: its label, fields and content."""
    return {
        "row": row,
        "label": classes.name(code),
        "fields": rows.contents.fields(row),
        "content": rows.contents.of(row, attached),
    }


def cards_of(
    ranking: Ranking, catalogue: Catalogue, classes: Classes, attached: Attached
) -> list[dict[str, Any]]:
    """Return the cards of neighbours, nearest first."""
    codes = catalogue.codes[ranking.rows].tolist()
    return [
        {
            "rank": int(ranking.ranks[place]),
            "id": int(ranking.ids[place]),
            "right": right_at(ranking, place),
            "distance": number(ranking.distances[place]),
            "within": bool(ranking.within[place]),
            **card_of(catalogue, int(ranking.rows[place]), codes[place], classes, attached),
        }
        for place in range(len(ranking))
    ]


def beside_cards(
    near: Ranking, other: Ranking, catalogue: Catalogue, classes: Classes, attached: Attached
) -> dict[str, Any]:
    """Return the cards of a second index, its recall, and how its ranks differ."""
    table = compared(near, other)
    moved = table["moved"][: len(near)]
    return {
        "ranks": cards_of(other, catalogue, classes, attached),
        "recall": number(table.attrs["recall"]),
        "moved": [None if own is pd.NA else int(own) for own in moved],
    }


def table_of(ranking: Ranking, classes: Classes) -> pd.DataFrame:
    """Return a ranking by classes' numbers as a table with their labels."""
    table = ranking.table()
    values = [
        classes.value(code) for code in (() if ranking.labels is None else ranking.labels.tolist())
    ]
    table["label"] = pd.Series(values, dtype=object if None in values or not values else None)
    return table


def right_at(ranking: Ranking, place: int) -> bool | None:
    """Whether a neighbour is of the query's class; None where it is not known."""
    if ranking.right is None or ranking.wrong is None:
        return None
    known = ranking.right[place] or ranking.wrong[place]
    return bool(ranking.right[place]) if known else None


def number(value: Any) -> float | None:
    """A number as JSON has it: NaN and infinite ones are None."""
    own = value if isinstance(value, int) else float(value)
    return own if math.isfinite(own) else None
