"""Points of an embedding on matplotlib's axes: shapes while they are few, else density."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.collections import PathCollection
from matplotlib.colors import to_rgb
from matplotlib.markers import MarkerStyle
from matplotlib.path import Path
from matplotlib.transforms import Affine2D, IdentityTransform
from numpy.typing import NDArray

from simnb.visualization.embedding_colors import with_shapes
from simnb.visualization.palette import MARKERS

_MOST_RIMS = 2_000  # points; the rims of more would cover them
_FAINT = 0.22  # opacity of what lies behind
_PALEST = 0.45  # opacity of a pixel with a single point
_OPACITIES, _TONES = 5, 12  # no more, for the sake of a small file


def mark(shape: int) -> Path:
    """Return the outline of a shape of `MARKERS`; all are as large as a disc of width 1."""
    marker = MARKERS[shape]
    style = MarkerStyle(marker.matplotlib)
    path = style.get_path().transformed(style.get_transform())
    area = sum(_area(np.asarray(polygon)) for polygon in path.to_polygons())
    path = _scaled(path, np.sqrt(np.pi / 4 / area))
    if not marker.hollow:
        return path
    hole = np.asarray(_scaled(path, 0.55).vertices)
    backwards = Path(np.concatenate([hole[-2::-1], hole[:1]]), path.codes)
    return _scaled(Path.make_compound_path(path, backwards), 1.1)


def draw_points(
    axes: Any,
    xy: NDArray[Any],
    colors: NDArray[Any],
    shapes: NDArray[Any],
    size: float,
    faint: bool = False,
) -> None:
    """Draw points in their order, each with its colour and shape; of many, their density.

    Parameters
    ----------
    axes : matplotlib axes
        Of many points its limits and its place must not change any more.
    xy : float [n, 2]
    colors : float [n, 3]
        Red, green and blue, from 0 to 1.
    shapes : int [n]
        Places in `MARKERS`.
    size : float
        Diameter in points of print.
    faint : bool, default False
        Draw them as what lies behind others.
    """
    if with_shapes(len(xy)):
        _draw_shapes(axes, xy, colors, shapes, size, faint)
    else:
        _draw_density(axes, xy, colors, faint)


def _draw_shapes(
    axes: Any,
    xy: NDArray[Any],
    colors: NDArray[Any],
    shapes: NDArray[Any],
    size: float,
    faint: bool,
) -> None:
    background = to_rgb(axes.get_facecolor())
    marks = [mark(shape) for shape in range(len(MARKERS))]
    # One collection, unlike one a shape, keeps the points' order.
    drawn = PathCollection(
        [marks[shape] for shape in shapes.tolist()],
        sizes=[size**2],
        offsets=xy,
        offset_transform=axes.transData,
        facecolors=_FAINT * colors + (1 - _FAINT) * np.array(background) if faint else colors,
        edgecolors=[background],
        linewidths=0.4 if len(xy) <= _MOST_RIMS else 0,
        zorder=2,
    )
    drawn.set_transform(IdentityTransform())
    axes.add_collection(drawn, autolim=False)


def _draw_density(axes: Any, xy: NDArray[Any], colors: NDArray[Any], faint: bool) -> None:
    box = axes.get_window_extent()
    ends = np.array([axes.get_xlim(), axes.get_ylim()])
    image = density(xy, colors, ends, (round(box.width), round(box.height)))
    if faint:
        image[..., 3] = (_FAINT * image[..., 3]).astype(np.uint8)
    axes.imshow(
        image,
        extent=ends.ravel(),
        origin="lower",
        interpolation="nearest",
        aspect="equal",
        zorder=2,
    )


def density(
    xy: NDArray[Any], colors: NDArray[Any], ends: NDArray[Any], size: tuple[int, int]
) -> NDArray[np.uint8]:
    """Return points as an image: colours are their mean, opacity grows with their number.

    A point lies on a pixel and, by half, on each of the four beside it.

    Parameters
    ----------
    xy : float [n, 2]
    colors : float [n, 3]
        Red, green and blue, from 0 to 1.
    ends : float [2, 2]
        The first and last x and y of the image.
    size : (int, int)
        Its width and height.

    Returns
    -------
    uint8 [h, w, 4]
        Red, green, blue and opacity; the row of the least y comes first.
    """
    width, height = size
    place = ((xy - ends[:, 0]) / (ends[:, 1] - ends[:, 0]) * size).astype(np.int64)
    place = np.clip(place, 0, [width - 1, height - 1])
    flat = place[:, 1] * width + place[:, 0]
    sums = [np.bincount(flat, own, width * height) for own in (None, *colors.T)]
    image = _spread(np.stack(sums, axis=-1).reshape(height, width, 4).astype(np.float64))
    count, mean = image[..., :1], image[..., 1:] / np.maximum(image[..., :1], 0.5)
    there = count > 0
    top = max(float(np.quantile(count[there], 0.99)), 2.0) if there.any() else 2.0
    share = np.clip(np.log(np.maximum(count, 1)) / np.log(top), 0, 1)
    opacity = np.ceil((_PALEST + (1 - _PALEST) * share) * _OPACITIES) / _OPACITIES
    steps = np.concatenate([np.round(mean * _TONES) / _TONES, opacity], axis=2)
    return np.where(there, np.round(255 * steps), 0).astype(np.uint8)


def _spread(image: NDArray[np.float64]) -> NDArray[np.float64]:
    wide = np.pad(image, ((1, 1), (1, 1), (0, 0)))
    beside = wide[:-2, 1:-1] + wide[2:, 1:-1] + wide[1:-1, :-2] + wide[1:-1, 2:]
    return image + 0.5 * beside


def _scaled(path: Path, factor: float) -> Path:
    return path.transformed(Affine2D().scale(factor))


def _area(polygon: NDArray[np.float64]) -> float:
    x, y = polygon.T
    return float(abs(np.dot(x[:-1], y[1:]) - np.dot(x[1:], y[:-1])) / 2)
