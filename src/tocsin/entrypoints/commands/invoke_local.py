"""``invoke-local``: the scheduled function as Lambda runs it, with a sample event and a deadline."""

import sys
import time
from contextlib import redirect_stdout
from uuid import uuid4

import click

from tocsin.config import Settings
from tocsin.entrypoints.json_output import write_object
from tocsin.entrypoints.sync_handler import SyncHandler
from tocsin.entrypoints.wiring import Wiring, pass_wiring


class LocalContext:
    """Of what Lambda tells about a run, what the function asks for."""

    def __init__(self, seconds: float) -> None:
        self.aws_request_id = str(uuid4())
        self._end = time.monotonic() + seconds

    def get_remaining_time_in_millis(self) -> int:
        """Return how long the run may still take."""
        return max(int((self._end - time.monotonic()) * 1000), 0)


@click.command("invoke-local")
@click.option(
    "--timeout",
    type=click.FloatRange(min=1, max=900),
    default=50,
    show_default=True,
    help="Seconds until the deadline; template.yaml gives the function 50.",
)
@pass_wiring
def invoke_local(wiring: Wiring, *, timeout: float) -> None:
    """Run the scheduled function here, as Lambda does: settings, keys, store, deadline, log and metrics.

    The result goes to standard output as JSON, the log and the metrics to standard error.
    """
    wiring.here(Settings.read({**wiring.environ, **wiring.chosen}, wiring.dotenv))
    handler = SyncHandler(
        {**wiring.environ, **wiring.chosen},
        clock=wiring.clock,
        sleep=wiring.sleep,
        new_id=wiring.new_id,
        dotenv=wiring.dotenv,
    )
    event = {"source": "aws.scheduler", "time": wiring.clock().isoformat(), "detail-type": "Scheduled Event"}
    with redirect_stdout(sys.stderr):
        report = handler(event, LocalContext(timeout))
    write_object(wiring.out.stream, report)
