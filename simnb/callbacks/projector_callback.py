"""Watch clusters form: the embedding's map, epoch by epoch, while a model trains."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from simnb import check
from simnb.callbacks.examples import check_output, errors_naming, readable
from simnb.models.embedding import batches, compiled_forward, embed_batches, joined, yields_batches
from simnb.models.index_methods import IndexMethods
from simnb.visualization.present import notebook_shell
from simnb.widgets import Projector
from simnb.widgets.projector.projection import METHODS, project

__all__ = ["ProjectorCallback"]

_FEW = 20  # rows that a layout is tried on, to load and to compile what it needs


class ProjectorCallback(keras.callbacks.Callback):
    """A `Projector` that moves as training goes, and a slider that plays the epochs back.

    The map is drawn before the first epoch and at the end of an epoch, and once more where
    training ends with an embedding that is not drawn yet: the last epoch was left out, or
    another callback has put earlier weights back. Each layout is turned onto the one before
    it, so that what moves is the embedding and not the picture.

    Embedding and layout take time from training. What they take is measured, and an epoch's
    picture is left out where it would bring them above `share` of the time of the epochs so
    far; the pictures before and after training do not count. Training itself is the same,
    bit for bit, as without them.

    Parameters
    ----------
    x : array, tensor, list or dict of them, or batches
        A few hundred to a few thousand examples, as `SimilarityModel.embed` takes them.
        Batches are read once, when training begins, and kept; of a sampler, the first epoch.
    y : labels [n], optional
        Default: those that come with the batches, if any do.
    class_names : mapping or sequence, optional
        From labels to the names to show.
    images : array or sequence of n images, optional
        Default: `x`, if it is one array of images.
    method : {"pca", "umap", "densmap", "tsne"}, default "pca"
        PCA takes milliseconds; the others seconds an epoch.
    share : float, default 0.1
        Of the time of training; 1 draws every epoch that takes longer than its picture.
    dimensions : int, default 2
    show : bool, default True
        Display the widget when training begins, in a notebook.
    seed : int, default 0

    Attributes
    ----------
    projector : Projector or None
        The widget, from the beginning of training on; a further `fit` makes a new one.
    history : list of dicts
        One for each picture drawn at an epoch's end: `"epoch"`, `"seconds"` and `"share"`,
        that of all pictures so far.

    Raises
    ------
    ValueError
        `x` is a generator, which cannot be read again; numbers of labels or images differ.

    Examples
    --------
    >>> x, y = np.eye(8, dtype="float32"), [0, 1] * 4
    >>> inputs = keras.Input((8,))
    >>> model = keras.Model(inputs, keras.layers.Dense(2)(inputs))
    >>> model.compile(loss="mse")
    >>> watch = ProjectorCallback(x, y, share=1000)
    >>> _ = model.fit(x, x[:, :2], epochs=2, verbose=0, callbacks=[watch])
    >>> watch.projector
    Projector(8 points × 2 dimensions, 2 labels, pca)
    >>> [row["epoch"] for row in watch.history]
    [0, 1]
    """

    def __init__(
        self,
        x: Any,
        y: Any = None,
        class_names: Mapping[Any, str] | Sequence[str] | None = None,
        images: Any = None,
        *,
        method: str = "pca",
        share: float = 0.1,
        dimensions: int = 2,
        show: bool = True,
        seed: int = 0,
    ) -> None:
        super().__init__()
        self._x = readable("x", x)
        self._y = y
        self._class_names = class_names
        self._images = images
        self._method = check.one_of("method", method, METHODS)
        self._share = check.positive("share", share)
        if dimensions not in (2, 3):
            raise ValueError(f"`dimensions` must be 2 or 3. Received: dimensions={dimensions!r}")
        self._dimensions = dimensions
        self._show = show
        self._seed = seed
        self._handle: Any = None
        self._forward: Callable[[Any], NDArray[np.float32]] | None = None
        self.projector: Projector | None = None
        self.history: list[dict[str, float]] = []

    def on_train_begin(self, logs: dict[str, Any] | None = None) -> None:
        """Draw the embedding as it is before training."""
        check_output(self.model)
        self._forward = None  # another model, or the same with other layers frozen
        self._read()
        self.projector = self._new_projector()
        self.history = []
        self._trained = self._pictured = 0.0
        self._expected = self._draw("before training")
        self._handle = None
        if self._show and notebook_shell() is not None:
            self._display()

    def on_epoch_begin(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Take the time."""
        self._begin = time.perf_counter()

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Draw the epoch, if that keeps within `share`."""
        self._trained += time.perf_counter() - self._begin
        if self._pictured + self._expected > self._share * self._trained:
            return
        self._expected = self._draw(f"epoch {epoch + 1}")
        self._pictured += self._expected
        share = self._pictured / self._trained
        self.history.append({"epoch": epoch, "seconds": self._expected, "share": share})

    def on_train_end(self, logs: dict[str, Any] | None = None) -> None:
        """Draw what came of it, where that is not drawn yet."""
        assert self.projector is not None  # Keras calls on_train_begin first
        embeddings = self._embed()
        if not np.allclose(embeddings, self._drawn, equal_nan=True):
            self.projector.add_epoch(embeddings, "after training")
        if self._handle is not None:
            self._display()  # in the same place: a notebook is saved with the last picture

    def _new_projector(self) -> Projector:
        embeddings, distance = self._embed(), self._distance()
        if self._y is not None and len(self._y) != len(embeddings):
            raise ValueError(
                f"`y` must have one label for each of {len(embeddings)} examples. "
                f"Received: {len(self._y)} labels"
            )
        # What a layout needs is loaded and compiled before its time is taken.
        project(embeddings[:_FEW], self._method, distance=distance, dimensions=self._dimensions)
        return Projector(
            embeddings,
            self._y,
            self._pictures(),
            self._class_names,
            method=self._method,
            distance=distance,
            dimensions=self._dimensions,
            seed=self._seed,
        )

    def _draw(self, name: str) -> float:
        """Add a picture of the embedding as it is now; return the seconds it took."""
        assert self.projector is not None
        start = time.perf_counter()
        self._drawn = self._embed()
        self.projector.add_epoch(self._drawn, name)
        return time.perf_counter() - start

    def _display(self) -> None:
        """Show the widget, or put it anew where it is shown."""
        from IPython.display import display

        assert self.projector is not None
        # Not the widget itself: ipywidgets 7 would show it once more.
        data, metadata = self.projector._repr_mimebundle_()
        if self._handle is None:
            self._handle = display(data, metadata=metadata, raw=True, display_id=True)
        else:
            self._handle.update(data, metadata=metadata, raw=True)

    def _read(self) -> None:
        """Keep what batches hold: read again, a data set that shuffles has another order."""
        if not yields_batches(self._x):
            return
        with errors_naming("x"):
            parts = list(batches(self.model, self._x, 1)[0])
            if not parts:
                raise ValueError("`x` must hold at least one batch. Received: 0")
            inputs, labels = zip(*parts, strict=True)
            y = joined(list(labels)) if self._y is None else self._y
            self._x = keras.tree.map_structure(
                lambda *leaves: np.concatenate([np.asarray(leaf) for leaf in leaves]), *inputs
            )
            self._y = y

    def _embed(self) -> NDArray[np.float32]:
        with errors_naming("x"):
            if isinstance(self.model, IndexMethods):
                return self.model.embed(self._x)
            if self._forward is None:
                self._forward = compiled_forward(self.model, 0)
            return embed_batches(self.model, self._forward, self._x)[0]

    def _distance(self) -> Any:
        own = self.model.index_distance if isinstance(self.model, IndexMethods) else None
        return own or "cosine"

    def _pictures(self) -> Any:
        shape = tuple(getattr(self._x, "shape", ()))
        images = len(shape) == 3 or (len(shape) == 4 and shape[3] in (1, 3, 4))
        return np.asarray(self._x) if self._images is None and images else self._images
