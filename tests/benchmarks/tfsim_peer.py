"""tensorflow-similarity 0.17.1, the other side of the comparison: started by `peer.py`.

It needs an environment of its own, of Python 3.11:

    python3.11 -m venv tfsim && . tfsim/bin/activate
    pip install "tensorflow-cpu==2.15.*" tensorflow-datasets==4.9.4 "tensorflow-metadata<1.16" \
        "protobuf<5" "numpy<2" nmslib pandas tabulate tqdm "bokeh<3.9" umap-learn matplotlib Pillow distinctipy
    pip install --no-deps tensorflow_similarity==0.17.1

(Its projector asks a figure for the tool "box_zoom", which Bokeh 3.9 refuses.)

and then, in simnb's environment, `python tests/benchmarks/run.py --peer-python tfsim/bin/python`.

Reads a line of JSON, `{"task": name, "arguments": {...}}`, calls that function and
prints what it returns as a line of JSON, until its input ends.
"""

import importlib
import json
import os
import sys
import tracemalloc
from functools import partialmethod
from pathlib import Path
from time import perf_counter
from types import SimpleNamespace

import numpy as np
import tensorflow as tf
import tensorflow_similarity as tfsim
from tensorflow_similarity.classification_metrics import make_classification_metric
from tensorflow_similarity.indexer import Indexer
from tensorflow_similarity.layers import MetricEmbedding
from tqdm.auto import tqdm

# Answers have stdout to themselves: tfsim, TensorFlow and NMSLIB print.
_answers = os.fdopen(os.dup(1), "w")
os.dup2(os.open(os.devnull, os.O_WRONLY), 1)

tqdm.__init__ = partialmethod(tqdm.__init__, disable=True)
held = {}  # what one task makes and another uses


def seconds(task, number):
    function = globals()[task]
    start = perf_counter()
    for _ in range(number):
        function()
    return (perf_counter() - start) / number


def version():
    return f"tfsim {tfsim.__version__}, tensorflow {tf.__version__}"


def load_images(folder):
    held["x"] = np.load(Path(folder) / "x.npy")
    held["y"] = np.load(Path(folder) / "y.npy")


def load_embeddings(folder):
    for name in ("items", "queries", "labels"):
        held[name] = np.load(Path(folder) / f"{name}.npy")


def make_sampler():
    held["sampler"] = tfsim.samplers.MultiShotMemorySampler(
        held["x"], held["y"], classes_per_batch=10, examples_per_class_per_batch=8
    )


def sampler_peak():
    tracemalloc.start()
    make_sampler()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak


def sampler_batch():
    held["sampler"][0]


def make_index():
    index = Indexer(held["items"].shape[1], distance="cosine")
    index.batch_add(held["items"], held["labels"], verbose=0)
    held["index"] = index


def batch_lookup():
    held["index"].batch_lookup(held["queries"], k=10, verbose=0)


def found():
    lookups = held["index"].batch_lookup(held["queries"], k=10, verbose=0)
    return [[lookup.label for lookup in query] for query in lookups]


def load_query_labels(folder):
    held["query_labels"] = np.load(Path(folder) / "query_labels.npy")


def make_lookups(folder):
    lookups = held["index"].batch_lookup(held["queries"], k=1, verbose=0)
    held["lookups"] = lookups
    labels = [[lookup.label for lookup in query] for query in lookups]
    distances = [[lookup.distance for lookup in query] for query in lookups]
    np.save(Path(folder) / "lookup_labels.npy", np.array(labels))
    np.save(Path(folder) / "lookup_distances.npy", np.array(distances, np.float32))


def calibrate():
    # What `Indexer.calibrate` does once it has looked up.
    results = held["index"].evaluator.calibrate(
        target_labels=held["query_labels"],
        lookups=held["lookups"],
        thresholds_targets={},
        calibration_metric=make_classification_metric("f1"),
        matcher="match_nearest",
        extra_metrics=[
            make_classification_metric(name) for name in ("precision", "recall", "binary_accuracy")
        ],
        metric_rounding=2,
        verbose=0,
    )
    held["optimal"] = results.cutpoints["optimal"]


def optimal_cutpoint():
    calibrate()
    return {name: value for name, value in held["optimal"].items() if name != "name"}


def make_model():
    inputs = tf.keras.Input((28, 28, 1))
    hidden = tf.keras.layers.Rescaling(1 / 255)(inputs)
    hidden = tf.keras.layers.Conv2D(64, 3, activation="relu")(hidden)
    hidden = tf.keras.layers.Flatten()(hidden)
    hidden = tf.keras.layers.Dense(64, activation="relu")(hidden)
    model = tfsim.models.SimilarityModel(inputs, MetricEmbedding(64)(hidden))
    model.create_index(distance="cosine")
    model._index.batch_add(held["items"], held["labels"], verbose=0)
    held["model"] = model


def single_lookup():
    held["model"].single_lookup(held["x"][0], k=5)


def projector(folder, name, images=False):
    """Draw tfsim's projector with UMAP patched out, so that only drawing is compared."""
    from bokeh_page import bytes_in_notebook, write_page

    module = importlib.import_module("tensorflow_similarity.visualization.projector")
    coordinates, labels = (np.load(Path(folder) / f"{name}_{own}.npy") for own in ("xy", "y"))
    pictures = np.load(Path(folder) / f"{name}_images.npy")[..., None] if images else None
    drawn = []
    show = module.show
    module.umap = SimpleNamespace(
        UMAP=lambda **keys: SimpleNamespace(fit_transform=lambda embeddings: coordinates)
    )
    module.show = lambda plot, **keys: (drawn.append(plot), show(plot, **keys))
    try:
        grown = bytes_in_notebook(
            lambda: module.projector(coordinates, labels, images=pictures, active_drag="pan")
        )
    finally:
        module.show = show
    return {**write_page(drawn[0], folder, f"tfsim_{name}"), "notebook": grown}


for request in sys.stdin:
    asked = json.loads(request)
    print(json.dumps(globals()[asked["task"]](**asked["arguments"])), file=_answers, flush=True)
