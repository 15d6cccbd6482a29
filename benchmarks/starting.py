"""Starting the program, as whole processes, against a Python that does nothing but ``import pydantic``.

All have the same interpreter and environment and an empty folder to work in; the byte code is compiled beforehand,
for the first run of each counts for nothing.
"""

import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from .measure import SMALL, Bench, Measured, Row, alternately
from .sides import timed
from .stores import files_of

CLI = Path(__file__).resolve().parents[1] / "cli.py"


def measure(bench: Bench) -> Iterator[Row]:
    """Yield a row for each command."""
    incidents = files_of(bench.folder, SMALL).compact
    work = bench.folder / "empty"
    work.mkdir(exist_ok=True)
    theirs = started(["-c", "import pydantic"], work, incidents)
    for command, bar in (("--help", 2.0), ("list", 3.0)):
        found = alternately(started([str(CLI), command], work, incidents), theirs, bench.pairs(24))
        holding = f" with {SMALL:,} incidents" if command == "list" else ""
        what = f"python cli.py {command}{holding} / python -c 'import pydantic'"
        yield Row(what, found.ratio, found.said(1e3, "ms"), bar=bar)


def started(arguments: Sequence[str], folder: Path, incidents: Path) -> Measured:
    """Return what runs a Python with ``arguments`` from start to end."""
    left_out = ("PYTHONPATH", "PYTHONDONTWRITEBYTECODE")
    environment = {name: value for name, value in os.environ.items() if name not in left_out}
    environment["INCIDENTS_FILE"] = str(incidents)

    def run() -> None:
        subprocess.run([sys.executable, *arguments], cwd=folder, env=environment, check=True, capture_output=True)

    return lambda: timed(run)
