"""Every rule of reconciling, by itself. The clock is minutes after noon."""

from datetime import timedelta

import pytest

from tests.desk import at, reasons, said_of, says
from tocsin.domain.alert import LONGEST_KEY, Problem, Source, alert_key
from tocsin.domain.decision import EXPLAINED, Reason
from tocsin.domain.incident import Status
from tocsin.domain.rules import AutoResolve
from tocsin.domain.timeline import EventKind
from tocsin.errors import Unreachable


def kinds(desk, incident_id="INC-1001"):
    return [event.kind for event in desk.service.timeline(incident_id)]


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


class TestCycles:
    def test_a_second_host_pages_again_after_the_first_was_acknowledged(self, desk):
        """A new alert that joins an acknowledged incident starts a new cycle, and no status goes back."""
        desk.sweep(says(1, group="host:a", since=0))
        desk.minute(1).service.acknowledge("INC-1001", by="ann")
        desk.minute(2).sweep(says(1, group="host:a", since=0), says(1, group="host:b", since=2))
        incident = desk.only()
        assert (incident.status, incident.cycles, incident.acknowledged_cycles) == (Status.ACKNOWLEDGED, 2, 1)
        assert incident.paging
        assert EventKind.CYCLE_STARTED in kinds(desk)

    def test_a_second_host_starts_no_cycle_while_one_runs(self, desk):
        """Nobody has acknowledged: paging goes on anyway."""
        desk.sweep(says(1, group="host:a"))
        desk.minute(2).sweep(says(1, group="host:a"), says(1, group="host:b"))
        assert desk.only().cycles == 1

    def test_severity_above_what_was_acknowledged_pages_again(self, desk):
        """Warn was acknowledged; Alert was not."""
        desk.sweep(says(1, "Warn", since=0))
        desk.service.acknowledge("INC-1001", by="ann")
        desk.minute(2).sweep(says(1, "Alert", since=0))
        incident = desk.only()
        assert (incident.severity, incident.cycles) == ("high", 2)

    def test_the_third_host_within_ten_minutes_is_put_off_and_not_forgotten(self, desk):
        """At most one further cycle in ten minutes; the tick starts it when the pause is over."""
        hosts = [says(1, group="host:a", since=0)]
        desk.sweep(*hosts)
        desk.minute(1).service.acknowledge("INC-1001", by="ann")
        hosts.append(says(1, group="host:b", since=2))
        desk.minute(2).sweep(*hosts)
        desk.minute(3).service.acknowledge("INC-1001", by="ann")
        hosts.append(says(1, group="host:c", since=4))
        desk.minute(4).sweep(*hosts)
        assert (desk.only().cycles, desk.only().cycle_due_at) == (2, at(12))
        assert desk.minute(11).service.tick().cycles_started == ()
        assert desk.minute(12).service.tick().cycles_started == ("INC-1001",)
        assert desk.only().paging

    def test_what_joins_while_a_cycle_is_put_off_waits_with_it(self, desk):
        """One further cycle tells of the third host and the fourth."""
        self.test_the_third_host_within_ten_minutes_is_put_off_and_not_forgotten.__func__(self, desk)
        hosts = [says(1, group=f"host:{name}", since=0) for name in "abcdef"]
        desk.minute(13).service.acknowledge("INC-1001", by="ann")
        desk.minute(14).sweep(*hosts[:5])
        desk.minute(15).sweep(*hosts)
        assert desk.only().cycle_due_at == at(22)
        assert kinds(desk).count(EventKind.CYCLE_PUT_OFF) == 2
        assert desk.minute(22).service.tick().cycles_started == ("INC-1001",)

    def test_a_cycle_that_was_put_off_is_dropped_if_nothing_fires_when_it_is_due(self, desk):
        """There is nobody to be told of anything."""
        self.test_the_third_host_within_ten_minutes_is_put_off_and_not_forgotten.__func__(self, desk)
        desk.minute(13).service.acknowledge("INC-1001", by="ann")
        hosts = [says(1, group=f"host:{name}", since=0) for name in "abcd"]
        desk.minute(14).sweep(*hosts)
        desk.minute(19).sweep(*(says(1, "OK", one.group, since=0, resolved=19) for one in hosts))
        assert desk.minute(22).service.tick().cycles_started == ()
        assert list(desk.store.due(at(23))) == []

    def test_a_cycle_that_was_put_off_is_awaited_while_it_settles(self, desk):
        """If it fires again before it resolves, whoever was put off is told after all."""
        self.test_the_third_host_within_ten_minutes_is_put_off_and_not_forgotten.__func__(self, desk)
        desk.minute(13).service.acknowledge("INC-1001", by="ann")
        hosts = [says(1, group=f"host:{name}", since=0) for name in "abcd"]
        desk.minute(14).sweep(*hosts)
        desk.minute(19).sweep(*(says(1, "OK", one.group, since=0, resolved=19) for one in hosts))
        assert desk.minute(22).service.tick().cycles_started == ()
        desk.minute(23).sweep(says(1, group="host:d", since=23, resolved=19))
        assert not desk.only().paging
        assert desk.minute(27).service.tick().cycles_started == ("INC-1001",)

    def test_a_cycle_that_was_put_off_is_dropped_where_only_a_person_resolves(self, desk):
        """It is not looked for again and again; the timeline says so."""
        desk.with_rules(auto_resolve=AutoResolve.NEVER)
        self.test_the_third_host_within_ten_minutes_is_put_off_and_not_forgotten.__func__(self, desk)
        desk.minute(13).service.acknowledge("INC-1001", by="ann")
        hosts = [says(1, group=f"host:{name}", since=0) for name in "abcd"]
        desk.minute(14).sweep(*hosts)
        desk.minute(19).sweep(*(says(1, "OK", one.group, since=0, resolved=19) for one in hosts))
        assert desk.minute(22).service.tick().cycles_started == ()
        assert (desk.only().cycle_due_at, kinds(desk)[-1]) == (None, EventKind.CYCLE_DROPPED)
        assert list(desk.store.due(at(600))) == []

    def test_an_incident_by_hand_that_got_worse_pages_when_the_pause_is_over(self, desk):
        """It has no alert that could have ended."""
        opened = desk.service.open("strange noises", by="ann", severity="low").id
        for minute, severity in ((1, "medium"), (2, "high")):
            desk.minute(minute).service.acknowledge(opened, by="ann")
            desk.service.set_severity(opened, severity, by="bo")
        assert desk.only().cycle_due_at == at(11)
        assert desk.minute(11).service.tick().cycles_started == (opened,)
        assert desk.only().paging

    def test_acknowledging_again_covers_the_cycle_that_was_put_off(self, desk):
        """Whoever acknowledges after the third host fired has seen it."""
        self.test_the_third_host_within_ten_minutes_is_put_off_and_not_forgotten.__func__(self, desk)
        desk.minute(13).service.acknowledge("INC-1001", by="ann")
        hosts = [says(1, group=f"host:{name}", since=0) for name in "abcd"]
        desk.minute(14).sweep(*hosts)
        assert desk.only().cycle_due_at == at(22)
        desk.minute(15).service.acknowledge("INC-1001", by="ann")
        assert desk.minute(30).service.tick().cycles_started == ()
        assert not desk.only().paging

    def test_a_flap_of_an_acknowledged_alert_pages_nobody(self, desk):
        """It is the same problem, and somebody is on it."""
        desk.sweep(says(1, since=0))
        desk.service.acknowledge("INC-1001", by="ann")
        desk.minute(4).sweep(says(1, since=3, resolved=2))
        assert (desk.only().flaps, desk.only().cycles) == (1, 1)

    def test_an_alert_that_returns_after_the_settling_time_pages_again(self, desk):
        """Another alert held the incident open for hours; this one is news."""
        desk.sweep(says(1, group="host:a", since=0), says(1, group="host:b", since=0))
        desk.service.acknowledge("INC-1001", by="ann")
        desk.minute(5).sweep(says(1, "OK", "host:a", resolved=4), says(1, group="host:b", since=0))
        desk.minute(60).sweep(says(1, group="host:a", since=60, resolved=4), says(1, group="host:b", since=0))
        assert desk.only().cycles == 2


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


class TestRecoveryNeedsProof:
    def test_an_incomplete_sweep_resolves_nothing_and_says_so(self, desk):
        """A page failed: what is absent proves nothing."""
        desk.sweep(says(1, since=0))
        report = desk.minute(1).sweep(complete=False)
        assert reasons(report) == {"held_incomplete_sweep": 1}
        assert (report.complete, report.why_incomplete) == (False, "page 2 failed")
        assert desk.only().alerts.firing_now == 1

    def test_a_recovery_in_an_incomplete_sweep_is_proof(self, desk):
        """What did arrive was said."""
        desk.sweep(says(1, since=0))
        assert reasons(desk.minute(1).sweep(says(1, "OK", resolved=1), complete=False)) == {"recovered": 1}

    def test_an_absent_monitor_ends_only_once_its_deletion_is_confirmed(self, desk):
        """Absent and unconfirmed is held; confirmed by the source it ends."""
        desk.sweep(says(1, since=0))
        assert reasons(desk.minute(1).sweep()) == {"held_unconfirmed": 1}
        assert reasons(desk.minute(2).sweep(gone=[1])) == {"monitor_deleted": 1}
        assert desk.alert("1:*").ended_by is Reason.MONITOR_DELETED

    def test_when_most_monitors_vanish_at_once_only_confirmation_counts(self, desk):
        """Six open monitors vanish; the one that was confirmed ends, the others are held however often."""
        desk.sweep(*(says(n, since=0) for n in range(6)))
        for minute in range(1, 4):
            report = desk.minute(minute).sweep(gone=[0])
        assert reasons(report) == {"held_unconfirmed": 5}
        assert sum(one.alerts.firing_now for one in desk.incidents()) == 5

    def test_a_group_missing_from_two_complete_sweeps_has_gone(self, desk):
        """Once is chance, twice running is proof; dated to when it was first missed."""
        desk.sweep(says(1, group="host:a", since=0), says(1, group="host:b", since=0))
        assert reasons(desk.minute(1).sweep(says(1, group="host:b", since=0)))["held_group_missing"] == 1
        report = desk.minute(2).sweep(says(1, group="host:b", since=0))
        assert reasons(report) == {"deduplicated": 1, "group_gone": 1}
        assert desk.alert("1:host:a").ended_at == at(1)

    def test_the_same_sweep_twice_is_not_two_sweeps(self, desk):
        """Reconciling again from the same sweep decides nothing."""
        desk.sweep(says(1, group="host:a", since=0))
        missing = desk.minute(1).build(quiet=[1])
        for _ in range(3):
            desk.source.sweeps.append(missing)
            desk.service.sync(desk.source)
        assert desk.alert("1:host:a").firing

    def test_a_group_that_returns_must_be_missed_twice_again(self, desk):
        """The mark goes when the group is seen."""
        seen = says(1, group="host:a", since=0)
        desk.sweep(seen)
        desk.minute(1).sweep(quiet=[1])
        assert reasons(desk.minute(2).sweep(seen)) == {"deduplicated": 1}
        assert reasons(desk.minute(3).sweep(quiet=[1])) == {"held_group_missing": 1}

    def test_a_monitor_without_its_groups_proves_nothing(self, desk):
        """An absent ``state`` is no statement about any group."""
        desk.sweep(says(1, group="host:a", since=0))
        for minute in (1, 2, 3):
            assert reasons(desk.minute(minute).sweep(bare=[1])) == {"held_groups_absent": 1}

    def test_an_unreadable_monitor_leaves_its_alerts_as_they_were(self, desk):
        """One bad item never spoils the rest, and is told."""
        desk.sweep(says(1, since=0), says(2, since=0))
        report = desk.minute(1).sweep(says(2, "OK", resolved=1), problems=[Problem(origin="1", why="no state")])
        assert reasons(report) == {"held_unreadable": 1, "recovered": 1}
        assert report.quarantined[0].why == "no state"


class TestSettling:
    def test_it_resolves_when_nothing_fires_for_five_minutes_dated_to_the_recovery(self, desk):
        """MTTR holds no settling."""
        desk.sweep(says(1, since=0))
        desk.minute(10).sweep(says(1, "OK", resolved=9))
        assert desk.only().status is Status.DETECTED
        assert desk.minute(13.9).service.tick().resolved == ()
        assert desk.minute(14).service.tick().resolved == ("INC-1001",)
        incident = desk.only()
        assert (incident.resolved_at, incident.time_to_resolve) == (at(9), 9 * 60)

    def test_a_sync_ends_with_a_tick(self, desk):
        """The sweep that comes after the settling time resolves."""
        desk.sweep(says(1, since=0))
        desk.minute(1).sweep(says(1, "OK", resolved=1))
        assert desk.minute(6).sweep(quiet=[1]).resolved == ("INC-1001",)

    def test_firing_again_while_it_settles_continues_the_same_incident(self, desk):
        """One incident, one flap, and no timer left that could resolve it."""
        desk.sweep(says(1, since=0))
        desk.minute(1).sweep(says(1, "OK", resolved=1))
        desk.minute(3).sweep(says(1, since=3, resolved=1))
        assert desk.minute(20).service.tick().resolved == ()
        incident = desk.only()
        assert (incident.flaps, incident.recovered_at, incident.alerts.total) == (1, None, 2)

    def test_another_group_firing_while_it_settles_continues_it_too(self, desk):
        """Firing is firing."""
        desk.sweep(says(1, group="host:a", since=0))
        desk.minute(1).sweep(says(1, "OK", "host:a", resolved=1))
        desk.minute(3).sweep(says(1, group="host:b", since=3), quiet=[1])
        assert desk.minute(20).service.tick().resolved == ()
        assert desk.only().flaps == 1

    def test_it_does_not_settle_while_one_member_fires(self, desk):
        """The last alert counts, not the first."""
        desk.sweep(says(1, group="host:a", since=0), says(1, group="host:b", since=0))
        desk.minute(1).sweep(says(1, "OK", "host:a", resolved=1), says(1, group="host:b", since=0))
        desk.minute(30).service.tick()
        assert desk.only().active

    @pytest.mark.parametrize("acknowledged, resolves", [(False, True), (True, False)])
    def test_auto_resolve_may_leave_the_acknowledged_to_people(self, desk, acknowledged, resolves):
        """``unacknowledged``: whoever took it says when it is over."""
        desk.with_rules(auto_resolve="unacknowledged").sweep(says(1, since=0))
        if acknowledged:
            desk.service.acknowledge("INC-1001", by="ann")
        desk.minute(1).sweep(says(1, "OK", resolved=1))
        desk.minute(60).service.tick()
        assert desk.only().active is not resolves

    def test_acknowledged_while_it_settles_it_is_left_to_people_too(self, desk):
        """The rule is looked at again when the timer rings."""
        desk.with_rules(auto_resolve="unacknowledged").sweep(says(1, since=0))
        desk.minute(1).sweep(says(1, "OK", resolved=1))
        desk.service.acknowledge("INC-1001", by="ann")
        desk.minute(60).service.tick()
        assert desk.only().active

    def test_auto_resolve_never_leaves_everything_to_people(self, desk):
        """The recovery is on the timeline; the status is theirs."""
        desk.with_rules(auto_resolve="never").sweep(says(1, since=0))
        desk.minute(1).sweep(says(1, "OK", resolved=1))
        desk.minute(600).service.tick()
        assert desk.only().active
        assert kinds(desk)[-1] is EventKind.RECOVERED

    def test_a_root_cause_may_be_added_after_resolving(self, desk):
        """The post-mortem comes later."""
        desk.sweep(says(1, since=0))
        desk.service.resolve("INC-1001", by="ann")
        desk.service.resolve("INC-1001", by="bo", root_cause="disk full", steps=["grow the volume"])
        assert (desk.only().root_cause, desk.only().resolution_steps) == ("disk full", ("grow the volume",))

    def test_it_settles_although_the_source_cannot_be_read(self, desk):
        """What is due is done, whatever the sweep came to."""
        desk.sweep(says(1, since=0))
        desk.minute(1).sweep(says(1, "OK", resolved=1))
        desk.source.sweeps.append(Unreachable("no answer"))
        with pytest.raises(Unreachable):
            desk.minute(10).service.sync(desk.source)
        assert desk.only().status is Status.RESOLVED


class TestSeverity:
    def test_it_is_the_worst_of_what_fires_and_raised_in_place(self, desk):
        """The second host is worse."""
        desk.sweep(says(1, "Warn", "host:a"))
        desk.minute(1).sweep(says(1, "Warn", "host:a"), says(1, "Alert", "host:b"))
        assert desk.only().severity == "high"

    def test_it_falls_while_nobody_has_acknowledged(self, desk):
        """A machine may lower what no person has looked at."""
        desk.sweep(says(1, "Alert", since=0))
        assert reasons(desk.minute(1).sweep(says(1, "Warn", since=0))) == {"severity_lowered": 1}
        assert desk.only().severity == "medium"

    def test_it_is_never_lowered_by_a_machine_once_acknowledged(self, desk):
        """Whoever works on a high incident keeps a high incident."""
        desk.sweep(says(1, "Alert", since=0))
        desk.service.acknowledge("INC-1001", by="ann")
        desk.minute(1).sweep(says(1, "Warn", since=0))
        assert (desk.only().severity, desk.alert("1:*").severity) == ("high", "medium")

    def test_it_is_pinned_once_a_person_set_it(self, desk):
        """No sweep changes it any more, in either direction."""
        desk.sweep(says(1, "Warn", since=0))
        desk.service.set_severity("INC-1001", "low", by="ann")
        desk.minute(1).sweep(says(1, "Alert", since=0, priority=1))
        assert desk.only().severity == "low"


class TestMuted:
    @pytest.mark.parametrize("field, reason", [("muted", "suppressed_muted"), ("draft", "suppressed_draft")])
    def test_muted_or_draft_opens_nothing(self, desk, field, reason):
        """And says which."""
        assert reasons(desk.sweep(says(1, **{field: True}))) == {reason: 1}
        assert desk.incidents() == []

    def test_unmuted_and_still_alerting_it_opens(self, desk):
        """Muting ended; the problem did not."""
        desk.sweep(says(1, since=0, muted=True))
        assert reasons(desk.minute(5).sweep(says(1, since=0))) == {"opened": 1}

    def test_muting_what_fires_keeps_the_incident_and_holds_its_pages(self, desk):
        """Held while everything that fires is muted."""
        desk.sweep(says(1, since=0))
        assert desk.only().paging
        assert reasons(desk.minute(1).sweep(says(1, since=0, muted=True))) == {"muted": 1}
        assert (desk.only().active, desk.only().paging) == (True, False)
        assert reasons(desk.minute(2).sweep(says(1, since=0))) == {"unmuted": 1}
        assert desk.only().paging

    def test_one_unmuted_alert_is_enough_to_page(self, desk):
        """Only *all* muted holds."""
        desk.sweep(says(1, group="host:a", since=0), says(1, group="host:b", since=0))
        desk.minute(1).sweep(says(1, group="host:a", since=0, muted=True), says(1, group="host:b", since=0))
        assert desk.only().paging

    def test_a_muted_group_does_not_join(self, desk):
        """Nor does it page for the acknowledged incident."""
        desk.sweep(says(1, group="host:a", since=0))
        report = desk.minute(1).sweep(says(1, group="host:a", since=0), says(1, group="host:b", muted=True))
        assert reasons(report) == {"deduplicated": 1, "suppressed_muted": 1}
        assert desk.only().alerts.total == 1


class TestNoData:
    def test_it_opens_only_where_the_monitor_asks(self, desk):
        """At rest, half of an organisation may be in No Data."""
        report = desk.sweep(says(1, "No Data"), says(2, "No Data", asks_no_data=True))
        assert reasons(report) == {"no_data_not_asked": 1, "opened": 1}
        assert desk.only().severity == "low"

    @pytest.mark.parametrize("opens", [True, False])
    def test_a_rule_may_say_otherwise(self, desk, opens):
        """In both directions."""
        desk.with_rules(severities={"rules": [{"state": "no data", "opens": opens, "severity": "medium"}]})
        desk.sweep(says(1, "No Data", asks_no_data=not opens))
        assert [one.severity for one in desk.incidents()] == (["medium"] if opens else [])

    def test_alert_to_no_data_keeps_the_incident_open_and_as_bad(self, desk):
        """Silence is no recovery."""
        desk.sweep(says(1, "Alert", since=0))
        assert reasons(desk.minute(1).sweep(says(1, "No Data", since=1))) == {"kept_no_data": 1}
        assert (desk.only().severity, desk.alert("1:*").firing) == ("high", True)

    def test_muting_what_fell_silent_leaves_it_as_bad_as_it_was(self, desk):
        """What gave the severity is remembered through a change that has nothing to do with it."""
        desk.sweep(says(1, "Alert", since=0))
        desk.minute(1).sweep(says(1, "No Data", since=0, muted=True))
        assert reasons(desk.minute(2).sweep(says(1, "No Data", since=0, muted=True))) == {"kept_no_data": 1}
        assert (desk.only().severity, desk.alert("1:*").word) == ("high", "Alert")

    def test_no_data_to_alert_is_worse(self, desk):
        """The data came back, and they are bad."""
        desk.sweep(says(1, "No Data", since=0, asks_no_data=True))
        desk.minute(1).sweep(says(1, "Alert", since=1))
        assert desk.only().severity == "high"

    def test_no_data_after_an_unseen_recovery_ends_the_alert(self, desk):
        """It recovered, and then data stopped, which nobody wants to be told."""
        desk.sweep(says(1, "Alert", since=0))
        assert reasons(desk.minute(9).sweep(says(1, "No Data", since=8, resolved=5))) == {"recovered": 1}
        assert desk.alert("1:*").ended_at == at(5)

    @pytest.mark.parametrize("word", ["Skipped", "Ignored", "Unknown", "Paused by aliens", ""])
    def test_a_state_that_says_nothing_keeps_what_was_known(self, desk, word):
        """And is counted."""
        desk.sweep(says(1, since=0))
        assert reasons(desk.minute(1).sweep(says(1, word, since=0), says(2, word))) == {"kept_unknown_state": 2}
        assert desk.alert("1:*").firing


class TestFirstContact:
    @pytest.mark.parametrize(
        "selection",
        [
            {"include_tags": ["team:web"]},
            {"exclude_tags": ["TEAM:core"]},
            {"include_environments": ["staging"]},
            {"exclude_environments": ["Prod"]},
            {"least_priority": 2},
            {"oldest": "PT1H"},
        ],
    )
    def test_what_is_not_selected_opens_nothing(self, desk, selection):
        """By tag, environment, priority and age."""
        desk.with_rules(selection=selection)
        seen = says(1, since=-120, tags=("team:core",), priority=3)
        assert reasons(desk.sweep(seen)) == {"not_selected": 1}

    def test_what_has_opened_is_followed_to_its_end_selected_or_not(self, desk):
        """The selection may change while it burns."""
        desk.sweep(says(1, since=0))
        desk.with_rules(selection={"include_tags": ["team:web"]})
        assert reasons(desk.minute(1).sweep(says(1, since=0))) == {"deduplicated": 1}
        assert reasons(desk.minute(2).sweep(says(1, "OK", resolved=2))) == {"recovered": 1}

    def test_adopting_records_what_fires_and_pages_nobody(self, desk):
        """First contact with an organisation that has been burning for weeks."""
        report = desk.sweep(says(1, since=-9000), adopt=True)
        assert reasons(report) == {"adopted": 1}
        assert (desk.only().cycles, desk.only().paging) == (0, False)

    def test_an_adopted_incident_pages_when_a_second_host_fails(self, desk):
        """Adoption silences what was there, not what comes."""
        desk.sweep(says(1, group="host:a", since=-9000), adopt=True)
        desk.minute(1).sweep(says(1, group="host:a", since=-9000), says(1, group="host:b", since=1))
        assert desk.only().paging

    def test_an_adopted_incident_pages_when_it_gets_worse(self, desk):
        """Warn was adopted; Alert was not."""
        desk.sweep(says(1, "Warn", since=-9000), adopt=True)
        desk.minute(1).sweep(says(1, "Alert", since=-9000))
        assert desk.only().paging


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
