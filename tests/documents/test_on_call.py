"""docs/on-call.md tells the truth: its commands and its file are run, and its numbers are those of the code."""

import re
import shlex

import pytest

from tests.entrypoints.command_line import ROOT, CommandLine
from tocsin.api.schedule_looks import LONGEST_REPORT
from tocsin.domain.layer import MOST_HOURS, MOST_IN_A_LAYER
from tocsin.domain.schedule import MOST_LAYERS, MOST_OVERRIDES
from tocsin.domain.shift_changes import TOLD_AHEAD
from tocsin.services.feeds import AHEAD, BACK
from tocsin.services.schedules import OVERRIDES_KEPT
from tocsin.services.shift_notices import MOST_NOTICES

TEXT = (ROOT / "docs" / "on-call.md").read_text(encoding="utf-8")
COMMANDS = re.search(r"^```\n(.*?)^```", TEXT, re.DOTALL | re.MULTILINE)[1].replace("\\\n", "")
FILE = re.search(r"^```yaml\n(.*?)^```", TEXT, re.DOTALL | re.MULTILINE)[1]


@pytest.fixture
def tocsin(tmp_path):
    """Return a command line on a store with the people and the team of the page."""
    made = CommandLine(tmp_path)
    for name in ("ana", "bo", "cy"):
        assert made("user", "add", f"{name}@example.com", "--name", name, "--no-password").status == 0
    assert made("team", "add", "Shop").status == 0
    return made


def test_the_commands_work(tocsin):
    """Word for word, in their order."""
    lines = COMMANDS.splitlines()
    assert len(lines) == 6
    for line in lines:
        program, script, *arguments = shlex.split(line)
        assert (program, script) == ("python", "cli.py")
        said = tocsin(*arguments)
        assert said.status == 0, (line, said.err)


def test_the_file_makes_a_schedule(tocsin):
    """As it stands there."""
    file = tocsin.folder / "shop.yaml"
    file.write_text(FILE)
    said = tocsin("schedule", "add", "--file", str(file), "--json")
    assert said.status == 0, said.err
    assert said.json["layers"][0]["hours"][0]["begin"] == "18:00:00"


def test_its_numbers_are_those_of_the_code():
    """Whoever changes one changes the page."""
    prose = " ".join(TEXT.split())
    for said in (
        f"{MOST_LAYERS} layers of {MOST_IN_A_LAYER} people, {MOST_HOURS} hours of duty in each, and {MOST_OVERRIDES} overrides",
        f"those that were over {OVERRIDES_KEPT.days} days ago go",
        f"Whose shifts of the next {TOLD_AHEAD.days} days move",
        f"of one change {MOST_NOTICES} people are told",
        f"the last {BACK.days} days and the next {AHEAD.days}",
        f"up to {LONGEST_REPORT.days} days",
    ):
        assert said in prose, said
