"""What a user does with a calibration explorer, and that its page has the library's numbers."""

import re

import numpy as np
import pytest

from simnb.calibration import evaluate_at, match
from simnb.types import Lookups
from simnb.widgets import CalibrationExplorer
from tests.calibration.world import looked_up
from tests.widgets.calibration_explorer.calibration_page import explored
from tests.widgets.calibration_explorer.calibrations import indexed, noisy
from tests.widgets.cases import NASTY

pytestmark = pytest.mark.browser

NAMES = ["ant", "bee", "cat", "dog", "elk"]
RED = "own => own.getContext('2d').getImageData(32, 32, 1, 1).data[0]"


def on_noisy(**more):
    """An explorer of queries at distances of two digits, many of them equal."""
    lookups, truth = noisy()
    return CalibrationExplorer(lookups, truth, **more)


@pytest.fixture
def page(chromium):
    with explored(chromium, on_noisy(class_names=NAMES)) as page:
        yield page


def assert_numbers(page, lookups, truth, threshold, column=0, **known):
    """The numbers of the page are those that the library has of these queries."""
    shown = page.numbers()
    expected = evaluate_at(lookups, truth, threshold, list(shown), **known)
    for name, values in shown.items():
        assert float(values[column]) == pytest.approx(expected[name][0], abs=5.001e-5), name


def limits_around(lookups):
    """Thresholds at distances, between them, and on both sides of all."""
    distances = np.unique(lookups.distances[np.isfinite(lookups.distances)])
    at = distances[:: max(1, len(distances) // 8)]
    return [*at.tolist(), *(at + 0.004).tolist(), distances[0] - 1, distances[-1] + 1]


def test_the_numbers_are_those_of_evaluate_at_and_match_at_any_threshold(chromium):
    (lookups, truth), (held, held_truth) = noisy(), noisy(1)
    with explored(chromium, on_noisy(held_out=(held, held_truth))) as page:
        for threshold in limits_around(lookups):
            page.move(threshold)
            assert_numbers(page, lookups, truth, threshold)
            assert_numbers(page, held, held_truth, threshold, column=1)
            answers = match(lookups, threshold)
            given, right = answers >= 0, lookups.labels[:, 0] == truth
            counts = {name: [int(own) for own in cells] for name, *cells in page.table("Answers")}
            assert counts == {
                "right": [(given & right).sum(), (~given & right).sum()],
                "wrong": [(given & ~right).sum(), (~given & ~right).sum()],
            }


@pytest.mark.parametrize("distance", ["euclidean", "inner_product"])
def test_queries_of_unknown_classes_are_told_apart(distance, chromium):
    index, queries, truth = indexed(distance)
    lookups = index.query(queries, 1)
    explorer = CalibrationExplorer(index, queries, truth)
    with explored(chromium, explorer) as page:
        assert "false_accept_rate" in page.numbers()
        for threshold in limits_around(lookups):
            page.move(threshold)
            assert_numbers(page, lookups, truth, threshold, known_classes=range(4))
            given = match(lookups, threshold, no_match_label=-1) >= 0
            unknown = page.table("Answers")[2]
            assert unknown[1:] == [
                str((given & (truth == 4)).sum()),
                str((~given & (truth == 4)).sum()),
            ]
        page.tab("Classes")
        badges = page.view().locator(".simnb-badge:visible")
        assert badges.locator("xpath=..").all_inner_texts() == ["4unknown"]


@pytest.mark.parametrize("distance", ["euclidean", "inner_product"])
def test_arrow_keys_go_through_the_thresholds_of_calibrate(distance, chromium):
    index, queries, truth = indexed(distance)
    explorer = CalibrationExplorer(index, queries, truth)
    thresholds = np.sort(explorer.results.thresholds["distance"])
    with explored(chromium, explorer) as page:
        page.move(float(thresholds[10]))
        page.slider.focus()
        for key, place in [
            ("ArrowRight", 11),
            ("ArrowUp", 12),
            ("ArrowLeft", 11),
            ("PageUp", 15),
            ("PageDown", 11),
        ]:
            page.press(key)
            assert explorer.threshold == thresholds[place], key
        low, high = ("Home", "End") if distance == "euclidean" else ("End", "Home")
        page.press(low)
        assert explorer.at()["calibration"]["given"] == 0
        assert page.status().startswith("0 of 80 queries answered")
        page.press(high)
        assert explorer.at()["calibration"]["given"] == 80
        assert page.slider.get_attribute("aria-valuetext").endswith(page.status())


def test_the_page_needs_no_python_to_follow_the_threshold(page):
    lookups, truth = noisy()
    page.bare.disconnect()
    page.slider.focus()
    for key in ["PageDown", "PageDown", "ArrowRight"]:
        page.press(key)
        assert_numbers(page, lookups, truth, page.bare.get("threshold"))


def test_only_the_threshold_is_sent_while_it_moves(page):
    page.bare.to_python.clear()
    box = page.slider.bounding_box()
    page.page.mouse.move(box["x"] + box["width"] / 2, box["y"] + 11)
    page.page.mouse.down()
    for step in range(10):
        page.page.mouse.move(box["x"] + box["width"] * (0.5 + step / 30), box["y"] + 11)
    page.page.mouse.up()
    page.settle()
    assert set(page.bare.to_python.messages_of) == {"threshold"}
    assert page.explorer.threshold == page.bare.get("threshold")
    # It is a short number, which decides as the place of the thumb does.
    assert page.explorer.threshold == float(f"{page.explorer.threshold:.4g}")


@pytest.mark.parametrize("chart", ["curves", "histogram"])
def test_the_threshold_is_dragged_in_the_charts_too(chart, page):
    box = page.view().locator(f".simnb-{chart}").bounding_box()
    thumb = page.slider.bounding_box()
    for part in (0.3, 0.6):
        x = thumb["x"] + 9 + part * (thumb["width"] - 18)
        page.page.mouse.click(x, box["y"] + box["height"] / 2)
        page.settle()
        assert float(page.slider.input_value()) == pytest.approx(part, abs=0.01)
        assert page.explorer.threshold == pytest.approx(float(page.bare.get("threshold")))


def test_a_number_is_typed(page):
    box = page.view().get_by_label("Threshold (distance)")
    box.fill("0.25")
    box.press("Enter")
    page.settle()
    assert page.explorer.threshold == 0.25
    box.fill("")
    box.press("Tab")
    page.settle()
    assert (page.explorer.threshold, box.input_value()) == (0.25, "0.25")


def pair_of(page):
    """Labels of the cell that the readout tells of."""
    words = page.readout().split(" of class ")[1]
    return [NAMES.index(own) for own in words.split(" answered ")]


def test_a_click_on_a_cell_shows_its_mistakes_the_nearest_the_threshold_first(page):
    explorer = page.explorer
    page.move(0.9)
    matrix = explorer.decisions.confusion(0.9)[1]
    seen = set()
    for row, right in [(0, 4), (3, 1), (1, 2), (2, 3), (4, 0), (0, 2), (2, 4), (1, 3)]:
        # Cells are 64 pixels wide, beside names of about 30 and below those of 22.
        page.grid.click(position={"x": 62 + 64 * right, "y": 54 + 64 * row})
        page.settle()
        told = re.search(
            r"(\d+) quer\w+ of class (\w+) answered (\w+): wrong", page.view().inner_text()
        )
        if told is None:  # the cell is empty, or its answer right
            continue
        truth, answer = NAMES.index(told[2]), NAMES.index(told[3])
        seen.add((truth, answer))
        expected = explorer.mistakes(truth, answer, kind="wrong")
        assert page.gallery() == expected.tolist()
        assert explorer.selection == sorted(expected.tolist())
        assert int(told[1]) == len(expected) == matrix[truth, answer]
    assert len(seen) >= 3


def test_the_matrix_is_walked_by_keyboard(page):
    explorer = page.explorer
    page.move(0.9)
    matrix = explorer.decisions.confusion(0.9)[1]
    wrong = [(a, b) for a in range(5) for b in range(5) if a != b and matrix[a, b]]
    page.grid.focus()
    for truth, answer in wrong:
        page.press("n")
        assert pair_of(page) == [truth, answer]
        assert page.readout().startswith(f"{matrix[truth, answer]} of {matrix[truth].sum()} ")
        if matrix[truth, answer] > 1:
            break
    page.press("Enter")
    found = page.gallery()
    assert found == explorer.mistakes(truth, answer, kind="wrong").tolist()
    assert page.page.evaluate("document.activeElement.role") == "heading"
    page.press("Tab", "Tab", "ArrowRight", "Enter")
    assert explorer.clicked == found[1]
    page.press("Escape")
    assert explorer.selection == []
    assert not page.view().locator(".simnb-gallery").is_visible()
    assert page.grid.evaluate("own => own === document.activeElement")
    page.press("End", "Enter")
    decided = explorer.decisions
    withheld = np.flatnonzero(~decided.given(0.9) & (decided.truth == truth))
    assert sorted(page.gallery()) == withheld.tolist()


def test_of_mistakes_alone_the_last_column_has_what_was_right_and_withheld(page):
    page.move(0.3)
    page.button("Only mistakes").click()
    page.grid.focus()
    page.press("ArrowDown", "End", "Enter")
    assert "missed" in page.readout()
    assert page.gallery() == page.explorer.mistakes(truth=1, kind="missed").tolist() != []


@pytest.mark.parametrize(("name", "kind"), [("All wrong", "wrong"), ("All missed", "missed")])
def test_all_mistakes_of_a_kind_come_sixty_at_a_time(name, kind, chromium):
    lookups, truth = noisy(count=900)
    with explored(chromium, CalibrationExplorer(lookups, truth)) as page:
        page.move(1.2 if kind == "wrong" else 0.4)
        page.button(name).click()
        page.settle()
        expected = page.explorer.mistakes(kind=kind).tolist()
        assert len(expected) > 130
        assert page.gallery() == expected[:60]
        page.button(f"60 more of {len(expected) - 60}").click()
        assert page.gallery() == expected[:120]
        assert page.explorer.selection == sorted(expected)


def test_what_is_most_often_confused_is_listed_and_leads_to_its_queries(page):
    page.move(1.0)
    page.settle()
    matrix = page.explorer.decisions.confusion(1.0)[1][:, :5] * (1 - np.eye(5, dtype=int))
    lines = page.view().locator(".simnb-listed button")
    counts = [int(own) for own in lines.locator(".simnb-count").all_inner_texts()]
    assert counts == sorted(matrix.ravel().tolist(), reverse=True)[: len(counts)]
    lines.first.click()
    page.settle()
    assert len(page.gallery()) == matrix.max()


def test_the_table_of_classes_is_that_of_per_class(page):
    page.tab("Classes")
    for threshold in (0.3, 0.8):
        page.move(threshold)
        page.settle()
        expected = page.explorer.per_class(threshold).sort_values(
            "wrong", ascending=False, kind="stable"
        )
        shown = page.table("Metrics of each class's queries")
        assert [own[0] for own in shown] == expected.index.tolist()
        for cells, (_, own) in zip(shown, expected.iterrows(), strict=True):
            assert cells[1:4] == [str(int(own[name])) for name in ("queries", "wrong", "missed")]
            rates = own[["precision", "recall", "f1", "coverage", "accuracy"]].astype(float)
            np.testing.assert_allclose([float(cell) for cell in cells[4:]], rates, atol=5.001e-5)
    page.button("recall").click()
    head = page.view().get_by_role("columnheader", name="recall")
    assert head.get_attribute("aria-sort") == "descending"
    recalls = [float(cells[5]) for cells in page.table("Metrics of each class's queries")]
    assert recalls == sorted(recalls, reverse=True)
    page.view().get_by_label("Search classes").fill("E")
    assert {cells[0] for cells in page.table("Metrics of each class's queries")} == {"bee", "elk"}
    page.view().get_by_role("button", name="wrong of bee").click()
    page.settle()
    assert page.gallery() == page.explorer.mistakes(truth=1, kind="wrong").tolist()


@pytest.mark.parametrize(
    ("way", "metric", "goal", "target"),
    [
        ("best", "precision", None, {"maximize": "precision"}),
        ("reach", "recall", "0.6", {"recall": 0.6}),
        ("reach", "fpr", "0.2", {"fpr": 0.2}),
        ("equal", None, None, "equal_error_rate"),
    ],
)
def test_the_library_chooses_the_threshold(way, metric, goal, target, page):
    page.view().get_by_label("Threshold for").select_option(way)
    if metric:
        page.view().get_by_label("Metric", exact=True).select_option(metric)
    if goal:
        page.view().get_by_label("Target", exact=True).fill(goal)
    page.button("Choose").click()
    page.settle()
    found = page.explorer.threshold
    again = on_noisy()
    again.choose(target)
    assert found == again.threshold
    again.close()


def test_what_no_threshold_reaches_is_said(chromium):
    made = CalibrationExplorer(looked_up(np.array([0.1, 0.2]), np.array([1, 2])), [2, 2])
    with explored(chromium, made, expected=["refused the request"]) as page:
        before = made.threshold
        page.view().get_by_label("Threshold for").select_option("reach")
        page.view().get_by_label("Metric", exact=True).select_option("precision")
        page.view().get_by_label("Target", exact=True).fill("0.9")
        page.button("Choose").click()
        page.wait_for(lambda: "no threshold has precision of at least 0.9" in page.status())
        assert made.threshold == before


def test_the_least_cost_is_the_librarys(page):
    page.tab("Cost")
    for ratio in (1, 0.2, 30):
        box = page.view().get_by_label("A wrong answer costs")
        box.fill(str(ratio))
        box.press("Enter")
        page.settle()
        assert page.explorer.cost_ratio == ratio
        page.view().get_by_role("button", name="Go to the least").click()
        page.settle()
        found = page.explorer.threshold
        page.explorer.choose({"cost_ratio": ratio})
        assert found == page.explorer.threshold
    box.fill("-1")
    box.press("Enter")
    page.settle()
    assert (page.explorer.cost_ratio, box.input_value()) == (30, "30")


def test_cut_points_are_buttons_and_the_threshold_becomes_one(chromium):
    index, queries, truth = indexed()
    targets = {"none": {"cost_ratio": 1e6}, "even": "equal_error_rate"}
    made = CalibrationExplorer(index, queries, truth, thresholds_targets=targets)
    with explored(chromium, made) as page:
        page.view().get_by_role("button", name="even").click()
        page.settle()
        assert made.threshold == made.results.cutpoint("even")
        assert (
            page.view().get_by_role("button", name="even").get_attribute("aria-pressed") == "true"
        )
        page.view().get_by_label("Name of the cut point").fill("<b>mine</b>")
        page.button("Apply to the index").click()
        page.wait_for(lambda: index.calibration is not None)
        assert index.calibration.cutpoint("<b>mine</b>") == made.threshold
        page.settle()
        assert "<b>mine</b>" in page.status()
        page.view().get_by_role("button", name="<b>mine</b>").wait_for()


def test_the_code_gives_the_answers(page):
    lookups, truth = noisy()
    page.button("Copy as code").click()
    code = page.view().get_by_label("Python code")
    code.wait_for()
    names = {"lookups": lookups, "labels": truth}
    exec(code.input_value(), names)
    np.testing.assert_array_equal(names["answers"], match(lookups, page.explorer.threshold))


def test_the_band_is_drawn_around_the_curves(page):
    curves = page.view().locator(".simnb-curves canvas").first
    before = curves.evaluate("own => own.toDataURL()")
    page.button("Bootstrap band").click()
    page.wait_for(lambda: page.button("Bootstrap band").get_attribute("aria-pressed") == "true")
    page.settle()
    assert curves.evaluate("own => own.toDataURL()") != before
    page.button("Bootstrap band").click()
    page.settle()
    assert curves.evaluate("own => own.toDataURL()") == before


def test_boxes_show_and_hide_curves_and_python_says_which_stands_out(page):
    curves = page.view().locator(".simnb-curves canvas").first
    before = curves.evaluate("own => own.toDataURL()")
    page.view().get_by_role("checkbox", name="npv").check()
    assert curves.evaluate("own => own.toDataURL()") != before
    page.view().get_by_role("checkbox", name="npv").uncheck()
    assert curves.evaluate("own => own.toDataURL()") == before
    page.explorer.metric = "npv"
    page.settle()
    assert page.view().get_by_role("checkbox", name="npv").is_checked()
    assert page.view().locator(".simnb-chosen th").inner_text().strip() == "npv"


def test_names_of_markup_and_script_are_text(chromium):
    lookups, truth = noisy(classes=len(NASTY))
    made = CalibrationExplorer(
        lookups, truth, class_names=NASTY, title=NASTY[0], metadata={"<b>": [NASTY[1]] * 120},
        thresholds_targets={NASTY[0]: 0.5},
    )  # fmt: skip
    with explored(chromium, made) as page:
        page.move(1.2)
        for tab in ("Curves", "Confusions", "Classes", "Cost"):
            page.tab(tab)
        page.tab("Confusions")
        page.button("All wrong").click()
        page.view().locator(".simnb-item").first.hover()
        page.wait_for(lambda: page.view().get_by_role("tooltip").is_visible())
        page.grid.focus()
        page.press("n", "n", "Enter")
        page.tab("Classes")
        texts = page.view().inner_text()
        assert NASTY[0] in texts
        assert NASTY[1] in texts
        assert page.view().locator("script, .simnb img[onerror]").count() == 0
        assert page.page.title() == ""


def test_two_views_agree(chromium):
    with explored(chromium, on_noisy(class_names=NAMES), views=2) as page:
        page.slider.focus()
        page.press("PageDown", "PageDown")
        assert page.numbers(0) == page.numbers(1)
        page.button("All missed").click()
        page.settle()
        items = [page.view(view).locator(".simnb-item b").all_inner_texts() for view in (0, 1)]
        assert items[0] == items[1] != []
        page.bare.remove_view(0)
        page.move(0.3)
        lookups, truth = noisy()
        assert_numbers(page, lookups, truth, 0.3)


def test_a_reload_keeps_what_python_holds(page):
    page.slider.focus()
    page.press("PageDown", "ArrowLeft")
    page.button("All wrong").click()
    page.settle()
    before = page.explorer.threshold, page.explorer.selection, page.numbers(), page.gallery()
    page.bare.reload()
    page.settle()
    after = page.explorer.threshold, page.explorer.selection, page.numbers(), page.gallery()
    assert before == after


def test_a_selection_made_elsewhere_is_shown(page):
    page.explorer.selection = [3, 5, 8]
    page.settle()
    assert sorted(page.gallery()) == [3, 5, 8]
    assert "selected" in page.heading()
    page.explorer.selection = []
    page.settle()
    assert not page.view().locator(".simnb-gallery").is_visible()


def test_thumbnails_are_the_queries_images(chromium):
    images = np.zeros((120, 6, 6, 3), np.uint8)
    images[..., 0] = np.arange(120)[:, None, None] * 2
    with explored(chromium, on_noisy(images=images)) as page:
        page.move(1.0)
        page.button("All wrong").click()
        page.settle()
        canvases = page.view().locator(".simnb-item canvas")
        for place in (0, 7):
            page.wait_for(
                lambda place=place: canvases.nth(place).evaluate(RED) == 2 * page.gallery()[place]
            )


CASES = {
    "one query": ([0.5], [1], [1]),
    "one class": ([0.1, 0.2, 0.3], [1, 1, 1], [1, 1, 1]),
    "all right": ([0.1, 0.2, 0.3], [0, 1, 2], [0, 1, 2]),
    "all wrong": ([0.1, 0.2, 0.3], [1, 2, 0], [0, 1, 2]),
    "all at one distance": ([0.5] * 4, [0, 0, 1, 1], [0, 1, 0, 1]),
    "far outlier": ([*np.linspace(0, 1, 200), 1e9], [0] * 201, [0, 1, 2] * 67),
    "tiny": ([1e-12, 2e-12], [0, 1], [0, 0]),
    "no neighbour for some": ([0.1, np.inf, np.inf], [0, 1, 0], [0, 1, 1]),
}


@pytest.mark.parametrize("case", CASES)
def test_odd_calibrations_open_and_move(case, chromium):
    distances, found, truth = CASES[case]
    lookups = looked_up(np.array(distances), np.array(found))
    with explored(chromium, CalibrationExplorer(lookups, truth)) as page:
        page.slider.focus()
        for key in ("Home", "ArrowRight", "End", "ArrowLeft"):
            page.press(key)
            assert_numbers(page, lookups, truth, page.explorer.threshold)
        for tab in ("Curves", "Classes", "Cost", "Confusions"):
            page.tab(tab)


def test_results_alone_show_their_curves(chromium):
    lookups, truth = noisy()
    other = on_noisy()
    results = other.results
    with explored(chromium, CalibrationExplorer(results)) as page:
        assert page.view().get_by_role("tab").all_inner_texts() == ["Curves"]
        assert page.view().locator(".simnb-histogram").count() == 0
        for cut in results.thresholds["distance"][::9].tolist():
            page.move(cut)
            assert_numbers(page, lookups, truth, cut)
    other.close()


def beyond_its_width(page):
    """How many pixels of the widget are not on the page."""
    root = page.view().locator(".simnb-calibration")
    return root.evaluate("own => own.scrollWidth - own.clientWidth")


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_narrow_page_has_room_for_all_of_it(theme, chromium):
    index, queries, truth = indexed()
    names = ["a long name of a class " * 3] * 5
    made = CalibrationExplorer(
        index, queries, truth, held_out=(queries + 1, truth), class_names=names
    )
    with explored(chromium, made, theme=theme, width=400) as page:
        for tab in ("Curves", "Confusions", "Classes", "Cost"):
            page.tab(tab)
            assert beyond_its_width(page) <= 0, tab
        page.tab("Confusions")
        page.button("All wrong").click()
        page.button("Copy as code").click()
        page.settle()
        assert beyond_its_width(page) <= 0


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_thousand_classes_are_walked_and_found(theme, chromium):
    rng = np.random.default_rng(0)
    truth = np.arange(4000) % 1000
    found = np.where(rng.random(4000) < 0.8, truth, rng.integers(0, 1000, 4000))
    made = CalibrationExplorer(
        Lookups(np.arange(4000)[:, None], rng.random((4000, 1)), labels=found[:, None]), truth,
        class_names=[f"class {own}" for own in range(1000)],
    )  # fmt: skip
    with explored(chromium, made, theme=theme, width=400) as page:
        page.grid.focus()
        page.press("n")
        given = made.decisions.given(made.threshold)
        wrong = sorted(
            zip(truth[given & (truth != found)], found[given & (truth != found)], strict=True)
        )
        assert f"of class class {wrong[0][0]} answered class {wrong[0][1]}" in page.readout()
        page.press("+", "+", "+", "n", "Enter")
        assert page.gallery() == made.mistakes(*wrong[1], kind="wrong").tolist()
        page.press("Escape", "0")
        page.button("Only mistakes").click()
        page.grid.focus()
        page.press("n", "n")
        assert f"of class class {wrong[1][0]} answered class {wrong[1][1]}" in page.readout()
        assert beyond_its_width(page) <= 0
