"""EvalCallback against plain recomputation, and that nothing but `logs` is touched by it."""

import inspect
import warnings

import keras
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.spatial.distance import cdist

from simnb.callbacks import EvalCallback
from simnb.classification_metrics import Precision
from simnb.distances import Distance
from simnb.indexer import Indexer
from simnb.layers import MetricEmbedding
from simnb.losses import TripletLoss
from simnb.models import SimilarityModel
from simnb.retrieval_metrics import MRR, RecallAtK
from simnb.samplers import MultiShotMemorySampler
from tests.backend import NAME, tensorflow_only
from tests.models.small import LABELS, X, batches, compiled, new

RNG = np.random.default_rng(3)
QUERIES = (X[:24] + RNG.normal(scale=0.8, size=(24, 4))).astype("float32")
TRUTH = LABELS[:24]
WORDS = np.array(["ant", "bee", "cat", "dog"])
SETS = (QUERIES, TRUTH, X, LABELS)


def identity(size=2):
    inputs = keras.Input((size,))
    return keras.Model(inputs, keras.layers.Identity()(inputs))


def one_layer():
    inputs = keras.Input((4,))
    return inputs, keras.layers.Dense(3)(inputs)


def quiet(*arguments, **options):
    return EvalCallback(*arguments, verbose=0, **options)


def fit(model, *callbacks, epochs=2, **arguments):
    keras.utils.set_random_seed(5)
    arguments = {"verbose": 0, "steps_per_epoch": 1, **arguments}
    return model.fit(batches(), epochs=epochs, callbacks=list(callbacks), **arguments).history


def matrix(name, queries, items):
    if name == "inner_product":
        return -(queries.astype("float64") @ items.T.astype("float64"))
    kinds = {"cosine": "cosine", "euclidean": "euclidean", "manhattan": "cityblock"}
    return cdist(queries, items, kinds[name])


def by_hand(distances, truth, labels, threshold=np.inf):
    """Accuracy, precision, recall@3 and MRR@5 of queries, one at a time."""
    right = given_ = recalled = reciprocal = ranked = 0
    for row, label in zip(distances, truth, strict=True):
        order = np.argsort(row, kind="stable")
        answered = row[order[0]] <= threshold
        given_ += answered
        right += answered and labels[order[0]] == label
        if label in labels:
            hits = [labels[item] == label for item in order[:5]]
            ranked += 1
            recalled += any(hits[:3])
            reciprocal += 1 / (hits.index(True) + 1) if any(hits) else 0
    return {
        "binary_accuracy": right / len(truth),
        "precision": right / given_ if given_ else 1.0,
        "recall@3": recalled / ranked if ranked else None,
        "mrr@5": reciprocal / ranked if ranked else None,
    }


ALL = {"metrics": ["binary_accuracy", "precision"], "retrieval_metrics": [RecallAtK(k=3), MRR()]}


@pytest.mark.parametrize("name", ["cosine", "euclidean", "manhattan", "inner_product"])
def test_metrics_are_those_of_plain_recomputation(name):
    model = compiled()
    found = quiet(*SETS, distance=name, **ALL).evaluate(model)
    distances = matrix(name, model.embed(QUERIES), model.embed(X))
    assert found.pop("lone_queries") == 0
    assert found == pytest.approx(by_hand(distances, TRUTH, LABELS))
    assert all(type(value) is float for value in found.values())
    assert 0.2 < found["binary_accuracy"] < 0.8


@pytest.mark.parametrize("name", ["euclidean", "inner_product"])
def test_answers_beyond_the_threshold_are_withheld(name):
    model = compiled()
    distances = matrix(name, model.embed(QUERIES), model.embed(X))
    sign = -1 if name == "inner_product" else 1
    cuts = np.quantile(distances.min(axis=1), [0.3, 0.6])
    shown = [float(sign * cut) for cut in cuts]
    several = quiet(*SETS, name, ["precision"], distance_thresholds=[*shown, sign * np.inf])
    several = several.evaluate(model)
    assert list(several) == [*(f"precision@{cut}" for cut in shown), f"precision@{sign * np.inf}"]
    for cut, own in zip(cuts, shown, strict=True):
        truth = by_hand(distances, TRUTH, LABELS, cut)
        one = quiet(*SETS, name, distance_thresholds=own).evaluate(model)
        assert one == pytest.approx({"binary_accuracy": truth["binary_accuracy"]})
        assert several[f"precision@{own}"] == pytest.approx(truth["precision"])


def test_a_threshold_is_named_as_it_was_written():
    def names(thresholds):
        return list(quiet(*SETS, distance_thresholds=thresholds).evaluate(compiled()))

    short = ["binary_accuracy@0.3", "binary_accuracy@1.0"]
    assert names([0.3, 1]) == names(np.array([0.3, 1.0], "float32")) == short


def test_the_matcher_votes_among_k_neighbours():
    x, labels = np.array([[0.0], [0.3], [0.4], [5.0]]), ["a", "b", "b", "c"]
    sets = (np.array([[0.1]]), ["b"], x, labels, "euclidean")
    voting = quiet(*sets, k=3, matcher="match_majority_vote").evaluate(identity(1))
    nearest = quiet(*sets, k=3).evaluate(identity(1))
    assert (voting["binary_accuracy"], nearest["binary_accuracy"]) == (1.0, 0.0)


@pytest.mark.parametrize(
    ("loss", "distance"), [("euclidean", "auto"), ("cosine", "auto"), ("cosine", "euclidean")]
)
def test_auto_is_the_distance_of_the_models_index(loss, distance):
    model = compiled(TripletLoss(loss))
    options = {"metrics": ["coverage"], "distance_thresholds": 0.2}
    found = quiet(*SETS, distance, **options).evaluate(model)
    own = loss if distance == "auto" else distance
    nearest = matrix(own, model.embed(QUERIES), model.embed(X)).min(axis=1)
    assert found == {"coverage": (nearest <= 0.2).mean()}
    assert 0 < found["coverage"] < 1


def test_a_distance_of_the_users_own_is_taken():
    class Farthest(Distance):
        name = "farthest_first"

        def pairwise(self, query, key, ops):
            return -ops.abs(query - ops.transpose(key))

    sets = np.array([[0.0]]), ["far"], np.array([[0.1], [9.0]]), ["near", "far"]
    assert quiet(*sets, Farthest()).evaluate(identity(1)) == {"binary_accuracy": 1.0}


class Again:
    """Batches that can be read any number of times, and the number of times they were."""

    def __init__(self, x, y=None, size=7):
        self.x, self.y, self.size, self.passes = x, y, size, 0

    def __iter__(self):
        self.passes += 1
        for start in range(0, len(self.x), self.size):
            part = slice(start, start + self.size)
            yield self.x[part] if self.y is None else (self.x[part], self.y[part])


class Stored(keras.utils.PyDataset):
    def __init__(self, x, y):
        super().__init__()
        self.x, self.y = x, y

    def __len__(self):
        return 3

    def __getitem__(self, step):
        return self.x[step::3], self.y[step::3]


def kinds(x, y):
    yield "arrays", x, y
    yield "lists", x.tolist(), y.tolist()
    yield "tensor", keras.ops.convert_to_tensor(x), y
    yield "column of labels", x, np.asarray(y)[:, None]
    views = MultiShotMemorySampler(x, y)
    yield "views of a sampler", views.x, views.y
    yield "batches", Again(x, y), None
    yield "batches and labels", Again(x), y
    yield "PyDataset", Stored(x, y), None
    if NAME == "tensorflow":
        import tensorflow as tf

        dataset = tf.data.Dataset.from_tensor_slices((x, y))
        yield "tf.data", dataset.batch(7), None
        yield "tf.data, unknown size", dataset.filter(lambda x, y: True).batch(7), None
        yield "tf.data, shuffled anew", dataset.shuffle(len(x)).batch(7), None
        yield "tf.data of x", dataset.map(lambda x, y: x).batch(7), y


@pytest.mark.parametrize("labels", [np.arange(4), WORDS, np.arange(4) + 2**62], ids=str)
def test_arrays_batches_and_datasets_give_the_same(labels):
    model = compiled()
    options = {"known_classes": labels[:2], "retrieval_metrics": ["map@r"]}
    truth = quiet(QUERIES, labels[TRUTH], X, labels[LABELS], **options).evaluate(model)
    assert len(truth) == 6
    for (name, *queries), (_, *targets) in zip(
        kinds(QUERIES, labels[TRUTH]), kinds(X, labels[LABELS]), strict=True
    ):
        callback = quiet(*queries, *targets, **options)
        for _ in range(2):
            assert callback.evaluate(model) == pytest.approx(truth), name


@pytest.mark.parametrize("make", [compiled, lambda: keras.Model(*one_layer())])
def test_labels_that_are_given_take_the_place_of_those_in_the_batches(make):
    model, one_hot = make(), np.eye(4)
    truth = quiet(*SETS).evaluate(model)
    sets = Again(QUERIES, one_hot[TRUTH]), TRUTH, Again(X, one_hot[LABELS]), LABELS
    assert quiet(*sets).evaluate(model) == truth


def test_a_sampler_gives_its_first_epochs_batches_every_time_and_is_not_moved_on():
    model = compiled()
    sampler = MultiShotMemorySampler(QUERIES, TRUTH, classes_per_batch=3, steps_per_epoch=5, seed=4)
    drawn = [sampler.generate_batch(step, epoch=0) for step in range(5)]
    x, y = (np.concatenate(part) for part in zip(*drawn, strict=True))
    truth = quiet(x, y, X, LABELS).evaluate(model)
    callback = quiet(sampler, targets=X, target_labels=LABELS)
    sampler.epoch = 7
    assert callback.evaluate(model) == callback.evaluate(model) == truth
    assert sampler.epoch == 7


def test_the_training_sampler_itself_can_be_evaluated():
    model, sampler = compiled(), batches()
    callback = quiet(sampler, targets=X, target_labels=LABELS)
    history = model.fit(sampler, epochs=3, verbose=0, callbacks=[callback]).history
    other = compiled()
    without = other.fit(batches(), epochs=3, verbose=0).history
    assert history["loss"] == without["loss"]
    assert sampler.epoch == 3


def test_samplers_of_strings_need_not_have_the_same_classes():
    # Their batches carry places in `class_list`: 0 is "bee" in one, "ant" in the other.
    model = compiled()
    options = {"classes_per_batch": 3, "steps_per_epoch": 6, "seed": 1}
    queries = MultiShotMemorySampler(QUERIES, WORDS[TRUTH], class_list=WORDS[1:], **options)
    targets = MultiShotMemorySampler(X, WORDS[LABELS], class_list=WORDS[:3], **options)
    read = []
    for sampler in (queries, targets):
        x, y = (np.concatenate(part) for part in zip(*(sampler[i] for i in range(6)), strict=True))
        read += [x, np.array(sampler.class_list)[y]]
    found = quiet(queries, targets=targets, known_classes=["bee"]).evaluate(model)
    assert found == quiet(*read, known_classes=["bee"]).evaluate(model)
    assert 0 < found["binary_accuracy_known_classes"] < 1
    assert len(found) == 2


def test_models_of_several_inputs_and_outputs():
    one, two = keras.Input((4,), name="one"), keras.Input((4,), name="two")
    hidden = keras.layers.Add()([one, two])
    outputs = [keras.layers.Dense(2)(hidden), MetricEmbedding(3)(hidden)]
    model = SimilarityModel([one, two], outputs)
    model.create_index(embedding_output=1)
    truth = quiet(QUERIES, TRUTH, X, LABELS).evaluate(keras.Model(hidden, outputs[1]))
    for inputs in (lambda x: [x - 1, x * 0 + 1], lambda x: {"one": x - 1, "two": x * 0 + 1}):
        found = quiet(inputs(QUERIES), TRUTH, inputs(X), LABELS).evaluate(model)
        assert found == pytest.approx(truth, abs=0.05)


@tensorflow_only
def test_examples_can_be_strings():
    import tensorflow as tf

    words = np.array(["red cat", "blue dog", "red dog", "blue cat"])
    inputs = keras.Input((), dtype="string")
    count = keras.layers.TextVectorization(vocabulary=["cat", "dog"], output_mode="count")
    model = keras.Model(inputs, count(inputs))
    labels = np.array(["cat", "dog", "dog", "cat"])
    for queries in (words[2:], tf.constant(words[2:]), words[2:].astype(object)):
        callback = quiet(queries, labels[2:], words[:2], labels[:2], "euclidean")
        assert callback.evaluate(model) == {"binary_accuracy": 1.0}


@pytest.mark.parametrize("kind", ["functional", "sequential"])
def test_any_functional_model_of_one_embedding_will_do(kind):
    layers = [keras.layers.Dense(5, activation="tanh"), keras.layers.Dense(3)]
    model = keras.Sequential([keras.Input((4,)), *layers])
    if kind == "functional":
        model = keras.Model(model.inputs, model.outputs)
    model.compile("adam", loss=TripletLoss("euclidean"), run_eagerly=NAME == "tensorflow")
    callback = quiet(*SETS, **ALL)
    model.fit(X, LABELS, epochs=2, verbose=0, callbacks=[callback])
    distances = matrix("cosine", model.predict(QUERIES, verbose=0), model.predict(X, verbose=0))
    truth = by_hand(distances, TRUTH, LABELS)
    assert {name: callback.history[-1][name] for name in truth} == pytest.approx(truth)
    assert callback.history[0] != callback.history[1]


def test_one_callback_evaluates_several_models_in_turn():
    callback, x = quiet(*SETS), [keras.Input((4,)) for _ in range(2)]
    models = [keras.Model(one, keras.layers.Dense(1, use_bias=False)(one)) for one in x]
    models.append(compiled())
    models[1].set_weights([np.zeros((4, 1), "float32")])
    first = [callback.evaluate(model) for model in models]
    assert first == [quiet(*SETS).evaluate(model) for model in models]
    assert first[0] != first[1]


def split_by_hand(model, known):
    distances = matrix("cosine", model.embed(QUERIES), model.embed(X))
    found = {}
    for suffix, rows in (
        ("_known_classes", np.isin(TRUTH, known)),
        ("_unknown_classes", ~np.isin(TRUTH, known)),
    ):
        if rows.any():
            own = by_hand(distances[rows], TRUTH[rows], LABELS)
            found.update({name + suffix: value for name, value in own.items()})
    return found


def test_known_and_unknown_classes_are_parts_of_one_look_up():
    model = compiled()
    found = quiet(*SETS, known_classes=[0, 3], **ALL).evaluate(model)
    lone = [found.pop(f"lone_queries_{kind}_classes") for kind in ("known", "unknown")]
    assert lone == [0, 0]
    assert found == pytest.approx(split_by_hand(model, [0, 3]))


@pytest.mark.parametrize("known", [[0], [1, 2, 3]])
def test_a_split_may_be_a_single_query(known):
    model = compiled()
    rows = np.flatnonzero(TRUTH != 0)
    rows = np.sort(np.append(rows, np.flatnonzero(TRUTH == 0)[0]))
    queries, truth = QUERIES[rows], TRUTH[rows]
    found = quiet(queries, truth, X, LABELS, known_classes=known).evaluate(model)
    nearest = LABELS[matrix("cosine", model.embed(queries), model.embed(X)).argmin(axis=1)]
    inside = np.isin(truth, known)
    assert sorted([inside.sum(), (~inside).sum()])[0] == 1
    assert found == pytest.approx(
        {
            "binary_accuracy_known_classes": (nearest == truth)[inside].mean(),
            "binary_accuracy_unknown_classes": (nearest == truth)[~inside].mean(),
        }
    )


@pytest.mark.parametrize(
    ("known", "there", "empty"),
    [([0, 1, 2, 3], "known", "unknown"), ([], "unknown", "known"), ([9], "unknown", "known")],
)
def test_a_split_without_queries_is_left_out_and_said_once(known, there, empty):
    model, callback = compiled(), quiet(*SETS, known_classes=known, **ALL)
    message = f"no query is of the {empty} classes, so no metric ends in _{empty}_classes"
    with pytest.warns(UserWarning, match=message):
        found = callback.evaluate(model)
    assert callback.evaluate(model) == found  # a warning would be an error here
    assert len(found) == 5
    assert all(name.endswith(f"_{there}_classes") for name in found)


def test_metrics_that_are_not_numbers_are_left_out_and_said_once():
    model, some = compiled(), LABELS < 2
    callback = quiet(QUERIES, TRUTH, X[some], LABELS[some], known_classes=[0, 1], **ALL)
    left_out = r"recall@3_unknown_classes, mrr@5_unknown_classes left out: no query has a target"
    with pytest.warns(UserWarning, match=left_out):
        found = callback.evaluate(model)
    assert callback.evaluate(model) == found
    assert found["binary_accuracy_unknown_classes"] == 0
    assert found["lone_queries_unknown_classes"] == (TRUTH >= 2).sum()
    assert found["lone_queries_known_classes"] == 0
    assert not any(np.isnan(value) for value in found.values())


def test_open_set_metrics_go_by_the_classes_of_the_targets():
    model, some = compiled(), LABELS > 0
    options = {"metrics": ["false_accept_rate"], "distance_thresholds": 0.02}
    found = quiet(QUERIES, TRUTH, X[some], LABELS[some], **options).evaluate(model)
    nearest = matrix("cosine", model.embed(QUERIES), model.embed(X[some])).min(axis=1)
    assert found == {"false_accept_rate": (nearest <= 0.02)[TRUTH == 0].mean()}


PLAIN = identity(1)


@given(
    st.lists(st.tuples(st.integers(-4, 4), st.integers(0, 3)), min_size=1, max_size=8),
    st.lists(st.tuples(st.integers(-4, 4), st.integers(0, 3)), min_size=1, max_size=8),
    st.sets(st.integers(0, 4)),
    st.sampled_from([np.inf, 0.5, 2.0]),
)
def test_the_splits_are_those_of_plain_loops(queries, items, known, threshold):
    (x, truth), (keys, labels) = (
        [np.array(part) for part in zip(*pairs, strict=True)] for pairs in (queries, items)
    )
    x, keys = x[:, None].astype("float32"), keys[:, None].astype("float32")
    callback = quiet(
        x,
        truth,
        keys,
        labels,
        "euclidean",
        distance_thresholds=threshold,
        known_classes=sorted(known),
        **ALL,
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        found = callback.evaluate(PLAIN)
    expected = {}
    for kind, rows in (
        ("known", np.isin(truth, sorted(known))),
        ("unknown", ~np.isin(truth, sorted(known))),
    ):
        if rows.any():
            own = by_hand(cdist(x[rows], keys), truth[rows], labels, threshold)
            expected.update({f"{name}_{kind}_classes": value for name, value in own.items()})
    expected = {name: value for name, value in expected.items() if value is not None}
    scores = {name: value for name, value in found.items() if "lone" not in name}
    assert scores == pytest.approx(expected)


def test_history_early_stopping_checkpoint_and_progress_bar_see_the_metrics(tmp_path, capsys):
    model = compiled()
    callback = EvalCallback(*SETS, retrieval_metrics=["mrr"])
    stop = keras.callbacks.EarlyStopping("binary_accuracy", mode="max", baseline=2.0, patience=2)
    path = tmp_path / "{epoch}-{binary_accuracy:.4f}.weights.h5"
    save = keras.callbacks.ModelCheckpoint(path, save_weights_only=True)
    history = fit(model, callback, stop, save, epochs=9, verbose=2)
    values = history["binary_accuracy"]
    assert len(values) == len(history["loss"]) == 2  # stopped: 2.0 is never reached
    assert values == [one["binary_accuracy"] for one in callback.history]
    assert history["mrr@5"] == [one["mrr@5"] for one in callback.history]
    assert {file.name for file in tmp_path.iterdir()} == {
        f"{epoch}-{value:.4f}.weights.h5" for epoch, value in enumerate(values, 1)
    }
    shown = capsys.readouterr().out
    assert f"binary_accuracy: {values[0]:.4f}" in shown
    assert f"binary_accuracy: {values[1]:.4f}" in shown
    assert all(type(value) is float for name in history for value in history[name])
    assert callback.evaluate(model)["binary_accuracy"] == values[-1]


def test_the_line_stands_behind_the_progress_bar_of_its_epoch(capsys):
    callback = EvalCallback(QUERIES, TRUTH, X[LABELS > 0], LABELS[LABELS > 0], **ALL)
    model = compiled()
    capsys.readouterr()
    fit(model, callback, verbose=2)
    lines = capsys.readouterr().out.splitlines()
    kinds = ["EvalCallback" if "EvalCallback" in line else line[:5] for line in lines]
    assert kinds == ["Epoch", "1/1 -", "EvalCallback", "Epoch", "1/1 -", "EvalCallback"]
    last = callback.history[-1]
    assert lines[-1] == (
        f"EvalCallback: 24 queries on 45 targets in {last['seconds']:.1f} s: "
        f"binary_accuracy {last['binary_accuracy']:.4g}, precision {last['precision']:.4g}, "
        f"recall@3 {last['recall@3']:.4g}, mrr@5 {last['mrr@5']:.4g}, "
        f"lone_queries {(TRUTH == 0).sum()}"
    )
    fit(model, quiet(*SETS))
    assert capsys.readouterr().out == ""


def test_cost_and_lone_queries_are_in_the_callbacks_own_history():
    callback = quiet(QUERIES, TRUTH, X[LABELS > 0], LABELS[LABELS > 0], retrieval_metrics=["mrr"])
    history = fit(compiled(), callback, epochs=3)
    assert set(history) == {"loss", "binary_accuracy", "mrr@5"}
    assert [one["epoch"] for one in callback.history] == [0, 1, 2]
    assert all(one["seconds"] > 0 for one in callback.history)
    assert all(one["lone_queries"] == (TRUTH == 0).sum() for one in callback.history)


def test_every_so_many_epochs():
    callback = quiet(*SETS, every=3)
    history = fit(compiled(), callback, epochs=7)
    assert [one["epoch"] for one in callback.history] == [2, 5]
    assert len(history["binary_accuracy"]) == 2
    assert len(history["loss"]) == 7


def test_two_callbacks_differ_by_prefix_and_clashing_names_are_refused():
    model, some = compiled(), LABELS < 2
    small = (QUERIES, TRUTH, X[some], LABELS[some])
    one, two = quiet(*SETS), quiet(*small, prefix="half_", known_classes=[0, 1])
    history = fit(model, one, two)
    assert set(history) == {
        "loss",
        "binary_accuracy",
        "half_binary_accuracy_known_classes",
        "half_binary_accuracy_unknown_classes",
    }
    with pytest.raises(ValueError, match=r"`prefix` must make names .* gives binary_accuracy"):
        fit(model, one, quiet(*small))


def test_queries_and_targets_are_read_once_an_epoch_and_looked_up_once(monkeypatch):
    looked_up, query = [], Indexer.query

    def counted(index, embeddings, k=5):
        looked_up.append((len(index), len(embeddings)))
        return query(index, embeddings, k)

    monkeypatch.setattr(Indexer, "query", counted)
    queries, targets = Again(QUERIES, TRUTH), Again(X, LABELS)
    callback = quiet(queries, targets=targets, known_classes=[0, 1], **ALL)
    fit(compiled(), callback, epochs=3)
    assert (queries.passes, targets.passes) == (3, 3)
    assert looked_up == [(60, 24)] * 3


@tensorflow_only
def test_every_example_goes_through_the_model_once_an_epoch():
    import tensorflow as tf

    rows = []

    class Counted(keras.layers.Layer):
        def call(self, x, training=False):
            if not training and tf.is_tensor(x):
                tf.numpy_function(lambda n: rows.append(int(n)), [tf.shape(x)[0]], [])
            return x

    inputs = keras.Input((4,))
    model = SimilarityModel(inputs, MetricEmbedding(3)(Counted()(inputs)))
    model.compile("sgd", loss=TripletLoss(), run_eagerly=True)
    rows.clear()
    fit(model, quiet(*SETS, known_classes=[0], **ALL), epochs=3)
    assert sum(rows) == 3 * (len(QUERIES) + len(X))


def with_dropout():
    inputs = keras.Input((4,))
    hidden = keras.layers.Dropout(0.3, seed=2)(keras.layers.Dense(8)(inputs))
    hidden = keras.layers.BatchNormalization()(hidden)
    model = SimilarityModel(inputs, MetricEmbedding(3)(hidden))
    model.compile("adam", loss=TripletLoss(), run_eagerly=NAME == "tensorflow")
    return model


def test_training_is_bit_for_bit_what_it_is_without_the_callback():
    trained = []
    for callbacks in ([], [quiet(*SETS, known_classes=[0, 1], **ALL)]):
        keras.utils.set_random_seed(0)
        model = with_dropout()
        history = fit(model, *callbacks, epochs=3, validation_data=(X, LABELS))
        trained.append((model, {name: history[name] for name in ("loss", "val_loss")}))
    (one, without), (two, with_callback) = trained
    assert without == with_callback
    assert all(map(np.array_equal, one.get_weights(), two.get_weights()))
    state = [np.array(keras.ops.convert_to_numpy(value)) for value in one.optimizer.variables]
    other = [np.array(keras.ops.convert_to_numpy(value)) for value in two.optimizer.variables]
    assert all(map(np.array_equal, state, other))


def test_the_users_index_and_calibration_stay_as_they_are():
    model = compiled()
    model.index(X[:30], LABELS[:30], data=X[:30], verbose=0)
    calibration = model.calibrate(X[30:], LABELS[30:], verbose=0)
    before = model.to_data_frame()
    weights, metrics = model.get_weights(), [m.result() for m in model.metrics]
    for options in ({}, {"distance": "euclidean", "k": 3}, {"known_classes": [0]}):
        quiet(*SETS, **options).evaluate(model)
    after = model.to_data_frame()
    assert after.drop(columns=["embedding", "data"]).equals(
        before.drop(columns=["embedding", "data"])
    )
    for column in ("embedding", "data"):
        assert np.array_equal(np.stack(after[column]), np.stack(before[column]))
    assert model.match(QUERIES).tolist() == [
        neighbors[0].label if neighbors[0].distance <= calibration.cutpoint("optimal") else -1
        for neighbors in model.lookup(QUERIES, k=1, verbose=0)
    ]
    assert all(map(np.array_equal, weights, model.get_weights()))
    assert [m.result() for m in model.metrics] == metrics
    fit(model, quiet(*SETS))
    assert model.index_size() == 30
    again = model.evaluate_classification(X[30:], LABELS[30:], verbose=0)
    assert again["optimal"]["distance"] == calibration.cutpoint("optimal")


def test_a_model_without_an_index_gets_none():
    model = new()
    found = quiet(*SETS).evaluate(model)
    assert found == quiet(*SETS, "cosine").evaluate(model)
    assert model.index_distance is None
    with pytest.raises(ValueError, match="There is no index"):
        model.lookup(QUERIES)


def test_a_model_under_training_stays_trainable():
    model = with_dropout()
    frozen = model.layers[1]
    frozen.trainable = False
    quiet(*SETS).evaluate(model)
    assert [layer.trainable for layer in model.layers if layer is not frozen] == [True] * 4
    assert not frozen.trainable


@tensorflow_only
@pytest.mark.parametrize("jit", [False, True])
def test_it_goes_with_graphs_steps_per_execution_and_validation(jit):
    model = compiled(run_eagerly=False, jit_compile=jit, steps_per_execution=2)
    callback = quiet(*SETS)
    history = fit(model, callback, validation_data=(X, LABELS), steps_per_epoch=4)
    assert {len(values) for values in history.values()} == {2}
    assert set(history) == {"loss", "val_loss", "binary_accuracy"}
    assert callback.evaluate(model)["binary_accuracy"] == history["binary_accuracy"][-1]


@tensorflow_only
@pytest.mark.parametrize("policy", ["mixed_float16", "mixed_bfloat16"])
def test_it_goes_with_mixed_precision(policy):
    keras.utils.set_random_seed(0)
    model = new(dtype=policy)
    model.compile("adam", loss=TripletLoss())
    callback = quiet(*SETS, **ALL)
    history = fit(model, callback)
    distances = matrix("cosine", model.embed(QUERIES), model.embed(X))
    nearest = LABELS[distances.argmin(axis=1)]
    # Half precision makes ties, which may fall either way.
    assert history["binary_accuracy"][-1] == pytest.approx((nearest == TRUTH).mean(), abs=0.1)


def scalars(folder):
    import tensorflow as tf

    found = {}
    for path in sorted(folder.iterdir()):
        for record in tf.data.TFRecordDataset(str(path)):
            event = tf.compat.v1.Event.FromString(record.numpy())
            for value in event.summary.value:
                assert value.metadata.plugin_data.plugin_name == "scalars"
                found[value.tag, event.step] = float(tf.make_ndarray(value.tensor))
    return found


@tensorflow_only
def test_tensorboard_reads_the_metrics_of_every_epoch(tmp_path):
    class Peek(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            assert len(scalars(tmp_path / "index")) == 4 * (epoch + 1)

    callback = quiet(*SETS, tb_logdir=tmp_path, known_classes=[0, 1], retrieval_metrics=["mrr"])
    assert not any(tmp_path.iterdir())
    fit(compiled(), callback, Peek(), epochs=2)
    written = scalars(tmp_path / "index")
    assert written == pytest.approx(
        {
            (name, one["epoch"]): value
            for one in callback.history
            for name, value in one.items()
            if "_classes" in name and "lone" not in name
        }
    )
    assert len(written) == 8
    fit(compiled(), callback, epochs=1)  # a further training, a further file
    assert len(list((tmp_path / "index").iterdir())) == 2


def test_tensorboard_without_tensorflow_says_what_to_install(monkeypatch, tmp_path):
    import sys

    monkeypatch.setitem(sys.modules, "tensorflow", None)
    with pytest.raises(ModuleNotFoundError, match="simnb needs `tensorflow`"):
        quiet(*SETS, tb_logdir=tmp_path)


def test_the_order_of_arguments_is_tensorflow_similaritys():
    assert list(inspect.signature(EvalCallback).parameters)[:12] == [
        "queries",
        "query_labels",
        "targets",
        "target_labels",
        "distance",
        "metrics",
        "tb_logdir",
        "k",
        "matcher",
        "distance_thresholds",
        "known_classes",
        "retrieval_metrics",
    ]


def generator():
    yield QUERIES, TRUTH


BAD = [
    ((generator(), None, X, LABELS), {}, "`queries` must be arrays, or batches that can be read"),
    ((QUERIES, TRUTH, iter([X]), LABELS), {}, "`targets` must be .* Received: targets of type"),
    ((generator, None, X, LABELS), {}, "`queries` must be arrays"),
    ((None, TRUTH, X, LABELS), {}, "`queries` must be arrays.*NoneType"),
    ((QUERIES, TRUTH), {}, "`targets` must be arrays"),
    ((QUERIES, None, X, LABELS), {}, "`query_labels` must hold one label an example"),
    ((QUERIES, TRUTH, X, None), {}, "`target_labels` must hold one label an example"),
    ((QUERIES, TRUTH[:5], X, LABELS), {}, "`query_labels` must have one label for each of 24"),
    ((QUERIES, TRUTH, {"a": X}, LABELS[1:]), {}, "`target_labels` must have one .* of 60"),
    ((QUERIES, TRUTH * 0.5, X, LABELS), {}, "`query_labels` must be integers or strings"),
    ((QUERIES, np.eye(4)[TRUTH], X, LABELS), {}, "one-hot"),
    ((QUERIES, WORDS[TRUTH], X, LABELS), {}, "`query_labels` must be of the kind"),
    (SETS, {"known_classes": ["ant"]}, "`known_classes` must be of the kind"),
    (SETS, {"known_classes": [0.5]}, "`known_classes` must be integers"),
    (SETS, {"metrics": ["accuracy"]}, "Unknown classification metric.*'accuracy'"),
    (SETS, {"metrics": "f1"}, "`metrics` must be a list"),
    (SETS, {"metrics": []}, "`metrics` and `retrieval_metrics` must be at least one"),
    (SETS, {"metrics": ["f1", "f1_score"]}, "differ in name"),
    (SETS, {"metrics": [Precision, Precision()]}, "differ in name"),
    (SETS, {"retrieval_metrics": ["rank"]}, "Unknown retrieval metric"),
    (SETS, {"retrieval_metrics": "recall"}, "`retrieval_metrics` must be a list"),
    (SETS, {"retrieval_metrics": ["mrr", MRR()]}, "differ in name"),
    (SETS, {"retrieval_metrics": [MRR(exclude_self=True)]}, "must not exclude the query itself"),
    (SETS, {"k": 0}, "`k` must be a whole number"),
    (SETS, {"k": 61}, "`k` must be at most the number of targets, 60. Received: k=61"),
    (SETS, {"matcher": "best"}, "Unknown matcher"),
    (SETS, {"distance": "far"}, "Unknown distance"),
    (SETS, {"every": 0}, "`every` must be a whole number"),
    (SETS, {"distance_thresholds": [0.1, np.nan]}, "`distance_thresholds` must be a number"),
    (SETS, {"distance_thresholds": []}, "`distance_thresholds` must be a number"),
    (SETS, {"distance_thresholds": "0.1"}, "`distance_thresholds` must be a number"),
    (SETS, {"distance_thresholds": True}, "`distance_thresholds` must be a number"),
]


@pytest.mark.parametrize(("sets", "options", "message"), BAD)
def test_bad_input_is_refused_at_construction(sets, options, message):
    with pytest.raises(ValueError, match=message):
        EvalCallback(*sets, **options)


@tensorflow_only
def test_a_dataset_that_repeats_for_ever_is_refused():
    import tensorflow as tf

    dataset = tf.data.Dataset.from_tensor_slices((QUERIES, TRUTH)).batch(4).repeat()
    with pytest.raises(ValueError, match=r"`queries` must end.*dataset.take"):
        EvalCallback(dataset, targets=X, target_labels=LABELS)


LATE = [
    ((QUERIES[:, :3], TRUTH, X, LABELS), "`queries`: `x` must have shape"),
    ((QUERIES, TRUTH, X[:, :3], LABELS), "`targets`: `x` must have shape"),
    ((QUERIES.tolist(), TRUTH[1:], X, LABELS), "`query_labels` must have one label for each of 24"),
]


@pytest.mark.parametrize(("sets", "message"), LATE)
def test_arrays_that_do_not_fit_the_model_are_refused_before_the_first_epoch(sets, message):
    model, began = compiled(), []
    watch = keras.callbacks.LambdaCallback(on_epoch_begin=lambda epoch, logs: began.append(epoch))
    with pytest.raises(ValueError, match=message):
        fit(model, quiet(*sets), watch)
    assert began == []


EVALUATED = [
    ((Again(QUERIES), None, X, LABELS), {}, "`query_labels` must be given: no labels come with"),
    ((Again(QUERIES), TRUTH[1:], X, LABELS), {}, "`query_labels` must have one label for each"),
    ((Again(QUERIES, WORDS[TRUTH]), None, X, LABELS), {}, "`query_labels` must be of the kind"),
    ((QUERIES, TRUTH, Again(X, TRUTH * 0.5), None), {}, "`targets`: `labels from `x`` must be"),
    ((QUERIES, TRUTH, Again(X[:3], LABELS[:3]), None), {"k": 4}, "number of targets, 3"),
    ((QUERIES, TRUTH, Again(X[:0], LABELS[:0]), None), {}, "`targets`: `x` must hold at least one"),
    ((QUERIES, TRUTH, X * np.nan, LABELS), {}, "`embeddings of targets` must be finite"),
]


@pytest.mark.parametrize(("sets", "options", "message"), EVALUATED)
def test_what_only_an_evaluation_can_tell_is_refused_there(sets, options, message):
    callback = EvalCallback(*sets, **options)
    with pytest.raises(ValueError, match=message):
        callback.evaluate(compiled())


def test_models_without_one_embedding_are_refused():
    inputs = keras.Input((4,))
    hidden = keras.layers.Dense(3)(inputs)

    class Own(keras.Model):
        pass

    images = keras.layers.Reshape((3, 1))(hidden)
    for model in (keras.Model(inputs, [hidden, hidden]), keras.Model(inputs, images), Own()):
        with pytest.raises(ValueError, match="`model` must be a SimilarityModel, or a functional"):
            quiet(*SETS).evaluate(model)
