"""The scheduled sync on Lambda: what a run does, returns, logs and raises, against the simulated Datadog."""

import json
import logging
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from tests.desk import NOON
from tests.entrypoints.command_line import API_KEY
from tests.entrypoints.function import Context, Function
from tests.tables import REGION, a_table
from tocsin.demo import DatadogServer, MonitorId, demo_world
from tocsin.demo.faults import Poison, RateLimited, ServerError, Slow
from tocsin.domain.alert import Source
from tocsin.domain.audit import Actor
from tocsin.domain.incident import Status
from tocsin.domain.rules import Rules
from tocsin.domain.search import IncidentFilter
from tocsin.domain.silence import Matcher
from tocsin.domain.timeline import EventKind, replay
from tocsin.entrypoints.sync_handler import MOST_RETURNED, result
from tocsin.errors import ConfigurationError, KeysRefused, NoTable, Unreachable
from tocsin.ids import random_id
from tocsin.services.auditing import AuditLog
from tocsin.services.deadline import Deadline
from tocsin.services.incidents import IncidentService
from tocsin.services.silences import Silences
from tocsin.services.sync import SyncReport
from tocsin.services.watches import Watches
from tocsin.sources.datadog import SWEEP_SECONDS
from tocsin.storage.dynamodb_store import DynamoDbStore
from tocsin.storage.json_store import JsonStore

pytestmark = pytest.mark.usefixtures("quiet_logs")


def incidents(environ):
    """Return the incidents of the function's file, newest first."""
    store = JsonStore(environ["INCIDENTS_FILE"])
    return list(store.find(IncidentFilter()).incidents)


def on_table(environ, table, **more):
    """Return the same environment with a table in place of the file."""
    return environ | {"USE_DYNAMODB": "true", "DYNAMODB_TABLE_NAME": table, "AWS_REGION": REGION} | more


class TestWhatItDoes:
    def test_a_run_opens_an_incident_and_returns_the_report(self, function, environ, datadog):
        """As JSON that Lambda can hand on."""
        datadog.world.trigger(MonitorId.CHECKOUT_ERRORS)
        ran = function()
        assert ran.error is None
        assert ran.report["opened"] == [incidents(environ)[0].id]
        assert (ran.report["complete"], ran.report["left_out"]) == (True, {})
        assert json.loads(json.dumps(ran.report)) == ran.report

    def test_it_acts_on_silences_and_heartbeats_also_where_the_sweep_fails(self, function, environ, datadog):
        """What is due is due: who stays out is missed, and what a silence held is paged."""
        long_ago = NOON - timedelta(hours=2)
        how = {"clock": lambda: long_ago, "new_id": random_id}
        store = JsonStore(environ["INCIDENTS_FILE"])
        log, boss = AuditLog(store, **how), Actor("a test")
        held = IncidentService(store, **how).open("Checkout is down", by="ann", service="checkout")
        where, ends_at = Matcher(service="checkout"), long_ago + timedelta(hours=1)
        Silences(store, log, **how).add(where, reason="it moves", ends_at=ends_at, actor=boss)
        Watches(store, log, Rules(), **how).add("backup", every_minutes=10, secret="s", actor=boss)
        store.close()
        datadog.faults.always(ServerError())
        function()
        new, old = incidents(environ)
        assert (new.title, old.id, old.cycles) == ("The heartbeat backup is missing", held.id, 2)

    def test_on_a_table_it_does_the_same(self, environ, datadog, moto):
        """With what AWS gives it: a region, a table's name and credentials."""
        table = a_table(moto)
        datadog.world.trigger(MonitorId.CHECKOUT_ERRORS)
        function = Function(on_table(environ, table, AWS_LAMBDA_FUNCTION_NAME="tocsin-sync"))
        ran = function()
        assert ran.error is None
        store = DynamoDbStore(moto, table)
        assert [one.id for one in store.find(IncidentFilter()).incidents] == ran.report["opened"]
        assert store.record("heartbeat", "sweep:datadog").body["complete"]

    @pytest.mark.parametrize("given, expected", [({}, 8), ({"PARALLEL_WRITES": "3"}, 3)])
    def test_as_many_changes_are_written_side_by_side_as_is_set(self, given, expected, environ, moto):
        """With a connection for each."""
        function = Function(on_table(environ, a_table(moto), **given))
        assert function().error is None
        store = function.handler._parts.store
        assert store._parallel == expected
        assert store._client.meta.config.max_pool_connections >= expected

    def test_what_was_made_for_the_first_run_serves_the_next(self, function, datadog):
        """One client, one connection pool; only the first run is a cold start."""
        datadog.world.trigger(MonitorId.CHECKOUT_ERRORS)
        first, source = function(), function.handler._source
        second = function.minutes(1)()
        assert function.handler._source is source
        assert [one["cold_start"] for one in (first.logs[0], second.logs[0])] == [True, False]
        assert ("ColdStart" in first.metrics, "ColdStart" in second.metrics) == (True, False)
        assert (second.report["opened"], second.report["decisions"]["deduplicated"]) == ([], 1)

    def test_it_ticks_at_the_end(self, function, environ, datadog):
        """What has settled is resolved without another schedule."""
        datadog.world.trigger(MonitorId.CHECKOUT_ERRORS)
        opened = function().report["opened"]
        datadog.world.recover(MonitorId.CHECKOUT_ERRORS)
        function.minutes(1)()
        ran = function.minutes(6)()
        assert ran.report["resolved"] == opened
        assert incidents(environ)[0].status is Status.RESOLVED

    def test_a_result_that_would_be_too_large_is_cut(self, function):
        """Lambda refuses what is over 6 MB; the counts are still right."""
        quiet = SyncReport.model_validate({**function().report, "opened": ["INC-1"] * (MOST_RETURNED + 7)})
        said = result(quiet)
        assert (len(said["opened"]), said["left_out"]) == (MOST_RETURNED, {"opened": 7})

    @pytest.fixture
    def pair(self, environ, datadog, ministack, ministack_url, monkeypatch):
        """Return what runs two functions on one table at the same time, and a store on that table."""
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
        table = a_table(ministack)
        functions = [
            Function(on_table(environ, table, AWS_ENDPOINT_URL=ministack_url), new_id=random_id) for _ in range(2)
        ]
        barrier = threading.Barrier(2)

        def run(function):
            barrier.wait()
            return function.handler({}, Context())

        def both(minutes):
            for function in functions:
                function.minutes(minutes)
            with ThreadPoolExecutor(2) as pool:
                return list(pool.map(run, functions))

        return both, DynamoDbStore(ministack, table)

    def test_two_runs_at_once_do_what_one_would_have_done(self, pair, datadog):
        """EventBridge delivers at least once, and a slow run may meet the next: all day long, here."""
        both, store = pair
        reports = []
        for round_ in range(3):
            for monitor in (MonitorId.CHECKOUT_ERRORS, MonitorId.HOST_CPU):
                datadog.world.trigger(monitor)
            reports += both(1)
            datadog.world.recover(MonitorId.CHECKOUT_ERRORS)
            reports += both(1) + both(7)
            assert len(store.find(IncidentFilter()).incidents) == round_ + 2
        found = store.find(IncidentFilter()).incidents
        for what, statuses in (("opened", set(Status)), ("resolved", {Status.RESOLVED})):
            said = sorted(one for report in reports for one in report[what])
            assert said == sorted(one.id for one in found if one.status in statuses)
        for incident in found:
            events = store.timeline(incident.id)
            assert replay(incident, events) == incident
            assert [event.kind for event in events].count(EventKind.OPENED) == 1
        assert sorted(one.correlation_key for one in found if one.active) == [f"datadog:{MonitorId.HOST_CPU.value}"]
        assert len({alert.key for alert in store.alerts(Source.DATADOG)}) == len(store.alerts(Source.DATADOG))


class TestWhatItSays:
    def test_every_line_is_json_with_the_id_of_the_request(self, function, datadog):
        """So that one run can be found among thousands."""
        datadog.world.trigger(MonitorId.CHECKOUT_ERRORS)
        ran = function(Context(request_id="abc-123"))
        assert {one["correlation_id"] for one in ran.logs} == {"abc-123"}
        (line,) = ran.logs
        assert (line["message"], line["monitors"], line["opened"]) == (
            "synced",
            ran.report["monitors"],
            ran.report["opened"],
        )
        assert "correlation_id" not in json.dumps(function.handler._log._logger.get_current_keys())

    def test_the_event_is_never_logged(self, environ):
        """Not even where Powertools is told to."""
        ran = Function(environ | {"POWERTOOLS_LOGGER_LOG_EVENT": "true", "LOG_LEVEL": "DEBUG"})(
            event={"a": "swordfish"}
        )
        assert "swordfish" not in ran.text

    def test_by_default_a_quiet_run_logs_nothing(self, environ):
        """Logs are paid by the byte, 43,200 times a month."""
        del environ["LOG_LEVEL"]
        assert Function(environ)().logs == []

    def test_what_other_modules_say_goes_the_same_way(self, function, environ):
        """A warning of the store has the request's id too."""

        class Talkative:
            def __getattr__(self, name):
                logging.getLogger("tocsin.storage.somewhere").warning("the disk is %s", "slow")
                return getattr(JsonStore(environ["INCIDENTS_FILE"]), name)

        function()
        function.handler._parts = function.handler._parts._replace(store=Talkative())
        ran = function(Context(request_id="r-2"))
        assert ("the disk is slow", "r-2") in {(one["message"], one["correlation_id"]) for one in ran.logs}

    def test_an_error_that_quotes_a_key_is_raised_without_it(self, environ):
        """Lambda logs what is raised, and keeps it with the failed run."""

        def new_id():
            raise LookupError(f"no id for {API_KEY}")

        ran = Function(environ, new_id=new_id)()
        assert (type(ran.error), str(ran.error)) == (RuntimeError, "LookupError: no id for [hidden]")
        assert ran.error.__suppress_context__


class TestWhatFails:
    def test_a_failed_sweep_raises_and_still_ticks_and_counts(self, function, environ, datadog):
        """The alarm sees it; what has settled resolves all the same."""
        datadog.world.trigger(MonitorId.CHECKOUT_ERRORS)
        function()
        datadog.world.recover(MonitorId.CHECKOUT_ERRORS)
        function.minutes(1)()
        datadog.faults.always(ServerError())
        ran = function.minutes(10)()
        assert isinstance(ran.error, Unreachable)
        assert incidents(environ)[0].status is Status.RESOLVED
        severity = incidents(environ)[0].severity.value
        assert (ran.metrics["FailedSweeps"], ran.metrics["SuccessfulSweeps"]) == (1, 0)
        assert (ran.metrics[f"IncidentsResolved/{severity}"], ran.metrics["ActiveIncidents"]) == (1, 0)
        (line,) = ran.said("ERROR")
        assert line.startswith("the sync failed: Datadog (127.0.0.1:")
        assert "\n" not in line
        assert ran.logs[-1]["hint"]

    def test_the_run_after_a_failed_one_is_as_if_it_had_not_been(self, function, environ, datadog):
        """Nothing is half written, and nothing is left behind in the process."""
        datadog.world.trigger(MonitorId.CHECKOUT_ERRORS)
        datadog.faults.next(RateLimited(reset=300), count=4)
        assert function().error is not None
        assert incidents(environ) == []
        datadog.faults.clear()
        assert len(function.minutes(1)().report["opened"]) == 1

    def test_an_incomplete_sweep_warns_and_is_counted_and_raises_nothing(self, function, datadog):
        """What was read was applied; an alarm of its own watches the metric."""
        datadog.world.trigger(MonitorId.CHECKOUT_ERRORS)
        datadog.faults.next(ServerError(), after=1, count=None)
        ran = function()
        assert (ran.error, ran.report["complete"], len(ran.report["opened"])) == (None, False, 1)
        assert (ran.metrics["IncompleteSweeps"], ran.metrics["SuccessfulSweeps"]) == (1, 0)
        assert ran.said("WARNING")[0].startswith("the sweep is incomplete: page 2")

    def test_a_monitor_that_cannot_be_read_warns_and_is_counted(self, function, datadog):
        """The others are as they are."""
        datadog.faults.next(Poison())
        ran = function()
        assert (ran.metrics["Quarantined"], ran.metrics["SuccessfulSweeps"]) == (1, 1)
        assert ran.said("WARNING") == ["1 monitors could not be read"]

    def test_settings_that_cannot_work_are_one_line_and_an_error(self, environ):
        """At the first run, not while Lambda starts the process."""
        function = Function(environ | {"SETTLE_SECONDS": "soon"})
        function.handler.prepare()
        ran = function()
        assert isinstance(ran.error, ConfigurationError)
        assert ran.said("ERROR")[0].startswith("the sync failed: SETTLE_SECONDS is 'soon'")
        assert ran.metrics["FailedSweeps"] == 1

    def test_without_keys_what_is_due_is_done_all_the_same(self, function, environ, datadog):
        """A secret that was deleted must not keep an incident from settling."""
        datadog.world.trigger(MonitorId.CHECKOUT_ERRORS)
        function()
        datadog.world.recover(MonitorId.CHECKOUT_ERRORS)
        function.minutes(1)()
        keyless = Function({name: value for name, value in environ.items() if not name.endswith("KEY")})
        ran = keyless.minutes(10)()
        assert isinstance(ran.error, ConfigurationError)
        assert incidents(environ)[0].status is Status.RESOLVED

    def test_refused_keys_are_an_error(self, function, datadog):
        """The same keys are not tried twice in a run."""
        function()
        datadog.forget_requests()
        datadog._keys = ("others", "others")
        ran = function.minutes(1)()
        assert isinstance(ran.error, KeysRefused)
        assert len(datadog.requests) == 1

    def test_on_lambda_a_file_is_refused(self, environ):
        """It would be forgotten with the process, and nobody would notice."""
        ran = Function(environ | {"AWS_LAMBDA_FUNCTION_NAME": "tocsin-sync"})()
        assert isinstance(ran.error, ConfigurationError)
        assert str(ran.error).startswith("USE_DYNAMODB is not true")

    def test_it_never_makes_a_table(self, environ, moto):
        """A wrong name must not become a second system."""
        ran = Function(on_table(environ, "nowhere"))()
        assert isinstance(ran.error, NoTable)
        assert moto.list_tables()["TableNames"] == []

    def test_a_tick_that_fails_after_the_sweep_raises_and_the_sweep_is_counted(self, function, environ, datadog):
        """Both are told apart."""

        class Broken:
            def __getattr__(self, name):
                if name == "due":
                    raise LookupError("no such index")
                return getattr(JsonStore(environ["INCIDENTS_FILE"]), name)

        function()
        function.handler._parts = function.handler._parts._replace(store=Broken())
        ran = function.minutes(1)()
        assert isinstance(ran.error, LookupError)
        assert (ran.metrics["SuccessfulSweeps"], "FailedSweeps" in ran.metrics) == (1, False)

    def test_a_tick_that_fails_too_does_not_hide_why_the_sweep_did(self, function, environ, datadog):
        """The first error is raised, the second logged."""

        class Broken:
            def __getattr__(self, name):
                if name == "due":
                    raise LookupError("no such index")
                return getattr(JsonStore(environ["INCIDENTS_FILE"]), name)

        function()
        function.handler._parts = function.handler._parts._replace(store=Broken())
        datadog.faults.always(ServerError())
        ran = function()
        assert isinstance(ran.error, Unreachable)
        assert ran.said("ERROR")[0] == "what is due could not be done either: no such index"


def answering(*left):
    """Return what answers with these seconds, one after the other."""
    context = Context(*left)
    return lambda: context.get_remaining_time_in_millis() / 1000


class TestDeadline:
    def test_what_there_is_no_time_for_is_left_to_the_next_run(self, function, environ, datadog):
        """It says so, counts it, and the next run does it."""
        datadog.world.trigger(MonitorId.CHECKOUT_ERRORS)
        ran = function(Context(50, 50, 2))
        assert (ran.error, incidents(environ), ran.report["out_of_time"]) == (None, [], True)
        assert ran.metrics["UnfinishedAlerts"] == len(ran.report["unfinished"]) == 1
        assert ran.metrics["SuccessfulSweeps"] == 0
        assert ran.said("WARNING") == ["some is left to the next run: the time was over"]
        again = function.minutes(1)()
        assert (len(again.report["opened"]), again.metrics["SuccessfulSweeps"]) == (1, 1)

    def test_a_datadog_that_falls_silent_does_not_outlast_the_run(self, environ):
        """Half of the time is its; then the run fails, ticks and is counted before Lambda ends it."""
        with DatadogServer(
            demo_world(), api_key=environ["DATADOG_API_KEY"], app_key=environ["DATADOG_APP_KEY"]
        ) as slow:
            slow.faults.always(Slow(seconds=3))
            ran = Function(environ | {"DATADOG_API_URL": slow.url})(Context(1.0))
        assert isinstance(ran.error, Unreachable)
        assert ran.metrics["FailedSweeps"] == 1

    @pytest.mark.parametrize("timeout, margin, for_sweep", [(50, 5, 22.5), (900, 5, 120), (3, 0.6, 1.2)])
    def test_time_is_divided_whatever_the_function_is_given(self, timeout, margin, for_sweep):
        """A margin for the end, and of the rest half for reading."""
        deadline = Deadline(answering(timeout))
        assert deadline.for_sweep(SWEEP_SECONDS) == pytest.approx(for_sweep)
        assert Deadline(answering(timeout, margin + 0.1)).enough()
        assert not Deadline(answering(timeout, margin)).enough()

    def test_with_less_than_the_margin_left_there_is_no_time_for_a_sweep(self):
        """And none that is negative."""
        assert Deadline(answering(50, 1)).for_sweep(SWEEP_SECONDS) == 0
