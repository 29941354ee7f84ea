"""What every loss must do, run for every loss that the package exports."""

import json

import keras
import numpy as np
import pytest
from keras import ops

from simnb import distances, losses
from simnb.losses import CircleLoss, MetricLoss, TripletLoss
from tests.backend import NAME, tensorflow_only, to_numpy, value_and_gradient
from tests.losses import oracles
from tests.losses.cases import (
    ALL,
    ARGUMENTS,
    BATCHES,
    EMBEDDINGS,
    FEW,
    FOUND,
    LABELS,
    ORACLES,
    name,
)

each_loss = pytest.mark.parametrize("case", ALL, ids=name)
each_kind = pytest.mark.parametrize("case", FEW, ids=name)
each_distance = pytest.mark.parametrize("distance", oracles.DISTANCES)


def make(case, **more):
    cls, arguments = case
    return cls(**{**arguments, **more})


def expected(case, distance, x, y):
    cls, arguments = case
    return ORACLES[cls](oracles.matrix(distance, x), y, **arguments)


def test_every_loss_has_an_oracle():
    assert set(ARGUMENTS) == set(ORACLES) == FOUND


def test_every_distance_of_simnb_has_an_oracle():
    exported = (getattr(distances, name) for name in distances.__all__)
    ours = {value.name for value in exported if hasattr(value, "name")}
    assert ours - {"inner_product"} == set(oracles.DISTANCES)


@pytest.mark.parametrize("batch", BATCHES)
@each_distance
@each_kind
def test_equals_the_formula_in_plain_loops(case, distance, batch):
    x, y = BATCHES[batch]
    truth = expected(case, distance, x, y)
    loss = make(case, distance=distance)
    assert float(loss(y, x)) == pytest.approx(oracles.mean(truth), rel=2e-4, abs=2e-6)


@pytest.mark.parametrize("batch", ["uneven classes", "singletons"])
@each_loss
def test_without_reduction_each_anchor_has_its_own_value(case, batch):
    x, y = BATCHES[batch]
    values = to_numpy(make(case, distance="euclidean", reduction=None)(y, x))
    truth = expected(case, "euclidean", x, y)
    assert np.isnan(truth).sum() == (3 if batch == "singletons" else 0)
    np.testing.assert_allclose(values, np.nan_to_num(truth), rtol=2e-4, atol=2e-6)


def _is_known(reduction):
    try:
        keras.losses.MeanSquaredError(reduction=reduction)
    except ValueError:
        return False
    return True


# Keras 3.6 does not have them yet.
NEWER_REDUCTIONS = [own for own in ("mean", "mean_with_sample_weight") if _is_known(own)]


@each_kind
def test_sum_is_the_sum_and_the_means_are_over_anchors_that_count(case):
    truth = expected(case, "cosine", EMBEDDINGS, LABELS)
    total, mean = np.nansum(truth), np.nanmean(truth)
    for reduction, value in [
        ("sum", total),
        ("sum_over_batch_size", mean),
        *[(newer, mean) for newer in NEWER_REDUCTIONS],
    ]:
        assert float(make(case, reduction=reduction)(LABELS, EMBEDDINGS)) == pytest.approx(
            value, rel=2e-4
        ), reduction


@pytest.mark.parametrize("shape", [(-1,), (-1, 1)])
@each_kind
def test_sample_weights_weigh_anchors(case, shape):
    weights = np.linspace(0.0, 2.0, len(LABELS), dtype="float32")
    truth = np.nan_to_num(expected(case, "cosine", EMBEDDINGS, LABELS))
    counted = ~np.isnan(expected(case, "cosine", EMBEDDINGS, LABELS))
    given = weights.reshape(shape)
    each = make(case, reduction=None)(LABELS, EMBEDDINGS, sample_weight=given)
    np.testing.assert_allclose(to_numpy(each), truth * weights, rtol=2e-4, atol=2e-6)
    total = make(case, reduction="sum")(LABELS, EMBEDDINGS, sample_weight=given)
    assert float(total) == pytest.approx((truth * weights).sum(), rel=2e-4)
    mean = make(case)(LABELS, EMBEDDINGS, sample_weight=given)
    assert float(mean) == pytest.approx((truth * weights).sum() / counted.sum(), rel=2e-4)
    if "mean_with_sample_weight" in NEWER_REDUCTIONS:
        weighted = make(case, reduction="mean_with_sample_weight")
        assert float(weighted(LABELS, EMBEDDINGS, sample_weight=given)) == pytest.approx(
            (truth * weights).sum() / weights[counted].sum(), rel=2e-4
        )


@pytest.mark.parametrize("batch", ["one class", "all different", "one row"])
@pytest.mark.parametrize("distance", ["cosine", "euclidean"])
@each_kind
def test_a_batch_without_an_anchor_that_counts_gives_zero_and_no_gradient(case, distance, batch):
    x, y = BATCHES[batch]
    value, gradient = value_and_gradient(lambda rows: make(case, distance=distance)(y, rows), x)
    assert value == 0.0
    assert not gradient.any()


@each_loss
def test_the_gradient_is_the_slope_of_the_formula(case):
    cls, arguments = case
    distance = "euclidean"
    x, y = EMBEDDINGS.astype("float64"), LABELS
    constants = {}
    if cls is CircleLoss:  # its weights are constants to the gradient
        constants["weights_at"] = oracles.matrix(distance, x)

    def formula(rows):
        return oracles.mean(
            ORACLES[cls](oracles.matrix(distance, rows), y, **arguments, **constants)
        )

    slope, step = np.empty_like(x), 1e-6
    for place in np.ndindex(x.shape):
        up, down = x.copy(), x.copy()
        up[place] += step
        down[place] -= step
        slope[place] = (formula(up) - formula(down)) / (2 * step)
    _, gradient = value_and_gradient(
        lambda rows: make(case, distance=distance)(y, rows), EMBEDDINGS
    )
    np.testing.assert_allclose(gradient, slope, rtol=2e-3, atol=2e-4 * np.abs(slope).max())


@each_loss
def test_the_order_of_the_batch_does_not_matter(case):
    order = np.random.default_rng(0).permutation(len(LABELS))
    loss = make(case, reduction=None)
    values = to_numpy(loss(LABELS, EMBEDDINGS))
    np.testing.assert_allclose(
        to_numpy(loss(LABELS[order], EMBEDDINGS[order])), values[order], rtol=1e-5, atol=1e-6
    )


HASHES = {
    "past 2**24": (np.int64, 2**24),
    "past 2**53": (np.int64, 2**53),
    "past 2**63": (np.uint64, 2**63),
}


@pytest.mark.skipif(NAME == "jax", reason="JAX holds integers in 32 bits")
@pytest.mark.parametrize("ids", HASHES)
@each_kind
def test_neighbouring_large_ids_are_different_classes(case, ids):
    dtype, start = HASHES[ids]
    if NAME == "torch" and dtype is np.uint64:
        pytest.skip("PyTorch does not compare uint64")
    y = LABELS.astype(dtype) + dtype(start)
    assert float(make(case)(y, EMBEDDINGS)) == float(make(case)(LABELS, EMBEDDINGS))


@each_kind
def test_integer_labels_of_any_width_and_of_both_shapes_are_the_same(case):
    loss = make(case)
    value = float(loss(LABELS.tolist(), EMBEDDINGS))
    for dtype in ("uint8", "int8", "int16", "int32"):
        assert float(loss(LABELS.astype(dtype), EMBEDDINGS)) == value
    assert float(loss(LABELS.astype("int64")[:, None], EMBEDDINGS)) == value


@pytest.mark.parametrize(
    ("y", "said"),
    [
        (LABELS.astype("float32"), "dtype float32"),
        (np.eye(8, dtype="int64"), r"shape \(8, 8\)"),
        (np.int64(3), r"shape \(\)"),
    ],
)
@each_kind
def test_labels_that_are_not_one_integer_a_row_are_refused(case, y, said):
    with pytest.raises(ValueError, match=r"`y_true` must be integer labels of shape.*" + said):
        make(case)(y, EMBEDDINGS)


@each_kind
def test_embeddings_of_a_wrong_rank_are_refused(case):
    with pytest.raises(ValueError, match=r"`y_pred` must be embeddings of shape \[n, d\]"):
        make(case)(LABELS, EMBEDDINGS[:, :, None])


@each_kind
def test_a_similarity_is_refused(case):
    with pytest.raises(ValueError, match="`distance` must be smaller for nearer"):
        make(case, distance="inner_product")


HARD_INPUTS = {
    "duplicates": np.repeat(EMBEDDINGS[:4], 2, axis=0),
    "collapsed": np.tile(EMBEDDINGS[:1], (8, 1)),
    "zeros": np.zeros_like(EMBEDDINGS),
    "far apart": EMBEDDINGS * 1e4,
}


@pytest.mark.parametrize("inputs", HARD_INPUTS)
@each_distance
@each_kind
def test_hard_inputs_give_a_finite_value_and_gradient(case, distance, inputs):
    y = np.array([0, 0, 1, 1, 0, 1, 2, 2])
    value, gradient = value_and_gradient(
        lambda rows: make(case, distance=distance)(y, rows), HARD_INPUTS[inputs]
    )
    assert np.isfinite(value)
    assert np.isfinite(gradient).all()


@pytest.mark.parametrize("inputs", ["generic", "duplicates", "collapsed", "zeros"])
@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
@each_kind
def test_half_precision_is_computed_in_float32(case, dtype, inputs):
    x = {**HARD_INPUTS, "generic": EMBEDDINGS}[inputs]
    rounded = to_numpy(ops.cast(ops.cast(x, dtype), "float32"))
    loss = make(case, reduction=None)
    halves = loss(LABELS, ops.cast(x, dtype))
    assert keras.backend.standardize_dtype(halves.dtype) == "float32"
    np.testing.assert_allclose(to_numpy(halves), to_numpy(loss(LABELS, rounded)), rtol=1e-5)
    _, gradient = value_and_gradient(
        lambda rows: make(case)(LABELS, ops.cast(rows, dtype)), x.astype("float32")
    )
    assert np.isfinite(gradient).all()


@each_loss
def test_the_config_is_plain_json_and_makes_an_equal_loss(case):
    loss = make(case, distance="manhattan", reduction="sum", name="mine")
    config = json.loads(json.dumps(loss.get_config()))
    again = type(loss).from_config(config)
    assert again.get_config() == loss.get_config()
    assert {**config, **case[1]} == config
    assert (again.name, again.reduction, again.distance) == ("mine", "sum", loss.distance)
    assert float(again(LABELS, EMBEDDINGS)) == float(loss(LABELS, EMBEDDINGS))
    whole = keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(loss))
    assert whole.get_config() == loss.get_config()


def classifier(dtype="float32"):
    inputs = keras.Input((5,))
    return keras.Model(inputs, keras.layers.Dense(4, dtype=dtype)(inputs))


@each_kind
def test_a_plain_model_trains_and_comes_back_from_its_file(case, tmp_path):
    keras.utils.set_random_seed(1)
    model = classifier()
    # Graphs and XLA have tests of their own: their compilation takes seconds.
    model.compile("sgd", loss=make(case, distance="euclidean"), run_eagerly=NAME == "tensorflow")
    model.fit(EMBEDDINGS, LABELS, batch_size=8, epochs=1, verbose=0)
    model.save(tmp_path / "m.keras")
    loaded = keras.models.load_model(tmp_path / "m.keras")
    assert loaded.loss.get_config() == model.loss.get_config()
    value = model.evaluate(EMBEDDINGS, LABELS, verbose=0)
    assert loaded.evaluate(EMBEDDINGS, LABELS, verbose=0) == pytest.approx(value, rel=1e-6)
    assert value == pytest.approx(
        float(make(case, distance="euclidean")(LABELS, model.predict(EMBEDDINGS, verbose=0))),
        rel=1e-5,
    )
    loaded.fit(EMBEDDINGS, LABELS, batch_size=8, epochs=1, verbose=0)


@tensorflow_only
@each_kind
def test_a_plain_model_trains_from_a_data_pipeline_of_large_ids(case):
    import tensorflow as tf

    y = LABELS.astype("int64") + 2**53
    model = classifier()
    model.compile("sgd", loss=make(case))
    data = tf.data.Dataset.from_tensor_slices((EMBEDDINGS, y)).batch(8)
    truth = float(make(case)(LABELS, model.predict(EMBEDDINGS, verbose=0)))
    history = model.fit(data, epochs=1, verbose=0, shuffle=False)
    assert history.history["loss"][0] == pytest.approx(truth, rel=1e-5)


@pytest.mark.parametrize("policy", ["mixed_float16", "mixed_bfloat16"])
@each_kind
def test_mixed_precision_trains(case, policy):
    model = classifier(dtype=keras.DTypePolicy(policy))
    eager = NAME == "tensorflow" and policy == "mixed_bfloat16"
    model.compile("sgd", loss=make(case), jit_compile=False, run_eagerly=eager)
    # Squares of the activations leave float16.
    history = model.fit(EMBEDDINGS * 300, LABELS, batch_size=8, epochs=2, verbose=0)
    assert np.isfinite(history.history["loss"]).all()
    assert all(np.isfinite(to_numpy(weight)).all() for weight in model.weights)


@tensorflow_only
@each_kind
def test_xla_gives_what_eager_gives(case):
    import tensorflow as tf

    loss = make(case, distance="euclidean")

    @tf.function(jit_compile=True)
    def step(y, x):
        with tf.GradientTape() as tape:
            tape.watch(x)
            value = loss(y, x)
        return value, tape.gradient(value, x)

    one_class = (EMBEDDINGS, np.zeros_like(LABELS))
    for x, y in [(EMBEDDINGS, LABELS), one_class]:
        value, gradient = step(tf.constant(y), tf.constant(x))
        eager, slope = value_and_gradient(lambda rows, y=y: loss(y, rows), x)
        assert float(value) == pytest.approx(eager, rel=1e-5)
        np.testing.assert_allclose(gradient, slope, rtol=1e-4, atol=1e-6)


@tensorflow_only
@each_kind
def test_xla_trains_on_batches_of_unknown_size(case):
    losses = []
    for jit in (False, True):
        keras.utils.set_random_seed(1)
        model = classifier()
        model.compile("sgd", loss=make(case), jit_compile=jit)
        batches = ((EMBEDDINGS, LABELS) for _ in range(2))  # a generator's shapes are not known
        history = model.fit(batches, steps_per_epoch=2, verbose=0)
        losses.append(history.history["loss"])
    np.testing.assert_allclose(*losses, rtol=1e-5)


@tensorflow_only
@each_kind
def test_a_graph_takes_batches_of_any_size(case):
    import tensorflow as tf

    loss = make(case)
    rows = [tf.TensorSpec([None, 1], tf.int64), tf.TensorSpec([None, 5], tf.float32)]
    step = tf.function(loss, input_signature=rows)
    for x, y in (BATCHES["unit"], BATCHES["singletons"], BATCHES["one row"]):
        value = step(tf.constant(y[:, None], tf.int64), tf.constant(x))
        assert float(value) == pytest.approx(float(loss(y, x)), rel=1e-5)


def test_the_base_class_cannot_be_used_without_a_formula():
    with pytest.raises((TypeError, NotImplementedError), match="anchor_losses"):
        MetricLoss()(LABELS, EMBEDDINGS)


@keras.saving.register_keras_serializable("tests")
class FarthestPositive(MetricLoss):
    def anchor_losses(self, distances, positives, negatives):
        return ops.max(ops.where(positives, distances, 0.0), axis=1)


def test_a_users_own_loss_keeps_the_contract(tmp_path):
    model = classifier()
    model.compile("sgd", loss=FarthestPositive(distance="euclidean"), jit_compile=False)
    D = oracles.matrix("euclidean", model.predict(EMBEDDINGS, verbose=0))
    truth = oracles.mean(oracles.per_anchor(lambda i, P, N: max(D[i, p] for p in P), LABELS))
    assert model.evaluate(EMBEDDINGS, LABELS, verbose=0) == pytest.approx(truth, rel=1e-5)
    model.save(tmp_path / "m.keras")
    loaded = keras.models.load_model(tmp_path / "m.keras")
    assert loaded.evaluate(EMBEDDINGS, LABELS, verbose=0) == pytest.approx(truth, rel=1e-5)


@pytest.mark.parametrize(
    ("cls", "arguments", "said"),
    [
        (TripletLoss, {"negative_mining_strategy": "semihard"}, "'semi-hard'"),
        (TripletLoss, {"positive_mining_strategy": "medium"}, "'hard', 'easy'"),
        (TripletLoss, {"margin": -1}, "`margin` must be a finite number of at least 0"),
        (losses.PNLoss, {"negative_mining_strategy": "semi-hard-per-pair"}, "must be one of"),
        (losses.MultiSimilarityLoss, {"alpha": 0}, "`alpha` must be above 0"),
        (CircleLoss, {"gamma": float("inf")}, "`gamma` must be a finite number"),
        (CircleLoss, {"distance": "no such"}, r"Unknown distance. Known: .*'cosine'"),
    ],
)
def test_wrong_arguments_are_refused_by_name(cls, arguments, said):
    with pytest.raises(ValueError, match=said):
        cls(**arguments)


@pytest.mark.parametrize("argument", ["epsilon", "lmda", "center"])
@pytest.mark.parametrize("value", ["a", float("nan")])
def test_a_number_that_is_none_is_named(argument, value):
    with pytest.raises(ValueError, match=rf"`{argument}` must be a finite number"):
        losses.MultiSimilarityLoss(**{argument: value})
