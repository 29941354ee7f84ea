"""A Keras model that trains an embedding, indexes what it embeds, and looks it up."""

from __future__ import annotations

import inspect
import json
import os
import uuid
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import keras

from simnb import distances
from simnb.indexer import Indexer
from simnb.losses import MetricLoss
from simnb.models.evaluation_methods import EvaluationMethods
from simnb.models.index_methods import IndexMethods
from simnb.samplers.sampler import EpochBatches, EpochCounter, Sampler
from simnb.search import Search


@keras.saving.register_keras_serializable("simnb")
class SimilarityModel(EvaluationMethods, IndexMethods, keras.Model):
    """A functional Keras model with an index of what it has embedded.

    Made as any functional model is, `SimilarityModel(inputs, outputs)`; the output, or
    one of them, is the embedding. `save` puts the index into the `.keras` file.

    Examples
    --------
    >>> import numpy as np
    >>> from simnb.layers import MetricEmbedding
    >>> inputs = keras.Input((4,))
    >>> model = SimilarityModel(inputs, MetricEmbedding(2)(inputs))
    >>> model.create_index(distance="cosine")
    >>> x = np.eye(4, dtype="float32")
    >>> model.index(x, y=np.array([10, 11, 12, 13]), verbose=0)
    >>> model.index_size(), model.single_lookup(x[2], k=1)[0].label
    (4, 12)
    """

    _saves_index = True

    def compile(
        self,
        optimizer: Any = "rmsprop",
        loss: Any = None,
        *,
        distance: str | distances.Distance = "auto",
        embedding_output: int | None = None,
        search: str | Mapping[str, Any] | Search = "auto",
        **kwargs: Any,
    ) -> None:
        """Configure training, and make the index.

        An index that is there is kept when its distance and embedding size stay the
        same; it is cleared, and a line says so, when they change.

        Parameters
        ----------
        optimizer, loss, **kwargs :
            As `keras.Model.compile`.
        distance : str or Distance, default "auto"
            Of the index. "auto" takes that of the loss, which must be a simnb loss
            then (cosine without a loss).
        embedding_output : int, default 0
            The output that is the embedding, for a model of several.
        search : default "auto"
            As `simnb.indexer.Indexer`.

        Raises
        ------
        ValueError
            `distance="auto"` and the loss has none; no such output; an output that is
            not [n, d].
        """
        _refuse_distribution(self)
        output = self._checked_output(embedding_output)
        if isinstance(distance, str) and distance == "auto":
            chosen = _distance_of(loss, self.output_names, output)
            print(
                f"Distance metric automatically set to {chosen} use the distance arg to override."
            )
        else:
            chosen = distances.get(distance)
        fresh = self._new_index(chosen, search, output)
        super().compile(optimizer=optimizer, loss=loss, **kwargs)
        self._replace_index(fresh, output)

    def fit(self, *args: Any, **kwargs: Any) -> Any:
        """Train, as `keras.Model.fit`.

        With a sampler, epoch e runs batches 0 to `steps_per_epoch` of the sampler's
        epoch e in order, however many workers there are; a further `fit` goes on with
        the next epoch. A sampler given as `validation_data` yields the same batches
        every epoch.
        """
        call = dict(inspect.signature(keras.Model.fit).bind(self, *args, **kwargs).arguments)
        del call["self"]
        x, validation = call.get("x"), call.get("validation_data")
        if isinstance(x, Sampler):
            steps = call.pop("steps_per_epoch", None) or len(x)
            initial_epoch = call.get("initial_epoch", 0)
            call["x"] = EpochBatches(x, steps, initial_epoch or x.epoch)
            call["shuffle"] = False
            call["callbacks"] = _with(EpochCounter(call["x"], initial_epoch), call.get("callbacks"))
        if isinstance(validation, Sampler):
            steps = call.pop("validation_steps", None) or len(validation)
            call["validation_data"] = EpochBatches(validation, steps)
        return super().fit(**call)

    def evaluate(self, *args: Any, **kwargs: Any) -> Any:
        """Evaluate, as `keras.Model.evaluate`; a sampler yields the same batches every time."""
        call = dict(inspect.signature(keras.Model.evaluate).bind(self, *args, **kwargs).arguments)
        del call["self"]
        own = call.pop("kwargs", {})
        if isinstance(call.get("x"), Sampler):
            steps = call.pop("steps", None) or len(call["x"])
            call["x"] = EpochBatches(call["x"], steps)
        return super().evaluate(**call, **own)

    def save(
        self, filepath: Any, overwrite: bool = True, save_index: bool = True, **kwargs: Any
    ) -> None:
        """Write model, optimizer state and index into one `.keras` file.

        The file is written beside and renamed: after a crash the old one is still whole.

        Parameters
        ----------
        filepath : path ending in `.keras`
        overwrite : bool, default True
            False refuses to replace a file that is there.
        save_index : bool, default True
            False leaves the index out.
        """
        if self.compiled and self.optimizer is not None and not self.optimizer.built:
            # As a loaded one is, else loading warns of variables that were not saved.
            self.optimizer.build(self.trainable_variables)
        self._saves_index = save_index
        try:
            path = Path(filepath)
            if (
                path.suffix != ".keras"
                or "://" in str(filepath)
                or path.is_dir()
                or kwargs.get("zipped") is False
            ):
                super().save(filepath, overwrite=overwrite, **kwargs)
                return
            if path.exists() and not overwrite:
                raise FileExistsError(
                    f"There is a file already (pass overwrite=True to replace it): {path}"
                )
            beside = path.with_name(f".{path.stem}-{uuid.uuid4().hex}.keras")
            try:
                super().save(beside, **kwargs)
                with beside.open("rb+") as written:
                    os.fsync(written.fileno())
                os.replace(beside, path)
            finally:
                beside.unlink(missing_ok=True)
        finally:
            self._saves_index = True

    def save_assets(self, folder: str) -> None:
        """Write the index into the `.keras` file; Keras calls this."""
        if self._index is not None and self._saves_index:
            own = {"embedding_output": self._embedding_output}
            (Path(folder) / "similarity_model.json").write_text(json.dumps(own), encoding="utf-8")
            self._index.save(Path(folder) / "index")

    def load_assets(self, folder: str | None) -> None:
        """Read the index from the `.keras` file; Keras calls this."""
        if folder is None or not (Path(folder) / "index").is_dir():
            return
        own = json.loads((Path(folder) / "similarity_model.json").read_text(encoding="utf-8"))
        self._index = Indexer.load(Path(folder) / "index")
        self._use_output(own["embedding_output"])

    def get_compile_config(self) -> dict[str, Any] | None:
        """Return how the model was compiled, index included; Keras saves it."""
        config: dict[str, Any] | None = super().get_compile_config()
        if not config or self._index is None:  # empty before `compile`
            return config
        index = self._index.get_config()
        own = {key: index[key] for key in ("distance", "search")}
        return {**config, "simnb": {**own, "embedding_output": self._embedding_output}}

    def compile_from_config(self, config: dict[str, Any]) -> None:
        """Compile as `get_compile_config` said; Keras calls this when it loads a model."""
        own = config.get("simnb", {})
        rest = {key: value for key, value in config.items() if key != "simnb"}
        if "distance" in own:
            own = {**own, "distance": distances.deserialize(own["distance"])}
        self.compile(**keras.saving.deserialize_keras_object(rest), **own)
        if self.optimizer is not None and self.built:
            self.optimizer.build(self.trainable_variables)


def _distance_of(loss: Any, output_names: list[str], output: int) -> distances.Distance:
    """The distance of the loss on the embedding output."""
    if loss is None:
        return distances.get("cosine")
    own = loss
    if isinstance(loss, Mapping):
        own = loss.get(output_names[output])
    elif isinstance(loss, (list, tuple)):
        own = loss[output] if output < len(loss) else None
    if not isinstance(own, MetricLoss):
        raise ValueError(
            "`distance='auto'` takes the distance of the loss, which must be one of simnb.losses then. "
            f"Received: loss={loss!r}. Pass the distance to look up by, such as distance='cosine'."
        )
    return own.distance


def _with(callback: keras.callbacks.Callback, others: Any) -> Any:
    if isinstance(others, keras.callbacks.CallbackList):
        others = others.callbacks
    return [
        callback,
        *(others if isinstance(others, (list, tuple)) else [others] if others else []),
    ]


def _refuse_distribution(model: keras.Model) -> None:
    """Losses compare the rows of one batch: split over replicas they would be others."""
    if keras.backend.backend() == "tensorflow":
        import tensorflow as tf

        used = (
            tf.distribute.has_strategy()
            or model.distribute_strategy is not tf.distribute.get_strategy()
        )
    else:
        distribution = getattr(keras, "distribution", None)
        used = distribution is not None and distribution.distribution() is not None
    if used:
        raise NotImplementedError(
            "SimilarityModel does not run under a distribution strategy yet: build and compile it outside of one."
        )
