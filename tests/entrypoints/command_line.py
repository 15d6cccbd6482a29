"""The command line as tests use it: inside this process with a clock turned by hand, or as a process of its own."""

import io
import itertools
import os
import subprocess
import sys
from contextlib import redirect_stderr, redirect_stdout
from datetime import timedelta
from pathlib import Path
from typing import NamedTuple

import orjson

from tests.desk import NOON
from tocsin.entrypoints.cli import run
from tocsin.entrypoints.wiring import Wiring
from tocsin.variables import VARIABLES

ROOT = Path(__file__).resolve().parents[2]
API_KEY = "0123456789abcdef0123456789abcdef"
APP_KEY = "fedcba9876543210fedcba9876543210fedcba98"


class Said(NamedTuple):
    """What a command ended with and said."""

    status: int
    out: str
    err: str

    @property
    def json(self):
        """What it printed, as JSON."""
        return orjson.loads(self.out)

    @property
    def lines(self) -> list[str]:
        """What it printed, by line."""
        return self.out.splitlines()


class Pipe(io.TextIOWrapper):
    """A stream that keeps what is written, as text or as bytes."""

    def __init__(self) -> None:
        super().__init__(io.BytesIO(), encoding="utf-8", newline="")

    def getvalue(self) -> str:
        """Return what was written."""
        self.flush()
        return self.buffer.getvalue().decode()


class Terminal(Pipe):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        """Say yes."""
        return True


class CommandLine:
    """Runs commands in this process. ``now`` is its clock; ``slept`` holds what it would have waited."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.now = NOON
        self.slept: list[float] = []
        self.environ = settings_of(folder)
        self._ids = itertools.count(1)

    @property
    def wiring(self) -> Wiring:
        """Everything outside, as tests have it."""
        return Wiring(
            environ=self.environ,
            clock=lambda: self.now,
            sleep=self.sleep,
            new_id=lambda: f"change-{next(self._ids)}",
            dotenv=self.folder / ".env",
            login=lambda: "amira",
        )

    def sleep(self, seconds: float) -> None:
        """Note that it would wait."""
        self.slept.append(seconds)

    def minutes(self, number: float) -> None:
        """Let time pass."""
        self.now += timedelta(minutes=number)

    def __call__(self, *arguments: str, columns: int | None = None, typed: str | None = None, **environ: str) -> Said:
        """Run a command; on a terminal if ``columns`` says how wide that is. ``typed`` is its standard input, if given."""
        out, err = (Pipe(), Pipe()) if columns is None else (Terminal(), Terminal())
        before, stdin = dict(self.environ), sys.stdin
        self.environ |= environ | ({} if columns is None else {"COLUMNS": str(columns)})
        try:
            sys.stdin = stdin if typed is None else io.StringIO(typed)
            with redirect_stdout(out), redirect_stderr(err):
                status = run(arguments, self.wiring)
        finally:
            sys.stdin = stdin
            self.environ.clear()
            self.environ |= before
        return Said(status, out.getvalue(), err.getvalue())

    def opened(self, title: str = "Checkout is down", *options: str) -> str:
        """Open an incident by hand; return its id."""
        said = self("open", "--title", title, "--json", *options)
        assert said.status == 0, said.err
        return said.json["id"]


def settings_of(folder: Path) -> dict[str, str]:
    """Return the variables that keep everything in one folder."""
    return {
        "INCIDENTS_FILE": str(folder / "incidents.json"),
        "TOCSIN_CREDENTIALS": str(folder / "config" / "credentials.json"),
        "TERM": "xterm",
    }


def process_environment(folder: Path, *, measured: bool = True, **environ: str) -> dict[str, str]:
    """Return the environment of a process that knows no settings but these.

    What is to be interrupted is not ``measured``: an exception in the middle of what measures coverage leaves its lock
    taken for ever, or is lost in it.
    """
    ours = {name for one in VARIABLES for name in (one.name, one.alias)}
    left_out = ours | {"COLUMNS", "NO_COLOR"} | (set() if measured else {"COVERAGE_PROCESS_CONFIG"})
    kept = {name: value for name, value in os.environ.items() if name not in left_out}
    return kept | settings_of(folder) | environ


def process(folder: Path, *arguments: str, typed: str = "", **environ: str) -> Said:
    """Run a command as a process of its own, started in ``folder``, as a person would in a checkout."""
    done = subprocess.run(
        [sys.executable, str(ROOT / "cli.py"), *arguments],
        cwd=folder,
        env=process_environment(folder, **environ),
        capture_output=True,
        input=typed.encode(),
        timeout=60,
        check=False,
    )
    return Said(done.returncode, done.stdout.decode(), done.stderr.decode())
