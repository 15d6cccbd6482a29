"""Programs that tests start beside themselves, and that end when the tests do: also when those are killed."""

import os
import signal
import subprocess
import sys
import time

PATIENCE = 30.0

# Its pipe closes when the process that started it goes, however it goes.
GUARD = """
import subprocess, sys
program = subprocess.Popen(sys.argv[1:], stdin=subprocess.DEVNULL, stdout=sys.stderr)
print(program.pid, flush=True)
try:
    sys.stdin.buffer.read()
finally:
    program.kill()
    program.wait()
"""


class Guarded:
    """A program that runs until it is left, or until whoever started it is gone. What it says goes into ``log``."""

    def __init__(self, command, *, cwd, env, log):
        self.log = log
        with log.open("ab") as said:
            self._guard = subprocess.Popen(
                [sys.executable, "-c", GUARD, *map(str, command)],
                cwd=cwd,
                env=env,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=said,
            )
        line = self._guard.stdout.readline()
        assert line, self.said
        self.pid = int(line)

    @property
    def said(self):
        """Everything that it said."""
        return self.log.read_text("utf-8", "replace")

    def tell(self, number):
        """Send it a signal."""
        os.kill(self.pid, number)

    def kill(self):
        """End it at this instant, whatever it is doing."""
        self.tell(signal.SIGKILL)
        self.leave()

    def leave(self):
        """End it."""
        self._guard.stdin.close()
        self._guard.wait(PATIENCE)
        self._guard.stdout.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self._guard.poll() is None:
            self.leave()


def until(look, *, what, patience=PATIENCE):
    """Return the first thing that ``look`` finds, or fail with ``what`` was waited for (called, if it can be)."""
    end = time.monotonic() + patience
    while not (found := look()):
        assert time.monotonic() < end, what() if callable(what) else what
        time.sleep(0.05)
    return found
