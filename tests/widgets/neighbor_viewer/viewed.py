"""What tests of the neighbour viewer share: a model that is none of Keras, and asking as a page."""

import numpy as np

from simnb import Indexer
from tests.widgets.cases import clusters

X, Y = clusters(40)
NAMES = ["cat", "dog", "cow", "hen"]


class Model:
    """Embeds images [n, 8, 8] as their first row; counts how often it is asked."""

    def __init__(self, images=None, labels=None, **index):
        self._index = Indexer(8, "euclidean", **index)
        self.embedded = []
        if images is not None:
            self._index.add(self.embed(images), labels, data=list(images))
            self.embedded.clear()

    def index_summary(self):
        """By this it is told from embeddings."""

    def embed(self, x):
        assert not isinstance(x, list), "of Keras's models a list is several inputs"
        x = np.asarray(x)
        self.embedded.append(len(x))
        return x.reshape(len(x), -1)[:, :8].astype(np.float32)


def images_of(count, seed=0):
    return np.random.default_rng(seed).random((count, 8, 8)).astype(np.float32)


def index_of(embeddings=X, labels=Y, data=None, distance="euclidean", search="auto"):
    index = Indexer(embeddings.shape[1], distance, search)
    index.add(embeddings, labels, data)
    return index


def ask(viewer, kind, buffers=(), **content):
    """Ask as the page does; return the answer, with its buffers under "buffers"."""
    answers = []

    def publish(message, data=None, buffers=None, **keys):
        if (data or {}).get("method") == "custom":
            answers.append({**data["content"], "buffers": list(buffers or [])})

    viewer.comm.publish_msg = publish
    data = {"method": "custom", "content": {"type": kind, "request": "1", **content}}
    viewer.comm.handle_msg({"content": {"data": data}, "buffers": list(buffers)})
    (answer,) = answers
    return answer


def look(viewer, k=5, mode="nearest", **about):
    """The answer to "neighbors", which must be none of an error."""
    answer = ask(viewer, "neighbors", k=k, mode=mode, **about)
    assert answer["type"] == "answer", answer
    return answer
