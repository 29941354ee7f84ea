"""Precision against recall: the calibration's curve, and its cut points on it."""

import numpy as np
import pytest
from sklearn.metrics import precision_recall_curve as by_sklearn

from simnb.calibration import calibrate
from simnb.visualization import precision_recall_curve
from tests.visualization.cases import BACKENDS, CASES, Case, looked_up, many

each_backend = pytest.mark.parametrize("backend", BACKENDS)


def curve(figure):
    if hasattr(figure, "axes"):
        return figure.axes[0].lines[0].get_data()
    data = figure.renderers[0].data_source.data
    return data["recall"], data["precision"]


def points(figure):
    """Recall and precision of each marker, by its name in the legend."""
    if hasattr(figure, "axes"):
        drawn = zip(*figure.axes[0].get_legend_handles_labels(), strict=True)
        return {name: (own.get_xdata()[0], own.get_ydata()[0]) for own, name in list(drawn)[1:]}
    items = figure.legend[0].items[1:]
    data = {item.label.value: item.renderers[0].data_source.data for item in items}
    return {name: (own["recall"][0], own["precision"][0]) for name, own in data.items()}


@each_backend
def test_the_curve_is_scikit_learns(backend):
    distances, found, truth = many(5, queries=300)
    results = Case(distances, found, truth).results
    precision, recall, _ = by_sklearn(found == truth, -np.float32(distances))
    x, y = curve(precision_recall_curve(results, backend))
    # Theirs goes from much recall to none as well, and ends with a point that no threshold has.
    order = slice(None, None, 2)
    np.testing.assert_allclose(x[order], recall[:-1])
    np.testing.assert_allclose(y[order], precision[:-1])


@each_backend
def test_between_two_thresholds_stands_the_precision_of_more_recall(backend):
    # right, wrong, right: precisions 1, 1/2, 2/3 at recalls 1/2, 1/2, 1
    results = calibrate(looked_up([0.1, 0.2, 0.3], [1, 2, 1]), [1, 1, 1])
    x, y = curve(precision_recall_curve(results, backend))
    np.testing.assert_allclose(x, [1, 1 / 2, 1 / 2, 1 / 2, 1 / 2])
    np.testing.assert_allclose(y, [2 / 3, 2 / 3, 1 / 2, 1 / 2, 1])


@each_backend
@pytest.mark.parametrize("kind", ["usual", "similarity", "all wrong", "one query"])
def test_cut_points_are_named_markers_on_the_curve(kind, backend):
    results = CASES[kind]().results
    figure = precision_recall_curve(results, backend)
    found = points(figure)
    for point in results.cutpoints.values():
        (name,) = (own for own in found if point["name"] in own)
        assert name.endswith(f"{point['distance']:.4g}")
        assert found[name] == (point["recall"], point["precision"])
        assert found[name] in list(zip(*curve(figure), strict=True))


def test_bokeh_says_the_distance_of_every_point():
    results = CASES["usual"]().results
    data = precision_recall_curve(results, "bokeh").renderers[0].data_source.data
    at = dict(zip(results.thresholds["distance"], results.thresholds["precision"], strict=True))
    assert set(data["distance"]) <= set(at)
    assert all(
        at[distance] == precision
        for distance, precision in zip(data["distance"], data["precision"], strict=True)
    )


@pytest.mark.parametrize(
    ("metrics", "said"),
    [(["recall"], "without precision"), ([], "without precision and recall")],
)
def test_a_calibration_without_the_metrics_is_refused_with_what_to_do(metrics, said):
    results = calibrate(looked_up([0.1, 0.2], [1, 2]), [1, 1], extra_metrics=metrics)
    with pytest.raises(ValueError, match=rf'extra_metrics=\["precision", "recall"\].*{said}$'):
        precision_recall_curve(results)


def test_the_calibrations_own_metric_counts_as_well():
    results = calibrate(
        looked_up([0.1, 0.2], [1, 2]),
        [1, 1],
        calibration_metric="precision",
        extra_metrics=["recall"],
    )
    assert len(points(precision_recall_curve(results))) == 1


@each_backend
def test_a_long_curve_is_thinned(backend):
    results = Case(*many(10, queries=30_000)).results
    x, y = curve(precision_recall_curve(results, backend))
    assert len(x) <= 2 * 2_000
    assert y.min() == results.thresholds["precision"].min()
    assert x.max() == results.thresholds["recall"].max()
