"""A query image and its nearest neighbours, side by side."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from simnb.types import Lookup
from simnb.visualization.palette import GREEN, GREY, VERMILION
from simnb.visualization.present import literal, new_figure, show_once

_RIGHT, _WRONG, _PLAIN = GREEN, VERMILION, GREY


def viz_neighbors_imgs(
    example: Any,
    example_class: Any,
    neighbors: Sequence[Lookup],
    class_mapping: Mapping[Any, str] | Sequence[str] | None = None,
    fig_size: tuple[float, float] = (24, 4),
    cmap: str = "viridis",
    show: bool = True,
) -> Figure:
    r"""Draw a query and its neighbours, each with label, distance, and ✓ or ✗.

    Parameters
    ----------
    example : array [h, w], [h, w, 1], [h, w, 3] or [h, w, 4]
        The query. Any numbers: floats are stretched from their least to their largest.
    example_class : int, str or None
        Its label; None draws neither ✓ nor ✗.
    neighbors : sequence of Lookup
        What `single_lookup` returned; their images are their `data`.
    class_mapping : mapping or sequence, optional
        From labels to the names to show.
    fig_size : default (24, 4)
        Inches.
    cmap : str, default "viridis"
        Colours of images with one channel.
    show : bool, default True
        Show the figure, once. False only returns it.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    ValueError
        A neighbour has no image: index with `data=x`.

    Examples
    --------
    >>> grey = np.zeros((28, 28, 1))
    >>> found = [Lookup(rank=1, distance=0.02, label=7, data=grey)]
    >>> figure = viz_neighbors_imgs(grey, 7, found, show=False)
    >>> [axes.get_title() for axes in figure.axes]
    ['query\n7', '✓ 7\n0.0200']
    """
    figure = new_figure(fig_size)
    axes = figure.subplots(1, len(neighbors) + 1, squeeze=False)[0]
    # A wide figure is shown scaled down to the page: its letters grow with it.
    size = 5 * fig_size[1]
    own = None if example_class is None else np.asarray(example_class).item()
    _draw(axes[0], example, cmap, _PLAIN)
    axes[0].set_title("query" if own is None else f"query\n{_name(own, class_mapping)}", size=size)
    for panel, neighbor in zip(axes[1:], neighbors, strict=True):
        if neighbor.data is None:
            raise ValueError(
                f"`neighbors` must carry images: the neighbour of rank {neighbor.rank} has no data. "
                "Index the images with their embeddings: index(x, y, data=x)."
            )
        known = own is not None and neighbor.label is not None
        right = known and neighbor.label == own
        color = (_RIGHT if right else _WRONG) if known else _PLAIN
        glyph = ("✓ " if right else "✗ ") if known else ""
        _draw(panel, neighbor.data, cmap, color)
        panel.set_title(
            f"{glyph}{_name(neighbor.label, class_mapping)}\n{neighbor.distance:.4f}",
            color=color,
            size=size,
        )
    if show:
        show_once(figure)
    return figure


viz_neigbors_imgs = viz_neighbors_imgs  # its name, so spelt, in TensorFlow Similarity


def _draw(axes: Any, image: Any, cmap: str, color: str) -> None:
    axes.imshow(_displayable(image), cmap=cmap)
    axes.set_xticks([])
    axes.set_yticks([])
    for spine in axes.spines.values():
        spine.set(color=color, linewidth=3)


def _displayable(image: Any) -> NDArray[Any]:
    pixels = np.asarray(image)
    if pixels.ndim == 3 and pixels.shape[2] == 1:
        pixels = pixels[:, :, 0]
    if not (pixels.ndim == 2 or (pixels.ndim == 3 and pixels.shape[2] in (3, 4))):
        raise ValueError(
            f"An image must have shape [h, w], [h, w, 1], [h, w, 3] or [h, w, 4]. Received: shape {pixels.shape}"
        )
    if pixels.dtype == np.uint8 or pixels.ndim == 2:
        return pixels
    wide = pixels.astype(np.float64)
    if wide.min() >= 0 and wide.max() <= 1:
        return wide
    if wide.min() >= 0 and wide.max() <= 255:
        return np.asarray(wide / 255)
    return np.asarray((wide - wide.min()) / max(wide.max() - wide.min(), 1e-12))


def _name(label: Any, class_mapping: Mapping[Any, str] | Sequence[str] | None) -> str:
    if class_mapping is None or label is None:
        name = "" if label is None else str(label)
    elif isinstance(class_mapping, Mapping):
        name = str(class_mapping.get(label, label))
    else:
        known = isinstance(label, int) and 0 <= label < len(class_mapping)
        name = str(class_mapping[label] if known else label)
    return literal(name)
