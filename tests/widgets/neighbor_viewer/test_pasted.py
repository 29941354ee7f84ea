"""What a reader pastes or uploads, and that nothing changes when it is refused."""

import io

import numpy as np
import pytest
from PIL import Image

from simnb import Indexer
from simnb.widgets import NeighborViewer
from simnb.widgets.neighbor_viewer.ranking import ranked
from tests.widgets.neighbor_viewer.test_uploads import bomb, npy, png
from tests.widgets.neighbor_viewer.viewed import Model, X, Y, ask, images_of, index_of, look


@pytest.fixture
def viewer():
    made = NeighborViewer(index_of(), X[:4], Y[:4])
    made.query = 2
    yield made
    made.close()


def test_a_pasted_embedding_is_looked_up(viewer):
    vector = X[9] + 1
    assert ask(viewer, "paste", text=str(vector.tolist()))["type"] == "answer"
    assert (viewer.query, viewer.item) == (None, None)
    answer = look(viewer, 6, pasted=True)
    twin = ranked(index_of(), vector, 6)
    assert [own["id"] for own in answer["ranks"]] == twin.ids.tolist()
    assert {own["right"] for own in answer["ranks"]} == {None}
    assert answer["who"]["kind"] == "array"
    assert answer["who"]["content"]["heat"]["values"] == pytest.approx(vector.tolist(), rel=1e-3)
    assert viewer.neighbors()["id"].tolist()[:6] == twin.ids.tolist()
    assert viewer.summary() == {}
    assert "array" in [axes.get_title().split("\n")[0] for axes in viewer.plot().axes]


@pytest.mark.parametrize("shape", [(8,), (1, 8), (8, 1)])
def test_an_uploaded_embedding_is_looked_up(viewer, shape):
    ask(viewer, "file", [memoryview(npy(X[9].reshape(shape)))], name="x.npy")
    assert look(viewer, 1, pasted=True)["ranks"][0]["id"] == 9


@pytest.mark.parametrize(
    ("kind", "buffers", "content"),
    [
        ("paste", [], {}),
        ("paste", [], {"text": "1, 2, 3"}),
        ("paste", [], {"text": "1, 2, 3, 4, 5, 6, 7, 8, 9"}),
        ("paste", [], {"text": "[[1, 2, 3, 4], [5, 6, 7, 8]]"}),
        ("paste", [], {"text": "a cat"}),
        ("paste", [], {"text": "1, 2, 3, 4, 5, 6, 7, 1e300"}),
        ("file", [], {"name": "x.npy"}),
        ("file", [b"", b""], {"name": "x.npy"}),
        ("file", [npy(np.zeros(9))], {"name": "x.npy"}),
        ("file", [npy(np.array([{}], object), allow_pickle=True)], {"name": "x.npy"}),
        ("file", [png(Image.new("RGB", (9, 9)))], {"name": "x.png"}),
        ("file", [bomb(30_000, 30_000)], {"name": "x.png"}),
        ("file", [b"\x89PNG\r\n\x1a\n"], {"name": "<img src=x onerror=1>.png"}),
    ],
    ids=range(13),
)
def test_what_is_refused_changes_nothing(viewer, kind, buffers, content):
    before = viewer.get_state()
    answer = ask(viewer, kind, buffers, **content)
    assert answer["type"] == "error"
    assert answer["message"]
    assert viewer.get_state() == before
    assert viewer.query == 2
    assert ask(viewer, "neighbors", k=1, mode="nearest", pasted=True)["type"] == "error"


def test_an_upload_takes_the_form_of_a_models_inputs():
    images = images_of(20)
    model = Model(images, Y[:20])
    made = NeighborViewer(model, images, Y[:20])
    assert made.get_state()["_uploads"]
    grey = (255 * images[7]).round().astype(np.uint8)
    model.embedded.clear()
    answer = ask(made, "file", [png(Image.fromarray(grey))], name="7.png")
    assert answer["type"] == "answer", answer
    assert model.embedded == [1]
    answer = look(made, 1, pasted=True)
    assert answer["ranks"][0]["id"] == 7
    assert answer["ranks"][0]["distance"] < 0.01  # in the range of the images, 0 to 1
    shown = Image.open(io.BytesIO(answer["buffers"][answer["who"]["content"]["image"]]))
    np.testing.assert_array_equal(np.asarray(shown.convert("L")), grey)
    assert model.embedded == [1]
    made.close()


def test_a_models_own_embed_takes_a_batch():
    images = images_of(20)
    model = Model(images, Y[:20])
    made = NeighborViewer(model._index, embed=model.embed)
    ask(made, "file", [npy(images[5])], name="5.npy")
    assert look(made, 1, pasted=True)["ranks"][0]["id"] == 5
    grey = (255 * images[7]).round().astype(np.uint8)
    ask(made, "file", [png(Image.fromarray(grey))], name="7.png")
    assert look(made, 1, pasted=True)["ranks"][0]["id"] == 7
    assert model.embedded == [1, 1]
    made.close()


def test_an_array_of_an_inputs_form_is_an_input():
    images = images_of(20)
    made = NeighborViewer(Model(images, Y[:20]))
    for array in (images[5], images[5].ravel(), images[5][None], images[5].astype(np.float64)):
        assert ask(made, "file", [npy(array)], name="5.npy")["type"] == "answer"
        assert look(made, 1, pasted=True)["ranks"][0]["id"] == 5
    ask(made, "paste", text=str(images[6].tolist()))
    assert look(made, 1, pasted=True)["ranks"][0]["id"] == 6
    ask(made, "paste", text=str(images[4].ravel()[:8].tolist()))  # its embedding
    assert look(made, 1, pasted=True)["ranks"][0]["id"] == 4
    answer = ask(made, "paste", text="1, 2")
    assert answer["message"].endswith(
        "an embedding of 8 numbers, or an input of shape (8, 8). Received: shape (2,)"
    )
    made.close()


class Unlike(Model):
    """Embeds images [n, 8, 8] as so many other numbers."""

    def __init__(self, images, **index):
        super().__init__()
        self._index = Indexer(64, "euclidean")
        self._index.add(self.embed(images), data=list(images))

    def embed(self, x):
        return np.tanh(np.asarray(x, np.float32).reshape(len(x), 64) - 0.5)


def test_as_many_numbers_as_an_input_has_are_an_embedding_if_they_have_its_shape():
    images = images_of(20)
    model = Unlike(images)
    made = NeighborViewer(model)
    embedding = model._index.embeddings[7]
    ask(made, "paste", text=str(embedding.tolist()))
    answer = look(made, 1, pasted=True)
    assert (answer["ranks"][0]["id"], answer["ranks"][0]["distance"]) == (7, pytest.approx(0))
    assert answer["who"]["content"]["heat"]["shape"] == [64]
    for array in (embedding[None], embedding[:, None]):
        ask(made, "file", [npy(array)], name="e.npy")
        assert look(made, 1, pasted=True)["ranks"][0]["distance"] == pytest.approx(0)
    for array in (images[5], images[5][None], images[5][..., None]):
        ask(made, "file", [npy(array)], name="5.npy")
        answer = look(made, 1, pasted=True)
        assert (answer["ranks"][0]["id"], answer["ranks"][0]["distance"]) == (5, pytest.approx(0))
        assert "image" in answer["who"]["content"]
    made.close()


def test_numbers_that_could_be_either_are_an_embedding():
    model = Model()
    model._index.add(X, Y)
    model.input_shape = (None, 8)
    made = NeighborViewer(model)
    ask(made, "paste", text=str(X[4].tolist()))
    assert look(made, 1, pasted=True)["ranks"][0]["id"] == 4
    assert model.embedded == []
    made.close()


@pytest.mark.filterwarnings("error")
def test_an_embedding_too_large_is_refused_without_a_warning(viewer):
    answer = ask(viewer, "paste", text="1e300, 1, 1, 1, 1, 1, 1, 1")
    assert answer["message"].startswith("`the embedding` must be finite")


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize(
    ("kind", "number"), [("float16", 1e300), ("uint8", 1e300), ("uint8", 300), ("uint8", -5)]
)
def test_an_input_too_large_is_refused_without_a_warning(kind, number):
    model = Model((255 * images_of(20)).astype(kind))
    made = NeighborViewer(model)
    answer = ask(made, "file", [npy(np.full((8, 8), float(number)))], name="x.npy")
    assert answer["message"] == f"it must be of numbers that {kind} can hold"
    assert model.embedded == []
    ask(made, "file", [npy(np.full((8, 8), 200.5))], name="x.npy")
    assert model.embedded == [1]
    made.close()


def test_a_model_without_images_takes_no_image():
    model = Model()
    model._index.add(X, Y)
    made = NeighborViewer(model, X[:3])
    answer = ask(made, "file", [png(Image.new("RGB", (9, 9)))], name="x.png")
    assert "pass the model's inputs" in answer["message"]
    made.close()


def test_a_models_own_form_is_known_without_images():
    model = Model()
    model._index.add(X, Y)
    model.input_shape = (None, 4, 5)
    made = NeighborViewer(model)
    array = np.arange(20.0).reshape(4, 5)
    assert ask(made, "file", [npy(array)], name="x.npy")["type"] == "answer"
    assert model.embedded == [1]
    made.close()


def test_the_callers_own_embedding_takes_images_arrays_and_words():
    taken = []

    def embed(items):
        taken.extend(items)
        return X[3:4]

    made = NeighborViewer(index_of(data=[f"text {row}" for row in range(40)]), embed=embed)
    assert made.get_state()["_uploads"]
    ask(made, "file", [png(Image.new("RGB", (9, 7)))], name="x.png")
    ask(made, "file", [npy(np.zeros((5, 4)))], name="x.npy")
    ask(made, "paste", text="a cat on a mat")
    ask(made, "paste", text="42")
    assert taken[0].size == (9, 7)
    assert taken[1].shape == (5, 4)
    assert taken[2:] == ["a cat on a mat", "42"]
    answer = look(made, 1, pasted=True)
    assert answer["who"]["content"] == {"text": "42"}
    assert answer["ranks"][0]["id"] == 3
    made.back()
    assert look(made, 1, pasted=True)["who"]["content"] == {"text": "a cat on a mat"}
    ask(made, "file", [npy(np.zeros((5, 4)))], name="x.npy")  # as the page goes back
    made.forward()
    assert look(made, 1, pasted=True)["who"]["content"] == {"text": "a cat on a mat"}
    made.close()


@pytest.mark.parametrize(
    "result", [X[:2], X[0], [[1.0]], None, "no", np.full((1, 8), np.nan)], ids=range(6)
)
def test_an_embedding_that_is_none_is_refused(result):
    made = NeighborViewer(index_of(), embed=lambda items: result)
    answer = ask(made, "file", [npy(np.zeros((3, 3)))], name="x.npy")
    assert answer["type"] == "error"
    assert made.query == 0
    made.close()


def test_what_fails_in_the_callers_hands_is_told():
    def embed(items):
        raise RuntimeError("no weights")

    made = NeighborViewer(index_of(), embed=embed)
    answer = ask(made, "paste", text="words")
    assert (answer["type"], answer["message"]) == ("error", "no weights")
    made.close()


def test_an_embedding_can_be_pasted_over_an_empty_index():
    made = NeighborViewer(Indexer(2))
    assert ask(made, "paste", text="1 2")["type"] == "answer"
    assert look(made, pasted=True)["note"] == "The index is empty."
    made.close()
