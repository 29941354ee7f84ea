"""The calibration explorer's numbers are those of calibrate, evaluate_at and match."""

import base64
import io
import re

import numpy as np
import pytest
import traitlets
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from simnb.calibration import (
    CalibrationResults,
    calibrate,
    decisions,
    evaluate_at,
    evaluate_classification,
    match,
)
from simnb.classification_metrics import make_classification_metric
from simnb.types import Lookups
from simnb.widgets import CalibrationExplorer
from simnb.widgets.binary import decode
from tests.calibration.test_match import neighborhoods
from tests.calibration.world import looked_up
from tests.widgets.calibration_explorer.calibrations import arrays, indexed, noisy
from tests.widgets.test_common import request

COUNTED = ["tp", "fp", "tn", "fn", "unknown", "given"]
MATCHERS = st.sampled_from(["match_nearest", "match_majority_vote"])
LIBRARY = [
    "f1", "precision", "recall", "coverage", "binary_accuracy", "fpr", "npv", "accuracy_at_coverage",
]  # fmt: skip


@pytest.fixture
def explorer():
    lookups, truth = noisy()
    held, truth_held = noisy(1)
    made = CalibrationExplorer(lookups, truth, held_out=(held, truth_held))
    yield made
    made.close()


def oriented(made, threshold):
    return -threshold if made.get_state()["_larger"] else threshold


def read_by_the_page(made, threshold, held_out=False):
    """The metrics that the page reads off at a threshold, without Python."""
    page = arrays(made)
    steps, curves = ("_held_steps", "_held") if held_out else ("_steps", "_curves")
    place = np.searchsorted(page[steps], oriented(made, threshold), side="right")
    return dict(zip(page["_metrics"], page[curves][:, place].tolist(), strict=True))


@given(neighborhoods(), neighborhoods(), MATCHERS, st.floats(-2, 2, width=32))
def test_the_page_and_python_have_the_numbers_of_evaluate_at(case, other, matcher, threshold):
    (lookups, truth), (held, held_truth) = case, other
    k = min(lookups.ids.shape[1], held.ids.shape[1])
    options = {"k": k, "matcher": matcher, "known_classes": [0, 1, 2, 3]}
    if not (lookups.ids[:, 0] >= 0).any() or held.larger_is_nearer != lookups.larger_is_nearer:
        return
    made = CalibrationExplorer(
        lookups, truth, held_out=(held, held_truth), extra_metrics=LIBRARY, **options
    )
    made.threshold = threshold
    numbers = made.at()
    for own, labels, split in ((lookups, truth, "calibration"), (held, held_truth, "held_out")):
        wanted = evaluate_at(own, labels, threshold, LIBRARY, **options)
        found = {name: values[0] for name, values in wanted.items() if name != "distance"}
        read = read_by_the_page(made, threshold, split == "held_out")
        assert {name: numbers[split][name] for name in LIBRARY} == found
        assert read == found
        answers = match(own, threshold, -1, k, matcher)
        assert numbers[split]["queries"] == len(labels)
        assert numbers[split]["given"] == (answers != -1).sum()
        assert numbers[split]["right"] == (answers == labels).sum()
        assert numbers[split]["wrong"] == ((answers != -1) & (answers != labels)).sum()
    made.close()


@given(neighborhoods(), MATCHERS)
def test_each_place_is_a_threshold_of_calibrate(case, matcher):
    lookups, truth = case
    k, sign = lookups.ids.shape[1], -1 if lookups.larger_is_nearer else 1
    if not (lookups.ids[:, 0] >= 0).any():
        return
    options = {"k": k, "matcher": matcher, "extra_metrics": LIBRARY, "known_classes": [0, 1, 2, 3]}
    made = CalibrationExplorer(lookups, truth, **options)
    results = calibrate(lookups, truth, **options)
    page = arrays(made)
    assert made.results == results
    assert np.array_equal(page["_cuts"], sign * results.thresholds["distance"])
    for name, curve in zip(page["_metrics"], page["_curves"], strict=True):
        assert np.array_equal(curve[1:], results.thresholds[name])
    limits = [page["_lowest"], *results.thresholds["distance"]]
    for place, limit in enumerate(limits):
        answers = match(lookups, limit, -1, k, matcher)
        counts = dict(zip(COUNTED, page["_counts"][:, place].tolist(), strict=True))
        rows = page["_rows"][: counts["given"]]
        assert sorted(rows.tolist()) == np.flatnonzero(answers != -1).tolist()
        assert counts["tp"] == (answers == truth).sum()
        assert counts["fp"] == counts["given"] - counts["tp"]
        assert counts["tp"] + counts["fn"] == page["_counts"][0, -1]
        assert sum(counts[own] for own in ("tp", "fp", "tn", "fn")) == len(truth)
        assert np.searchsorted(page["_steps"], sign * limit, side="right") == place
        told = [page["_classes"][code] for code in page["_answer"][: counts["given"]]]
        assert told == [str(own) for own in answers[rows]]
    assert [page["_classes"][code] for code in page["_truth"]] == [
        str(truth[row]) for row in page["_rows"]
    ]
    assert sorted(page["_rows"].tolist()) == list(range(len(truth)))
    decided = decisions(lookups, truth, k, matcher)
    assert np.array_equal(page["_kinds"] & 1, decided.right[page["_rows"]])
    made.close()


def calibrated(lookups, truth, target):
    """The cut point of a target, and what calibrate says where there is none."""
    try:
        return calibrate(lookups, truth, {"chosen": target}).cutpoint("chosen"), None
    except ValueError as error:
        return None, str(error).replace("thresholds_targets['chosen']", "target")


@given(
    neighborhoods(),
    st.floats(0, 1)
    | st.just("equal_error_rate")
    | st.floats(0.01, 100).map(lambda ratio: {"cost_ratio": ratio})
    | st.tuples(st.sampled_from(LIBRARY), st.floats(0, 1)).map(lambda own: {own[0]: own[1]}),
)
def test_what_is_chosen_is_the_cut_point_of_calibrate(case, target):
    lookups, truth = case
    if not (lookups.ids[:, 0] >= 0).any():
        return
    made = CalibrationExplorer(lookups, truth)
    before = made.threshold
    wanted, message = calibrated(lookups, truth, target)
    (answer,) = request(made, "choose", target=target)
    if wanted is None:
        with pytest.raises(ValueError, match="no threshold has") as caught:
            made.choose(target)
        assert str(caught.value) == message == answer["message"]
        assert made.threshold == before
    else:
        assert made.choose(target) == wanted
        assert np.array_equal(match(lookups, wanted), match(lookups, made.threshold))
        assert np.isfinite(made.threshold)
        assert answer["threshold"] == (wanted if np.isfinite(wanted) else None)
        steps = arrays(made)["_steps"]
        assert answer["place"] == np.searchsorted(steps, oriented(made, wanted), side="right")
    made.close()


@pytest.mark.parametrize("metric", [*LIBRARY, "false_accept_rate", "false_reject_rate"])
def test_a_metric_is_maximised_as_calibrate_does(metric):
    lookups, truth = noisy()
    known = [0, 1, 2, 3, 4, 5]
    truth = np.where(lookups.labels[:, 0] == truth, truth, np.where(truth % 2, 6, 5))
    made = CalibrationExplorer(lookups, truth, known_classes=known)
    wanted = calibrate(lookups, truth, calibration_metric=metric, known_classes=known)
    assert made.choose({"maximize": metric}) == wanted.cutpoint("optimal") == made.threshold
    made.close()


@pytest.mark.parametrize(
    "target",
    [2, -0.1, "best", None, {"precision": 2}, {"odd": 0.5}, {"maximize": "odd"}, {"maximize": []}, {},
     {"cost_ratio": 0}, [1], {"precision": 0.5, "recall": 0.5}, {"maximize": None}],
)  # fmt: skip
def test_what_is_no_target_is_refused_and_the_threshold_stays(target, explorer):
    before = explorer.threshold
    with pytest.raises(ValueError, match=r"must be|Unknown"):
        explorer.choose(target)
    (answer,) = request(explorer, "choose", target=target)
    assert answer["type"] == "error"
    assert explorer.threshold == before


def test_the_band_is_that_of_evaluate_at(explorer):
    lookups, truth = noisy()
    answer, _ = explorer._answer_band({"confidence": 0.8})
    grid, low, high = (decode(answer[name]) for name in ("grid", "low", "high"))
    page = arrays(explorer)
    names = page["_metrics"]
    assert set(grid) <= set(page["_cuts"])
    wanted = evaluate_at(lookups, truth, grid, names, confidence=0.8)
    for place, name in enumerate(names):
        own = slice(place * len(grid), (place + 1) * len(grid))
        assert np.array_equal(low[own], wanted[f"{name} low"])
        assert np.array_equal(high[own], wanted[f"{name} high"])


def test_the_band_of_very_many_thresholds_is_of_two_hundred_of_them():
    rng = np.random.default_rng(0)
    distances = np.append(rng.random(3000), 50.0)
    made = CalibrationExplorer(looked_up(distances, np.zeros(3001, int)), rng.integers(0, 2, 3001))
    answer, _ = made._answer_band({"confidence": 0.9})
    grid = decode(answer["grid"])
    cuts = arrays(made)["_cuts"]
    assert 100 < len(grid) <= 200
    assert np.isin(grid, cuts).all()
    assert (grid[0], grid[-1]) == (cuts[0], cuts[-1])
    made.close()


@pytest.mark.parametrize("confidence", [0, 1, 2, "much", None, float("nan")])
def test_a_confidence_is_between_0_and_1(confidence, explorer):
    (answer,) = request(explorer, "band", confidence=confidence)
    assert answer["type"] == "error"
    assert "confidence" in answer["message"]


@given(neighborhoods(), st.floats(-2, 2, width=32))
def test_confusion_classes_and_mistakes_are_those_of_decisions(case, threshold):
    lookups, truth = case
    if not (lookups.ids[:, 0] >= 0).any():
        return
    made = CalibrationExplorer(lookups, truth, class_names=["ant", "bee", "cow", "dog"])
    made.threshold = threshold
    twin = decisions(lookups, truth)
    classes, matrix = twin.confusion(threshold)
    named = [["ant", "bee", "cow", "dog"][own] for own in classes]
    confusion = made.confusion()
    assert confusion.index.tolist() == named
    assert confusion.columns.tolist() == [*named, "no answer"]
    assert np.array_equal(confusion.to_numpy(), matrix)
    table, wanted = made.per_class(), twin.per_class(threshold)
    assert table.reset_index(drop=True).equals(wanted)
    assert table.index.tolist() == [named[classes.tolist().index(own)] for own in wanted["class"]]
    for kind in ("any", "wrong", "missed"):
        assert made.mistakes(kind=kind).tolist() == twin.mistakes(threshold, kind=kind).tolist()
        assert made.mistakes(1, 2, kind).tolist() == twin.mistakes(threshold, 1, 2, kind).tolist()
    made.close()


def test_the_table_has_every_cut_point_of_both_splits(explorer):
    lookups, truth = noisy()
    held, held_truth = noisy(1)
    made = CalibrationExplorer(
        lookups,
        truth,
        held_out=(held, held_truth),
        thresholds_targets={"strict": {"precision": 0.9}},
    )
    made.threshold = 0.5
    table = made.table()
    assert table.index.tolist() == ["optimal", "strict", "(threshold)"]
    on_held = evaluate_classification(held, held_truth, made.results, ["npv"])
    for name in ("optimal", "strict"):
        assert table.loc[name, "distance"] == made.results.cutpoint(name)
        assert table.loc[name, "f1"] == made.results.cutpoints[name]["f1"]
        assert table.loc[name, "npv (held out)"] == on_held[name]["npv"]
    assert (
        table.loc["(threshold)", "recall"]
        == evaluate_at(lookups, truth, 0.5, ["recall"])["recall"][0]
    )
    made.close()


def test_results_alone_show_what_was_calibrated():
    lookups, truth = noisy()
    results = calibrate(lookups, truth, {"few": {"coverage": 0.2}, "none": {"fpr": 0}})
    made = CalibrationExplorer(CalibrationResults.from_json(results.to_json()))
    page = arrays(made)
    assert made.results == results
    assert page["_metrics"] == ["f1", "precision", "recall"]
    assert np.array_equal(page["_steps"], results.thresholds["distance"])
    assert np.array_equal(page["_cuts"], results.thresholds["distance"])
    assert np.isnan(page["_curves"][:, 0]).all()
    for name, curve in zip(page["_metrics"], page["_curves"], strict=True):
        assert np.array_equal(curve[1:], results.thresholds[name])
    for own in ("_counts", "_rows", "_truth", "_answer", "_kinds", "_held", "_held_steps"):
        assert page[own] is None
    assert (page["_totals"], page["_classes"], made.count) == ([], [], 0)
    for name, limit in zip(results.cutpoints, made.table()["distance"], strict=False):
        assert limit == results.cutpoint(name)
    assert (
        made.at(results.cutpoint("few"))["calibration"]["recall"]
        == results.cutpoints["few"]["recall"]
    )
    for question in (made.confusion, made.per_class, made.mistakes, lambda: made.choose(0.5)):
        with pytest.raises(ValueError, match="There are no queries"):
            question()
    for kind, content in (
        ("card", {"row": 0}),
        ("choose", {"target": 0.5}),
        ("band", {"confidence": 0.9}),
    ):
        (answer,) = request(made, kind, **content)
        assert "no queries" in answer["message"]
    assert (
        repr(made)
        == f"CalibrationExplorer({len(results.thresholds['f1'])} thresholds, threshold {made.threshold:.6g}, f1 {results.cutpoints['optimal']['f1']:.4g})"
    )
    assert "image/png" in made._repr_mimebundle_()[0]
    made.close()


@pytest.mark.parametrize("larger", [False, True])
def test_a_cut_point_that_withholds_all_is_null_for_the_page(larger):
    lookups = looked_up([0.1, 0.2], [1, 2])
    if larger:
        lookups = Lookups(lookups.ids, -lookups.distances, lookups.labels, larger_is_nearer=True)
    made = CalibrationExplorer(lookups, [2, 2], thresholds_targets={"none": {"fpr": 0}})
    point = arrays(made)["_cutpoints"][1]
    assert point == {"name": "none", "threshold": None, "place": 0, "value": 0.0}
    assert made.choose({"fpr": 0}) == (np.inf if larger else -np.inf)
    assert made.threshold == arrays(made)["_lowest"]
    assert match(lookups, made.threshold).tolist() == [-1, -1]
    made.close()


@pytest.mark.parametrize(("right", "f1"), [(True, 1.0), (False, 0.0)])
def test_all_right_and_all_wrong_calibrations_are_shown(right, f1):
    labels = [1, 1, 1] if right else [2, 2, 2]
    made = CalibrationExplorer(looked_up([0.1, 0.2, 0.3], [1, 1, 1]), labels)
    made.threshold = 0.35
    assert made.at()["calibration"]["f1"] == f1
    assert len(made.mistakes()) == (0 if right else 3)
    assert "image/png" in made._repr_mimebundle_()[0]
    made.close()


def test_answers_tied_at_the_threshold_are_given_together():
    made = CalibrationExplorer(looked_up([0.25, 0.25, 0.25, 0.5], [1, 2, 1, 1]), [1, 1, 1, 2])
    page = arrays(made)
    assert page["_steps"].tolist() == [0.25, 0.5]
    assert page["_counts"][COUNTED.index("given")].tolist() == [0, 3, 4]
    made.threshold = 0.25
    assert made.at()["calibration"]["given"] == 3
    made.threshold = np.nextafter(0.25, 0)
    assert made.at()["calibration"]["given"] == 0
    made.close()


def test_one_query_of_one_class_is_enough():
    made = CalibrationExplorer(looked_up([0.0], ["only"]), ["only"])
    assert made.at()["calibration"]["f1"] == 1.0
    assert made.confusion().to_numpy().tolist() == [[1, 0]]
    assert arrays(made)["_lowest"] < 0
    assert "image/png" in made._repr_mimebundle_()[0]
    made.close()


def test_queries_of_known_and_unknown_classes_are_told_apart():
    index, queries, truth = indexed()
    made = CalibrationExplorer(index, queries, truth, held_out=(queries[:9], truth[:9]))
    page = arrays(made)
    unknown = (truth == 4).sum()
    assert page["_totals"] == [80, 80 - unknown, unknown, 80]
    assert page["_held_totals"] == [9, 9 - (truth[:9] == 4).sum(), (truth[:9] == 4).sum(), 9]
    assert np.array_equal(page["_kinds"] >> 1, truth[page["_rows"]] == 4)
    assert page["_counts"][COUNTED.index("unknown"), -1] == unknown
    wanted = index.calibrate(queries, truth, extra_metrics=["far", "frr"]).cutpoints["optimal"]
    numbers = made.at(wanted["distance"])["calibration"]
    for name in ("false_accept_rate", "false_reject_rate"):
        assert name in page["_metrics"]
        assert numbers[name] == wanted[name]
    lookups, own = noisy()
    without = CalibrationExplorer(lookups, own)
    assert arrays(without)["_totals"] == [len(own), None, None, len(own)]
    assert "false_accept_rate" not in arrays(without)["_metrics"]
    made.close()
    without.close()


def test_a_rate_of_no_query_is_left_out_unless_it_is_asked_for():
    lookups, truth = noisy()
    known = np.unique(truth)
    made = CalibrationExplorer(lookups, truth, known_classes=known)
    assert arrays(made)["_metrics"] == [*LIBRARY, "false_reject_rate"]
    asked = CalibrationExplorer(lookups, truth, known_classes=known, extra_metrics=["far"])
    assert arrays(asked)["_metrics"] == ["f1", "false_accept_rate"]
    assert np.isnan(asked.at()["calibration"]["false_accept_rate"])
    asked._repr_mimebundle_()
    made.close()
    asked.close()


def test_a_thousand_classes_are_told_apart():
    rng = np.random.default_rng(0)
    truth = np.concatenate([np.arange(1000), rng.integers(0, 1000, 2000)])
    found = np.where(rng.random(3000) < 0.5, truth, rng.integers(0, 1000, 3000))
    lookups = looked_up(rng.random(3000), [f"class {own}" for own in found])
    made = CalibrationExplorer(lookups, [f"class {own}" for own in truth])
    page = arrays(made)
    assert len(page["_classes"]) == 1000
    assert page["_truth"].dtype == page["_answer"].dtype == np.uint16
    assert [page["_classes"][code] for code in page["_truth"]] == [
        f"class {truth[row]}" for row in page["_rows"]
    ]
    assert made.confusion().shape == (1000, 1001)
    assert made.confusion().to_numpy().sum() == 3000
    assert len(made.per_class()) == 1000
    made.close()


def test_more_classes_than_two_bytes_can_tell_are_told_apart():
    count = 66_000
    rng = np.random.default_rng(0)
    made = CalibrationExplorer(looked_up(rng.random(count), np.arange(count)), np.arange(count))
    page = arrays(made)
    assert page["_truth"].dtype == np.uint32
    assert page["_classes"] == [str(own) for own in range(count)]
    assert np.array_equal(page["_truth"], page["_rows"])
    made.close()


@pytest.mark.parametrize("distance", ["euclidean", "inner_product"])
def test_an_index_is_looked_up_in_and_calibrated_as_it_calibrates_itself(distance):
    index, queries, truth = indexed(distance)
    made = CalibrationExplorer(
        index, queries, truth, thresholds_targets={"half": {"coverage": 0.5}}
    )
    assert index.calibration is None
    wanted = index.calibrate(queries, truth, {"half": {"coverage": 0.5}})
    for name in ("optimal", "half"):
        assert made.results.cutpoint(name) == wanted.cutpoint(name)
    page = arrays(made)
    assert page["_measure"] == distance
    assert page["_applies"]
    assert page["_larger"] == (distance == "inner_product")
    made.threshold = wanted.cutpoint("half")
    answers = index.match(queries, "half")
    assert np.array_equal(made.decisions.given(made.threshold), answers != -1)
    assert made.at()["calibration"]["binary_accuracy"] == (answers == truth).mean()
    made.close()


@pytest.mark.parametrize("threshold", [float("nan"), np.inf, None, "far", [1]])
def test_a_threshold_is_a_finite_number(threshold, explorer, caplog):
    before = explorer.threshold
    with pytest.raises(traitlets.TraitError):
        explorer.threshold = threshold
    explorer.set_state({"threshold": threshold})
    assert explorer.threshold == before
    explorer.threshold = np.float32(0.25)
    explorer.set_state({"threshold": 1})
    assert explorer.threshold == 1.0


@pytest.mark.parametrize(
    ("name", "wrong"),
    [("metric", "auc"), ("metric", None), ("cost_ratio", 0), ("cost_ratio", -1.0),
     ("cost_ratio", np.inf), ("clicked", 120), ("hovered", -1), ("selection", [120])],
)  # fmt: skip
def test_what_is_no_row_metric_or_ratio_is_refused(name, wrong, explorer):
    before = getattr(explorer, name)
    with pytest.raises(traitlets.TraitError):
        setattr(explorer, name, wrong)
    assert getattr(explorer, name) == before


def test_results_alone_have_no_row_to_click():
    made = CalibrationExplorer(calibrate(*noisy()))
    with pytest.raises(traitlets.TraitError):
        made.clicked = 0
    with pytest.raises(traitlets.TraitError):
        made.selection = [0]
    made.close()


def test_the_threshold_is_linked(explorer):
    import ipywidgets

    slider = ipywidgets.FloatSlider(min=0, max=2)
    ipywidgets.link((explorer, "threshold"), (slider, "value"))
    slider.value = 0.5
    assert explorer.threshold == 0.5
    explorer.choose({"coverage": 0.4})
    assert slider.value == explorer.threshold


def test_its_pictures_show_the_threshold_and_work_offline(explorer, tmp_path):
    from bokeh.models import LayoutDOM

    explorer.threshold = 0.61
    axes = explorer.plot().axes[0]
    assert any("0.61" in text.get_text() for text in axes.texts)
    assert any(text.get_text() == "f1" for text in explorer.plot().legends[0].get_texts())
    explorer.threshold = 1e300
    assert not any("shown" in text.get_text() for text in explorer.plot().axes[0].texts)
    explorer.threshold = 0.61
    explorer.metric = "npv"
    assert explorer.plot().legends[0].get_texts()[0].get_text() == "npv"
    assert isinstance(explorer.figure(), LayoutDOM)
    path = explorer.save_html(tmp_path / "page.html")
    text = path.read_text(encoding="utf-8")
    assert "0.61" in text
    assert "cdn.bokeh.org" not in text.replace('"https://cdn.bokeh.org', "")
    data, _ = explorer._repr_mimebundle_()
    picture = Image.open(io.BytesIO(base64.b64decode(data["image/png"])))
    assert picture.width > 1000
    assert "<iframe" in explorer.figure()._repr_html_()


def test_its_repr_tells_what_is_explored(explorer):
    explorer.threshold = 0.5
    f1 = explorer.at()["calibration"]["f1"]
    assert repr(explorer) == (
        f"CalibrationExplorer(120 queries, 120 held out, threshold 0.5, f1 {f1:.4g})"
    )


def test_metrics_are_the_librarys():
    from simnb.classification_metrics import names

    library = [make_classification_metric(own) for own in names()]
    own = {metric.name for metric in library if type(metric).__module__.startswith("simnb.")}
    assert own == {*LIBRARY, "false_accept_rate", "false_reject_rate"}


def test_numbers_of_numpy_are_numbers_and_texts_and_switches_are_none(explorer):
    explorer.threshold = np.float32(0.25)
    explorer.cost_ratio = np.float32(4)
    numbers = explorer.threshold, explorer.cost_ratio
    assert (numbers, {type(own) for own in numbers}) == ((0.25, 4.0), {float})
    for wrong in ("0.5", True, None, np.nan, np.inf):
        for name in ("threshold", "cost_ratio"):
            with pytest.raises(ValueError, match=f"`{name}` must be"):
                setattr(explorer, name, wrong)
            explorer.set_state({name: wrong})
    assert (explorer.threshold, explorer.cost_ratio) == numbers


@pytest.mark.parametrize(
    ("target", "message"),
    [
        ({"precision": 2}, "`target` must be a number from 0 to 1"),
        ("best", "`target` must be a number from 0 to 1"),
        ({"cost_ratio": -1}, "`target` must be a finite number of at least 0"),
        ({"f1": 1.0}, "`target`: no threshold has f1 of at least 1.0"),
        ({"maximize": None}, "`target` must be {'maximize': metric}"),
        ({"maximize": "nope"}, "Unknown classification metric"),
    ],
)
def test_what_cannot_be_chosen_is_said_of_the_target(explorer, target, message):
    (answer,) = request(explorer, "choose", target=target)
    assert message in answer["message"]
    assert "thresholds_targets" not in answer["message"]
    before = explorer.threshold
    with pytest.raises(ValueError, match=re.escape(message)):
        explorer.choose(target)
    assert explorer.threshold == before


@pytest.mark.parametrize(
    ("kind", "message"),
    [
        ("choose", "`target` must be a number from 0 to 1"),
        ("band", "`confidence` must be between 0 and 1"),
        ("card", "`row` must be a row number"),
        ("thumbnails", "there are no images"),
    ],
)
def test_a_message_without_its_key_is_told_what_it_lacks(explorer, kind, message):
    (answer,) = request(explorer, kind)
    assert message in answer["message"]


def test_code_without_a_threshold_is_that_of_the_one_set(explorer):
    (answer,) = request(explorer, "code")
    assert answer["text"] == explorer.code()


def test_bands_of_many_confidences_are_not_all_kept(explorer):
    for confidence in (0.5, 0.6, 0.5):
        (answer,) = request(explorer, "band", confidence=confidence)
        assert answer["type"] == "answer"
    assert len(explorer._bands) == 1


def test_its_repr_counts_one_query_as_one():
    made = CalibrationExplorer(looked_up([0.5], [1]), [1])
    assert repr(made).startswith("CalibrationExplorer(1 query, ")
    alone = CalibrationExplorer(made.results)
    assert repr(alone).startswith("CalibrationExplorer(1 threshold, ")
    made.close()
    alone.close()


def test_a_metric_that_is_a_rate_of_none_of_the_queries_is_no_target():
    made = CalibrationExplorer(looked_up([0.1, 0.2], [1, 1]), [1, 1], known_classes=[1])
    with pytest.raises(ValueError, match=r"`target` must be defined.*: false_accept_rate"):
        made.choose({"maximize": "false_accept_rate"})
    made.close()
