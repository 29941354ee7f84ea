import numpy as np
import pytest
from matplotlib.colors import to_hex

from simnb.visualization.neighbor_cards import COLUMNS, NeighborCard, neighbor_cards
from simnb.visualization.palette import GREEN, GREY, VERMILION
from tests.widgets.cases import NASTY


def cards_in(figure):
    return [axes for axes in figure.axes if axes.get_title()]


def test_cards_stand_beside_the_query_in_rows():
    cards = [NeighborCard(str(rank), "cat") for rank in range(1, COLUMNS + 3)]
    figure = neighbor_cards(NeighborCard("query", "dog"), [("exact", cards)])
    figure.canvas.draw()
    places = [axes.get_position() for axes in cards_in(figure)]
    assert [own.get_title() for own in cards_in(figure)] == [
        "query\ndog",
        *(f"{rank}\ncat" for rank in range(1, COLUMNS + 3)),
    ]
    assert all(own.x0 > places[0].x0 for own in places[1:])
    assert len({round(own.y0, 3) for own in places[: COLUMNS + 1]}) == 1
    assert places[COLUMNS + 1].y1 < places[COLUMNS].y0
    assert places[COLUMNS + 1].x0 == pytest.approx(places[1].x0)


@pytest.mark.parametrize(
    ("right", "color", "glyph"), [(True, GREEN, "✓ "), (False, VERMILION, "✗ "), (None, GREY, "")]
)
def test_right_and_wrong_are_told_by_sign_and_colour(right, color, glyph):
    card = NeighborCard("1 · 0.5", "cat", right=right)
    (axes,) = cards_in(neighbor_cards(None, [("", [card])]))
    assert axes.get_title() == f"1 · 0.5\n{glyph}cat"
    assert to_hex(axes.title.get_color()).upper() == color.upper()
    assert to_hex(axes.spines["left"].get_edgecolor()).upper() == color.upper()


def test_what_is_beyond_the_threshold_is_faint_and_dashed():
    near, far = (
        NeighborCard("1", "cat", np.zeros((4, 4, 3), np.uint8), faint=own) for own in (False, True)
    )
    one, other = cards_in(neighbor_cards(None, [("", [near, far])]))
    assert (one.spines["top"].get_linestyle(), other.spines["top"].get_linestyle()) == ("-", "--")
    assert other.images[0].get_alpha() < one.images[0].get_alpha() == 1


@pytest.mark.parametrize(
    "picture",
    [
        np.zeros((5, 7, 4), np.uint8),
        np.arange(12.0).reshape(3, 4),
        np.arange(60.0)[None],
        np.full((2, 2), np.nan),
    ],
    ids=lambda own: str(own.shape),
)
def test_pictures_and_heat_maps_are_drawn(picture):
    figure = neighbor_cards(NeighborCard("query", None, picture), [])
    (axes,) = cards_in(figure)
    np.testing.assert_array_equal(np.asarray(axes.images[0].get_array()).shape, picture.shape)
    figure.canvas.draw()


@pytest.mark.parametrize("text", [*NASTY, "$x^2$ $"])
def test_texts_of_every_kind_are_drawn_as_text(text):
    card = NeighborCard("1", text, text)
    figure = neighbor_cards(card, [(text, [card]), (text, [card])], title=text, note=text)
    figure.canvas.draw()
    texts = [own for axes in cards_in(figure) for own in (axes.title, *axes.texts)]
    for own in (*texts, *figure.texts):
        assert "\x00" not in own.get_text()
        assert "\u202e" not in own.get_text()


def test_two_rankings_have_their_names():
    cards = [NeighborCard("1", "cat")] * 3
    figure = neighbor_cards(NeighborCard("query", "cat"), [("nmslib", cards), ("exact", cards)])
    assert [own.get_text() for own in figure.texts] == ["nmslib", "exact"]
    tops = [own.get_position()[1] for own in figure.texts]
    rows = [axes.get_position().y1 for axes in cards_in(figure)]
    assert tops[0] > rows[1] > tops[1] > rows[4]


def test_nothing_to_show_is_a_picture_too():
    figure = neighbor_cards(None, [("exact", [])], note="The index is empty.")
    assert [own.get_text() for own in figure.texts] == ["The index is empty."]
    figure.canvas.draw()
