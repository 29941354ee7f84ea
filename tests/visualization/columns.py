"""Columns that an embedding's points are coloured by, and points for them."""

from dataclasses import dataclass, field

import numpy as np

from simnb.visualization import palette

NASTY = [
    "<img src=x onerror=alert(1)>",
    "</script><script>alert(1)</script>",
    "\u202egnp.exe",
    "bell\x07 and\nbreak",
    "$x$ and $$y$$",
    "@{label} $name @details{safe}",
    r"\(a\)_b^c {} %s",
]
NASTY_SHOWN = [
    *NASTY[:2],
    "⟨U+202E⟩gnp.exe",
    "bell⟨U+0007⟩ and break",
    *NASTY[4:],
]


@dataclass(frozen=True)
class Column:
    """The least that a figure needs of a column."""

    name: str
    kind: str
    codes: np.ndarray
    names: list = field(default_factory=list)
    colors: list = field(default_factory=list)
    range: tuple | None = None
    range_texts: list = field(default_factory=list)
    missing: int | None = None


def categorical(codes, names, name="label", missing=None):
    codes = np.asarray(codes, np.uint16)
    colors = palette.categorical_colors(len(names))
    if missing is not None:
        colors[missing] = palette.NO_LABEL
    return Column(name, "categorical", codes, list(names), colors, None, [], missing)


def continuous(values, name="age"):
    """As the projector makes it: 256 steps over the range, and grey for NaN."""
    values = np.asarray(values, float)
    finite = np.isfinite(values)
    colors = [*palette.ramp(), palette.NO_LABEL]
    if not finite.any():
        return Column(name, "continuous", np.full(len(values), 256), [], colors, None, [], 256)
    low, high = values[finite].min(), values[finite].max()
    share = (np.where(finite, values, low) - low) / ((high - low) or 1)
    codes = np.where(finite, np.minimum(share * 256, 255), 256).astype(np.uint16)
    ends = [f"{own:.6g}" for own in (low, high)]
    return Column(name, "continuous", codes, [], colors, (low, high), ends, 256)


def cloud(count, classes, dimensions=2, seed=0):
    """Clusters about as UMAP lays them out, and the class of each point."""
    rng = np.random.default_rng(seed)
    codes = rng.integers(0, classes, count)
    centres = 4 * rng.normal(size=(classes, dimensions)) * np.sqrt(classes)
    return (centres[codes] + rng.normal(size=(count, dimensions))).astype(np.float32), codes


def names_of(count):
    return [f"class {place:03d}" for place in range(count)]


def _clouds(count, classes, dimensions=2):
    coords, codes = cloud(count, classes, dimensions)
    return coords, categorical(codes, names_of(classes))


def _with_nan(dimensions=2):
    coords, column = _clouds(60, 3, dimensions)
    coords[[0, 7]] = np.nan
    return coords, column


CASES = {
    "no points": lambda: (np.zeros((0, 2), np.float32), categorical([], [])),
    "one point": lambda: (np.ones((1, 2), np.float32), categorical([0], ["all"])),
    "two points": lambda: (np.eye(2, dtype=np.float32), categorical([0, 1], ["a", "b"])),
    "one place": lambda: (np.full((9, 2), 1e6, np.float32), categorical([0, 1, 2] * 3, "abc")),
    "one class": lambda: _clouds(500, 1),
    "two classes": lambda: _clouds(500, 2),
    "20 classes": lambda: _clouds(500, 20),
    "300 classes": lambda: _clouds(3000, 300),
    "three dimensions": lambda: _clouds(500, 4, 3),
    "some NaN": _with_nan,
    "only NaN": lambda: (np.full((3, 2), np.nan, np.float32), categorical([0, 1, 1], "ab")),
    "no value": lambda: (
        cloud(9, 3)[0],
        categorical([0, 1, 2] * 3, ["a", "b", "(none)"], missing=2),
    ),
    "numbers": lambda: (cloud(300, 3)[0], continuous(np.r_[np.nan, np.arange(299.0)])),
    "one number": lambda: (cloud(5, 1)[0], continuous([3.0] * 5)),
    "no numbers": lambda: (cloud(5, 1)[0], continuous([np.nan] * 5)),
    "many": lambda: _clouds(30_000, 10),
    "user's text": lambda: (
        cloud(70, 7)[0],
        categorical(np.arange(70) % 7, NASTY, name="$$a$$ <b>\u202e"),
    ),
}
