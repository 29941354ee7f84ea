"""A browser for the tests of the widgets."""

import pytest

from tests import chromium as browsers


@pytest.fixture(scope="module")
def chromium():
    """A browser, for one module: Playwright does not run twice at a time."""
    with browsers.started() as browser:
        yield browser
