"""The command line on a terminal."""

import pytest

from tests.entrypoints.command_line import CommandLine
from tests.entrypoints.pseudo_terminal import CTRL_C, OnTerminal
from tocsin.demo import MonitorId
from tocsin.demo.faults import Slow
from tocsin.entrypoints.plain_text import width


@pytest.fixture
def folder(tmp_path):
    """Return a folder with two incidents."""
    tocsin = CommandLine(tmp_path)
    tocsin.opened(
        "日本語のタイトル: a title that is much too long for a terminal of this width", "--severity", "critical"
    )
    tocsin.opened("Short", "--severity", "low", "--service", "checkout")
    return tmp_path


@pytest.mark.parametrize("columns", [72, 150])
def test_a_list_is_coloured_and_fitted_to_the_width(folder, columns):
    """Wide characters count as what they take; on a wide terminal nothing is cut."""
    terminal = OnTerminal(folder, "list", columns=columns)
    assert terminal.ended() == 0
    assert "\x1b[1;97;41mcritical\x1b[0m" in terminal.shown
    lines = terminal.text.splitlines()
    assert max(map(width, lines[:3])) <= columns
    assert lines[2].endswith("…" if columns == 72 else "width")
    assert "2 shown, 2 active." in terminal.text


@pytest.mark.parametrize("environ", [{"NO_COLOR": "1"}, {"TERM": "dumb"}])
def test_colours_are_left_out_where_they_are_not_wanted(folder, environ):
    """NO_COLOR is kept to, and so is a terminal that knows none."""
    terminal = OnTerminal(folder, "show", "1001", **environ)
    assert terminal.ended() == 0
    assert "\x1b" not in terminal.shown
    assert "INC-1001  critical  detected" in terminal.text


def test_progress_is_shown_while_monitors_are_read_and_taken_away_after(tmp_path, datadog, settings):
    """One line that is written over; nothing of it stays."""
    datadog.world.trigger(MonitorId.CHECKOUT_ERRORS)
    terminal = OnTerminal(tmp_path, "sync", **settings)
    assert terminal.ended() == 0
    assert "\r\x1b[KReading monitors ...\r\x1b[KReading monitors: 26 so far, page 1\r\x1b[K" in terminal.shown
    assert "Next: `python cli.py show INC-1001`" in terminal.text


def test_a_terminal_that_cannot_erase_shows_no_progress(tmp_path, settings):
    """It would fill the screen with one line after the other."""
    terminal = OnTerminal(tmp_path, "sync", TERM="dumb", **settings)
    assert terminal.ended() == 0
    assert "Reading" not in terminal.shown


def test_ctrl_c_ends_a_watch_cleanly(tmp_path, settings):
    """One word and exit status 130."""
    terminal = OnTerminal(tmp_path, "sync", "--watch", "60", measured=False, **settings).until("Next:")
    assert terminal.press(CTRL_C).ended() == 130
    assert "Traceback" not in terminal.text
    assert terminal.text.endswith("tocsin: interrupted\n")


def test_ctrl_c_ends_a_slow_sync_cleanly(tmp_path, datadog, settings):
    """In the middle of a request, without waiting for its answer."""
    datadog.faults.next(Slow(seconds=20))
    terminal = OnTerminal(tmp_path, "sync", measured=False, **settings).until("Reading monitors")
    assert terminal.press(CTRL_C).ended() == 130
    assert "Traceback" not in terminal.text


ANSWERS = [(b"y\n", 0, 0), (b"n\n", 0, 1), (b"\x04", 130, 1), (CTRL_C, 130, 1)]
"""What is pressed at a question, the exit status, and how much of one incident is left."""


def asked(folder, question, answer, *args):
    """Run a command that asks, press an answer, and return the exit status and what was shown."""
    terminal = OnTerminal(folder, *args, measured=answer != CTRL_C).until(question)
    # Python loses a Ctrl-C that comes just before it begins to read. A person presses it again, too.
    status = terminal.press(answer).ended(pressing=CTRL_C if answer == CTRL_C else b"")
    assert "Traceback" not in terminal.text
    return status, terminal.text


@pytest.mark.parametrize("answer, status, left", ANSWERS)
def test_pruning_asks_first(tmp_path, answer, status, left):
    """Only a yes forgets; no, the end of input and Ctrl-C leave everything."""
    tocsin = CommandLine(tmp_path)
    tocsin.opened()
    tocsin("resolve", "1001")
    tocsin("close", "1001")
    question = "Forget 1 incident closed before 2026-03-03 00:00:00 UTC for ever? [y/N]:"
    ended, _ = asked(tmp_path, question, answer, "prune", "--closed-before", "2026-03-03")
    assert ended == status
    assert len(tocsin("list", "--json").json) == left


@pytest.mark.parametrize("answer, status, left", ANSWERS)
def test_deleting_asks_first(tmp_path, answer, status, left):
    """As pruning does; it says that it was done only if it was."""
    tocsin = CommandLine(tmp_path)
    tocsin.opened()
    ended, shown = asked(tmp_path, "Delete INC-1001 for ever? [y/N]:", answer, "delete", "1001")
    assert ended == status
    assert ("INC-1001 deleted." in shown) is (left == 0)
    assert len(tocsin("list", "--json").json) == left


def test_deleting_what_there_is_not_asks_nothing(folder):
    """Nobody has to say yes to an error."""
    terminal = OnTerminal(folder, "delete", "1009")
    assert terminal.ended() == 4
    assert "for ever?" not in terminal.text
