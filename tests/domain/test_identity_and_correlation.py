"""Which alert an observation is of, and which incident an alert belongs to. The clock is minutes after noon."""

from tests.desk import reasons, says
from tocsin.domain.alert import LONGEST_KEY, alert_key
from tocsin.domain.timeline import EventKind


class TestIdentity:
    def test_a_renamed_monitor_is_the_same_alert(self, desk):
        """Titles change; ids do not."""
        desk.sweep(says(1, since=0))
        report = desk.minute(1).sweep(says(1, since=0, title="another name"))
        assert reasons(report) == {"deduplicated": 1}
        assert len(desk.incidents()) == 1

    def test_a_key_of_any_length_fits_every_store(self):
        """Keys over 512 bytes are hashed, and stay distinct."""
        one, other = alert_key("1", "x" * 600), alert_key("1", "x" * 601)
        assert len(one.encode()) <= LONGEST_KEY
        assert one != other
        assert alert_key("1", "host:a") == "1:host:a"


class TestCorrelation:
    def test_the_groups_of_a_monitor_are_one_incident(self, desk):
        """One incident a monitor; its groups are its alerts."""
        report = desk.sweep(says(1, group="host:a", since=0), says(1, "Warn", "host:b", since=0))
        assert reasons(report) == {"opened": 1, "joined": 1}
        assert desk.only().alerts.total == 2

    def test_a_setting_gives_one_incident_a_group(self, desk):
        """``incident_per = group`` opens one for each."""
        desk.with_rules(incident_per="group").sweep(says(1, group="host:a"), says(1, group="host:b"))
        assert {incident.correlation_key for incident in desk.incidents()} == {
            "datadog:1:host:a",
            "datadog:1:host:b",
        }

    def test_a_later_group_joins_the_open_incident(self, desk):
        """The claim of the monitor names the incident that the second host joins."""
        desk.sweep(says(1, group="host:a", since=0))
        report = desk.minute(3).sweep(says(1, group="host:a", since=0), says(1, group="host:b", since=2))
        assert reasons(report) == {"deduplicated": 1, "joined": 1}
        assert desk.alert("1:host:b").incident_id == desk.only().id

    def test_an_alert_stays_with_its_incident_when_its_severity_changes(self, desk):
        """Membership is sticky."""
        desk.sweep(says(1, "Warn", since=0))
        desk.minute(1).sweep(says(1, "Alert", since=0))
        assert desk.only().severity == "high"

    def test_two_monitors_are_two_incidents(self, desk):
        """Nothing but the correlation key joins alerts."""
        desk.sweep(says(1), says(2))
        assert len(desk.incidents()) == 2

    def test_five_hundred_groups_are_one_incident_in_a_chain_of_changes(self, desk):
        """A chain of changes, the worst severity in the first, the whole told apart from nothing lost."""
        groups = [says(1, "Warn", f"host:{n:03}", priority=2) for n in range(499)]
        desk.sweep(*groups, says(1, "Alert", "host:worst", priority=1))
        incident = desk.only()
        assert incident.alerts.total == 500
        assert incident.version == 12
        first = desk.service.timeline(incident.id)[0]
        assert (first.kind, first.alerts[0]) == (EventKind.OPENED, "1:host:worst")
        assert first.changes["severity"] == "critical"
        assert len(desk.service.alerts(incident.id)) == 500
