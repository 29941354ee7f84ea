"""The embedding projector: see what lies near what, and take it back to Python."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import traitlets
from numpy.typing import NDArray

from simnb import check, distances
from simnb.indexer import Indexer
from simnb.widgets.base import counted, sendable
from simnb.widgets.binary import Array, Number, refusing
from simnb.widgets.cards import Answer
from simnb.widgets.neighbors import Neighborhood
from simnb.widgets.points import array_of, coordinates_of, matrix_of, read_points
from simnb.widgets.projector.epochs import Film
from simnb.widgets.projector.items import ItemsWidget
from simnb.widgets.projector.layouts import AT_ONCE, GIVEN, Layouts, named
from simnb.widgets.projector.pictures import page, still
from simnb.widgets.projector.projection import METHOD_TITLES, METHODS

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

_LARGEST = 100  # pixels of a point


def _diameter(name: str, value: Any) -> float:
    diameter = check.non_negative(name, value)
    if diameter > _LARGEST:
        raise ValueError(f"`{name}` must be at most {_LARGEST} pixels. Received: {name}={value!r}")
    return diameter


class Projector(ItemsWidget, script="projector"):
    """An interactive map of embeddings: anyone's, of up to two million items.

    PCA is there at once; UMAP is made in the background and the points glide to it. Drag
    to move, scroll to zoom; select by box or lasso; click a point, and lines lead to its
    nearest neighbours in the original space. Whatever the mouse does has a way by keyboard:
    focus the picture and press `?`.

    Ids are row numbers of `embeddings`, everywhere. Arrays are not copied: leave them as they
    are while the projector lives.

    Parameters
    ----------
    embeddings : array [n, d], Indexer or SimilarityModel
        Of NumPy, pandas, torch, TensorFlow or JAX. An index, or a model's, brings its
        labels and the images or dicts stored with its items. Rows with NaN or inf are
        named in a warning and left out of the picture.
    labels : sequence of n, optional
        Of any kind; None is "no label".
    images : array [n, h, w] or [n, h, w, c], or sequence of n, optional
        NumPy arrays or PIL images of any shapes and number types; None where missing.
    class_names : mapping or sequence, optional
        From labels to the names to show.
    metadata : DataFrame, dict of columns or list of dicts, optional
        Shown in the card of a point, searched, and offered as colours.
    method : str, array or pair of them, default "auto"
        "pca", "umap", "densmap", "tsne", or coordinates [n, 2] or [n, 3]. "auto" is UMAP for
        20 to 20,000 items, else PCA. A pair is drawn side by side.
    distance : str or Distance, default "cosine"
        Of neighbours, and of the layout. Where there is an index, its own is.
    index : Indexer, optional
        Finds the neighbours in place of comparing with all; holds the items in their order.
    seed : int, default 0
    dimensions : int, default 2
        3 makes a picture that is turned by dragging.
    k : int, default 10
        Neighbours that a click shows, at most 1,000.
    answer_distances : array [n], optional
        How far the answer to each item is, of `distance`; NaN or inf where there is none.
    threshold : float, optional
        Items whose answer is beyond it are dimmed, save for the selected.
    color_by : str, default "label"
        "label" or a column of `metadata`.
    thumbnail_size : int, default 64
        Pixels of an image's longer side.
    point_size : float, default 0.0
        Diameter in pixels; 0 goes by the number of points.
    tool : str, default "pan"
        What dragging does: "pan", "zoom", "box" or "lasso".
    theme : str, default "auto"
        "light", "dark", or "auto", which is the page's.
    height : int, default 520
        Of the drawing, in pixels.
    title : str, default ""

    Attributes
    ----------
    selection : list of int
        Selected rows, sorted. Set it, observe it, link it.
    hovered, clicked : int or None
    threshold : float or None

    Raises
    ------
    ValueError
        Shapes or numbers of items do not agree, or a name is unknown; the message says which.

    Examples
    --------
    >>> import numpy as np
    >>> rng = np.random.default_rng(0)
    >>> projector = Projector(rng.normal(size=(8, 4)), labels=[0, 1] * 4, method="pca")
    >>> projector
    Projector(8 points × 4 dimensions, 2 labels, pca)
    >>> projector.select([2, 5])
    >>> projector.selected["label"].tolist()
    [0, 1]
    >>> projector.close()
    """

    method = traitlets.Unicode("pca").tag(sync=True)
    beside = traitlets.Unicode("").tag(sync=True)
    dimensions = traitlets.Enum((2, 3), 2).tag(sync=True)
    tool = traitlets.Enum(("pan", "zoom", "box", "lasso"), "pan").tag(sync=True)
    point_size = Number(0.0, _diameter)
    epoch = traitlets.Int(0).tag(sync=True)
    threshold = Number(None, allow_none=True)

    _coords = Array()
    _beside = Array()
    _shown = traitlets.List(traitlets.Unicode()).tag(sync=True)
    _methods = traitlets.List(traitlets.Unicode()).tag(sync=True)
    _animate = traitlets.Bool(True).tag(sync=True)
    _progress = traitlets.Dict(default_value={}).tag(sync=True)
    _epochs = traitlets.List(traitlets.Unicode()).tag(sync=True)
    _answers = Array()  # float64, similarities negated; inf where there is none
    _larger = traitlets.Bool(False).tag(sync=True)
    _listed = traitlets.Bool(True).tag(sync=True)  # a click's neighbours, beside the map

    _layouts: Layouts
    _built = False  # its constructor has come to an end

    def __init__(
        self,
        embeddings: Any,
        labels: Any = None,
        images: Any = None,
        class_names: Mapping[Any, str] | Sequence[str] | None = None,
        metadata: Any = None,
        method: Any = "auto",
        *,
        distance: str | distances.Distance = "cosine",
        index: Indexer | None = None,
        seed: int = 0,
        dimensions: int = 2,
        k: int = 10,
        answer_distances: Any = None,
        threshold: float | None = None,
        color_by: str = "label",
        thumbnail_size: int = 64,
        point_size: float = 0.0,
        tool: str = "pan",
        theme: str = "auto",
        height: int = 520,
        title: str = "",
    ) -> None:
        points = read_points(embeddings, labels, images, metadata)
        index = points.index if index is None else index
        if index is not None and not isinstance(index, Indexer):
            raise ValueError(f"`index` must be an Indexer. Received: {type(index).__name__}")
        measure = distances.get(distance) if index is None else index.distance
        self._embeddings = points.embeddings
        self._measure = measure
        self._seed = check.seed("seed", seed)
        self._film: Film | None = None
        self._layouts = Layouts(
            points.embeddings, measure, self._seed, self._tell_progress, self._on_layout
        )
        asked, given = named(method, len(points.embeddings))
        for name, coordinates in given.items():
            self._layouts.put(name, coordinates)
            dimensions = coordinates.shape[1]
        super().__init__(
            points,
            class_names,
            measure,
            index,
            thumbnail_size,
            _methods=[*METHODS, *given],
            method=asked[0],
            beside=asked[1] if len(asked) > 1 else "",
            dimensions=dimensions,
            color_by=color_by,
            k=k,
            threshold=threshold,
            tool=tool,
            point_size=point_size,
            theme=theme,
            height=height,
            title=title,
            _answers=_answers(answer_distances, len(points.embeddings), measure.larger_is_nearer),
            _larger=measure.larger_is_nearer,
            # One message carries all of it to the page.
            **self._drawing(asked, dimensions, []),
        )
        self._built = True
        self._ask()
        self.observe(self._place, ["method", "beside", "dimensions"])
        self.observe(self._show_epoch, "epoch")

    @property
    def coordinates(self) -> Any:
        """What is drawn, float32 [n, 2] or [n, 3]; NaN for rows that are left out."""
        return self._coords

    @property
    def epochs(self) -> list[str]:
        """Names of the epochs that were added, in their order; `epoch` is the one shown."""
        return list(self._epochs)

    @property
    def selected(self) -> pd.DataFrame:
        """The selected items: label, metadata and coordinates, indexed by row number."""
        found = super().selected
        for axis, values in zip("xyz", self._coords[self.selection].T, strict=False):
            found[axis if axis not in found else f"{axis} (map)"] = values
        return found

    def set_coords(self, xy: Any, animate: bool = True) -> None:
        """Move the points to coordinates of your own.

        Parameters
        ----------
        xy : array [n, 2] or [n, 3]
            NaN leaves a row out.
        animate : bool, default True
            Let the points glide there.
        """
        coordinates = coordinates_of("xy", xy, self.count, (2, 3))
        if self._film is not None:
            raise ValueError("`set_coords` is not for a projector of epochs: each has its own")
        self._layouts.put(GIVEN, coordinates)
        with self.hold_sync():
            with self.hold_trait_notifications():
                self._animate = bool(animate)
                self._methods = [*dict.fromkeys([*self._methods, GIVEN])]
                self.dimensions = coordinates.shape[1]
                self.method = GIVEN
            self._place()
        self._animate = True

    def add_epoch(self, embeddings: Any, name: str) -> None:
        """Show the same items embedded anew; a slider plays the epochs back.

        Neighbours are those of the epoch that is shown.

        Parameters
        ----------
        embeddings : array [n, d]
            Of the same items in the same order.
        name : str
            What to call it, such as "epoch 3".
        """
        matrix = matrix_of(embeddings)
        if len(matrix) != self.count:
            raise ValueError(
                f"`embeddings` must have a row for each of {self.count} items. Received: {len(matrix)}"
            )
        film = self._film
        if film is None:
            # Coordinates that were given are of one epoch only.
            method = self.method if self.method in METHODS else AT_ONCE
            film = Film(method, self._seed, self._measure, self.dimensions)
        film.add(matrix, str(name))
        if self._film is None:  # only now: laying out may fail, or be interrupted
            self._layouts.cancel()
            self._film = film
            self._together({"method": method, "beside": "", "_shown": [method], "_beside": None})
        with self.hold_sync():
            self._epochs = [sendable(frame.name) for frame in film.frames]
            if self.epoch == len(self._epochs) - 1:
                self._show_epoch()
            self.epoch = len(self._epochs) - 1

    def cancel(self) -> None:
        """Stop the layout that is being made in the background; what is drawn stays."""
        self._layouts.cancel()
        with self.hold_sync():
            self.method = self._shown[0]
            self.beside = self._shown[1] if self.beside else ""

    def wait(self, timeout: float | None = None) -> bool:
        """Wait for layouts made in the background; return whether all are there.

        Parameters
        ----------
        timeout : float, optional
            Seconds. Default: for ever.
        """
        return self._layouts.wait(timeout)

    def plot(self) -> Figure:
        """Return the picture as a matplotlib figure, for print; of a pair, the first."""
        from simnb.visualization.embedding_map import embedding_map

        return embedding_map(self._coords, self._column(), title=self._heading(), **self._marked())

    def figure(self) -> Any:
        """Return the picture as a Bokeh figure, which hovers and zooms without Python."""
        return page(
            self._heading(),
            self._coords,
            self._column(),
            self._table,
            self._cards.thumbnails,
            self.height,
        )

    def save_html(self, path: str | os.PathLike[str]) -> Path:
        """Write an interactive page that works from a file, offline; return its path.

        Up to 5,000 images are carried in it.
        """
        from simnb.visualization import save_html

        return save_html(self.figure(), path)

    def close(self) -> None:
        """Stop what runs in the background, and remove the widget from the page."""
        if self._built:
            self._layouts.cancel()
        super().close()

    def __repr__(self) -> str:
        if not self._built:
            return f"{type(self).__name__}()"
        column = self._table["label"]
        labels = f", {counted(len(column.names), 'label')}" if column.given else ""
        points = counted(self.count, "point")
        width = counted(self._embeddings.shape[1], "dimension")
        shown = " | ".join(self._shown) or self.method
        return f"{type(self).__name__}({points} × {width}{labels}, {shown})"

    @traitlets.validate("epoch")
    def _check_epoch(self, proposal: Any) -> int:
        with refusing():
            return check.row("epoch", proposal.value, max(1, len(self._epochs)))

    @traitlets.validate("method", "beside", "dimensions")
    def _check_layout(self, proposal: Any) -> Any:
        name, value = proposal.trait.name, proposal.value
        with refusing():
            if self._epochs and value != getattr(self, name):
                raise ValueError(f"`{name}` is that of all epochs. Received: {name}={value!r}")
            if name == "dimensions" or (name == "beside" and not value):
                return value
            return check.one_of(name, value, self._methods)

    @property
    def _wanted(self) -> list[str]:
        return [self.method, *([self.beside] if self.beside else [])]

    def _place(self, change: Any = None) -> None:
        """Draw the layouts that are asked for, or the nearest thing until they are there."""
        if self._film is not None:
            return
        for panel in ("method", "beside") if self.beside else ("method",):
            if not self._layouts.possible(getattr(self, panel), self.dimensions):
                setattr(self, panel, AT_ONCE)  # coordinates given in 2-D have no third
        self._together(self._drawing(self._wanted, self.dimensions, self._shown))
        self._ask()

    def _ask(self) -> None:
        self._layouts.ask([(name, self.dimensions) for name in self._wanted])

    def _drawing(self, methods: list[str], dimensions: int, shown: list[str]) -> dict[str, Any]:
        names, drawn = self._layouts.best(methods, dimensions, shown)
        return {"_shown": names, "_coords": drawn[0], "_beside": drawn[1] if drawn[1:] else None}

    def _on_layout(self, error: str | None) -> None:
        if error is None:
            self._place()
        else:
            self.cancel()
            self._progress = {"error": error}

    def _tell_progress(self, progress: dict[str, Any] | None) -> None:
        self._progress = progress or {}

    def _show_epoch(self, change: Any = None) -> None:
        if self._film is None:
            return
        frame = self._film.frames[self.epoch]
        self._embeddings = frame.embeddings
        self._neighborhood = Neighborhood(frame.embeddings, self._measure)
        self._coords = frame.coordinates

    def _answer_cancel(self, message: Mapping[str, Any]) -> Answer:
        self.cancel()
        return {}, []

    def _heading(self) -> str:
        name = self._shown[0]
        shown = self._epochs[self.epoch] if self._epochs else METHOD_TITLES.get(name, name)
        return f"{self.title} ({shown})" if self.title else shown

    def _marked(self) -> dict[str, Any]:
        """What is selected, what is beyond the threshold, and which lines lead from a click."""
        marked: dict[str, Any] = {"selection": self.selection or None}
        if self._answers is not None and self.threshold is not None:
            limit = -self.threshold if self._larger else self.threshold
            marked["faint"] = self._answers > limit
        if self.clicked is not None:
            near = self.neighbors_of([self.clicked]).ids[0]
            marked["neighbors"] = (self.clicked, near[near >= 0])
        return marked

    def _picture(self) -> bytes:
        panels = [(self._heading(), self._coords)]
        if self._beside is not None:
            titles = [METHOD_TITLES.get(name, name) for name in self._shown]
            panels = list(zip(titles, (self._coords, self._beside), strict=True))
        return still(panels, self._column(), **self._marked())


def _answers(distances: Any, count: int, larger: bool) -> NDArray[np.float64] | None:
    """Distances as the page compares them: ascending, no answer at inf."""
    if distances is None:
        return None
    given = np.asarray(array_of(distances))
    if given.shape != (count,) or given.dtype.kind not in "iuf":
        raise ValueError(
            f"`answer_distances` must have one number for each of {count} embeddings. "
            f"Received: {given.dtype} of shape {given.shape}"
        )
    far = given.astype(np.float64)
    return np.where(np.isfinite(far), -far if larger else far, np.inf)
