"""The HTTP API as a Lambda function: one handler a process, made while Lambda starts it."""

import os
from collections.abc import Mapping
from typing import Any

from tocsin.clock import utc_now
from tocsin.ids import random_id

from .api_handler import ApiHandler, Context

_handler = ApiHandler(os.environ, clock=utc_now, new_id=random_id)
_handler.prepare()


def api_handler(event: Mapping[str, Any], context: Context) -> dict[str, Any]:
    """Answer one request. See :class:`~tocsin.entrypoints.api_handler.ApiHandler`."""
    return _handler(event, context)
