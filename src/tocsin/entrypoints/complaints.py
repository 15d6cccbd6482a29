"""What a person reads when something does not work: what is wrong in one line, what to do in the next. On stderr."""

from contextlib import suppress

import click

from tocsin.errors import IllegalMove, TocsinError

from .redaction import hide
from .wiring import Wiring

OURS = 1
USAGE = 2
CHANGES = 7
INTERRUPTED = 130

NAME = "tocsin"
_COMMANDS_TO = {"acknowledged": "ack", "in_progress": "start", "resolved": "resolve", "closed": "close"}


def about_error(error: TocsinError, wiring: Wiring) -> None:
    """Tell of something that was refused or failed."""
    hint = error.hint
    if isinstance(error, IllegalMove):
        commands = [_COMMANDS_TO[status] for status in error.allowed if status in _COMMANDS_TO]
        hint = hint or f"what can be done now: {', '.join([*commands, 'note'])}"
    _say(wiring, str(error), hint)


def about_usage(error: click.ClickException, wiring: Wiring) -> None:
    """Tell of a command line that cannot be understood."""
    context = error.ctx if isinstance(error, click.UsageError) else None
    if context is None:
        _say(wiring, error.format_message())
    elif isinstance(error, click.exceptions.NoArgsIsHelpError):
        wiring.err.stream.write(f"{context.get_help()}\n")
    else:
        _say(wiring, error.format_message(), f"`{context.command_path} --help` shows what there is")


def about_fault(error: Exception, wiring: Wiring) -> None:
    """Tell of something that should not have happened: one line, or the traceback if TOCSIN_DEBUG is set."""
    import traceback

    secrets = wiring.secrets()
    if wiring.environ.get("TOCSIN_DEBUG"):
        for line in "".join(traceback.format_exception(error)).splitlines():
            wiring.err.line(hide(line, secrets))
    frames = traceback.extract_tb(error.__traceback__)
    where = f" in {frames[-1].name}, {_short(frames[-1].filename)}:{frames[-1].lineno}" if frames else ""
    hint = "set TOCSIN_DEBUG=1 to see the traceback, and please report it"
    _say(wiring, f"a fault of ours, {type(error).__name__}{where}: {error}", hint)


def about_output(error: OSError, wiring: Wiring) -> None:
    """Tell that what was to be shown could not be written, to a full disk for example."""
    _say(wiring, f"the output could not be written: {error.strerror}")


def about_interrupt(wiring: Wiring) -> None:
    """Say that it ended because it was told to."""
    if wiring.err.erases:
        wiring.err.stream.write("\r\x1b[K")  # over the ^C that the terminal shows
    _say(wiring, "interrupted")


def _say(wiring: Wiring, what: str, hint: str = "") -> None:
    secrets = wiring.secrets()
    screen = wiring.err
    with suppress(OSError):  # it may be the output itself that fails
        wiring.out.flush()
    with suppress(OSError):
        screen.line(f"{NAME}: {hide(what, secrets)}")
        if hint:
            screen.line(f"  {hide(hint, secrets)}")


def _short(path: str) -> str:
    _, ours, rest = path.replace("\\", "/").rpartition("/src/")
    return rest if ours else path.replace("\\", "/").rpartition("/site-packages/")[2]
