"""What a reader is told about an answer."""

import numpy as np
import pytest

from simnb.lessons import expect


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (5, 5),
        (np.int64(5), 5),
        (0.33333, 1 / 3),
        (" Cosine", "cosine"),
        ([1.0, 2.0], np.array([1.0, 2.0])),
        (True, True),
    ],
)
def test_a_right_answer_is_confirmed(value, expected, capsys):
    expect("answer", value, expected)
    assert capsys.readouterr().out == "✓ `answer` is right.\n"


@pytest.mark.parametrize("value", [None, ...])
def test_an_open_answer_is_no_error(value, capsys):
    expect("answer", value, 5)
    assert "still open" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("value", "expected", "told"),
    [
        (4, 5, "is 4, which is too small"),
        (5.1, 5, "is 5.1, which is too large"),
        (float("nan"), 5, "is nan, which is not a number"),
        ("five", 5, "should be a number, and is of type str"),
        ([1, 2], 5, "should be a number, and has shape (2,)"),
        ([1, 2, 3], np.array([1, 2, 4]), "differs in 1 of 3 places"),
        ("euclidean", "cosine", "is 'euclidean', which is not it"),
        (7, "cosine", "is 7, which is not it"),
        (False, True, "is False, which is not it"),
    ],
)
def test_a_wrong_answer_is_told_what_is_wrong(value, expected, told):
    with pytest.raises(AssertionError) as error:
        expect("answer", value, expected, hint="Look again.")
    assert str(error.value) == f"`answer` {told}. Look again."
