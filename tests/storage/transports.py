"""Clients that stand between the store and its table: they count, they fail, they answer what is out of date."""

import threading
from collections import Counter

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
            return self._on_call(number, name, lambda **more: asked(**(options | more)))

        return call


def failing(client, at, fault, *, for_good=False):
    """Build a client that fails at one call; ``for_good``: at every one from there on."""

    def on_call(number, name, call):
        return fault(call) if number == at or (for_good and number > at) else call()

    return Through(client, on_call)


def healthy(client):
    """Build a client that only counts its calls."""
    return Through(client, lambda number, name, call: call())


class Metered:
    """A client that counts request units, by operation.

    The stand-in says what writes take; what reads take it does not say, so that is counted here, from the size of
    what was read: 4 KB a unit, half of that where a read need not be consistent.
    """

    def __init__(self, client):
        self._client = client
        self._lock = threading.Lock()
        self.written = Counter()
        self.read = Counter()

    def __getattr__(self, name):
        asked = getattr(self._client, name)
        if name not in OPERATIONS:
            return asked

        def call(**options):
            if name == "query":
                return self._query(asked, options)
            answer = asked(**options, ReturnConsumedCapacity="INDEXES")
            with self._lock:
                if name == "get_item":
                    self.read[name] += _units([answer.get("Item", {})])
                elif name == "batch_get_item":
                    self.read[name] += self._batch_units(options, answer)
                else:
                    said = answer.get("ConsumedCapacity", [])
                    for one in said if isinstance(said, list) else [said]:
                        # A transaction that is repeated with its token is charged as a read.
                        (self.read if "ReadCapacityUnits" in one else self.written)[name] += one["CapacityUnits"]
            return answer

        return call

    def _query(self, asked, options):
        # What a filter leaves out is read, and paid for, all the same.
        whole = {key: value for key, value in options.items() if key not in _SHORTENS}
        condition, values = options["KeyConditionExpression"], options["ExpressionAttributeValues"]
        whole["ExpressionAttributeValues"] = {name: value for name, value in values.items() if name in condition}
        size = sum(map(bytes_of, asked(**whole)["Items"]))
        with self._lock:
            self.read["query"] += max(1, -(-size // 4096)) * (1 if options.get("ConsistentRead") else 0.5)
        return asked(**options)

    @staticmethod
    def _batch_units(options, answer):
        found = [item for items in answer["Responses"].values() for item in items]
        asked = sum(len(one["Keys"]) for one in options["RequestItems"].values())
        return _units(found) + asked - len(found)


_SHORTENS = ("ProjectionExpression", "ExpressionAttributeNames", "FilterExpression")


def _units(items):
    return sum(max(1, -(-bytes_of(item) // 4096)) for item in items)


def bytes_of(item):
    """Return the size of an item as DynamoDB counts it: names and values; a number takes about half its digits."""
    return sum(len(name) + _bytes_of_value(value) for name, value in item.items())


def _bytes_of_value(value):
    ((kind, given),) = value.items()
    match kind:
        case "N":
            return (len(given) + 1) // 2 + 1
        case "SS":
            return sum(len(one.encode()) for one in given)
        case "S":
            return len(given.encode())
    return len(given)


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
