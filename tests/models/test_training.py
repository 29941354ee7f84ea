"""compile and fit: what is printed, which batches train, what is refused."""

import warnings

import keras
import numpy as np
import pytest

from simnb.layers import MetricEmbedding
from simnb.losses import MultiSimilarityLoss, TripletLoss
from simnb.models import SimilarityModel
from simnb.samplers import SingleShotMemorySampler
from tests.backend import tensorflow_only
from tests.models.small import LABELS, X, batches, compiled, new


def test_compile_says_which_distance_it_took(capsys):
    new().compile("adam", loss=MultiSimilarityLoss())
    assert capsys.readouterr().out == (
        "Distance metric automatically set to cosine use the distance arg to override.\n"
    )
    new().compile("adam", loss=TripletLoss("l2"))
    assert "automatically set to euclidean use" in capsys.readouterr().out
    new().compile("adam", loss=TripletLoss("l2"), distance="l1")
    assert capsys.readouterr().out == ""


class Seen(keras.layers.Layer):
    """Passes its input on and remembers it; in eager mode only."""

    def __init__(self):
        super().__init__()
        self.log = ()

    def call(self, x, training=False):
        if hasattr(x, "numpy"):
            self.log = (*self.log, (bool(training), x.numpy()))
        return x

    def batches(self, training):
        return [x for flag, x in self.log if flag is training]


def watched():
    seen, inputs = Seen(), keras.Input((4,))
    model = SimilarityModel(inputs, MetricEmbedding(3)(seen(inputs)))
    model.compile("sgd", loss=TripletLoss(), run_eagerly=True)
    return model, seen


def assert_same(found, sampler, steps):
    truth = [sampler.generate_batch(step, epoch)[0] for epoch, step in steps]
    assert len(found) == len(truth)
    assert all(np.array_equal(a, b) for a, b in zip(found, truth, strict=True))


@tensorflow_only
@pytest.mark.parametrize("workers", [1, 2])
@pytest.mark.parametrize("steps", [None, 2, 4, 7])
def test_fit_runs_the_steps_asked_with_the_samplers_batches_in_order(steps, workers):
    model, seen = watched()
    sampler = batches(workers=workers, max_queue_size=3)
    with warnings.catch_warnings():
        warnings.simplefilter("error", UserWarning)
        history = model.fit(sampler, epochs=2, steps_per_epoch=steps, verbose=0)
    assert len(history.history["loss"]) == 2
    assert_same(
        seen.batches(training=True), sampler, [(e, i) for e in range(2) for i in range(steps or 4)]
    )


@tensorflow_only
@pytest.mark.parametrize("steps", [None, 2, 6])
def test_validation_batches_are_the_same_every_epoch(steps):
    model, seen = watched()
    held_out = batches(seed=9)
    with warnings.catch_warnings():
        warnings.simplefilter("error", UserWarning)
        model.fit(batches(), epochs=2, validation_data=held_out, validation_steps=steps, verbose=0)
        model.evaluate(held_out, steps=steps, verbose=0)
    once = [(0, i) for i in range(steps or 4)]
    assert_same(seen.batches(training=False), held_out, once * 3)
    assert held_out.epoch == 0


@tensorflow_only
def test_a_further_fit_goes_on_where_the_last_one_ended():
    model, seen = watched()
    sampler = batches(steps_per_epoch=2)
    model.fit(sampler, epochs=2, verbose=0)
    model.fit(sampler, epochs=1, verbose=0)
    assert_same(seen.batches(training=True), sampler, [(e, i) for e in range(3) for i in range(2)])


@tensorflow_only
def test_initial_epoch_resumes_with_the_batches_of_that_epoch():
    model, seen = watched()
    sampler = batches(steps_per_epoch=2)
    model.fit(sampler, epochs=4, initial_epoch=2, verbose=0)
    assert_same(
        seen.batches(training=True), sampler, [(e, i) for e in range(2, 4) for i in range(2)]
    )


def test_callbacks_of_every_form_are_kept():
    model, epochs = compiled(), []
    one = keras.callbacks.LambdaCallback(on_epoch_end=lambda epoch, logs: epochs.append(epoch))
    model.fit(batches(), epochs=2, callbacks=[one], verbose=0)
    model.fit(batches(), epochs=1, callbacks=one, verbose=0)
    model.fit(
        batches(),
        epochs=1,
        callbacks=keras.callbacks.CallbackList([one], add_history=True, model=model),
        verbose=0,
    )
    assert epochs == [0, 1, 0, 0]


@tensorflow_only
def test_training_lowers_the_loss_from_arrays_pipelines_and_samplers():
    import tensorflow as tf

    pipeline = tf.data.Dataset.from_tensor_slices((X, LABELS)).batch(60)
    for arguments in (
        (X, LABELS, 60),
        (pipeline,),
        (batches(steps_per_epoch=9, classes_per_batch=4),),
    ):
        model = compiled(loss=TripletLoss(margin=0.5))
        before = model.evaluate(X, LABELS, batch_size=60, verbose=0)
        model.fit(*arguments, epochs=3, shuffle=False, verbose=0)
        assert model.evaluate(X, LABELS, batch_size=60, verbose=0) < before


def test_a_single_shot_sampler_trains():
    def noisy_pair(x, y, num_augmentations_per_example, is_warmup):
        return np.concatenate([x, x + 0.01]), np.concatenate([y, y])

    sampler = SingleShotMemorySampler(X, noisy_pair, 8, steps_per_epoch=2, seed=0)
    history = compiled().fit(sampler, epochs=1, verbose=0)
    assert np.isfinite(history.history["loss"]).all()


@pytest.mark.parametrize("policy", ["mixed_float16", "mixed_bfloat16"])
def test_mixed_precision_trains_and_embeds_in_float32(policy):
    model = new(dtype=keras.DTypePolicy(policy))
    model.compile("adam", loss=MultiSimilarityLoss(), jit_compile=False)
    history = model.fit(batches(), epochs=1, verbose=0)
    assert np.isfinite(history.history["loss"]).all()
    embeddings = model.embed(X)
    assert embeddings.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(embeddings, axis=1), 1, atol=1e-2)
    model.index(X, LABELS, verbose=0)
    assert model.single_lookup(X[0], k=1)[0].label == LABELS[0]


# Which distance and which output: compile's rules.


def two_outputs():
    inputs = keras.Input((4,))
    hidden = keras.layers.Dense(8, activation="relu")(inputs)
    classes = keras.layers.Dense(4, activation="softmax", name="classes")(hidden)
    return SimilarityModel(inputs, [classes, MetricEmbedding(3, name="embedding")(hidden)])


LOSSES = {
    "list": ["sparse_categorical_crossentropy", TripletLoss("euclidean")],
    "dict": {"classes": "sparse_categorical_crossentropy", "embedding": TripletLoss("euclidean")},
}


@pytest.mark.parametrize("form", LOSSES)
def test_a_model_of_two_outputs_takes_the_distance_of_its_embeddings_loss(form, capsys):
    model = two_outputs()
    model.compile("adam", loss=LOSSES[form], embedding_output=1, run_eagerly=True)
    assert "automatically set to euclidean use" in capsys.readouterr().out
    y = [LABELS, LABELS] if form == "list" else {"classes": LABELS, "embedding": LABELS}
    model.fit(X, y, verbose=0)
    model.index(X, LABELS, verbose=0)
    assert model.embed(X).shape == (60, 3)
    np.testing.assert_allclose(model.embed(X), model.predict(X, verbose=0)[1], atol=1e-6)
    assert model.single_lookup(X[0], k=1)[0].label == LABELS[0]


def test_another_output_can_be_the_embedding():
    model = two_outputs()
    model.compile("adam", loss=LOSSES["list"], distance="cosine")
    assert model.embed(X).shape == (60, 4)
    with pytest.raises(ValueError, match="`distance='auto'` takes the distance of the loss"):
        model.compile("adam", loss=LOSSES["list"])
    assert model.embed(X).shape == (60, 4)
    with pytest.raises(ValueError, match="`embedding_output` must be from 0 to 1"):
        model.compile("adam", loss=LOSSES["list"], embedding_output=2)


@pytest.mark.parametrize(
    "loss", ["mse", keras.losses.MeanSquaredError(), {"metric_embedding": "mse"}, [], ["mse"]]
)
def test_a_loss_without_a_distance_needs_one(loss):
    with pytest.raises(
        ValueError, match="Pass the distance to look up by, such as distance='cosine'"
    ):
        new().compile("adam", loss=loss)
    model = new()
    model.compile("adam", loss="mse", distance="euclidean")
    model.index(X, LABELS, verbose=0)
    assert model.index_size() == 60


def test_without_a_loss_the_distance_is_cosine(capsys):
    model = new()
    model.compile()
    assert "automatically set to cosine" in capsys.readouterr().out
    model.index(X, verbose=0)
    assert model.single_lookup(X[0])[0].label is None


def test_an_unknown_distance_or_engine_lists_the_known_ones_and_compiles_nothing():
    model = new()
    with pytest.raises(
        ValueError, match=r"Unknown distance\. Known: .*'cosine', .*Received: 'far'"
    ):
        model.compile("adam", loss=TripletLoss(), distance="far")
    with pytest.raises(
        ValueError, match=r"Unknown search engine\. Known: .*'exact', .*Received: 'x'"
    ):
        model.compile("adam", loss=TripletLoss(), search="x")
    assert not model.compiled
    assert model.index_size() == 0


def test_an_embedding_must_be_a_vector():
    inputs = keras.Input((5, 4))
    model = SimilarityModel(inputs, MetricEmbedding(3)(inputs))
    with pytest.raises(ValueError, match=r"must have shape \[n, d\]. Received: output 0 of shape"):
        model.compile("adam", loss=TripletLoss())


@tensorflow_only
def test_distribution_strategies_are_refused():
    import tensorflow as tf

    strategy = tf.distribute.MirroredStrategy(["/cpu:0"])
    with strategy.scope():
        inside = new()
        with pytest.raises(NotImplementedError, match="build and compile it outside of one"):
            new().compile("adam", loss=TripletLoss())
    with pytest.raises(NotImplementedError, match="distribution strategy"):
        inside.compile("adam", loss=TripletLoss())
