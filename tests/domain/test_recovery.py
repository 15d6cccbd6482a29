"""Recovery needs proof, and settles before it resolves. The clock is minutes after noon."""

import pytest

from tests.desk import at, kinds, reasons, says
from tocsin.domain.alert import Problem
from tocsin.domain.decision import Reason
from tocsin.domain.incident import Status
from tocsin.domain.timeline import EventKind
from tocsin.errors import Unreachable


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
