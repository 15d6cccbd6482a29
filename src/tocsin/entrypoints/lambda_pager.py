"""The pager as a Lambda function: one handler a process, made while Lambda starts it."""

import os
import time

from tocsin.clock import utc_now
from tocsin.ids import random_id

from .pager_handler import PagerHandler
from .scheduled import LambdaContext

_handler = PagerHandler(os.environ, clock=utc_now, sleep=time.sleep, new_id=random_id)
_handler.prepare()


def pager_handler(event: object, context: LambdaContext) -> dict[str, object]:
    """Page once. See :class:`~tocsin.entrypoints.pager_handler.PagerHandler`."""
    return _handler(event, context)
