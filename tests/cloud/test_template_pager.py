"""The promises of template.yaml about the function that pages: who calls it, for what, and what becomes of what fails."""

import json
from datetime import timedelta

import pytest

from tests.cloud.cloudformation import PSEUDO
from tocsin.entrypoints.pager_handler import SENDING_SECONDS, WAKING
from tocsin.services.deadline import MARGIN
from tocsin.services.paging.delivering import LEASE
from tocsin.storage.dynamodb_keys import records_of

ARN = f"arn:aws:sqs:{PSEUDO['AWS::Region']}:{PSEUDO['AWS::AccountId']}:"


@pytest.fixture(scope="module")
def stream(pager_function):
    """Return how the table's stream calls it."""
    return pager_function["Events"]["BecameDue"]["Properties"]


@pytest.fixture(scope="module")
def filters(stream):
    """Return what the stream hands over."""
    return [json.loads(one["Pattern"]) for one in stream["FilterCriteria"]["Filters"]]


def lets_through(filters, event, kind, before, after):
    """Say whether a record of the stream passes, as Lambda reads patterns: of one all must hold, and one is enough."""
    images = {"OldImage": before, "NewImage": after}
    for pattern in filters:
        said = pattern["dynamodb"]
        conditions = {name: said[name]["due_sk"]["S"][0]["exists"] for name in images if name in said}
        if (
            event in pattern["eventName"]
            and records_of(kind) in said["Keys"]["pk"]["S"]
            and all(("due_sk" in images[name]) is there for name, there in conditions.items())
        ):
            return True
    return False


def test_it_is_the_pager(pager_function):
    """Handler, runtime and architecture."""
    assert pager_function["Handler"] == "lambda_function.pager_handler"
    assert (pager_function["Runtime"], pager_function["Architectures"]) == ("python3.13", ["arm64"])


def test_a_round_that_has_much_to_do_goes_on_until_the_next_has_begun(pager_function):
    """And what it begins ends before its lease, whoever is killed at the end."""
    assert pager_function["Timeout"] - SENDING_SECONDS - MARGIN >= 60
    assert timedelta(seconds=SENDING_SECONDS + MARGIN) < LEASE


def test_it_runs_every_minute(pager_function):
    """Whatever the schedule of the sync is."""
    every = pager_function["Events"]["EveryMinute"]
    assert (every["Type"], every["Properties"]["ScheduleExpression"]) == ("ScheduleV2", "rate(1 minute)")
    assert every["Properties"]["State"] == "ENABLED"
    assert every["Properties"]["DeadLetterConfig"]["Arn"] == f"{ARN}tocsin-undelivered"


def test_a_failed_round_is_kept_and_not_repeated(pager_function):
    """The next one does its work."""
    invoke = pager_function["EventInvokeConfig"]
    assert invoke["MaximumRetryAttempts"] == 0
    assert invoke["DestinationConfig"]["OnFailure"]["Destination"] == f"{ARN}tocsin-failed-runs"


def test_the_stream_calls_at_once(stream):
    """It waits for no batch to fill."""
    assert (stream["MaximumBatchingWindowInSeconds"], stream["StartingPosition"]) == (0, "LATEST")
    assert stream["Enabled"] is True


def test_what_cannot_be_paged_holds_up_nobody_for_long_and_is_kept(stream):
    """It is tried a few times, alone, item by item, and then told."""
    assert stream["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
    assert stream["BisectBatchOnFunctionError"] is True
    assert stream["MaximumRetryAttempts"] <= 3
    assert stream["MaximumRecordAgeInSeconds"] <= 180
    assert stream["DestinationConfig"]["OnFailure"] == {"Type": "SQS", "Destination": f"{ARN}tocsin-unpaged"}


def test_what_was_given_up_is_kept_for_two_weeks(stack):
    """Encrypted, as every queue."""
    queue = stack.properties("UnpagedQueue")
    assert (queue["MessageRetentionPeriod"], queue["SqsManagedSseEnabled"]) == (14 * 24 * 60 * 60, True)


@pytest.mark.parametrize("kind", sorted(WAKING))
def test_the_stream_tells_of_whatever_becomes_due(filters, kind):
    """New, or due for the first time; a code that is asked for again is."""
    due = {"due_sk": {"S": "2026"}}
    assert lets_through(filters, "INSERT", kind, {}, due)
    assert lets_through(filters, "MODIFY", kind, {}, due)


@pytest.mark.parametrize("kind", sorted(WAKING))
def test_the_stream_does_not_tell_of_what_the_pager_itself_does(filters, kind):
    """What is taken, put off, or done: else every round would call for another."""
    due = {"due_sk": {"S": "2026"}}
    assert not lets_through(filters, "MODIFY", kind, due, due)
    assert not lets_through(filters, "MODIFY", kind, due, {})
    assert not lets_through(filters, "INSERT", kind, {}, {})
    assert not lets_through(filters, "REMOVE", kind, due, {})


@pytest.mark.parametrize("kind", ["timer", "watch", "silence", "session", "delivery", "heartbeat"])
def test_the_stream_does_not_tell_of_anything_else(filters, kind):
    """Timers are the minute's."""
    assert not lets_through(filters, "INSERT", kind, {}, {"due_sk": {"S": "2026"}})


def test_a_new_version_is_taken_back_when_rounds_fail(pager_function):
    """As of every function."""
    assert pager_function["DeploymentPreference"]["Alarms"] == ["tocsin-pager-errors"]
    assert (pager_function["AutoPublishAlias"], pager_function["AutoPublishAliasAllProperties"]) == ("live", True)


def test_our_own_heartbeat_is_not_shown_where_the_stack_is(stack):
    """Its address may be all that one has to know."""
    assert stack.template["Parameters"]["HeartbeatUrl"]["NoEcho"] is True
