"""Clients that stand between the store and its table: they count, they fail, they answer what is out of date."""

import threading
from collections import Counter
from dataclasses import dataclass, field

from botocore.exceptions import ClientError, ReadTimeoutError

from tocsin.storage.dynamodb_store import DynamoDbStore

OPERATIONS = frozenset(
    {"batch_get_item", "batch_write_item", "delete_item", "get_item", "query", "transact_write_items", "update_item"}
)


def refusal(code, status=400, **more):
    """Build what botocore raises for an error of the service."""
    return ClientError(
        {"Error": {"Code": code, "Message": code}, "ResponseMetadata": {"HTTPStatusCode": status}, **more}, "x"
    )


def throttled(call):
    raise refusal("ThrottlingException")


def broken(call):
    raise refusal("InternalServerError", 500)


def lost_request(call):
    """Time out before the service did anything."""
    raise ReadTimeoutError(endpoint_url="http://table")


def lost_answer(call):
    """Time out after the service did the work."""
    call()
    raise ReadTimeoutError(endpoint_url="http://table")


FAULTS = (throttled, broken, lost_request, lost_answer)


class Through:
    """A client that hands every call on to ``on_call(number, name, call)``; numbers begin at 1."""

    def __init__(self, client, on_call):
        self._client = client
        self._on_call = on_call
        self._lock = threading.Lock()
        self.calls = 0
        self.names = Counter()

    def __getattr__(self, name):
        asked = getattr(self._client, name)
        if name not in OPERATIONS:
            return asked

        def call(**options):
            with self._lock:
                self.calls += 1
                self.names[name] += 1
                number = self.calls
            return self._on_call(number, name, lambda **more: asked(**options, **more))

        return call


def failing(client, at, fault, *, for_good=False):
    """Build a client that fails at one call; ``for_good``: at every one from there on."""

    def on_call(number, name, call):
        return fault(call) if number == at or (for_good and number > at) else call()

    return Through(client, on_call)


def healthy(client):
    """Build a client that only counts its calls."""
    return Through(client, lambda number, name, call: call())


@dataclass
class Units:
    """Request units, by operation, and what was written to."""

    written: Counter = field(default_factory=Counter)
    read: Counter = field(default_factory=Counter)

    def on_call(self, number, name, call):
        answer = call(ReturnConsumedCapacity="INDEXES")
        said = answer.get("ConsumedCapacity", [])
        units = sum(one["CapacityUnits"] for one in (said if isinstance(said, list) else [said]))
        (self.read if name in ("get_item", "query", "batch_get_item") else self.written)[name] += units
        return answer


class Patience:
    """A clock that only moves when somebody sleeps."""

    def __init__(self):
        self.now = 0.0
        self.slept = []

    def sleep(self, seconds):
        self.slept.append(seconds)
        self.now += seconds

    def clock(self):
        return self.now


def a_patient_store(client, table, **options):
    """Return a store that never really waits."""
    patience = Patience()
    given = {"clock": patience.clock, "sleep": patience.sleep, "jitter": lambda: 0.5}
    return DynamoDbStore(client, table, **(given | options))
