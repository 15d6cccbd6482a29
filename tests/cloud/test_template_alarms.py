"""The promises of template.yaml about what rings, and what is shown."""

import json
import re
from collections import Counter
from datetime import timedelta

from tests.cloud.cloudformation import Stack, alarms, environment, watched
from tocsin.domain.decision import Reason
from tocsin.entrypoints import pager_metrics, sync_metrics
from tocsin.services.paging.rounds import RoundReport
from tocsin.services.sync import SyncReport
from tocsin.storage import dynamodb_table


def test_there_is_an_alarm_for_everything_that_can_go_wrong(stack):
    """By metric."""
    assert Counter((one["Namespace"], one["MetricName"]) for one in alarms(stack).values()) == {
        ("AWS/Lambda", "Errors"): 3,
        ("AWS/Lambda", "Throttles"): 2,
        ("AWS/ApiGateway", "5xx"): 1,
        ("Tocsin", "SuccessfulSweeps"): 1,
        ("Tocsin", "IncompleteSweeps"): 1,
        ("Tocsin", "UnfinishedAlerts"): 1,
        ("Tocsin", "SuccessfulRounds"): 1,
        ("Tocsin", "OldestDuePageSeconds"): 1,
        ("AWS/SQS", "ApproximateNumberOfMessagesVisible"): 3,
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


def test_silence_of_the_pager_for_five_minutes_is_an_alarm(stack):
    """The same, of what runs every minute whatever the schedule of the sync is."""
    alarm = alarms(stack)["PagerSilenceAlarm"]
    assert alarm["TreatMissingData"] == "breaching"
    assert alarm["Period"] * alarm["EvaluationPeriods"] == alarm["Period"] * alarm["DatapointsToAlarm"] == 5 * 60


def test_a_page_that_is_three_minutes_late_is_an_alarm(stack):
    """At the first look that finds it."""
    alarm = alarms(stack)["LatePagesAlarm"]
    assert (alarm["Threshold"], alarm["ComparisonOperator"]) == (180, "GreaterThanThreshold")
    assert (alarm["Statistic"], alarm["Period"], alarm["EvaluationPeriods"]) == ("Maximum", 60, 1)


def test_a_single_record_that_was_given_up_is_an_alarm(stack):
    """Until somebody has emptied the queue."""
    alarm = alarms(stack)["UnpagedAlarm"]
    assert (alarm["Threshold"], alarm["Dimensions"][0]["Value"]) == (1, "tocsin-unpaged")


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
    assert breaching == ["SilenceAlarm", "PagerSilenceAlarm"]


def test_our_own_metrics_are_the_ones_that_the_handlers_write(stack):
    """Names, namespace and dimensions, of a run and a round in which everything happened that can be counted."""
    report = SyncReport.model_construct(
        complete=False,
        quarantined=("one",),
        unfinished=("one",),
        monitors=1,
        decisions={next(iter(Reason)): 1},
    )
    moved = {"opened": Counter(high=1), "resolved": Counter(high=1)}
    run = sync_metrics.Run(cold_start=True, report=report, active=1, **moved)
    variables = environment(stack)
    written = sync_metrics.documents(
        run, namespace=variables["POWERTOOLS_METRICS_NAMESPACE"], service=variables["POWERTOOLS_SERVICE_NAME"]
    )
    everything = {"sent": 1, "failed": 1, "dropped": 1, "left": 1}
    done = pager_metrics.Round(
        cold_start=True,
        scheduled=True,
        held_up=True,
        broke=[ValueError()],
        pages=RoundReport(**everything),
        oldest=timedelta(seconds=1),
    )
    variables = environment(stack, "PagerFunction")
    written.append(
        pager_metrics.document(
            done, namespace=variables["POWERTOOLS_METRICS_NAMESPACE"], service=variables["POWERTOOLS_SERVICE_NAME"]
        )
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
