"""TensorFlow Similarity's name for the embedding projector."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from simnb import check

if TYPE_CHECKING:
    from simnb.widgets import Projector

# Bokeh's names for what dragging does, and the projector's.
_TOOLS = {
    "auto": "pan",
    "pan": "pan",
    "box_zoom": "zoom",
    "box_select": "box",
    "lasso_select": "lasso",
}


def projector(
    embeddings: Any,
    labels: Any = None,
    class_mapping: Mapping[Any, str] | Sequence[str] | None = None,
    images: Any = None,
    image_size: int = 64,
    tooltips_info: Any = None,
    pt_size: float = 3,
    colorize: bool = True,
    pastel_factor: float = 0.1,
    plot_size: int = 600,
    active_drag: str = "box_zoom",
    densmap: bool = True,
) -> Projector:
    """Return `simnb.widgets.Projector`, by the arguments that TensorFlow Similarity had.

    A notebook draws it where it is a cell's value; elsewhere `display(...)` it, or call its
    `save_html(path)`.

    Parameters
    ----------
    embeddings : array [n, d], Indexer or SimilarityModel
    labels : sequence of n, optional
    class_mapping : mapping or sequence, optional
        From labels to the names to show.
    images : array or sequence of n images, optional
    image_size : int, default 64
        Of the thumbnails, in pixels.
    tooltips_info : dict of columns, DataFrame or list of dicts, optional
        More to show of a point.
    pt_size : float, default 3
        Diameter of a point in pixels.
    colorize : bool, default True
        False draws all points in one colour.
    pastel_factor : float, default 0.1
        Without effect: the colours are chosen to be told apart by colour-blind readers too.
    plot_size : int, default 600
        Height in pixels.
    active_drag : str, default "box_zoom"
        "box_zoom", "pan", "box_select", "lasso_select" or "auto".
    densmap : bool, default True
        Lay out by densMAP, UMAP that keeps densities; False: by UMAP.

    Examples
    --------
    >>> import numpy as np
    >>> map = projector(np.eye(4), labels=[0, 0, 1, 1], class_mapping=["cat", "dog"])
    >>> map
    Projector(4 points × 4 dimensions, 2 labels, pca)
    >>> map.close()
    """
    from simnb.widgets import Projector

    check.one_of("active_drag", active_drag, _TOOLS)
    check.non_negative("pastel_factor", pastel_factor)
    return Projector(
        embeddings,
        labels if colorize else None,
        images=images,
        class_names=class_mapping,
        metadata=tooltips_info,
        method="densmap" if densmap else "umap",
        thumbnail_size=image_size,
        point_size=pt_size,
        height=plot_size,
        tool=_TOOLS[active_drag],
    )
