import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.entrypoints.command_line import Terminal
from tests.entrypoints.pseudo_terminal import ESCAPES
from tocsin.entrypoints.layout import Column, table, wrapped
from tocsin.entrypoints.plain_text import one_line, width
from tocsin.entrypoints.screen import Screen, Styled

COLUMNS = (Column("ID"), Column("AGE", right=True), Column("WHO", leave_out=1), Column("TITLE", flexible=True))
WORDS = st.text(st.characters(codec="utf-8") | st.sampled_from("字🔥é\x1b\u202e"), max_size=60)


def texts(total, *rows, wrap=False):
    return ["".join(line.cells) for line in table(COLUMNS, rows, total, wrap=wrap)[1]]


def test_columns_are_aligned_by_what_is_seen():
    """Not by the number of characters."""
    assert texts(None, ("日本", "3 d", "amira", "one"), ("ab", "12 min", "ö", "two")) == [
        "ID       AGE  WHO    TITLE",
        "日本     3 d  amira  one",
        "ab    12 min  ö      two",
    ]


def test_nothing_is_cut_where_nobody_looks_on():
    """In a pipe or a file every title is whole."""
    long = "x" * 70_000
    assert texts(None, ("1", "2", long, long))[1].split() == ["1", "2", long, long]


def test_the_title_gets_what_the_terminal_has_left():
    """The other columns are whole first."""
    assert texts(60, ("INC-1", "3 d", "amira", "y" * 90))[1] == "INC-1  3 d  amira  " + "y" * 40 + "…"


def test_a_narrow_terminal_leaves_columns_out_before_the_title_becomes_unreadable():
    """The least needed goes first."""
    shown, lines = table(COLUMNS, [("INC-1", "3 d", "amira", "y" * 90)], 48)
    assert shown == [0, 1, 3]
    assert lines[0].cells == ["ID     ", "AGE  ", "TITLE"]


def test_what_does_not_fit_goes_on_below_where_all_of_it_matters():
    """A note on the timeline is never cut."""
    assert texts(32, ("1", "2", "", "a note that is longer than the terminal"), wrap=True) == [
        "ID  AGE  TITLE",
        "1     2  a note that is longer",
        "         than the terminal",
    ]


@given(st.lists(st.tuples(WORDS, WORDS, WORDS, WORDS), max_size=5), st.integers(50, 120))
def test_no_line_is_wider_than_the_terminal(rows, total):
    """Whatever the rows hold: a line that wraps spoils the table."""
    cleaned = [
        tuple(one_line(cell)[:10] if number < 3 else one_line(cell) for number, cell in enumerate(row)) for row in rows
    ]
    assert all(width(line) <= total for line in texts(total, *cleaned))
    assert all(width(line) <= total for line in texts(total, *cleaned, wrap=True))


@given(WORDS, st.integers(8, 40))
def test_wrapping_loses_nothing_but_spaces(text, columns):
    """Words longer than a line too."""
    line = one_line(text)
    parts = wrapped(line, columns)
    assert "".join(parts).replace(" ", "") == line.replace(" ", "")
    assert all(width(part) <= columns for part in parts)


def test_a_pipe_gets_no_escape_sequences():
    """Neither ours nor those of a title, whatever TERM and COLUMNS say."""
    stream = io.StringIO()
    screen = Screen.of(stream, {"TERM": "xterm", "COLUMNS": "80"})
    screen.line(Styled("critical", "critical"), " \x1b[5mblinking")
    assert (stream.getvalue(), screen.terminal) == ("critical blinking\n", False)


@pytest.mark.parametrize("environ", [{"NO_COLOR": "1"}, {"TERM": "dumb"}])
def test_colours_can_be_refused(environ):
    """By NO_COLOR, and by a terminal that knows none."""
    stream = Terminal()
    Screen.of(stream, {"TERM": "xterm", "COLUMNS": "80", **environ}).line(Styled("critical", "critical"))
    assert stream.getvalue() == "critical\n"


def test_colours_end_with_the_word_that_they_belong_to():
    """A coloured background does not run through the padding; an empty NO_COLOR is none."""
    stream = Terminal()
    Screen.of(stream, {"TERM": "xterm", "NO_COLOR": ""}).line(Styled(" low  ", "low"), Styled("   ", "low"), "rest")
    assert stream.getvalue() == " \x1b[36mlow\x1b[0m     rest\n"


@given(st.lists(st.tuples(WORDS, st.sampled_from(["", "critical", "quiet", "unheard of"]))))
def test_whatever_is_shown_has_no_escapes_but_our_colours_and_no_second_line(parts):
    """The screen cleans, so that no caller can forget to."""
    stream = Terminal()
    Screen(stream, columns=80, coloured=True).line(*(Styled(*part) for part in parts))
    shown = ESCAPES.sub("", stream.getvalue())
    assert shown == "".join(one_line(text) for text, _ in parts) + "\n"


@pytest.mark.parametrize("said, columns", [("120", 120), ("", 80), ("0", 80), ("wide", 80)])
def test_the_width_is_what_columns_says_or_else_80(said, columns):
    """Nonsense in COLUMNS counts as nothing said."""
    assert Screen.of(Terminal(), {"COLUMNS": said}).columns == columns


def test_prose_is_wrapped_and_indented_on_a_terminal_and_left_alone_elsewhere():
    """Its paragraphs stay apart."""
    terminal, pipe = Terminal(), io.StringIO()
    text = "a first line that is long enough\n\nsecond"
    Screen(terminal, columns=20).prose(text)
    Screen(pipe).prose(text)
    assert terminal.getvalue().splitlines() == ["  a first line that", "  is long enough", "", "  second"]
    assert pipe.getvalue().splitlines() == ["  a first line that is long enough", "", "  second"]
