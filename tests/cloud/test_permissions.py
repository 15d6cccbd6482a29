"""What the stack's roles may do is what the code does: no call is refused, and nothing broader is granted.

The calls are recorded, not guessed: the real handler runs through half a day of a shop against a stand-in for AWS,
behind a proxy that notes every request. What the shop's day may not have called for, a store is asked to do besides.
"""

import pytest

from tests import tables
from tests.aws_proxy import Recorder
from tests.cloud.cloudformation import Stack, environment, granted, statements
from tests.cloud.recording import CHANNELS
from tests.storage.story import story
from tocsin.storage.dynamodb_store import DynamoDbStore

EVERYTHING = {
    "DatadogSecretName": "tocsin/datadog",
    "KeysKmsKeyArn": "arn:aws:kms:eu-central-1:123456789012:key/1234",
    "Tracing": "Active",
    "OidcSecretName": "tocsin/datadog-oidc",
    "SmtpSecretName": "tocsin/datadog-smtp",
    "MailFrom": "ops@example.com",
    "SesFrom": "Ops <ops@example.com>",
    "SesIdentity": "example.com",
    "SmsProvider": "sns",
    "ChannelsSecretName": "tocsin/datadog-channels",
}


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
    channels = ("secretsmanager:GetSecretValue", CHANNELS)
    others = {one for one in recorded_api[place] if not one[0].startswith("dynamodb:")} - {signing, channels}
    assert others == {(call, name if place == "DATADOG_SECRET_NAME" else f"/{name}")}
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


def test_the_api_reads_the_keys_that_buttons_and_calls_are_signed_with(recorded_api, stack):
    """Where there are some: without them nothing that Slack or Twilio sends would be taken for theirs."""
    assert all(("secretsmanager:GetSecretValue", CHANNELS) in calls for calls in recorded_api.values())
    asked = Stack("template.yaml", DatadogSecretName="tocsin/datadog", ChannelsSecretName=CHANNELS)
    more = granted(asked, "ApiRole", "secretsmanager") - granted(stack, "ApiRole", "secretsmanager")
    assert more == {("secretsmanager:GetSecretValue", f"secret:{CHANNELS}-??????")}
    assert environment(asked, "ApiFunction")["CHANNELS_SECRET_NAME"] == CHANNELS


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
                    "sns:Publish",
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


def test_the_pager_may_do_with_the_table_what_it_does_and_nothing_else(recorded_pager, stack):
    """Action by action and index by index, both ways; beside it Lambda reads the stream in its name."""
    done = {call for call in recorded_pager if call[0].startswith("dynamodb:")}
    streaming = {"DescribeStream", "GetRecords", "GetShardIterator", "ListStreams"}
    reads = {(f"dynamodb:{one}", "table/TABLE/stream/*") for one in streaming}
    assert granted(stack, "PagerRole", "dynamodb") == done | reads


def test_the_pager_reads_the_secrets_that_it_needs(recorded_pager):
    """The keys that it signs with, and the mail server's where there is one; and nothing else of AWS."""
    get = "secretsmanager:GetSecretValue"
    others = {call for call in recorded_pager if not call[0].startswith("dynamodb:")}
    assert others == {(get, "tocsin-pager/smtp"), (get, "tocsin-pager/signing")}
    plain, asked = (
        Stack("template.yaml"),
        Stack("template.yaml", SmtpSecretName="tocsin-pager/smtp", MailFrom="a@b.c"),
    )
    assert granted(plain, "PagerRole", "secretsmanager") == {(get, "secret:tocsin-signing-keys-??????")}
    assert granted(asked, "PagerRole", "secretsmanager") - granted(plain, "PagerRole", "secretsmanager") == {
        (get, "secret:tocsin-pager/smtp-??????")
    }
    assert environment(asked, "PagerFunction")["SIGNING_KEYS_SECRET"] == "tocsin-signing-keys"


@pytest.mark.parametrize(
    "kept, setting, readers",
    [
        ("tocsin/datadog-smtp", "SMTP_SECRET_NAME", {"PagerRole"}),
        ("tocsin/datadog-channels", "CHANNELS_SECRET_NAME", {"PagerRole", "ApiRole"}),
    ],
)
def test_who_reads_a_secret_may_and_nobody_else(kept, setting, readers):
    """All know that there is one: the API says whether letters go out, and who is told what."""
    asked = Stack("template.yaml", **EVERYTHING)
    secret = ("secretsmanager:GetSecretValue", f"secret:{kept}-??????")
    roles = ("SyncRole", "ApiRole", "PagerRole")
    assert {role for role in roles if secret in granted(asked, role, "secretsmanager")} == readers
    for function in ("SyncFunction", "ApiFunction", "PagerFunction"):
        assert environment(asked, function)[setting] == kept


def test_the_pager_may_send_only_what_is_set_up(stack):
    """Mail as one identity, and SMS but to no topic; without them, neither."""
    assert granted(stack, "PagerRole", "ses") | granted(stack, "PagerRole", "sns") == set()
    asked = Stack("template.yaml", **EVERYTHING)
    assert granted(asked, "PagerRole", "ses") == {
        ("ses:SendEmail", "identity/example.com"),
        ("ses:SendRawEmail", "identity/example.com"),
    }
    publishing = [one for one in statements(asked.properties("PagerRole")) if "sns:Publish" in one["Action"]]
    assert [(one["Effect"], one["Resource"]) for one in publishing] == [
        ("Allow", ["*"]),
        ("Deny", ["arn:aws:sns:*:*:*"]),
    ]
    for role in ("SyncRole", "ApiRole"):
        assert granted(asked, role, "ses") | granted(asked, role, "sns") == set()


def test_the_pager_hands_what_failed_to_its_queues(stack):
    """Rounds to one, records of the stream to the other."""
    assert granted(stack, "PagerRole", "sqs") == {
        ("sqs:SendMessage", "tocsin-failed-runs"),
        ("sqs:SendMessage", "tocsin-unpaged"),
    }


def test_the_schedule_may_run_the_live_version_and_nothing_else(stack):
    """And put what it could not deliver into its queue."""
    assert granted(stack, "ScheduleRole", "lambda") == {
        ("lambda:InvokeFunction", "function:tocsin-pager:live"),
        ("lambda:InvokeFunction", "function:tocsin-sync:live"),
    }
    assert granted(stack, "ScheduleRole", "sqs") == {("sqs:SendMessage", "tocsin-undelivered")}


def test_only_schedules_of_this_account_may_take_the_schedules_role(stack):
    """Nobody else's schedule can borrow it."""
    (trust,) = stack.properties("ScheduleRole")["AssumeRolePolicyDocument"]["Statement"]
    assert trust["Condition"]["StringEquals"]["aws:SourceAccount"] == "123456789012"
