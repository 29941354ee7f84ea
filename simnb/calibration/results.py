"""What a calibration found, printed as a table and kept as JSON."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class CalibrationResults:
    """What `calibrate` found.

    Attributes
    ----------
    cutpoints : dict
        By name: `{"name", "value", "distance", metric: value, …}`. `value` is the
        calibration metric there, `distance` the threshold.
    thresholds : dict of float64 [t]
        `"distance"`, `"value"` and every metric, one entry a threshold, nearest first.
    k : int
        Neighbours that the matcher was given.
    matcher : str
    calibration_metric : str
    larger_is_nearer : bool
        True for an index by similarity: answers at or above a threshold are given.
    """

    cutpoints: dict[str, dict[str, Any]]
    thresholds: dict[str, NDArray[np.float64]]
    k: int = 1
    matcher: str = "match_nearest"
    calibration_metric: str = "f1"
    larger_is_nearer: bool = False

    def to_dict(self) -> dict[str, Any]:
        """Return the results as plain JSON, every number exact.

        JSON has no word for numbers that are not finite: null is NaN, and a text infinity.
        """
        content = asdict(self)
        content["cutpoints"] = {
            name: {own: _in_json(value) for own, value in point.items()}
            for name, point in self.cutpoints.items()
        }
        content["thresholds"] = {
            name: [_in_json(value) for value in values.tolist()]
            for name, values in self.thresholds.items()
        }
        return content

    @classmethod
    def from_dict(cls, content: Mapping[str, Any]) -> CalibrationResults:
        """Read what `to_dict` returned."""
        curves = {
            name: np.array(values, np.float64) for name, values in content["thresholds"].items()
        }
        cutpoints = {
            name: {
                own: value if own == "name" else np.nan if value is None else float(value)
                for own, value in point.items()
            }
            for name, point in content["cutpoints"].items()
        }
        return cls(**{**content, "cutpoints": cutpoints, "thresholds": curves})

    def to_json(self) -> str:
        """Return the results as JSON text."""
        return json.dumps(self.to_dict(), allow_nan=False)

    @classmethod
    def from_json(cls, text: str) -> CalibrationResults:
        """Read what `to_json` wrote."""
        return cls.from_dict(json.loads(text))

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, CalibrationResults):
            return NotImplemented
        return self.to_dict() == other.to_dict()

    __hash__ = None  # type: ignore[assignment]  # holds arrays

    def __str__(self) -> str:
        """The cut points as a table."""
        if not self.cutpoints:
            return "no cut points"
        rows = [list(next(iter(self.cutpoints.values()))), *map(_cells, self.cutpoints.values())]
        widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
        rows.insert(1, ["-" * width for width in widths])
        return "\n".join("  ".join(map(str.rjust, row, widths)) for row in rows)

    def __repr__(self) -> str:
        cuts = ", ".join(f"{name}={self.cutpoint(name):.6g}" for name in self.cutpoints)
        return f"CalibrationResults({cuts}; {len(self.thresholds['distance'])} thresholds)"

    def cutpoint(self, name: str) -> float:
        """Return the distance of a cut point.

        Raises
        ------
        ValueError
            There is none of that name; the message lists those there are.
        """
        if name not in self.cutpoints:
            known = ", ".join(repr(own) for own in self.cutpoints)
            raise ValueError(f"`cutpoint` must be one of {known}. Received: cutpoint={name!r}")
        return float(self.cutpoints[name]["distance"])


def _in_json(value: Any) -> Any:
    if isinstance(value, str) or np.isfinite(value):
        return value
    return None if np.isnan(value) else str(value)


def _cells(cutpoint: Mapping[str, Any]) -> list[str]:
    return [own if isinstance(own, str) else f"{own:.6g}" for own in cutpoint.values()]
