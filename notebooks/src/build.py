"""Build the lessons: `python notebooks/src/build.py [--check | --text] [--data-dir DIR] [name …]`.

From each src/NN_name.py (jupytext percent) come two notebooks, both executed:
notebooks/NN_name.ipynb, where the reader answers the exercises, and
notebooks/solutions/NN_name.ipynb, where they are answered. In the source,
`{{repository}}` stands for the address in pyproject.toml, `{{badges}}` for the row of
badges, and a cell tagged `solution` for an exercise; it ends in an assignment to the
answer.
"""

import argparse
import ast
import hashlib
import os
import re
import sys
import tempfile
import time
from pathlib import Path
from urllib.parse import quote

import jupytext
import nbformat
from nbclient import NotebookClient

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

SRC = Path(__file__).resolve().parent
NOTEBOOKS = SRC.parent
ROOT = NOTEBOOKS.parent
WIDGET = "application/vnd.jupyter.widget-view+json"
METADATA = {
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}


def repository() -> str:
    """Return the project's address, from pyproject.toml."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return project["urls"]["Repository"].rstrip("/")


def sources() -> list[Path]:
    return sorted(SRC.glob("[0-9][0-9]_*.py"))


def targets(source: Path) -> dict[Path, bool]:
    """Return the notebooks that a source makes, and whether each has the solutions."""
    name = source.with_suffix(".ipynb").name
    return {NOTEBOOKS / name: False, NOTEBOOKS / "solutions" / name: True}


def badges(path: str) -> str:
    """Return the row of badges of the notebook at `path`, seen from the repository's root."""
    address = repository()
    project = address.removeprefix("https://github.com/")
    colab = f"https://colab.research.google.com/github/{project}/blob/main/{path}"
    binder = f"https://mybinder.org/v2/gh/{project}/main?labpath={quote(path, safe='')}"
    github = "https://img.shields.io/badge/GitHub-source-555?logo=github"
    return (
        f"[![Open in Colab](https://colab.research.google.com/assets/colab-badge.svg)]({colab}) "
        f"[![Launch Binder](https://mybinder.org/badge_logo.svg)]({binder}) "
        f"[![See it on GitHub]({github})]({address}/blob/main/{path})"
    )


def compose(source: Path, target: Path, solved: bool) -> nbformat.NotebookNode:
    """Return the notebook without outputs, the same at every call."""
    notebook = jupytext.read(source, fmt="py:percent")
    notebook.metadata = nbformat.from_dict(METADATA)
    notebook.nbformat, notebook.nbformat_minor = 4, 5
    path = target.relative_to(ROOT).as_posix()
    if solved:
        note = f"This is lesson {source.stem[:2]} **with its exercises solved**."
        notebook.cells.insert(0, nbformat.v4.new_markdown_cell(note))
    ids = {}
    for cell in notebook.cells:
        text = cell.source.replace("{{badges}}", badges(path))
        cell.source = text.replace("{{repository}}", repository())
        tags = cell.metadata.get("tags", [])
        if "solution" in tags and not solved:
            cell.source = stub(cell.source)
            tags = ["exercise"]
        cell.metadata = nbformat.from_dict({"tags": tags} if tags else {})
        # An id from the text: a new cell leaves the other cells' ids as they are.
        digest = hashlib.sha256(cell.source.encode()).hexdigest()[:8]
        ids[digest] = ids.get(digest, 0) + 1
        cell.id = f"{digest}-{ids[digest]}"
    return notebook


def stub(solution: str) -> str:
    """Return what the reader finds in place of a solution.

    >>> stub("ten = range(10)\\nright = sum(ten)")
    'right = ...  # your answer'
    """
    last = ast.parse(solution).body[-1]
    if not (isinstance(last, ast.Assign) and isinstance(last.targets[0], ast.Name)):
        raise ValueError(
            f"A solution must end in an assignment to its answer. Received:\n{solution}"
        )
    return f"{last.targets[0].id} = ...  # your answer"


def execute(notebook: nbformat.NotebookNode) -> None:
    """Run the notebook in an empty folder; its outputs name no folder of this machine."""
    metadata = [dict(cell.metadata) for cell in notebook.cells]
    with tempfile.TemporaryDirectory() as folder:
        os.environ["SIMNB_CACHE"] = str(Path(folder) / "cache")  # a lesson leaves nothing here
        NotebookClient(
            notebook,
            timeout=1800,
            kernel_name="python3",
            resources={"metadata": {"path": folder}},
            coalesce_streams=True,  # and progress bars as they stand at their end
            record_timing=False,
            store_widget_state=False,
        ).execute()
        data = os.environ.get("TFDS_DATA_DIR", folder)
        places = {
            data: "~/tensorflow_datasets",
            folder: "…",
            str(Path.home()): "~",
            str(ROOT): "simnb",
        }
    notebook.metadata = nbformat.from_dict(METADATA)
    for cell, own in zip(notebook.cells, metadata, strict=True):
        cell.metadata = nbformat.from_dict(own)
        if "outputs" in cell:
            cell.outputs = [one for one in cell.outputs if not _is_a_bar(one)]
        for output in cell.get("outputs", []):
            # Its model ended with the kernel, and JupyterLab would say so in place of the picture.
            output.get("data", {}).pop(WIDGET, None)
            output.get("metadata", {}).clear()
            if "text" in output:
                output.text = _clean(output.text, places)
            if "text/plain" in output.get("data", {}):  # Keras prints tables in colour
                output.data["text/plain"] = _clean(output.data["text/plain"], places)


def _is_a_bar(output: nbformat.NotebookNode) -> bool:
    """Whether it is a progress widget, which has closed by now: one that leaves no picture."""
    data = output.get("data", {})
    return WIDGET in data and not any(kind.startswith("image/") for kind in data)


def _clean(text: str, places: dict[str, str]) -> str:
    for place, short in places.items():
        text = text.replace(place, short)
    # Keras moves the cursor with these; a saved bar has nothing left to move.
    text = re.sub(r"[^\n]*\r(?!\n)", "", text)
    while "\b" in text:
        text = re.sub(r"[^\b]?\b", "", text, count=1)
    return re.sub(r"\x1b\[[0-9;]*m", "", text)


def content(notebook: nbformat.NotebookNode) -> dict:
    """Return the notebook without what running it adds."""
    kept = ("cell_type", "id", "metadata", "source")
    return {
        "format": (notebook.nbformat, notebook.nbformat_minor),
        "metadata": notebook.metadata,
        "cells": [{key: cell[key] for key in kept} for cell in notebook.cells],
    }


def is_current(source: Path, target: Path, solved: bool) -> bool:
    """Whether the notebook on disk is what the source gives, outputs aside."""
    if not target.exists():
        return False
    return content(nbformat.read(target, 4)) == content(compose(source, target, solved))


def build(source: Path, target: Path, solved: bool) -> None:
    notebook = compose(source, target, solved)
    begun = time.perf_counter()
    execute(notebook)
    nbformat.validate(notebook)
    target.parent.mkdir(exist_ok=True)
    nbformat.write(notebook, target)
    size = target.stat().st_size / 1e6
    seconds = time.perf_counter() - begun
    print(f"{target.relative_to(ROOT)}: {size:.2f} MB, ran {seconds:.0f} s", flush=True)


def retell(source: Path, target: Path, solved: bool) -> None:
    """Give a notebook its source's words, and keep the outputs that its own code gave."""
    fresh, built = compose(source, target, solved), nbformat.read(target, 4)
    new, old = (
        [cell for cell in notebook.cells if cell.cell_type == "code"] for notebook in (fresh, built)
    )
    if [cell.source for cell in new] != [cell.source for cell in old]:
        raise SystemExit(f"{target.relative_to(ROOT)}: code has changed, so it must be run again.")
    for cell, run in zip(new, old, strict=True):
        cell.outputs, cell.execution_count = run.outputs, run.execution_count
    nbformat.write(fresh, target)


def main() -> int:
    parser = argparse.ArgumentParser(description="Build the lessons.")
    parser.add_argument("names", nargs="*", help="such as 01_hello_world; default: all")
    instead = parser.add_mutually_exclusive_group()
    instead.add_argument(
        "--check", action="store_true", help="only compare what is there with the sources"
    )
    instead.add_argument(
        "--text", action="store_true", help="only the words have changed: run nothing"
    )
    parser.add_argument(
        "--data-dir", help="where prepared data sets are; without it, what a reader has who starts"
    )
    arguments = parser.parse_args()
    os.environ.pop("TFDS_DATA_DIR", None)
    if arguments.data_dir:
        os.environ["TFDS_DATA_DIR"] = str(Path(arguments.data_dir).resolve())
    chosen = [source for source in sources() if source.stem in (arguments.names or [source.stem])]
    if not chosen:
        parser.error(f"there is no lesson {', '.join(arguments.names)}")
    stale = []
    for source in chosen:
        for target, solved in targets(source).items():
            if arguments.text:
                retell(source, target, solved)
            elif not arguments.check:
                build(source, target, solved)
            elif not is_current(source, target, solved):
                stale.append(target.relative_to(ROOT).as_posix())
    if stale:
        print(f"Not what the sources give: {', '.join(stale)}. Run: python notebooks/src/build.py")
    return 1 if stale else 0


if __name__ == "__main__":
    sys.exit(main())
