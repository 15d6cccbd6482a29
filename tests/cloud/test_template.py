"""The promises of template.yaml, each by its name. What a linter knows of AWS is its own affair."""

import re

import pytest

from tests.cloud.cloudformation import Stack, environment, load, statements, watched
from tocsin.storage import dynamodb_table


def test_the_table_is_the_one_that_the_store_expects(stack):
    """Keys, attributes, indexes, stream and encryption are those that the command line would make."""
    there = stack.properties("IncidentTable")
    wanted = dict(dynamodb_table.TABLE)
    del wanted["TableName"]
    wanted["SSESpecification"] = {"SSEEnabled": wanted["SSESpecification"]["Enabled"]}
    wanted["StreamSpecification"] = {"StreamViewType": wanted["StreamSpecification"]["StreamViewType"]}
    assert {name: there[name] for name in wanted} == wanted


def test_the_table_forgets_by_the_attribute_that_the_store_writes(stack):
    """What is over goes by itself."""
    ttl = stack.properties("IncidentTable")["TimeToLiveSpecification"]
    assert ttl == {"AttributeName": dynamodb_table.EXPIRES, "Enabled": True}


def test_the_table_can_be_restored_to_any_second(stack):
    """Point-in-time recovery is on."""
    assert stack.properties("IncidentTable")["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": True}


def test_the_table_outlives_its_stack(stack):
    """Neither deleting the stack nor replacing the resource takes the incidents away."""
    table = stack.resources["IncidentTable"]
    assert (table["DeletionPolicy"], table["UpdateReplacePolicy"]) == ("Retain", "Retain")
    assert stack.properties("IncidentTable")["DeletionProtectionEnabled"] is True


def test_logs_do_not_stay_for_ever(stack, function, api_function, pager_function):
    """Each function logs to the group whose retention is set, and may not make another."""
    groups = stack.of_type("AWS::Logs::LogGroup").values()
    assert {one["RetentionInDays"] for one in groups} == {30}
    assert {one["LogGroupName"] for one in groups} == {
        "/aws/lambda/tocsin-sync",
        "/aws/lambda/tocsin-api",
        "/aws/lambda/tocsin-pager",
        "/aws/vendedlogs/tocsin-api",
    }
    assert function["LoggingConfig"]["LogGroup"] == "/aws/lambda/tocsin-sync"
    assert api_function["LoggingConfig"]["LogGroup"] == "/aws/lambda/tocsin-api"
    assert pager_function["LoggingConfig"]["LogGroup"] == "/aws/lambda/tocsin-pager"
    for role in ("SyncRole", "ApiRole", "PagerRole"):
        assert not [one for one in statements(stack.properties(role)) if "logs:CreateLogGroup" in one["Action"]]


def test_queues_are_encrypted_and_closed_to_plain_http(stack):
    """All of them."""
    queues = stack.of_type("AWS::SQS::Queue")
    (policy,) = stack.of_type("AWS::SQS::QueuePolicy").values()
    assert all(one["SqsManagedSseEnabled"] for one in queues.values())
    assert policy["Queues"] == [one["QueueName"] for one in queues.values()]
    assert policy["PolicyDocument"]["Statement"][0]["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}


@pytest.mark.parametrize("path", ["template.yaml", "infra/github-oidc.yaml"])
def test_every_parameter_is_described_and_held_to_a_form(path):
    """A pattern with its explanation, a choice, or bounds; free are only lists that may hold anything."""
    free = {"IncludeTags", "ExcludeTags", "IncludeEnvironments", "ExcludeEnvironments"}
    for name, one in load(path)["Parameters"].items():
        assert one["Description"].endswith((".", "?")), name
        held = "AllowedValues" in one or {"MinValue", "MaxValue"} <= set(one) or "AllowedPattern" in one
        assert held or name in free, name
        assert ("AllowedPattern" in one) == ("ConstraintDescription" in one), name


@pytest.mark.parametrize("path", ["template.yaml", "infra/github-oidc.yaml"])
def test_every_default_fits_its_own_pattern(path):
    """Whoever changes nothing is not refused."""
    for name, one in load(path)["Parameters"].items():
        if "AllowedPattern" in one and "Default" in one:
            assert re.search(one["AllowedPattern"], one["Default"]), name


@pytest.mark.parametrize(
    "name, good, bad",
    [
        ("DatadogSecretName", ["tocsin/datadog", ""], ["arn:aws:secretsmanager:x", "a b", "a*"]),
        ("DatadogParameterPath", ["/tocsin/datadog", ""], ["tocsin", "/tocsin/", "/*"]),
        ("DatadogSite", ["datadoghq.eu", "us5.datadoghq.com"], ["https://datadoghq.eu", "datadoghq", "a b.com"]),
        (
            "DatadogApiUrl",
            ["", "https://proxy.example.com/dd", "http://127.0.0.1:8080"],
            ["http://example.com", "https://user:pw@example.com", "ftp://example.com", "http://127.0.0.1.example.com"],
        ),
        ("AlarmEmail", ["", "a@example.com"], ["a", "a@b", "a b@example.com"]),
        ("SeverityRules", ["", "severities.toml"], ["../severities.toml", "/etc/passwd", "rules.yaml"]),
        ("LeastPriority", ["", "3", "P3"], ["0", "6", "33"]),
        ("OldestAlertSeconds", ["", "86400"], ["0", "-1", "1.5"]),
        ("AlertExpiresSeconds", ["", "60", "3600", "599999"], ["0", "59", "-60", "60.5", "600000"]),
        ("OtherTableName", ["", "tocsin-incidents-restored"], ["ab", "a/b"]),
        (
            "CorsOrigins",
            ["", "*", "https://ops.example.com", "https://a.example.com:8443, http://localhost:5173"],
            ["ops.example.com", "https://a.example.com/path", "*,https://a.example.com"],
        ),
        (
            "AllowedNetworks",
            ["", "datadog=192.0.2.0/24", "alertmanager=10.0.0.0/8 2001:db8::/32,datadog=192.0.2.1"],
            ["192.0.2.0/24", "datadog", "datadog=anywhere"],
        ),
        (
            "OidcIssuer",
            ["", "https://id.example.com/realms/ops", "https://a.example.com/"],
            ["http://id.example.com", "https://u:p@id.example.com", "https://id.example.com?x=1", "id.example.com"],
        ),
        ("OidcSecretName", ["tocsin/datadog-oidc", ""], ["arn:aws:secretsmanager:x", "a b", "a*"]),
        ("SmtpSecretName", ["tocsin/datadog-smtp", ""], ["arn:aws:secretsmanager:x", "a b", "a*"]),
        (
            "MailFrom",
            ["", "ops@example.com", "Tocsin of Ana's <ops@example.com>"],
            ["ops", "a b@example.com", "ops@example.com\r\nBcc: a@b.c", "A\nB <ops@example.com>", "A, B <a@b.c>"],
        ),
        ("SesIdentity", ["", "example.com", "ops@example.com"], ["example", "*", "*.example.com", "a/b.com", "@b.com"]),
        (
            "HeartbeatUrl",
            ["", "https://hc.example.com/ping/abc?x=1"],
            ["http://hc.example.com", "hc.example.com", "https://user:pw@hc.example.com"],
        ),
        (
            "OtherTableStreamArn",
            [
                "",
                "arn:aws:dynamodb:eu-central-1:123456789012:table/tocsin-incidents-restored/stream/2026-03-02T09:00:00.000",
            ],
            ["arn:aws:dynamodb:eu-central-1:123456789012:table/tocsin-incidents-restored", "latest", "*"],
        ),
        ("SesFrom", ["", "ops@example.com"], ["ops", "ops@example.com\r\nBcc: a@b.c"]),
        ("ChannelsSecretName", ["tocsin/datadog-channels", ""], ["arn:aws:secretsmanager:x", "a b", "a*"]),
        ("OutboundAllow", ["", "10.0.0.0/8, 192.0.2.1,fd00::/8"], ["anything", "10.0.0.0/8,", "0.0.0.0/0 10.0.0.0/8"]),
        (
            "PublicUrl",
            ["", "https://tocsin.example.com", "https://a.example.com:8443/"],
            ["http://tocsin.example.com", "https://u:p@a.example.com", "https://a.example.com/path", "a.example.com"],
        ),
        (
            "SignupDomains",
            ["", "example.com", "example.com, @b.example"],
            ["com", "*", "a@example.com", "example.com,", "https://example.com"],
        ),
        ("OidcScopes", ["openid", "groups openid email"], ["", "email", "openidx"]),
        ("OidcRoles", ["", "oncall=responder, cn=ops=admin"], ["oncall", "oncall=owner", "=admin"]),
        ("OidcAlgorithms", ["PS256", "RS256, EdDSA"], ["", "none", "RS256,HS256"]),
        (
            "OidcRedirectUrl",
            ["", "https://tocsin.example.com/api/v1/auth/oidc/callback"],
            ["https://tocsin.example.com/", "http://tocsin.example.com/api/v1/auth/oidc/callback"],
        ),
    ],
)
def test_a_parameter_takes_what_is_meant_and_refuses_what_is_not(stack, name, good, bad):
    """Before anything is deployed."""
    pattern = stack.template["Parameters"][name]["AllowedPattern"]
    assert [one for one in good if not re.search(pattern, one)] == []
    assert [one for one in bad if re.search(pattern, one)] == []


def test_every_parameter_is_in_a_group_of_the_console(stack):
    """None is lost at the end of the form."""
    groups = stack.template["Metadata"]["AWS::CloudFormation::Interface"]["ParameterGroups"]
    assert sorted(name for one in groups for name in one["Parameters"]) == sorted(stack.template["Parameters"])


def test_the_outputs_name_what_one_needs_next(stack):
    """To read, to look, to be told."""
    outputs = {name: stack.resolve(one["Value"]) for name, one in stack.template["Outputs"].items()}
    assert outputs["TableName"] == "tocsin-incidents"
    assert outputs["ListIncidents"].endswith("DYNAMODB_TABLE_NAME=tocsin-incidents python cli.py list")
    assert outputs["ApiUrl"] == "https://tocsin-api.execute-api.eu-central-1.amazonaws.com"
    assert outputs["MakeKey"].endswith(
        "DYNAMODB_TABLE_NAME=tocsin-incidents python cli.py key create first --scope admin"
    )
    assert {"FunctionName", "AlarmTopicArn", "DashboardUrl", "LogGroupName", "FailedRunQueueUrl"} <= set(outputs)


def test_a_restored_table_can_take_the_place_of_the_stacks_own():
    """Everywhere: environment, permissions, alarms, dashboard, outputs."""
    other = Stack("template.yaml", DatadogSecretName="x", OtherTableName="tocsin-incidents-restored")
    assert environment(other)["DYNAMODB_TABLE_NAME"] == "tocsin-incidents-restored"
    for role in ("SyncRole", "ApiRole", "PagerRole"):
        tables = {one for each in statements(other.properties(role)) for one in each["Resource"] if ":table/" in one}
        assert sorted(one.partition(":table/")[2] for one in tables) == [
            "tocsin-incidents-restored",
            *(f"tocsin-incidents-restored/index/{index}" for index in ("due", "list")),
            *(["tocsin-incidents-restored/stream/*"] if role == "PagerRole" else []),
        ]
    throttles = {dict(dimensions)["TableName"] for _, _, dimensions in watched(other, "AWS/DynamoDB")}
    assert throttles == {"tocsin-incidents-restored"}
    assert "IncidentTable" in other.resources, "the stack's own is kept"


def test_the_stream_of_a_restored_table_wakes_the_pager_if_it_is_named():
    """Without it the schedule alone does; the stream of the stack's own table tells of nothing any more."""
    arn = "arn:aws:dynamodb:eu-central-1:123456789012:table/restored/stream/2026-03-02T09:00:00.000"
    given = {"DatadogSecretName": "x", "OtherTableName": "restored"}
    for more, enabled in (({}, False), ({"OtherTableStreamArn": arn}, True)):
        stream = Stack("template.yaml", **given, **more).properties("PagerFunction")["Events"]["BecameDue"][
            "Properties"
        ]
        assert stream["Enabled"] is enabled
        assert not enabled or stream["Stream"] == arn


def test_pausing_the_pager_stops_both_that_call_it():
    """The schedule and the stream."""
    events = Stack("template.yaml", DatadogSecretName="x", PagerState="DISABLED").properties("PagerFunction")["Events"]
    assert events["EveryMinute"]["Properties"]["State"] == "DISABLED"
    assert events["BecameDue"]["Properties"]["Enabled"] is False
