"""Examples as an augmenter made them: the views of each side by side."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from simnb import check
from simnb.visualization.present import literal, new_figure, show_once

_GAP = 0.04  # between the views of an example, in widths of its first


def visualize_views(
    views: Any,
    labels: Sequence[Any] | NDArray[Any] | None = None,
    predictions: Sequence[Any] | NDArray[Any] | None = None,
    num_imgs: int | None = None,
    views_per_col: int = 4,
    fig_size: tuple[float, float] = (24, 4),
    max_pixel_value: float = 1.0,
    min_pixel_value: float = 0.0,
    show: bool = True,
) -> Figure:
    """Draw the first examples of a batch, each with its views side by side.

    Parameters
    ----------
    views : array [n, ...] or list of them
        Images [n, h, w], [n, h, w, 1], [n, h, w, 3] or [n, h, w, 4]. A list holds views of
        the same examples, such as a `LayerAugmenter` makes with `as_list=True`.
    labels : array or sequence [n], optional
        Numbers or names, to stand above the examples.
    predictions : array or sequence [n] or [n, 1], optional
        What a model said of them; they stand below the labels.
    num_imgs : int, optional
        How many examples to draw. Default: all.
    views_per_col : int, default 4
        How many examples stand in one row.
    fig_size : default (24, 4)
        Inches, of all rows together.
    max_pixel_value, min_pixel_value : float, default 1.0 and 0.0
        The values drawn brightest and darkest; what lies beyond is drawn as they are. Images
        of uint8 are drawn from 0 to 255 where these are left at their defaults.
    show : bool, default True
        Show the figure, once. False only returns it.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    ValueError
        Views that are no images or not of the same examples, labels or predictions of
        another number, or `max_pixel_value` not above `min_pixel_value`.

    Examples
    --------
    >>> x = np.zeros((3, 8, 8, 3))
    >>> figure = visualize_views([x, 1 - x], ["cat", "dog", "dog"], show=False)
    >>> [(axes.get_title(), len(axes.images)) for axes in figure.axes]
    [('cat', 2), ('dog', 2), ('dog', 2)]
    """
    arrays = _images_of(views)
    count = len(arrays[0])
    headings = _headings(count, labels, predictions)
    low, high = check.finite("min_pixel_value", min_pixel_value), max_pixel_value
    if not check.finite("max_pixel_value", high) > low:
        raise ValueError(
            f"`max_pixel_value` must be above `min_pixel_value`. Received: {high} and {low}"
        )
    if num_imgs is not None:
        count = min(count, check.positive_integer("num_imgs", num_imgs))
    columns = min(count, check.positive_integer("views_per_col", views_per_col))
    figure = new_figure(fig_size)
    rows = -(-count // columns)
    panels = figure.subplots(rows, columns, squeeze=False).ravel()
    for unused in panels[count:]:
        unused.remove()
    for number, axes in enumerate(panels[:count]):
        _draw(axes, [_brightness(array[number], low, high) for array in arrays])
        # A wide figure is shown scaled down to the page: its letters grow with it.
        axes.set_title(headings[number], size=min(0.8 * fig_size[0], 6.5 * fig_size[1] / rows))
    if show:
        show_once(figure)
    return figure


def _images_of(views: Any) -> list[NDArray[Any]]:
    arrays = [np.asarray(view) for view in (views if isinstance(views, (list, tuple)) else [views])]
    shapes = [array.shape for array in arrays]
    images = all(len(shape) == 3 or (len(shape) == 4 and shape[3] in (1, 3, 4)) for shape in shapes)
    if not images or len({shape[0] for shape in shapes}) != 1 or shapes[0][0] == 0:
        raise ValueError(
            "`views` must be images [n, h, w], [n, h, w, 1], [n, h, w, 3] or [n, h, w, 4], or a list "
            f"of several views of the same n. Received: shapes {shapes}"
        )
    return arrays


def _headings(count: int, labels: Any, predictions: Any) -> list[str]:
    lines = []
    for name, values, shown in (("labels", labels, "{}"), ("predictions", predictions, "→ {}")):
        if values is not None:
            column = np.asarray(values)
            if column.shape not in ((count,), (count, 1)):
                raise ValueError(
                    f"`{name}` must be one for each of {count} examples. Received: shape {column.shape}"
                )
            lines.append([shown.format(_text(value)) for value in column.ravel().tolist()])
    return ["\n".join(parts) for parts in zip(*lines, strict=True)] or [""] * count


def _text(value: Any) -> str:
    return literal(f"{value:.4g}" if isinstance(value, float) else value)


def _brightness(image: NDArray[Any], low: float, high: float) -> NDArray[np.float32]:
    """Return an image's pixels from 0 to 1, without an axis of one channel."""
    if image.dtype == np.uint8 and (low, high) == (0, 1):
        high = 255
    pixels = image[..., 0] if image.ndim == 3 and image.shape[2] == 1 else image
    return ((pixels.astype(np.float32) - low) / (high - low)).clip(0, 1)


def _draw(axes: Any, pictures: list[NDArray[np.float32]]) -> None:
    left, gap = 0.0, _GAP * pictures[0].shape[1]
    for picture in pictures:
        height, width = picture.shape[:2]
        axes.imshow(picture, cmap="gray", vmin=0, vmax=1, extent=(left, left + width, height, 0))
        left += width + gap
    axes.set_xlim(0, left - gap)
    axes.set_ylim(max(picture.shape[0] for picture in pictures), 0)
    axes.set_axis_off()
