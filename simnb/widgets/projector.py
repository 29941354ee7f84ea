"""The embedding projector: see what lies near what, and take it back to Python."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import traitlets

from simnb import check, distances
from simnb.indexer import Indexer
from simnb.widgets.answers import Answers
from simnb.widgets.base import Widget
from simnb.widgets.binary import Array, RefusedError, Rows
from simnb.widgets.columns import Column, columns_of, text_of
from simnb.widgets.epochs import Film
from simnb.widgets.layouts import AT_ONCE, GIVEN, Layouts, as_coordinates, named
from simnb.widgets.neighbors import Neighborhood, Neighbors
from simnb.widgets.pictures import Pictures
from simnb.widgets.points import matrix_of, read_points
from simnb.widgets.projection import METHODS
from simnb.widgets.thumbnails import Thumbnails

if TYPE_CHECKING:
    import pandas as pd


class Projector(Answers, Pictures, Widget, script="projector"):
    """An interactive map of embeddings: anyone's, of up to two million items.

    PCA is there at once; UMAP is made in the background and the points glide to it. Drag
    to move, scroll to zoom; select by box or lasso; click a point, and lines lead to its
    nearest neighbours in the original space. All of it works by keyboard too: focus the
    picture and press `?`.

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

    selection = Rows()
    hovered = traitlets.Int(None, allow_none=True).tag(sync=True)
    clicked = traitlets.Int(None, allow_none=True).tag(sync=True)
    color_by = traitlets.Unicode("label").tag(sync=True)
    method = traitlets.Unicode("pca").tag(sync=True)
    beside = traitlets.Unicode("").tag(sync=True)
    dimensions = traitlets.Enum((2, 3), 2).tag(sync=True)
    k = traitlets.Int(10, min=1, max=1000).tag(sync=True)
    tool = traitlets.Enum(("pan", "zoom", "box", "lasso"), "pan").tag(sync=True)
    point_size = traitlets.Float(0.0, min=0.0, max=100.0).tag(sync=True)
    epoch = traitlets.Int(0).tag(sync=True)

    _count = traitlets.Int(0).tag(sync=True)
    _coords = Array()
    _beside = Array()
    _shown = traitlets.List(traitlets.Unicode()).tag(sync=True)
    _methods = traitlets.List(traitlets.Unicode()).tag(sync=True)
    _animate = traitlets.Bool(True).tag(sync=True)
    _colored = traitlets.Unicode("label").tag(sync=True)  # what the next five tell of
    _codes = Array()
    _names = traitlets.List(traitlets.Unicode()).tag(sync=True)
    _colors = traitlets.List(traitlets.Unicode()).tag(sync=True)
    _range = traitlets.List(traitlets.Unicode()).tag(sync=True)
    _missing = traitlets.Int(None, allow_none=True).tag(sync=True)
    _columns = traitlets.List(traitlets.Unicode()).tag(sync=True)
    _has_images = traitlets.Bool(False).tag(sync=True)
    _progress = traitlets.Dict(default_value={}).tag(sync=True)
    _distance = traitlets.Unicode("").tag(sync=True)
    _epochs = traitlets.List(traitlets.Unicode()).tag(sync=True)

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
        self._embeddings = points.embeddings
        self._measure = distances.get(distance) if index is None else index.distance
        self._neighborhood = Neighborhood(points.embeddings, self._measure, index)
        self._seed = seed
        self._film: Film | None = None
        size = check.positive_integer("thumbnail_size", thumbnail_size)
        self._thumbnails = (
            None
            if points.images is None
            else Thumbnails(points.images, size, count=len(points.embeddings))
        )
        self._table = columns_of(points, class_names)
        self._layouts = Layouts(
            points.embeddings, self._measure, seed, self._tell_progress, self._on_layout
        )
        asked, given = named(method, len(points.embeddings))
        for name, coordinates in given.items():
            self._layouts.put(name, coordinates)
            dimensions = coordinates.shape[1]
        super().__init__(
            selection=[],
            _count=len(points.embeddings),
            _methods=[*METHODS, *given],
            _columns=[name for name, column in self._table.items() if column.kind != "text"],
            _has_images=self._thumbnails is not None,
            _distance=str(self._measure),
            method=asked[0],
            beside=asked[1] if len(asked) > 1 else "",
            dimensions=dimensions,
            color_by=color_by,
            k=k,
            tool=tool,
            point_size=check.non_negative("point_size", point_size),
            theme=theme,
            height=height,
            title=title,
            # One message carries all of it to the page.
            **self._drawing(asked, dimensions, []),
            **_coloring(self._table.get(color_by)),
        )
        self._built = True
        self._ask()
        self.observe(self._color, "color_by")
        self.observe(self._place, ["method", "beside", "dimensions"])
        self.observe(self._show_epoch, "epoch")

    @property
    def count(self) -> int:
        """Number of items, those without a place in the picture included."""
        return int(self._count)

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
        import pandas as pd

        rows = self.selection
        table = self._table.items()
        found = {name: column.values_at(rows) for name, column in table if column.given}
        for axis, values in zip("xyz", self._coords[rows].T, strict=False):
            found[axis if axis not in found else f"{axis} (map)"] = values
        return pd.DataFrame(found, index=pd.Index(rows, dtype="int64", name="id"))

    def select(self, ids: Any) -> None:
        """Select these rows, or those where a mask of all rows is True.

        Raises
        ------
        ValueError
            An id is no row number; the selection stays as it was.
        """
        self.selection = check.rows("ids", ids, self.count)

    def neighbors_of(self, ids: Any, k: int | None = None) -> Neighbors:
        """Return the neighbours of rows in the original space, as a click draws them.

        Parameters
        ----------
        ids : integers [q], or one
        k : int, optional
            Default: the widget's.
        """
        rows = check.rows("ids", ids, self.count)
        return self._neighborhood.of(rows, check.positive_integer("k", self.k if k is None else k))

    def set_coords(self, xy: Any, animate: bool = True) -> None:
        """Move the points to coordinates of your own.

        Parameters
        ----------
        xy : array [n, 2] or [n, 3]
            NaN leaves a row out.
        animate : bool, default True
            Let the points glide there.
        """
        coordinates = as_coordinates("xy", xy, self.count)
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
            self._epochs = [text_of(frame.name) for frame in film.frames]
            self.epoch = len(self._epochs) - 1
            self._show_epoch()

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

    def close(self) -> None:
        """Stop what runs in the background, and remove the widget from the page."""
        if self._built:
            self._layouts.cancel()
        super().close()

    def __repr__(self) -> str:
        if not self._built:
            return f"{type(self).__name__}()"
        column = self._table["label"]
        labels = f", {len(column.names)} labels" if column.given else ""
        width = self._embeddings.shape[1]
        shown = " | ".join(self._shown) or self.method
        return f"{type(self).__name__}({self.count} points × {width} dimensions{labels}, {shown})"

    @traitlets.validate(
        "method", "beside", "dimensions", "color_by", "hovered", "clicked", "epoch", "title"
    )
    def _check(self, proposal: Any) -> Any:
        try:
            return self._checked(proposal.trait.name, proposal.value)
        except ValueError as error:
            raise RefusedError(str(error)) from error

    def _checked(self, name: str, value: Any) -> Any:
        if name == "title":
            return text_of(value)
        if name == "color_by":
            return check.one_of(name, value, self._columns)
        if name in ("hovered", "clicked"):
            return None if value is None else check.row(name, value, self.count)
        if name == "epoch":
            return check.row(name, value, max(1, len(self._epochs)))
        if self._epochs and value != getattr(self, name):
            raise ValueError(f"`{name}` is that of all epochs. Received: {name}={value!r}")
        if name == "dimensions":
            return value
        return check.one_of(name, value, [*self._methods, *([""] if name == "beside" else [])])

    def _column(self) -> Column:
        return self._table[self.color_by]

    def _color(self, change: Any = None) -> None:
        self._together(_coloring(self._column()))

    def _place(self, change: Any = None) -> None:
        """Draw the layouts that are asked for, or the nearest thing until they are there."""
        if self._film is not None:
            return
        for panel in ("method", "beside") if self.beside else ("method",):
            if not self._layouts.possible(getattr(self, panel), self.dimensions):
                setattr(self, panel, AT_ONCE)  # coordinates given in 2-D have no third
        wanted = [self.method, *([self.beside] if self.beside else [])]
        self._together(self._drawing(wanted, self.dimensions, self._shown))
        self._ask()

    def _ask(self) -> None:
        wanted = [self.method, *([self.beside] if self.beside else [])]
        self._layouts.ask([(name, self.dimensions) for name in wanted])

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


def _coloring(column: Column | None) -> dict[str, Any]:
    if column is None:  # a name that is refused when it is set
        return {}
    return {
        "_colored": column.name,
        "_codes": column.codes,
        "_names": column.names,
        "_colors": column.colors,
        "_range": column.range_texts,
        "_missing": column.missing,
    }
