"""docs/explain.md tells the truth: its commands work, and its words and numbers are those of the code."""

import re
import shlex

import pytest

from tests.entrypoints.command_line import ROOT, CommandLine
from tocsin.domain.explanation import Part, WhyNot
from tocsin.entrypoints.commands.readiness import NOT_READY
from tocsin.services.paging.answering import KNOWN_SINCE
from tocsin.services.paging.desk import KEPT
from tocsin.services.paging.gaps_ahead import LOOKS_AHEAD
from tocsin.services.paging.readiness import MOST_SERVICES

TEXT = (ROOT / "docs" / "explain.md").read_text(encoding="utf-8")
COMMANDS = re.findall(r"^```\n(.*?)\n```", TEXT, re.DOTALL | re.MULTILINE)


@pytest.fixture
def tocsin(tmp_path):
    """Return a command line on a store with the people and the incident of the page."""
    made = CommandLine(tmp_path)
    assert made("user", "add", "bo@example.com", "--name", "Bo", "--role", "admin", "--no-password").status == 0
    return made


def test_the_commands_work(tocsin):
    """Word for word, but for the number of the incident."""
    incident = tocsin.opened()
    for line in COMMANDS:
        program, script, *arguments = shlex.split(line.replace("INC-1042", incident))
        assert (program, script) == ("python", "cli.py")
        said = tocsin(*arguments)
        assert said.status in (0, NOT_READY), (line, said.err)
        assert said.err == ""


def test_readiness_exits_with_0_once_mail_reaches_an_administrator(tocsin):
    """And with 1 before, as the table says."""
    assert f"| {NOT_READY} | something would reach nobody |" in TEXT
    assert tocsin("readiness").status == NOT_READY
    said = tocsin("readiness", SES_FROM="tocsin@example.com")
    assert said.status == 0
    assert said.lines[0].startswith("ready at ")
    assert "only the fallback is" in said.out


def test_its_words_and_numbers_are_those_of_the_code():
    """Whoever changes one changes the page."""
    assert set(re.findall(r"^\| `([a-z]+)` \|", TEXT, re.MULTILINE)) == set(Part) - {Part.NEXT}
    prose = " ".join(TEXT.split())
    for said in (
        f"kept for {KEPT.days} days",
        f"incidents of the last {KNOWN_SINCE.days} days",
        f"Gaps of the coming {LOOKS_AHEAD.days} days",
        f"At most {MOST_SERVICES} are looked at",
        f"`{WhyNot.SINCE_CHANGED}`",
    ):
        assert said in prose, said
