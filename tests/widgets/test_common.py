"""What every widget promises, whichever it is."""

import base64
import io
import sys
import types

import ipywidgets
import numpy as np
import pytest
import traitlets
from PIL import Image

from simnb import Indexer
from simnb.widgets import CalibrationExplorer, LossExplorer, NeighborViewer, Projector
from simnb.widgets.base import Widget
from tests.widgets.cases import clusters


def projector(**more):
    embeddings, labels = clusters(40)
    return Projector(embeddings, labels, method="pca", **more)


def calibration_explorer(**more):
    embeddings, labels = clusters(60)
    index = Indexer(8)
    index.add(embeddings[:40], labels[:40])
    return CalibrationExplorer(index, embeddings[40:], labels[40:], **more)


def neighbor_viewer(**more):
    embeddings, labels = clusters(40)
    return NeighborViewer(embeddings, labels=labels, images=np.zeros((40, 8, 8)), **more)


WIDGETS = {
    "CalibrationExplorer": calibration_explorer,
    "NeighborViewer": neighbor_viewer,
    "LossExplorer": LossExplorer,
    "Projector": projector,
}


@pytest.fixture(params=WIDGETS)
def widget(request):
    made = WIDGETS[request.param]()
    yield made
    made.close()


class Sent(list):
    """What a widget sends to its page."""

    def __init__(self, widget):
        widget.comm.publish_msg = lambda kind, data=None, buffers=None, **keys: self.append(data)

    def of(self, method):
        return [data for data in self if data["method"] == method]


def request(widget, kind, **content):
    """Ask as the page does; return the answers."""
    sent = Sent(widget)
    data = {"method": "custom", "content": {"type": kind, "request": "1", **content}}
    widget.comm.handle_msg({"content": {"data": data}, "buffers": []})
    return [data["content"] for data in sent.of("custom")]


def test_it_is_an_ipywidget_that_goes_into_boxes(widget):
    assert isinstance(widget, Widget)
    assert isinstance(widget, ipywidgets.DOMWidget)
    assert ipywidgets.HBox([widget, ipywidgets.Label("beside")]).children[0] is widget


def test_its_repr_is_the_same_in_every_run(widget):
    again = WIDGETS[type(widget).__name__]()
    assert repr(widget) == repr(again)
    assert "0x" not in repr(widget)
    assert repr(widget).startswith(type(widget).__name__)
    again.close()


def test_a_notebook_that_cannot_run_it_has_a_picture_and_a_line(widget):
    data, metadata = widget._repr_mimebundle_()
    assert set(data) == {"text/plain", "image/png", "application/vnd.jupyter.widget-view+json"}
    picture = Image.open(io.BytesIO(base64.b64decode(data["image/png"])))
    assert min(picture.size) >= 200
    assert len(np.unique(np.asarray(picture.convert("RGB")).reshape(-1, 3), axis=0)) > 4
    assert data["text/plain"] == repr(widget)
    assert metadata == {}


def test_its_state_has_no_base64_and_no_network(widget):
    state = widget.get_state()
    assert "http" not in state["_esm"] + state["_css"]
    texts = [value for value in state.values() if isinstance(value, str)]
    assert max(len(text) for text in texts if text not in (state["_esm"], state["_css"])) < 1000


def test_what_the_page_may_not_set_is_refused_and_the_page_corrected(widget, caplog):
    before = widget.theme
    sent = Sent(widget)
    widget.set_state({"theme": "<script>"})
    assert widget.theme == before
    assert "refused" in caplog.text
    assert {"theme": before} in [data["state"] for data in sent.of("update")]


@pytest.mark.parametrize("kind", ["__init__", "picture", "no such thing", None, 7, ["card"]])
def test_an_unknown_request_is_passed_over(kind, widget):
    assert request(widget, kind) == []


@pytest.mark.parametrize("content", [None, 5, "card", ["card"]])
def test_a_message_of_no_form_is_passed_over(content, widget):
    sent = Sent(widget)
    data = {"method": "custom", "content": content}
    widget.comm.handle_msg({"content": {"data": data}, "buffers": []})
    assert sent == []


@pytest.mark.parametrize(("name", "wrong"), [("theme", "blue"), ("height", 0), ("height", "tall")])
def test_python_may_not_set_what_is_not_allowed(name, wrong, widget):
    before = getattr(widget, name)
    with pytest.raises(traitlets.TraitError):
        setattr(widget, name, wrong)
    assert getattr(widget, name) == before


def test_of_a_message_that_is_refused_nothing_stays(widget, caplog):
    before, heard = widget.height, []
    widget.observe(heard.append, "height")
    widget.set_state({"height": before + 1, "theme": "blue"})
    widget.set_state({"theme": "blue", "height": before + 1})
    assert widget.height == before
    assert [change.new for change in heard if change.new != before] == []


def test_the_page_cannot_set_what_python_keeps_for_itself(widget, caplog):
    private = [
        name for name in widget.get_state() if name.startswith("_") and widget._is_ours(name)
    ]
    assert private
    before = widget.get_state()
    for name in private:
        widget.set_state({name: 7, "theme": "dark"})
    after = widget.get_state()
    assert {name: after[name] for name in private} == {name: before[name] for name in private}
    assert widget.theme == "auto"
    widget.set_state({"_view_count": 1})  # ipywidgets' own
    assert widget._view_count == 1


def test_a_notebook_can_show_it_when_it_is_closed(widget):
    widget.close()
    data, _ = widget._repr_mimebundle_()
    assert data == {"text/plain": repr(widget)}


def test_a_request_without_what_it_must_have_is_told_so(widget, caplog):
    widget._answer_greet = lambda message: ({"greeting": message["name"]}, [])
    (answer,) = request(widget, "greet")
    assert (answer["type"], answer["message"]) == ("error", "the request must have `name`")
    (answer,) = request(widget, "greet", name="you")
    assert answer["greeting"] == "you"


def test_half_a_character_does_not_stop_it(widget):
    from jupyter_client.session import json_packer

    widget.title = "a\ud800b"
    json_packer(widget.title)
    assert widget.title == "a?b"


def test_closing_twice_is_closing(widget):
    widget.close()
    widget.close()
    assert widget.comm is None
    assert type(widget).__name__ in repr(widget)


def test_colab_is_told_of_the_widget(widget, monkeypatch):
    from anywidget import _util

    enabled = []
    colab = types.ModuleType("google.colab.output")
    colab.enable_custom_widget_manager = lambda: enabled.append(True)
    colab._widgets = types.SimpleNamespace(_installed_url="https://manager.example")
    monkeypatch.setitem(sys.modules, "google.colab.output", colab)
    _util.enable_custom_widget_manager_once.cache_clear()
    data, metadata = WIDGETS[type(widget).__name__]()._repr_mimebundle_()
    _util.enable_custom_widget_manager_once.cache_clear()
    assert enabled == [True]
    mime = "application/vnd.jupyter.widget-view+json"
    assert metadata[mime]["colab"]["custom_widget_manager"]["url"] == "https://manager.example"
    assert "image/png" in data
