"""The scheduled sync as a Lambda function: one handler a process, made while Lambda starts it."""

import os
import time

from tocsin.clock import utc_now
from tocsin.ids import random_id

# Needed by the first sweep, and cheaper now: Lambda lends a starting process more than its share of the processor.
from . import rotating  # noqa: F401 - for what it loads
from .scheduled import LambdaContext
from .sync_handler import SyncHandler

_handler = SyncHandler(os.environ, clock=utc_now, sleep=time.sleep, new_id=random_id)
_handler.prepare()


def lambda_handler(event: object, context: LambdaContext) -> dict[str, object]:
    """Sync once. See :class:`~tocsin.entrypoints.sync_handler.SyncHandler`."""
    return _handler(event, context)
