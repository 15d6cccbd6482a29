"""What goes wrong at the command line itself, and what never should."""

import io
from contextlib import redirect_stderr, redirect_stdout

import click
import pytest

from tocsin import __version__
from tocsin.entrypoints import cli
from tocsin.entrypoints.lazy_group import Entry, LazyGroup
from tocsin.entrypoints.program import TABLE
from tocsin.entrypoints.redaction import hide


@pytest.mark.parametrize(
    "arguments, says",
    [
        (["lst"], "There is no command 'lst'; did you mean 'list'?"),
        (["acknowledge", "1"], "did you mean 'ack'?"),
        (["frobnicate"], "There is no command 'frobnicate'."),
        (["list", "--sevrity", "high"], "'--severity'"),
        (
            ["list", "--severity", "hgih"],
            "'hgih' is no severity; there are critical, high, medium, low; did you mean 'high'?",
        ),
        (["list", "--status", "opne"], "did you mean 'open'?"),
        (["list", "--since", "soon"], "'soon' is no moment; give a date such as 2026-03-31"),
        (["severity", "1001"], "Missing argument 'LEVEL'."),
        (
            ["severity", "1001", "worst"],
            "Invalid value for 'LEVEL': 'worst' is no severity; there are critical, high, medium, low",
        ),
        (["rules", "test", "--state", "Alrt"], "did you mean 'Alert'?"),
        (["open"], "Missing option '--title'."),
        (["list", "--limit", "0"], "Invalid value for '--limit'"),
        (["list", "--limit", "many"], "'many' is not a valid integer."),
        (["sync", "--watch", "0"], "Invalid value for '--watch'"),
        (["sync", "--watch", "nan"], "'nan' is not a valid number of seconds."),
        (["sync", "--watch", "often"], "'often' is not a valid number of seconds."),
        (["demo", "--pace", "inf"], "inf is not in the range 0<=x<=60"),
        (["completion", "tcsh"], "'tcsh' is no shell"),
        (["--nonsense"], "No such option '--nonsense'"),
    ],
)
def test_a_mistyped_word_says_what_is_allowed_and_suggests_the_nearest(tocsin, arguments, says):
    """Two lines: what is wrong, and where to look."""
    said = tocsin(*arguments)
    first, hint = said.err.splitlines()
    assert said.status == 2
    assert first.startswith("tocsin: ")
    assert says in first
    assert hint.endswith("--help` shows what there is")
    assert said.out == ""


def test_without_a_command_help_is_shown_and_the_status_is_usage(tocsin):
    """On standard error, since nothing was asked for."""
    said = tocsin()
    assert (said.status, said.out) == (2, "")
    assert said.err.startswith("Usage: tocsin [OPTIONS] COMMAND")


def test_help_lists_every_command_with_what_it_does(tocsin):
    """`-h` does the same."""
    said = tocsin("--help")
    assert said.status == 0
    longest = max(map(len, TABLE))
    for name, entry in TABLE.items():
        assert f"  {name.ljust(longest)}  {entry.help}" in said.lines
    assert tocsin("-h").out == said.out


def test_the_version_is_said(tocsin):
    """For whoever reports a fault."""
    assert tocsin("--version").out == f"tocsin {__version__}\n"


@pytest.mark.parametrize("name", TABLE)
def test_every_command_is_where_the_table_says(tocsin, name):
    """They are imported when called only: a wrong entry would not show before."""
    said = tocsin(name, "--help")
    assert said.status == 0
    assert said.out.startswith(f"Usage: tocsin {name} ")


def test_a_command_that_is_none_is_found_out():
    """A wrong entry of the table is a fault of ours, and says which."""
    group = LazyGroup(name="odd", table={"odd": Entry("tocsin:__version__", "Nothing.")})
    with pytest.raises(TypeError, match="is no command"):
        group.get_command(click.Context(group), "odd")
    assert group.get_command(click.Context(group), "even") is None


@pytest.fixture
def broken(tocsin):
    """Return the command line with a store that breaks in a way that nobody foresaw, and a key in its message."""
    tocsin.environ |= {"DATADOG_API_KEY": "s3cr3t-k3y-with-'quote'", "LOG_LEVEL": "debug"}

    def fail():
        raise ZeroDivisionError(f"header s3cr3t-k3y-with-'quote' and {tocsin.environ['DATADOG_API_KEY']!r}\x1b[2J")

    wiring = tocsin.wiring._replace(clock=fail)

    def run(**environ):
        tocsin.environ |= environ
        out, err = io.StringIO(), io.StringIO()
        with redirect_stdout(out), redirect_stderr(err):
            status = cli.run(["list", "--since", "2h"], wiring)
        return status, err.getvalue()

    return run


def test_what_nobody_foresaw_is_one_line_with_its_place_and_no_secret(broken):
    """Enough to report it, and no traceback over a person."""
    status, said = broken()
    first, hint = said.splitlines()
    assert status == 1
    assert first.startswith("tocsin: a fault of ours, ZeroDivisionError in fail, ")
    assert first.endswith(': header [hidden] and "[hidden]"')
    assert "TOCSIN_DEBUG=1" in hint
    assert "s3cr3t" not in said


def test_the_traceback_is_shown_on_request_without_secrets(broken):
    """Nor with anything that moves the cursor."""
    status, said = broken(TOCSIN_DEBUG="1")
    assert status == 1
    assert said.startswith("Traceback (most recent call last):\n")
    assert "s3cr3t" not in said
    assert "\x1b" not in said


def test_secrets_are_blotted_out_longest_first_and_short_ones_left():
    """No half of a key is left; one letter is no key."""
    assert hide("key abcdef, half abcd, a", ["abcd", "abcdef", "a"]) == "key [hidden], half [hidden], a"
