"""What the stack's roles may do is what the code does: no call is refused, and nothing broader is granted.

The calls are recorded, not guessed: the real handler runs through half a day of a shop against a stand-in for AWS,
behind a proxy that notes every request. What the shop's day may not have called for, a store is asked to do besides.
"""

import fnmatch
import json
from datetime import UTC, datetime, timedelta

import pytest

from tests import tables
from tests.api.client import event
from tests.aws_proxy import Recorder
from tests.cloud.cloudformation import Stack, granted, statements
from tests.storage.story import story
from tocsin.demo import DEMO_API_KEY, DEMO_APP_KEY, DatadogServer, MonitorId, SimulatedClock, demo_world
from tocsin.domain.access import UserRole
from tocsin.domain.audit import Actor
from tocsin.entrypoints.api_handler import ApiHandler
from tocsin.entrypoints.sign_in import sessions_of
from tocsin.entrypoints.sync_handler import SyncHandler
from tocsin.identity.signing_keys import KeySecret, SigningKeys
from tocsin.services.api_keys import ApiKeys
from tocsin.services.auditing import AuditLog
from tocsin.services.users import Users
from tocsin.storage.dynamodb_store import DynamoDbStore


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


def keep_signing_keys(session):
    import boto3

    boto3.client("secretsmanager", **session).create_secret(
        Name="tocsin-signing-keys", SecretString=json.dumps(SIGNING)
    )


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
    keep_signing_keys(session)
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
        "tests", ["admin"], secret="s" * 43, by="a test"
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
    assert {one[0] for one in others} == {call}
    stack = Stack("template.yaml", **given)
    allowed = {
        one for service in ("secretsmanager", "ssm", "sqs", "lambda") for one in granted(stack, "ApiRole", service)
    }
    own = {("secretsmanager:GetSecretValue", "secret:tocsin-signing-keys-??????")}
    assert {one[0] for one in allowed - own} == {call}
    assert own < allowed


def test_the_api_reads_the_signing_keys_of_its_own_stack(recorded_api, stack):
    """The sync, which signs nothing, may not."""
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


EVERYTHING = {
    "DatadogSecretName": "tocsin/datadog",
    "KeysKmsKeyArn": "arn:aws:kms:eu-central-1:123456789012:key/1234",
    "Tracing": "Active",
}


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


def test_the_schedule_may_run_the_live_version_and_nothing_else(stack):
    """And put what it could not deliver into its queue."""
    assert granted(stack, "ScheduleRole", "lambda") == {("lambda:InvokeFunction", "function:tocsin-sync:live")}
    assert granted(stack, "ScheduleRole", "sqs") == {("sqs:SendMessage", "tocsin-undelivered")}


def test_only_schedules_of_this_account_may_take_the_schedules_role(stack):
    """Nobody else's schedule can borrow it."""
    (trust,) = stack.properties("ScheduleRole")["AssumeRolePolicyDocument"]["Statement"]
    assert trust["Condition"]["StringEquals"]["aws:SourceAccount"] == "123456789012"


# -- the roles that deploy --------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def beside():
    """Return the stack of the deploying roles, for a stack called as PSEUDO calls it."""
    return Stack("infra/github-oidc.yaml", Repository="ann/tocsin", Environment="staging", StackName="tocsin")


def test_the_deploying_role_trusts_one_environment_of_one_repository(beside):
    """Word for word: no star, no other branch, no pull request."""
    (trust,) = beside.properties("GitHubRole")["AssumeRolePolicyDocument"]["Statement"]
    assert trust["Action"] == "sts:AssumeRoleWithWebIdentity"
    assert trust["Condition"] == {
        "StringEquals": {
            "token.actions.githubusercontent.com:aud": "sts.amazonaws.com",
            "token.actions.githubusercontent.com:sub": "repo:ann/tocsin:environment:staging",
        }
    }


def test_a_deployment_cannot_change_the_roles_that_deploy(beside):
    """What the stack may touch begins with its name; their names do not."""
    changed = [
        resource
        for one in statements(beside.properties("CloudFormationRole"))
        for resource in one["Resource"]
        if one["Effect"] == "Allow" and any(action.startswith("iam:") for action in one["Action"])
    ]
    for role in ("GitHubRole", "CloudFormationRole"):
        arn = f"arn:aws:iam::123456789012:role/{beside.properties(role)['RoleName']}"
        assert not [pattern for pattern in changed if fnmatch.fnmatchcase(arn, pattern)]


def test_a_deployment_can_make_only_bounded_roles(beside):
    """And cannot take the bound off again."""
    for one in statements(beside.properties("CloudFormationRole")):
        if one["Effect"] == "Allow" and {"iam:CreateRole", "iam:PutRolePolicy", "iam:AttachRolePolicy"} & set(
            one["Action"]
        ):
            assert one["Condition"]["StringEquals"]["iam:PermissionsBoundary"] == "deploy-tocsin-boundary"
        assert "iam:DeleteRolePermissionsBoundary" not in one["Action"]


def test_a_deployment_cannot_delete_the_incidents(beside):
    """It is denied, whatever else is allowed."""
    denied = [one for one in statements(beside.properties("CloudFormationRole")) if one["Effect"] == "Deny"]
    assert [(one["Action"], one["Resource"]) for one in denied] == [
        (["dynamodb:DeleteBackup", "dynamodb:DeleteTable"], ["*"])
    ]


def test_the_boundary_lets_the_stack_work(beside):
    """Whatever a role of the stack is granted is within it, or it would silently be refused."""
    boundary = [
        {**one, "Action": action, "Resource": resources if isinstance(resources, list) else [resources]}
        for one in beside.properties("Boundary")["PolicyDocument"]["Statement"]
        for action in [one["Action"] if isinstance(one["Action"], list) else [one["Action"]]]
        for resources in [one["Resource"]]
    ]
    place = {"DatadogSecretName": "tocsin/datadog"}, {"DatadogParameterPath": "/tocsin/datadog"}
    for keys in place:
        stack = Stack("template.yaml", **{**EVERYTHING, "DatadogSecretName": "", **keys})
        for name, role in stack.of_type("AWS::IAM::Role").items():
            for one in statements(role):
                for action in one["Action"]:
                    for resource in one["Resource"]:
                        assert within(boundary, action, resource), f"{name} may not {action} on {resource}"


def within(boundary, action, resource):
    return any(
        action in one["Action"]
        and any(resource == wide or fnmatch.fnmatchcase(resource, wide.replace("?", "[?]")) for wide in one["Resource"])
        for one in boundary
    )


def test_the_stacks_roles_take_the_boundary_when_it_is_given():
    """All of them."""
    arn = "arn:aws:iam::123456789012:policy/deploy-tocsin-boundary"
    stack = Stack("template.yaml", DatadogSecretName="x", PermissionsBoundaryArn=arn)
    assert {one["PermissionsBoundary"] for one in stack.of_type("AWS::IAM::Role").values()} == {arn}
    assert not [
        one for one in Stack("template.yaml").of_type("AWS::IAM::Role").values() if "PermissionsBoundary" in one
    ]


@pytest.mark.parametrize("kind", sorted(Stack("template.yaml", DatadogSecretName="x").resources))
def test_cloudformation_may_make_every_resource_of_the_stack(beside, kind):
    """Each thing that has a name of its own is covered by what the deploying role may touch."""
    stack = Stack("template.yaml", DatadogSecretName="x")
    arns = {
        "AWS::DynamoDB::Table": "arn:aws:dynamodb:eu-central-1:123456789012:table/{}",
        "AWS::Serverless::Function": "arn:aws:lambda:eu-central-1:123456789012:function:{}",
        "AWS::Logs::LogGroup": "arn:aws:logs:eu-central-1:123456789012:log-group:{}",
        "AWS::CodeDeploy::DeploymentConfig": "arn:aws:codedeploy:eu-central-1:123456789012:deploymentconfig:{}",
        "AWS::SQS::Queue": "arn:aws:sqs:eu-central-1:123456789012:{}",
        "AWS::SNS::Topic": "arn:aws:sns:eu-central-1:123456789012:{}",
        "AWS::CloudWatch::Alarm": "arn:aws:cloudwatch:eu-central-1:123456789012:alarm:{}",
        "AWS::CloudWatch::Dashboard": "arn:aws:cloudwatch::123456789012:dashboard/{}",
        "AWS::IAM::Role": "arn:aws:iam::123456789012:role/tocsin-{}-1ABC",  # named by CloudFormation
        # Policies of the queues and the topic: they have no name, and are set on those.
        "AWS::SQS::QueuePolicy": "arn:aws:sqs:eu-central-1:123456789012:tocsin-undelivered",
        "AWS::SNS::TopicPolicy": "arn:aws:sns:eu-central-1:123456789012:tocsin-alarms",
        "AWS::SecretsManager::Secret": "arn:aws:secretsmanager:eu-central-1:123456789012:secret:{}-a1B2c3",
        # API Gateway gives it an id.
        "AWS::Serverless::HttpApi": "arn:aws:apigateway:eu-central-1::/apis/a1b2c3",
    }
    arn = arns[stack.resources[kind]["Type"]].format(stack.name_of(kind))
    allowed = [
        pattern
        for one in statements(beside.properties("CloudFormationRole"))
        if one["Effect"] == "Allow"
        for pattern in one["Resource"]
        if pattern != "*"
    ]
    assert [pattern for pattern in allowed if fnmatch.fnmatchcase(arn, pattern)]
