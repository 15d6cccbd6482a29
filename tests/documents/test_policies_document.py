"""docs/policies.md and docs/config.md tell the truth: their commands and files are run, their numbers are the code's."""

import re
import shlex

import pytest

from tests.entrypoints.command_line import ROOT, CommandLine
from tocsin.domain.policy import (
    LARGEST,
    LONGEST_DELAY,
    MOST_ACTIONS,
    MOST_POLICIES,
    MOST_STEPS,
    Action,
    TargetKind,
    default_policy,
)
from tocsin.domain.policy_conditions import SAYS_MORE, Conditions
from tocsin.domain.schedule import MOST_LAYERS
from tocsin.domain.shift_changes import TOLD_AHEAD
from tocsin.domain.succession import PAST_KEPT
from tocsin.entrypoints.complaints import CHANGES

POLICIES, CONFIG = ((ROOT / "docs" / f"{name}.md").read_text(encoding="utf-8") for name in ("policies", "config"))


def block(text, kind=""):
    return re.search(rf"^```{kind}\n(.*?)^```", text, re.DOTALL | re.MULTILINE)[1]


def rows(text, heading):
    """Return the words in the first column of the table under a heading."""
    table = re.search(rf"^\| {heading} \|.*?\n\n", text, re.DOTALL | re.MULTILINE)[0]
    firsts = [line.split("|")[1] for line in table.splitlines()[2:] if line]
    return [word for first in firsts for word in re.findall(r"`([^`]+)`", first)]


@pytest.fixture
def tocsin(tmp_path, monkeypatch):
    """Return a command line on a store with those whom the pages name."""
    monkeypatch.chdir(tmp_path)
    made = CommandLine(tmp_path)
    for name in ("ana", "bo", "cy"):
        assert made("user", "add", f"{name}@example.com", "--name", name, "--no-password").status == 0
    assert made("team", "add", "Shop").status == 0
    assert made("room", "add", "ops", "sms", "+49301234567").status == 0
    (tmp_path / "checkout.yaml").write_text(block(POLICIES, "yaml"))
    (tmp_path / "oncall.yaml").write_text(block(CONFIG, "yaml"))
    return made


@pytest.mark.parametrize("text, number", [(POLICIES, 5), (CONFIG, 4)], ids=["policies", "config"])
def test_the_commands_work(tocsin, text, number):
    """Word for word, in their order, on the files as they stand there."""
    lines = block(text).splitlines()
    assert len(lines) == number
    for line in lines:
        program, script, *arguments = shlex.split(line)
        assert (program, script) == ("python", "cli.py")
        said = tocsin(*arguments)
        assert said.status == 0, (line, said.err)


def test_a_plan_of_the_files_export_is_empty(tocsin):
    """As the page says."""
    assert tocsin("config", "apply", "oncall.yaml", "--yes").status == 0
    (tocsin.folder / "oncall.yaml").write_text(tocsin("config", "export").out)
    assert tocsin("config", "plan", "oncall.yaml", "--prune", "--exit-code").status == 0


def test_every_condition_action_and_target_is_documented():
    """And none that there is not; in the order in which they say more."""
    assert set(rows(POLICIES, "condition")) - {"key:value"} == set(Conditions.model_fields) == set(SAYS_MORE)
    assert f"in this order: {', '.join(SAYS_MORE)}." in " ".join(POLICIES.split())
    types = {kind.model_fields["type"].annotation.__args__[0] for kind in Action.__origin__.__args__}
    assert set(rows(POLICIES, "action")) == types
    assert {one.partition(":")[0] for one in rows(POLICIES, "target")} == {one.value for one in TargetKind}


def test_the_numbers_are_those_of_the_code():
    """Whoever changes one changes the page."""
    assert (
        f"at most {MOST_STEPS} steps of {MOST_ACTIONS} actions, and {LARGEST:,} bytes as JSON; a step waits for a week at most"
        in " ".join(POLICIES.split())
    )
    assert LONGEST_DELAY == 7 * 24 * 60
    assert f"at most {MOST_POLICIES} policies" in " ".join(POLICIES.split())
    assert (default_policy().steps[1].delay_minutes, default_policy().repeat) == (10, 2)
    prose = " ".join(CONFIG.split())
    for said in (
        f"shifts of the next {TOLD_AHEAD.days} days",
        f"once they were over for {PAST_KEPT.days} days",
        f"A schedule has {MOST_LAYERS} layers",
        f"it ends with {CHANGES}",
    ):
        assert said in prose, said
