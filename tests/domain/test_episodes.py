"""One episode or the next, and news that comes out of order. The clock is minutes after noon."""

from datetime import timedelta

from tests.desk import at, reasons, said_of, says
from tocsin.domain.decision import Reason
from tocsin.domain.incident import Status


class TestEpisodes:
    def test_it_dedupes_while_it_fires(self, desk):
        """The same alert id, still firing, is nothing new, however often it is seen."""
        desk.sweep(says(1, since=0))
        for minute in range(1, 5):
            report = desk.minute(minute).sweep(says(1, since=0))
            assert reasons(report) == {"deduplicated": 1}
            assert not report.changed
        assert desk.only().version == 0

    def test_a_recovery_that_no_sweep_saw_is_a_new_episode(self, desk):
        """It alerts, and its last recovery lies after the stored trigger time."""
        desk.sweep(says(1, since=0))
        report = desk.minute(10).sweep(says(1, since=8, resolved=5))
        assert reasons(report) == {"refired": 1}
        assert [alert.episode for alert in desk.service.alerts("INC-1001")] == [1, 2]
        assert desk.service.alerts("INC-1001")[0].ended_at == at(5)

    def test_the_recovery_before_the_episode_is_no_new_episode(self, desk):
        """Yesterday's recovery proves nothing about today."""
        desk.sweep(says(1, since=0, resolved=-100))
        assert reasons(desk.minute(1).sweep(says(1, since=0, resolved=-100))) == {"deduplicated": 1}

    def test_a_recovery_in_the_very_second_of_the_trigger_is_counted_once(self, desk):
        """Equal time stamps cannot make a new episode at every sweep."""
        desk.sweep(says(1, since=0))
        assert reasons(desk.minute(2).sweep(says(1, since=1, resolved=1))) == {"refired": 1}
        assert reasons(desk.minute(3).sweep(says(1, since=1, resolved=1))) == {"deduplicated": 1}

    def test_firing_after_it_was_resolved_opens_a_new_incident_that_links_the_old(self, desk):
        """No state ever goes back."""
        desk.sweep(says(1, since=0))
        desk.minute(1).sweep(says(1, "OK", resolved=1))
        desk.minute(6.5).service.tick()
        desk.minute(30).sweep(says(1, since=30, resolved=1))
        old, new = desk.incidents()
        assert (old.status, new.status, new.previous_incident) == (Status.RESOLVED, Status.DETECTED, old.id)

    def test_the_link_outlives_the_tombstone(self, desk):
        """A released claim still tells which incident came before, a week later."""
        desk.sweep(says(1, since=0))
        desk.minute(1).sweep(says(1, "OK", resolved=1))
        desk.minute(7).service.tick()
        desk.minute(7 * 24 * 60).sweep(says(1, since=7 * 24 * 60))
        assert desk.incidents()[1].previous_incident == "INC-1001"

    def test_a_persons_resolve_covers_what_fires_then(self, desk):
        """It opens nothing until it ends."""
        desk.sweep(says(1, since=0))
        desk.minute(1).service.resolve("INC-1001", by="ann", root_cause="a bad deploy")
        for minute in (2, 3):
            assert not desk.minute(minute).sweep(says(1, "Alert", since=0, priority=1)).opened
        assert desk.only().status is Status.RESOLVED

    def test_a_new_group_is_not_covered_by_a_persons_resolve(self, desk):
        """It opens a new incident, which links the one that was resolved."""
        desk.sweep(says(1, group="host:a", since=0))
        desk.minute(1).service.resolve("INC-1001", by="ann")
        report = desk.minute(2).sweep(says(1, group="host:a", since=0), says(1, group="host:b", since=2))
        assert report.opened == ("INC-1002",)
        assert desk.incidents()[1].previous_incident == "INC-1001"

    def test_a_new_episode_is_not_covered_by_a_persons_resolve(self, desk):
        """It recovered and fired again unseen: the old episode ends under the old incident, the new one opens."""
        desk.sweep(says(1, since=0))
        desk.minute(1).service.resolve("INC-1001", by="ann")
        report = desk.minute(9).sweep(says(1, since=8, resolved=5))
        assert report.opened == ("INC-1002",)
        old, new = desk.incidents()
        assert (old.alerts.firing_now, new.alerts.firing_now, new.previous_incident) == (0, 1, old.id)
        assert desk.minute(10).sweep(says(1, since=8, resolved=5)).changed is False

    def test_a_muted_new_episode_of_a_covered_alert_opens_nothing(self, desk):
        """The old episode ends; the new one is muted."""
        desk.sweep(says(1, since=0))
        desk.minute(1).service.resolve("INC-1001", by="ann")
        report = desk.minute(9).sweep(says(1, since=8, resolved=5, muted=True))
        assert {one.reason for one in said_of(report, "1:*")} == {Reason.RECOVERED, Reason.SUPPRESSED_MUTED}
        assert len(desk.incidents()) == 1

    def test_what_ends_under_a_resolved_incident_is_noted_there(self, desk):
        """The resolved incident learns that its alert ended, and stays resolved."""
        desk.sweep(says(1, since=0))
        desk.minute(1).service.resolve("INC-1001", by="ann")
        desk.minute(2).sweep(says(1, "OK", resolved=2))
        incident = desk.only()
        assert (incident.status, incident.alerts.firing_now) == (Status.RESOLVED, 0)
        assert incident.resolved_at == at(1)

    def test_what_is_left_of_a_forgotten_incident_does_no_harm(self, desk):
        """A closed incident was pruned while its covered alert still fired: the alert ends, and may fire again."""
        desk.sweep(says(1, since=0), says(2, since=0))
        for incident in ("INC-1001", "INC-1002"):
            desk.minute(1).service.resolve(incident, by="ann")
            desk.service.close(incident, by="ann")
        assert desk.service.prune(closed_before=at(2)) == ["INC-1002", "INC-1001"]
        report = desk.minute(9).sweep(says(1, "OK", resolved=2), says(2, since=8, resolved=5))
        assert reasons(report) == {"recovered": 2, "opened": 1}
        assert desk.only().correlation_key == "datadog:2"


class TestOrder:
    def test_an_observation_older_than_the_last_applied_changes_nothing(self, desk):
        """A slow sweep cannot revive what a later one ended."""
        desk.sweep(says(1, since=0))
        late = desk.minute(1).build(says(1, since=0))
        desk.minute(2).sweep(says(1, "OK", resolved=2))
        desk.source.sweeps.append(late)
        report = desk.minute(3).service.sync(desk.source)
        assert reasons(report) == {"out_of_order": 1}
        assert desk.alert("1:*").ended_at == at(2)

    def test_an_ended_alert_is_remembered_for_a_day(self, desk):
        """The tombstone says when it may be forgotten."""
        desk.sweep(says(1, since=0))
        desk.minute(2).sweep(says(1, "OK", resolved=2))
        assert desk.alert("1:*").expires_at == at(2) + timedelta(hours=24)

    def test_absence_from_a_sweep_older_than_the_alert_proves_nothing(self, desk):
        """The sweep began before the alert was seen."""
        early = desk.build(quiet=[1])
        desk.minute(1).sweep(says(1, group="host:a", since=1))
        for _ in range(2):
            desk.source.sweeps.append(early)
            assert reasons(desk.minute(2).service.sync(desk.source)) == {"out_of_order": 1}
