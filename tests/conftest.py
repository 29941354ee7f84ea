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

# What runs on photographs, or, where they are not, on drawn images of their form.
_PHOTOGRAPHS = {
    "cifar10": (
        "02_cifar10.ipynb",
        "03_look_at_what_you_learned.ipynb",
        "test_keras_io_program.py",
    ),
    "oxford_iiit_pet": (
        "04_oxford_pets.ipynb",
        "05_classes_never_seen.ipynb",
        "06_bring_your_own_data.ipynb",
    ),
}
_drawn = {}


def pytest_collection_modifyitems(items):
    chosen = {
        name: [item.nodeid for item in items if item.path.name in files]
        for name, files in _PHOTOGRAPHS.items()
    }
    needed = [name for name, nodes in chosen.items() if nodes]
    if needed:
        from tests import photographs

        for name in photographs.provide(needed):
            _drawn[photographs.NAMES[name]] = chosen[name]


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
    for name, nodes in _drawn.items():
        terminalreporter.section(f"run on drawn images, since {name} is not on this machine")
        places = Counter(nodeid.partition("::")[0] for nodeid in nodes)
        for place, count in places.items():
            terminalreporter.line(f"{count:>4} × {place}")
    for nodeid in _missed:
        terminalreporter.line(
            f"FAILED {nodeid}: SIMNB_CI=1 does not allow it to be skipped", red=True
        )
