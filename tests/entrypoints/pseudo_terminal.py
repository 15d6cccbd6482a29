"""A command on a terminal of its own, as a person sees it."""

import contextlib
import fcntl
import os
import pty
import re
import select
import struct
import sys
import termios
import time
from pathlib import Path

from tests.entrypoints.command_line import ROOT, process_environment

ESCAPES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
CTRL_C = b"\x03"


class OnTerminal:
    """A running command. Reads what appears, and types."""

    def __init__(self, folder: Path, *arguments: str, columns: int = 80, measured: bool = True, **environ: str) -> None:
        self.shown = ""
        environment = process_environment(folder, measured=measured, **environ)
        command = [sys.executable, str(ROOT / "cli.py"), *arguments]
        ours, theirs = pty.openpty()
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
        self._pid = os.fork()
        if self._pid == 0:
            os.close(ours)
            os.login_tty(theirs)
            os.chdir(folder)
            os.execve(command[0], command, environment)
        os.close(theirs)
        self._terminal = ours

    def until(self, text: str, seconds: float = 30) -> "OnTerminal":
        """Wait until ``text`` appears."""
        end = time.monotonic() + seconds
        while text not in self.shown:
            assert time.monotonic() < end, f"{text!r} did not appear in {self.shown!r}"
            assert self._read(0.2), f"it ended without {text!r}: {self.shown!r}"
        return self

    def press(self, keys: bytes) -> "OnTerminal":
        """Type."""
        os.write(self._terminal, keys)
        return self

    def ended(self, seconds: float = 30, *, pressing: bytes = b"") -> int:
        """Wait for the end, pressing keys again and again if there are any; return the exit status."""
        end = time.monotonic() + seconds
        while self._read(0.2):
            assert time.monotonic() < end, f"it does not end: {self.shown!r}"
            with contextlib.suppress(OSError):  # it has just ended
                os.write(self._terminal, pressing)
        os.close(self._terminal)
        return os.waitstatus_to_exitcode(os.waitpid(self._pid, 0)[1])

    @property
    def text(self) -> str:
        """What was shown, without colours and cursor movements."""
        return ESCAPES.sub("", self.shown).replace("\r", "")

    def _read(self, seconds: float) -> bool:
        """Read what there is; False once the terminal was closed at the other end."""
        ready, _, _ = select.select([self._terminal], [], [], seconds)
        if not ready:
            return True
        data = b""
        with contextlib.suppress(OSError):  # Linux says so when nobody holds the other end any more
            data = os.read(self._terminal, 65_536)
        self.shown += data.decode("utf-8", "replace")
        return bool(data)
