"""A user's text as it is written, and nothing that it would do to the text around it."""

from __future__ import annotations

import re
import unicodedata
from typing import Any

_BREAK = re.compile("\r\n|[\t\n\r\u2028\u2029]")
_UNSEEN = ("Cc", "Cf", "Cs")  # controls, marks and overrides of direction, halves of pairs


def visible_text(text: Any) -> str:
    r"""Return a text with its line breaks as spaces and its unseen characters named.

    Parameters
    ----------
    text : object
        What its `str` gives.

    Returns
    -------
    str

    Examples
    --------
    >>> visible_text("one\ntwo \u202egnp.exe")
    'one two ⟨U+202E⟩gnp.exe'
    """
    written = str(text)
    if written.isprintable():
        return written
    return "".join(map(_named, _BREAK.sub(" ", written)))


def _named(character: str) -> str:
    unseen = unicodedata.category(character) in _UNSEEN
    return f"⟨U+{ord(character):04X}⟩" if unseen else character
