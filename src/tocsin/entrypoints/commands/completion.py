"""``completion``: what makes a shell complete commands, options, words and incident ids."""

import shlex
import sys
from pathlib import Path

import click
from click.shell_completion import BashComplete, FishComplete, ShellComplete, ZshComplete

from tocsin.entrypoints.choices import Word
from tocsin.entrypoints.program import COMPLETE_VARIABLE, program
from tocsin.entrypoints.wiring import Wiring, pass_wiring

SHELLS: dict[str, type[ShellComplete]] = {"bash": BashComplete, "zsh": ZshComplete, "fish": FishComplete}

# Where click's scripts call the program, which they look for on the PATH; a function of the shell is not found there.
_CALLS = {
    "bash": [("=bash_complete $1)", "=bash_complete {})")],
    "zsh": [("    (( ! $+commands[tocsin] )) && return 1\n", ""), ("=zsh_complete tocsin)", "=zsh_complete {})")],
    "fish": [("COMP_CWORD=(commandline -t) tocsin)", "COMP_CWORD=(commandline -t) {})")],
}


@click.command()
@click.argument("shell", metavar="[SHELL]", type=Word("shell", list(SHELLS)), required=False)
@pass_wiring
def completion(wiring: Wiring, shell: str | None) -> None:
    """Print what makes SHELL (bash, zsh or fish; yours unless given) complete `tocsin`.

    Bash and zsh: `eval "$(tocsin completion bash)"`. Fish: `tocsin completion fish | source`. In a checkout,
    `python cli.py completion bash` also makes `tocsin` a command of the shell.
    """
    name = shell or Path(wiring.environ.get("SHELL", "")).name
    kind = SHELLS.get(name)
    if kind is None:
        message = f"'{name}' is no shell that can be completed: say bash, zsh or fish"
        raise click.UsageError(message)
    script = kind(program, {}, "tocsin", COMPLETE_VARIABLE).source()
    wiring.out.stream.write(script if wiring.program == "tocsin" else _for_checkout(script, name))


def _for_checkout(script: str, shell: str) -> str:
    """Return the script with this checkout's program in place of an installed ``tocsin``, and a function to call it."""
    called = f"{shlex.quote(sys.executable)} {shlex.quote(str(Path(sys.argv[0]).resolve()))}"
    arguments = "$argv" if shell == "fish" else '"$@"'
    function = (
        f"function tocsin; {called} {arguments}; end" if shell == "fish" else f"tocsin() {{ {called} {arguments}; }}"
    )
    for installed, here in _CALLS[shell]:
        script = script.replace(installed, here.format(called))
    return f"{function}\n{script}"
