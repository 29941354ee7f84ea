"""What a model does with its index: embed, add, look up, save. One copy for every kind of model."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import keras
import numpy as np
from numpy.typing import NDArray

from simnb import check, distances
from simnb.indexer import Indexer, load_index
from simnb.models.embedding import compiled_forward, embed_batches, fitted, joined, nested
from simnb.search import Search
from simnb.types import Lookup, Lookups

if TYPE_CHECKING:
    import pandas as pd

_BATCH = 256


class IndexMethods:
    """The index of a functional Keras model, which this class is mixed into."""

    inputs: list[Any]
    outputs: list[Any]
    _index: Indexer | None = None
    _embedding_output = 0
    _forward: Any = None

    def embed(self, x: Any, batch_size: int = _BATCH, verbose: int = 0) -> NDArray[np.float32]:
        """Return the embeddings of examples, float32 [n, d].

        Parameters
        ----------
        x : array, tensor, list or dict of them, or batches
            A `tf.data.Dataset`, a `PyDataset` or another iterable yields batches of inputs,
            or tuples of inputs and labels.
        batch_size : int, default 256
            Of arrays; batches are taken as they come.
        verbose : int, default 0
            1 shows a progress bar, if it takes longer than a second.

        Raises
        ------
        ValueError
            x is None, empty, endless, or of a shape that the model does not take.
        """
        return self._embed(x, batch_size, verbose)[0]

    def embed_with_labels(
        self, x: Any, batch_size: int = _BATCH, verbose: int = 0
    ) -> tuple[NDArray[np.float32], NDArray[Any] | None]:
        """Return the embeddings, float32 [n, d], and the labels [n] that came with the batches.

        One pass: batches that are shuffled anew each time keep their labels. None in
        place of the labels where there were none.

        Parameters
        ----------
        x, batch_size, verbose :
            As `embed`.

        Raises
        ------
        ValueError
            As `embed`; labels are neither integers nor strings, or some batches have none.
        """
        embeddings, labels = self._embed(x, batch_size, verbose)
        return embeddings, joined(labels)

    @property
    def index_distance(self) -> distances.Distance | None:
        """The distance that the index looks up by; None while there is no index."""
        return None if self._index is None else self._index.distance

    @property
    def indexer(self) -> Indexer | None:
        """The index itself, with `remove`, `relabel` and what else it can; None while there is none."""
        return self._index

    def distance(self, a: Any, b: Any) -> NDArray[np.float32] | float:
        """Return the distance between the embeddings of examples, pair by pair.

        Parameters
        ----------
        a, b : arrays [n, ...] of the same n; or one example each

        Returns
        -------
        float32 [n]; a float for two single examples
        """
        index = self._require_index()
        single = self._is_single(a) and self._is_single(b)
        if single:
            a, b = self._one(a), self._one(b)
        one, other = self.embed(a), self.embed(b)
        if len(one) != len(other):
            raise ValueError(
                f"`a` and `b` must have the same number of examples. Received: {len(one)} and {len(other)}"
            )
        values = index.distance.paired(one.astype(np.float64), other.astype(np.float64)).astype(
            np.float32
        )
        return float(values[0]) if single else values

    def create_index(
        self,
        distance: str | distances.Distance = "cosine",
        search: str | Mapping[str, Any] | Search = "auto",
        embedding_output: int | None = None,
    ) -> None:
        """Make an empty index; `compile` does it for a model that is trained.

        Parameters
        ----------
        distance : str or Distance, default "cosine"
        search : default "auto"
            As `simnb.indexer.Indexer`.
        embedding_output : int, default 0
        """
        output = self._checked_output(embedding_output)
        self._index = self._new_index(distances.get(distance), search, output)
        self._use_output(output)

    def index(
        self, x: Any, y: Any = None, data: Any = None, build: bool = True, verbose: int = 1
    ) -> None:
        """Embed examples and add them to the index; they are found from now on.

        Classes that training never saw are indexed in the same way. On any error
        nothing is added.

        Parameters
        ----------
        x : as `embed`
            From batches of inputs and labels, the labels are used when `y` is None.
        y : integers or strings [n], optional
            For every item of the index or for none.
        data : sequence of n, optional
            What a look-up gives back with the item: arrays, kept by reference, or JSON.
        build : bool, default True
            Accepted for TensorFlow Similarity's sake: items are found either way.
        verbose : int, default 1
            1 shows a progress bar, if it takes longer than a second.

        Raises
        ------
        ValueError
            Wrong shapes, labels or data; NaN or inf in the embeddings, naming the rows.
        """
        index = self._require_index()
        embeddings, labels = self._embed(x, _BATCH, verbose)
        index.add(embeddings, joined(labels) if y is None else y, data)

    def index_single(
        self, x: Any, y: Any = None, data: Any = None, build: bool = True, verbose: int = 1
    ) -> None:
        """Add one example, without a batch axis, its label and its data to the index."""
        one = None if data is None else [data]
        self.index(self._one(x), None if y is None else [y], one, build, verbose)

    def lookup(self, x: Any, k: int = 5, verbose: int = 1) -> Lookups:
        """Return the k nearest indexed items of each example, nearest first.

        Parameters
        ----------
        x : as `embed`
        k : int, default 5
            With fewer items in the index, all of them are returned.
        verbose : int, default 1
            1 shows a progress bar, if it takes longer than a second.

        Returns
        -------
        Lookups
            Behaves as a list with a list of `Lookup` an example.

        Raises
        ------
        ValueError
            The index is empty, k is 0, or x is of a shape that the model does not take.
        """
        index = self._require_index(filled=True)
        check.positive_integer("k", k)
        return index.query(self.embed(x, verbose=verbose), k)

    def single_lookup(self, x: Any, k: int = 5) -> list[Lookup]:
        """Return the k nearest indexed items of one example, given without a batch axis."""
        index = self._require_index(filled=True)
        batch = fitted(self, self._one(x))
        return index.query(self._compiled()(batch), k)[0]

    def index_size(self) -> int:
        """Return the number of indexed items."""
        return 0 if self._index is None else len(self._index)

    def reset_index(self) -> None:
        """Remove all items from the index."""
        self._require_index().reset()

    def index_summary(self) -> None:
        """Print what the index holds and how it searches."""
        index = self._require_index()
        labels = "none" if index.labels is None else f"{len(np.unique(index.labels))} classes"
        rows = {
            "distance": index.distance,
            "embedding size": index.embedding_size,
            "embedding output": self._embedding_output,
            "search": index.engine.name,
            "items": len(index),
            "labels": labels,
        }
        print("Index summary")
        for name, value in rows.items():
            print(f"  {name:<17} {value}")

    def to_data_frame(self, num_items: int = 0) -> pd.DataFrame:
        """Return the first `num_items` indexed items, all for 0: id, embedding, label, data."""
        return self._require_index().to_data_frame(num_items)

    def save_index(
        self, filepath: str | os.PathLike[str], compression: bool = True, overwrite: bool = True
    ) -> None:
        """Write the index into a folder of its own, atomically; `simnb.load_index` opens it without Keras."""
        self._require_index().save(filepath, compression, overwrite)

    def load_index(self, filepath: str | os.PathLike[str], verbose: int = 1) -> None:
        """Replace the index by one from a folder or a `.keras` file.

        Raises
        ------
        ValueError
            It is damaged, or of another embedding size or distance; the index stays as it was.
        """
        loaded = load_index(filepath)
        size = self._embedding_size(self._embedding_output)
        if loaded.embedding_size != size:
            raise ValueError(
                f"The index at {filepath} has embeddings of size {loaded.embedding_size}, the model {size}."
            )
        if self._index is not None and loaded.distance != self._index.distance:
            raise ValueError(
                f"The index at {filepath} is by {loaded.distance} distance, the model's by {self._index.distance}; "
                f"compile with distance={str(loaded.distance)!r} to use it."
            )
        self._index = loaded

    def _replace_index(self, fresh: Indexer, output: int) -> None:
        """Put an empty index in place of the present one, with its items where they still hold."""
        old = self._index
        if old is not None and len(old):
            same = (old.distance, old.embedding_size) == (fresh.distance, fresh.embedding_size)
            if same and output == self._embedding_output:
                if old.get_config() == fresh.get_config():
                    return
                fresh = old.with_search(fresh.get_config()["search"])
            else:
                print(
                    f"The index was cleared of its {len(old)} items: the distance or the embedding has changed."
                )
        self._index = fresh
        self._use_output(output)

    def _require_index(self, filled: bool = False) -> Indexer:
        if self._index is None:
            raise ValueError("There is no index: call `compile(...)` or `create_index(...)` first.")
        if filled and len(self._index) == 0:
            raise ValueError("The index is empty: add items with `index(...)` before looking up.")
        return self._index

    def _new_index(self, distance: distances.Distance, search: Any, output: int) -> Indexer:
        return Indexer(self._embedding_size(output), distance, search)

    def _embedding_size(self, output: int) -> int:
        return int(self.outputs[output].shape[-1])

    def _checked_output(self, output: int | None) -> int:
        outputs = getattr(self, "outputs", None)
        if not outputs:
            raise ValueError(
                "A SimilarityModel must be functional: make it with SimilarityModel(inputs, outputs)."
            )
        chosen = self._embedding_output if output is None else output
        if (
            isinstance(chosen, bool)
            or not isinstance(chosen, int)
            or not 0 <= chosen < len(outputs)
        ):
            raise ValueError(
                f"`embedding_output` must be from 0 to {len(outputs) - 1}. Received: embedding_output={output!r}"
            )
        shape = tuple(outputs[chosen].shape)
        if len(shape) != 2 or shape[1] is None:
            raise ValueError(
                f"The embedding output must have shape [n, d]. Received: output {chosen} of shape {shape}"
            )
        return chosen

    def _use_output(self, output: int) -> None:
        if output != self._embedding_output:
            self._embedding_output = output
            self._forward = None

    def _embed(
        self, x: Any, batch_size: int, verbose: int
    ) -> tuple[NDArray[np.float32], list[Any]]:
        """Embeddings, and what came as labels with each batch."""
        batch_size = check.positive_integer("batch_size", batch_size)
        return embed_batches(self, self._compiled(), x, batch_size, verbose)

    def _compiled(self) -> Any:
        if self._forward is None:
            self._checked_output(self._embedding_output)
            self._forward = compiled_forward(self, self._embedding_output)
        return self._forward

    def _one(self, x: Any) -> Any:
        return keras.tree.map_structure(lambda leaf: np.asarray(leaf)[None], nested(self, x))

    def _is_single(self, x: Any) -> bool:
        first = keras.tree.flatten(nested(self, x))[0]
        shape = tuple(self.inputs[0].shape)
        return len(first.shape) == len(shape) - 1 and tuple(first.shape) == shape[1:]
