"""Projections: as scikit-learn and SciPy compute them, the same bits every time, at every edge."""

import subprocess
import sys
import threading
import warnings

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from scipy.linalg import orthogonal_procrustes
from scipy.spatial import procrustes
from sklearn.decomposition import PCA
from sklearn.manifold import TSNE, trustworthiness
from sklearn.neighbors import NearestNeighbors
from threadpoolctl import threadpool_limits

from simnb import distances
from simnb.widgets.projector.projection import METHODS, align, choose, plan, project

# The packages of the learning half, and torch, must not come along; nothing may be printed.
# UMAP's own class that needs TensorFlow is still looked for when someone asks for it.
ALONE = """
import sys
import numpy as np
from simnb.widgets.projector.projection import project
for method in ("umap", "tsne"):
    assert np.isfinite(project(np.random.default_rng(0).normal(size=(30, 5)), method)).all()
print(*sorted({"keras", "tensorflow", "torch", "jax"} & set(sys.modules)))
sys.modules["tensorflow"] = None
import warnings
warnings.simplefilter("ignore")
import umap
try:
    umap.ParametricUMAP
except ImportError as error:
    print("tensorflow" in str(error).lower())
print(hasattr(umap, "nothing"))
"""


def blobs(count=300, size=16, classes=6, seed=0):
    """Rows around well-separated centres, and the centre of each."""
    rng = np.random.default_rng(seed)
    centres = 4 * rng.normal(size=(classes, size))
    labels = np.arange(count) % classes
    return (centres[labels] + rng.normal(size=(count, size))).astype(np.float32), labels


def unit(rows):
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def purity(coordinates, labels):
    """The share of points whose nearest other point is of their class."""
    search = NearestNeighbors(n_neighbors=1).fit(coordinates)
    return np.mean(labels[search.kneighbors()[1][:, 0]] == labels)


@pytest.fixture(scope="module")
def laid_out():
    """What the two slow methods make of the blobs, and what they tell meanwhile."""
    rows, labels = blobs()
    told = {"umap": [], "tsne": []}

    def teller(method):
        return lambda fraction, message: told[method].append((fraction, message))

    made = {method: project(rows, method, progress=teller(method)) for method in told}
    return rows, labels, made, told


@pytest.mark.parametrize("shape", [(200, 7), (20, 30), (30, 30)])
@pytest.mark.parametrize("dimensions", [2, 3])
def test_pca_is_that_of_scikit_learn(shape, dimensions):
    rows = np.random.default_rng(1).normal(size=shape) * np.arange(1, shape[1] + 1) + 5
    expected = PCA(dimensions).fit_transform(rows)
    found = project(rows, "pca", distance="euclidean", dimensions=dimensions)
    signs = np.sign((found * expected).sum(axis=0))
    np.testing.assert_allclose(found, signs * expected, atol=1e-4)
    assert found.dtype == np.float32


def test_the_largest_entry_of_an_axis_of_pca_is_positive():
    rows = np.zeros((9, 4), np.float32)
    rows[:, 2] = -np.arange(9)
    assert project(rows, "pca", distance="euclidean")[:, 0].tolist() == [*range(4, -5, -1)]


def test_pca_in_blocks_is_that_of_all_rows_at_once():
    rows = np.random.default_rng(2).normal(size=(3000, 512)).astype(np.float32)
    rows[:, :2] *= [9, 5]
    expected = PCA(2, svd_solver="arpack").fit_transform(rows.astype(np.float64))
    found = project(rows, "pca", distance="euclidean")
    signs = np.sign((found * expected).sum(axis=0))
    np.testing.assert_allclose(found, signs * expected, atol=1e-4)


def test_rows_are_prepared_for_the_distance():
    rows, _ = blobs()
    expected = project(unit(rows.astype(np.float64)), "pca", distance="euclidean")
    np.testing.assert_allclose(project(rows * 7, "pca", distance="cosine"), expected, atol=1e-5)
    shifted = project(rows + np.arange(300)[:, None], "pca", distance="snr")
    np.testing.assert_allclose(project(rows, "pca", distance="snr"), shifted, atol=1e-3)
    names = ("cosine", "euclidean", "squared_euclidean", "manhattan", "inner_product", "snr")
    metrics = {name: plan(rows, "umap", 0, name, 2, None)[0].metric for name in names}
    assert {name for name, metric in metrics.items() if metric == "manhattan"} == {"manhattan"}


@given(arrays.arrays(np.float32, (6, 2), elements=st.floats(-100, 100, width=16)))
def test_a_plane_is_only_turned_and_moved(rows):
    found = project(rows, "pca", distance="euclidean")
    distance = distances.get("euclidean")
    np.testing.assert_allclose(distance(found), distance(rows), atol=1e-3)


@pytest.mark.parametrize("method", METHODS)
def test_rows_that_are_not_finite_have_no_place_and_disturb_no_other(method):
    rows, _ = blobs(40)
    broken = np.insert(rows, [0, 7, 40], np.array([[np.nan], [np.inf], [-np.inf]]), axis=0)
    found = project(broken, method)
    bad = [0, 8, 42]
    assert np.isnan(found[bad]).all()
    np.testing.assert_array_equal(np.delete(found, bad, axis=0), project(rows, method))


def test_rows_of_any_number_type_and_memory_order_are_accepted():
    rows = np.random.default_rng(0).integers(-9, 9, (60, 5))
    expected = project(rows.astype(np.float32), "tsne", distance="euclidean")
    kinds = [rows.astype(kind) for kind in (np.int8, np.int64, np.float16, np.float64)]
    views = [np.asfortranarray(rows, np.float32), np.repeat(rows, 2, axis=0)[::2], rows.tolist()]
    for same in kinds + views:
        np.testing.assert_array_equal(project(same, "tsne", distance="euclidean"), expected)


def test_the_memory_order_does_not_change_a_bit_of_a_cosine_layout():
    rows, _ = blobs(60)
    expected = project(rows, "pca")
    for same in (np.asfortranarray(rows), np.repeat(rows, 2, axis=1)[:, ::2]):
        np.testing.assert_array_equal(project(same, "pca"), expected)


def test_the_callers_rows_are_left_as_they_are():
    rows, _ = blobs(50)
    before = rows.copy()
    for method in METHODS:
        project(rows, method, distance="euclidean")
    np.testing.assert_array_equal(rows, before)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("count", [0, 1, 2, 4, 5, 6, 17])
def test_few_points_have_finite_coordinates_around_0(method, count):
    rows = np.random.default_rng(count).normal(size=(count, 3))
    for dimensions in (2, 3):
        found = project(rows, method, dimensions=dimensions)
        assert found.shape == (count, dimensions)
        assert np.isfinite(found).all()
        np.testing.assert_allclose(found.sum(axis=0), 0, atol=1e-3)


@pytest.mark.parametrize("method", METHODS)
def test_equal_points_lie_at_0(method):
    equal = np.full((50, 4), 3.3)
    assert not project(equal, method, distance="euclidean").any()
    assert not project(equal * np.arange(1, 51)[:, None], method).any()  # of one direction
    assert not project(np.zeros((50, 4)), method).any()


def test_axes_that_rows_do_not_fill_are_0():
    line = np.arange(30)[:, None]
    assert not project(line, "pca", distance="euclidean", dimensions=3)[:, 1:].any()
    assert project(np.empty((3, 0)), "pca").tolist() == [[0, 0]] * 3


@pytest.mark.parametrize("method", ["umap", "tsne"])
@pytest.mark.parametrize("scale", [1e-30, 1e30])
def test_repeated_points_on_a_line_of_any_scale_are_laid_out(method, scale):
    rows = np.repeat(np.arange(5.0), 8)[:, None] * scale
    found = project(rows, method, distance="euclidean", dimensions=3)
    assert np.isfinite(found).all()
    assert found.std(axis=0).min() > 0


@pytest.mark.parametrize("method", ["umap", "tsne"])
def test_classes_that_lie_apart_are_drawn_apart(laid_out, method):
    _, labels, made, _ = laid_out
    assert purity(made[method], labels) == 1


def test_tsne_keeps_neighbours_as_scikit_learns_does(laid_out):
    rows, _, made, _ = laid_out
    with threadpool_limits(1):
        theirs = TSNE(init="pca", random_state=0).fit_transform(unit(rows))
    ours, theirs = (trustworthiness(unit(rows), found) for found in (made["tsne"], theirs))
    assert ours > theirs - 0.01


def test_umap_keeps_neighbours_better_than_pca(laid_out):
    rows, _, made, _ = laid_out
    kept = trustworthiness(unit(rows), made["umap"])
    assert kept > 0.9
    assert kept > trustworthiness(unit(rows), project(rows, "pca"))


@pytest.mark.parametrize("method", ["umap", "tsne"])
def test_the_same_call_gives_the_same_bits(laid_out, method):
    rows, _, made, _ = laid_out
    np.testing.assert_array_equal(project(rows, method), made[method])
    assert np.abs(made[method].mean(axis=0)).max() < 1e-4


def test_another_seed_gives_another_umap(laid_out):
    rows, _, made, _ = laid_out
    assert not np.array_equal(project(rows, "umap", 1), made["umap"])


def test_manhattan_neighbours_are_kept_where_that_is_the_distance():
    rng = np.random.default_rng(3)
    rows = np.concatenate([rng.normal(size=(150, 30)), 6 * np.eye(30)[rng.integers(0, 30, 150)]])
    scores = {
        name: trustworthiness(rows, project(rows, "umap", distance=name), metric="manhattan")
        for name in ("manhattan", "euclidean")
    }
    assert scores["manhattan"] > scores["euclidean"]


@pytest.mark.parametrize("method", ["umap", "tsne"])
def test_progress_goes_up_to_1_in_phases(laid_out, method):
    told = laid_out[3][method]
    fractions = [fraction for fraction, _ in told if fraction is not None]
    assert fractions[0] == 0
    assert fractions[-1] == 1
    assert np.diff(fractions[:-1]).min() >= 0
    assert len(fractions) >= 12
    messages = [message for _, message in told]
    assert f"loading {'UMAP' if method == 'umap' else 't-SNE'}" in messages
    assert {"computing PCA", "finding neighbours", "laying out"} <= set(messages)


@pytest.mark.parametrize("method", ["umap", "tsne"])
def test_progress_can_stop_a_projection_and_leaves_nothing_changed(laid_out, method):
    import numba

    def stop(fraction, message):
        if (fraction or 0) > 0.5:
            raise KeyboardInterrupt

    printing, threads = sys.stdout, numba.get_num_threads()
    with pytest.raises(KeyboardInterrupt):
        project(laid_out[0], method, progress=stop)
    assert sys.stdout is printing
    assert numba.get_num_threads() == threads


def test_nothing_is_printed_but_what_other_threads_print_meanwhile(capsys):
    def print_beside(fraction, message):
        if message == "laying out" and not printed:
            printed.append(threading.Thread(target=print, args=("from another thread",)))
            printed[0].start()
            printed[0].join()

    printed = []
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        project(blobs(50)[0], "umap", progress=print_beside)
    assert capsys.readouterr().out == "from another thread\n"


def test_umap_brings_neither_tensorflow_nor_output_nor_warnings():
    finished = subprocess.run(
        [sys.executable, "-W", "error", "-c", ALONE], capture_output=True, text=True, check=False
    )
    assert finished.returncode == 0, finished.stderr
    assert finished.stdout.splitlines() == ["", "True", "False"]
    assert finished.stderr == ""


@pytest.mark.parametrize("method", ["umap", "tsne"])
def test_a_layout_can_start_from_another(laid_out, method):
    rows, _, made, _ = laid_out
    mirrored = made[method] * [1, -1]
    start = mirrored.copy()
    start[:4] = np.nan
    found = project(rows, method, init=start)
    assert np.isfinite(found).all()
    assert np.corrcoef(found[:, 1], mirrored[:, 1])[0, 1] > 0.5


def test_given_coordinates_are_returned_as_they_are():
    rows, _ = blobs(20)
    rows[3, 0] = np.nan
    given_coordinates = np.random.default_rng(0).normal(5, 1, size=(20, 2)).astype(np.float32)
    given_coordinates[7, 1] = np.inf
    before = given_coordinates.copy()
    found = project(rows, given_coordinates)
    assert np.isnan(found[[3, 7]]).all()
    np.testing.assert_array_equal(np.delete(found, [3, 7], 0), np.delete(before, [3, 7], 0))
    found[:] = 0
    np.testing.assert_array_equal(given_coordinates, before)


@pytest.mark.parametrize(
    ("count", "method"), [(0, "pca"), (19, "pca"), (20, "umap"), (20_000, "umap"), (20_001, "pca")]
)
def test_auto_is_umap_where_that_is_worth_it(count, method):
    assert choose("auto", count) == method
    assert choose("tsne", count) == "tsne"


def test_auto_counts_the_rows_that_are_drawn():
    rows, _ = blobs(25)
    rows[:6] = np.nan
    np.testing.assert_array_equal(project(rows), project(rows, "pca"))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"embeddings": np.zeros(3)}, r"`embeddings` must have shape \[n, d\].*\(3,\)"),
        ({"embeddings": [["a"]]}, "`embeddings` must be a numeric array"),
        (
            {"method": "pcm"},
            "`method` must be one of 'auto', 'pca', 'umap', 'densmap', 'tsne'.*'pcm'",
        ),
        ({"method": np.zeros((4, 2))}, r"`method` must have shape \[9, 2\].*\(4, 2\)"),
        ({"init": np.zeros((9, 3))}, r"`init` must have shape \[9, 2\].*\(9, 3\)"),
        ({"dimensions": 4}, "`dimensions` must be 2 or 3.*dimensions=4"),
        ({"dimensions": 2.0}, "`dimensions` must be a whole number"),
        ({"seed": -1}, "`seed` must be a whole number from 0.*seed=-1"),
        ({"seed": True}, "`seed` must be a whole number from 0.*seed=True"),
        ({"distance": "far"}, "Unknown distance.*'far'"),
    ],
)
def test_a_wrong_argument_is_named(arguments, message):
    with pytest.raises(ValueError, match=message):
        project(**{"embeddings": np.eye(9), "method": "pca", **arguments})


layouts = arrays.arrays(np.float32, (7, 2), elements=st.floats(-50, 50, width=16))


@given(layouts, st.floats(0, 7), st.booleans(), st.tuples(*[st.floats(-50, 50)] * 2))
def test_aligning_undoes_turning_mirroring_and_moving(layout, angle, mirror, move):
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    moved = layout @ turn * [1, -1 if mirror else 1] + move
    np.testing.assert_allclose(align(moved, layout), layout, atol=1e-3)


@given(layouts, layouts)
def test_aligning_is_that_of_scipy(layout, onto):
    centred, target = layout - layout.mean(axis=0), onto - onto.mean(axis=0)
    rotation, _ = orthogonal_procrustes(centred.astype(np.float64), target.astype(np.float64))
    residual = np.linalg.norm(align(layout, onto) - onto)
    assert residual == pytest.approx(np.linalg.norm(centred @ rotation - target), abs=1e-3)


def test_aligned_layouts_of_equal_size_differ_as_much_as_scipy_says():
    rng = np.random.default_rng(0)
    layout, onto = rng.normal(size=(2, 40, 3))
    layout, onto = (rows - rows.mean(axis=0) for rows in (layout, onto))
    layout, onto = layout / np.linalg.norm(layout), onto / np.linalg.norm(onto)
    _, _, disparity = procrustes(onto, layout)  # which scales as well: 1 - (what remains / 2)²
    residual = np.sum((align(layout, onto) - onto) ** 2)
    assert 1 - (1 - residual / 2) ** 2 == pytest.approx(disparity, abs=1e-5)


def test_rows_without_a_place_do_not_count_in_aligning():
    rng = np.random.default_rng(1)
    onto = rng.normal(size=(12, 2)).astype(np.float32)
    layout = onto[:, ::-1] + np.float32(3)
    layout[2], onto[5] = np.nan, np.nan
    found = align(layout, onto)
    assert np.isnan(found[2]).all()
    others = [row for row in range(12) if row not in (2, 5)]
    np.testing.assert_allclose(found[others], onto[others], atol=1e-5)
    np.testing.assert_allclose(found[5], layout[5, ::-1] - 3, atol=1e-5)
    nothing = np.full((12, 2), np.nan)
    np.testing.assert_array_equal(align(layout, nothing), layout)


def test_layouts_of_different_shapes_are_not_aligned():
    with pytest.raises(ValueError, match=r"`coordinates` must have shape \[4, 2\].*\(4, 3\)"):
        align(np.zeros((4, 3)), np.zeros((4, 2)))
