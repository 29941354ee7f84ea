"""What every figure of an evaluation must do, with every backend, on queries of every kind."""

import copy
import inspect
import io
import json
import re
import warnings

import numpy as np
import pytest
from matplotlib import pyplot as plt
from matplotlib.figure import Figure
from matplotlib.text import Text

from simnb import visualization
from tests.visualization.cases import BACKENDS, CASES, FIGURES, IMAGES, NASTY, PICTURES

each_figure = pytest.mark.parametrize("name", FIGURES)
each_picture = pytest.mark.parametrize("name", PICTURES)
each_backend = pytest.mark.parametrize("backend", BACKENDS)
each_case = pytest.mark.parametrize("kind", CASES)


def png(figure):
    stream = io.BytesIO()
    figure.savefig(stream, format="png")
    return stream.getvalue()


def document(figure):
    """A Bokeh figure as JSON, its models numbered from 1."""
    from bokeh.embed import json_item

    text = json.dumps(json_item(figure)["doc"]["roots"], sort_keys=True)
    numbers = {}
    return re.sub(r'"p\d+"', lambda own: f'"{numbers.setdefault(own[0], len(numbers))}"', text)


def content(figure):
    return png(figure) if isinstance(figure, Figure) else document(figure)


def state(case):
    parts = case.lookups.ids, case.lookups.distances, case.lookups.labels, case.truth, case.known
    return copy.deepcopy((*parts, case.results.to_json()))


def test_every_function_with_a_backend_is_tested_here():
    functions = {name: getattr(visualization, name) for name in visualization.__all__}
    drawing = {n for n, own in functions.items() if "backend" in inspect.signature(own).parameters}
    assert drawing == set(FIGURES)


def test_every_figure_of_images_is_tested_here():
    functions = {name: getattr(visualization, name) for name in visualization.__all__}
    names = {own.__name__ for own in functions.values()}
    drawing = {n for n in names if "fig_size" in inspect.signature(functions[n]).parameters}
    assert drawing == set(PICTURES)


@each_picture
def test_a_figure_of_images_comes_back_the_same_twice_and_changes_nothing(name):
    labels, before, known_to_pyplot = list("abcd"), IMAGES.copy(), plt.get_fignums()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        one, other = (PICTURES[name](labels) for _ in range(2))
        assert isinstance(one, Figure)
        assert png(one) == png(other)
    assert labels == list("abcd")
    assert np.array_equal(IMAGES, before)
    assert plt.get_fignums() == known_to_pyplot


@each_picture
def test_a_users_label_is_drawn_letter_by_letter(name):
    figure = PICTURES[name](NASTY)
    png(figure)
    titles = [axes.title for axes in figure.axes]
    shown = [title._preprocess_math(title.get_text()) for title in titles]
    assert not any(is_math for _, is_math in shown)
    assert all(label in text for label, (text, _) in zip(NASTY, shown, strict=True))


@each_case
@each_backend
@each_figure
def test_a_figure_comes_back_complete_and_the_same_twice(name, backend, kind):
    case = CASES[kind]()
    before, known_to_pyplot = state(case), plt.get_fignums()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        one, other = (FIGURES[name](case, backend) for _ in range(2))
        assert content(one) == content(other)
    for earlier, now in zip(before, state(case), strict=True):
        np.testing.assert_array_equal(earlier, now)
    assert plt.get_fignums() == known_to_pyplot
    if backend == "matplotlib":
        assert isinstance(one, Figure)
        axes = one.axes[0]
        words = axes.get_title(), axes.get_xlabel(), axes.get_ylabel()
        assert len(png(one)) < 100_000
    else:
        from bokeh.plotting import figure

        assert isinstance(one, figure)
        words = one.title.text.text, one.xaxis.axis_label.text, one.yaxis.axis_label.text
    assert all(words)


@each_figure
def test_matplotlib_reads_no_mathematics_in_a_users_text(name):
    figure = FIGURES[name](CASES["user's text"](), "matplotlib")
    png(figure)  # which would fail on mathematics that is none
    texts = [own for own in figure.findobj(Text) if own.get_text()]
    # Numbers of axes may be set as mathematics, and they are not the user's.
    shown = [own._preprocess_math(own.get_text()) for own in texts]
    assert not [text for text, is_math in shown if is_math and "mathdefault" not in text]
    if name == "confusion_matrix":
        assert {own[:10] for own in NASTY} <= {text[:10] for text, _ in shown}
        assert figure.axes[0].title._preprocess_math(figure.axes[0].get_title())[0] == NASTY[1]


@each_figure
def test_bokeh_gets_a_users_text_only_where_it_is_neither_html_nor_mathematics(name):
    figure = FIGURES[name](CASES["user's text"](), "bokeh")
    places = {
        f"{type(model).__name__}.{own}"
        for model in figure.references()
        for own, value in model.properties_with_values().items()
        if any(text[:8] in repr(value) for text in NASTY)
    }
    # What the browser makes of these is looked at in test_browser.py.
    assert places
    assert places <= {
        "PlainText.text",
        "LegendItem.label",
        "ColumnDataSource.data",
        "GlyphRenderer.name",
    }


@each_figure
def test_bokehs_figures_are_as_wide_as_the_page_and_say_what_is_under_the_pointer(name):
    from bokeh.models import HoverTool, Legend

    figure = FIGURES[name](CASES["usual"](), "bokeh")
    assert figure.sizing_mode == "stretch_width"
    assert figure.toolbar.logo is None
    hovers = figure.select(HoverTool)
    assert all(hover.tooltips for hover in hovers)
    assert len(list(hovers)) > 0
    legends = list(figure.select(Legend))
    assert [legend.click_policy for legend in legends] == ["hide"] * len(legends)
    assert len(legends) == (name != "confusion_matrix")


@each_backend
@pytest.mark.parametrize("name", set(FIGURES) - {"confusion_matrix"})
def test_nothing_is_told_by_colour_alone(name, backend):
    figure = FIGURES[name](CASES["usual"](), backend)
    if backend == "matplotlib":
        handles, _ = figure.axes[0].get_legend_handles_labels()
        looks = [
            (own.get_linestyle(), getattr(own, "_dash_pattern", None), _marker(own))
            for own in handles
        ]
    else:
        glyphs = [item.renderers[0].glyph for item in figure.legend[0].items]
        looks = [(str(own.line_dash), str(getattr(own, "marker", None))) for own in glyphs]
    assert len(looks) > 2
    assert len(set(map(str, looks))) == len(looks)


def _marker(handle):
    return handle.get_marker() if hasattr(handle, "get_marker") else None


@each_figure
@pytest.mark.parametrize("backend", ["Bokeh", "plotly", None])
def test_other_backends_are_refused(name, backend):
    with pytest.raises(ValueError, match=r"`backend` must be one of 'matplotlib', 'bokeh'"):
        FIGURES[name](CASES["usual"](), backend)


@pytest.mark.parametrize("results", [None, {}, "optimal"])
@pytest.mark.parametrize("name", ["metrics_by_threshold", "precision_recall_curve"])
def test_what_is_no_calibration_is_refused(name, results):
    with pytest.raises(ValueError, match=r"`results` must be CalibrationResults: calibrate first"):
        getattr(visualization, name)(results)
