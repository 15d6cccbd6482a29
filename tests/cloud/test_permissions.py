"""What the stack's roles may do is what the code does: no call is refused, and nothing broader is granted.

The calls are recorded, not guessed: the real handler runs through half a day of a shop against a stand-in for AWS,
behind a proxy that notes every request. What the shop's day may not have called for, a store is asked to do besides.
"""

import json
from datetime import UTC, datetime, timedelta

import pytest

from tests import tables
from tests.api.client import event
from tests.aws_proxy import Recorder
from tests.cloud.cloudformation import Stack, environment, granted, statements
from tests.mail_server import Mailbox, serving
from tests.storage.story import story
from tocsin.config import Settings
from tocsin.demo import DEMO_API_KEY, DEMO_APP_KEY, DatadogServer, MonitorId, SimulatedClock, demo_world
from tocsin.domain.access import UserRole
from tocsin.domain.audit import Actor
from tocsin.entrypoints.accounts import accounts_of
from tocsin.entrypoints.api_handler import ApiHandler
from tocsin.entrypoints.sign_in import sessions_of
from tocsin.entrypoints.sync_handler import SyncHandler
from tocsin.identity.signing_keys import KeySecret, SigningKeys
from tocsin.services.api_keys import ApiKeys
from tocsin.services.auditing import AuditLog
from tocsin.services.users import Users
from tocsin.storage.dynamodb_store import DynamoDbStore

EVERYTHING = {
    "DatadogSecretName": "tocsin/datadog",
    "KeysKmsKeyArn": "arn:aws:kms:eu-central-1:123456789012:key/1234",
    "Tracing": "Active",
    "OidcSecretName": "tocsin/datadog-oidc",
    "SmtpSecretName": "tocsin/datadog-smtp",
    "MailFrom": "ops@example.com",
}


class Context:
    """What Lambda tells a run about itself."""

    aws_request_id = "7b8f2f4c"

    def get_remaining_time_in_millis(self):
        return 50_000


@pytest.fixture(scope="module")
def recorded(ministack_url):
    """Return the calls of a handler through everything that a shop can go through, with keys from either place."""
    client = tables.connect(ministack_url)
    session = {"endpoint_url": ministack_url, **tables.KEYS}
    secret, path = "tocsin-test/keys", "/tocsin-test/keys"
    keep_keys(session, secret, path)
    calls = {}
    with pytest.MonkeyPatch.context() as patch:
        for name, value in zip(
            ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_DEFAULT_REGION"), tables.KEYS.values(), strict=True
        ):
            patch.setenv(name, value)
        for place, value in (("DATADOG_SECRET_NAME", secret), ("DATADOG_PARAMETER_PATH", path)):
            with Recorder(ministack_url) as recorder:
                table = tables.a_table(client)
                live(recorder.url, table, {place: value})
                calls[place] = {(action, str(what).replace(table, "TABLE")) for action, what in recorder.calls}
    return calls


def keep_keys(session, secret, path):
    import boto3

    keys = {"api_key": DEMO_API_KEY, "app_key": DEMO_APP_KEY}
    boto3.client("secretsmanager", **session).create_secret(Name=secret, SecretString=json.dumps(keys))
    ssm = boto3.client("ssm", **session)
    for name, value in keys.items():
        ssm.put_parameter(Name=f"{path}/{name}", Value=value, Type="SecureString")


SIGNING = {"current": "1" * 64, "previous": ""}


def keep_secret(session, name, held):
    import boto3

    boto3.client("secretsmanager", **session).create_secret(Name=name, SecretString=json.dumps(held))


@pytest.fixture(scope="module")
def recorded_letters(ministack_url):
    """Return the calls of a handler that is set up for letters: while there is none, and while it sends one."""
    client = tables.connect(ministack_url)
    session = {"endpoint_url": ministack_url, **tables.KEYS}
    names = {"DATADOG_SECRET_NAME": "tocsin-letters/keys", "SIGNING_KEYS_SECRET": "tocsin-letters/signing"}
    keep_keys(session, names["DATADOG_SECRET_NAME"], "/tocsin-letters/keys")
    keep_secret(session, names["SIGNING_KEYS_SECRET"], SIGNING)
    clock = SimulatedClock(datetime(2026, 3, 2, 9, tzinfo=UTC))
    ids = (f"letter-{number}" for number in range(1_000_000))
    mailbox = Mailbox()
    with pytest.MonkeyPatch.context() as patch, serving(mailbox) as port, DatadogServer(demo_world(clock)) as datadog:
        for name, value in zip(
            ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_DEFAULT_REGION"), tables.KEYS.values(), strict=True
        ):
            patch.setenv(name, value)
        keep_secret(session, "tocsin-letters/smtp", {"url": f"smtp://127.0.0.1:{port}"})
        with Recorder(ministack_url) as recorder:
            table = tables.a_table(client)
            environ = {
                "AWS_ENDPOINT_URL": recorder.url,
                "AWS_REGION": tables.REGION,
                "AWS_LAMBDA_FUNCTION_NAME": "tocsin-sync",
                "USE_DYNAMODB": "true",
                "DYNAMODB_TABLE_NAME": table,
                "POWERTOOLS_SERVICE_NAME": table,
                "DATADOG_API_URL": datadog.url,
                "SMTP_SECRET_NAME": "tocsin-letters/smtp",
                "MAIL_FROM": "ops@example.com",
                **names,
            }
            handler = SyncHandler(environ, clock=clock, sleep=lambda _: None, new_id=lambda: next(ids))
            handler({}, Context())
            idle = {(action, str(what).replace(table, "TABLE")) for action, what in recorder.calls}
            ask_for_a_letter(Settings.read(environ), DynamoDbStore(client, table), clock, lambda: next(ids))
            handler({}, Context())
            calls = {(action, str(what).replace(table, "TABLE")) for action, what in recorder.calls}
    assert len(mailbox.got) == 1
    return idle, calls


def ask_for_a_letter(settings, store, clock, new_id):
    """Add somebody who has lost a password, as the API does."""
    keys = SigningKeys(KeySecret(lambda: SIGNING, "the secret"), clock=clock)
    sessions = sessions_of(store, keys, clock=clock, new_id=new_id)
    accounts = accounts_of(settings, store, sessions, keys, clock=clock, new_id=new_id)
    accounts.users.add("ana@example.com", "Ana", UserRole.VIEWER, actor=Actor("a test"))
    accounts.recovery.ask("ana@example.com", actor=Actor(""))


def live(url, table, place):
    """Run the handler through opening, joining, quiet, flapping, recovering, resolving, and a month of nothing."""
    clock = SimulatedClock(datetime(2026, 3, 2, 9, tzinfo=UTC))
    world = demo_world(clock)
    ids = (f"change-{number}" for number in range(1_000_000))
    with DatadogServer(world) as datadog:
        environ = {
            "AWS_ENDPOINT_URL": url,
            "AWS_REGION": tables.REGION,
            "AWS_LAMBDA_FUNCTION_NAME": "tocsin-sync",
            "USE_DYNAMODB": "true",
            "DYNAMODB_TABLE_NAME": table,
            "POWERTOOLS_SERVICE_NAME": table,
            "DATADOG_API_URL": datadog.url,
            **place,
        }
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


@pytest.fixture(scope="module")
def recorded_api(ministack_url):
    """Return the calls of the API's handler through everything that can be asked of it, with keys from either place."""
    client = tables.connect(ministack_url)
    session = {"endpoint_url": ministack_url, **tables.KEYS}
    secret, path = "tocsin-test/api-keys", "/tocsin-test/api-keys"
    keep_keys(session, secret, path)
    keep_secret(session, "tocsin-signing-keys", SIGNING)
    calls = {}
    with pytest.MonkeyPatch.context() as patch:
        for name, value in zip(
            ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_DEFAULT_REGION"), tables.KEYS.values(), strict=True
        ):
            patch.setenv(name, value)
        for place, value in (("DATADOG_SECRET_NAME", secret), ("DATADOG_PARAMETER_PATH", path)):
            with Recorder(ministack_url) as recorder:
                table = tables.a_table(client)
                ask_for_everything(client, recorder.url, table, {place: value})
                calls[place] = {(action, str(what).replace(table, "TABLE")) for action, what in recorder.calls}
    return calls


def ask_for_everything(client, url, table, place):
    """Ask the handler of Lambda for whatever the API can do."""
    clock = SimulatedClock(datetime(2026, 3, 2, 9, tzinfo=UTC))
    ids = (f"api-{number}" for number in range(1_000_000))
    store = DynamoDbStore(client, table)
    _, token = ApiKeys(store, clock=clock, new_id=lambda: next(ids)).create(
        "tests", ["admin"], secret="s" * 43, actor=Actor("a test")
    )
    with DatadogServer(demo_world(clock)) as datadog:
        environ = {
            "AWS_ENDPOINT_URL": url,
            "AWS_REGION": tables.REGION,
            "AWS_LAMBDA_FUNCTION_NAME": "tocsin-api",
            "USE_DYNAMODB": "true",
            "DYNAMODB_TABLE_NAME": table,
            "POWERTOOLS_SERVICE_NAME": f"{table}-api",
            "DATADOG_API_URL": datadog.url,
            "SIGNING_KEYS_SECRET": "tocsin-signing-keys",
            "SMTP_SECRET_NAME": "tocsin-test/smtp-that-only-the-sync-reads",
            "MAIL_FROM": "ops@example.com",
            "SIGNUP_DOMAINS": "example.com",
            **place,
        }
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
        assert {one.kind for one in store.due(clock())} >= {"letter"}


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
    v1 = "/api/v1/auth"
    ask("POST", f"{v1}/recover", {"email": "ann@example.com"}, 202)
    body = {"email": "bo@example.com", "full_name": "Bo", "password": "silver meadow ladder"}
    ask("POST", f"{v1}/signup", body, 202)


def every_route(ask, clock):
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
    v1 = "/api/v1"
    made = ask("POST", f"{v1}/keys", {"name": "other", "scopes": ["alerts:write"]}, 201, **{"idempotency-key": "k"})
    ask("GET", f"{v1}/keys?limit=1")
    ask("DELETE", f"{v1}/keys/{made['id']}")
    for path in ("sync", "tick"):
        ask("POST", f"{v1}/{path}")
    for path in ("", "/export?limit=1", "/verify"):
        ask("GET", f"{v1}/audit{path}")


def test_the_function_may_do_with_the_table_what_it_does_and_nothing_else(recorded, stack):
    """Action by action and index by index, both ways."""
    done = {call for calls in recorded.values() for call in calls if call[0].startswith("dynamodb:")}
    assert granted(stack, "SyncRole", "dynamodb") == done


def test_the_api_may_do_with_the_table_what_it_does_and_nothing_else(recorded_api, stack):
    """Action by action and index by index, both ways; looking at the table's shape among it."""
    done = {call for calls in recorded_api.values() for call in calls if call[0].startswith("dynamodb:")}
    assert granted(stack, "ApiRole", "dynamodb") == done


@pytest.mark.parametrize(
    "place, call",
    [("DATADOG_SECRET_NAME", "secretsmanager:GetSecretValue"), ("DATADOG_PARAMETER_PATH", "ssm:GetParametersByPath")],
)
def test_the_api_reads_the_keys_of_datadog_from_one_place(recorded_api, place, call):
    """For the monitor of a webhook; and nothing else of AWS."""
    name = "tocsin-test/api-keys"
    given = {"DatadogSecretName": name} if place == "DATADOG_SECRET_NAME" else {"DatadogParameterPath": f"/{name}"}
    signing = ("secretsmanager:GetSecretValue", "tocsin-signing-keys")
    others = {one for one in recorded_api[place] if not one[0].startswith("dynamodb:")} - {signing}
    assert others == {(call, name if place == "DATADOG_SECRET_NAME" else f"/{name}")}
    stack = Stack("template.yaml", **given)
    allowed = {
        one for service in ("secretsmanager", "ssm", "sqs", "lambda") for one in granted(stack, "ApiRole", service)
    }
    own = {("secretsmanager:GetSecretValue", "secret:tocsin-signing-keys-??????")}
    assert {one[0] for one in allowed - own} == {call}
    assert own < allowed


def test_the_api_reads_the_signing_keys_of_its_own_stack(recorded_api, stack):
    """The sync, which without letters signs nothing, may not."""
    signing = ("secretsmanager:GetSecretValue", "tocsin-signing-keys")
    assert all(signing in calls for calls in recorded_api.values())
    assert not [one for one in granted(stack, "SyncRole", "secretsmanager") if "signing" in one[1]]


def test_whatever_a_store_can_be_asked_is_granted_but_for_forgetting(ministack, ministack_url, stack):
    """Of what the shop's day did not call for nothing is missing. Only people forget, with permissions of their own."""
    table = tables.a_table(ministack)
    with Recorder(ministack_url) as recorder:
        story(DynamoDbStore(tables.connect(recorder.url), table))
    done = {(action, what.replace(table, "TABLE")) for action, what in recorder.calls}
    assert done == granted(stack, "SyncRole", "dynamodb") | {("dynamodb:BatchWriteItem", "table/TABLE")}


def test_the_function_may_read_the_one_secret_that_it_reads(recorded):
    """And no parameter, where the keys are in a secret."""
    stack = Stack("template.yaml", DatadogSecretName="tocsin-test/keys")
    done = {call for call in recorded["DATADOG_SECRET_NAME"] if not call[0].startswith("dynamodb:")}
    assert done == {("secretsmanager:GetSecretValue", "tocsin-test/keys")}
    assert granted(stack, "SyncRole", "secretsmanager") == {
        ("secretsmanager:GetSecretValue", "secret:tocsin-test/keys-??????")
    }
    assert granted(stack, "SyncRole", "ssm") == set()


def test_the_function_may_read_the_one_path_of_parameters_that_it_reads(recorded):
    """And no secret, where the keys are in parameters."""
    stack = Stack("template.yaml", DatadogParameterPath="/tocsin-test/keys")
    done = {call for call in recorded["DATADOG_PARAMETER_PATH"] if not call[0].startswith("dynamodb:")}
    assert done == {("ssm:GetParametersByPath", "/tocsin-test/keys")}
    assert granted(stack, "SyncRole", "ssm") == {("ssm:GetParametersByPath", "parameter/tocsin-test/keys")}
    assert granted(stack, "SyncRole", "secretsmanager") == set()


def test_no_role_of_the_stack_has_a_wildcard_where_aws_knows_anything_narrower():
    """No action with a star at all; a resource with one only where the action has no resources."""
    stack = Stack("template.yaml", **EVERYTHING)
    for role in stack.of_type("AWS::IAM::Role").values():
        for one in statements(role):
            assert not [action for action in one["Action"] if "*" in action]
            if "*" in one["Resource"]:
                assert set(one["Action"]) <= {
                    "cloudwatch:DescribeAlarms",
                    "xray:PutTelemetryRecords",
                    "xray:PutTraceSegments",
                }


def test_roles_have_nothing_but_what_is_written_in_the_template():
    """No managed policy that AWS may widen."""
    for role in Stack("template.yaml", **EVERYTHING).of_type("AWS::IAM::Role").values():
        assert not role.get("ManagedPolicyArns")


def test_the_function_may_send_traces_only_if_asked_to(stack):
    """And decrypt only with a key that was named."""
    actions = {action for one in statements(stack.properties("SyncRole")) for action in one["Action"]}
    assert not [action for action in actions if action.startswith(("xray:", "kms:"))]
    asked = Stack("template.yaml", **EVERYTHING)
    actions = {action for one in statements(asked.properties("SyncRole")) for action in one["Action"]}
    assert {"xray:PutTraceSegments", "kms:Decrypt"} <= actions


def test_only_the_api_may_read_the_secret_of_the_client(stack):
    """And only where there is one."""
    name = ("secretsmanager:GetSecretValue", "secret:tocsin/datadog-oidc-??????")
    asked = Stack("template.yaml", **EVERYTHING)
    assert name in granted(asked, "ApiRole", "secretsmanager")
    assert name not in granted(asked, "SyncRole", "secretsmanager") | granted(stack, "ApiRole", "secretsmanager")


def test_the_sync_reads_what_letters_need_when_there_is_one(recorded_letters):
    """The mail server's secret and the keys that tokens are signed with; that is what it may read, and no more."""
    idle, done = recorded_letters
    read = {(action, what) for action, what in done - idle if not action.startswith("dynamodb:")}
    get = "secretsmanager:GetSecretValue"
    assert read == {(get, "tocsin-letters/smtp"), (get, "tocsin-letters/signing")}
    plain, asked = (
        Stack("template.yaml"),
        Stack("template.yaml", SmtpSecretName="tocsin-letters/smtp", MailFrom="a@b.c"),
    )
    assert granted(asked, "SyncRole", "secretsmanager") - granted(plain, "SyncRole", "secretsmanager") == {
        (get, "secret:tocsin-letters/smtp-??????"),
        (get, "secret:tocsin-signing-keys-??????"),
    }
    assert environment(asked)["SIGNING_KEYS_SECRET"] == "tocsin-signing-keys"


def test_letters_need_nothing_more_of_the_table(recorded_letters, stack):
    """What a sync may do there is enough to send them."""
    _, done = recorded_letters
    assert {call for call in done if call[0].startswith("dynamodb:")} <= granted(stack, "SyncRole", "dynamodb")


def test_only_the_sync_may_read_the_secret_of_the_mail_server(stack):
    """And without letters it may read no more than before; the API knows only that there is a mail server."""
    name = ("secretsmanager:GetSecretValue", "secret:tocsin/datadog-smtp-??????")
    asked = Stack("template.yaml", **EVERYTHING)
    assert name in granted(asked, "SyncRole", "secretsmanager")
    assert name not in granted(asked, "ApiRole", "secretsmanager")
    assert granted(stack, "SyncRole", "secretsmanager") == {
        ("secretsmanager:GetSecretValue", "secret:tocsin/datadog-??????")
    }
    assert environment(asked, "ApiFunction")["SMTP_SECRET_NAME"] == "tocsin/datadog-smtp"
    assert environment(stack)["SIGNING_KEYS_SECRET"] == ""


def test_the_schedule_may_run_the_live_version_and_nothing_else(stack):
    """And put what it could not deliver into its queue."""
    assert granted(stack, "ScheduleRole", "lambda") == {("lambda:InvokeFunction", "function:tocsin-sync:live")}
    assert granted(stack, "ScheduleRole", "sqs") == {("sqs:SendMessage", "tocsin-undelivered")}


def test_only_schedules_of_this_account_may_take_the_schedules_role(stack):
    """Nobody else's schedule can borrow it."""
    (trust,) = stack.properties("ScheduleRole")["AssumeRolePolicyDocument"]["Statement"]
    assert trust["Condition"]["StringEquals"]["aws:SourceAccount"] == "123456789012"
