"""What a projector sends: little at first, nothing for what the page can do itself."""

import json
import re

import numpy as np
import pytest
from jupyter_client.jsonutil import json_default

from simnb.widgets import Projector
from tests.widgets.cases import clusters
from tests.widgets.projector.projector_page import projector_on_ground, shown

pytestmark = pytest.mark.browser

# No word of a script or a name is so long, an image's base64 always is.
LONG_BASE64 = re.compile(r"[A-Za-z0-9+/=]{150}")
PNG = b"\x89PNG\r\n"


@pytest.fixture
def page(chromium):
    with shown(chromium, projector_on_ground(20_000)) as page:
        forget(page)
        yield page


def forget(page):
    """Count messages from now on; what the pointer has left behind has been said before."""
    page.mouse.move(1, 1)
    page.page.wait_for_timeout(300)
    page.settle()
    page.bare.to_page.clear()
    page.bare.to_python.clear()


def sent(page):
    """How many messages of each kind Python was sent, the last late one included."""
    page.page.wait_for_timeout(300)
    page.settle()
    return dict(page.bare.to_python.messages_of)


def images(count):
    return np.random.default_rng(0).integers(0, 256, (count, 12, 12), np.uint8)


@pytest.mark.parametrize("dimensions", [2, 3])
def test_one_message_opens_the_widget_and_its_points_take_few_bytes(dimensions, chromium):
    embeddings, labels = clusters(100_000, classes=10)
    made = Projector(embeddings, labels, method="pca", dimensions=dimensions)
    with shown(chromium, made) as page:
        opening = page.bare.to_page
        assert opening.messages == 1
        points = opening.bytes_of["_coords"] + opening.bytes_of["_codes"]
        assert points <= (4 * dimensions + 1) * 100_000 + 400
        if dimensions == 2:  # with its scripts and all
            assert opening.bytes <= 10 * 100_000
        assert sent(page) == {}


@pytest.mark.parametrize("tool", ["pan", "zoom"])
def test_moving_the_picture_sends_nothing(tool, page):
    page.projector.tool = tool
    forget(page)
    before = page.points()
    x, y = page.corner() + 200.0
    page.drag((x, y), (x + 90, y + 60), (x + 180, y + 90))
    for step in range(6):
        page.mouse.wheel(0, -80 if step < 4 else 80)
    assert (page.points() != before).any()
    assert set(sent(page)) <= {"hovered", "custom card"}


def test_turning_a_picture_in_three_dimensions_sends_nothing(chromium):
    embeddings, labels = clusters(2_000)
    with shown(chromium, Projector(embeddings, labels, method="pca", dimensions=3)) as page:
        forget(page)
        before = page.points()
        x, y = page.corner() + 200.0
        page.drag((x, y), (x + 90, y + 60), (x + 180, y + 90))
        assert (page.points() != before).any()
        assert set(sent(page)) <= {"hovered", "custom card"}


def test_the_pointer_says_where_it_rests_and_asks_for_each_card_once(page):
    places = page.places()
    for place in places[:30]:
        page.mouse.move(*place)
    counts = sent(page)
    assert set(counts) == {"hovered", "custom card"}
    assert max(counts.values()) <= 30
    assert set(page.bare.to_page.messages_of) == {"echo hovered", "custom answer"}
    forget(page)
    told = page.bare.to_python.messages_of
    for rests, place in enumerate(places[[50, 51, 50, 51]], 1):
        page.mouse.move(*place)
        page.wait_for(lambda rests=rests: told["hovered"] == rests)
        page.settle()
    assert sent(page) == {"hovered": 4, "custom card": 2}


@pytest.mark.parametrize("tool", ["lasso", "box"])
def test_a_selection_is_one_message_of_four_bytes_a_row(tool, page):
    page.projector.tool = tool
    forget(page)
    places = page.places()
    left, top = places.min(axis=0) - 5
    edge, bottom = np.quantile(places[:, 0], 0.4), places[:, 1].max() + 5
    page.drag((left, top), (edge, top), (edge, bottom), *[(left, bottom)] * (tool == "lasso"))
    page.mouse.move(1, 1)
    rows = len(page.projector.selection)
    assert 0.35 * 20_000 < rows < 0.45 * 20_000
    counts = sent(page)
    assert counts.pop("selection") == 1
    assert set(counts) <= {"hovered", "custom card"}
    assert page.bare.to_python.bytes_of["selection"] <= 4 * rows + 200


def test_ten_thousand_images_are_not_sent_until_they_are_looked_at(chromium):
    embeddings, labels = clusters(10_000, classes=10)
    made = Projector(embeddings, labels, images(10_000), method="pca")
    published = []
    with shown(chromium, made) as page:
        answer = page.bare.published

        def publish(kind, data=None, metadata=None, buffers=None, **keys):
            published.append((data, buffers or []))
            answer(kind, data, metadata, buffers, **keys)

        made.comm.publish_msg = publish
        assert page.bare.to_page.messages == 1
        assert sent(page) == {}

        page.mouse.move(*(page.corner() + 250.0))
        for _ in range(30):
            if page.bare.to_python.messages_of["custom thumbnails"]:
                break
            page.mouse.wheel(0, -100)
            page.page.wait_for_timeout(100)
        asked = sent(page)["custom thumbnails"]
        page.wait_for(lambda: page.over()[..., 3].any())

    assert asked <= 3
    answers = [buffers for data, buffers in published if data.get("content", {}).get("rows")]
    assert 1 <= len(answers) <= asked
    assert all(bytes(buffer).startswith(PNG) for buffers in answers for buffer in buffers)
    texts = json.dumps([*published, made.get_state()], default=without_bytes)
    assert LONG_BASE64.search(texts) is None


def without_bytes(value):
    """JSON of a message as Jupyter makes it; but bytes, which it would write in base64, are told."""
    return "bytes" if isinstance(value, (bytes, memoryview)) else json_default(value)


def test_base64_of_an_image_would_be_seen():
    import base64

    text = base64.b64encode(images(1).tobytes()).decode()
    assert LONG_BASE64.search(json.dumps({"image": text}))
    assert LONG_BASE64.search(Projector._esm + Projector._css) is None
