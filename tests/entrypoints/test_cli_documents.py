"""docs/cli.md tells all and nothing but the truth about the command line."""

import re

import click
import pytest

from tests.entrypoints.command_line import ROOT
from tocsin import errors
from tocsin.entrypoints import complaints
from tocsin.entrypoints.program import TABLE, program

TEXT = (ROOT / "docs" / "cli.md").read_text(encoding="utf-8")


def commands():
    """Yield every command by what one types, those of groups too."""
    context = click.Context(program)
    for name in TABLE:
        command = program.get_command(context, name)
        if isinstance(command, click.Group):
            yield from ((f"{name} {sub}", found) for sub, found in command.commands.items())
        else:
            yield name, command


COMMANDS = dict(commands())


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_and_option_is_documented(name):
    """Nothing is added to the program without a word in docs/cli.md."""
    assert re.search(rf"`{name}[ `]", TEXT)
    for parameter in COMMANDS[name].params:
        if isinstance(parameter, click.Option):
            assert re.search(rf"`{parameter.opts[0]}[ `]", TEXT), parameter.opts


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_and_option_has_a_help_text_that_is_a_sentence(name):
    """`--help` alone is enough to use a command."""
    command = COMMANDS[name]
    assert command.help.strip().endswith(".")
    assert all(one.help.endswith(".") for one in command.params if isinstance(one, click.Option)), command.params


def test_no_option_is_documented_that_there_is_not():
    """What was renamed or removed goes from docs/cli.md too."""
    known = {opt for command in COMMANDS.values() for parameter in command.params for opt in parameter.opts}
    assert set(re.findall(r"`(--[a-z-]+)", TEXT)) <= known | {"--help", "--version"}


def test_every_exit_status_is_documented():
    """Scripts may rely on all of them: those of the error tree, and those of the frame."""
    tree = [errors.TocsinError]
    for one in tree:
        tree += one.__subclasses__()
    frame = {complaints.OURS, complaints.USAGE, complaints.CHANGES, complaints.INTERRUPTED}
    statuses = {one.exit_status for one in tree} | {0} | frame
    assert {int(number) for number in re.findall(r"^\| (\d+) \|", TEXT, re.MULTILINE)} == statuses


def test_options_that_several_commands_have_mean_the_same():
    """A person learns ``--by`` and ``--json`` once."""
    for option in ("--by", "--json"):
        found = [one for command in COMMANDS.values() for one in command.params if option in one.opts]
        assert len(found) > 5
        assert len({type(one.type) for one in found}) == 1
