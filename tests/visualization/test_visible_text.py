import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simnb.visualization.visible_text import visible_text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("cat", "cat"),
        ("", ""),
        ("Ünïcödé 猫 🐈", "Ünïcödé 猫 🐈"),
        ("<b>$x$ & co</b>", "<b>$x$ & co</b>"),
        ("one\ntwo\r\nthree\tfour\u2028five", "one two three four five"),
        ("a\x00b\x1bc\x7f", "a⟨U+0000⟩b⟨U+001B⟩c⟨U+007F⟩"),
        ("\u202egnp.exe\u2066", "⟨U+202E⟩gnp.exe⟨U+2066⟩"),
        ("\u200b\ufeff", "⟨U+200B⟩⟨U+FEFF⟩"),
        ("\ud800", "⟨U+D800⟩"),
        (7, "7"),
        (None, "None"),
    ],
)
def test_nothing_is_hidden(text, expected):
    assert visible_text(text) == expected


@given(st.text(st.characters(exclude_categories=[])))
def test_what_comes_back_can_be_seen_and_written_to_a_file(text):
    shown = visible_text(text)
    shown.encode("utf-8")
    assert {unicodedata.category(own) for own in shown} & {"Cc", "Cf", "Cs", "Zl", "Zp"} == set()
    assert visible_text(shown) == shown
