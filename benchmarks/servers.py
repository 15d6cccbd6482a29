"""The servers that are measured, each a process of its own: ours as ``serve`` starts it, and a bare one beside it."""

import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from .measure import Bench

ROOT = Path(__file__).resolve().parents[1]

_SECONDS_TO_START = 60.0
_SECONDS_TO_END = 30.0
_ADDRESS = re.compile(r"Serving on (http://[^ ,\s]+)")
_KEY = re.compile(r"^  (tocsin_\S+)$", re.MULTILINE)
_LEFT_OUT = ("PYTHONPATH", "PYTHONDONTWRITEBYTECODE", "USE_DYNAMODB", "DATADOG_API_KEY", "DATADOG_APP_KEY")


class Served(NamedTuple):
    """A server that runs: its address, and a key that opens everything."""

    url: str
    key: str = ""


@contextmanager
def ours(bench: Bench, store: Path) -> Iterator[Served]:
    """Run ``serve`` on a file, with everything that it does, but for the limit of requests a second."""
    command = [str(ROOT / "cli.py"), "--store", f"json:{store}", "serve", "--port", "0"]
    with _running(bench.folder, command, {"REQUESTS_PER_SECOND": "0"}) as said:
        yield Served(_found(_ADDRESS, said), _found(_KEY, said))


@contextmanager
def bare(bench: Bench) -> Iterator[Served]:
    """Run the bare route."""
    with _running(bench.folder, ["-m", "benchmarks.bare_server"], {"PYTHONPATH": f"{ROOT}:{ROOT / 'src'}"}) as said:
        yield Served(_found(_ADDRESS, said))


@contextmanager
def _running(folder: Path, arguments: Sequence[str], settings: Mapping[str, str]) -> Iterator[Path]:
    """Run a Python until the block ends; give the file that it says everything to, its log included."""
    kept = {name: value for name, value in os.environ.items() if name not in _LEFT_OUT}
    said = folder / f"said-{time.monotonic_ns()}.log"
    with said.open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, *arguments],
            cwd=folder,
            env={**kept, **settings},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
        )
        try:
            yield said
        finally:
            process.terminate()
            status = process.wait(_SECONDS_TO_END)
    if status:
        message = f"a server ended with status {status}: {said.read_text(errors='replace')[-2_000:]}"
        raise RuntimeError(message)


def _found(pattern: re.Pattern[str], said: Path) -> str:
    """Return what a starting server says."""
    end, text = time.monotonic() + _SECONDS_TO_START, ""
    while time.monotonic() < end:
        text = said.read_text(encoding="utf-8", errors="replace")
        if match := pattern.search(text):
            return match[1]
        time.sleep(0.05)
    message = f"a server did not start: {text[-2_000:]}"
    raise RuntimeError(message)
