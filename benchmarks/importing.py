"""What a cold start on Lambda spends on imports and clients, against the libraries alone that it cannot do without.

Each import is timed inside a process of its own, with the settings of a real function: DynamoDB, and the keys in Secrets
Manager. Both sides make both clients; nothing is connected. The byte code is compiled beforehand, for the first run
of each counts for nothing, and as `make build` ships it. tools/weigh.py measures the same in the very folder that ships.
"""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from tools.weigh import API, ENVIRONMENT, PAGER, SYNC, SYNC_LIBRARIES

from .measure import Bench, Measured, Row, alternately

ROOT = Path(__file__).resolve().parents[1]


def measure(bench: Bench) -> Iterator[Row]:
    """Yield a row for the sync handler, and one for what a stricter reading of the bar would say."""
    ours = imported(SYNC.program)
    what = "import of the sync handler / of boto3's two clients, Powertools, Datadog's API and pydantic"
    for theirs, said, bar in ((SYNC.libraries, "with one model", SYNC.bar), (SYNC_LIBRARIES, "without one", None)):
        found = alternately(ours, imported(theirs), bench.pairs(24))
        yield Row(f"{what} {said}", found.ratio, found.said(1e3, "ms"), bar=bar)


def measure_api(bench: Bench) -> Iterator[Row]:
    """Yield the row for the handler of the HTTP API."""
    found = alternately(imported(API.program), imported(API.libraries), bench.pairs(24))
    what = "import of the API handler / of boto3's DynamoDB client and Powertools' validating resolver"
    yield Row(what, found.ratio, found.said(1e3, "ms"), bar=API.bar)


def measure_pager(bench: Bench) -> Iterator[Row]:
    """Yield the row for the pager."""
    found = alternately(imported(PAGER.program), imported(PAGER.libraries), bench.pairs(24))
    what = "import of the pager handler / of boto3's DynamoDB client, Powertools and pydantic"
    yield Row(what, found.ratio, found.said(1e3, "ms"), bar=PAGER.bar)


def imported(program: str) -> Measured:
    """Return what runs ``program`` in a new process and tells how many seconds it took there."""
    left_out = ("PYTHONPATH", "PYTHONDONTWRITEBYTECODE", "POWERTOOLS_SERVICE_NAME")
    environment = {name: value for name, value in os.environ.items() if name not in left_out} | ENVIRONMENT
    timed = f"import time\nstarted = time.perf_counter()\n{program}\nprint(time.perf_counter() - started)"

    def run() -> float:
        done = subprocess.run(
            [sys.executable, "-c", timed], cwd=ROOT, env=environment, check=True, capture_output=True, text=True
        )
        return float(done.stdout)

    return run
