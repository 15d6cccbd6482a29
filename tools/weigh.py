"""Weighs what ships: `python tools/weigh.py FOLDER` prints its size and fails over the bar.

With ``--python PATH`` it also imports each handler from exactly that folder, made read-only, in fresh processes that see
nothing else but the standard library, and prints how long that takes. It fails if a module came from anywhere else, or
was compiled on the way instead of being read as bytecode; and if it takes too long beside the libraries alone that the
handler cannot do without, imported from the same folder in the same way.

What counts is the time that the processor spends in the program itself, since other programs want it too, and since the
kernel's part depends on luck: where Python's stack of frames crosses from one piece of memory to the next, each call
maps memory and gives it back, so that the same import one call deeper can take a fifth more page faults.

And of that the ratios of neighbouring runs: their median is the figure. The ratio of the two shortest runs strays as
little on a quiet machine, but on a busy one three times as far: there one lucky run of either side decides it.

It fails when three quarters of the pairs are over the bar. Where a machine serves others that come and go, the median
of thirty-one pairs strays too, by 0.18 between two runs of the same bytes: what is refused is what is over the bar
beyond doubt, which chance alone makes of an import that is right at it once in 600 times. `make bench` holds the median
to the bar, and tests say by name what a handler must not import.
"""

import argparse
import json
import statistics
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

BAR_MB = 80
"""Unzipped, in millions of bytes."""
PAIRS = 31
MOST_OVER = 0.75
"""Of the pairs: as many over the bar are no chance."""
ENVIRONMENT = {
    "AWS_ACCESS_KEY_ID": "none",
    "AWS_SECRET_ACCESS_KEY": "none",
    "AWS_LAMBDA_FUNCTION_NAME": "tocsin-sync",
    "AWS_REGION": "us-east-1",
    "DATADOG_SECRET_NAME": "tocsin/datadog",
    "DYNAMODB_TABLE_NAME": "tocsin-incidents",
    "USE_DYNAMODB": "true",
}
"""What decides what is imported: as the template sets it. Nothing is called while importing."""

# Collects garbage as seldom as the handlers do, so that what is compared is what is imported.
ALIKE = """
import gc, os
gc.set_threshold(100_000)
os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "1")
"""
ONE_MODEL = "class Model(pydantic.BaseModel):\n    number: int\n"
"""`import pydantic` alone loads next to nothing of it; whoever uses it has a model."""


class Handler(NamedTuple):
    """What a function on Lambda starts with.

    Importing it may take ``bar`` times what the program ``libraries`` takes, and must load all of ``needed``: what it
    leaves to the first run, that run pays for.
    """

    name: str
    libraries: str
    bar: float
    needed: tuple[str, ...]

    @property
    def program(self) -> str:
        """What imports it."""
        return f"from lambda_function import {self.name}\n"


SYNC_LIBRARIES = f"""{ALIKE}
import boto3
import pydantic
from aws_lambda_powertools import Logger, Metrics
from datadog_api_client.v1.api.monitors_api import MonitorsApi
boto3.client("dynamodb", region_name="us-east-1")
boto3.client("secretsmanager", region_name="us-east-1")
"""
SYNC = Handler(
    "lambda_handler",
    SYNC_LIBRARIES + ONE_MODEL,
    1.15,
    ("tocsin.storage.dynamodb_store", "tocsin.sources.datadog"),
)
API = Handler(
    "api_handler",
    f"""{ALIKE}
import boto3
from aws_lambda_powertools.event_handler import APIGatewayHttpResolver
APIGatewayHttpResolver(enable_validation=True)
boto3.client("dynamodb", region_name="us-east-1")
""",
    1.25,
    ("tocsin.storage.dynamodb_store", "tocsin.api.incidents"),
)

PAGER = Handler(
    "pager_handler",
    f"""{ALIKE}
import boto3
import pydantic
from aws_lambda_powertools import Logger, Metrics
boto3.client("dynamodb", region_name="us-east-1")
{ONE_MODEL}""",
    1.25,
    ("tocsin.storage.dynamodb_store", "tocsin.services.paging.rounds"),
)
"""Of channels it loads nothing: the first page needs one, and only that one."""

IMPORT = """
import json, os, resource, sys
folder, program, *needed = sys.argv[1:]
before = set(sys.modules)
sys.path.insert(0, folder)
code, names = compile(program, "<program>", "exec"), {"__name__": "program"}
started = resource.getrusage(resource.RUSAGE_SELF).ru_utime
exec(code, names)
# What is over within a tick of the kernel may count as nothing.
took = max(resource.getrusage(resource.RUSAGE_SELF).ru_utime - started, 1e-6)
loaded = [module for key, module in sys.modules.items() if key not in before]
files = [module.__file__ for module in loaded if getattr(module, "__file__", None)]
library = json.__file__.rpartition("/json/")[0]
foreign = [one for one in files if not one.startswith((folder, library))]
specs = [module.__spec__ for module in loaded if (getattr(module, "__file__", None) or "").startswith(folder)]
compiled = [one.origin for one in specs if one.cached and not os.path.exists(one.cached)]
missing = [one for one in needed if one not in sys.modules]
print(json.dumps([took, len(specs), foreign, compiled, missing]))
"""


class Run(NamedTuple):
    """One import in a process of its own: seconds, modules from the folder, and the files that break a promise."""

    seconds: float
    modules: int
    foreign: Sequence[str] = ()
    compiled: Sequence[str] = ()
    missing: Sequence[str] = ()


class Pair(NamedTuple):
    """The handler, and right before or after it the libraries alone."""

    ours: Run
    theirs: Run


def main(arguments: list[str] | None = None) -> int:
    """Print the figures; return 0 if every promise holds, else 1."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--python", type=Path, help="import the handlers with this interpreter, too")
    given = parser.parse_args(arguments)
    folder = given.folder.resolve()
    good = weigh(folder)
    if given.python:
        good = time_import(folder, given.python, PAIRS) and good
    return 0 if good else 1


def weigh(folder: Path) -> bool:
    """Print the size of the folder and of its largest parts; return whether it is under the bar."""
    sizes = {one: _size(one) for one in folder.iterdir()}
    total = sum(sizes.values()) / 1e6
    bytecode = sum(path.stat().st_size for path in folder.rglob("*.pyc")) / 1e6
    print(f"  what ships       {total:6.1f} MB of {BAR_MB}, {bytecode:.1f} of them bytecode")
    for path, size in sorted(sizes.items(), key=lambda item: -item[1])[:6]:
        print(f"    {path.name:27}{size / 1e6:6.1f}")
    if total > BAR_MB:
        print(f"MISSED: what ships is over {BAR_MB} MB; tools/ship.py says what is left out", file=sys.stderr)
    return total <= BAR_MB


def time_import(folder: Path, interpreter: Path, pairs: int) -> bool:
    """Import each handler, and its libraries alone, ``pairs`` times; return whether :func:`judge` likes all of them."""
    good = True
    for handler in (SYNC, API, PAGER):
        before = _files(folder)
        found = in_pairs(handler, folder, interpreter, pairs)
        good = judge(handler, found, written=[str(path) for path in _files(folder) - before]) and good
    return good


def in_pairs(handler: Handler, folder: Path, interpreter: Path, number: int) -> list[Pair]:
    """Import both ``number`` times, after once for nothing, and let each go first every other time."""
    ours, theirs = (handler.program, handler.needed), (handler.libraries, ())
    pairs = []
    _protect(folder, writable=False)
    try:
        for each in range(number + 1):
            order = (ours, theirs) if each % 2 else (theirs, ours)
            runs = {one: _import_once(folder, interpreter, *one) for one in order}
            pairs.append(Pair(runs[ours], runs[theirs]))
    finally:
        _protect(folder, writable=True)
    return pairs[1:]


def judge(handler: Handler, pairs: Sequence[Pair], written: Sequence[str] = ()) -> bool:
    """Print the times and what is wrong; return whether nothing is. ``written``: files that the imports left behind."""
    runs = [run for pair in pairs for run in pair]
    ratios = [pair.ours.seconds / pair.theirs.seconds for pair in pairs]
    print(f"  {handler.name:15}  {_spread([pair.ours.seconds * 1000 for pair in pairs], 0)} ms, {len(pairs)} runs")
    print(f"    libraries alone{_spread([pair.theirs.seconds * 1000 for pair in pairs], 0)} ms")
    print(f"    ratio          {_spread(ratios, 3)} of {handler.bar}")
    print(f"    modules from the folder  {runs[0].modules:5}")
    faults = {
        "imported from elsewhere": {file for run in runs for file in run.foreign},
        "compiled at import": {file for run in runs for file in run.compiled},
        "not imported, so that the first run would pay for it": {file for pair in pairs for file in pair.ours.missing},
        "written at import": set(written),
    }
    for what, files in faults.items():
        if files:
            print(f"MISSED: {what}: {', '.join(sorted(files)[:5])}", file=sys.stderr)
    over = sum(ratio > handler.bar for ratio in ratios)
    slow = over >= MOST_OVER * len(ratios)
    if slow:
        said = f"importing {handler.name} takes {statistics.median(ratios):.3f} times what its libraries take alone"
        print(f"MISSED: {said}, and in {over} of {len(ratios)} pairs more than {handler.bar}", file=sys.stderr)
    return not slow and not any(faults.values())


def _spread(values: Sequence[float], digits: int) -> str:
    return f"{statistics.median(values):6.{digits}f} ({min(values):.{digits}f} to {max(values):.{digits}f})"


def _size(path: Path) -> int:
    return sum(one.stat().st_size for one in ([path] if path.is_file() else path.rglob("*")) if one.is_file())


def _files(folder: Path) -> set[Path]:
    return {path.relative_to(folder) for path in folder.rglob("*") if path.is_file()}


def _protect(folder: Path, *, writable: bool) -> None:
    for path in (folder, *folder.rglob("*")):
        path.chmod(path.stat().st_mode | 0o200 if writable else path.stat().st_mode & ~0o222)


def _import_once(folder: Path, interpreter: Path, program: str, needed: Sequence[str]) -> Run:
    # -I and -S: no environment, no current folder, no installed packages.
    command = [str(interpreter), "-I", "-S", "-c", IMPORT, str(folder), program, *needed]
    said = subprocess.run(command, env=ENVIRONMENT, stdout=subprocess.PIPE, text=True, check=True).stdout
    return Run(*json.loads(said.splitlines()[-1]))


if __name__ == "__main__":
    sys.exit(main())
