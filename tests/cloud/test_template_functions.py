"""The promises of template.yaml about the functions and the API in front of one of them."""

import json
import re

import pytest

from tests.cloud.cloudformation import PSEUDO, Stack, alarms, environment, statements
from tocsin.api.routes import ROUTES
from tocsin.config import Settings
from tocsin.domain.access import PUSH
from tocsin.identity.signing_keys import keyring_in
from tocsin.variables import VARIABLES

SCHEDULES = {"rate(1 minute)": 60, "rate(2 minutes)": 120, "rate(3 minutes)": 180, "rate(5 minutes)": 300}

LOCAL_ONLY = {
    *("DATADOG_API_KEY", "DATADOG_APP_KEY", "INCIDENTS_FILE", "AWS_REGION", "SIGNING_KEYS_FILE"),
    *("TOCSIN_SERVER", "TOCSIN_API_KEY", "TOCSIN_CREDENTIALS", "OIDC_CLIENT_SECRET"),
    *("TWILIO_ACCOUNT_SID", "TWILIO_AUTH_TOKEN", "TWILIO_FROM"),
    *("PUSHOVER_TOKEN", "SLACK_BOT_TOKEN", "SLACK_SIGNING_SECRET", "GITHUB_TOKEN"),
    *("SMTP_URL", "TRUSTED_PROXY"),
}
"""Settings that no function gets: keys come from a secret, incidents go to a table, AWS sets the region."""

PAGER_ONLY = {"HEARTBEAT_URL"}


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


@pytest.mark.parametrize("name", ["SyncFunction", "ApiFunction", "PagerFunction"])
def test_every_setting_reaches_every_function(stack, name):
    """All that can be set is a parameter, but for what makes no sense there; a sync signs nothing."""
    ours = {one for one in environment(stack, name) if not one.startswith("POWERTOOLS_")}
    others = {"SyncFunction": {*PAGER_ONLY, "SIGNING_KEYS_SECRET"}, "ApiFunction": PAGER_ONLY}.get(name, set())
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


@pytest.mark.parametrize(
    "name", [one.name for one in VARIABLES if one.words and one.name not in LOCAL_ONLY | PAGER_ONLY]
)
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
    assert accepts(DatadogSecretName="a")
    assert accepts(DatadogParameterPath="/a")
    assert not accepts()
    assert not accepts(DatadogSecretName="a", DatadogParameterPath="/a")


def test_letters_come_from_somebody_and_sign_ups_need_letters(stack):
    """CloudFormation itself refuses half a setup, of which the functions would make nothing."""
    keys = {"DatadogSecretName": "a"}
    assert not accepts(**keys, SmtpSecretName="b")
    assert not accepts(**keys, SignupDomains="example.com", MailFrom="a@example.com")
    assert accepts(**keys, SmtpSecretName="b", MailFrom="a@example.com", SignupDomains="example.com")


def test_mail_of_ses_is_from_an_identity():
    """Without one the pager might send nothing, or as anybody."""
    keys = {"DatadogSecretName": "a"}
    assert not accepts(**keys, SesFrom="ops@example.com")
    assert accepts(**keys, SesFrom="ops@example.com", SesIdentity="example.com")


def accepts(**given):
    """Say whether CloudFormation takes these parameters."""
    stack = Stack("template.yaml", **given)
    rules = stack.template["Rules"].values()
    return all(stack.resolve(assertion["Assert"]) for rule in rules for assertion in rule["Assertions"])


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
    for name in ("SyncFunction", "ApiFunction", "PagerFunction"):
        assert at_once.properties(name)["DeploymentPreference"]["Enabled"] == "false"


def test_concurrency_is_reserved_only_on_request(function):
    """Overlapping runs do no harm, and a young account has nothing to reserve."""
    assert "ReservedConcurrentExecutions" not in function
    asked = Stack("template.yaml", DatadogSecretName="x", ReservedConcurrency=2)
    assert asked.properties("SyncFunction")["ReservedConcurrentExecutions"] == 2


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
    """As the program declares them; calls of heartbeats are few, and limited like everything else."""
    pushed = {one.endpoint.path for one in ROUTES if one.endpoint.access is PUSH}
    pushed -= {path for path in pushed if path.startswith("/api/v1/heartbeats/")}
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
        "tocsin-pager:live",
        "tocsin-sync:live",
    ]


def test_the_functions_do_not_answer_for_each_other(stack):
    """Each has a service name, and so lines of log, of its own."""
    assert environment(stack, "ApiFunction")["POWERTOOLS_SERVICE_NAME"] == "tocsin-api"
    assert environment(stack, "PagerFunction")["POWERTOOLS_SERVICE_NAME"] == "tocsin-pager"
