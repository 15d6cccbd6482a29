"""The promises of template.yaml, each by its name. What a linter knows of AWS is its own affair."""

import json
import re
from collections import Counter

import pytest

from tests.cloud.cloudformation import PSEUDO, Stack, load, statements
from tocsin.api.routes import ROUTES
from tocsin.config import VARIABLES, Settings
from tocsin.domain.access import PUSH
from tocsin.domain.decision import Reason
from tocsin.entrypoints import lambda_metrics
from tocsin.identity.signing_keys import keyring_in
from tocsin.services.sync import SyncReport
from tocsin.storage import dynamodb_table

SCHEDULES = {"rate(1 minute)": 60, "rate(2 minutes)": 120, "rate(3 minutes)": 180, "rate(5 minutes)": 300}
LOCAL_ONLY = {
    *("DATADOG_API_KEY", "DATADOG_APP_KEY", "INCIDENTS_FILE", "AWS_REGION", "SIGNING_KEYS_FILE"),
    *("TOCSIN_SERVER", "TOCSIN_API_KEY", "TOCSIN_CREDENTIALS"),
    *("SMTP_URL", "MAIL_FROM", "SIGNUP_DOMAINS"),
}
"""Settings that no function gets: keys come from a secret, incidents go to a table, AWS sets the region."""

OF_THE_API = {"SIGNING_KEYS_SECRET"}
"""Settings that the function of the sync has no use for."""


def environment(stack, name="SyncFunction"):
    return stack.properties(name)["Environment"]["Variables"]


def alarms(stack):
    return stack.of_type("AWS::CloudWatch::Alarm")


def watched(stack, namespace):
    """Return (namespace, metric, dimensions) of everything of a namespace that an alarm looks at."""
    return [
        (namespace, one["MetricName"], tuple((each["Name"], each["Value"]) for each in one["Dimensions"]))
        for one in alarms(stack).values()
        if one["Namespace"] == namespace
    ]


# -- the table --------------------------------------------------------------------------------------------------------


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


# -- the function -----------------------------------------------------------------------------------------------------


def test_the_function_is_the_one_that_the_issue_names(function):
    """Handler, runtime and architecture."""
    assert function["Handler"] == "lambda_function.lambda_handler"
    assert (function["Runtime"], function["Architectures"]) == ("python3.13", ["arm64"])


def test_a_run_ends_before_the_next_begins(stack, function):
    """Whichever schedule is chosen."""
    offered = stack.template["Parameters"]["Schedule"]["AllowedValues"]
    assert function["Timeout"] < min(SCHEDULES[one] for one in offered)


def test_silence_is_noticed_whatever_the_schedule_is(stack):
    """Two runs at least fit into the time that the alarm waits."""
    alarm = alarms(stack)["SilenceAlarm"]
    offered = stack.template["Parameters"]["Schedule"]["AllowedValues"]
    assert alarm["Period"] * alarm["EvaluationPeriods"] >= 2 * max(SCHEDULES[one] for one in offered)


@pytest.mark.parametrize("name", ["SyncFunction", "ApiFunction"])
def test_every_setting_reaches_both_functions(stack, name):
    """All that can be set is a parameter, but for what makes no sense there."""
    ours = {one for one in environment(stack, name) if not one.startswith("POWERTOOLS_")}
    others = OF_THE_API if name == "SyncFunction" else set()
    assert ours == {one.name for one in VARIABLES} - LOCAL_ONLY - others


def test_the_signing_keys_are_made_by_the_stack_and_seen_by_nobody(stack):
    """Drawn by AWS, in the very form that the program reads, under the name that the function is told."""
    secret = stack.properties("SigningKeys")
    drawn = secret["GenerateSecretString"]
    assert json.loads(drawn["SecretStringTemplate"]) == {"previous": ""}
    made = json.loads(drawn["SecretStringTemplate"]) | {drawn["GenerateStringKey"]: "x" * drawn["PasswordLength"]}
    assert keyring_in(made, "the secret").current.secret == "x" * 64
    assert drawn["ExcludePunctuation"] is True
    assert environment(stack, "ApiFunction")["SIGNING_KEYS_SECRET"] == secret["Name"] == "tocsin-signing-keys"
    assert "SecretString" not in secret


def test_a_stack_of_defaults_decides_as_a_laptop_of_defaults(stack):
    """The defaults of the parameters are those of the settings, but for keys, table and log level."""
    given = environment(stack)
    defaults = {one.name: one.default for one in VARIABLES}
    differs = {name for name, value in given.items() if name in defaults and str(value) != defaults[name]}
    assert differs == {"USE_DYNAMODB", "DYNAMODB_TABLE_NAME", "DATADOG_SECRET_NAME", "LOG_LEVEL"}


def test_the_environment_is_accepted_by_the_settings(stack):
    """The very values of the template are read by the very code."""
    settings = Settings.read({name: str(value) for name, value in environment(stack).items()})
    assert settings.use_dynamodb
    assert settings.dynamodb_table_name == "tocsin-incidents"
    assert settings.datadog_secret_name == "tocsin/datadog"


@pytest.mark.parametrize("name", [one.name for one in VARIABLES if one.words and one.name not in LOCAL_ONLY])
def test_a_parameter_offers_the_words_that_its_setting_takes(stack, name):
    """No choice of the console is refused by the program."""
    if name == "USE_DYNAMODB":
        return
    raw = stack.template["Globals"]["Function"]["Environment"]["Variables"][name]
    (words,) = [one.words for one in VARIABLES if one.name == name]
    assert tuple(stack.template["Parameters"][raw["Ref"]]["AllowedValues"]) == words


def test_no_key_can_be_put_into_the_stack(stack):
    """There is no parameter for one, so that none can show in the console, a change set or a log."""
    assert not [name for name in stack.template["Parameters"] if re.search("ApiKey|AppKey|Password|Token", name)]
    assert "DATADOG_API_KEY" not in environment(stack)


def test_keys_come_from_a_secret_or_from_parameters_and_never_from_both(stack):
    """CloudFormation itself refuses none, and both."""
    (rule,) = stack.template["Rules"].values()
    (assertion,) = rule["Assertions"]

    def accepts(**given):
        return Stack("template.yaml", **given).resolve(assertion["Assert"])

    assert accepts(DatadogSecretName="a")
    assert accepts(DatadogParameterPath="/a")
    assert not accepts()
    assert not accepts(DatadogSecretName="a", DatadogParameterPath="/a")


def test_a_failed_run_is_kept_and_not_repeated(function, stack):
    """The next run does its work; what failed goes to a queue where it can be looked at."""
    invoke = function["EventInvokeConfig"]
    assert invoke["MaximumRetryAttempts"] == 0
    assert invoke["DestinationConfig"]["OnFailure"] == {
        "Type": "SQS",
        "Destination": f"arn:aws:sqs:{PSEUDO['AWS::Region']}:{PSEUDO['AWS::AccountId']}:tocsin-failed-runs",
    }


def test_what_the_schedule_cannot_deliver_is_kept_too(function):
    """In a queue of its own: the function never saw it."""
    (event,) = function["Events"].values()
    assert event["Type"] == "ScheduleV2"
    assert event["Properties"]["DeadLetterConfig"]["Arn"].endswith(":tocsin-undelivered")


def test_a_new_version_goes_live_by_degrees_and_is_taken_back_when_runs_fail(stack, function):
    """The alias gets it by CodeDeploy, which watches the alarm for errors."""
    preference = function["DeploymentPreference"]
    assert function["AutoPublishAlias"] == "live"
    assert function["AutoPublishAliasAllProperties"] is True
    assert preference["Enabled"] == "true"
    assert preference["Alarms"] == ["tocsin-errors"]
    canary = stack.properties("HalfForTenMinutes")["TrafficRoutingConfig"]["TimeBasedCanary"]
    assert preference["Type"] == stack.properties("HalfForTenMinutes")["DeploymentConfigName"]
    runs = canary["CanaryInterval"] * canary["CanaryPercentage"] / 100
    assert runs >= 4, "too few runs try the new version to ring the alarm"


def test_the_canary_is_over_before_the_alarm_for_errors_needs_longer(stack):
    """The runs that fail during the canary are enough to ring it."""
    alarm = alarms(stack)["ErrorsAlarm"]
    canary = stack.properties("HalfForTenMinutes")["TrafficRoutingConfig"]["TimeBasedCanary"]
    assert alarm["Period"] * alarm["EvaluationPeriods"] <= canary["CanaryInterval"] * 60 / 2
    assert alarm["DatapointsToAlarm"] <= alarm["EvaluationPeriods"] * canary["CanaryPercentage"] / 100


def test_without_gradual_deployment_nothing_of_codedeploy_is_made():
    """A fix can go live at once while the alarm rings."""
    at_once = Stack("template.yaml", DatadogSecretName="x", GradualDeployment="false")
    assert not [name for name, one in at_once.resources.items() if "CodeDeploy" in one["Type"]]
    for name in ("SyncFunction", "ApiFunction"):
        assert at_once.properties(name)["DeploymentPreference"]["Enabled"] == "false"


def test_concurrency_is_reserved_only_on_request(function):
    """Overlapping runs do no harm, and a young account has nothing to reserve."""
    assert "ReservedConcurrentExecutions" not in function
    asked = Stack("template.yaml", DatadogSecretName="x", ReservedConcurrency=2)
    assert asked.properties("SyncFunction")["ReservedConcurrentExecutions"] == 2


# -- the API ----------------------------------------------------------------------------------------------------------


def test_the_function_behind_the_api_is_the_handler_of_the_local_server(api_function):
    """Its runtime and architecture are those of the sync, its time less than API Gateway waits."""
    assert api_function["Handler"] == "lambda_function.api_handler"
    assert (api_function["Runtime"], api_function["Architectures"]) == ("python3.13", ["arm64"])
    assert api_function["Timeout"] < 30


def test_every_path_reaches_the_function(stack, api_function):
    """Two have routes of their own; the function knows the others, and says what is not there."""
    events = [one["Properties"] for one in api_function["Events"].values()]
    assert {one["Type"] for one in api_function["Events"].values()} == {"HttpApi"}
    assert {one["ApiId"] for one in events} == {"tocsin-api"}
    assert [one for one in events if set(one) == {"ApiId"}], "a default route"


def test_what_is_pushed_is_limited_apart_from_everything_else(stack, api_function):
    """A storm of alerts leaves room for who works on them, and no list can hold up an alert."""
    api = stack.properties("HttpApi")
    paths = {
        f"{one['Properties']['Method']} {one['Properties']['Path']}"
        for one in api_function["Events"].values()
        if "Path" in one["Properties"]
    }
    assert set(api["RouteSettings"]) == paths
    assert {one["ThrottlingRateLimit"] for one in api["RouteSettings"].values()} == {100}
    assert api["DefaultRouteSettings"]["ThrottlingRateLimit"] == 50


def test_what_is_limited_apart_are_the_routes_that_take_alerts():
    """As the program declares them."""
    pushed = {one.endpoint.path for one in ROUTES if one.endpoint.access is PUSH}
    fixed = {"/api/v1/alerts"} | {path for path in pushed if path.startswith("/api/v1/webhooks/")}
    assert pushed <= fixed


def test_the_access_log_holds_no_secret(stack):
    """Neither header nor query: keys may stand there."""
    format_ = stack.properties("HttpApi")["AccessLogSettings"]["Format"]
    assert json.loads(format_)["requestId"] == "$context.requestId"
    assert not re.search(r"header|querystring|authoriz", format_, re.IGNORECASE)


def test_the_api_takes_a_bad_deployment_back(stack, api_function):
    """By its own alarm."""
    preference = api_function["DeploymentPreference"]
    assert preference["Alarms"] == ["tocsin-api-errors"]
    assert api_function["AutoPublishAlias"] == "live"
    moved = [one for one in statements(stack.properties("DeploymentRole")) if "lambda:UpdateAlias" in one["Action"]]
    assert sorted(one.rpartition("function:")[2] for one in moved[0]["Resource"]) == [
        "tocsin-api:live",
        "tocsin-sync:live",
    ]


def test_the_two_functions_do_not_answer_for_each_other(stack):
    """Each has a service name, and so lines of log, of its own."""
    assert environment(stack, "ApiFunction")["POWERTOOLS_SERVICE_NAME"] == "tocsin-api"


# -- logs and queues --------------------------------------------------------------------------------------------------


def test_logs_do_not_stay_for_ever(stack, function, api_function):
    """Each function logs to the group whose retention is set, and may not make another."""
    groups = stack.of_type("AWS::Logs::LogGroup").values()
    assert {one["RetentionInDays"] for one in groups} == {30}
    assert {one["LogGroupName"] for one in groups} == {
        "/aws/lambda/tocsin-sync",
        "/aws/lambda/tocsin-api",
        "/aws/vendedlogs/tocsin-api",
    }
    assert function["LoggingConfig"]["LogGroup"] == "/aws/lambda/tocsin-sync"
    assert api_function["LoggingConfig"]["LogGroup"] == "/aws/lambda/tocsin-api"
    for role in ("SyncRole", "ApiRole"):
        assert not [one for one in statements(stack.properties(role)) if "logs:CreateLogGroup" in one["Action"]]


def test_queues_are_encrypted_and_closed_to_plain_http(stack):
    """Both of them."""
    queues = stack.of_type("AWS::SQS::Queue")
    (policy,) = stack.of_type("AWS::SQS::QueuePolicy").values()
    assert all(one["SqsManagedSseEnabled"] for one in queues.values())
    assert policy["Queues"] == [one["QueueName"] for one in queues.values()]
    assert policy["PolicyDocument"]["Statement"][0]["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}


# -- alarms -----------------------------------------------------------------------------------------------------------


def test_there_is_an_alarm_for_everything_that_can_go_wrong(stack):
    """By metric."""
    assert Counter((one["Namespace"], one["MetricName"]) for one in alarms(stack).values()) == {
        ("AWS/Lambda", "Errors"): 2,
        ("AWS/Lambda", "Throttles"): 2,
        ("AWS/ApiGateway", "5xx"): 1,
        ("Tocsin", "SuccessfulSweeps"): 1,
        ("Tocsin", "IncompleteSweeps"): 1,
        ("Tocsin", "UnfinishedAlerts"): 1,
        ("AWS/SQS", "ApproximateNumberOfMessagesVisible"): 2,
        ("AWS/DynamoDB", "ReadThrottleEvents"): 2,
        ("AWS/DynamoDB", "WriteThrottleEvents"): 2,
    }


def test_every_alarm_tells_when_it_rings_and_when_it_is_over(stack):
    """On the one topic."""
    for name, one in alarms(stack).items():
        assert one["AlarmActions"] == one["OKActions"] == ["tocsin-alarms"], name


def test_every_alarm_says_where_to_read_on(stack):
    """At three in the morning."""
    assert [name for name, one in alarms(stack).items() if "docs/operate.md" not in one["AlarmDescription"]] == []


def test_silence_for_fifteen_minutes_is_an_alarm(stack):
    """Missing figures count as failure, whatever the reason that they are missing."""
    alarm = alarms(stack)["SilenceAlarm"]
    assert alarm["TreatMissingData"] == "breaching"
    assert alarm["Period"] * alarm["EvaluationPeriods"] == 15 * 60
    assert alarm["DatapointsToAlarm"] == alarm["EvaluationPeriods"]


def test_throttles_of_the_list_ring_too(stack):
    """CloudWatch does not count them for the table, and the list of active incidents is the busiest partition."""
    table = ("TableName", "tocsin-incidents")
    index = ("GlobalSecondaryIndexName", dynamodb_table.LIST)
    wanted = [
        ("AWS/DynamoDB", f"{kind}ThrottleEvents", place)
        for place in ((table,), (table, index))
        for kind in ("Read", "Write")
    ]
    assert watched(stack, "AWS/DynamoDB") == wanted


def test_only_silence_takes_missing_figures_for_failure(stack):
    """Everything else that is not counted did not happen."""
    breaching = [name for name, one in alarms(stack).items() if one["TreatMissingData"] == "breaching"]
    assert breaching == ["SilenceAlarm"]


def test_our_own_metrics_are_the_ones_that_the_handler_writes(stack):
    """Names, namespace and dimensions, of a run in which everything happened that can be counted."""
    report = SyncReport.model_construct(
        complete=False,
        quarantined=("one",),
        unfinished=("one",),
        monitors=1,
        decisions={next(iter(Reason)): 1},
    )
    run = lambda_metrics.Run(cold_start=True, report=report, active=1, opened=Counter(high=1), resolved=Counter(high=1))
    variables = environment(stack)
    written = lambda_metrics.documents(
        run, namespace=variables["POWERTOOLS_METRICS_NAMESPACE"], service=variables["POWERTOOLS_SERVICE_NAME"]
    )
    series = {
        (block["Namespace"], metric["Name"], tuple((name, document[name]) for name in dimensions))
        for document in written
        for block in document["_aws"]["CloudWatchMetrics"]
        for metric in block["Metrics"]
        for dimensions in map(sorted, block["Dimensions"])
    }
    assert set(watched(stack, "Tocsin")) <= series
    body = stack.properties("Dashboard")["DashboardBody"]
    shown = set(re.findall(r'\["Tocsin", "(\w+)"', body)) | set(re.findall(r'MetricName=\\"(\w+)\\"', body))
    assert shown <= {name for _, name, _ in series}
    assert "{Tocsin,service,severity}" in body
    assert {tuple(name for name, _ in dimensions) for _, _, dimensions in series} == {
        ("service",),
        ("service", "severity"),
    }


def test_two_stacks_of_one_account_do_not_answer_for_each_other(stack):
    """The dimension of all metrics is the stack's name, as are the beginnings of all names."""
    assert environment(stack)["POWERTOOLS_SERVICE_NAME"] == "tocsin"
    named = [one for one in map(stack.name_of, stack.resources) if one not in stack.resources]
    assert len(named) > 15
    assert [one for one in named if "tocsin" not in one] == []


def test_the_dashboard_is_json_and_shows_every_alarm(stack):
    """With everything substituted."""
    body = json.loads(stack.properties("Dashboard")["DashboardBody"])
    (shown,) = [one["properties"]["alarms"] for one in body["widgets"] if one["type"] == "alarm"]
    arns = {f"arn:aws:cloudwatch:eu-central-1:123456789012:alarm:{one['AlarmName']}" for one in alarms(stack).values()}
    assert set(shown) == arns


def test_an_e_mail_address_is_enough_to_be_told():
    """And without one there is a topic to subscribe to."""
    told = Stack("template.yaml", DatadogSecretName="x", AlarmEmail="ann@example.com")
    subscription = told.properties("AlarmSubscription")
    assert (subscription["Protocol"], subscription["Endpoint"]) == ("email", "ann@example.com")
    assert "AlarmSubscription" not in Stack("template.yaml", DatadogSecretName="x").resources


# -- parameters and outputs -------------------------------------------------------------------------------------------


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
    for role, indexes in (("SyncRole", ["due", "list"]), ("ApiRole", ["list"])):
        tables = {one for each in statements(other.properties(role)) for one in each["Resource"] if ":table/" in one}
        assert sorted(one.partition(":table/")[2] for one in tables) == [
            "tocsin-incidents-restored",
            *(f"tocsin-incidents-restored/index/{index}" for index in indexes),
        ]
    throttles = {dict(dimensions)["TableName"] for _, _, dimensions in watched(other, "AWS/DynamoDB")}
    assert throttles == {"tocsin-incidents-restored"}
    assert "IncidentTable" in other.resources, "the stack's own is kept"
