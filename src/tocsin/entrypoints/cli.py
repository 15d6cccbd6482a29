"""The outermost frame of the command line: whatever happens inside ends in an exit status and at most a few lines.

=== =================================================================================
0   done
1   a fault of ours
2   usage or settings
3   the source could not be read, or the sweep was incomplete
4   not found
5   refused: an illegal move, a conflict, or alerts that others kept writing to
6   the store could not be read or written
130 interrupted
=== =================================================================================
"""

import errno
import gc
import os
import signal
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from types import FrameType
from typing import NoReturn

import click

from tocsin.clock import utc_now
from tocsin.errors import TocsinError

from .complaints import INTERRUPTED, OURS, about_error, about_fault, about_interrupt, about_output, about_usage
from .program import COMPLETE_VARIABLE, program
from .wiring import Wiring

FEWER_COLLECTIONS = 100_000
"""Objects made between two searches for garbage; Python's own default is 700, or 2,000."""

_TOLD_TO_END = (signal.SIGINT, signal.SIGTERM)
_OUTPUT_FAILED = (errno.ENOSPC, errno.EIO)


def main() -> int:
    """Run the command of this process; return the exit status."""
    # What is made while starting lives as long as the process: looking for garbage among it is time lost.
    gc.set_threshold(FEWER_COLLECTIONS)
    gc.enable()
    # Pydantic would read the metadata of everything installed, to find plug-ins that there are none of.
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "1")
    if sys.stdout is None or sys.stderr is None:  # closed by who started us
        return OURS
    for stream in (sys.stdout, sys.stderr):
        # A terminal that lacks a character must not end the program.
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")
    _end_when_told()
    status = run(sys.argv[1:], process_wiring())
    # What was asked for is done, or told: a Ctrl-C that comes late changes nothing.
    for number in _TOLD_TO_END:
        signal.signal(number, signal.SIG_IGN)
    # Nor does anything need collecting now: the process ends.
    gc.freeze()
    return status


def process_wiring() -> Wiring:
    """Return the wiring to this process's environment, clock and terminal."""
    return Wiring(
        environ=os.environ,
        clock=utc_now,
        sleep=time.sleep,
        new_id=_random_id,
        program="tocsin" if Path(sys.argv[0]).stem == "tocsin" else "python cli.py",
    )


def run(arguments: Sequence[str], wiring: Wiring) -> int:
    """Run one command; return its exit status. Nothing is raised, and no traceback is shown."""
    try:
        status = _invoke(arguments, wiring)
        wiring.out.flush()
    except click.exceptions.Exit as done:
        status = done.exit_code
    except (KeyboardInterrupt, click.Abort):
        about_interrupt(wiring)
        status = INTERRUPTED
    except click.ClickException as error:
        about_usage(error, wiring)
        status = error.exit_code
    except TocsinError as error:
        about_error(error, wiring)
        status = error.exit_status
    except BrokenPipeError:
        # Who read our output closed it (``list | head``): they have had enough, which is no error.
        _drop_output()
        status = 0
    except Exception as error:  # noqa: BLE001 - a person gets one line of it, whatever it is
        if isinstance(error, OSError) and error.errno in _OUTPUT_FAILED:
            about_output(error, wiring)
            _drop_output()
        else:
            about_fault(error, wiring)
        status = OURS
    return status


def _invoke(arguments: Sequence[str], wiring: Wiring) -> int:
    asked = wiring.environ.get(COMPLETE_VARIABLE)
    if asked:
        from click.shell_completion import shell_complete

        return shell_complete(program, {"obj": wiring}, "tocsin", COMPLETE_VARIABLE, asked)
    with program.make_context(wiring.program, list(arguments), obj=wiring) as context:
        status = program.invoke(context)
    return status if isinstance(status, int) else 0


def _drop_output() -> None:
    """Send what is still buffered nowhere: it would raise again when the interpreter ends."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _end_when_told() -> None:
    """Let the first Ctrl-C or SIGTERM end the command in order, and a second one at once: no commit is lost by that."""

    def at_once(_number: int, _frame: FrameType | None) -> NoReturn:
        os._exit(INTERRUPTED)

    def in_order(_number: int, _frame: FrameType | None) -> NoReturn:
        for number in handled:
            signal.signal(number, at_once)
        raise KeyboardInterrupt

    def swallowed(what: "sys.UnraisableHookArgs") -> None:
        """Python could not hand on an exception, out of a callback for example; if it was ours, it still ends."""
        if issubclass(what.exc_type, KeyboardInterrupt):
            os._exit(INTERRUPTED)
        sys.__unraisablehook__(what)

    # What was started in the background of a script has SIGINT ignored, and that stays so.
    handled = [number for number in _TOLD_TO_END if signal.getsignal(number) is not signal.SIG_IGN]
    for number in handled:
        signal.signal(number, in_order)
    sys.unraisablehook = swallowed


def _random_id() -> str:
    from tocsin.ids import random_id

    return random_id()
