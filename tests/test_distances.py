"""Every distance against SciPy or its plain formula, on NumPy and on the Keras backend."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.spatial.distance import cdist

from simnb import distances
from simnb.distances import Distance, EuclideanDistance


def snr_by_hand(Q, K):
    return np.array([[np.var(q - k) / max(np.var(q), 1e-12) for k in K] for q in Q])


ORACLES = {
    "cosine": lambda Q, K: cdist(Q, K, "cosine"),
    "euclidean": lambda Q, K: cdist(Q, K, "euclidean"),
    "inner_product": lambda Q, K: np.array([[sum(q * k) for k in K] for q in Q]),
    "manhattan": lambda Q, K: cdist(Q, K, "cityblock"),
    "snr": snr_by_hand,
    "squared_euclidean": lambda Q, K: cdist(Q, K, "sqeuclidean"),
}
ALIASES = {
    "l2": "euclidean",
    "pythagorean": "euclidean",
    "sql2": "squared_euclidean",
    "sqeuclidean": "squared_euclidean",
    "l1": "manhattan",
    "taxicab": "manhattan",
    "ip": "inner_product",
    "signal-to-noise-ratio": "snr",
    "CosineDistance": "cosine",
    "COSINE": "cosine",
}


def own_names():
    """Those that come with simnb; other tests may have registered theirs by now."""
    found = [name for name in distances.names() if not name.startswith("test_")]
    return [name for name in found if type(distances.get(name)).__module__ == "simnb.distances"]


NAMES = own_names()
every_distance = pytest.mark.parametrize("name", NAMES)


class Minkowski(Distance):
    """A user's distance, with a parameter and a name in capitals."""

    name = "test_Minkowski"
    aliases = ("test_mink",)

    def __init__(self, p):
        self.p = p

    def pairwise(self, query, key, ops):
        difference = ops.abs(ops.expand_dims(query, 1) - ops.expand_dims(key, 0))
        return ops.sum(difference**self.p, axis=-1) ** (1 / self.p)

    def get_config(self):
        return {"p": self.p}


def rows(count, dim=6, seed=0, dtype=np.float32, scale=1.0):
    return (np.random.default_rng(seed).normal(size=(count, dim)) * scale).astype(dtype)


def wide(array):
    return array.astype(np.float64)


@pytest.fixture(scope="module")
def keras():
    return pytest.importorskip("keras")


def gradient(keras, total, x):
    """Gradient of a function of one tensor, on the backend in use."""
    backend = keras.backend.backend()
    if backend == "tensorflow":
        import tensorflow as tf

        variable = tf.Variable(x)
        with tf.GradientTape() as tape:
            value = total(variable.value())
        return tape.gradient(value, variable).numpy()
    if backend == "torch":
        import torch

        leaf = torch.tensor(x, requires_grad=True)
        total(leaf).backward()
        return leaf.grad.numpy()
    import jax

    return np.asarray(jax.grad(total)(jax.numpy.asarray(x)))


def test_every_distance_of_simnb_has_an_oracle_here():
    assert set(NAMES) == set(ORACLES)


@every_distance
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_equals_the_oracle(name, dtype):
    Q, K = rows(7, seed=1, dtype=dtype), rows(9, seed=2, dtype=dtype)
    found = distances.get(name)(Q, K)
    assert found.dtype == dtype
    assert found.shape == (7, 9)
    np.testing.assert_allclose(found, ORACLES[name](wide(Q), wide(K)), rtol=1e-4, atol=1e-6)


@every_distance
def test_without_keys_compares_the_queries_among_themselves(name):
    Q = rows(5)
    distance = distances.get(name)
    np.testing.assert_array_equal(distance(Q), distance(Q, Q))


@every_distance
def test_keras_backend_agrees_with_numpy(name, keras):
    Q, K = rows(7, seed=1), rows(9, seed=2)
    distance = distances.get(name)
    found = distance(keras.ops.convert_to_tensor(Q), keras.ops.convert_to_tensor(K))
    assert keras.ops.is_tensor(found)
    assert keras.backend.standardize_dtype(found.dtype) == "float32"
    np.testing.assert_allclose(
        keras.ops.convert_to_numpy(found), distance(Q, K), rtol=1e-5, atol=1e-6
    )


@every_distance
def test_one_tensor_beside_an_array_is_enough_for_the_backend(name, keras):
    Q = rows(3)
    assert keras.ops.is_tensor(distances.get(name)(Q, keras.ops.convert_to_tensor(Q)))


@every_distance
def test_half_precision_is_computed_in_float32(name, keras):
    half = rows(4, dtype=np.float16)
    exact = distances.get(name)(half.astype(np.float32))
    found = distances.get(name)(half)
    assert found.dtype == np.float32
    np.testing.assert_array_equal(found, exact)
    for dtype in ("float16", "bfloat16"):
        tensor = keras.ops.cast(keras.ops.convert_to_tensor(half), dtype)
        result = distances.get(name)(tensor)
        assert keras.backend.standardize_dtype(result.dtype) == "float32"


@every_distance
def test_integers_and_lists_are_taken_as_float32(name):
    assert distances.get(name)([[1, 2]], [[3, 4]]).dtype == np.float32


@every_distance
def test_paired_equals_the_diagonal(name):
    Q, K = rows(6, seed=1, dtype=np.float64), rows(6, seed=2, dtype=np.float64)
    expected = np.diag(ORACLES[name](Q, K))
    np.testing.assert_allclose(distances.get(name).paired(Q, K), expected, rtol=1e-6, atol=1e-7)


@pytest.mark.parametrize("name", sorted(set(NAMES) - {"inner_product"}))
@pytest.mark.parametrize("scale", [1e-20, 1.0, 1e3, 1e20])
def test_a_row_and_its_copy_are_exactly_0_apart(name, scale):
    Q = wide(rows(50, dim=33, scale=scale))
    assert (distances.get(name).paired(Q, Q.copy()) == 0).all()


@every_distance
def test_rows_of_zeros_have_finite_distances(name):
    Q = np.vstack([np.zeros((1, 4), np.float32), rows(1, 4)])
    found = distances.get(name)(Q)
    assert np.isfinite(found).all()
    if name == "cosine":  # no direction: as far from everything as a right angle
        assert (found[0] == 1).all()
    else:
        assert found[0, 0] == 0


@pytest.mark.parametrize("name", ["cosine", "euclidean", "manhattan", "snr"])
@pytest.mark.parametrize("scale", [1e20, 1e-20, 1e-25])
def test_huge_and_tiny_rows_keep_their_distances(name, scale, keras):
    Q, K = rows(4, seed=1, scale=scale), rows(5, seed=2, scale=scale)
    expected = ORACLES[name](wide(Q), wide(K))
    np.testing.assert_allclose(distances.get(name)(Q, K), expected, rtol=1e-4, atol=1e-37)
    if scale >= 1e-20:
        found = distances.get(name)(keras.ops.convert_to_tensor(Q), keras.ops.convert_to_tensor(K))
        found = keras.ops.convert_to_numpy(found)
        # TensorFlow flushes denormal squares to 0.
        np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-26)


@pytest.mark.parametrize("name", sorted(set(NAMES) - {"inner_product"}))
def test_near_duplicates_far_from_the_origin_are_told_apart(name):
    base = rows(1, dim=8, scale=100.0)
    near = base + rows(1, dim=8, seed=3, scale=0.5)
    expected = ORACLES[name](wide(base), wide(near))
    found = distances.get(name)(base, near)
    np.testing.assert_allclose(found, expected, rtol=1e-3, atol=2e-7)
    assert found > 0


@every_distance
def test_gradient_is_finite_at_duplicates_zeros_and_huge_rows(name, keras):
    x = np.vstack([rows(2, 4), rows(2, 4), np.zeros((2, 4)), rows(1, 4, scale=1e10)])
    found = gradient(keras, lambda t: keras.ops.sum(distances.get(name)(t)), x.astype(np.float32))
    assert np.isfinite(found).all()


@every_distance
def test_gradient_equals_finite_differences(name, keras):
    Q, K = rows(2, 4, seed=1), rows(3, 4, seed=2)
    found = gradient(
        keras, lambda t: keras.ops.sum(distances.get(name)(t, keras.ops.convert_to_tensor(K))), Q
    )
    step = 1e-6
    for place in np.ndindex(Q.shape):
        ahead, behind = wide(Q), wide(Q)
        ahead[place] += step
        behind[place] -= step
        slope = (ORACLES[name](ahead, wide(K)) - ORACLES[name](behind, wide(K))).sum() / (2 * step)
        assert found[place] == pytest.approx(slope, rel=1e-3, abs=1e-4)


@every_distance
def test_in_chunks_gives_the_same(name, monkeypatch):
    Q, K = rows(23, seed=1), rows(9, seed=2)
    whole = distances.get(name)(Q, K)
    monkeypatch.setattr(distances, "_CHUNK", 4 * K.size)
    np.testing.assert_allclose(distances.get(name)(Q, K), whole, rtol=1e-6, atol=1e-6)


vectors = arrays(np.float32, (3, 4), elements=st.floats(-100, 100, width=32))


@pytest.mark.parametrize("name", ["euclidean", "manhattan"])
@given(vectors)
def test_metrics_are_symmetric_and_obey_the_triangle_inequality(name, points):
    D = distances.get(name)(points.astype(np.float64))
    assert (D >= 0).all()
    assert (np.diag(D) == 0).all()
    np.testing.assert_array_equal(D, D.T)
    assert D[0, 2] <= (D[0, 1] + D[1, 2]) * (1 + 1e-12)


@given(vectors)
def test_cosine_lies_between_0_and_2_and_ignores_length(points):
    D = distances.get("cosine")(points)
    assert ((D >= 0) & (D <= 2.000001)).all()
    np.testing.assert_allclose(distances.get("cosine")(points * 8), D, atol=1e-6)


@pytest.mark.parametrize(("alias", "name"), ALIASES.items())
def test_aliases_find_their_distance(alias, name):
    assert distances.get(alias) == distances.get(name)
    assert str(distances.get(alias)) == name


@every_distance
def test_get_takes_names_classes_and_instances(name):
    distance = distances.get(name)
    assert distances.get(distance) is distance
    assert distances.get(type(distance)) == distance
    assert hash(distances.get(type(distance))) == hash(distance)
    assert repr(distance) == f"{type(distance).__name__}()"


@pytest.mark.parametrize("bad", ["cosin", None, 3, {"name": "nope", "config": {}}])
def test_an_unknown_name_is_answered_with_the_known(bad):
    with pytest.raises(ValueError, match="Unknown distance") as caught:
        distances.get(bad)
    for name in NAMES:
        assert repr(name) in str(caught.value)


@pytest.mark.parametrize(
    ("query", "key"), [([1.0, 2.0], None), ([[1.0, 2.0]], [[1.0]]), ([[1.0]], [1.0])]
)
def test_wrong_shapes_are_refused(query, key):
    with pytest.raises(ValueError, match=r"must have shapes \[q, d\] and \[k, d\]"):
        distances.get("cosine")(np.array(query), None if key is None else np.array(key))


def test_a_users_distance_is_known_by_name_and_alias():
    saved = json.loads(json.dumps(distances.serialize(Minkowski(p=3))))
    assert distances.get(saved) == Minkowski(p=3)
    assert distances.get(saved) != Minkowski(p=4)
    assert distances.get({"name": "TEST_MINK", "config": {"p": 3}}) == Minkowski(p=3)
    assert "test_Minkowski" in distances.names()
    assert repr(Minkowski(p=3)) == "Minkowski(p=3)"


def test_a_users_distance_runs_on_numpy_and_on_the_backend(keras):
    Q, K = rows(4, seed=1), rows(5, seed=2)
    expected = cdist(wide(Q), wide(K), "minkowski", p=3)
    np.testing.assert_allclose(Minkowski(3)(Q, K), expected, rtol=1e-5)
    np.testing.assert_allclose(Minkowski(3).paired(Q, K[:4]), np.diag(expected), rtol=1e-5)
    found = Minkowski(3)(keras.ops.convert_to_tensor(Q), keras.ops.convert_to_tensor(K))
    np.testing.assert_allclose(keras.ops.convert_to_numpy(found), expected, rtol=1e-5)


@every_distance
def test_serialized_form_is_a_name_and_comes_back(name):
    saved = json.loads(json.dumps(distances.serialize(distances.get(name))))
    assert saved == name
    assert distances.deserialize(saved) == distances.get(name)


@pytest.mark.parametrize("taken", ["cosine", "Euclidean", "l2", "ip"])
def test_a_user_cannot_take_a_name_of_simnbs_own(taken):
    with pytest.raises(ValueError, match="belongs to simnb's own distance"):
        type("Mine", (Minkowski,), {"name": taken})
    with pytest.raises(ValueError, match="belongs to simnb's own distance"):
        type("Mine", (Minkowski,), {"name": "test_fresh", "aliases": (taken,)})
    assert type(distances.get(taken)).__module__ == "simnb.distances"
    assert "test_fresh" not in distances.names()


def test_running_a_cell_again_replaces_ones_own_class():
    first = type("Again", (Minkowski,), {"name": "test_again", "aliases": ()})
    second = type("Again", (Minkowski,), {"name": "test_again", "aliases": ()})
    assert type(distances.get({"name": "test_again", "config": {"p": 1}})) is second is not first


def test_a_subclass_without_a_name_of_its_own_is_not_saved_as_its_parent():
    class Scaled(EuclideanDistance):
        pass

    with pytest.raises(ValueError, match="give Scaled a `name`"):
        distances.serialize(Scaled())
