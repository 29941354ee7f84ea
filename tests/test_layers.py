import json

import keras
import numpy as np
import pytest

from simnb.layers import GeneralizedMeanPooling1D, GeneralizedMeanPooling2D, MetricEmbedding
from tests.backend import NAME, to_numpy, value_and_gradient

RNG = np.random.default_rng(0)


def lengths(rows):
    return np.linalg.norm(to_numpy(rows).astype("float64"), axis=-1)


@pytest.mark.parametrize("shape", [(6, 8), (3, 4, 8)])
@pytest.mark.parametrize("scale", [1e-3, 1.0, 1e4])
def test_embeddings_have_length_one_along_the_last_axis(shape, scale):
    x = (RNG.normal(size=shape) * scale).astype("float32")
    embedding = MetricEmbedding(5)(x)
    assert tuple(embedding.shape) == (*shape[:-1], 5)
    np.testing.assert_allclose(lengths(embedding), 1.0, atol=1e-6)


def test_an_embedding_is_the_dense_layer_scaled():
    x = RNG.normal(size=(4, 8)).astype("float32")
    layer = MetricEmbedding(3, activation="relu", bias_initializer="ones")
    found = to_numpy(layer(x))
    kernel, bias = (to_numpy(weight) for weight in layer.weights)
    dense = np.maximum(x @ kernel + bias, 0)
    norms = np.linalg.norm(dense, axis=1, keepdims=True)
    np.testing.assert_allclose(found, dense / np.where(norms, norms, 1), rtol=1e-5, atol=1e-6)


def test_a_row_of_zeros_stays_zeros_and_has_a_finite_gradient():
    layer = MetricEmbedding(3, use_bias=False)
    value, gradient = value_and_gradient(
        lambda x: keras.ops.sum(layer(x)), np.zeros((2, 4), "float32")
    )
    assert value == 0.0
    assert np.isfinite(gradient).all()


@pytest.mark.parametrize("policy", ["mixed_float16", "mixed_bfloat16"])
def test_large_half_precision_activations_keep_length_one(policy):
    # The square of 3,000 leaves float16.
    x = np.full((2, 4), 750.0, "float32") * np.array([[1.0], [-1.0]], "float32")
    layer = MetricEmbedding(16, kernel_initializer="ones", dtype=keras.DTypePolicy(policy))
    found = layer(x)
    assert keras.backend.standardize_dtype(found.dtype) == policy.removeprefix("mixed_")
    np.testing.assert_allclose(lengths(keras.ops.cast(found, "float32")), 1.0, atol=5e-3)


LAYERS = [
    (MetricEmbedding(4, use_bias=False), (6,)),
    (GeneralizedMeanPooling1D(p=2.0, keepdims=True, epsilon=1e-3), (5, 6)),
    (GeneralizedMeanPooling1D(p=float("-inf")), (5, 6)),
    (GeneralizedMeanPooling2D(trainable_p=True, data_format="channels_last"), (4, 4, 3)),
    (GeneralizedMeanPooling2D(p=float("inf")), (4, 4, 3)),
]


@pytest.mark.parametrize(("layer", "shape"), LAYERS, ids=lambda value: getattr(value, "name", ""))
def test_a_layer_comes_back_from_its_config_and_from_a_file(layer, shape, tmp_path):
    config = json.loads(json.dumps(layer.get_config()))
    assert type(layer).from_config(config).get_config() == layer.get_config()
    inputs = keras.Input(shape)
    model = keras.Model(inputs, layer(inputs))
    model.save(tmp_path / "m.keras")
    x = RNG.uniform(0.5, 2, (2, *shape)).astype("float32")
    loaded = keras.models.load_model(tmp_path / "m.keras")
    np.testing.assert_array_equal(to_numpy(loaded(x)), to_numpy(model(x)))


# Pooling: what holds for both ranks, told once.

POOLINGS = {GeneralizedMeanPooling1D: (3, 7, 2), GeneralizedMeanPooling2D: (3, 4, 5, 2)}
each_pooling = pytest.mark.parametrize("cls", POOLINGS, ids=lambda cls: cls.__name__)


def positive(cls):
    return np.random.default_rng(1).uniform(0.1, 3.0, POOLINGS[cls]).astype("float32")


def by_hand(x, p, epsilon=1e-6):
    """Radenović et al. 2018, eq. 3, in plain loops."""
    flat = np.maximum(x.reshape(len(x), -1, x.shape[-1]).astype("float64"), epsilon)
    pooled = np.empty((len(x), x.shape[-1]))
    for row, channel in np.ndindex(pooled.shape):
        values = flat[row, :, channel]
        pooled[row, channel] = (sum(v**p for v in values) / len(values)) ** (1 / p)
    return pooled


@pytest.mark.parametrize("p", [-4.0, -1.0, 0.5, 1.0, 3.0, 8.0])
@each_pooling
def test_pooling_is_the_papers_formula(cls, p):
    x = positive(cls)
    x[0, 0] = -1.0  # counts as epsilon
    np.testing.assert_allclose(
        to_numpy(cls(p=p, epsilon=1e-2)(x)), by_hand(x, p, epsilon=1e-2), rtol=1e-4
    )


@pytest.mark.parametrize(
    ("p", "pool"),
    [
        (1, np.mean),
        (float("inf"), np.max),
        (float("-inf"), np.min),
        (0, lambda x, axis: np.exp(np.mean(np.log(x), axis=axis))),
    ],
    ids=["mean", "maximum", "minimum", "geometric mean"],
)
@each_pooling
def test_special_exponents_are_what_they_are_called(cls, p, pool):
    x = positive(cls)
    axes = tuple(range(1, x.ndim - 1))
    np.testing.assert_allclose(to_numpy(cls(p=p)(x)), pool(x, axis=axes), rtol=1e-5)


@pytest.mark.parametrize("p", [-300.0, 300.0, 1e4])
@each_pooling
def test_large_exponents_do_not_overflow(cls, p):
    x = positive(cls) * 100
    extreme = (np.max if p > 0 else np.min)(x, axis=tuple(range(1, x.ndim - 1)))
    np.testing.assert_allclose(to_numpy(cls(p=p)(x)), extreme, rtol=2e-2)


@pytest.mark.parametrize("p", [0.0, 1.0, 3.0, float("inf"), float("-inf")])
@each_pooling
def test_keepdims_and_channels_first_only_move_axes(cls, p):
    x = positive(cls)
    pooled = to_numpy(cls(p=p)(x))
    positions = (1,) * (x.ndim - 2)
    kept = cls(p=p, keepdims=True)
    assert to_numpy(kept(x)).shape == (3, *positions, 2) == kept.compute_output_shape(x.shape)
    np.testing.assert_allclose(to_numpy(kept(x)).reshape(3, 2), pooled, rtol=1e-6)
    first = np.moveaxis(x, -1, 1)
    moved = cls(p=p, keepdims=True, data_format="channels_first")
    assert (
        to_numpy(moved(first)).shape
        == (3, 2, *positions)
        == moved.compute_output_shape(first.shape)
    )
    np.testing.assert_allclose(
        to_numpy(cls(p=p, data_format="channels_first")(first)), pooled, rtol=1e-6
    )


@pytest.mark.parametrize("p", [0.0, 3.0, float("inf")])
@each_pooling
def test_sizes_need_not_be_known_ahead(cls, p):
    x = positive(cls)
    inputs = keras.Input((*(None,) * (x.ndim - 2), 2))
    model = keras.Model(inputs, cls(p=p)(inputs))
    assert tuple(model.output.shape) == (None, 2)
    for part in (x, x[:1, :3], x[:2, :2]):
        np.testing.assert_allclose(to_numpy(model(part)), to_numpy(cls(p=p)(part)), rtol=1e-6)


@each_pooling
def test_a_trainable_exponent_starts_at_p_and_gets_a_gradient(cls):
    x = positive(cls)
    layer = cls(p=2.5, trainable_p=True)
    np.testing.assert_allclose(to_numpy(layer(x)), by_hand(x, 2.5), rtol=1e-4)
    assert [weight.name for weight in layer.trainable_weights] == ["p"]
    inputs = keras.Input(x.shape[1:])
    model = keras.Model(inputs, layer(inputs))
    model.compile("sgd", loss="mse", jit_compile=False)
    model.fit(x, x.max(axis=tuple(range(1, x.ndim - 1))), verbose=0)
    assert float(layer.trainable_weights[0]) > 2.5  # towards the maximum
    assert not cls().trainable_weights


@each_pooling
def test_the_gradient_is_finite_at_zeros(cls):
    for p in (0.0, 1.0, 3.0, float("inf")):
        _, gradient = value_and_gradient(
            lambda x, p=p: keras.ops.sum(cls(p=p)(x)), np.zeros(POOLINGS[cls], "float32")
        )
        assert np.isfinite(gradient).all()


@each_pooling
def test_half_precision_is_pooled_in_float32(cls):
    x = (positive(cls) * 100).astype("float16")
    pooled = cls(p=8.0, dtype=keras.DTypePolicy("mixed_float16"))(x)
    assert keras.backend.standardize_dtype(pooled.dtype) == "float16"
    np.testing.assert_allclose(to_numpy(pooled), by_hand(x, 8.0), rtol=2e-3)


@each_pooling
def test_an_input_of_another_rank_is_refused(cls):
    with pytest.raises(ValueError, match=f"{cls.__name__} pools inputs of rank"):
        cls()(np.ones((2, 3), "float32"))


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"p": float("nan")}, "`p` must be a number"),
        ({"p": 0, "trainable_p": True}, "`p` must be finite and not 0 to be trained"),
        ({"p": float("inf"), "trainable_p": True}, "`p` must be finite"),
        ({"data_format": "middle"}, "`data_format` must be one of 'channels_last'"),
        ({"epsilon": 0}, "`epsilon` must be above 0"),
    ],
)
@each_pooling
def test_wrong_arguments_are_refused_by_name(cls, arguments, said):
    with pytest.raises(ValueError, match=said):
        cls(**arguments)


@pytest.mark.skipif(NAME != "tensorflow", reason="XLA by TensorFlow")
def test_layers_compile_with_xla():
    import tensorflow as tf

    x = tf.constant(positive(GeneralizedMeanPooling2D))
    pool, embed = GeneralizedMeanPooling2D(trainable_p=True), MetricEmbedding(4)
    eager = embed(pool(x))
    np.testing.assert_allclose(
        tf.function(lambda: embed(pool(x)), jit_compile=True)(), eager, rtol=1e-5
    )
