"""What a user does with a neighbour viewer by mouse and keys, seen in Python and on the page."""

import io
import json

import numpy as np
import pytest
from axe_playwright_python.sync_playwright import Axe
from PIL import Image

from simnb.indexer import Indexer
from simnb.widgets.neighbor_viewer.neighbor_viewer import NeighborViewer
from tests.widgets.bare_page import bare_page
from tests.widgets.cases import NASTY
from tests.widgets.neighbor_viewer.neighbor_viewer_page import (
    NAMES,
    ViewerPage,
    index_of,
    shown,
    viewer,
)

pytestmark = pytest.mark.browser

# How those of `NASTY` are written in which something would be hidden.
VISIBLE = {"\u202egnp.exe": "⟨U+202E⟩gnp.exe", "a\x00b\x1bc": "a␀b␛c"}


@pytest.fixture
def page(chromium):
    with shown(chromium, viewer()) as page:
        yield page


def assert_cards_equal_python(page, view=0):
    """Every card says what `neighbors()` does, in its order."""
    table = page.viewer.neighbors()
    assert len(table)
    assert page.rows(view=view) == table["row"].tolist()
    assert page.texts("rank", view=view) == table["rank"].astype(str).tolist()
    assert page.texts("label", view=view) == [NAMES[own] for own in table["label"]]
    marks = {True: "✓ same", False: "✗ other"}
    assert page.texts("mark", view=view) == [marks[own] for own in table["right"]]
    far, ids = zip(*(own.split() for own in page.texts("measure", view=view)), strict=True)
    assert [float(own) for own in far] == pytest.approx(table["distance"], rel=6e-3)
    assert list(ids) == [f"#{own}" for own in table["id"]]
    spoken = page.cards(view=view).evaluate_all(
        "own => own.map(one => one.getAttribute('aria-label'))"
    )
    for text, own in zip(spoken, table.itertuples(), strict=True):
        right = "same" if own.right else "other"
        start = f"{own.rank}. {NAMES[own.label]}, {right} label, distance "
        assert text.startswith(start)
        assert float(text.removeprefix(start)) == pytest.approx(own.distance, rel=6e-4)


def test_the_cards_are_the_table_of_python(page):
    for query in (0, 17, 33):
        page.viewer.query = query
        page.wait_for(lambda query=query: page.name() == f"Query {query}")
        assert_cards_equal_python(page)
        assert {"✓ same", "✗ other"} & set(page.texts("mark"))


def test_the_summary_is_that_of_python(page):
    for query in range(8):
        page.viewer.query = query
        page.wait_for(lambda query=query: page.name() == f"Query {query}")
        summary = page.viewer.summary()
        fields = page.who().locator(".simnb-field").all_inner_texts()
        numbers = {name: float(value) for name, value in (own.split("\n") for own in fields)}
        assert numbers == {
            "precision@6": pytest.approx(summary["precision"], abs=1e-4),
            "average precision": pytest.approx(summary["average_precision"], abs=1e-4),
            "same label in the index": summary["relevant"],
        }
        right = page.viewer.neighbors()["right"].sum()
        label = NAMES[query % 4]
        said = f"Query {query}, label {label} · {right} of 6 neighbours of the same label"
        assert page.status().startswith(said)


def test_a_click_makes_a_neighbour_the_query_and_back_and_forward_return(page):
    assert page.button("Back").is_disabled()
    seen = [0]
    for place in (2, 0, 4):
        row = page.rows()[place]
        page.click(place)
        assert page.viewer.query == row
        assert page.name() == f"Query {row}"
        assert_cards_equal_python(page)
        seen.append(row)
    for row in seen[-2::-1]:
        page.press("Back")
        assert page.viewer.query == row
        assert_cards_equal_python(page)
    assert page.button("Back").is_disabled()
    for row in seen[1:]:
        page.press("Forward")
        assert (page.viewer.query, page.name()) == (row, f"Query {row}")
    assert page.button("Forward").is_disabled()
    page.press("Back")
    page.press("Random")
    assert page.button("Forward").is_disabled()


def test_python_goes_back_and_the_page_with_it(page):
    first, second = page.rows()[:2]
    page.click(0)
    page.viewer.query = second
    page.wait_for(lambda: page.name() == f"Query {second}")
    page.viewer.back()
    page.wait_for(lambda: page.name() == f"Query {first}")
    assert page.button("Forward").is_enabled()
    page.press("Forward")
    assert page.viewer.query == second


def test_a_click_is_one_question_and_one_answer(chromium):
    images = np.random.default_rng(0).integers(0, 256, (60, 12, 12), np.uint8)
    with shown(chromium, viewer(images=images)) as page:
        for traffic in (page.bare.to_page, page.bare.to_python):
            traffic.clear()
        page.click(1)
        page.wait_for(lambda: page.cards().locator("img").count() == 6)
        assert page.bare.to_python.messages_of["custom neighbors"] == 1
        assert page.bare.to_python.messages == 2  # and what the query is
        assert page.bare.to_page.messages_of["custom answer"] == 1
        assert not {"custom thumbnails", "custom card"} & set(page.bare.to_python.messages_of)
        # Neither the pointer nor the threshold asks Python for anything.
        page.bare.to_python.clear()
        for card in page.cards().all():
            card.hover()
        page.viewer.threshold = 3.0
        page.settle()
        assert page.bare.to_python.messages == 0


@pytest.mark.parametrize("distance", ["euclidean", "inner_product"])
def test_the_threshold_greys_exactly_what_is_beyond_it_and_says_so(distance, chromium):
    with shown(chromium, viewer(index_of(distance=distance))) as page:
        assert page.greyed() == []
        found = page.viewer.neighbors()
        for place in (0, 2, 5):
            # Exactly at a neighbour's distance, that one is within.
            page.viewer.threshold = float(found["distance"][place])
            page.settle()
            table = page.viewer.neighbors()
            assert table["within"].sum() == place + 1
            assert page.greyed() == table["row"][~table["within"]].tolist()
            assert (f"{5 - place} beyond the threshold" in page.status()) == (place < 5)
        page.viewer.threshold = None
        page.settle()
        assert page.greyed() == []
        # The box on the page does the same.
        box = page.view().get_by_role("spinbutton", name="Threshold")
        box.fill(str(float(found["distance"][1])))
        box.press("Enter")
        page.settle()
        assert page.viewer.threshold == float(found["distance"][1])
        assert page.greyed() == found["row"][2:].tolist()
        box.fill("")
        box.press("Enter")
        page.settle()
        assert page.viewer.threshold is None


def test_a_long_threshold_is_written_short_and_stays_what_it_is(page):
    page.viewer.threshold = -0.00123456789012345
    page.settle()
    box = page.view().get_by_role("spinbutton", name="Threshold")
    assert box.input_value() == "-0.00123457"
    assert box.evaluate("own => own.scrollWidth <= own.clientWidth")
    box.focus()
    page.keys("Enter", "Tab")
    page.press("Next")
    assert page.viewer.threshold == -0.00123456789012345


def test_the_slider_sets_how_many(page):
    slider = page.view().get_by_role("slider", name="Number of neighbours")
    assert slider.get_attribute("max") == "50"
    slider.focus()
    page.keys("ArrowRight", "ArrowRight")
    page.wait_for(lambda: page.viewer.k == 8)
    page.wait_for(lambda: page.cards().count() == 8)
    assert_cards_equal_python(page)
    slider.fill("50")
    page.wait_for(lambda: page.cards().count() == 50)
    page.viewer.k = 80  # more than there are
    page.wait_for(lambda: page.cards().count() == 59)
    assert (slider.input_value(), slider.get_attribute("max")) == ("80", "80")
    assert "no more than 59 items" in page.status()


def test_false_friends_are_the_nearest_of_another_label(page):
    page.press("False friends")
    assert page.viewer.mode == "false friends"
    assert_cards_equal_python(page)
    assert set(page.texts("mark")) == {"✗ other"}
    assert page.view().get_by_text("Nearest of another label").is_visible()
    assert page.button("False friends").get_attribute("aria-pressed") == "true"
    first = page.viewer.false_friends()["rank"][0]
    assert page.status() == f"Query 0, label ant · 6 false friends, the nearest at rank {first}"
    page.press("Nearest")
    assert_cards_equal_python(page)


def test_a_random_mistake_is_a_mistake(page):
    mistakes = set(page.viewer.mistakes)
    assert 0 < len(mistakes) < 60
    chosen = set()
    for _ in range(6):
        page.press("Random mistake")
        chosen.add(page.viewer.query)
        assert page.texts("mark")[0] == "✗ other"
    assert chosen <= mistakes
    assert len(chosen) > 1


def test_where_there_are_no_mistakes_it_says_so(chromium):
    index = Indexer(embedding_size=1, distance="euclidean")
    index.add([[0.0], [0.1], [5.0], [5.1]], labels=[0, 0, 1, 1])
    with shown(chromium, viewer(index), expected=["no mistakes"]) as page:
        page.press("Random mistake")
        assert "no mistakes" in page.status()
        assert page.viewer.query == 0


def test_queries_are_chosen_by_number_and_by_steps(page):
    box = page.view().get_by_role("spinbutton", name="Query")
    box.fill("41")
    box.press("Enter")
    page.settle()
    assert (page.viewer.query, page.name()) == (41, "Query 41")
    page.press("Next")
    page.press("Next")
    assert page.viewer.query == 43
    page.press("Previous")
    assert page.viewer.query == 42
    page.press("First")
    assert page.viewer.query == 0
    assert box.input_value() == "0"
    box.fill("60")
    box.press("Enter")
    page.settle()
    assert page.viewer.query == 0


def test_steps_keep_to_what_is_selected(page):
    page.viewer.selection = [5, 20, 44]
    page.settle()
    assert page.view().get_by_text("3 selected").is_visible()
    visited = []
    for _ in range(4):
        page.press("Next")
        visited.append(page.viewer.query)
    assert visited == [5, 20, 44, 5]
    assert page.view().get_by_text("1 of 3 selected").is_visible()
    page.press("Previous")
    assert page.viewer.query == 44


def test_a_pasted_array_has_neighbours_and_can_be_gone_back_to(page):
    embedding = page.viewer._finder.catalogue.index.embeddings[9]
    page.press("Paste…")
    box = page.view().get_by_role("textbox", name="An array as JSON or CSV")
    assert box.evaluate("own => own === document.activeElement")
    box.fill(json.dumps(embedding.tolist()))
    page.press("Find its neighbours")
    assert page.name() == "Your own query"
    assert page.viewer.query is None
    assert page.rows()[0] == 9
    assert page.rows() == page.viewer.neighbors()["row"].tolist()
    assert page.who().locator(".simnb-heat").get_attribute("aria-label").startswith("8 numbers")
    page.press("Close")
    assert box.is_hidden()
    page.press("Random")
    row = page.viewer.query
    page.press("Back")
    assert page.name() == "Your own query"
    assert page.rows()[0] == 9
    page.press("Forward")
    assert (page.viewer.query, page.name()) == (row, f"Query {row}")


@pytest.mark.parametrize("text", ["", "[1, 2]", "one, two", "[NaN, 1]"])
def test_what_is_no_array_is_refused_in_words_and_nothing_changes(text, chromium):
    with shown(chromium, viewer(), expected=["must be"]) as page:
        before = page.rows()
        page.press("Paste…")
        page.view().get_by_role("textbox").fill(text)
        page.press("Find its neighbours")
        alert = page.view().get_by_role("alert")
        page.wait_for(lambda: "must be" in alert.inner_text())
        assert (page.viewer.query, page.name(), page.rows()) == (0, "Query 0", before)


def png(color):
    stream = io.BytesIO()
    Image.new("RGB", (20, 20), color).save(stream, "PNG")
    return stream.getvalue()


def first_numbers(items):
    """An embedding of an image: how red and how green it is."""
    pixels = np.asarray(items[0].convert("RGB") if hasattr(items[0], "convert") else items[0])
    return pixels.reshape(-1, pixels.shape[-1]).mean(axis=0)[None, :2].astype(np.float32)


def colors(**more):
    index = Indexer(embedding_size=2, distance="euclidean")
    index.add([[250.0, 0.0], [0.0, 250.0], [120.0, 120.0]], labels=["red", "green", "olive"])
    return NeighborViewer(index, embed=first_numbers, k=2, **more)


def test_an_uploaded_image_is_shown_and_has_neighbours(chromium):
    with shown(chromium, colors()) as page:
        files = page.view().locator("input[type=file]")
        files.set_input_files({"name": "g.png", "mimeType": "image/png", "buffer": png("#00f000")})
        page.wait_for(lambda: page.name() == "Your own query")
        assert page.texts("label")[0] == "green"
        image = page.who().locator("img")
        page.wait_for(lambda: image.evaluate("own => own.naturalWidth") == 20)
        stream = io.BytesIO()
        np.save(stream, np.float32([240, 10]))
        files.set_input_files(
            {"name": "a.npy", "mimeType": "application/x-npy", "buffer": stream.getvalue()}
        )
        page.wait_for(lambda: page.texts("label")[0] == "red")


def test_an_image_may_be_dropped_on_it(chromium):
    with shown(chromium, colors()) as page:
        data = page.page.evaluate_handle(
            """bytes => {
                const given = new DataTransfer();
                given.items.add(new File([Uint8Array.from(bytes)], 'r.png', {type: 'image/png'}));
                return given;
            }""",
            list(png("#f00000")),
        )
        root = page.view().locator(".simnb-viewer")
        veil = page.view().locator(".simnb-veil")
        root.dispatch_event("dragenter", {"dataTransfer": data})
        assert veil.is_visible()
        root.dispatch_event("drop", {"dataTransfer": data})
        assert veil.is_hidden()
        page.wait_for(lambda: page.name() == "Your own query")
        assert page.texts("label")[0] == "red"


def test_a_file_that_jupyter_would_lose_is_refused_on_the_page(chromium):
    with shown(chromium, colors()) as page:
        page.bare.to_python.clear()
        page.view().locator("input[type=file]").set_input_files(
            {"name": "big.png", "mimeType": "image/png", "buffer": b"\0" * 8_100_000}
        )
        page.wait_for(lambda: "big.png is too large: at most 8 MB" in page.status())
        assert page.bare.to_python.messages == 0


def test_an_upload_that_is_no_image_is_refused_in_words(chromium):
    with shown(chromium, colors(), expected=["must be"]) as page:
        page.view().locator("input[type=file]").set_input_files(
            {"name": "a.png", "mimeType": "image/png", "buffer": b"not an image"}
        )
        page.wait_for(lambda: "the file must be" in page.status())
        assert page.name() == "Query 0"


def test_an_item_becomes_the_query_where_items_are_no_queries(chromium):
    index = index_of()
    with shown(chromium, viewer(index, index.embeddings[:5] + 0.1, [0, 1, 2, 3, 0])) as page:
        row = page.rows()[2]
        page.click(2)
        assert (page.viewer.item, page.viewer.query) == (row, None)
        assert page.name() == f"Item {row}"
        assert row not in page.rows()
        assert_cards_equal_python(page)
        page.press("Back")
        assert (page.viewer.item, page.viewer.query, page.name()) == (None, 0, "Query 0")
        page.press("Forward")
        assert (page.viewer.item, page.name()) == (row, f"Item {row}")
        page.press("Next")
        assert page.name() == f"Query {page.viewer.query}"


def test_two_indexes_stand_one_above_the_other(chromium):
    index = index_of(40)
    embeddings = index.embeddings
    # By another measure the same items rank in another way, as an approximate search has them.
    rough = Indexer(embedding_size=embeddings.shape[1], distance="cosine")
    rough.add(embeddings, labels=index.labels)
    with shown(chromium, viewer(rough, beside=index)) as page:
        words = set()
        for query in range(6):
            page.viewer.query = query
            page.wait_for(lambda query=query: page.name() == f"Query {query}")
            table = page.viewer.compare()
            left = table.dropna(subset="rank").sort_values("rank")
            right = table.dropna(subset="rank_beside").sort_values("rank_beside")
            ids = [own.split("#")[1] for own in page.texts("measure")]
            assert ids == left["id"].astype(str).tolist()
            ids = [own.split("#")[1] for own in page.texts("measure", grid=1)]
            assert ids == right["id"].astype(str).tolist()
            # Seen from the index beside, what has moved nearer stands higher.
            changes = [
                "new" if np.isnan(own) else "=" if own == 0 else f"{'▲▼'[own < 0]}{abs(own):.0f}"
                for own in right["moved"].astype(float)
            ]
            assert page.texts("change", grid=1) == changes
            gone = [own == "gone" for own in page.texts("change")]
            assert gone == left["moved"].isna().tolist()
            words |= set(changes)
            heading = page.view().locator(".simnb-heading-line").first.inner_text()
            recall = heading.split("recall@6 ")[1].split()[0]
            assert float(recall) == pytest.approx(table.attrs["recall"], abs=1e-3)
        assert {"new"} < words


def test_texts_arrays_and_fields_are_shown(chromium):
    data = ["a text", np.linspace(-1, 1, 6), np.arange(12.0).reshape(3, 4), {"size": 3}, None]
    index = Indexer(embedding_size=1, distance="euclidean")
    index.add(np.arange(5.0)[:, None], data=data)
    with shown(chromium, viewer(index, class_names=None, k=4)) as page:
        assert page.who().locator(".simnb-text").inner_text() == "a text"
        canvases = page.cards().locator("canvas")
        sizes = canvases.evaluate_all("own => own.map(one => [one.width, one.height])")
        assert sizes == [[6, 1], [4, 3]]
        # The lowest number is blue, the highest orange, over all arrays that are shown.
        strip = canvases.first.evaluate(
            "own => [...own.getContext('2d').getImageData(0, 0, 6, 1).data]"
        )
        low, high = np.reshape(strip, (6, 4))[[0, -1]]
        assert low[2] > low[0]
        assert high[0] > high[2]
        spoken = page.cards().nth(1).get_attribute("aria-label")
        assert spoken.endswith(": 3 × 4 numbers from 0 to 11")
        page.click(2)
        assert page.name() == "Query 3"
        assert page.who().locator(".simnb-field").all_inner_texts() == ["size\n3"]


def test_users_text_is_text_everywhere(chromium):
    count = len(NASTY)
    expected = [VISIBLE.get(own, own) for own in NASTY]
    index = Indexer(embedding_size=count, distance="euclidean")
    index.add(np.eye(count), labels=NASTY, data=NASTY)
    made = NeighborViewer(
        index, metadata=dict.fromkeys(NASTY, NASTY), title="".join(NASTY), k=count
    )
    with shown(chromium, made) as page:
        page.press("Details")
        for query in range(count):
            made.query = query
            page.wait_for(lambda query=query: page.name() == f"Query {query}")
            rows = page.rows()
            texts = page.cards().locator(".simnb-text").all_text_contents()
            assert texts == [expected[row][:1000] or "empty text" for row in rows]
            labels = page.cards().locator(".simnb-label").all_text_contents()
            assert labels == [expected[row][:400] for row in rows]
            fields = page.who().locator(".simnb-field span:first-child").all_text_contents()
            assert fields[-count:] == [own[:400] for own in expected]
        assert page.view().locator(".simnb-title").text_content() == "".join(expected)
        wide = page.view().bounding_box()["width"]
        assert page.view().evaluate("own => own.scrollWidth") <= wide
        tags = page.view().evaluate("own => [...own.querySelectorAll('*')].map(one => one.tagName)")
        assert not {"SCRIPT", "IMG", "IFRAME", "A"} & set(tags)
        assert page.page.title() == ""


def test_where_python_shows_nothing_it_asks_for_a_choice(page):
    page.viewer.query = None
    page.wait_for(lambda: page.cards().count() == 0)
    assert page.view().get_by_text("Choose a query").is_visible()
    page.press("Next")
    assert page.name() == "Query 0"
    assert_cards_equal_python(page)


def test_each_array_that_is_pasted_is_shown_in_all_views(chromium):
    with shown(chromium, viewer(), views=2, height=1400) as page:
        embeddings = page.viewer._finder.catalogue.index.embeddings
        page.press("Paste…", view=1)
        for row in (7, 30):
            page.view(1).get_by_role("textbox").fill(json.dumps(embeddings[row].tolist()))
            page.press("Find its neighbours", view=1)
            page.wait_for(lambda row=row: page.rows(view=0)[:1] == [row])
            assert page.rows(view=0) == page.rows(view=1)
            assert page.name(0) == page.name(1) == "Your own query"
        page.press("Back", view=1)
        page.wait_for(lambda: page.rows(view=0)[:1] == page.rows(view=1)[:1] == [7])


def test_two_views_show_one_query(chromium):
    with shown(chromium, viewer(), views=2, height=1400) as page:
        assert page.rows(view=0) == page.rows(view=1)
        for view in (0, 1, 0):
            page.click(1, view=view)
            page.wait_for(lambda: page.rows(view=0) == page.rows(view=1))
            assert page.name(0) == page.name(1) == f"Query {page.viewer.query}"
            assert page.status(0) == page.status(1)
        page.press("Back", view=1)
        page.wait_for(lambda: page.rows(view=0) == page.rows(view=1))
        assert page.button("Forward", view=0).is_enabled()
        page.bare.remove_view(0)
        page.press("Random")
        assert page.name() == f"Query {page.viewer.query}"


def test_a_page_that_is_loaded_anew_shows_what_was(chromium):
    with shown(chromium, viewer()) as page:
        page.click(2)
        page.press("False friends")
        page.viewer.threshold = 5.0
        page.settle()
        row, rows, grey = page.viewer.query, page.rows(), page.greyed()
        page.bare.reload()
        page.wait_for(lambda: page.rows() == rows)
        assert (page.viewer.query, page.name()) == (row, f"Query {row}")
        assert page.greyed() == grey
        assert page.button("False friends").get_attribute("aria-pressed") == "true"


def test_a_pasted_array_outlives_the_page_too(page):
    page.press("Paste…")
    page.view().get_by_role("textbox").fill(", ".join(["1"] * 8))
    page.press("Find its neighbours")
    rows = page.rows()
    page.bare.reload()
    page.wait_for(lambda: page.rows() == rows)
    assert page.name() == "Your own query"


def test_a_click_on_a_card_of_an_index_that_has_changed_shows_that_item(page):
    index = page.viewer._finder.catalogue.index
    ids = [own.split("#")[1] for own in page.texts("measure")]
    index.remove([own for own in range(5) if str(own) != ids[0]])
    page.cards().first.click()
    page.wait_for(page.view().locator(".simnb-notice").is_visible)
    page.settle()
    assert index.ids[page.viewer.query] == int(ids[0])
    assert page.name() == f"Query {page.viewer.query}"
    assert page.rows() == page.viewer.neighbors()["row"].tolist()


def test_an_index_that_changes_is_told_and_shown_as_it_is(page):
    index = page.viewer._finder.catalogue.index
    near = page.viewer.neighbors()["id"].tolist()
    index.remove(near[:1])
    page.press("Nearest")
    page.viewer.refresh()
    notice = page.view().locator(".simnb-notice")
    page.wait_for(notice.is_visible)
    assert "1 removed" in notice.inner_text()
    page.wait_for(lambda: page.cards().count() == 6)
    ids = [own.split("#")[1] for own in page.texts("measure")]
    assert str(near[0]) not in ids
    assert page.rows() == page.viewer.neighbors()["row"].tolist()
    page.click(0)
    page.wait_for(notice.is_hidden)
    assert page.button("Back").is_enabled()


def test_all_of_it_is_reached_by_keys(page):
    page.cards().first.focus()
    page.keys("3")
    assert page.focused() == 2
    page.keys("ArrowRight")
    assert page.focused() == 3
    page.keys("End", "ArrowRight")
    assert page.focused() == 5
    page.keys("Home", "ArrowLeft")
    assert page.focused() == 0
    row = page.rows()[4]
    page.keys("5", "Enter")
    assert page.viewer.query == row
    assert page.focused() == 0  # the first of the new cards
    page.keys("Backspace")
    assert page.viewer.query == 0
    page.keys("Shift+Backspace")
    assert page.viewer.query == row
    page.keys("n")
    assert page.viewer.query == row + 1
    page.keys("Shift+N")
    assert page.viewer.query == row
    page.keys("f")
    assert page.viewer.mode == "false friends"
    page.keys("f", "m")
    assert page.viewer.query in page.viewer.mistakes
    page.keys("?")
    assert page.view().locator(".simnb-keys").is_visible()
    # Only one card is a stop of the Tab key.
    assert page.view().locator(".simnb-near[tabindex='0']").count() == 1
    # Where text is typed, keys are letters.
    box = page.view().get_by_role("spinbutton", name="Query")
    box.fill("12")
    box.press("Backspace")
    box.press("5")
    box.press("Enter")
    page.settle()
    assert page.viewer.query == 15


def test_up_and_down_go_to_the_card_above_and_below(page):
    page.page.set_viewport_size({"width": 540, "height": 900})
    page.settle()
    tops = page.cards().evaluate_all("own => own.map(one => one.getBoundingClientRect().top)")
    across = tops.count(tops[0])
    assert 1 < across < 6
    page.cards().first.focus()
    page.keys("ArrowDown")
    assert page.focused() == across
    page.keys("ArrowUp")
    assert page.focused() == 0


def test_an_answer_that_was_overtaken_is_dropped(page, monkeypatch):
    late = []
    send = page.viewer.send
    monkeypatch.setattr(page.viewer, "send", lambda *given: late.append(given))
    first, second = page.rows()[1:3]
    page.click(1)
    assert page.name() == "Query 0"
    page.viewer.query = second
    page.wait_for(lambda: len(late) == 2)
    monkeypatch.undo()
    for given in reversed(late):  # the older one comes last
        send(*given)
    page.settle()
    assert page.viewer.query == second
    assert page.name() == f"Query {second}"
    assert first != second
    assert_cards_equal_python(page)


def test_a_slow_answer_is_waited_for_and_the_notice_goes(page, monkeypatch):
    late = []
    monkeypatch.setattr(page.viewer, "send", lambda *given: late.append(given))
    page.click(1)
    page.wait_for(lambda: "Waiting for Python" in page.status())
    monkeypatch.undo()
    for given in late:
        page.viewer.send(*given)
    page.wait_for(lambda: page.name() == f"Query {page.viewer.query}")
    assert "Waiting" not in page.status()


def test_without_a_kernel_the_cards_stay_and_it_says_so(page):
    rows = page.rows()
    page.bare.disconnect()
    page.cards().first.click()
    page.wait_for(lambda: "Waiting for Python" in page.status())
    assert page.rows() == rows


@pytest.mark.filterwarnings("ignore:.*NaN or inf.*")
@pytest.mark.parametrize(
    ("source", "queries", "said"),
    [
        (np.zeros((0, 3)), None, "There are no queries."),
        (np.zeros((0, 3)), np.ones((1, 3)), "The index is empty."),
        (np.ones((1, 3)), None, "The index has no other item."),
        (np.ones((4, 3)), np.full((1, 3), np.nan), "NaN"),
    ],
    ids=["empty", "empty index", "one", "NaN"],
)
def test_where_nothing_can_be_found_it_says_why(source, queries, said, chromium):
    with shown(chromium, NeighborViewer(source, queries)) as page:
        assert page.cards().count() == 0
        assert page.view().get_by_text(said).first.is_visible()
        page.keys("Tab", "1", "ArrowDown", "n", "f", "Backspace")


@pytest.mark.parametrize("misalign", [0, 1])
def test_each_card_has_the_picture_of_its_item(misalign, chromium):
    images = np.repeat(4 * np.arange(60, dtype=np.uint8), 144).reshape(60, 12, 12)
    with shown(chromium, viewer(images=images, beside=True), misalign=misalign) as page:
        page.click(2)
        page.wait_for(lambda: page.name() == f"Query {page.viewer.query}")
        for grid in (0, 1):
            shades = (
                page.cards(grid)
                .locator("img")
                .evaluate_all(
                    """async own => {
                    const canvas = new OffscreenCanvas(12, 12)
                        .getContext('2d', {willReadFrequently: true});
                    await Promise.all(own.map(one => one.decode()));
                    return own.map(one => {
                        canvas.drawImage(one, 0, 0);
                        return canvas.getImageData(6, 6, 1, 1).data[0];
                    });
                }"""
                )
            )
            assert shades == [4 * row for row in page.rows(grid)]
        image = page.who().locator("img")
        assert image.get_attribute("alt") == f"image of {NAMES[page.viewer.query % 4]}"


def test_a_view_that_is_removed_leaves_nothing_behind(page):
    session = page.page.context.new_cdp_session(page.page)

    def held():
        session.send("HeapProfiler.collectGarbage")
        counts = session.send("Memory.getDOMCounters")
        return counts["nodes"], counts["jsEventListeners"]

    def come_and_go():
        page.bare.add_view()
        page.settle()
        page.click(1, view=1)
        page.press("Keys", view=1)
        page.bare.remove_view(1)
        page.settle()

    listeners = page.page.evaluate("() => bare.listeners()")
    come_and_go()
    before = held()
    for _ in range(3):
        come_and_go()
    page.wait_for(lambda: np.all(np.array(held()) <= np.array(before) + 20))
    assert page.page.evaluate("() => bare.listeners()") == listeners
    page.bare.use_theme("dark")
    page.viewer.query = 5
    page.wait_for(lambda: page.name() == "Query 5")


def test_a_widget_that_is_closed_leaves_the_page_in_peace(chromium):
    made = viewer()
    with bare_page(chromium, made, views=2) as bare:
        bare.settle()
        page = ViewerPage(bare)
        page.cards().first.hover()
        made.close()
        bare.settle()
        assert bare.page.locator(".simnb").count() == 0
        assert bare.trouble == []


def faults(page):
    """What axe-core finds of more than minor weight in the widget, and where."""
    found = Axe().run(page.page, context=".bare-view").response["violations"]
    return {
        (one["id"], node["html"][:120])
        for one in found
        if one["impact"] != "minor"
        for node in one["nodes"]
    }


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_no_fault(theme, chromium):
    index = index_of(data=[np.arange(9.0).reshape(3, 3) - 4] * 60)
    meta = {"note": [f"note {row}" for row in range(60)]}
    made = viewer(index, metadata=meta, beside=True, title="Neighbours")
    with shown(chromium, made, theme=theme, expected=["must be"]) as page:
        made.threshold = float(made.neighbors()["distance"][2])
        page.press("Details")
        page.press("Keys")
        page.press("Paste…")
        page.press("Find its neighbours")
        assert page.view().get_by_role("alert").inner_text()
        assert faults(page) == set()
        page.press("False friends")
        made.query = None
        page.settle()
        assert faults(page) == set()


def test_on_a_narrow_page_nothing_stands_out(page):
    page.page.set_viewport_size({"width": 400, "height": 900})
    page.settle()
    assert page.view().evaluate("own => own.scrollWidth <= own.clientWidth")
    who, card = page.who().bounding_box(), page.cards().first.bounding_box()
    assert card["y"] > who["y"] + who["height"]
    assert card["width"] > 80


def test_it_is_as_small_as_its_number_says():
    assert len(NeighborViewer._esm.encode()) <= 60_000
