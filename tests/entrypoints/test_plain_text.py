import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.entrypoints.plain_text import MOST_MARKS, fit, lines, one_line, padded, width

ANYTHING = st.text(st.characters(codec=None) | st.sampled_from("\x1b[]m;\x07\x9b\x9d\u202e\u2066\u200b\n\r\ta\u0301字"))
HIDDEN = ("Cc", "Cf", "Cs", "Zl", "Zp")


@given(ANYTHING)
def test_one_line_keeps_no_character_that_moves_hides_or_reorders(text):
    """Whatever the text; looked up in Unicode's own categories."""
    assert not {char for char in one_line(text) if unicodedata.category(char) in HIDDEN}


@given(ANYTHING)
def test_what_is_harmless_already_stays_as_it_is(text):
    """Cleaning twice is no different from once."""
    assert one_line(one_line(text)) == one_line(text)


@given(st.text(st.characters(categories=["L", "N", "P", "S", "Zs"], max_codepoint=0x24F)))
def test_ordinary_letters_digits_and_signs_stay(text):
    """No title of a Latin script loses a character."""
    assert one_line(text) == unicodedata.normalize("NFC", text).replace("\xa0", " ")


@given(ANYTHING, st.integers(0, 40))
def test_fit_never_takes_more_columns_than_it_may(text, columns):
    """Wide characters and marks counted, and an ellipsis says that something was cut."""
    shown = one_line(text)
    fitted = fit(shown, columns)
    assert width(fitted) <= columns
    assert fitted == shown or columns == 0 or fitted.endswith("…")


@given(ANYTHING, st.integers(0, 40))
def test_padded_text_takes_the_columns_asked_for(text, columns):
    """On either side, so that columns stand under each other."""
    shown = one_line(text)
    assert width(padded(shown, columns)) == max(width(shown), columns)
    assert padded(shown, columns, right=True).strip(" ") == shown.strip(" ")


@pytest.mark.parametrize(
    "text, shown",
    [
        ("\x1b[31mred\x1b[0m", "red"),
        ("\x9b31mred", "red"),
        ("\x1b]0;a new window title\x07after", "after"),
        ("\x1b]8;;https://evil.example\x1b\\a link\x1b]8;;\x1b\\", "a link"),
        ("\x1bPdevice control\x1b\\after", "after"),
        ("\x1b]0;never ended", "0;never ended"),
        ("\x1b\x1b[31m[31m", "[31m"),
        ("one\ntwo\r\nthree\tfour\u2028five", "one two  three four five"),
        ("user\u202egnp.exe", "usergnp.exe"),
        ("pay\u200bment\u2060s\ufeff", "payments"),
        ("a\u00adb", "ab"),
        ("\ud800", "\N{REPLACEMENT CHARACTER}"),
        ("e\u0301", "é"),
        ("⚠\ufe0f disk", "⚠ disk"),
        ("日本語", "日本語"),
    ],
)
def test_one_line_takes_away_what_does_harm_and_nothing_else(text, shown):
    """Known attacks one by one: titles of windows, links, forged lines, reordered names."""
    assert one_line(text) == shown


def test_a_letter_keeps_only_as_many_marks_as_a_script_needs():
    """A pile of marks would cover the lines above and below."""
    assert len(one_line("x" + "\u0363" * 500)) == 1 + MOST_MARKS


@pytest.mark.parametrize("start", ["\x1b]", "\x1b[", "\x9d", "\x1b[1;", "\x1bP", " \n", "e\u0301"])
def test_64_kilobytes_are_no_work(start):
    """No pattern looks again and again at the same characters; otherwise this would take minutes."""
    text = start * (65_536 // len(start))
    assert width(fit(one_line(text), 80)) <= 80


@pytest.mark.parametrize("text, columns", [("abc", 3), ("日本", 4), ("e\u0301", 1), ("🔥", 2), ("", 0)])
def test_width_is_what_a_terminal_shows(text, columns):
    """Wide characters take two columns, combining marks none."""
    assert width(text) == columns


def test_lines_keep_their_breaks_and_indentation():
    """A description of several lines is still readable."""
    assert lines("\n\none\n\ttwo\x1b[31m\u202e\n\nthree  \n\n") == ["one", "    two", "", "three"]
    assert lines(" \n ") == []
