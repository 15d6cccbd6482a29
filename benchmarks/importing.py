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

from tools.weigh import BAR_IMPORT, ENVIRONMENT, HANDLER, LIBRARIES, ONE_MODEL

from .measure import Bench, Measured, Row, alternately

ROOT = Path(__file__).resolve().parents[1]


def measure(bench: Bench) -> Iterator[Row]:
    """Yield a row for the sync handler, and one for what a stricter reading of the bar would say."""
    ours = imported(HANDLER)
    what = "import of the sync handler / of boto3's two clients, Powertools, Datadog's API and pydantic"
    for theirs, said, bar in ((LIBRARIES + ONE_MODEL, "with one model", BAR_IMPORT), (LIBRARIES, "without one", None)):
        found = alternately(ours, imported(theirs), bench.pairs(24))
        yield Row(f"{what} {said}", found.ratio, found.said(1e3, "ms"), bar=bar)


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
