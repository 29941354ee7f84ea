"""The house stands as it was drawn: what each floor imports, exports and documents."""

import ast
import importlib
import inspect
import pkgutil
import re
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

import simnb

ROOT = Path(__file__).parents[1]
KERAS = {"dtype", "name", "trainable"}

# Runs with the learning half's packages blocked: any import of them is an error.
RETRIEVAL = """
import sys

class Blocked:
    def find_spec(self, name, path, target=None):
        if name.partition(".")[0] in ("keras", "tensorflow", "tensorflow_datasets", "torch", "jax"):
            raise ModuleNotFoundError(name)

sys.meta_path.insert(0, Blocked())

import numpy as np
from simnb import Indexer, classification_metrics, distances, matchers, retrieval_metrics, search
from simnb import visualization as draw
from simnb import widgets
from simnb.calibration import CalibrationResults
from simnb.duplicates import find_duplicates

rng = np.random.default_rng(0)
K, Q = rng.normal(size=(1200, 4)), rng.normal(size=(3, 4))
images = rng.integers(0, 255, (1200, 2, 2), np.uint8)
for name in distances.names():
    assert distances.get(name)(Q, K).shape == (3, 1200)
    for engine in search.names():
        if not search.find(engine).serves(distances.get(name)):
            continue
        index = Indexer(4, name, engine)
        index.add(K, labels=np.arange(1200) % 10, data=images)
        assert index.query(Q, k=3).labels.shape == (3, 3)
index.remove([0])
index.save(sys.argv[1])
loaded = Indexer.load(sys.argv[1])
assert loaded.query(Q, k=3) == index.query(Q, k=3)
figure = draw.viz_neighbors_imgs(images[0], 0, loaded.single_lookup(K[0], k=3), show=False)
draw.visualize_views(images[:4], show=False)
figure.savefig(sys.argv[1] + ".png")
assert len(index.to_data_frame()) == 1199

queries, truth = K[:200] + rng.normal(size=(200, 4)), np.arange(200) % 12
for matcher in ("match_nearest", "match_majority_vote"):
    results = index.calibrate(
        queries, truth, k=5, matcher=matcher, extra_metrics=classification_metrics.names()
    )
    again = CalibrationResults.from_json(results.to_json())
    assert again.cutpoints == results.cutpoints
    assert set(index.match(queries)) <= set(range(-1, 10))
    assert index.evaluate_classification(queries, truth, confidence=0.9)["optimal"]["f1"] > 0
assert index.evaluate_retrieval(queries, truth, retrieval_metrics.names())["lone_queries"] == 32
for backend in ("matplotlib", "bokeh"):
    draw.confusion_matrix(index.match(queries), truth, show=False, backend=backend)
    draw.metrics_by_threshold(results, backend=backend)
    draw.precision_recall_curve(results, backend=backend)
    draw.distance_histograms(index.query(queries), truth, results, backend=backend)
projector = widgets.Projector(loaded, images=list(images[1:]), method="pca", class_names=list("abcdefghij"))
projector.select([3])
assert projector.selected["label"].tolist() == ["e"]
assert projector.neighbors_of([3], 2).ids.shape == (1, 2)
assert "image/png" in projector._repr_mimebundle_()[0]
projector.save_html(sys.argv[1] + ".html")
held_out = K[200:300], truth[:100]
explorer = widgets.CalibrationExplorer(index, queries, truth, held_out=held_out, k=5, matcher=matcher)
assert "image/png" in explorer._repr_mimebundle_()[0]
explorer.choose("equal_error_rate")
explorer.apply(name="even")
assert set(index.match(queries, "even")) <= set(range(-1, 10))
explorer.save_html(sys.argv[1] + ".calibration.html")
viewer = widgets.NeighborViewer(loaded, queries, truth, query_images=images[:200], k=3, beside=True)
assert viewer.neighbors()["id"].tolist() == loaded.query(queries[:1], k=3).ids[0].tolist()
assert len(viewer.compare()) >= 3
assert "image/png" in viewer._repr_mimebundle_()[0]
explorer = widgets.Explorer(loaded, K[:50], np.arange(50) % 10, method="pca")
assert explorer.projector.threshold == explorer.neighbors.threshold == explorer.calibration.threshold
assert "image/png" in explorer._repr_mimebundle_()[0]
for method in ("pca", "umap", "tsne"):
    assert widgets.project(K[:40], method).shape == (40, 2)
assert widgets.neighbors_of(K, [0], 2).ids.shape == (1, 2)
assert len(find_duplicates({"index": K, "queries": K[:3]})) == 3
print("done")
"""


def run(program, *arguments):
    return subprocess.run(
        [sys.executable, "-c", program, *arguments], capture_output=True, text=True, check=False
    )


@cache
def public_modules():
    """Every module whose name has no underscore. Imports them all, Keras's half too."""
    names = ["simnb", *(module.name for module in pkgutil.walk_packages(simnb.__path__, "simnb."))]
    return {name: importlib.import_module(name) for name in names if "._" not in name}


def defined_in(module):
    """The public classes and functions that are defined in a module."""
    return {
        name: value
        for name, value in vars(module).items()
        if not name.startswith("_")
        and getattr(value, "__module__", None) == module.__name__
        and (inspect.isclass(value) or inspect.isfunction(value))
    }


def public_objects():
    """Every public class, function and method that is defined in simnb, by its path."""
    found = {}
    for module_name, module in public_modules().items():
        for name, value in defined_in(module).items():
            found[f"{module_name}.{name}"] = value
            for method_name, method in vars(value).items() if inspect.isclass(value) else ():
                function = getattr(method, "__func__", method)
                public = not method_name.startswith("_") or method_name == "__call__"
                if public and inspect.isfunction(function):
                    found[f"{module_name}.{name}.{method_name}"] = function
    return found


def documented_parameters(docstring):
    """Names under "Parameters", each with the default that its line states."""
    text = re.sub(r",\n(?=\S)", ", ", inspect.cleandoc(docstring or ""))
    section = re.search(r"^Parameters\n-+\n(.*?)(?=^\S[^\n]*\n---|\Z)", text, re.M | re.S)
    found = {}
    for entry in re.findall(r"^\S.*", section.group(1) if section else "", re.M):
        names, _, kind = entry.removesuffix(" :").partition(" : ")
        default = re.search(r"default (.+)$", kind)
        for name in names.split(", "):
            found[name.strip()] = default and default.group(1)
    return found


def faults_of_parameters(value):
    """What the documented parameters have that the signature lacks, and the other way."""
    documented = documented_parameters(value.__doc__)
    if not documented:
        return
    parameters = dict(inspect.signature(value).parameters)
    named = {
        name: parameter.default
        for name, parameter in parameters.items()
        if parameter.kind not in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD)
        and name not in ("self", "cls")
    }
    # Keras's own arguments may go without saying.
    yield from (f"{name} is not documented" for name in named.keys() - documented.keys() - KERAS)
    if not any(parameter.kind == parameter.VAR_KEYWORD for parameter in parameters.values()):
        yield from (f"{name} does not exist" for name in documented.keys() - named.keys())
    for name, stated in documented.items():
        try:
            literal = ast.literal_eval(stated or "")
        except (ValueError, SyntaxError):
            continue  # none, or told in words
        # None stands for a default that the function works out, or keeps.
        if named.get(name) is not None and named[name] != literal:
            yield f"{name} has the default {named[name]!r}, not {literal!r}"


def test_the_retrieval_half_works_without_keras_and_tensorflow(tmp_path):
    finished = run(RETRIEVAL, str(tmp_path / "index"))
    assert finished.returncode == 0, finished.stderr
    assert finished.stdout == "done\n"


@pytest.mark.parametrize(
    ("program", "absent"),
    [
        (
            "import simnb; simnb.__version__; dir(simnb)",
            "numpy keras tensorflow bokeh umap matplotlib ipywidgets pandas nmslib",
        ),
        (
            "from simnb import Indexer; Indexer(4)",
            "keras tensorflow bokeh umap matplotlib ipywidgets pandas nmslib",
        ),
        (
            "from simnb.visualization import confusion_matrix",
            "keras tensorflow bokeh umap ipywidgets pandas nmslib",
        ),
        ("from simnb.widgets import project", "keras tensorflow bokeh umap matplotlib ipywidgets"),
        ("from simnb.widgets import Projector", "keras tensorflow bokeh umap matplotlib nmslib"),
        (
            "from simnb.widgets import NeighborViewer",
            "keras tensorflow bokeh umap matplotlib nmslib",
        ),
        (
            "from simnb.widgets import CalibrationExplorer",
            "keras tensorflow bokeh umap matplotlib nmslib",
        ),
        (
            "from simnb import features\nfrom simnb.architectures import EfficientNetLite0 as network\n"
            "network((32, 32, 3))  # whose weights torch wrote",
            "torch tensorflow_datasets bokeh umap ipywidgets nmslib",
        ),
    ],
)
def test_an_import_brings_only_what_it_needs(program, absent):
    unwanted = set(absent.split())
    finished = run(f"import sys\n{program}\nprint(*sorted({unwanted!r} & set(sys.modules)))")
    assert finished.returncode == 0, finished.stderr
    assert finished.stdout.strip() == ""


def test_every_public_name_of_simnb_is_there():
    assert {"Indexer", "Lookup", "Lookups", "load_index", "show_versions"} <= set(simnb.__all__)
    for name in simnb.__all__:
        assert getattr(simnb, name) is not None
    assert set(simnb.__all__) <= set(dir(simnb))


def test_all_is_sorted_and_whole():
    for module_name, module in public_modules().items():
        exported = list(getattr(module, "__all__", []))
        assert exported == sorted(set(exported)), module_name
        assert all(hasattr(module, name) for name in exported), module_name
        if exported:
            assert set(defined_in(module)) <= set(exported), module_name


def test_documented_parameters_are_those_of_the_signature():
    faults = {path: list(faults_of_parameters(value)) for path, value in public_objects().items()}
    assert len(faults) > 100
    assert {path: found for path, found in faults.items() if found} == {}


def test_the_walk_over_docstrings_sees_faults():
    def wrong(one, two=2, three=3):
        """Do.

        Parameters
        ----------
        one, extra : int
        two : int, default 5
            As long as it is.

        Returns
        -------
        three : int
        """

    assert list(faults_of_parameters(wrong)) == [
        "three is not documented",
        "extra does not exist",
        "two has the default 2, not 5",
    ]


def test_everything_public_has_a_docstring():
    assert [path for path, value in public_objects().items() if not value.__doc__] == []


def test_the_contracts_of_imports_are_kept():
    configuration = ROOT / "pyproject.toml"
    if not configuration.exists():
        pytest.skip("pyproject.toml is not beside the tests")
    program = "from importlinter.cli import lint_imports_command; lint_imports_command()"
    finished = run(program, "--config", str(configuration), "--no-cache")
    assert finished.returncode == 0, finished.stdout + finished.stderr
    assert re.search(r"Contracts: [1-9]\d* kept, 0 broken", finished.stdout)
