"""The handler of the API: what its settings make of it, and what it looks at on AWS and at Datadog."""

import contextlib
import io
import json
from typing import NamedTuple

import pytest

from tests import tables
from tests.api.client import event
from tests.desk import NOON
from tests.entrypoints.command_line import API_KEY, APP_KEY
from tocsin.demo import MonitorId
from tocsin.domain.audit import Actor
from tocsin.entrypoints.api_handler import ApiHandler
from tocsin.services.api_keys import ApiKeys
from tocsin.storage.json_store import JsonStore

pytestmark = pytest.mark.usefixtures("quiet_logs")

SECRET = "s" * 43


class Context(NamedTuple):
    """What Lambda tells of a request."""

    aws_request_id: str = "request-1"


class Function:
    """One process: it is asked again and again, and keeps what it made."""

    def __init__(self, environ, **options):
        self.now = NOON
        self._ids = iter(range(1_000_000))
        self.said = ""
        self.handler = ApiHandler(environ, clock=lambda: self.now, new_id=self.new_id, **options)

    def new_id(self):
        """Return an id that nobody else has."""
        return f"api-{next(self._ids)}"

    def key(self, store):
        """Make an administrator's key in a store; return it."""
        keys = ApiKeys(store, clock=lambda: self.now, new_id=self.new_id)
        return str(keys.create("tests", ["admin"], secret=SECRET, actor=Actor("a test"))[1])

    def __call__(self, method, path, body=None, **headers):
        """Ask; return the status and the answer."""
        out = io.StringIO()
        sent = b"" if body is None else json.dumps(body).encode()
        with contextlib.redirect_stdout(out):
            answered = self.handler(event(method, path, sent, headers), Context())
        self.said += out.getvalue()
        return answered["statusCode"], json.loads(answered["body"] or "null")

    @property
    def lines(self):
        """What it logged."""
        return [json.loads(line) for line in self.said.splitlines()]


@pytest.fixture
def on_file(environ):
    """Return a function on a file, with its key."""
    function = Function(environ)
    function.bearer = {"authorization": f"Bearer {function.key(JsonStore(environ['INCIDENTS_FILE']))}"}
    return function


# -- settings ---------------------------------------------------------------------------------------------------------


def test_settings_that_cannot_work_are_answered_without_their_reason(environ):
    """The log has it; each request tries again, and what is mended works."""
    environ["SETTLE_SECONDS"] = "soon"
    function = Function(environ)
    function.handler.prepare()
    status, problem = function("GET", "/health")
    assert (status, problem["type"]) == (500, "urn:tocsin:problem:our-fault")
    assert "SETTLE" not in json.dumps(problem)
    assert "SETTLE_SECONDS" in function.lines[0]["message"]
    environ["SETTLE_SECONDS"] = "60"
    assert function("GET", "/health")[0] == 200


def test_on_lambda_a_file_is_refused(environ):
    """It would be forgotten with the process."""
    function = Function(environ | {"AWS_LAMBDA_FUNCTION_NAME": "tocsin-api"})
    assert function("GET", "/health")[0] == 500
    assert "USE_DYNAMODB is not true" in function.lines[0]["message"]


def test_the_edge_is_as_the_settings_say(environ):
    """Origins, networks and limits."""
    environ |= {"CORS_ORIGINS": "*", "ALLOWED_NETWORKS": "generic=10.0.0.0/8", "REQUESTS_PER_SECOND": "1"}
    function = Function(environ)
    bearer = {"authorization": f"Bearer {function.key(JsonStore(environ['INCIDENTS_FILE']))}"}
    assert function("POST", "/api/v1/alerts", {"message": "x"}, **bearer)[0] == 403
    statuses = [function("GET", "/api/v1/incidents", **bearer)[0] for _ in range(6)]
    assert statuses == [200] * 5 + [429]
    answered = function.handler(event("GET", "/health", headers={"origin": "https://a.example.com"}), Context())
    assert answered["headers"]["Access-Control-Allow-Origin"] == "*"


def test_the_tags_that_name_things_are_as_the_settings_say(environ, on_file):
    """For what is pushed as for what is polled."""
    environ["SERVICE_TAG"] = "app"
    alert = {"message": "x", "labels": {"app": "checkout"}}
    _, taken = on_file("POST", "/api/v1/alerts", alert, **on_file.bearer)
    _, incident = on_file("GET", f"/api/v1/incidents/{taken['taken'][0]['incident']}", **on_file.bearer)
    assert incident["service"] == "checkout"


# -- the shape of the table -------------------------------------------------------------------------------------------


@pytest.fixture
def on_table(moto, monkeypatch):
    """Return what makes a function on a table of this name."""
    for name, value in zip(("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"), tables.KEYS.values(), strict=False):
        monkeypatch.setenv(name, value)
    return lambda table: Function(
        {"USE_DYNAMODB": "true", "DYNAMODB_TABLE_NAME": table, "AWS_REGION": tables.REGION, "LOG_LEVEL": "INFO"}
    )


def test_a_table_of_the_right_shape_is_ready(on_table, moto):
    """And it is looked at once a minute, however often somebody asks."""
    table = tables.a_table(moto)
    function = on_table(table)
    status, ready = function("GET", "/health/ready")
    assert (status, ready["store"], ready["lacks"]) == (200, True, [])
    moto.update_table(
        TableName=table, GlobalSecondaryIndexUpdates=[{"Delete": {"IndexName": "due"}}], AttributeDefinitions=[]
    )
    assert function("GET", "/ready")[0] == 200
    function.now = NOON.replace(minute=1)
    status, ready = function("GET", "/ready")
    assert (status, ready["lacks"]) == (503, ["the index 'due' is missing or another"])


def test_a_table_of_something_else_is_not_ready(on_table, moto):
    """Whatever is in it."""
    moto.create_table(
        TableName="others",
        BillingMode="PAY_PER_REQUEST",
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
    )
    assert on_table("others")("GET", "/ready")[0] == 503


def test_a_table_that_is_not_there_is_not_ready(on_table):
    """And its name is not told."""
    status, ready = on_table("nowhere")("GET", "/ready")
    assert (status, ready["status"], ready["store"]) == (503, "unready", False)
    assert "nowhere" not in json.dumps(ready)


# -- a monitor, after its webhook -------------------------------------------------------------------------------------


def webhook(monitor, group="*"):
    return {
        "alert_id": str(int(monitor)),
        "alert_scope": "" if group == "*" else group,
        "alert_transition": "Triggered",
        "alert_title": "told by the webhook",
    }


def test_the_monitor_of_a_webhook_is_read_at_once(on_file, datadog):
    """What else of it fires is in the incident before the next sweep."""
    world = datadog.world
    groups = list(world.get(MonitorId.HOST_CPU).groups)
    for group in groups:
        world.trigger(MonitorId.HOST_CPU, group)
    status, taken = on_file(
        "POST", "/api/v1/webhooks/datadog", webhook(MonitorId.HOST_CPU, groups[0]), **on_file.bearer
    )
    assert status == 200
    _, whole = on_file("GET", f"/api/v1/incidents/{taken['taken'][0]['incident']}", **on_file.bearer)
    assert {one["group"] for one in whole["alerts"] if one["firing"]} == set(groups)


def test_keys_that_datadog_refuses_fail_no_delivery(on_file, datadog):
    """What the webhook says is durable; that the monitor could not be read is logged, without the keys."""
    datadog._keys = ("another" * 4, APP_KEY)
    status, taken = on_file("POST", "/api/v1/webhooks/datadog", webhook(MonitorId.CHECKOUT_ERRORS), **on_file.bearer)
    assert status == 200
    assert taken["taken"][0]["incident"] == "INC-1001"
    assert "could not be reconciled" in on_file.said
    for key in (API_KEY, APP_KEY):
        assert key not in on_file.said


def test_without_keys_no_monitor_is_read(environ, datadog):
    """A webhook is worth something by itself."""
    for name in ("DATADOG_API_KEY", "DATADOG_APP_KEY"):
        del environ[name]
    function = Function(environ)
    bearer = {"authorization": f"Bearer {function.key(JsonStore(environ['INCIDENTS_FILE']))}"}
    assert function("POST", "/api/v1/webhooks/datadog", webhook(MonitorId.CHECKOUT_ERRORS), **bearer)[0] == 200
    assert "monitors cannot be read" not in function.said


def test_half_of_the_keys_is_logged(environ):
    """And the delivery is taken all the same."""
    del environ["DATADOG_APP_KEY"]
    function = Function(environ)
    bearer = {"authorization": f"Bearer {function.key(JsonStore(environ['INCIDENTS_FILE']))}"}
    assert function("POST", "/api/v1/webhooks/datadog", webhook(MonitorId.CHECKOUT_ERRORS), **bearer)[0] == 200
    assert "DATADOG_APP_KEY is not set" in function.said
