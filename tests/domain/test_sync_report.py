"""What the report of a sweep says, and what stays as it was. The clock is minutes after noon."""

from tests.desk import at, reasons, says
from tocsin.domain.alert import Source
from tocsin.domain.decision import EXPLAINED, Reason


class TestReport:
    def test_a_dry_run_decides_the_same_and_writes_nothing(self, desk):
        """The report says what would be; the store stays as it was."""
        dry = desk.sweep(says(1), says(2), dry_run=True)
        assert (reasons(dry), dry.dry_run, len(dry.opened)) == ({"opened": 2}, True, 2)
        assert desk.incidents() == []
        assert list(desk.store.alerts(Source.DATADOG)) == []
        assert desk.store.record("heartbeat", "sweep:datadog") is None

    def test_a_quiet_sweep_writes_nothing_but_its_heartbeat(self, desk):
        """The heartbeat says when, and whether it was complete."""
        desk.sweep(quiet=[1])
        heartbeat = desk.store.record("heartbeat", "sweep:datadog")
        said = {"complete": True, "monitors": 1, "problems": 0, "unfinished": 0}
        assert heartbeat.body == {"at": at(0).isoformat()} | said

    def test_every_reason_has_its_sentence(self):
        """Why was I not paged? There is always an answer."""
        assert set(EXPLAINED) == set(Reason)

    def test_what_the_source_passed_over_is_counted(self, desk):
        """No Data at rest is a number, not a list."""
        report = desk.sweep(quiet=[1], passed_over={Reason.NO_DATA_NOT_ASKED: 96})
        assert reasons(report) == {"no_data_not_asked": 96}

    def test_an_observation_given_twice_counts_once_the_latest(self, desk):
        """Pages overlap while monitors move."""
        early, late = says(1, since=0), says(1, "OK", resolved=1)
        sweep = desk.minute(1).build(late, early)
        sweep.observations[1] = early
        desk.source.sweeps.append(sweep)
        assert reasons(desk.service.sync(desk.source)) == {}

    def test_the_incident_carries_what_the_source_said(self, desk):
        """Facts, links and the time the problem began."""
        links = {"runbook": "https://wiki.example/run", "monitor": "https://app.example/1"}
        seen = says(1, since=-7, tags=("a:b",), team="web", links=links, query="avg(x) > 9", threshold=9, value=9.5)
        desk.sweep(seen)
        incident, alert = desk.only(), desk.alert("1:*")
        assert (incident.service, incident.team, incident.tags) == ("checkout", "web", ("a:b",))
        assert (incident.triggered_at, incident.opened_at) == (at(-7), at(0))
        assert incident.links.runbook == "https://wiki.example/run"
        assert (alert.query, alert.threshold, alert.value) == ("avg(x) > 9", 9.0, 9.5)
