"""When an incident pages anew, and when it does not. The clock is minutes after noon."""

from tests.desk import at, kinds, says, timers
from tocsin.domain.incident import Status
from tocsin.domain.rules import AutoResolve
from tocsin.domain.timeline import EventKind


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
        assert timers(desk.store, at(23)) == []

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
        assert timers(desk.store, at(600)) == []

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
