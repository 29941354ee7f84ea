"""A query of the reader's own: pasted numbers or words, an uploaded array or image."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from simnb import check
from simnb.widgets.neighbor_viewer.contents import CARD, Attached, content_of
from simnb.widgets.neighbor_viewer.finder import Finder
from simnb.widgets.neighbor_viewer.uploads import array_or_image, conformed, numbers_in
from simnb.widgets.points import array_of, is_picture
from simnb.widgets.thumbnails import Thumbnails

Embed = Callable[[list[Any]], Any]


@dataclass(frozen=True, eq=False)
class Pasted:
    """A query of the reader's own, embedded.

    Attributes
    ----------
    embedding : float32 [d]
    value : array, image or text
        What was given.
    """

    embedding: NDArray[np.float32]
    value: Any

    def __eq__(self, other: object) -> bool:
        """The page's way back to it brings it anew: that is the same query."""
        return isinstance(other, Pasted) and all(
            np.array_equal(np.asarray(getattr(self, name)), np.asarray(getattr(other, name)))
            for name in ("embedding", "value")
        )

    def content(self, attached: Attached) -> dict[str, Any]:
        """Return what to show of it."""
        if is_picture(self.value):
            return {"image": attached.place(Thumbnails([self.value], CARD, CARD), 0)}
        return content_of(self.value)


class Paster:
    """Makes queries of what a reader brings.

    Parameters
    ----------
    finder : Finder
    embed : callable, optional
        From a list of one array, image or text to an embedding [1, d]; or a model's `embed`.
    """

    def __init__(self, finder: Finder, embed: Embed | None) -> None:
        if embed is not None and not callable(embed):
            raise ValueError(f"`embed` must be callable. Received: embed={embed!r}")
        # A model's own `embed`, which takes a batch, is the model's and not the caller's.
        model = finder.source.model if embed is None else getattr(embed, "__self__", None)
        self._model = model if hasattr(model, "index_summary") else None
        self._finder, self._embed = finder, embed if self._model is None else None

    @property
    def embeds(self) -> bool:
        """Whether inputs can be embedded; embeddings themselves always can be pasted."""
        return self._embed is not None or self._model is not None

    def of_text(self, text: Any) -> Pasted:
        """Return the query that a text is: numbers, or an input for the caller's `embed`."""
        words = self._embed is not None and isinstance(text, str) and bool(text.strip())
        try:
            numbers = numbers_in(text)
        except ValueError:
            if not words:
                raise
            return Pasted(self._embedding(text), text)
        catalogue = self._finder.catalogue
        if words and catalogue.contents.reads and numbers.size != catalogue.index.embedding_size:
            return Pasted(self._embedding(text), text)
        return self._of_array(numbers)

    def of_file(self, data: Any) -> Pasted:
        """Return the query that a `.npy` file or an image is."""
        found = array_or_image(data)
        if not isinstance(found, Image.Image):
            return self._of_array(found)
        if not self.embeds:
            raise ValueError("an image can be looked for where `embed` was given, or a model")
        example = self._example()
        if example is None and self._model is not None:
            raise ValueError(
                "an image must become a model's input, and no image is known whose form it could "
                "take: pass the model's inputs as `queries`"
            )
        array = example is not None and not isinstance(example[0], Image.Image)
        asked = conformed(found, *example) if example is not None and array else found
        return Pasted(self._embedding(asked), found)

    def _of_array(self, array: NDArray[Any]) -> Pasted:
        """An embedding or an input; what could be either, by its shape.

        Numbers in a row are an embedding even where a model's inputs are as long.
        """
        size = self._finder.catalogue.index.embedding_size
        form = self._form() if self.embeds else None
        an_input = array.ndim > 1 and array.shape == form
        if array.size == size and max(array.shape) == size and not an_input:
            vector = _cast(array.reshape(size), np.float32)
            return Pasted(check.matrix("the embedding", vector[None], size)[0], vector)
        if form is not None and array.size == math.prod(form):
            example = self._example()
            kind = np.float32 if example is None else np.asarray(example[0]).dtype
            asked = _cast(array.reshape(form), kind)
            if not np.isclose(asked.ravel(), array.ravel(), rtol=0.01, atol=1).all():
                raise ValueError(f"it must be of numbers that {asked.dtype} can hold")
            return Pasted(self._embedding(asked), asked)
        if self.embeds and form is None:
            return Pasted(self._embedding(array), array)
        inputs = f", or an input of shape {form}" if self.embeds else ""
        raise ValueError(
            f"it must be an embedding of {size} numbers{inputs}. Received: shape {array.shape}"
        )

    def _embedding(self, asked: Any) -> NDArray[np.float32]:
        size = self._finder.catalogue.index.embedding_size
        if self._embed is not None:
            found = self._embed([asked])
        else:
            found = self._model.embed(np.asarray(asked)[None])  # type: ignore[union-attr]
        rows = check.matrix("the embedding", array_of(found), size)
        if len(rows) != 1:
            raise ValueError(
                f"`embed` must return one embedding [1, {size}]. Received: {len(rows)}"
            )
        return np.asarray(rows[0])

    def _example(self) -> tuple[Any, float, float] | None:
        """An image that is an input, or is like one, and its black and white."""
        finder = self._finder
        return finder.queries.contents.example() or finder.catalogue.contents.example()

    def _form(self) -> tuple[int, ...] | None:
        """The shape of an input; None where it is not known."""
        example = self._example()
        if example is not None and not isinstance(example[0], Image.Image):
            return tuple(np.shape(example[0]))
        shape = getattr(self._model, "input_shape", None)
        if isinstance(shape, tuple) and all(isinstance(own, int) for own in shape[1:]):
            return shape[1:]
        return None


def _cast(array: NDArray[Any], kind: Any) -> NDArray[Any]:
    with np.errstate(all="ignore"):  # what is too large is refused
        return array.astype(kind)
