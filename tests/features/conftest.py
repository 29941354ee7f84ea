"""What the tests of features share."""

import pytest

from simnb.features import caching


@pytest.fixture
def runs(monkeypatch):
    """How often features have been computed."""
    count = []
    compiled = caching.compiled_forward
    monkeypatch.setattr(caching, "compiled_forward", lambda *a: count.append(1) or compiled(*a))
    return count
