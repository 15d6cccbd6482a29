"""A sync that must end soon stops between two pieces of work; what it leaves, the next one does."""

from tests.desk import Scripted, at, says
from tocsin.domain.change import MOST_ALERTS
from tocsin.domain.incident import Status
from tocsin.services.rounds import BATCH


def times(number):
    """Return a clock watcher that says yes so many times."""
    answers = iter([True] * number)
    return lambda: next(answers, False)


def firing(number):
    """Return so many monitors that alert."""
    return [says(monitor, since=0) for monitor in range(1, number + 1)]


def test_what_there_is_no_time_for_is_left_and_the_next_sync_does_it(desk):
    """Batch by batch, in order; what was not written was not decided."""
    sweep = desk.build(*firing(BATCH + 50))
    report = desk.service.sync(Scripted([sweep]), enough_time=times(1))
    assert (report.out_of_time, len(report.opened), len(report.unfinished)) == (True, BATCH, 50)
    assert (report.decisions, len(report.details)) == ({"opened": BATCH}, BATCH)
    assert set(report.opened) == {one.id for one in desk.incidents()}
    rest = desk.service.sync(Scripted([sweep]))
    assert (rest.out_of_time, len(rest.opened), rest.unfinished) == (False, 50, ())
    assert len(desk.incidents()) == BATCH + 50


def test_with_no_time_at_all_nothing_is_written_but_the_heartbeat_that_says_so(desk):
    """Whoever looks at the heartbeat learns that work is left."""
    report = desk.service.sync(Scripted([desk.build(*firing(2))]), enough_time=times(0))
    assert (report.opened, report.unfinished, report.changed) == ((), ("1:*", "2:*"), False)
    assert desk.incidents() == []
    assert desk.store.record("heartbeat", "sweep:datadog").body["unfinished"] == 2


def test_the_changes_of_one_incident_are_never_parted(desk):
    """A monitor with very many groups is a chain of changes, each of which needs the one before."""
    groups = (BATCH + 20) * MOST_ALERTS
    chain = [says("900", group=f"host:{number}", since=0) for number in range(groups)]
    sweep = desk.build(*firing(BATCH - 1), *chain, says("901", since=0))
    report = desk.service.sync(Scripted([sweep]), enough_time=times(1))
    assert (len(report.opened), report.unfinished) == (BATCH, ("901:*",))
    assert desk.service.incident(report.opened[-1]).alerts.firing_now == groups


def test_a_quiet_sweep_needs_no_time(desk):
    """Only work that is left makes a sync one that ran out of time."""
    report = desk.service.sync(Scripted([desk.build(quiet=[1])]), enough_time=times(0))
    assert (report.out_of_time, report.unfinished) == (False, ())


def test_a_tick_without_time_leaves_what_is_due(desk):
    """It says how much it knows to be left, and resolves it the next time."""
    desk.sweep(*firing(3))
    desk.minute(1).sweep(*(says(monitor, "OK", resolved=1) for monitor in (1, 2, 3)))
    desk.minute(10)
    report = desk.service.tick(enough_time=times(1))
    assert (len(report.resolved), report.left) == (1, 2)
    assert len(desk.service.tick().resolved) == 2
    assert {one.status for one in desk.incidents()} == {Status.RESOLVED}


def test_the_report_of_a_sync_tells_what_its_tick_left(desk):
    """It ends with a tick, and both have one deadline."""
    desk.sweep(*firing(2))
    desk.minute(1).sweep(says(1, "OK", resolved=1), says(2, "OK", resolved=1))
    quiet = desk.minute(10).build(quiet=[1, 2])
    report = desk.service.sync(Scripted([quiet]), enough_time=times(1))
    assert (len(report.resolved), report.due_left, report.at) == (1, 1, at(10))
