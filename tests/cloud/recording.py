"""What the functions ask of AWS, recorded: the real handlers, run against a stand-in behind a proxy that notes it all."""

import contextlib
import hmac
import json
from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode

import boto3
import pytest

from tests import tables
from tests.api.client import event
from tests.aws_proxy import Recorder
from tests.mail_server import Mailbox, serving
from tocsin.api.slack import ACTIONS, SIGNATURE, TIMESTAMP
from tocsin.config import Settings
from tocsin.demo import DEMO_API_KEY, DEMO_APP_KEY, DatadogServer, MonitorId, SimulatedClock, demo_world
from tocsin.domain.access import UserRole
from tocsin.domain.audit import Actor
from tocsin.domain.contact import ChannelKind
from tocsin.domain.rules import Rules
from tocsin.domain.search import IncidentFilter
from tocsin.domain.silence import Matcher
from tocsin.entrypoints.accounts import accounts_of
from tocsin.entrypoints.api_handler import ApiHandler
from tocsin.entrypoints.pager_handler import PagerHandler
from tocsin.entrypoints.reaching import reach_of
from tocsin.entrypoints.sign_in import sessions_of
from tocsin.entrypoints.sync_handler import SyncHandler
from tocsin.identity.signing_keys import KeySecret, SigningKeys
from tocsin.services.api_keys import ApiKeys
from tocsin.services.auditing import AuditLog
from tocsin.services.incidents import IncidentService
from tocsin.services.policies import Policies
from tocsin.services.schedules import Schedules
from tocsin.services.silences import Silences
from tocsin.services.targets import Targets
from tocsin.services.teams import Teams
from tocsin.services.users import Users
from tocsin.services.watches import Watches
from tocsin.storage.dynamodb_store import DynamoDbStore

CHANNELS = "tocsin-test/channels"
CHANNEL_KEYS = {"slack_signing_secret": "slack-secret", "twilio_auth_token": "twilio-token"}
SIGNING = {"current": "1" * 64, "previous": ""}


class Context:
    """What Lambda tells a run about itself."""

    aws_request_id = "7b8f2f4c"

    def get_remaining_time_in_millis(self):
        return 50_000


class Recording:
    """A table of its own, behind a proxy that notes what is asked."""

    def __init__(self, client, recorder):
        self.client = client
        self.url = recorder.url
        self.table = tables.a_table(client)
        self._recorder = recorder

    def calls(self):
        """Return each call so far once: the action, and what it is about."""
        return {(action, str(what).replace(self.table, "TABLE")) for action, what in self._recorder.calls}

    def environ(self, name, datadog=None, **more):
        """Return the environment of a function."""
        return {
            "AWS_ENDPOINT_URL": self.url,
            "AWS_REGION": tables.REGION,
            "AWS_LAMBDA_FUNCTION_NAME": name,
            "USE_DYNAMODB": "true",
            "DYNAMODB_TABLE_NAME": self.table,
            "POWERTOOLS_SERVICE_NAME": f"{self.table}-{name}",
            **({"DATADOG_API_URL": datadog.url} if datadog else {}),
            **more,
        }


@contextlib.contextmanager
def recording(url):
    """Record what is asked of the stand-in at ``url``, with credentials for it in the environment."""
    names = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_DEFAULT_REGION")
    with pytest.MonkeyPatch.context() as patch, Recorder(url) as recorder:
        for name, value in zip(names, tables.KEYS.values(), strict=True):
            patch.setenv(name, value)
        yield Recording(tables.connect(url), recorder)


def keep_secret(url, name, held):
    """Keep a secret as JSON."""
    client = boto3.client("secretsmanager", endpoint_url=url, **tables.KEYS)
    client.create_secret(Name=name, SecretString=json.dumps(held))


def keep_keys(url, name):
    """Keep the keys of Datadog in either place; return what names each, by its variable."""
    keys = {"api_key": DEMO_API_KEY, "app_key": DEMO_APP_KEY}
    keep_secret(url, name, keys)
    ssm = boto3.client("ssm", endpoint_url=url, **tables.KEYS)
    for one, value in keys.items():
        ssm.put_parameter(Name=f"/{name}/{one}", Value=value, Type="SecureString")
    return {"DATADOG_SECRET_NAME": name, "DATADOG_PARAMETER_PATH": f"/{name}"}


def from_either_place(url, name, run):
    """Return the calls of ``run`` for each place of the keys; it is handed the recording and the place."""
    calls = {}
    for place, value in keep_keys(url, name).items():
        with recording(url) as record:
            run(record, {place: value})
            calls[place] = record.calls()
    return calls


def a_shops_day(record, place):
    """Run the handler through opening, joining, quiet, flapping, recovering, resolving, and a month of nothing."""
    clock = SimulatedClock(datetime(2026, 3, 2, 9, tzinfo=UTC))
    world = demo_world(clock)
    ids = (f"change-{number}" for number in range(1_000_000))
    with DatadogServer(world) as datadog:
        environ = record.environ("tocsin-sync", datadog, **place)
        handler = SyncHandler(environ, clock=clock, sleep=lambda _: None, new_id=lambda: next(ids))

        def sweep(minutes=1):
            clock.advance(minutes=minutes)
            return handler({}, Context())

        sweep()
        world.trigger(MonitorId.CHECKOUT_ERRORS)
        for group in list(world.get(MonitorId.HOST_CPU).groups):
            world.trigger(MonitorId.HOST_CPU, group)
        assert sweep()["opened"]
        sweep()
        world.recover(MonitorId.CHECKOUT_ERRORS)
        sweep()
        world.trigger(MonitorId.CHECKOUT_ERRORS)
        sweep()
        world.recover(MonitorId.CHECKOUT_ERRORS)
        sweep()
        assert sweep(minutes=10)["resolved"]
        world.trigger(MonitorId.CHECKOUT_ERRORS)
        sweep()
        world.delete(MonitorId.HOST_CPU)
        sweep()
        world.recover(MonitorId.CHECKOUT_ERRORS)
        sweep()
        sweep(minutes=40 * 24 * 60)
        world.trigger(MonitorId.CHECKOUT_ERRORS)
        sweep()


def pages(url):
    """Return the calls of a pager through all that it is there for, called by the schedule and by the stream."""
    keep_secret(url, "tocsin-pager/signing", SIGNING)
    mailbox = Mailbox()
    with recording(url) as record, serving(mailbox) as port:
        keep_secret(url, "tocsin-pager/smtp", {"url": f"smtp://127.0.0.1:{port}"})
        environ = record.environ(
            "tocsin-pager",
            SIGNING_KEYS_SECRET="tocsin-pager/signing",
            SMTP_SECRET_NAME="tocsin-pager/smtp",
            MAIL_FROM="ops@example.com",
        )
        everything_due(record, environ)
        calls = record.calls()
    assert len(mailbox.got) > 4
    return calls


def everything_due(record, environ):
    """Let everything become due that a pager acts on, and call it."""
    clock = SimulatedClock(datetime(2026, 3, 2, 9, tzinfo=UTC))
    ids = (f"page-{number}" for number in range(1_000_000))
    how = {"clock": clock, "new_id": lambda: next(ids)}
    store, boss = DynamoDbStore(record.client, record.table), Actor("a test")
    handler = PagerHandler(environ, sleep=lambda _: None, **how)

    def round_after(minutes, event=None):
        clock.advance(minutes=minutes)
        assert handler(event, Context()) == {"batchItemFailures": []}

    log = AuditLog(store, **how)
    users, teams = Users(store, log, **how), Teams(store, log, **how)
    bo = users.add("bo@example.com", "Bo", UserRole.ADMIN, actor=boss)
    keys = SigningKeys(KeySecret(lambda: SIGNING, "the secret"), clock=clock)
    contacts, verification, _ = reach_of(store, keys, **how)
    verification.ask(contacts.add(bo, ChannelKind.EMAIL, {"email": "bo@example.org"}, actor=boss))
    ask_for_a_letter(Settings.read(environ), store, clock, lambda: next(ids))
    layer = {"id": "1", "name": "1", "people": [bo.id], "rotation": {"unit": "day"}, "start": "2026-03-02"}
    schedules = Schedules(store, log, **how)
    schedules.add({"name": "Shop", "time_zone": "UTC", "layers": [layer]}, actor=boss)
    steps = [
        {"actions": [{"type": "notify", "target": "schedule:Shop"}, {"type": "assign", "target": "schedule:Shop"}]}
    ]
    targets = Targets(users, teams, schedules, contacts)
    Policies(store, log, targets, **how).add(
        {"name": "Shop", "conditions": {"service": ["shop"]}, "steps": steps}, actor=boss
    )
    round_after(1)
    incidents = IncidentService(store, rules=Rules(), **how)
    opened = [incidents.open("down", by="bo", service=service) for service in ("shop", "other")]
    Silences(store, log, **how).add(
        Matcher(service="held"), reason="it moves", ends_at=clock() + timedelta(hours=1), actor=boss, author_id=bo.id
    )
    incidents.open("held", by="bo", service="held")
    Watches(store, log, Rules(), **how).add("backup", every_minutes=10, secret="s", actor=boss)
    round_after(0, {"Records": []})
    incidents.acknowledge(opened[0].id, by="bo")
    for minutes in (1, 20, 30, 15, 60):
        round_after(minutes)
    incidents.resolve(opened[0].id, by="bo")
    round_after(1)
    assert {one.status.value for one in incidents.find(IncidentFilter()).incidents} >= {"resolved", "detected"}


def ask_for_a_letter(settings, store, clock, new_id):
    """Add somebody who has lost a password, as the API does."""
    keys = SigningKeys(KeySecret(lambda: SIGNING, "the secret"), clock=clock)
    sessions = sessions_of(store, keys, clock=clock, new_id=new_id)
    accounts = accounts_of(settings, store, sessions, keys, clock=clock, new_id=new_id)
    accounts.users.add("ana@example.com", "Ana", UserRole.VIEWER, actor=Actor("a test"))
    accounts.recovery.ask("ana@example.com", actor=Actor(""))


def everything_asked(record, place):
    """Ask the handler of Lambda for whatever the API can do."""
    clock = SimulatedClock(datetime(2026, 3, 2, 9, tzinfo=UTC))
    ids = (f"api-{number}" for number in range(1_000_000))
    store = DynamoDbStore(record.client, record.table)
    _, token = ApiKeys(store, clock=clock, new_id=lambda: next(ids)).create(
        "tests", ["admin"], secret="s" * 43, actor=Actor("a test")
    )
    with DatadogServer(demo_world(clock)) as datadog:
        environ = record.environ(
            "tocsin-api",
            datadog,
            SIGNING_KEYS_SECRET="tocsin-signing-keys",
            SMTP_SECRET_NAME="tocsin-test/smtp-that-only-the-pager-reads",
            MAIL_FROM="ops@example.com",
            SIGNUP_DOMAINS="example.com",
            CHANNELS_SECRET_NAME=CHANNELS,
            **place,
        )
        handler = ApiHandler(environ, clock=clock, new_id=lambda: next(ids))

        def ask(method, path, body=None, status=200, **headers):
            clock.advance(seconds=1)
            given = {"authorization": f"Bearer {token}", **headers}
            sent = b"" if body is None else json.dumps(body).encode()
            path, _, query = path.partition("?")
            parameters = dict(one.split("=") for one in query.split("&")) if query else {}
            answered = handler(event(method, path, sent, given, query=query, parameters=parameters), Context())
            assert answered["statusCode"] == status, answered["body"]
            return json.loads(answered["body"] or "null")

        every_route(ask, clock)
        every_sign_in(ask, sign_in(store, clock, lambda: next(ids)))
        every_letter(ask)
        a_button(handler, clock)
        assert {one.kind for one in store.due(clock())} >= {"letter"}


def a_button(handler, clock):
    """Send what Slack sends when somebody whom nobody knows presses a button."""
    pressed = {"user": {"id": "U1", "team_id": "T1"}, "actions": [{"action_id": "resolve", "value": "INC-1:1"}]}
    body, timestamp = urlencode({"payload": json.dumps(pressed)}).encode(), str(int(clock().timestamp()))
    key = CHANNEL_KEYS["slack_signing_secret"].encode()
    headers = {
        "content-type": "application/x-www-form-urlencoded",
        TIMESTAMP: timestamp,
        SIGNATURE: "v0=" + hmac.digest(key, f"v0:{timestamp}:".encode() + body, "sha256").hex(),
    }
    answered = handler(event("POST", ACTIONS, body, headers), Context())
    assert (answered["statusCode"], "user slack" in answered["body"]) == (200, True), answered["body"]


def sign_in(store, clock, new_id):
    """Return what opens sessions of one person, as whatever proves who they are does."""
    keys = SigningKeys(KeySecret(lambda: SIGNING, "the secret"), clock=clock)
    audit = AuditLog(store, clock=clock, new_id=new_id)
    ann = Users(store, audit, clock=clock, new_id=new_id).add(
        "ann@example.com", "Ann", UserRole.ADMIN, actor=Actor("a test")
    )
    sessions = sessions_of(store, keys, clock=clock, new_id=new_id)
    return lambda: sessions.open(ann, actor=Actor(""))


def every_sign_in(ask, opened):
    """Ask for all that is about sessions."""
    v1 = "/api/v1/auth"
    first, held = opened(), opened()
    bearer = {"authorization": f"Bearer {held.access_token}"}
    listed = ask("GET", f"{v1}/sessions", **bearer)["sessions"]
    (other,) = [one["id"] for one in listed if not one["current"]]
    ask("POST", f"{v1}/refresh", {"refresh_token": first.refresh_token})
    ask("POST", f"{v1}/refresh", {"refresh_token": held.refresh_token})
    ask("DELETE", f"{v1}/sessions/{other}", None, 204, **bearer)
    ask("POST", f"{v1}/logout", None, 204, **bearer)


def every_letter(ask):
    """Ask for the letters there are."""
    v1 = "/api/v1/auth"
    ask("POST", f"{v1}/recover", {"email": "ann@example.com"}, 202)
    body = {"email": "bo@example.com", "full_name": "Bo", "password": "silver meadow ladder"}
    ask("POST", f"{v1}/signup", body, 202)


def every_route(ask, clock):
    """Ask for all that is about alerts and incidents."""
    v1, mine = "/api/v1", "/api/v1/incidents/INC-1001"
    for path in ("/health", "/ready", f"{v1}/openapi.json"):
        ask("GET", path)
    down = {"service": "checkout", "severity": "critical", "message": "down", "key": "a", "expires_in": 3600}
    for body in (down, down, {**down, "key": "b"}, [{**down, "key": f"k{number}"} for number in range(60)]):
        ask("POST", f"{v1}/alerts", body)
    for key in ("a", "a", "b", "nothing"):
        ask("POST", f"{v1}/alerts", {"key": key, "state": "resolved"})
    ask("POST", f"{v1}/alerts", down, **{"idempotency-key": "x"})
    ask("POST", f"{v1}/alerts", down, **{"idempotency-key": "x"})
    webhook = {"alert_id": "4711", "alert_scope": "host:a", "alert_transition": "Triggered", "alert_title": "CPU"}
    for transition in ("Triggered", "Triggered", "Recovered"):
        ask("POST", f"{v1}/webhooks/datadog", {**webhook, "alert_transition": transition})
    labels = {"alertname": "x", "severity": "high"}
    for status in ("firing", "resolved"):
        ask("POST", f"{v1}/webhooks/alertmanager", {"alerts": [{"status": status, "labels": labels}]})
    listed = ask("GET", f"{v1}/alerts?limit=1")
    ask("GET", f"{v1}/alerts/{listed['alerts'][0]['id']}")
    ask("GET", f"{v1}/alerts?incident=INC-1001")
    for number in range(2):
        ask("POST", f"{v1}/incidents", {"title": f"by hand {number}"}, 201, **{"idempotency-key": f"o{number}"})
    for query in ("", "?status=active", "?text=hand", "?limit=1"):
        ask("GET", f"{v1}/incidents{query}")
    ask("GET", f"{v1}/incidents/stats/summary")
    ask("PATCH", mine, {"severity": "low", "notes": "x", "assignees": ["ann"]})
    until = (clock() + timedelta(hours=1)).isoformat()
    for path, body in (("acknowledge", None), ("start", None), ("snooze", {"until": until}), ("unsnooze", None)):
        ask("POST", f"{mine}/{path}", body)
    ask("POST", f"{mine}/notes", {"text": "x"}, 201)
    for path in ("", "/notes", "/timeline", "/metrics"):
        ask("GET", f"{mine}{path}")
    ask("PUT", f"{mine}/assignments/bob", {"role": "commander"})
    ask("DELETE", f"{mine}/assignments/bob")
    by_hand = [one["id"] for one in ask("GET", f"{v1}/incidents?source=manual")["incidents"]]
    ask("POST", f"{v1}/incidents/{by_hand[0]}/merge", {"into": by_hand[1]})
    ask("POST", f"{mine}/resolve", {"root_cause": "x"})
    ask("POST", f"{mine}/close")
    for incident_id in by_hand:
        ask("DELETE", f"{v1}/incidents/{incident_id}", None, 204)
    every_route_of_administrators(ask)


def every_route_of_administrators(ask):
    """Ask for what only they may."""
    v1 = "/api/v1"
    made = ask("POST", f"{v1}/keys", {"name": "other", "scopes": ["alerts:write"]}, 201, **{"idempotency-key": "k"})
    ask("GET", f"{v1}/keys?limit=1")
    ask("DELETE", f"{v1}/keys/{made['id']}")
    for path in ("sync", "tick"):
        ask("POST", f"{v1}/{path}")
    for path in ("", "/export?limit=1", "/verify"):
        ask("GET", f"{v1}/audit{path}")
