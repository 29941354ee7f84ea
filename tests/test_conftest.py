"""The session's own rules: skips and drawn data are listed, and in CI some skips are failures."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
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


PROVIDE = """
NAMES = {"cifar10": "CIFAR-10", "oxford_iiit_pet": "Oxford Pets"}

def provide(names):
    print("asked for", *names)
    return [name for name in names if name in DRAWN]
"""
CIFAR10 = ["02_cifar10.ipynb", "03_look_at_what_you_learned.ipynb", "test_keras_io_program.py"]
PETS = ["04_oxford_pets.ipynb", "05_classes_never_seen.ipynb", "06_bring_your_own_data.ipynb"]


def collected(folder, files, drawn):
    """What a session says that collects these files where the data sets `drawn` are not."""
    shutil.copy(Path(__file__).with_name("conftest.py"), folder)
    (folder / "pytest.ini").write_text("[pytest]\n")
    (folder / "tests").mkdir()
    (folder / "tests" / "photographs.py").write_text(f"{PROVIDE}\nDRAWN = {drawn}\n")
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("pass")])
    for file in files:
        whole = nbformat.writes(notebook) if file.endswith(".ipynb") else "def test_a(): pass"
        (folder / file).write_text(whole)
    plugins = ["-p", "no:cacheprovider", "-p", "nbval.plugin", "--nbval-lax"]
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-s", "--collect-only", *plugins],
        cwd=folder,
        capture_output=True,
        text=True,
        env={**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
        check=True,
    ).stdout


def test_the_summary_names_the_data_that_were_drawn_and_what_ran_on_them(tmp_path):
    said = collected(tmp_path, CIFAR10 + PETS, drawn=["cifar10", "oxford_iiit_pet"])
    assert "asked for cifar10 oxford_iiit_pet\n" in said
    _, cifar10, pets = said.split(" run on drawn images, since ")
    assert cifar10.startswith("CIFAR-10 is not on this machine")
    assert pets.startswith("Oxford Pets is not on this machine")
    for listed, files in ((cifar10, CIFAR10), (pets, PETS)):
        assert [file for file in CIFAR10 + PETS if f"1 × {file}" in listed] == files


def test_only_what_the_chosen_tests_need_is_provided(tmp_path):
    said = collected(tmp_path, ["01_hello_world.ipynb", PETS[1]], drawn=["cifar10"])
    assert "asked for oxford_iiit_pet\n" in said
    assert "drawn images" not in said


def test_a_session_without_photographs_asks_for_none(tmp_path):
    assert "asked for" not in collected(tmp_path, ["01_hello_world.ipynb"], drawn=["cifar10"])
