"""Watch clusters form: the embedding's map, epoch by epoch, while a model trains."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from simnb import check
from simnb.callbacks.examples import errors_naming, readable
from simnb.models.embedding import compiled_forward, embed_batches, joined, yields_batches
from simnb.models.index_methods import IndexMethods
from simnb.visualization.present import notebook_shell
from simnb.widgets import Projector
from simnb.widgets.projection import METHODS

__all__ = ["ProjectorCallback"]


class ProjectorCallback(keras.callbacks.Callback):
    """A `Projector` that moves as training goes, and a slider that plays the epochs back.

    The map is drawn before the first epoch, moves at the end of an epoch, and once more when
    training ends. Each epoch's layout is turned onto the one before it, so that what moves is
    the embedding and not the picture.

    Embedding and layout take time from training. What they took is measured, and an epoch's
    picture is left out where it would bring them above `share` of the time of the epochs so
    far; the pictures before and after training do not count.

    Parameters
    ----------
    x : array, tensor, list or dict of them, or batches
        A few hundred to a few thousand examples, as `SimilarityModel.embed` takes them.
    y : labels [n], optional
    class_names : mapping or sequence, optional
        From labels to the names to show.
    images : array or sequence of n images, optional
        Default: `x`, if it is an array of images.
    method : {"pca", "umap", "tsne", "densmap"}, default "pca"
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
        The widget, from the beginning of training on.
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
        self._images = x if images is None and len(getattr(x, "shape", ())) in (3, 4) else images
        self._method = check.one_of("method", method, METHODS)
        self._share = check.positive("share", share)
        self._dimensions = dimensions
        self._show = show
        self._seed = seed
        self._forward: Callable[[Any], NDArray[np.float32]] | None = None
        self.projector: Projector | None = None
        self.history: list[dict[str, float]] = []

    def on_train_begin(self, logs: dict[str, Any] | None = None) -> None:
        """Draw the embedding as it is before training."""
        self._forward = None  # another model, or the same with other layers frozen
        self._trained = self._pictured = 0.0
        self._drawn = True
        embeddings, labels = self._embed()
        self.history = []
        self.projector = Projector(
            embeddings,
            labels if self._y is None else self._y,
            self._images,
            self._class_names,
            method=self._method,
            distance=self._distance(),
            dimensions=self._dimensions,
            seed=self._seed,
        )
        if self._show and notebook_shell() is not None:
            from IPython.display import display

            display(self.projector)
        start = time.perf_counter()
        self.projector.add_epoch(embeddings, "before training")
        # What the next picture will take: the first also loads and compiles.
        self._expected = time.perf_counter() - start

    def on_epoch_begin(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Take the time."""
        self._begin = time.perf_counter()

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Draw the epoch, if that keeps within `share`."""
        start = time.perf_counter()
        self._trained += start - self._begin
        self._drawn = self._pictured + self._expected <= self._share * self._trained
        self._last = f"epoch {epoch + 1}"
        if not self._drawn:
            return
        self._draw()
        self._expected = time.perf_counter() - start
        self._pictured += self._expected
        share = self._pictured / self._trained
        self.history.append({"epoch": epoch, "seconds": self._expected, "share": share})

    def on_train_end(self, logs: dict[str, Any] | None = None) -> None:
        """Draw what came of it, if the last epoch was left out."""
        if not self._drawn:
            self._draw()

    def _draw(self) -> None:
        assert self.projector is not None  # Keras calls on_train_begin first
        self.projector.add_epoch(self._embed()[0], self._last)

    def _embed(self) -> tuple[NDArray[np.float32], Any]:
        """The embeddings, and the labels that came with batches."""
        with errors_naming("x"):
            if isinstance(self.model, IndexMethods):
                if self._y is None and yields_batches(self._x):
                    return self.model.embed_with_labels(self._x)
                return self.model.embed(self._x), None
            if self._forward is None:
                self._forward = compiled_forward(self.model, 0)
            embeddings, parts = embed_batches(self.model, self._forward, self._x)
            return embeddings, joined(parts)

    def _distance(self) -> Any:
        own = self.model.index_distance if isinstance(self.model, IndexMethods) else None
        return own or "cosine"
