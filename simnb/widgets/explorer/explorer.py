"""The explorer: a map, the neighbours and the threshold of the same items, linked."""

from __future__ import annotations

import base64
import io
import warnings
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from typing import Any

import ipywidgets
import numpy as np
from anywidget import AnyWidget
from numpy.typing import NDArray
from PIL import Image

from simnb import check, distances
from simnb.widgets.calibration_explorer.calibration_explorer import CalibrationExplorer
from simnb.widgets.calibration_explorer.labelled_queries import pair_of
from simnb.widgets.explorer.items import ExplorerItems, read_items
from simnb.widgets.explorer.links import link_calibration, link_viewer
from simnb.widgets.neighbor_viewer.catalogue import KnownQueries
from simnb.widgets.neighbor_viewer.neighbor_viewer import NeighborViewer
from simnb.widgets.neighbor_viewer.viewed_query import MOST
from simnb.widgets.projector.projector import Projector

_VIEW = "application/vnd.jupyter.widget-view+json"
_SAID = "`(embeddings|queries)` has NaN or inf"  # by `read_items` already
_ROWS = {"display": "flex", "flex_flow": "row wrap", "grid_gap": "8px", "width": "100%"}
_FLEX = ("3 1 480px", "2 1 330px", "1 1 100%")  # map, neighbours, and the threshold below them

_BARS = 150  # pixels of what stands above and below the map


class Explorer(ipywidgets.Box):  # type: ignore[misc]
    """A map of items, the neighbours of each, and the threshold for their answers, linked.

    Select points of the map, and the viewer steps through them; click one, and see its
    neighbours; move the threshold, and the map dims whose answer is withheld; click a cell
    of the confusion matrix, and its items are selected on the map.

    Each answer is the nearest neighbour's label. Items that are in the index themselves, in
    whatever order, are looked up without themselves. All is embedded once, and looked up once.

    Parameters
    ----------
    source : Indexer, SimilarityModel or array [n, d]
        Where neighbours come from; embeddings are their own neighbours. Of a model, the
        viewer follows to another index; map and threshold are of the index that it met.
    x : array [n, d], or as `model.embed`, optional
        The items: embeddings for an index, inputs for a model. Default: the items of the
        index. Where `source` is embeddings, their labels.
    y : sequence of n, optional
        Labels of the items; None and NaN are "no label". Items that are in the index have
        its labels by default. Without any there is no threshold.
    images : array [n, h, w] or [n, h, w, c], or sequence of n, optional
        Of the items. Default: a model's inputs, or what the index stores, if they are images.
    metadata : DataFrame, dict of columns or list of dicts, optional
        Of the items.
    class_names : mapping or sequence, optional
        From labels to the names to show.
    held_out : pair, optional
        Other items and their labels, to judge the threshold by.
    method : str or array, default "auto"
        Of the map: "auto", "pca", "umap", "densmap", "tsne", or coordinates.
    distance : str or Distance, default "cosine"
        Where there is an index, its own is.
    k : int, default 10
        Neighbours to show, at most 200.
    seed : int, default 0
        Of the map's layout, and of random queries.
    thumbnail_size : int, default 64
        Pixels of an image's longer side.
    theme : str, default "auto"
        "light", "dark", or "auto", which is the page's.
    height : int, default 500
        Of the map, in pixels.
    title : str, default ""

    Attributes
    ----------
    projector : Projector
    neighbors : NeighborViewer
    calibration : CalibrationExplorer or None

    Raises
    ------
    ValueError
        Shapes or numbers of items do not agree; the message says which.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> explorer = Explorer(rng.normal(size=(30, 4)), [0, 1, 2] * 10, method="pca")
    >>> explorer.projector.clicked = 7
    >>> explorer.neighbors.query
    7
    >>> explorer.calibration.threshold = 0.1
    >>> explorer.projector.threshold
    0.1
    >>> explorer.close()
    """

    def __init__(
        self,
        source: Any,
        x: Any = None,
        y: Any = None,
        *,
        images: Any = None,
        metadata: Any = None,
        class_names: Mapping[Any, str] | Sequence[str] | None = None,
        held_out: Any = None,
        method: Any = "auto",
        distance: str | distances.Distance = "cosine",
        k: int = 10,
        seed: int = 0,
        thumbnail_size: int = 64,
        theme: str = "auto",
        height: int = 500,
        title: str = "",
    ) -> None:
        if check.positive_integer("k", k) > MOST:
            raise ValueError(f"`k` must be at most {MOST}. Received: k={k}")
        items = read_items(source, x, y, images, metadata, distance)
        common: dict[str, Any] = {"class_names": class_names, "theme": theme}
        with ExitStack() as failing, warnings.catch_warnings():
            warnings.filterwarnings("ignore", _SAID)
            calibration = _calibration(items, held_out, thumbnail_size, **common)
            if calibration is not None:
                failing.callback(calibration.close)
            common.update(k=k, seed=seed, height=height)
            neighbors = _viewer(items, images, metadata, **common)
            failing.callback(neighbors.close)
            answers = _answers(items, calibration)
            sizes = {"thumbnail_size": thumbnail_size, "title": title}
            projector = _map(items, method, answers, **sizes, **common)
            failing.callback(projector.close)
            link_viewer(projector, neighbors)
            if calibration is not None:
                link_calibration(calibration, projector, neighbors, items.labelled)
                _share_mistakes(items, calibration, neighbors)
            self.projector, self.neighbors, self.calibration = projector, neighbors, calibration
            shown = [own for own in (projector, neighbors, calibration) if own is not None]
            _lay_out(shown, height)
            super().__init__(shown, layout=_ROWS)
            failing.pop_all()
        self.add_class("simnb-explorer")

    def close(self) -> None:
        """Stop what runs in the background, and remove all of it from the page."""
        for widget in self.children:
            widget.close()
        super().close()

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(map(repr, self.children))})"

    def _repr_mimebundle_(self, **kwargs: Any) -> Any:
        # The projector's has what Colab must be told to show widgets that it does not know.
        found = AnyWidget._repr_mimebundle_(self.projector, **kwargs)
        if found is None:
            return None
        data, metadata = found
        picture = _joined([own._picture() for own in self.children])
        view = {**data[_VIEW], "model_id": self.model_id}
        own = {"text/plain": repr(self), "image/png": picture, _VIEW: view}
        return {**data, **own}, metadata


def _calibration(
    items: ExplorerItems, held_out: Any, thumbnail_size: int, **common: Any
) -> CalibrationExplorer | None:
    """The threshold of labelled items; None where there are none, or none has a neighbour."""
    if len(items.labelled) == 0:
        if held_out is not None:
            raise ValueError("`held_out` must be beside items with labels. Received: `y` has none")
        return None
    results = None if items.index is None else items.index.calibration
    rule: dict[str, Any] = {} if results is None else {"k": results.k, "matcher": results.matcher}
    k = rule.get("k", 1)
    lookups, points = items.lookups(k), items.points
    if not (lookups.ids >= 0).any():
        return None
    if held_out is not None:
        other, labels = pair_of(held_out)
        held_out = (items.lookups_of(other, k), labels)
    metadata = {name: items.of_labelled(column) for name, column in points.metadata.items()}
    return CalibrationExplorer(
        lookups if items.index is None else items.index,
        None if items.index is None else lookups,
        items.labels,
        images=items.of_labelled(points.images),
        metadata=metadata,
        held_out=held_out,
        known_classes=np.unique(items.labels) if items.own else None,
        thumbnail_size=thumbnail_size,
        **rule,
        **common,
    )


def _viewer(items: ExplorerItems, images: Any, metadata: Any, **more: Any) -> NeighborViewer:
    """The neighbours of each item, of those in the index without itself."""
    points = items.points
    if items.index is None:
        return NeighborViewer(
            points.embeddings,
            labels=points.labels,
            images=points.images,
            metadata=points.metadata or None,
            distance=items.distance,
            embed=items.embed,
            **more,
        )
    if items.own:
        # What the index stores of its items, the viewer knows to show.
        own = {"images": images, "metadata": metadata}
        return NeighborViewer(items.source, labels=points.labels, **own, **more)
    queries = KnownQueries(points.embeddings, items.own_ids, points.metadata)
    shown = {"labels": points.labels, "query_images": points.images}
    return NeighborViewer(items.source, queries, **shown, **more)


def _map(items: ExplorerItems, method: Any, answers: Any, **more: Any) -> Projector:
    points = items.points
    projector = Projector(
        points.embeddings,
        points.labels,
        points.images,
        metadata=points.metadata,
        method=method,
        distance=items.distance,
        index=items.index if items.own else None,
        answer_distances=answers,
        **more,
    )
    projector._listed = False  # the viewer shows them
    return projector


def _lay_out(shown: list[Any], height: int) -> None:
    for widget, flex in zip(shown, _FLEX, strict=False):
        widget.layout.flex, widget.layout.min_width = flex, "0"
    shown[1].layout.max_height = f"{height + _BARS}px"  # as high as the map; the rest scrolls


def _share_mistakes(
    items: ExplorerItems, calibration: CalibrationExplorer, viewer: NeighborViewer
) -> None:
    """Spare the viewer the look-ups, where its mistakes are those of the answers."""
    if calibration.results.matcher != "match_nearest" or (items.own and not items.all_labelled):
        return
    decided = calibration.decisions
    wrong = np.isfinite(decided.distance) & ~decided.right
    viewer._finder.know_mistakes(items.labelled[wrong])


def _answers(
    items: ExplorerItems, calibration: CalibrationExplorer | None
) -> NDArray[np.float64] | None:
    """How far each item's answer is; NaN where it has none."""
    if calibration is None:
        return None
    far = np.full(len(items.points.embeddings), np.nan)
    far[items.labelled] = calibration.decisions.distance
    return far


def _joined(pictures: Sequence[bytes]) -> str:
    """Two pictures beside each other, and one below, as one PNG of 256 colours in base64."""
    left, right, *below = (Image.open(io.BytesIO(own)).convert("RGB") for own in pictures)
    right = _scaled(right, right.width * left.height // right.height)
    width = left.width + right.width
    below = [_scaled(own, min(width, own.width)) for own in below]
    sheet = Image.new("RGB", (width, left.height + sum(own.height for own in below)), "white")
    sheet.paste(left, (0, 0))
    sheet.paste(right, (left.width, 0))
    for own in below:
        sheet.paste(own, ((width - own.width) // 2, left.height))
    stream = io.BytesIO()
    colors = Image.Quantize.MAXCOVERAGE
    sheet.quantize(256, colors, dither=Image.Dither.NONE).save(stream, "png")
    return base64.b64encode(stream.getvalue()).decode("ascii")


def _scaled(image: Image.Image, width: int) -> Image.Image:
    return image.resize((width, image.height * width // image.width), Image.Resampling.LANCZOS)
