import shlex
import shutil
import subprocess
import sys

import pytest

from tests.entrypoints.command_line import ROOT, CommandLine, process, process_environment
from tocsin.entrypoints.program import TABLE

SHELLS = ["bash", "zsh", "fish"]


@pytest.fixture
def asked(tocsin, monkeypatch):
    """Return a way to complete; click reads the shell's variables from the process itself."""

    def ask(line):
        monkeypatch.setenv("COMP_WORDS", line)
        monkeypatch.setenv("COMP_CWORD", str(len(line.split(" ")) - 1))
        said = tocsin(_TOCSIN_COMPLETE="zsh_complete")
        assert (said.status, said.err) == (0, "")
        return said.lines[1::3]

    return ask


def test_commands_are_completed(asked):
    """Those of `rules` too; a word that is no command yet is no reason to be silent."""
    assert asked("tocsin ") == list(TABLE)
    assert asked("tocsin st") == ["start", "stats"]
    assert asked("tocsin rules ") == ["check", "test"]
    assert asked("tocsin nonsense ") == list(TABLE)


def test_options_and_their_words_are_completed(asked):
    """Nobody has to remember how a severity or a status is called."""
    assert asked("tocsin list --se") == ["--severity", "--service", "--server"]
    assert asked("tocsin list --severity c") == ["critical"]
    assert asked("tocsin list --status o") == ["open"]
    assert asked("tocsin completion ") == SHELLS


def test_ids_of_active_incidents_are_completed(asked, tocsin):
    """Newest first, however one begins to type them; what is over is not offered."""
    for title in ("one", "two", "three"):
        tocsin.opened(title)
    tocsin("resolve", "1002")
    assert asked("tocsin ack ") == ["INC-1003", "INC-1001"]
    assert asked("tocsin ack inc-1003 10") == ["INC-1003", "INC-1001"]
    assert asked("tocsin show INC-1003") == ["INC-1003"]


def test_a_store_that_cannot_be_read_completes_nothing_and_says_nothing(asked, tocsin):
    """A complaint would land in the middle of the line that somebody types."""
    (tocsin.folder / "incidents.json").write_text("{}\n")
    assert asked("tocsin ack ") == []


@pytest.mark.parametrize("shell", SHELLS)
def test_each_shell_gets_a_script_that_asks_this_program(tocsin, shell):
    """Named, or found in SHELL."""
    said = tocsin("completion", shell)
    assert said.status == 0
    assert f"_TOCSIN_COMPLETE={shell}_complete" in said.out
    assert tocsin("completion", SHELL=f"/usr/bin/{shell}").out == said.out


@pytest.mark.parametrize("shell", SHELLS)
def test_in_a_checkout_the_script_calls_the_checkout(tmp_path, shell):
    """There is no `tocsin` on the PATH there, and the script must not ask for one."""
    said = process(tmp_path, "completion", shell)
    called = f"{shlex.quote(sys.executable)} {shlex.quote(str(ROOT / 'cli.py'))}"
    assert said.out.count(called) == 2
    assert "commands[tocsin]" not in said.out


def test_a_shell_of_its_own_is_needed(tocsin):
    """Where SHELL tells nothing, the answer says which names there are."""
    assert "'' is no shell that can be completed: say bash, zsh or fish" in tocsin("completion").err


@pytest.mark.skipif(shutil.which("bash") is None, reason="there is no bash here")
def test_bash_completes_in_a_checkout(tmp_path):
    """The real shell, its real completion: from the printed script to the words that it offers."""
    CommandLine(tmp_path).opened()
    script = f"""
        eval "$({shlex.quote(sys.executable)} {shlex.quote(str(ROOT / "cli.py"))} completion bash)"
        complete -p tocsin
        COMP_WORDS=(tocsin ack ""); COMP_CWORD=2; _tocsin_completion tocsin; echo "offered: ${{COMPREPLY[*]}}"
        tocsin list | head -n 1
    """
    done = subprocess.run(
        ["bash", "--norc", "-c", script],
        cwd=tmp_path,
        env=process_environment(tmp_path),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stderr == ""
    binding, offered, heading = done.stdout.splitlines()
    assert binding == "complete -o nosort -F _tocsin_completion tocsin"
    assert offered == "offered: INC-1001"
    assert heading.startswith("ID ")
