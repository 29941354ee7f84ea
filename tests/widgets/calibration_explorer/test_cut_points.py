"""A threshold taken out of the explorer, as code and as a cut point, decides as it did there."""

import numpy as np
import pytest

from simnb import Indexer
from simnb.calibration import CalibrationResults, calibrate, match
from simnb.classification_metrics import ClassificationMetric
from simnb.matchers import MatchNearest
from simnb.widgets import CalibrationExplorer
from simnb.widgets.calibration_explorer import pictures
from tests.widgets.calibration_explorer.calibrations import arrays, indexed, noisy
from tests.widgets.test_common import request


def run(text, **names):
    exec(text, names)
    return names


@pytest.mark.parametrize("threshold", [0.5, 1e-7, np.inf, -np.inf, -0.25])
def test_code_of_look_ups_gives_the_answers_and_numbers(threshold):
    lookups, truth = noisy()
    known = [0, 1, 2, 3, 4]
    made = CalibrationExplorer(lookups, truth, known_classes=known, extra_metrics=["npv", "frr"])
    ran = run(made.code(threshold), lookups=lookups, labels=truth, known_classes=known)
    assert np.array_equal(ran["answers"], match(lookups, threshold))
    numbers = made.at(threshold)["calibration"]
    assert {name: numbers[name] for name in ("f1", "npv", "false_reject_rate")} == {
        name: values[0] for name, values in ran["numbers"].items() if name != "distance"
    }
    (answer,) = request(made, "code", threshold=threshold if np.isfinite(threshold) else None)
    if np.isfinite(threshold):
        assert answer["text"] == made.code(threshold)
    else:
        assert answer["text"] == made.code(-np.inf)
    made.close()


@pytest.mark.parametrize("distance", ["euclidean", "inner_product"])
def test_code_of_an_index_gives_the_answers_and_numbers(distance):
    index, queries, truth = indexed(distance)
    made = CalibrationExplorer(index, queries, truth, k=3, matcher="majority_vote")
    ran = run(made.code(), index=index, x=queries, labels=truth)
    index.calibrate(queries, truth, k=3, matcher="majority_vote")
    assert np.array_equal(ran["answers"], index.match(queries, made.threshold))
    numbers = made.at()["calibration"]
    assert all(numbers[own] == ran["numbers"][own][0] for own in arrays(made)["_metrics"])
    alone = CalibrationExplorer(index)
    assert np.array_equal(run(alone.code(), index=index, x=queries)["answers"], ran["answers"])
    nothing = run(alone.code(alone.get_state()["_lowest"]), index=index, x=queries)["answers"]
    assert set(nothing.tolist()) == {-1}
    below = run(alone.code(-0.25), index=index, x=queries)["answers"]
    assert np.array_equal(below, match(index.query(queries, 3), -0.25, -1, 3, "majority_vote"))
    made.close()
    alone.close()


def test_code_of_results_alone_gives_the_answers():
    lookups, truth = noisy()
    made = CalibrationExplorer(calibrate(lookups, truth))
    ran = run(made.code(), lookups=lookups)
    assert np.array_equal(ran["answers"], match(lookups, made.threshold))
    made.close()


def test_code_names_what_a_name_does_not_tell_whole():
    lookups, truth = noisy()

    class Halved(MatchNearest):
        name = "tests.halved"

        def __init__(self, factor=1.0):
            self.factor = np.float32(factor)

        def derive_match(self, lookup_labels, lookup_distances):
            return lookup_labels[:, 0], self.factor * lookup_distances[:, 0]

    made = CalibrationExplorer(lookups, truth, matcher=Halved(0.5), extra_metrics=())
    ran = run(made.code(), lookups=lookups, labels=truth, matcher=Halved(0.5))
    assert np.array_equal(ran["answers"], match(lookups, made.threshold, matcher=Halved(0.5)))
    assert ran["numbers"]["f1"][0] == made.at()["calibration"]["f1"]
    index, *_ = indexed()
    with pytest.raises(ValueError, match="`matcher` must be told whole by its name"):
        made.apply(index)
    assert index.calibration is None
    made.close()


def test_a_metric_of_the_callers_is_drawn_chosen_and_applied():
    class FBeta(ClassificationMetric):
        name = "tests.explored_fbeta"

        def __init__(self, beta=1.0):
            self.beta = beta

        def compute(self, tp, fp, tn, fn, count):
            b = self.beta**2
            return (1 + b) * tp / np.maximum((1 + b) * tp + b * fn + fp, 1)

    lookups, truth = noisy()
    name, mine = FBeta.name, FBeta(0.3)
    made = CalibrationExplorer(lookups, truth, calibration_metric=mine, extra_metrics=["f1"])
    assert made.metric == name
    assert arrays(made)["_metrics"] == [name, "f1"]
    wanted = calibrate(lookups, truth, {"mine": {mine: 0.5}}, calibration_metric=mine)
    assert made.threshold == wanted.cutpoint("optimal")
    assert made.choose({name: 0.5}) == made.choose(0.5) == wanted.cutpoint("mine")
    assert made.choose({"maximize": name}) == wanted.cutpoint("optimal")
    ran = run(made.code(), lookups=lookups, labels=truth, metrics=[mine, "f1"])
    assert ran["numbers"][name][0] == made.at()["calibration"][name]
    index, *_ = indexed()
    with pytest.raises(ValueError, match="`calibration_metric` must be told whole by its name"):
        made.apply(index)
    assert index.calibration is None
    index.calibrate(*indexed()[1:])
    made.apply(index)
    assert index.calibration.cutpoint("explorer") == made.threshold
    made.close()


class Model:
    """What a SimilarityModel shows of itself to a widget."""

    def __init__(self, index):
        self._index = index

    def index_summary(self):
        pass

    def embed(self, x, verbose=0):
        return np.asarray(x, np.float32).reshape(len(x), -1)[:, :4]

    def lookup(self, x, k=5, verbose=1):
        return self._index.query(self.embed(x), k)

    def match(self, x, cutpoint="optimal"):
        return self._index.match(self.embed(x), cutpoint)

    def to_data_frame(self):
        return self._index.to_data_frame()


def test_a_model_embeds_its_queries_and_shows_those_that_are_images():
    index, queries, truth = indexed()
    model = Model(index)
    images = np.zeros((80, 8, 8), np.float32)
    images[:, 0, :4] = queries
    made = CalibrationExplorer(model, images, truth, held_out=(images[:30], truth[:30]))
    same = CalibrationExplorer(index, queries, truth)
    assert made.results == same.results
    assert arrays(made)["_has_images"]
    assert not arrays(same)["_has_images"]
    assert made.at()["held_out"]["queries"] == 30
    ran = run(made.code(), model=model, x=images, labels=truth)
    assert ran["numbers"]["false_accept_rate"][0] == made.at()["calibration"]["false_accept_rate"]
    made.apply(name="mine")
    assert np.array_equal(model.match(images, "mine"), ran["answers"])
    alone = CalibrationExplorer(model)
    assert alone.results == index.calibration
    alone.threshold = made.threshold
    assert np.array_equal(run(alone.code(), model=model, x=images)["answers"], ran["answers"])
    for own in (made, same, alone):
        own.close()


def test_a_model_of_keras_is_a_model():
    pytest.importorskip("keras")
    from tests.models import small

    model, examples, truth = small.indexed(), small.X, small.LABELS
    made = CalibrationExplorer(model, examples, truth, k=3, matcher="majority_vote")
    results = model.calibrate(examples, truth, k=3, matcher="majority_vote", verbose=0)
    assert made.results.cutpoint("optimal") == results.cutpoint("optimal")
    made.choose({"coverage": 0.5})
    ran = run(made.code(), model=model, x=examples, labels=truth)
    made.apply(name="half")
    assert np.array_equal(model.match(examples, "half"), ran["answers"])
    assert made.at()["calibration"]["f1"] == ran["numbers"]["f1"][0]
    made.close()


def test_apply_makes_the_threshold_a_cut_point_and_loses_nothing():
    index, queries, truth = indexed()
    earlier = index.calibrate(queries, truth, {"half": {"coverage": 0.5}})
    made = CalibrationExplorer(index, queries, truth)
    made.choose({"precision": 0.9})
    made.apply(name="high_precision")
    point = index.calibration.cutpoints["high_precision"]
    assert list(index.calibration.cutpoints) == ["optimal", "half", "high_precision"]
    assert list(point) == list(index.calibration.cutpoints["half"])
    assert index.calibration.cutpoints["half"] == earlier.cutpoints["half"]
    assert "high_precision" not in earlier.cutpoints
    lookups = index.query(queries, 1)
    assert np.array_equal(index.match(queries, "high_precision"), match(lookups, made.threshold))
    on_same = index.evaluate_classification(queries, truth)["high_precision"]
    assert {name: point[name] for name in on_same} == on_same
    assert point["value"] == point["f1"]
    assert arrays(made)["_cutpoints"][-1]["name"] == "high_precision"
    assert made.results.cutpoint("high_precision") == made.threshold
    str(index.calibration)
    assert CalibrationResults.from_json(index.calibration.to_json()) == index.calibration
    made.close()


def test_apply_gives_an_index_without_calibration_all_of_it(tmp_path):
    index, queries, truth = indexed()
    made = CalibrationExplorer(index, queries, truth, k=3, matcher="majority_vote")
    made.threshold = 1.0
    (answer,) = request(made, "apply", name="mine")
    assert answer["message"] == "The index has the cut point 'mine' now, at 1."
    assert index.calibration == made.results
    assert (index.calibration.k, index.calibration.matcher) == (3, "match_majority_vote")
    index.save(tmp_path / "index")
    again = Indexer.load(tmp_path / "index")
    assert np.array_equal(
        again.match(queries, "mine"), match(index.query(queries, 3), 1.0, -1, 3, "majority_vote")
    )
    other, *_ = indexed()
    made.apply(other, name="there")
    assert list(other.calibration.cutpoints) == ["optimal", "mine", "there"]
    made.close()


@pytest.mark.parametrize("name", ["optimal", "all", "", None, 7, ["a"], "half a \ud800"])
def test_names_that_calibration_gives_are_not_applied(name):
    index, queries, truth = indexed()
    made = CalibrationExplorer(index, queries, truth)
    with pytest.raises(ValueError, match="`name` must be a text other than"):
        made.apply(name=name)
    (answer,) = request(made, "apply", name=name)
    assert answer["type"] == "error"
    assert index.calibration is None
    made.close()


def test_cut_points_of_any_name_stay_beside_the_threshold():
    lookups, truth = noisy()
    targets = {own: {"coverage": 0.5} for own in ("shown", "shown*", "(threshold)")}
    made = CalibrationExplorer(lookups, truth, thresholds_targets=targets)
    table = made.table()
    assert table.index.tolist() == ["optimal", *targets, "(threshold)*"]
    assert table["distance"].iloc[-1] == made.threshold
    marked = pictures.marked(made._explored, made.threshold).cutpoints
    assert list(marked) == ["optimal", *targets, "shown**"]
    assert {name: marked[name] for name in targets} == {
        name: made.results.cutpoints[name] for name in targets
    }
    made.close()


def test_an_index_of_other_rules_is_refused_and_stays_as_it_was():
    index, queries, truth = indexed()
    made = CalibrationExplorer(index, queries, truth)
    similar, *_ = indexed("inner_product")
    by_other, *_ = indexed("manhattan")
    unlabelled = Indexer(4, "euclidean")
    unlabelled.add(queries)
    several, *_ = indexed()
    several.calibrate(queries, truth, k=3)
    voting, *_ = indexed()
    voting.calibrate(queries, truth, matcher="majority_vote")
    for other, message in (
        (similar, "`index` must be one by distance"),
        (by_other, "`index` must be by euclidean"),
        (unlabelled, "`index` must have labels"),
        (several, r"calibrated with k=1.*one with k=3"),
        (voting, r"matcher='match_nearest'.*one with matcher='match_majority_vote'"),
        (np.zeros(3), "`index` must be an Indexer or a model"),
    ):
        before = getattr(other, "calibration", None)
        with pytest.raises(ValueError, match=message):
            made.apply(other)
        assert getattr(other, "calibration", None) is before
    assert list(made.results.cutpoints) == ["optimal"]
    lookups, own = noisy()
    alone = CalibrationExplorer(lookups, own)
    with pytest.raises(ValueError, match=r"`index` must be an Indexer or a model.*None"):
        alone.apply()
    made.close()
    alone.close()


def test_look_ups_in_an_index_know_the_index_and_its_classes():
    index, queries, truth = indexed()
    lookups = index.query(queries, 1)
    made = CalibrationExplorer(index, lookups, truth, held_out=(queries[:20], truth[:20]))
    same = CalibrationExplorer(index, queries, truth)
    assert made.results == same.results
    assert made.at()["held_out"]["queries"] == 20
    classes = index.class_counts[0]
    ran = run(made.code(), lookups=lookups, labels=truth, known_classes=classes)
    assert ran["numbers"]["false_accept_rate"][0] == made.at()["calibration"]["false_accept_rate"]
    made.apply(name="mine")
    assert np.array_equal(index.match(queries, "mine"), ran["answers"])
    told = CalibrationExplorer(index, queries, truth, known_classes=[*classes, 4])
    ran = run(told.code(), index=index, x=queries, labels=truth, known_classes=[*classes, 4])
    assert ran["numbers"]["false_reject_rate"][0] == told.at()["calibration"]["false_reject_rate"]
    for own in (made, same, told):
        own.close()
