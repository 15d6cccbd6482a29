"""What a run counts: valid embedded metric format, by name and severity, and paid for only where it says something."""

import pytest

from tests.desk import NOON
from tests.entrypoints.function import Function
from tocsin.demo import MonitorId
from tocsin.domain.alert import Problem, Source
from tocsin.domain.decision import Reason
from tocsin.entrypoints.sync_metrics import Run, documents
from tocsin.services.sync import SyncReport

pytestmark = pytest.mark.usefixtures("quiet_logs")

UNITS = {"Count", "Milliseconds"}
EVERY_RUN = {"Sweeps", "SuccessfulSweeps", "MonitorsSeen", "AlertsSeen", "SweepDuration"}


def assert_valid(document):
    """Check a document against the specification of the embedded metric format."""
    meta = document["_aws"]
    assert isinstance(meta["Timestamp"], int)
    assert 1e12 < meta["Timestamp"] < 1e13
    (directive,) = meta["CloudWatchMetrics"]
    assert 1 <= len(directive["Namespace"]) <= 1024
    for dimensions in directive["Dimensions"]:
        assert 1 <= len(dimensions) <= 30
        assert all(isinstance(document[name], str) and document[name] for name in dimensions)
    assert 1 <= len(directive["Metrics"]) <= 100
    for metric in directive["Metrics"]:
        assert metric["Unit"] in UNITS
        values = document[metric["Name"]]
        assert 1 <= len(values) <= 100
        assert all(isinstance(value, float) for value in values)


def report(**more):
    """Return the report of a quiet sweep, with what a test says."""
    fields = {"source": Source.DATADOG, "at": NOON, "seconds": 1, "dry_run": False, "complete": True, "monitors": 7}
    return SyncReport.model_validate({**fields, "decisions": {}, **more})


def counted(run):
    """Return the numbers of a run by name."""
    document, *_ = documents(run, namespace="Tocsin", service="shop")
    return {one["Name"]: document[one["Name"]][0] for one in document["_aws"]["CloudWatchMetrics"][0]["Metrics"]}


def test_every_document_is_valid_and_on_one_line(environ, datadog):
    """CloudWatch drops what it cannot read, and says nothing."""
    datadog.world.trigger(MonitorId.CHECKOUT_ERRORS)
    settings = {"POWERTOOLS_SERVICE_NAME": "tocsin-staging", "POWERTOOLS_METRICS_NAMESPACE": "Ours"}
    function = Function(environ | settings)
    for ran in (function(), function.minutes(1)(), Function(environ | {"SETTLE_SECONDS": "x"})()):
        assert [one for one in ran.documents if "_aws" in one]
        for document in (one for one in ran.documents if "_aws" in one):
            assert_valid(document)
    document = next(one for one in function().documents if "_aws" in one)
    assert document["_aws"]["CloudWatchMetrics"][0]["Namespace"] == "Ours"
    assert (document["service"], document["_aws"]["CloudWatchMetrics"][0]["Dimensions"]) == (
        "tocsin-staging",
        [["service"]],
    )


def test_a_run_counts_what_it_saw_and_what_came_of_it(function, datadog):
    """Incidents by severity; what is active now."""
    datadog.world.trigger(MonitorId.CHECKOUT_ERRORS)
    ran = function()
    assert ran.metrics["IncidentsOpened/critical"] == ran.metrics["ActiveIncidents"] == 1
    assert ran.metrics["MonitorsSeen"] == ran.report["monitors"]
    assert ran.metrics["AlertsSeen"] == sum(ran.report["decisions"].values())
    assert (ran.metrics["Sweeps"], ran.metrics["SuccessfulSweeps"], ran.metrics["ColdStart"]) == (1, 1, 1)


def test_a_quiet_run_writes_few_metrics(function):
    """Each is paid for: what is zero nearly always is written when it is not."""
    function()
    assert set(function.minutes(1)().metrics) == EVERY_RUN


def test_active_incidents_are_counted_every_few_minutes(function):
    """Or when something changed: counting costs reads."""
    seen = ["ActiveIncidents" in function.minutes(1)().metrics for _ in range(11)]
    assert [number for number, there in enumerate(seen) if there] == [0, 5, 10]


def test_a_sweep_is_successful_if_all_was_read_decided_and_written():
    """The alarm for silence waits for that."""
    assert counted(Run(cold_start=False, report=report()))["SuccessfulSweeps"] == 1
    for more in ({"complete": False}, {"unfinished": ("1:*",)}):
        assert counted(Run(cold_start=False, report=report(**more)))["SuccessfulSweeps"] == 0
    failed = counted(Run(cold_start=False))
    assert (failed["SuccessfulSweeps"], failed["FailedSweeps"]) == (0, 1)


def test_what_is_wrong_is_counted_by_kind():
    """Each has its metric."""
    wrong = report(
        complete=False,
        unfinished=("1:*", "2:*"),
        quarantined=(Problem(origin="3", why="no id"),),
        decisions={Reason.DEDUPLICATED: 4},
    )
    numbers = counted(Run(cold_start=True, seconds=1.5, report=wrong))
    assert numbers == {
        "Sweeps": 1,
        "SuccessfulSweeps": 0,
        "MonitorsSeen": 7,
        "AlertsSeen": 6,
        "ColdStart": 1,
        "IncompleteSweeps": 1,
        "Quarantined": 1,
        "UnfinishedAlerts": 2,
        "SweepDuration": 1500,
    }


def test_counting_that_fails_fails_no_run(function, environ, datadog):
    """The sweep was applied; only the numbers are missing."""
    from tocsin.errors import StoreBusy
    from tocsin.storage.json_store import JsonStore

    class Busy:
        def __getattr__(self, name):
            if name == "find":
                raise StoreBusy("others keep it locked")
            return getattr(JsonStore(environ["INCIDENTS_FILE"]), name)

    function()
    function.handler._parts = function.handler._parts._replace(store=Busy())
    datadog.world.trigger(MonitorId.CHECKOUT_ERRORS)
    ran = function.minutes(1)()
    assert (ran.error, len(ran.report["opened"]), "ActiveIncidents" in ran.metrics) == (None, 1, False)
    assert ran.said("WARNING") == ["incidents could not be counted: others keep it locked"]
