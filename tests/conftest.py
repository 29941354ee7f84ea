"""Settings of the test session, and the account of what it did not run."""

import os
import tempfile
from collections import Counter

# Before any test imports Keras, a progress bar or a lesson: they read these once.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ["TQDM_DISABLE"] = "1"
os.environ["SIMNB_FAST"] = "1"

import pytest
from hypothesis import settings

_cache = tempfile.TemporaryDirectory(prefix="simnb-cache-")  # gone with the session
os.environ["SIMNB_CACHE"] = _cache.name

# The same examples on every machine, however slow, and no database left behind.
settings.register_profile("simnb", derandomize=True, deadline=None, database=None, max_examples=40)
settings.load_profile("simnb")

# What CI must not pass over: it has the digits and a browser.
_NEVER_SKIPPED_IN_CI = {"mnist", "browser"}
_missed = []

# What runs on CIFAR-10, or, where it is not, on drawn images of its form.
_PHOTOGRAPHS = (
    "notebooks/02_cifar10.ipynb",
    "solutions/02_cifar10.ipynb",
    "notebooks/03_look_at_what_you_learned.ipynb",
    "solutions/03_look_at_what_you_learned.ipynb",
    "test_keras_io_program",
)
_drawn = []


def pytest_collection_modifyitems(items):
    chosen = [item.nodeid for item in items if any(part in item.nodeid for part in _PHOTOGRAPHS)]
    if chosen:
        from tests import photographs

        if photographs.provide() == "drawn":
            _drawn.extend(chosen)


def pytest_runtest_logreport(report):
    skipped = report.skipped and not hasattr(report, "wasxfail")
    never = bool(_NEVER_SKIPPED_IN_CI & set(report.keywords))
    if skipped and never and os.environ.get("SIMNB_CI") == "1":
        _missed.append(report.nodeid)


def pytest_sessionfinish(session):
    if _missed:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter):
    skipped = [
        report
        for report in terminalreporter.stats.get("skipped", [])
        if isinstance(report.longrepr, tuple)
    ]
    if skipped:
        terminalreporter.section("not run, and why")
        reasons = Counter(report.longrepr[2].removeprefix("Skipped: ") for report in skipped)
        for reason, count in reasons.most_common():
            terminalreporter.line(f"{count:>4} × {reason}")
    if _drawn:
        terminalreporter.section("run on drawn images, since CIFAR-10 is not on this machine")
        places = Counter(nodeid.partition("::")[0] for nodeid in _drawn)
        for place, count in places.items():
            terminalreporter.line(f"{count:>4} × {place}")
    for nodeid in _missed:
        terminalreporter.line(
            f"FAILED {nodeid}: SIMNB_CI=1 does not allow it to be skipped", red=True
        )
