"""Losing a race is no error: the loser sees what the winner wrote, and finds nothing left to do."""

import threading

import pytest

from tests.desk import Desk, Scripted, at, reasons, says, timers
from tocsin.domain.alert import Source
from tocsin.domain.incident import Status
from tocsin.domain.search import IncidentFilter
from tocsin.errors import Conflict
from tocsin.services.tick import MOST_ATTEMPTS


class Between:
    """A store before whose next writes something else happens."""

    def __init__(self, store, *acts):
        self._store = store
        self._acts = list(acts)

    def __getattr__(self, name):
        return getattr(self._store, name)

    def _act(self):
        if self._acts:
            self._acts.pop(0)()

    def commit(self, change):
        self._act()
        self._store.commit(change)

    def commit_many(self, changes):
        self._act()
        return self._store.commit_many(changes)


def disturbed(desk, *acts):
    """Return the desk's service, with something happening before its next writes."""
    service = desk.colleague(desk.service.rules)
    service.store = Between(desk.store, *acts)
    return service


def test_two_syncs_of_the_same_sweep_open_one_incident(desk):
    """The second finds everything done."""
    sweep = desk.build(says(1, since=0), says(2, since=0))
    desk.source.sweeps += [sweep, sweep]
    service = disturbed(desk, lambda: desk.service.sync(desk.source))
    report = service.sync(desk.source)
    assert (report.opened, report.unfinished, reasons(report)) == ((), (), {"deduplicated": 2})
    assert len(desk.incidents()) == 2


def test_what_was_committed_before_the_race_keeps_its_decision(desk):
    """Only what lost is decided again; the report says what this sync did."""
    desk.source.sweeps.append(desk.build(says(2, since=0)))
    service = disturbed(desk, lambda: desk.service.sync(desk.source))
    mine = Scripted([desk.build(says(1, since=0), says(2, since=0))])
    report = service.sync(mine)
    assert reasons(report) == {"opened": 1, "deduplicated": 1}
    assert [desk.service.incident(one).correlation_key for one in report.opened] == ["datadog:1"]


def test_an_acknowledgement_in_the_middle_of_a_sweep_is_kept(desk):
    """And the second host, which the acknowledgement could not know of, pages again."""
    desk.sweep(says(1, group="host:a", since=0))
    service = disturbed(desk, lambda: desk.service.acknowledge("INC-1001", by="ann"))
    service.sync(Scripted([desk.minute(1).build(says(1, group="host:a", since=0), says(1, group="host:b", since=1))]))
    incident = desk.only()
    assert (incident.status, incident.acknowledged_by, incident.cycles) == (Status.ACKNOWLEDGED, "ann", 2)


def test_a_sync_that_loses_every_time_says_what_is_unfinished(desk):
    """It gives up after a bounded number of tries, and the next sync does the rest."""
    desk.sweep(says(1, since=0), says(2, since=0))
    acts = [lambda: desk.service.note("INC-1001", "me first", by="bo")] * MOST_ATTEMPTS
    recovered = says(1, "OK", resolved=1), says(2, "OK", resolved=1)
    report = disturbed(desk, *acts).sync(Scripted([desk.minute(1).build(*recovered)]))
    assert report.unfinished == ("1:*",)
    assert desk.service.incident("INC-1002").recovered_at == at(1)
    assert reasons(desk.minute(2).sweep(*recovered)) == {"recovered": 1}


def test_a_timer_that_was_taken_back_meanwhile_rings_no_more(desk):
    """The alert fired again between the tick's read and its write."""
    desk.sweep(says(1, since=0))
    desk.minute(1).sweep(says(1, "OK", resolved=1))
    desk.minute(7)
    again = desk.build(says(1, since=6, resolved=1))

    ticked = disturbed(desk, lambda: desk.colleague().sync(Scripted([again]))).tick()
    assert (ticked.resolved, ticked.left) == ((), 0)
    assert desk.only().active


def test_a_timer_that_was_moved_meanwhile_waits_for_its_new_time(desk):
    """It fired and recovered again in between: the settling begins anew."""
    desk.sweep(says(1, since=0))
    desk.minute(1).sweep(says(1, "OK", resolved=1))

    (timer,) = timers(desk.store, at(6))
    desk.minute(4).sweep(says(1, since=3, resolved=1))
    desk.minute(5).sweep(says(1, "OK", since=3, resolved=5))
    asked = []
    service = desk.minute(6).colleague()

    class Lagging:
        def __getattr__(self, name):
            return getattr(desk.store, name)

        def due(self, now, *, limit):
            asked.append(now)
            return [timer] if len(asked) == 1 else []

    service.store = Lagging()
    assert service.tick().resolved == ()
    assert desk.only().active
    assert desk.minute(10).service.tick().resolved == ("INC-1001",)


def test_whoever_read_an_earlier_timer_cannot_take_a_later_one_away(desk):
    """A timer is numbered by its incident: the new one outlives the slow tick of the old one."""
    desk.with_rules(auto_resolve="unacknowledged").sweep(says(1, since=0))
    desk.minute(1).sweep(says(1, "OK", resolved=1))
    desk.service.acknowledge("INC-1001", by="ann")

    def recovers_again():
        always = desk.colleague()
        always.sync(Scripted([desk.build(says(1, since=6.5, resolved=1))]))
        always.sync(Scripted([desk.minute(8).build(says(1, "OK", since=6.5, resolved=8))]))

    disturbed(desk.minute(7), recovers_again).tick()
    assert desk.colleague().tick().resolved == ()
    assert desk.minute(13).colleague().tick().resolved == ("INC-1001",)


def test_a_timer_whose_incident_is_gone_goes_away(desk):
    """It must not be looked at for ever."""
    desk.sweep(says(1, since=0))
    desk.minute(1).sweep(says(1, "OK", resolved=1))
    desk.store.remove(desk.only())
    assert desk.minute(6).service.tick().resolved == ()
    assert timers(desk.store, at(600)) == []


def test_a_tick_that_loses_every_time_leaves_the_timer_to_the_next(desk):
    """Others kept writing first."""
    desk.sweep(says(1, since=0))
    desk.minute(1).sweep(says(1, "OK", resolved=1))
    acts = [lambda: desk.service.note("INC-1001", "looking", by="bo")] * MOST_ATTEMPTS
    ticked = disturbed(desk.minute(6), *acts).tick()
    assert (ticked.resolved, ticked.left) == ((), 1)
    assert desk.service.tick().resolved == ("INC-1001",)


def test_a_note_added_while_pruning_keeps_the_incident(desk):
    """Nothing is forgotten under somebody's hands."""
    one = desk.service.open("disk full", by="ann").id
    desk.service.resolve(one, by="ann")
    desk.service.close(one, by="ann")

    class Noting(Between):
        def remove(self, incident):
            desk.service.note(one, "wait", by="bo")
            self._store.remove(incident)

    service = desk.colleague()
    service.store = Noting(desk.store)
    assert service.prune(closed_before=at(1)) == []
    assert desk.service.timeline(one)[-1].text == "wait"


@pytest.mark.parametrize("threads", [8])
def test_many_at_once_open_one_incident_a_monitor_and_lose_no_alert(desk, threads):
    """Eight sweeps, each with one more host, all at once; each process as slow as it likes."""
    sweeps = [
        desk.minute(n).build(*(says(1, group=f"host:{host}", since=0) for host in range(n + 1))) for n in range(threads)
    ]
    services = [Desk(desk.store).minute(threads).service for _ in sweeps]
    for number, service in enumerate(services):
        service._new_id = iter([f"{number}-{n}" for n in range(1000)]).__next__
    start = threading.Barrier(threads)
    failures = []

    def run(service, sweep):
        try:
            start.wait()
            for _ in range(20):
                if not service.sync(Scripted([sweep])).unfinished:
                    return
        except Conflict as conflict:
            failures.append(conflict)

    workers = [threading.Thread(target=run, args=pair) for pair in zip(services, sweeps, strict=True)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert failures == []
    incident = desk.only()
    firing = [alert for alert in desk.store.alerts(Source.DATADOG) if alert.firing]
    assert len(firing) == incident.alerts.firing_now == threads


def test_pages_of_a_long_list_are_put_together(desk):
    """``incidents`` returns all, however many pages the store makes of it."""
    for number in range(3):
        desk.service.open(f"incident {number}", by="ann")

    class Small:
        def find(self, wanted, *, limit, cursor):
            return desk.store.find(wanted, limit=2, cursor=cursor)

    service = desk.colleague()
    service.store = Small()
    assert [one.title for one in service.incidents()] == ["incident 2", "incident 1", "incident 0"]
    assert service.statistics(IncidentFilter()).overall.total == 3
