import json
import re
import shutil
import subprocess

import pytest

from simnb.widgets import assets

ENTRIES = ["calibration_explorer", "loss_explorer", "neighbor_viewer", "projector"]


@pytest.mark.parametrize("name", ENTRIES)
def test_a_module_carries_all_that_it_imports_once(name):
    text = assets.module(name)
    assert "import" not in text
    assert re.findall(r"\bexport \w+", text) == ["export default"]
    assert len(re.findall(r"\bclass Requests\b", text)) == 1


@pytest.mark.parametrize("path", sorted(assets.STATIC.glob("*.js")), ids=lambda path: path.name)
def test_no_template_stands_within_another(path):
    # rjsmin would take the spaces out of the inner one.
    assert re.findall(r"`[^`]*\$\{[^}`]*`.*", path.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize("name", ENTRIES)
def test_what_a_widget_sends_is_small(name):
    assert len(assets.module(name).encode()) <= 60_000
    assert len(assets.style("widget", name).encode()) <= 12_000


def test_what_is_sent_is_a_module_that_javascript_loads(tmp_path):
    node = shutil.which("node")
    if node is None:
        pytest.skip("needs node")
    for name in ENTRIES:
        path = tmp_path / f"{name}.mjs"
        path.write_text(assets.module(name), encoding="utf-8")
        program = f"import({json.dumps(path.as_uri())}).then(own => console.log(typeof own.default.render))"
        done = subprocess.run([node, "-e", program], capture_output=True, text=True, check=True)
        assert done.stdout.strip() == "function"
