"""Metrics by threshold: each curve is the calibration's, thinned without losing its shape."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from simnb.calibration import CalibrationResults, calibrate, evaluate_at
from simnb.types import Lookups
from simnb.visualization import distance_histograms, metrics_by_threshold, precision_recall_curve
from tests.visualization.cases import BACKENDS, CASES, EXTRA, Case, looked_up, many

each_backend = pytest.mark.parametrize("backend", BACKENDS)


def curves(figure):
    """The drawn curves by name, x and y in the order of the thresholds."""
    if hasattr(figure, "axes"):
        lines = zip(*figure.axes[0].get_legend_handles_labels(), strict=True)
        return {name: (line.get_xdata(), line.get_ydata()) for line, name in lines}
    return {
        item.label.value: (
            item.renderers[0].data_source.data["threshold"],
            item.renderers[0].data_source.data["value"],
        )
        for item in figure.legend[0].items
    }


def flags(figure):
    """The cut points' labels with the x of their lines."""
    if hasattr(figure, "axes"):
        axes = figure.axes[0]
        lines = {own.get_xdata()[0] for own in axes.lines if own.get_label().startswith("_")}
        assert lines == {own.get_position()[0] for own in axes.texts}
        return {own.get_text().strip(): own.get_position()[0] for own in axes.texts}
    from bokeh.models import Label

    return {own.text.text: own.x for own in figure.center if isinstance(own, Label)}


def results_of(x, larger_is_nearer=False, **metrics):
    first = next(iter(metrics))
    point = {"name": "optimal", "value": 1.0, "distance": x[0]}
    return CalibrationResults(
        {"optimal": {**point, **{name: own[0] for name, own in metrics.items()}}},
        {"distance": x, "value": metrics[first], **metrics},
        calibration_metric=first,
        larger_is_nearer=larger_is_nearer,
    )


@each_backend
@pytest.mark.parametrize("kind", ["usual", "similarity", "one query", "constant distances"])
def test_the_points_are_those_of_the_calibration(kind, backend):
    results = CASES[kind]().results
    found = curves(metrics_by_threshold(results, backend=backend))
    assert list(found) == [own for own in results.thresholds if own not in ("distance", "value")]
    for name, (x, y) in found.items():
        np.testing.assert_array_equal(x, results.thresholds["distance"])
        np.testing.assert_array_equal(y, results.thresholds[name])


@each_backend
@pytest.mark.parametrize("kind", ["usual", "similarity", "one query", "without neighbours"])
def test_each_point_is_exact(kind, backend):
    case = CASES[kind]()
    for name, (x, y) in curves(metrics_by_threshold(case.results, EXTRA, backend)).items():
        at = evaluate_at(case.lookups, case.truth, x, [name], known_classes=case.known)
        np.testing.assert_allclose(y, at[name], rtol=1e-12)


@each_backend
def test_no_value_is_claimed_beyond_where_it_holds(backend):
    results = calibrate(looked_up([0.1, 0.2, 0.9], [1, 1, 1]), [1, 1, 2])
    x, y = curves(metrics_by_threshold(results, "precision", backend))["precision"]
    assert x[-1] < 1.5
    assert y[-1] == pytest.approx(2 / 3)
    assert y[x < 0.9].tolist() == [1.0] * (x < 0.9).sum()
    assert np.interp(0.95, x, y) < 1.0  # it is 2/3 from 0.9 on


def marked(figure):
    """The x of each curve's markers; none where there are none."""
    if hasattr(figure, "axes"):
        lines, _ = figure.axes[0].get_legend_handles_labels()
        return [[] if line.get_marker() == "None" else line.get_xdata().tolist() for line in lines]
    points = [item.renderers[1:] for item in figure.legend[0].items]
    return [own[0].data_source.data["threshold"].tolist() if own else [] for own in points]


@each_backend
@pytest.mark.parametrize("larger_is_nearer", [False, True])
@pytest.mark.parametrize(("thresholds", "with_markers"), [(1, True), (29, True), (30, False)])
def test_few_points_are_marked(thresholds, with_markers, larger_is_nearer, backend):
    x = np.linspace(1.0, 0.5, thresholds) if larger_is_nearer else np.linspace(0, 1, thresholds)
    results = results_of(x, larger_is_nearer, f1=x / 2, recall=x)
    expected = x.tolist() if with_markers else []
    assert marked(metrics_by_threshold(results, backend=backend)) == [expected] * 2


@pytest.mark.parametrize("thresholds", [1, 2, 100])
def test_under_the_pointer_are_points_and_nothing_between_them(thresholds):
    from bokeh.models import HoverTool

    x = np.linspace(0, 1, thresholds)
    figure = metrics_by_threshold(results_of(x, f1=x, recall=x / 2), backend="bokeh")
    (hover,) = figure.select(HoverTool)
    assert hover.line_policy == "nearest"
    kinds = [type(own.glyph).__name__ for own in hover.renderers]
    assert kinds == ["Scatter" if thresholds == 1 else "Line"] * 2  # one point makes no line
    assert [own.name for own in hover.renderers] == ["f1", "recall"]


@each_backend
def test_metrics_are_chosen_by_name(backend):
    results = CASES["usual"]().results
    for chosen, expected in [
        ("recall", ["recall"]),
        (["recall", "precision"], ["recall", "precision"]),
        (("f1", "f1"), ["f1"]),
    ]:
        assert list(curves(metrics_by_threshold(results, chosen, backend))) == expected


@pytest.mark.parametrize("metrics", ["auc", ["f1", "auc"], [], "distance", ["value"]])
def test_unknown_metrics_are_refused_with_those_there_are(metrics):
    results = calibrate(looked_up([0.1, 0.2], [1, 2]), [1, 1])
    with pytest.raises(ValueError, match=r"`metrics` must be among.*'precision', 'recall', 'f1'"):
        metrics_by_threshold(results, metrics)


@each_backend
def test_cut_points_are_lines_with_name_and_distance(backend):
    results = CASES["usual"]().results
    optimal, tight = results.cutpoint("optimal"), results.cutpoint("tight")
    assert flags(metrics_by_threshold(results, backend=backend)) == {
        f"optimal  {optimal:.4g}": optimal,
        f"tight  {tight:.4g}": tight,
    }


@each_backend
def test_cut_points_at_one_distance_share_a_line(backend):
    lookups = looked_up([0.1, 0.2, 0.3], [1, 1, 1])
    results = calibrate(lookups, [1, 1, 1], {"every": {"recall": 1.0}})
    assert list(flags(metrics_by_threshold(results, backend=backend))) == ["optimal, every  0.35"]


@given(
    st.lists(st.floats(0, 1), min_size=1, max_size=8, unique=True),
    st.lists(st.integers(1, 30), min_size=8, max_size=8),
)
def test_labels_of_cut_points_do_not_overlap_and_cover_no_data(places, lengths):
    x = np.array([0.0, 1.0])
    results = results_of(x, f1=np.array([0.0, 1.0]))
    for number, (place, length) in enumerate(zip(places, lengths, strict=False)):
        results.cutpoints[f"{number}" * length] = {"distance": place}
    figure = metrics_by_threshold(results)
    figure.draw_without_rendering()
    axes = figure.axes[0]
    boxes = [own.get_window_extent() for own in axes.texts]
    for number, box in enumerate(boxes):
        assert not any(box.overlaps(other) for other in boxes[number + 1 :])
        assert box.y0 > axes.transData.transform((0, 1))[1]
    assert axes.get_xlim()[0] < min(own.get_position()[0] for own in axes.texts)


def test_the_x_axis_says_what_the_index_measures():
    axes = metrics_by_threshold(CASES["usual"]().results).axes[0]
    assert axes.get_xlabel() == "distance threshold"
    axes = metrics_by_threshold(CASES["similarity"]().results).axes[0]
    assert axes.get_xlabel() == "similarity threshold"


@given(st.integers(0, 2**32 - 1), st.booleans(), st.sampled_from([2_000, 2_001, 30_000]))
def test_a_long_curve_keeps_its_extremes_and_its_ends(seed, larger_is_nearer, thresholds):
    rng = np.random.default_rng(seed)
    x = np.cumsum(rng.gamma(0.1, 1, thresholds) + 1e-9)
    y = rng.random(thresholds)
    results = results_of(x[::-1] if larger_is_nearer else x, larger_is_nearer, f1=y)
    drawn_x, drawn_y = curves(metrics_by_threshold(results, backend="bokeh"))["f1"]
    assert len(drawn_x) <= 2_000
    assert {y.min(), y.max(), y[0], y[-1]} <= set(drawn_y)
    kept = np.isin(results.thresholds["distance"], drawn_x)
    np.testing.assert_array_equal(drawn_x, results.thresholds["distance"][kept])
    np.testing.assert_array_equal(drawn_y, y[kept])


def test_a_thinned_curve_looks_like_the_whole():
    distances, found, truth = many(10, queries=60_000)
    results = Case(distances, found, truth).results
    thresholds = results.thresholds["distance"]
    pixels = np.linspace(thresholds[0], thresholds[-1], 250)
    for name, (x, y) in curves(metrics_by_threshold(results)).items():
        assert len(x) < len(thresholds)
        whole, line = results.thresholds[name], np.interp(thresholds, x, y)
        for start, stop in pairwise(pixels):
            own = slice(*np.searchsorted(thresholds, [start, stop]))
            if own.start < own.stop:
                assert line[own].min() == pytest.approx(whole[own].min(), abs=0.01)
                assert line[own].max() == pytest.approx(whole[own].max(), abs=0.01)


@each_backend
def test_values_that_are_no_numbers_leave_a_gap(backend):
    x = np.arange(3000.0)
    y = np.where(x < 1000, np.nan, 0.5)
    drawn = curves(metrics_by_threshold(results_of(x, f1=y), backend=backend))["f1"]
    assert np.isnan(np.interp(500, *drawn))
    assert np.interp(2000, *drawn) == 0.5


@each_backend
def test_values_beyond_1_are_within_the_axes(backend):
    figure = metrics_by_threshold(
        results_of(np.array([1.0, 2.0]), lift=np.array([-3.0, 7.5])), backend=backend
    )
    low, high = (
        figure.axes[0].get_ylim() if backend == "matplotlib"
        else (figure.y_range.start, figure.y_range.end)
    )  # fmt: skip
    assert low < -3
    assert high > 7.5


@pytest.mark.parametrize("backend", ["matplotlib", "bokeh"])
def test_a_cut_point_that_withholds_every_answer_has_no_line(backend):
    ids, distances = np.array([[0], [1]]), np.array([[0.1], [0.4]], "float32")
    lookups = Lookups(ids, distances, np.array([[1], [2]]))
    plain, none = (calibrate(lookups, [2, 2], targets) for targets in (None, {"none": {"fpr": 0}}))
    assert none.cutpoint("none") == -np.inf
    for draw in (
        lambda results: metrics_by_threshold(results, backend=backend),
        lambda results: precision_recall_curve(results, backend=backend),
        lambda results: distance_histograms(lookups, [2, 2], results, backend=backend),
    ):
        if backend == "matplotlib":
            one, other = (draw(results).axes[0] for results in (plain, none))
            assert len(one.lines) == len(other.lines)
        else:
            one, other = (draw(results) for results in (plain, none))
            assert len(one.renderers) == len(other.renderers)
