"""The JavaScript that ships: its own tests pass, and all of it can stand in one scope."""

import re
import shutil
import subprocess
from collections import Counter
from pathlib import Path

import pytest

from simnb.widgets.assets import STATIC

SCRIPTS = sorted(STATIC.glob("*.js"))
TESTS = sorted(Path(__file__).with_name("static").glob("*.test.js"))
NODE = shutil.which("node")
ENTRIES = {"calibration_explorer.js", "loss_explorer.js", "neighbor_viewer.js", "projector.js"}

# Doors through which a user's text could become code, and addresses of other machines.
FORBIDDEN = (
    r"http",
    r"(?:inner|outer)HTML",
    r"insertAdjacentHTML",
    r"document\s*\.\s*write",
    r"\beval\b",
    r"\bnew\s+Function\b",
    r"(?m)^(?!\s*/?\*).*\bimport\s*\(",  # fine in a comment: there it names a type
)
DECLARED = r"(?:export )?(?:async )?(?:function\*?|class|const|let|var)"

every_script = pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.name)


def top_level_names(source):
    """The names that lines without an indent declare, several of one `const` included."""
    declared = re.findall(rf"^{DECLARED} +(\w+|[{{\[][^=]*)", source, re.MULTILINE)
    return [name for part in declared for name in re.findall(r"\w+", part)]


def import_statements(source):
    return re.findall(r"^import\b[^;]*;", source, re.MULTILINE)


@pytest.mark.browser
@pytest.mark.skipif(NODE is None, reason="Node is not on this machine")
def test_the_scripts_pass_their_own_tests():
    finished = subprocess.run(
        [NODE, "--test", *map(str, TESTS)], capture_output=True, text=True, check=False
    )
    assert finished.returncode == 0, finished.stdout + finished.stderr
    assert re.search(r"^(?:#|ℹ) fail 0$", finished.stdout, re.MULTILINE), finished.stdout
    passed = re.search(r"^(?:#|ℹ) pass (\d+)$", finished.stdout, re.MULTILINE)
    written = sum(
        len(re.findall(r"^ *test\(", path.read_text("utf-8"), re.MULTILINE)) for path in TESTS
    )
    assert int(passed[1]) >= written > 0


@every_script
@pytest.mark.parametrize("door", FORBIDDEN)
def test_a_script_asks_no_other_machine_and_runs_no_text(path, door):
    assert re.findall(door, path.read_text("utf-8")) == []


@every_script
def test_a_script_exports_by_name_and_only_an_entry_by_default(path):
    source = path.read_text("utf-8")
    exports = re.findall(r"^[ \t]*export\b.*", source, re.MULTILINE)
    defaults = [line for line in exports if line.startswith("export default ")]
    assert len(defaults) == (path.name in ENTRIES)
    for line in exports:
        assert line in defaults or re.match(r"export (?:async )?(?:function|class|const) \w", line)


@every_script
def test_a_script_imports_names_that_a_neighbour_exports(path):
    source = path.read_text("utf-8")
    statements = import_statements(source)
    assert len(statements) == len(re.findall(r"^\s*import\b", source, re.MULTILINE))
    for statement in statements:
        found = re.fullmatch(r'import \{([\w,\s]+)\} from "\./(\w+\.js)";', statement)
        assert found, statement
        exported = re.findall(
            r"^export (?:async )?(?:function\*?|class|const) +(\w+)",
            (STATIC / found[2]).read_text("utf-8"),
            re.MULTILINE,
        )
        names = [name.strip() for name in found[1].split(",") if name.strip()]
        assert names
        assert set(names) <= set(exported), statement
        for name in names:
            assert len(re.findall(rf"\b{name}\b", source)) > 1, f"{name} is imported in vain"


def test_no_top_level_name_is_used_twice():
    # `assets.py` puts all modules into one scope.
    names = Counter(name for path in SCRIPTS for name in top_level_names(path.read_text("utf-8")))
    assert len(names) > len(SCRIPTS)
    assert [name for name, times in names.items() if times > 1] == []


def test_the_names_of_a_module_are_all_seen():
    source = """
import { other } from "./other.js";
const one = 1;
let [two, three] = [2, 3];
export const { four, five } = one;
export async function six() {
  const inner = 1;
}
export class Seven {}
function* eight() {}
"""
    expected = ["one", "two", "three", "four", "five", "six", "Seven", "eight"]
    assert top_level_names(source) == expected
