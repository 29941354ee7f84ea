"""What every training metric must do, run for every class and factory of the module."""

import json
from itertools import product

import keras
import numpy as np
import pytest
from keras import ops

from simnb import losses, training_metrics
from simnb.models import SimilarityModel
from simnb.samplers import MultiShotMemorySampler
from simnb.training_metrics import DistanceGapMetric, DistanceMetric, batch_class_ratio
from tests.backend import NAME, tensorflow_only, to_numpy
from tests.losses import oracles
from tests.losses.cases import BATCHES

NAN = float("nan")
EPOCH = list(BATCHES.values())  # with singletons, one class, one row and all different


def matrix(distance, x):
    """Distances, and the sign that makes smaller nearer."""
    if distance == "inner_product":
        x = np.asarray(x, "float64")
        return np.array([[sum(a * b) for b in x] for a in x]), -1
    return oracles.matrix(distance, x), 1


def anchor_values(D, sign, y, anchor, strategy):
    for i, P, N in oracles.pairs(y):
        farthest = (anchor == "positive") == (strategy == "hard")
        values = [D[i, j] for j in (P if anchor == "positive" else N)]
        if values:
            yield (max if farthest else min)(values, key=lambda value: sign * value)


def of_distances(aggregate, anchor, strategy="hard"):
    def over_epoch(epoch, distance):
        values = []
        for x, y in epoch:
            values += anchor_values(*matrix(distance, x), y, anchor, strategy)
        reduce = {"max": max, "min": min, "sum": sum}.get(aggregate, np.mean)
        return reduce(values) if values or aggregate == "sum" else NAN

    return over_epoch


def gap(epoch, distance):
    positive, negative = [], []
    for x, y in epoch:
        D, sign = matrix(distance, x)
        for i, P, N in oracles.pairs(y):
            positive += [sign * D[i, j] for j in P]
            negative += [sign * D[i, j] for j in N]
    return min(negative) - max(positive) if positive and negative else NAN


# What makes the metric, the name that TensorFlow Similarity gives it, its oracle.
FACTORIES = {
    "dist_gap": ("dist_gap", gap),
    "max_pos": ("max_pos", of_distances("max", "positive")),
    "max_neg": ("max_neg", of_distances("max", "negative")),
    "avg_pos": ("mean_pos", of_distances("mean", "positive")),
    "avg_neg": ("mean_neg", of_distances("mean", "negative")),
    "min_pos": ("min_pos", of_distances("min", "positive")),
    "min_neg": ("min_neg", of_distances("min", "negative")),
    "sum_pos": ("sum_pos", of_distances("sum", "positive")),
    "sum_neg": ("sum_neg", of_distances("sum", "negative")),
}
# The factories mine hard; this is the rest.
CHOICES = [("avg", "positive", "hard"), ("avg", "negative", "hard")]
CHOICES += product(["mean", "max", "min", "sum"], ["positive", "negative"], ["easy"])


def strategy_arguments(aggregate, anchor, strategy):
    return {"aggregate": aggregate, "anchor": anchor, f"{anchor}_mining_strategy": strategy}


CASES = {
    **{
        factory: (getattr(training_metrics, factory), {}, oracle)
        for factory, (_, oracle) in FACTORIES.items()
    },
    "DistanceGapMetric": (DistanceGapMetric, {}, gap),
    **{
        "-".join(chosen): (DistanceMetric, strategy_arguments(*chosen), of_distances(*chosen))
        for chosen in CHOICES
    },
}
each_case = pytest.mark.parametrize("case", CASES)
each_factory = pytest.mark.parametrize("case", FACTORIES)


def make(case, distance="cosine"):
    function, arguments, _ = CASES[case]
    return function(distance, **arguments)


def expected(case, epoch, distance="cosine"):
    return pytest.approx(CASES[case][2](epoch, distance), rel=2e-5, abs=2e-6, nan_ok=True)


def over(metric, epoch):
    for x, y in epoch:
        metric.update_state(y, x)
    return float(metric.result())


def test_every_metric_of_the_module_is_tested():
    made = {function.__name__ for function, _, _ in CASES.values()} | {"batch_class_ratio"}
    assert made == set(training_metrics.__all__)


@each_factory
def test_the_names_are_those_of_tensorflow_similarity(case):
    assert make(case).name == FACTORIES[case][0]
    assert DistanceMetric(anchor="negative", aggregate="avg").name == "avg_neg"
    assert DistanceMetric(name="mine").name == DistanceGapMetric(name="mine").name == "mine"


@pytest.mark.parametrize("distance", [*oracles.DISTANCES, "inner_product"])
@each_case
def test_equals_plain_loops_over_all_batches_since_the_reset(case, distance):
    metric = make(case, distance)
    assert over(metric, EPOCH[:3]) == expected(case, EPOCH[:3], distance)
    assert over(metric, EPOCH[3:]) == expected(case, EPOCH, distance)
    metric.reset_state()
    assert over(metric, EPOCH[1:2]) == expected(case, EPOCH[1:2], distance)


@each_case
def test_neither_the_order_of_batches_nor_that_of_rows_matters(case):
    rng = np.random.default_rng(0)
    orders = [rng.permutation(len(y)) for _, y in EPOCH]
    shuffled = [(x[order], y[order]) for (x, y), order in zip(EPOCH, orders, strict=True)]
    truth = over(make(case), EPOCH)
    assert over(make(case), reversed(EPOCH)) == pytest.approx(truth, rel=1e-6)
    assert over(make(case), shuffled) == pytest.approx(truth, rel=1e-6)


@pytest.mark.parametrize("batch", ["all different", "one class", "one row"])
@each_case
def test_a_batch_without_a_pair_changes_nothing(case, batch):
    alone = make(case)
    assert np.isnan(float(alone.result())) or case.startswith("sum")
    assert over(alone, [BATCHES[batch]]) == expected(case, [BATCHES[batch]])
    if batch == "one row":
        truth = over(make(case), [BATCHES["unit"]])
        assert over(make(case), [BATCHES[batch], BATCHES["unit"], BATCHES[batch]]) == truth
        empty = 0.0 if case.startswith("sum") else NAN
        assert float(alone.result()) == pytest.approx(empty, nan_ok=True)


def test_the_gap_is_signed_and_that_of_the_extremes():
    row = np.array([[0.0], [1.0], [5.0], [7.0]], "float32")
    apart, mixed = np.array([0, 0, 1, 1]), np.array([0, 1, 0, 1])
    assert over(DistanceGapMetric("euclidean"), [(row, apart)]) == 2.0
    assert over(DistanceGapMetric("euclidean"), [(row, mixed)]) == -5.0
    assert over(DistanceGapMetric("euclidean"), [(row * 0, apart)]) == 0.0
    both = [(row, apart), (row * 3, apart)]  # the smallest of one batch, the largest of another
    smallest, largest = (
        over(getattr(training_metrics, factory)("euclidean"), both)
        for factory in ("min_neg", "max_pos")
    )
    assert over(DistanceGapMetric("euclidean"), both) == smallest - largest == -2.0


# One balanced batch, so that each of its rows has both kinds of pair.
TENSORFLOW_SIMILARITY = {
    "dist_gap": -1.6996718645,  # there without its sign
    "max_pos": 1.8538124561,
    "max_neg": 0.7700899839,
    "avg_pos": 1.5610704422,
    "avg_neg": 0.3827158511,
    "min_pos": 0.8225041628,
    "min_neg": 0.1541405916,
    "sum_pos": 18.7328453064,
    "sum_neg": 4.5925903320,
}


@each_factory
def test_gives_the_values_of_tensorflow_similarity(case):
    truth = TENSORFLOW_SIMILARITY[case]
    assert over(make(case), [BATCHES["unit"]]) == pytest.approx(truth, rel=1e-5)


@each_factory
def test_the_same_batch_again_adds_only_to_the_sum(case):
    x, y = BATCHES["unit"]
    metric = make(case)
    truth = over(metric, [(x, y)])
    for _ in range(29):
        metric.update_state(y, x)
    factor = 30 if case.startswith("sum") else 1
    assert float(metric.result()) == pytest.approx(truth * factor, rel=1e-5)


@each_factory
def test_nan_in_an_embedding_is_not_hidden(case):
    x, y = BATCHES["unit"]
    broken = x.copy()
    broken[4] = NAN
    for batches in ([(x, y), (broken, y)], [(broken, y), (x, y)]):
        assert np.isnan(over(make(case), batches))


HASHES = {"past 2**24": np.int64(2**24), "past 2**53": np.int64(2**53)}
each_hash = pytest.mark.parametrize("ids", HASHES)


@each_hash
@each_factory
def test_neighbouring_large_ids_are_different_classes(case, ids):
    if NAME == "jax" and ids != "past 2**24":
        pytest.skip("JAX holds integers in 32 bits")
    x, y = BATCHES["singletons"]
    truth = over(make(case), [(x, y)])
    assert over(make(case), [(x, y + HASHES[ids])]) == truth
    assert over(make(case), [(x, y[:, None].astype("uint8"))]) == truth


@each_factory
def test_sample_weights_weigh_anchors(case):
    x, y = BATCHES["uneven classes"]
    weights = np.linspace(0.0, 2.0, len(y), dtype="float32")
    weights[4] = 0.0
    metric = make(case)
    metric.update_state(y, x, sample_weight=weights)
    if case != "dist_gap":
        D, anchor = oracles.matrix("cosine", x), metric.anchor
        values = np.array(list(anchor_values(D, 1, y, anchor, "hard")))
        truth = {
            "mean": (values * weights).sum() / weights.sum(),
            "sum": (values * weights).sum(),
            "max": values[weights > 0].max(),
            "min": values[weights > 0].min(),
        }[metric.aggregate]
        assert float(metric.result()) == pytest.approx(truth, rel=1e-5)
    column = make(case)
    column.update_state(y, x, sample_weight=weights[:, None])
    assert float(column.result()) == float(metric.result())
    nothing = make(case)
    nothing.update_state(y, x, sample_weight=np.zeros(len(y)))
    empty = 0.0 if case.startswith("sum") else NAN
    assert float(nothing.result()) == pytest.approx(empty, nan_ok=True)


@each_case
def test_works_on_state_that_is_passed_in_and_out(case):
    metric = make(case)
    state = metric.stateless_reset_state()
    for x, y in EPOCH:
        state = metric.stateless_update_state(state, ops.convert_to_tensor(y), x)
    assert float(metric.stateless_result(state)) == expected(case, EPOCH)
    assert all(float(to_numpy(variable)) == 0.0 for variable in metric.variables)


@tensorflow_only
@each_factory
def test_a_graph_takes_batches_of_any_size(case):
    import tensorflow as tf

    metric = make(case)
    rows = [tf.TensorSpec([None, 1], tf.int64), tf.TensorSpec([None, 5], tf.float32)]
    step = tf.function(metric.update_state, input_signature=rows)
    for x, y in EPOCH:
        step(tf.constant(y[:, None], tf.int64), tf.constant(x))
    assert float(metric.result()) == expected(case, EPOCH)


@tensorflow_only
def test_xla_gives_what_eager_gives():
    import tensorflow as tf

    metrics = [make(case) for case in FACTORIES]

    @tf.function(jit_compile=True)
    def step(y, x):
        for metric in metrics:
            metric.update_state(y, x)
        return [metric.result() for metric in metrics]

    chosen = [BATCHES[batch] for batch in ("one class", "singletons", "unit")]
    for x, y in chosen:
        values = step(tf.constant(y), tf.constant(x))
    for case, value in zip(FACTORIES, values, strict=True):
        assert float(value) == expected(case, chosen), case


@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
@each_factory
def test_half_precision_is_computed_and_kept_in_float32(case, dtype):
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(f"mixed_{dtype}")
    try:
        metric = make(case, "squared_euclidean")
    finally:
        keras.config.set_dtype_policy(before)
    x, y = BATCHES["not of unit length"]
    halves = ops.cast(x * 300, dtype)  # their squares leave float16
    metric.update_state(y, halves)
    rounded = to_numpy(ops.cast(halves, "float32"))
    assert float(metric.result()) == expected(case, [(rounded, y)], "squared_euclidean")
    assert {variable.dtype for variable in metric.variables} == {"float32"}


@each_case
def test_the_config_is_plain_json_and_makes_an_equal_metric(case):
    metric = make(case, "manhattan")
    config = json.loads(json.dumps(metric.get_config()))
    again = type(metric).from_config(config)
    assert again.get_config() == metric.get_config()
    assert {**config, **CASES[case][1], "distance": "manhattan"} == config
    assert over(again, EPOCH) == over(metric, EPOCH)
    whole = keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(metric))
    assert whole.get_config() == metric.get_config()


# In models: all the factories at once, each model compiles once.

X, LABELS = (np.concatenate(rows) for rows in zip(*EPOCH, strict=True))


def identity(model=keras.Model, policy="float32"):
    """A model whose embeddings are its inputs."""
    inputs = keras.Input((5,))
    dense = keras.layers.Dense(5, use_bias=False, dtype=keras.DTypePolicy(policy))
    outputs = dense(inputs)
    dense.set_weights([np.eye(5)])
    return model(inputs, outputs)


def named(results):
    """The results of the metrics by the factory that made them."""
    return {case: results[name] for case, (name, _) in FACTORIES.items()}


def made(distance="euclidean"):
    return [make(case, distance) for case in FACTORIES]


def batches_of(size, x=X, y=LABELS):
    return [(x[i : i + size], y[i : i + size]) for i in range(0, len(y), size)]


def agrees(results, epoch, distance="euclidean"):
    for case, value in named(results).items():
        assert value == expected(case, epoch, distance), case


@each_hash
def test_a_model_evaluates_accumulates_and_comes_back_from_its_file(ids, tmp_path):
    if NAME == "jax" and ids != "past 2**24":
        pytest.skip("JAX holds integers in 32 bits")
    model = identity()
    model.compile("sgd", loss=losses.TripletLoss(), metrics=made(), jit_compile=False)
    y = LABELS + HASHES[ids]
    results = model.evaluate(X, y, batch_size=7, verbose=0, return_dict=True)
    agrees(results, batches_of(7))
    again = model.evaluate(X, y, batch_size=7, verbose=0, return_dict=True)
    assert named(again) == named(results)
    model.save(tmp_path / "m.keras")
    loaded = keras.models.load_model(tmp_path / "m.keras")
    other = loaded.evaluate(X, y, batch_size=7, verbose=0, return_dict=True)
    assert named(other) == pytest.approx(named(results), rel=1e-6)


@pytest.mark.parametrize("weighted", [False, True])
def test_sample_weights_reach_weighted_metrics_only(weighted):
    model = identity()
    kind = "weighted_metrics" if weighted else "metrics"
    model.compile("sgd", loss=losses.TripletLoss(), jit_compile=False, **{kind: made()})
    x, y = BATCHES["uneven classes"]
    weights = np.array([1.0] * 5 + [0.0] * 2 + [1.0] * 3, "float32")
    results = model.evaluate(x, y, sample_weight=weights, verbose=0, return_dict=True)
    values = list(anchor_values(oracles.matrix("euclidean", x), 1, y, "positive", "hard"))
    truth = sum(values) - (sum(values[5:7]) if weighted else 0)
    assert results["sum_pos"] == pytest.approx(truth, rel=1e-5)


def make_sampler(**arguments):
    rng = np.random.default_rng(0)
    # What float16 holds exactly, so that mixed precision embeds it as it is.
    x = rng.normal(size=(60, 5)).astype("float16").astype("float32")
    return MultiShotMemorySampler(
        x, np.repeat(np.arange(6), 10), classes_per_batch=3, steps_per_epoch=4, seed=1, **arguments
    )


@pytest.mark.parametrize("policy", ["float32", "mixed_float16"])
def test_training_on_a_sampler_reports_the_whole_epoch(policy):
    sampler = make_sampler()
    model = identity(SimilarityModel, policy)
    # The learning rate is 0: every step embeds alike.
    model.compile(keras.optimizers.SGD(0.0), loss=losses.TripletLoss(), metrics=made())
    x, y = BATCHES["all different"]  # no positive pair
    alone = (x.astype("float16").astype("float32"), y)
    history = model.fit(sampler, epochs=2, verbose=0, validation_data=alone).history
    for epoch in range(2):
        results = {name: values[epoch] for name, values in history.items()}
        agrees(results, [sampler.generate_batch(step, epoch) for step in range(4)])
        unseen = {name[4:]: value for name, value in results.items() if name.startswith("val_")}
        agrees(unseen, [alone])
        assert np.isnan(unseen["mean_pos"])
        assert unseen["sum_pos"] == 0.0


def test_a_batch_has_as_many_examples_per_class_as_the_sampler_says():
    for count in (2, 4):
        sampler = make_sampler(examples_per_class_per_batch=count)
        first = sampler[0][0]
        assert batch_class_ratio(sampler) == batch_class_ratio(sampler, num_batches=1) == count
        assert sampler.epoch == 0
        assert np.array_equal(sampler[0][0], first)


def test_the_class_ratio_is_the_mean_over_the_first_batches():
    labels = [np.array([0, 0, 0, 1]), np.array([[7], [8]]), np.array(["a", "a", "a"])]
    batches = [(None, y) for y in labels]
    assert batch_class_ratio(batches) == 2.0  # of 2, 1 and 3
    assert batch_class_ratio(iter(batches), num_batches=2) == 1.5
    assert batch_class_ratio([(None, ops.convert_to_tensor(labels[0]), None)]) == 2.0


def test_the_class_ratio_of_nothing_is_refused():
    with pytest.raises(ValueError, match="`sampler` must have a batch"):
        batch_class_ratio([])
    with pytest.raises(ValueError, match="`num_batches` must be a whole number of at least 1"):
        batch_class_ratio(make_sampler(), num_batches=0)
    with pytest.raises(ValueError, match="`y` must hold one label an example"):
        batch_class_ratio([(None, np.eye(3))])


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"aggregate": "median"}, "`aggregate` must be one of 'mean', 'avg', 'max'"),
        ({"anchor": "pos"}, "`anchor` must be one of 'positive', 'negative'"),
        # TensorFlow Similarity takes it, and means "easy".
        ({"positive_mining_strategy": "semi-hard"}, "`positive_mining_strategy` must be one of"),
        ({"negative_mining_strategy": "semi-hard"}, "`negative_mining_strategy` must be one of"),
        ({"distance": "no such"}, "Unknown distance. Known: 'cosine'"),
    ],
)
def test_wrong_arguments_are_refused_by_name(arguments, said):
    with pytest.raises(ValueError, match=said):
        DistanceMetric(**arguments)


@pytest.mark.parametrize(
    ("y", "x", "weights", "said"),
    [
        (LABELS.astype("float32"), X, None, "`y_true` must be integer labels of shape"),
        (np.eye(len(X), dtype="int64"), X, None, "`y_true` must be integer labels of shape"),
        (LABELS, X[:, :, None], None, r"`y_pred` must be embeddings of shape \[n, d\]"),
        (LABELS[:1], X, None, "must have as many rows. Received: 1, "),
        (LABELS, X, np.ones(3), "and 3 rows"),
        (LABELS, X, np.ones((len(X), 2)), r"`sample_weight` must have shape \[n\]"),
        (LABELS, X, 1.0, r"`sample_weight` must have shape \[n\]"),
    ],
)
@pytest.mark.parametrize("case", ["avg_pos", "dist_gap"])
def test_wrong_batches_are_refused_by_name(case, y, x, weights, said):
    with pytest.raises(ValueError, match=said):
        make(case).update_state(y, x, sample_weight=weights)
