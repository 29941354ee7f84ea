"""The session's own rules: skips are listed, and in CI some of them are failures."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

INNER = """
import pytest

@pytest.mark.mnist
def test_needs_digits():
    pytest.skip("no digits here")

@pytest.mark.xfail(reason="known")
@pytest.mark.browser
def test_is_expected_to_fail():
    assert False

def test_plain():
    pytest.skip("never mind")
"""


@pytest.mark.parametrize(("ci", "exit_code"), [("1", 1), ("", 0)])
def test_a_skipped_mnist_test_fails_the_session_only_in_ci(tmp_path, ci, exit_code):
    shutil.copy(Path(__file__).with_name("conftest.py"), tmp_path)
    (tmp_path / "pytest.ini").write_text("[pytest]\nmarkers =\n  mnist: x\n  browser: x\n")
    (tmp_path / "test_inner.py").write_text(INNER)
    finished = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(tmp_path)],
        capture_output=True,
        text=True,
        env={**os.environ, "SIMNB_CI": ci, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
        check=False,
    )
    assert finished.returncode == exit_code, finished.stdout
    assert "1 × no digits here" in finished.stdout
    assert "1 × never mind" in finished.stdout
    assert ("test_needs_digits: SIMNB_CI=1" in finished.stdout) == (ci == "1")
    assert "test_plain: SIMNB_CI=1" not in finished.stdout
