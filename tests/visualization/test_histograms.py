"""Histograms of distances: every answer is in its group and its bin."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from simnb import Indexer, Lookups
from simnb.calibration import calibrate
from simnb.visualization import distance_histograms
from tests.visualization.cases import BACKENDS, CASES, looked_up
from tests.visualization.test_thresholds import flags

each_backend = pytest.mark.parametrize("backend", BACKENDS)


def legend(figure):
    return [own.label.value for own in figure.legend[0].items]


def bars(figure):
    """By group: the edges and counts of the bins that hold anything."""
    return {
        own.name: [
            (low, high, queries)
            for low, high, queries in zip(
                own.data_source.data["low"],
                own.data_source.data["high"],
                own.data_source.data["queries"],
                strict=True,
            )
        ]
        for own in figure.renderers
        if "queries" in own.data_source.data
    }


@st.composite
def queries(draw):
    n = draw(st.integers(1, 30))
    labels = st.lists(st.integers(0, 3), min_size=n, max_size=n)
    distances = draw(st.lists(st.integers(0, 12).map(lambda v: v / 8), min_size=n, max_size=n))
    return distances, draw(labels), draw(labels)


@given(queries(), st.integers(1, 50), st.booleans())
def test_every_answer_is_counted_in_its_group_and_its_bin(case, bins, open_set):
    distances, found, truth = case
    if open_set:  # the index holds none but known classes
        found = [own % 2 for own in found]
    figure = distance_histograms(
        looked_up(distances, found), truth, bins=bins, backend="bokeh",
        known_classes=[0, 1] if open_set else None,
    )  # fmt: skip
    groups = {"right": [], "wrong": [], "of unknown classes": []}
    for distance, answer, own in zip(distances, found, truth, strict=True):
        unknown = open_set and own not in (0, 1)
        kind = "of unknown classes" if unknown else "right" if answer == own else "wrong"
        groups[kind].append(distance)
    if not open_set:
        del groups["of unknown classes"]
    assert legend(figure) == [f"{name} ({len(own)})" for name, own in groups.items()]
    drawn = bars(figure)
    width = {round(high - low, 9) for own in drawn.values() for low, high, _ in own}
    assert len(width) == 1
    for name, own in groups.items():
        assert sum(count for _, _, count in drawn[name]) == len(own)
        for low, high, count in drawn[name]:
            last = high >= max(distances)
            inside = [d for d in own if low <= d < high or (last and d == high)]
            assert len(inside) == count


@given(queries())
def test_matplotlib_draws_what_bokeh_draws(case):
    distances, found, truth = case
    lookups = looked_up(distances, found)
    one = distance_histograms(lookups, truth)
    other = distance_histograms(lookups, truth, backend="bokeh")
    handles, names = one.axes[0].get_legend_handles_labels()
    assert names == legend(other)
    for handle, drawn in zip(handles, other.renderers, strict=True):
        percent, edges, _ = handle.get_data()
        data = drawn.data_source.data
        there = percent > 0
        np.testing.assert_array_equal(percent[there], data["percent"])
        np.testing.assert_array_equal(edges[:-1][there], data["low"])
        assert there.sum() == 0 or percent.sum() == pytest.approx(100)


@each_backend
def test_groups_are_those_that_calibration_counts(backend):
    case = CASES["usual"]()
    figure = distance_histograms(
        case.lookups, case.truth, known_classes=case.known, backend=backend
    )
    texts = figure.axes[0].get_legend_handles_labels()[1] if backend == "matplotlib" else None
    right, wrong, unknown = (int(own.split("(")[1].strip(")")) for own in (texts or legend(figure)))
    assert right / 1000 == pytest.approx(
        calibrate(case.lookups, case.truth, extra_metrics=["binary_accuracy"])
        .thresholds["binary_accuracy"][-1]
    )  # fmt: skip
    assert unknown == np.isin(case.truth, case.known, invert=True).sum()
    assert right + wrong + unknown == 1000


@each_backend
def test_cut_points_of_a_calibration_are_lines(backend):
    case = CASES["usual"]()
    lines = flags(distance_histograms(case.lookups, case.truth, case.results, backend=backend))
    assert set(lines.values()) == {case.results.cutpoint(name) for name in ("optimal", "tight")}
    assert flags(distance_histograms(case.lookups, case.truth, backend=backend)) == {}


def test_similarities_are_shown_as_they_are():
    rng = np.random.default_rng(0)
    index = Indexer(4, distance="inner_product")
    index.add(rng.normal(size=(100, 4)), rng.integers(0, 3, 100))
    found = index.query(rng.normal(size=(50, 4)), k=1)
    axes = distance_histograms(found, rng.integers(0, 3, 50)).axes[0]
    edges = axes.get_legend_handles_labels()[0][0].get_data().edges
    assert edges[0] == pytest.approx(found.distances.min())
    assert edges[-1] == pytest.approx(found.distances.max())
    assert axes.get_xlabel() == "similarity of the answer"
    assert axes.get_title() == "Similarity of the answers (50)"


def test_queries_without_a_neighbour_are_left_out_and_counted():
    figure = distance_histograms(looked_up([0.1, np.inf, 0.3], [1, 1, 2]), [1, 1, 1])
    assert figure.axes[0].get_title() == (
        "Distance of the answers (2)\nleft out, without a neighbour: 1"
    )
    assert figure.axes[0].get_legend_handles_labels()[1] == ["right (1)", "wrong (1)"]
    with pytest.raises(ValueError, match="no query has any"):
        distance_histograms(looked_up([np.inf], [1]), [1])


@pytest.mark.parametrize("distance", [0.0, 1.0, -4.0, 1e-30, 1e30, np.nextafter(1, 2)])
def test_equal_distances_have_bins_around_them(distance):
    lookups = looked_up([distance, np.float32(distance)], [1, 2])
    (low, high, _), *others = bars(distance_histograms(lookups, [1, 1], backend="bokeh"))["right"]
    assert low <= np.float32(distance) <= high
    assert others == []


def voted():
    """Three queries whose majority is another than their nearest neighbour."""
    distances = np.array([[0.1, 0.2, 0.3]] * 3, np.float32)
    return Lookups(np.arange(9).reshape(3, 3), distances, np.array([[1, 2, 2]] * 3))


def test_k_and_matcher_of_the_calibration_are_used():
    lookups, truth = voted(), [2, 2, 1]
    results = calibrate(lookups, truth, k=3, matcher="match_majority_vote")
    expected = ["right (2)", "wrong (1)"]
    assert legend(distance_histograms(lookups, truth, results, backend="bokeh")) == expected
    assert expected == legend(
        distance_histograms(lookups, truth, results, k=3, matcher="majority_vote", backend="bokeh")
    )
    assert expected == legend(
        distance_histograms(lookups, truth, k=3, matcher="majority_vote", backend="bokeh")
    )
    assert legend(distance_histograms(lookups, truth, backend="bokeh")) == [
        "right (1)",
        "wrong (2)",
    ]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"k": 2}, r"`k` must be that of `results`, 3. Received: k=2"),
        ({"k": 0}, r"`k` must be that of `results`, 3. Received: k=0"),
        ({"results": None, "k": 0}, r"`k` must be a whole number of at least 1"),
        ({"results": None, "k": 4}, r"neighbours looked up, 3.*k=4"),
        ({"results": None, "matcher": "best"}, r"Unknown matcher"),
        ({"results": {}}, r"`results` must be CalibrationResults: calibrate first"),
        ({"bins": 0}, r"`bins` must be a whole number of at least 1"),
        ({"labels": [1, 2]}, r"one label for each of 3 examples"),
        ({"labels": ["a", "b", "c"]}, r"kind of the index's labels, integers.*strings"),
        ({"known_classes": ["a"]}, r"`known_classes` must be of the kind"),
    ],
)
def test_bad_input_is_named(options, message):
    lookups, truth = voted(), [2, 2, 1]
    given = {"labels": truth, "results": calibrate(lookups, truth, k=3), **options}
    with pytest.raises(ValueError, match=message):
        distance_histograms(lookups, **given)


def test_another_matcher_or_another_kind_of_index_than_calibrated_is_refused():
    lookups, truth = voted(), [2, 2, 1]
    results = calibrate(lookups, truth)
    with pytest.raises(ValueError, match=r"`matcher` must be that of `results`, 'match_nearest'"):
        distance_histograms(lookups, truth, results, matcher="majority_vote")
    similar = looked_up([0.1, 0.2, 0.3], [1, 1, 1], larger_is_nearer=True)
    with pytest.raises(ValueError, match=r"results by distance, lookups by similarity"):
        distance_histograms(similar, truth, results)
