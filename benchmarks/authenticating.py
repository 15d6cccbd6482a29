"""What it takes to know who asks, as a share of a bare Powertools route that asks nobody (``bare_server``).

Both in this process, with no network between: the very doorkeeper of the API on a JSON store, and the very route that
ours is compared with over HTTP. A key or a person that was checked within the last minute is remembered; what changes
something checks a person anew, which reads them and their session.
"""

import itertools
import json
import time
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime

from tocsin.api.doorkeeper import Doorkeeper
from tocsin.api.limits import Buckets
from tocsin.domain.access import UserRole
from tocsin.domain.audit import Actor
from tocsin.entrypoints.sign_in import sessions_of
from tocsin.identity.signing_keys import KeyFile, SigningKeys
from tocsin.ids import random_secret
from tocsin.services.api_keys import ApiKeys
from tocsin.services.auditing import AuditLog
from tocsin.services.users import Users
from tocsin.storage.json_store import JsonStore

from . import bare_server
from .measure import Bench, Measured, Row, alternately

REQUESTS = 500
BAR = 0.1
"""For what is remembered, which is nearly every request."""

_NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
_ALERT = {"key": "a", "service": "b", "environment": "c", "severity": "high", "message": "d", "labels": {}}


def measure(bench: Bench) -> Iterator[Row]:
    """Yield a row for a key and a token, remembered and checked anew."""
    store = JsonStore(bench.folder / "people.json")
    numbers = itertools.count(1)

    def new_id() -> str:
        return f"id-{next(numbers)}"

    def clock() -> datetime:
        return _NOW

    keys = ApiKeys(store, clock=clock, new_id=new_id)
    _, key = keys.create("bench", ["admin"], secret=random_secret(), by="bench")
    signing = SigningKeys(KeyFile(bench.folder / "people.json.keys", new_secret=random_secret), clock=clock)
    sessions = sessions_of(store, signing, clock=clock, new_id=new_id)
    users = Users(store, AuditLog(store, clock=clock, new_id=new_id), clock=clock, new_id=new_id)
    ann = users.add("ann@example.com", "Ann", UserRole.RESPONDER, actor=Actor("bench"))
    token = sessions.open(ann, actor=Actor("")).access_token

    def door() -> Doorkeeper:
        return Doorkeeper(keys, sessions, clock=clock, attempts=Buckets(0, burst=0, clock=clock))

    known = door()
    by_key, by_token = ({"authorization": f"Bearer {one}"} for one in (str(key), token))
    kinds: Mapping[str, Callable[[], object]] = {
        "a key, remembered": lambda: known.admit(by_key, ""),
        "a key, checked anew": lambda: door().admit(by_key, ""),
        "a token, remembered": lambda: known.admit(by_token, ""),
        "a token, checked anew": lambda: known.admit(by_token, "", anew=True),
    }
    route = bare_server.Bare()
    for kind, admit in kinds.items():
        found = alternately(_each(admit), _each(lambda: route(_event(), None)), bench.pairs(24))
        bar = BAR if kind.endswith("remembered") else None
        yield Row(f"knowing who asks by {kind} / a bare route", found.ratio, found.said(1e6, "µs"), bar=bar)
    store.close()


def _each(do: Callable[[], object]) -> Measured:
    def run() -> float:
        began = time.perf_counter()
        for _ in range(REQUESTS):
            if do() is None:
                message = "nobody was let in"
                raise RuntimeError(message)
        return (time.perf_counter() - began) / REQUESTS

    return run


def _event() -> dict[str, object]:
    http = {"method": "POST", "path": bare_server.PATH, "sourceIp": "127.0.0.1"}
    return {
        "version": "2.0",
        "rawPath": bare_server.PATH,
        "rawQueryString": "",
        "headers": {"content-type": "application/json"},
        "requestContext": {"http": http, "requestId": "x", "stage": "$default"},
        "body": json.dumps(_ALERT),
        "isBase64Encoded": False,
    }
