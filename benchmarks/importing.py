"""What a cold start on Lambda spends on imports and clients, against the libraries alone that it cannot do without.

Each import is timed inside a process of its own, with the settings of a real function: DynamoDB, and the keys in Secrets
Manager. Both sides make both clients; nothing is connected. The byte code is compiled beforehand, for the first run
of each counts for nothing, and as `make build` ships it.
"""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from .measure import Bench, Measured, Row, alternately

ROOT = Path(__file__).resolve().parents[1]

LIBRARIES = """
import boto3
import pydantic
from aws_lambda_powertools import Logger, Metrics
from datadog_api_client.v1.api.monitors_api import MonitorsApi
boto3.client("dynamodb", region_name="us-east-1")
boto3.client("secretsmanager", region_name="us-east-1")
"""
ONE_MODEL = "class Model(pydantic.BaseModel):\n    number: int\n"
"""`import pydantic` alone loads next to nothing of it; whoever uses it has a model."""
HANDLER = "from lambda_function import lambda_handler\n"
API_LIBRARIES = """
import boto3
from aws_lambda_powertools.event_handler import APIGatewayHttpResolver
APIGatewayHttpResolver(enable_validation=True)
boto3.client("dynamodb", region_name="us-east-1")
"""
API_HANDLER = "from lambda_function import api_handler\n"
SETTINGS = {"USE_DYNAMODB": "true", "DATADOG_SECRET_NAME": "tocsin/datadog", "AWS_REGION": "us-east-1"}


def measure(bench: Bench) -> Iterator[Row]:
    """Yield a row for the sync handler, one for what a stricter reading of the bar would say, and the API's."""
    ours = imported(HANDLER)
    what = "import of the sync handler / of boto3's two clients, Powertools, Datadog's API and pydantic"
    for theirs, said, bar in ((LIBRARIES + ONE_MODEL, "with one model", 1.15), (LIBRARIES, "without one", None)):
        found = alternately(ours, imported(theirs), bench.pairs(24))
        yield Row(f"{what} {said}", found.ratio, found.said(1e3, "ms"), bar=bar)
    yield from measure_api(bench)


def measure_api(bench: Bench) -> Iterator[Row]:
    """Yield the row for the handler of the HTTP API."""
    found = alternately(imported(API_HANDLER), imported(API_LIBRARIES), bench.pairs(24))
    what = "import of the API handler / of boto3's DynamoDB client and Powertools' validating resolver"
    yield Row(what, found.ratio, found.said(1e3, "ms"), bar=1.25)


def imported(program: str) -> Measured:
    """Return what runs ``program`` in a new process and tells how many seconds it took there."""
    left_out = ("PYTHONPATH", "PYTHONDONTWRITEBYTECODE", "POWERTOOLS_SERVICE_NAME")
    environment = {name: value for name, value in os.environ.items() if name not in left_out} | SETTINGS
    timed = f"import time\nstarted = time.perf_counter()\n{program}\nprint(time.perf_counter() - started)"

    def run() -> float:
        done = subprocess.run(
            [sys.executable, "-c", timed], cwd=ROOT, env=environment, check=True, capture_output=True, text=True
        )
        return float(done.stdout)

    return run
