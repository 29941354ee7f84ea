"""ProjectorCallback against its headless twins, a clock of our own, and training without it."""

import types

import keras
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from simnb.callbacks import ProjectorCallback, projector_callback
from simnb.layers import MetricEmbedding
from simnb.losses import TripletLoss
from simnb.models import SimilarityModel
from simnb.samplers import MultiShotMemorySampler
from simnb.widgets import Projector, project
from simnb.widgets.projector.projection import align
from tests.backend import NAME, tensorflow_only
from tests.models.small import LABELS, X, batches, compiled

WORDS = np.array(["ant", "bee", "cat", "dog"])
ALWAYS = {"share": 1e9, "show": False}


class Each(keras.callbacks.Callback):
    """The embedding before training and after each epoch, apart from the callback."""

    def __init__(self):
        super().__init__()
        self.embeddings = []

    def on_train_begin(self, logs=None):
        self.embeddings.append(np.asarray(self.model.predict(X, verbose=0)))

    def on_epoch_end(self, epoch, logs=None):
        self.on_train_begin()


def fit(model, *callbacks, epochs=2, **arguments):
    keras.utils.set_random_seed(5)
    arguments = {"verbose": 0, "steps_per_epoch": 2, **arguments}
    return model.fit(batches(), epochs=epochs, callbacks=list(callbacks), **arguments).history


def drive(watch, model, epochs=1):
    """Call what `fit` calls, of a model that does not learn."""
    watch.set_model(model)
    watch.on_train_begin()
    for epoch in range(epochs):
        watch.on_epoch_begin(epoch)
        watch.on_epoch_end(epoch)
    watch.on_train_end()


def plain(loss=None, units=3, kind=keras.Model):
    """A model whose embeddings are not all of length 1."""
    keras.utils.set_random_seed(0)
    inputs = keras.Input((4,))
    hidden = keras.layers.Dense(5, activation="tanh")(inputs)
    model = kind(inputs, keras.layers.Dense(units)(hidden))
    loss = TripletLoss("euclidean") if loss is None else loss
    model.compile("adam", loss=loss, run_eagerly=NAME == "tensorflow")
    return model


def flat(*shape):
    inputs = keras.Input(shape)
    return keras.Model(inputs, keras.layers.Flatten()(keras.layers.Rescaling(1.0)(inputs)))


def names(watch):
    return watch.projector.get_state()["_epochs"]


def labels(watch):
    watch.projector.select(range(watch.projector.count))
    return watch.projector.selected["label"].tolist()


def frames(watch):
    """The coordinates of each epoch, as its slider shows them."""
    found = []
    for epoch in range(len(names(watch))):
        watch.projector.epoch = epoch
        found.append(watch.projector.coordinates)
    return found


def embeddings_of(watch, epoch):
    watch.projector.epoch = epoch
    return watch.projector._film.frames[epoch].embeddings


@pytest.mark.parametrize("dimensions", [2, 3])
@pytest.mark.parametrize("loss", ["cosine", "euclidean"])
def test_each_epoch_is_its_own_layout_turned_onto_the_one_before(loss, dimensions):
    each, watch = Each(), ProjectorCallback(X, LABELS, dimensions=dimensions, **ALWAYS)
    fit(plain(TripletLoss(loss), kind=SimilarityModel), each, watch, epochs=3)
    assert names(watch) == ["before training", "epoch 1", "epoch 2", "epoch 3"]
    shown = frames(watch)
    last = None
    for embeddings, found in zip(each.embeddings, shown, strict=True):
        own = project(embeddings, "pca", distance=loss, dimensions=dimensions)
        last = own if last is None else align(own, last)
        np.testing.assert_allclose(found, last, atol=1e-4)
    assert np.abs(shown[0] - shown[3]).max() > 0.01


def test_umap_starts_from_the_epoch_before():
    each = Each()
    watch = ProjectorCallback(X, LABELS, method="umap", seed=3, **ALWAYS)
    fit(compiled(), each, watch, epochs=1)
    for epoch, embeddings in enumerate(each.embeddings):
        np.testing.assert_allclose(embeddings_of(watch, epoch), embeddings, atol=1e-5)
    first, second = frames(watch)
    np.testing.assert_array_equal(first, project(embeddings_of(watch, 0), "umap", 3))
    own = project(embeddings_of(watch, 1), "umap", 3, init=first)
    np.testing.assert_array_equal(second, align(own, first))
    assert watch.projector.get_state()["_shown"] == ["umap"]
    assert repr(watch.projector).endswith("umap)")


def test_neighbours_are_those_of_the_epoch_that_is_shown():
    each, watch = Each(), ProjectorCallback(X, LABELS, **ALWAYS)
    fit(compiled(), each, watch, epochs=4)
    found = []
    for epoch, embeddings in enumerate(each.embeddings):
        watch.projector.epoch = epoch
        similar = embeddings @ embeddings.T - 9 * np.eye(len(X))
        found.append(watch.projector.neighbors_of(range(len(X)), 1).ids[:, 0])
        taken = np.take_along_axis(similar, found[-1][:, None], axis=1)[:, 0]
        np.testing.assert_allclose(taken, similar.max(axis=1), atol=1e-5)
    assert (found[0] != found[4]).any()


class Clock:
    """A clock that stands still but for the seconds that epochs and pictures are said to take."""

    def __init__(self, patch, pictures):
        self.now, self.pictures, self.layouts = 0.0, iter(pictures), []
        own = types.SimpleNamespace(perf_counter=lambda: self.now)
        patch.setattr(projector_callback, "time", own)
        patch.setattr(projector_callback, "project", self.compile)
        patch.setattr(Projector, "add_epoch", self.draw)

    def compile(self, *arguments, **options):
        self.now += 1000

    def draw(self, embeddings, name):
        self.now += next(self.pictures)
        self.layouts.append(name)

    def run(self, watch, epochs):
        """What `fit` would call, for epochs of so many seconds."""
        watch.set_model(PLAIN)
        watch.on_train_begin()
        for epoch, seconds in enumerate(epochs):
            watch.on_epoch_begin(epoch)
            self.now += seconds
            watch.on_epoch_end(epoch)
        watch.on_train_end()


PLAIN = flat(4)


@given(
    st.lists(st.floats(0.01, 100), max_size=12),
    st.floats(0.01, 20),
    st.sampled_from([0.05, 0.1, 0.5, 1.0, 3.0]),
)
def test_pictures_take_no_more_than_their_share_and_none_is_left_out_for_less(
    epochs, picture, share
):
    with pytest.MonkeyPatch.context() as patch:
        clock = Clock(patch, [picture] * 99)
        watch = ProjectorCallback(X[:6], share=share, show=False)
        clock.run(watch, epochs)
    drawn = {row["epoch"]: row for row in watch.history}
    assert clock.layouts == ["before training", *(f"epoch {epoch + 1}" for epoch in drawn)]
    pictured = trained = 0.0
    for epoch, seconds in enumerate(epochs):
        trained += seconds
        fits = (pictured + picture) / trained
        if epoch in drawn:
            pictured += picture
            assert drawn[epoch]["seconds"] == pytest.approx(picture)
            assert drawn[epoch]["share"] == pytest.approx(pictured / trained)
            assert fits <= share * (1 + 1e-6)
        else:
            assert fits >= share * (1 - 1e-6)


def test_a_picture_that_takes_longer_than_the_last_makes_the_next_wait():
    with pytest.MonkeyPatch.context() as patch:
        # The first is that before training; those after it cost 1, 5 and 1 seconds.
        clock = Clock(patch, [1, 1, 5, 1])
        watch = ProjectorCallback(X[:6], share=0.5, show=False)
        clock.run(watch, [2] * 11)
    # After 4 s of training 1 + 1 of 2 allowed are gone; 6 + 5 are allowed from 22 s on.
    assert [row["epoch"] for row in watch.history] == [0, 1, 10]
    assert [row["share"] for row in watch.history] == pytest.approx([1 / 2, 6 / 4, 7 / 22])


def test_epochs_that_are_too_short_are_left_out_and_the_end_is_drawn():
    each, watch = Each(), ProjectorCallback(X, LABELS, share=1e-9, show=False)
    fit(compiled(), each, watch, epochs=3)
    assert names(watch) == ["before training", "after training"]
    assert watch.history == []
    last = project(each.embeddings[-1], "pca")
    np.testing.assert_allclose(frames(watch)[1], align(last, frames(watch)[0]), atol=1e-4)


def test_weights_that_are_put_back_at_the_end_are_drawn_too():
    stop = keras.callbacks.EarlyStopping(
        "loss", mode="max", baseline=1e9, patience=2, restore_best_weights=True
    )
    model, watch = compiled(), ProjectorCallback(X, LABELS, **ALWAYS)
    fit(model, stop, watch, epochs=9)
    assert names(watch) == ["before training", "epoch 1", "epoch 2", "after training"]
    shown = frames(watch)
    own = align(project(model.embed(X), "pca"), shown[2])
    np.testing.assert_allclose(shown[3], own, atol=1e-4)
    np.testing.assert_allclose(shown[3], shown[1], atol=1e-3)  # the best was the first


class Again:
    """Batches that can be read any number of times, and the number of times they were."""

    def __init__(self, parts):
        self.parts, self.passes = parts, 0

    def __iter__(self):
        self.passes += 1
        return iter(self.parts)


@pytest.mark.parametrize(
    ("x", "y"),
    [
        (X, LABELS),
        (X, WORDS[LABELS]),
        (X.tolist(), LABELS.tolist()),
        (Again([X[:40], X[40:]]), LABELS),
        (Again([(X[:40], LABELS[:40] + 10), (X[40:], LABELS[40:] + 10)]), LABELS),
    ],
)
def test_labels_are_those_that_are_given(x, y):
    watch = ProjectorCallback(x, y, **ALWAYS)
    drive(watch, PLAIN)
    assert labels(watch) == list(y)


def test_a_sampler_is_its_first_epoch_and_is_not_moved_on():
    sampler = MultiShotMemorySampler(
        X, WORDS[LABELS], class_list=WORDS[1:], classes_per_batch=3, steps_per_epoch=10, seed=1
    )
    drawn = [sampler.generate_batch(step, epoch=0) for step in range(10)]
    x, codes = (np.concatenate(parts) for parts in zip(*drawn, strict=True))
    sampler.epoch = 4
    watch = ProjectorCallback(sampler, **ALWAYS)
    drive(watch, PLAIN)
    assert labels(watch) == [sampler.class_list[code] for code in codes]
    np.testing.assert_array_equal(embeddings_of(watch, 0), x)
    assert sampler.epoch == 4


def test_batches_are_read_once_so_that_shuffling_them_mixes_up_nothing():
    class Shuffled(Again):
        def __iter__(self):
            order = np.random.default_rng(self.passes).permutation(len(X))
            self.passes += 1
            for rows in np.array_split(order, 3):
                yield X[rows], X[rows].argmax(axis=1)

    x = Shuffled(None)
    watch = ProjectorCallback(x, **ALWAYS)
    for _ in range(2):
        drive(watch, PLAIN, epochs=2)
        first, *others = frames(watch)
        assert len(others) == 2
        for other in others:
            np.testing.assert_allclose(other, first, atol=1e-5)
        assert labels(watch) == embeddings_of(watch, 0).argmax(axis=1).tolist()
    assert x.passes == 1


@tensorflow_only
def test_a_tf_data_set_brings_labels_and_images():
    import tensorflow as tf

    images = np.random.default_rng(0).integers(0, 255, (12, 4, 4, 3), "uint8")
    data = tf.data.Dataset.from_tensor_slices((images, np.arange(12) % 3)).shuffle(12).batch(5)
    watch = ProjectorCallback(data, **ALWAYS)
    drive(watch, flat(4, 4, 3))
    for row, embedding in enumerate(embeddings_of(watch, 0)):
        (own,) = np.flatnonzero((images.reshape(12, -1) == embedding).all(axis=1))
        assert labels(watch)[row] == own % 3
        thumbnail = watch.projector._cards.thumbnails.pixels(row)[..., :3]
        np.testing.assert_array_equal(thumbnail, images[own])


@pytest.mark.parametrize(
    ("shape", "given", "shown"),
    [
        ((6, 5, 4), None, True),
        ((6, 5, 4, 3), None, True),
        ((6, 5, 4, 7), None, False),  # seven channels are no picture
        ((6, 20), None, False),
        ((6, 20), np.zeros((6, 8, 8)), True),
    ],
)
def test_examples_that_are_images_are_the_thumbnails(shape, given, shown):
    watch = ProjectorCallback(np.random.default_rng(0).random(shape), images=given, **ALWAYS)
    drive(watch, flat(*shape[1:]))
    assert watch.projector.get_state()["_has_images"] is shown


def test_models_of_several_inputs_and_outputs():
    one, two = keras.Input((4,), name="one"), keras.Input((4,), name="two")
    hidden = keras.layers.Add()([one, two])
    outputs = [keras.layers.Dense(2)(hidden), MetricEmbedding(3)(hidden)]
    model = SimilarityModel([one, two], outputs)
    model.compile(loss=[None, TripletLoss()], embedding_output=1)
    for x in ([X - 1, X * 0 + 1], {"one": X - 1, "two": X * 0 + 1}, Again([((X - 1, X * 0 + 1),)])):
        watch = ProjectorCallback(x, LABELS, **ALWAYS)
        drive(watch, model)
        assert repr(watch.projector) == "Projector(60 points × 3 dimensions, 4 labels, pca)"
        own = project(model.embed([X - 1, X * 0 + 1]), "pca")
        np.testing.assert_allclose(frames(watch)[0], own, atol=1e-4)


@pytest.mark.parametrize("make", [compiled, plain])
def test_any_model_of_one_embedding_will_do(make):
    model, each = make(), Each()
    watch = ProjectorCallback(X, LABELS, WORDS, **ALWAYS)
    model.fit(X, LABELS, epochs=2, verbose=0, callbacks=[each, watch])
    assert watch.projector.get_state()["_names"] == WORDS.tolist()
    np.testing.assert_allclose(frames(watch)[0], project(each.embeddings[0], "pca"), atol=1e-4)


def with_dropout():
    keras.utils.set_random_seed(0)
    inputs = keras.Input((4,))
    hidden = keras.layers.Dropout(0.3, seed=2)(keras.layers.Dense(8)(inputs))
    hidden = keras.layers.BatchNormalization()(hidden)
    model = SimilarityModel(inputs, MetricEmbedding(3)(hidden))
    model.compile("adam", loss=TripletLoss(), run_eagerly=NAME == "tensorflow")
    return model


@pytest.mark.parametrize("method", ["pca", "umap"])
def test_training_is_bit_for_bit_what_it_is_without_the_callback(method):
    trained = []
    for callbacks in ([], [ProjectorCallback(batches(), method=method, **ALWAYS)]):
        model = with_dropout()
        history = fit(model, *callbacks, validation_data=(X, LABELS))
        trained.append((model, history))
        drawn = np.random.random()  # noqa: NPY002 - a legacy generator that others may use
        trained[-1] += (drawn,)
    (one, without, number), (two, with_callback, other) = trained
    assert without == with_callback
    assert number == other
    assert all(map(np.array_equal, one.get_weights(), two.get_weights()))


def test_the_users_index_stays_as_it_is():
    model = compiled()
    model.index(X[:30], LABELS[:30], verbose=0)
    before = model.to_data_frame()
    fit(model, ProjectorCallback(X, LABELS, **ALWAYS))
    after = model.to_data_frame()
    assert after.drop(columns="embedding").equals(before.drop(columns="embedding"))
    assert np.array_equal(np.stack(after["embedding"]), np.stack(before["embedding"]))


def test_a_second_training_has_a_widget_of_its_own():
    model, watch = compiled(), ProjectorCallback(X, LABELS, **ALWAYS)
    fit(model, watch, epochs=2)
    first, drawn = watch.projector, watch.history
    model.fit(batches(), epochs=5, initial_epoch=3, verbose=0, callbacks=[watch])
    assert watch.projector is not first
    assert names(watch) == ["before training", "epoch 4", "epoch 5"]
    assert [row["epoch"] for row in watch.history] == [3, 4]
    assert [row["epoch"] for row in drawn] == [0, 1]
    assert first.get_state()["_epochs"] == ["before training", "epoch 1", "epoch 2"]


def test_one_callback_watches_several_models_in_turn():
    watch = ProjectorCallback(X, LABELS, **ALWAYS)
    for model in (plain(), plain(units=5), compiled()):
        model.fit(X, LABELS, epochs=1, verbose=0, callbacks=[watch])
        np.testing.assert_allclose(embeddings_of(watch, 1), model.predict(X, verbose=0), atol=1e-5)


class Diverge(keras.callbacks.Callback):
    """At the end of the second epoch, weights that are no numbers; then those before again."""

    def on_epoch_end(self, epoch, logs=None):
        self.kept = self.model.get_weights()
        if epoch == 1:
            self.model.set_weights([weight * np.nan for weight in self.kept])

    def on_epoch_begin(self, epoch, logs=None):
        if epoch == 2:
            self.model.set_weights(self.kept)


def test_a_model_that_diverges_warns_and_training_goes_on():
    watch = ProjectorCallback(X, LABELS, **ALWAYS)
    with pytest.warns(UserWarning, match="NaN or inf in 60 of 60 rows"):
        history = fit(compiled(), Diverge(), watch, epochs=3)
    assert len(history["loss"]) == 3
    before, first, lost, again = frames(watch)
    assert np.isnan(lost).all()
    assert np.isfinite([before, first, again]).all()
    np.testing.assert_allclose(align(again, first), again, atol=1e-4)  # over the gap
    watch.projector.epoch = 2
    assert watch.projector.neighbors_of([0], 3).ids.tolist() == [[-1, -1, -1]]
    data, _ = watch.projector._repr_mimebundle_()  # its picture can still be drawn
    assert data["image/png"]


def test_a_model_that_is_broken_from_the_start_trains_too():
    model, watch = compiled(), ProjectorCallback(X, LABELS, method="umap", **ALWAYS)
    model.set_weights([weight * np.nan for weight in model.get_weights()])
    with pytest.warns(UserWarning, match="NaN or inf in 60 of 60 rows"):
        history = fit(model, watch, epochs=1)
    assert len(history["loss"]) == 1
    assert names(watch) == ["before training", "epoch 1"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"x": (batch for batch in [X])}, "`x` must be arrays, or batches that can be read again"),
        ({"x": "digits"}, "`x` must be arrays"),
        ({"method": "auto"}, "`method` must be one of 'pca'"),
        ({"share": 0}, "`share` must be above 0"),
    ],
)
def test_what_will_not_do_is_refused_at_once(arguments, message):
    with pytest.raises(ValueError, match=message):
        ProjectorCallback(**{"x": X, **arguments})


@tensorflow_only
def test_a_data_set_without_an_end_is_refused():
    import tensorflow as tf

    with pytest.raises(ValueError, match="`x` must end"):
        ProjectorCallback(tf.data.Dataset.from_tensor_slices(X).batch(5).repeat())


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"y": LABELS[:59]}, "`y` must have one label for each of 60 examples. Received: 59"),
        ({"images": np.zeros((59, 2, 2))}, "`images` must have one image"),
        ({"x": X[:, :3]}, r"`x`: `x` must have shape \(None, 4\)"),
        ({"x": Again([])}, "`x` must hold at least one batch"),
        ({"x": Again([(X, np.eye(4)[LABELS])])}, "one-hot rows pass `np.argmax"),
    ],
)
def test_what_does_not_go_with_the_model_is_refused_before_an_epoch_is_spent(arguments, message):
    model, epochs = compiled(), Each()
    with pytest.raises(ValueError, match=message):
        fit(model, ProjectorCallback(**{"x": X, **arguments}, **ALWAYS), epochs)
    assert epochs.embeddings == []


def test_a_model_of_two_outputs_must_say_which():
    inputs = keras.Input((4,))
    model = keras.Model(inputs, [inputs, inputs])
    watch = ProjectorCallback(X)
    watch.set_model(model)
    with pytest.raises(ValueError, match="`model` must be a SimilarityModel, or a functional"):
        watch.on_train_begin()


CELLS = (
    """
import keras, numpy as np
from simnb.callbacks import ProjectorCallback
x = np.random.default_rng(0).normal(size=(40, 6)).astype("float32")
inputs = keras.Input((6,))
model = keras.Model(inputs, keras.layers.Dense(3)(inputs))
model.compile("sgd", loss="mse")
watch = ProjectorCallback(x, np.arange(40) % 4, share=1e9)
""",
    "_ = model.fit(x, x[:, :3], epochs=2, verbose=0, callbacks=[watch])",
    "watch.projector._repr_mimebundle_()[0]['image/png']",
    "quiet = ProjectorCallback(x, share=1e9, show=False)\n"
    "_ = model.fit(x, x[:, :3], epochs=1, verbose=0, callbacks=[quiet])",
)


def test_a_notebook_shows_it_once_and_is_saved_with_the_last_picture():
    nbclient, nbformat = pytest.importorskip("nbclient"), pytest.importorskip("nbformat")
    pytest.importorskip("ipykernel")
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in CELLS])
    nbclient.NotebookClient(notebook, kernel_name="python3", timeout=120).execute()
    _, fitted, last, quiet = (cell.outputs for cell in notebook.cells)
    (shown,) = [output for output in fitted if output.output_type == "display_data"]
    assert "application/vnd.jupyter.widget-view+json" in shown.data
    assert shown.data["text/plain"] == "Projector(40 points × 3 dimensions, 4 labels, pca)"
    assert shown.data["image/png"].strip() == last[0].data["text/plain"].strip("'")
    assert not [output for output in quiet if output.output_type == "display_data"]
