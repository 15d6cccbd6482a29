"""Weighs what ships: `python tools/weigh.py FOLDER` prints its size and fails over the bar.

With ``--python PATH`` it also imports each handler from exactly that folder, made read-only, in fresh processes that see
nothing else but the standard library, and prints how long that takes. It fails if a module came from anywhere else, or
was compiled on the way instead of being read as bytecode.
"""

import argparse
import json
import statistics
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

BAR_MB = 80
"""Unzipped, in millions of bytes."""
RUNS = 7
HANDLERS = ("lambda_handler", "api_handler")
"""Of ``lambda_function``: what each function on Lambda starts with."""
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

IMPORT = """
import json, os, sys, time
folder, name = sys.argv[1:]
needed = {
    "lambda_handler": ("tocsin.storage.dynamodb_store", "tocsin.sources.datadog"),
    "api_handler": ("tocsin.storage.dynamodb_store", "tocsin.api.incidents"),
}[name]
before = set(sys.modules)
sys.path.insert(0, folder)
started = time.perf_counter()
handler = getattr(__import__("lambda_function"), name)
took = time.perf_counter() - started
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
    foreign: list[str]
    compiled: list[str]
    missing: list[str]


def main(arguments: list[str] | None = None) -> int:
    """Print the figures; return 0 if every promise holds, else 1."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--python", type=Path, help="import the handlers with this interpreter, too")
    given = parser.parse_args(arguments)
    folder = given.folder.resolve()
    good = weigh(folder)
    if given.python:
        good = time_import(folder, given.python) and good
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


def time_import(folder: Path, interpreter: Path) -> bool:
    """Print the median time of importing each handler; return whether all came from the folder, as bytecode."""
    good = [_time_handler(folder, interpreter, handler) for handler in HANDLERS]  # all of them, whatever one says
    return all(good)


def _time_handler(folder: Path, interpreter: Path, handler: str) -> bool:
    before = _files(folder)
    _protect(folder, writable=False)
    try:
        runs = [_import_once(folder, interpreter, handler) for _ in range(RUNS)]
    finally:
        _protect(folder, writable=True)
    times = [run.seconds * 1000 for run in runs]
    spread = f"({min(times):.0f} to {max(times):.0f}, {RUNS} runs)"
    print(f"  {handler:15}  {statistics.median(times):6.0f} ms to import {spread}")
    print(f"    modules from the folder  {runs[0].modules:5}")
    faults = {
        "imported from elsewhere": runs[0].foreign,
        "compiled at import": runs[0].compiled,
        "not imported, so that the first run would pay for it": runs[0].missing,
        "written at import": sorted(str(path) for path in _files(folder) - before),
    }
    for what, files in faults.items():
        if files:
            print(f"MISSED: {what}: {', '.join(files[:5])}", file=sys.stderr)
    return not any(faults.values())


def _size(path: Path) -> int:
    return sum(one.stat().st_size for one in ([path] if path.is_file() else path.rglob("*")) if one.is_file())


def _files(folder: Path) -> set[Path]:
    return {path.relative_to(folder) for path in folder.rglob("*") if path.is_file()}


def _protect(folder: Path, *, writable: bool) -> None:
    for path in (folder, *folder.rglob("*")):
        path.chmod(path.stat().st_mode | 0o200 if writable else path.stat().st_mode & ~0o222)


def _import_once(folder: Path, interpreter: Path, handler: str) -> Run:
    # -I and -S: no environment, no current folder, no installed packages.
    command = [str(interpreter), "-I", "-S", "-c", IMPORT, str(folder), handler]
    said = subprocess.run(command, env=ENVIRONMENT, stdout=subprocess.PIPE, text=True, check=True).stdout
    return Run(*json.loads(said.splitlines()[-1]))


if __name__ == "__main__":
    sys.exit(main())
