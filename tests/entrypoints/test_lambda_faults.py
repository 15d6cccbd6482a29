"""The function while AWS fails at its calls, each in turn, the secret's too: nothing is lost, and nothing is twice."""

import json
import threading
import uuid

import boto3
import pytest

from tests.aws_proxy import Proxy, an_error
from tests.entrypoints.command_line import API_KEY, APP_KEY
from tests.entrypoints.function import Function
from tests.tables import KEYS, REGION, a_table
from tocsin.demo import MonitorId
from tocsin.domain.alert import Source
from tocsin.domain.incident import Status
from tocsin.domain.search import IncidentFilter
from tocsin.domain.timeline import replay
from tocsin.errors import TocsinError
from tocsin.ids import random_id
from tocsin.storage.dynamodb_store import DynamoDbStore

pytestmark = pytest.mark.usefixtures("quiet_logs")


def throttled(_forward):
    return an_error("ThrottlingException")


def broken(_forward):
    return an_error("InternalServerError", status=500)


def lost_request(_forward):
    """Hang up before the service did anything."""


def lost_answer(forward):
    """Hang up after the service did the work."""
    forward()


DID_NOTHING = (throttled, broken, lost_request)
"""To us they are alike: they take turns."""

WRITES = frozenset({"TransactWriteItems", "UpdateItem"})
"""Where it matters whether the service did the work."""


class Failing(Proxy):
    """Fails at the calls in ``at``, counted from 1 on; counts them all."""

    def __init__(self, url, fault=None, at=range(0)):
        self._fault = fault
        self.at = at
        self._lock = threading.Lock()
        self.calls = []
        super().__init__(url, self._answer)

    def _answer(self, target, _body, forward):
        with self._lock:
            self.calls.append(target.rpartition(".")[2])
            number = len(self.calls)
        return self._fault(forward) if number in self.at else forward()


@pytest.fixture
def secret(ministack_url, monkeypatch):
    """Return the name of a secret with the keys, and give the process credentials for the stand-in."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    name = f"tocsin-{uuid.uuid4().hex[:8]}"
    client = boto3.session.Session().client("secretsmanager", endpoint_url=ministack_url, **KEYS)
    client.create_secret(Name=name, SecretString=json.dumps({"api_key": API_KEY, "app_key": APP_KEY}))
    return name


@pytest.fixture
def morning(ministack, secret, settings, datadog):
    """Return what lives through a morning by way of a proxy, which is mended when a run has failed, before the next.

    It gives back the errors of the runs, and the store.
    """
    keyless = {name: value for name, value in settings.items() if not name.endswith("KEY")}

    def live(proxy):
        table = a_table(ministack)
        environ = {"AWS_ENDPOINT_URL": proxy.url, "AWS_REGION": REGION, "USE_DYNAMODB": "true", **keyless}
        function = Function(environ | {"DYNAMODB_TABLE_NAME": table, "DATADOG_SECRET_NAME": secret}, new_id=random_id)
        world = datadog.world
        errors = []
        for monitor in (MonitorId.CHECKOUT_ERRORS, MonitorId.HOST_CPU):
            world.trigger(monitor)
        for number, minutes in enumerate((0, 1, 7)):
            if number == 1:
                world.recover(MonitorId.CHECKOUT_ERRORS)
            errors.append(function.minutes(minutes)().error)
            if errors[-1] is not None:
                proxy.at = range(0)
                errors.append(function.minutes(1)().error)
        return errors, DynamoDbStore(ministack, table)

    return live


def outcome(store):
    """Return what a morning leaves behind, after making sure that it fits together."""
    found = store.find(IncidentFilter()).incidents
    rows = store.alerts(Source.DATADOG)
    assert len({row.key for row in rows}) == len(rows)
    for incident in found:
        assert replay(incident, store.timeline(incident.id)) == incident
        assert incident.alerts.firing_now == sum(row.firing and row.incident_id == incident.id for row in rows)
    return sorted((one.correlation_key, one.status, one.alerts, one.recovered_at is None) for one in found)


@pytest.fixture
def undisturbed(ministack_url, morning):
    """Return the calls of a morning without faults, and what it leaves behind."""
    with Failing(ministack_url) as proxy:
        errors, store = morning(proxy)
        assert errors == [None] * 3
        left = outcome(store)
        assert [status for _, status, *_ in left] == [Status.RESOLVED, Status.DETECTED]
        return proxy.calls, left


def numbers(fault, calls):
    """Return at which calls to fail: a lost answer at each write, the others at every call in turns."""
    if fault is lost_answer:
        return [number for number, call in enumerate(calls, 1) if call in WRITES]
    return range(1 + DID_NOTHING.index(fault), len(calls) + 1, len(DID_NOTHING))


@pytest.mark.parametrize("fault", [*DID_NOTHING, lost_answer])
def test_a_fault_that_passes_is_not_noticed(fault, ministack_url, morning, undisturbed):
    """One failure, at each call in turn: no run fails, and the morning ends as it would have."""
    calls, left = undisturbed
    assert {"GetSecretValue", "Query", "TransactWriteItems", "UpdateItem", "BatchGetItem"} <= set(calls)
    for number in numbers(fault, calls):
        with Failing(ministack_url, fault, [number]) as proxy:
            errors, store = morning(proxy)
            assert (errors, outcome(store)) == ([None] * 3, left), (number, calls[number - 1])


@pytest.mark.parametrize("fault", [*DID_NOTHING, lost_answer])
def test_a_fault_that_stays_fails_the_run_and_the_next_ones_make_up_for_it(fault, ministack_url, morning, undisturbed):
    """From each call on, in turn, AWS is gone until the run has failed: what it left is whole, and is gone on with."""
    calls, left = undisturbed
    for number in numbers(fault, calls):
        with Failing(ministack_url, fault, range(number, 10_000)) as proxy:
            errors, store = morning(proxy)
            failed = [error for error in errors if error is not None]
            assert len(failed) <= 1, failed
            assert all(isinstance(error, TocsinError) and error.retryable for error in failed), failed
            assert outcome(store) == left, (number, calls[number - 1])
