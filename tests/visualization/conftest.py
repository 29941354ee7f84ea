"""A browser that opens figures as a reader does: from a file, without a network."""

import contextlib

import pytest

from simnb.visualization import save_html
from tests import chromium as browsers

READY = """() => {
    const views = [...Bokeh.index];
    return views.length > 0 && views.every(view => view.has_finished());
}"""
_READING = ["willReadFrequently"]  # Chromium's advice to the tests


@pytest.fixture(scope="module")
def chromium():
    """A browser, for one module: Playwright does not run twice at a time."""
    with browsers.started() as browser:
        yield browser


@pytest.fixture
def opened(chromium, tmp_path):
    """Opens a figure's page; at the end nothing may have gone wrong on it, or left it."""
    troubles = []
    with contextlib.ExitStack() as pages:

        def show(figure):
            own = browsers.offline_page(chromium, width=1000, height=900, expected=_READING)
            page, trouble = pages.enter_context(own)
            troubles.append(trouble)
            page.goto(save_html(figure, tmp_path / "figure.html").as_uri())
            page.wait_for_function(READY)
            return page

        yield show
    assert [own for trouble in troubles for own in trouble] == []
