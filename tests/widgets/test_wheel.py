"""What is built carries all that a widget sends to its page."""

import importlib.util
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
STATIC = "simnb/widgets/static"


def test_the_wheel_carries_every_asset_and_no_test(tmp_path):
    for package in ("build", "hatchling"):
        if importlib.util.find_spec(package) is None:
            pytest.skip(f"needs the package {package}")
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation"]
    done = subprocess.run(
        [*command, "--outdir", str(tmp_path), str(ROOT)], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr
    (wheel,) = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        carried = {entry.filename: entry.file_size for entry in archive.infolist()}
    assets = {f"{STATIC}/{own.name}": own.stat().st_size for own in (ROOT / STATIC).iterdir()}
    assert f"{STATIC}/projector.js" in assets
    assert {name: size for name, size in carried.items() if name.startswith(STATIC)} == assets
    assert [name for name in carried if "test" in name] == []
