"""What Schemathesis loads: help to get past what no schema can tell it, so that it reaches what lies behind."""

import itertools
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import schemathesis
from schemathesis.specs.openapi.checks import negative_data_rejection

_number = itertools.count(1)
_OWN_KEY = os.environ["TOCSIN_KEY"].split("_")[1]


def _spare_own_key(case):
    """Let nothing take the key out of use with which everything is asked."""
    named = case.path_parameters or {}
    if named.get("key_id") in (_OWN_KEY, "schemathesis"):
        named["key_id"] = "spare"


@schemathesis.hook
def before_call(context, case, kwargs):
    """Make a key of a request a new one, and three of four preconditions and snoozes such as can be met.

    Only where everything is right by the schema; what it breaks on purpose stays broken.
    """
    number = next(_number)
    _spare_own_key(case)
    if case.meta is None or not case.meta.generation.mode.is_positive:
        return
    headers = case.headers or {}
    if key := headers.get("Idempotency-Key"):
        headers["Idempotency-Key"] = f"{key[:200]}-{number}"
    if number % 4 == 0:
        return
    if "If-Match" in headers:
        headers["If-Match"] = "*"
    for name in ("until", "snoozed_until", "expires_at"):
        if isinstance(case.body, dict) and case.body.get(name):
            case.body[name] = (datetime.now(UTC) + timedelta(hours=number % 700 + 1)).isoformat()


@schemathesis.check
def negative_delivery_rejection(ctx, response, case):
    """Look at what breaks the schema in a delivery: it is refused as a whole, or the items that are at fault are named."""
    partly = response.status_code == 200 and "webhooks" in case.operation.tags and response.json()["refused"]
    if "webhooks" in case.operation.tags and not partly:
        return negative_data_rejection(ctx, response, case)
    return None


_seen = set()


@schemathesis.hook
def after_call(context, case, response):
    """Note once which operation gave which answer, for the test that started this."""
    found = (case.operation.definition.raw["operationId"], response.status_code)
    as_declared = response.request.method.upper() == case.operation.method.upper()
    if as_declared and found not in _seen:
        _seen.add(found)
        with Path(os.environ["TOCSIN_SEEN"]).open("a", encoding="ascii") as seen:
            print(*found, file=seen)
