"""What the simulated organisation keeps true while it is moved."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta, timezone

import pytest

from tocsin.demo import SimulatedClock, World
from tocsin.demo.monitor import Downtime
from tocsin.demo.world import UnknownMonitor


def group_of(monitor, name="*"):
    return monitor.groups[name]


def test_a_trigger_dates_the_group_in_epoch_seconds(world, clock):
    """Triggering sets status, last_triggered_ts and last_notified_ts of the group."""
    monitor = world.create("one")
    world.trigger(monitor)
    group, now = group_of(monitor), int(clock().timestamp())
    assert (group.status, group.last_triggered_ts, group.last_notified_ts) == ("Alert", now, now)
    assert (group.last_resolved_ts, group.last_nodata_ts) == (None, None)


def test_the_overall_state_is_modified_later_than_the_trigger(world, clock):
    """overall_state_modified is no episode start: it comes after last_triggered_ts."""
    monitor = world.create("one")
    world.trigger(monitor)
    assert monitor.overall_state_modified == clock() + timedelta(seconds=1)


def test_the_overall_state_may_be_touched_long_after_the_trigger(world, clock):
    """Reevaluating moves overall_state_modified alone."""
    monitor = world.create("one")
    world.trigger(monitor)
    triggered = group_of(monitor).last_triggered_ts
    clock.advance(minutes=22)
    world.reevaluate(monitor)
    assert monitor.overall_state_modified == clock() + timedelta(seconds=1)
    assert (monitor.overall_state, group_of(monitor).last_triggered_ts) == ("Alert", triggered)


def test_a_recovery_dates_the_group_and_keeps_its_trigger(world, clock):
    """Recovering sets last_resolved_ts; last_triggered_ts stays."""
    monitor = world.create("one")
    world.trigger(monitor)
    triggered = clock.advance(minutes=5) - timedelta(minutes=5)
    world.recover(monitor)
    group = group_of(monitor)
    assert (group.status, monitor.overall_state) == ("OK", "OK")
    assert group.last_resolved_ts == int(clock().timestamp())
    assert group.last_triggered_ts == int(triggered.timestamp())


def test_recovering_what_is_ok_changes_nothing(world, clock):
    """A second recovery moves no time."""
    monitor = world.create("one")
    modified = monitor.overall_state_modified
    clock.advance(minutes=1)
    world.recover(monitor)
    assert (group_of(monitor).last_resolved_ts, monitor.overall_state_modified) == (None, modified)


def test_triggering_again_only_renotifies(world, clock):
    """A trigger of what is triggered already moves last_notified_ts and nothing else."""
    monitor = world.create("one")
    world.trigger(monitor)
    first, modified = group_of(monitor).last_triggered_ts, monitor.overall_state_modified
    clock.advance(minutes=30)
    world.trigger(monitor)
    assert group_of(monitor).last_triggered_ts == first
    assert group_of(monitor).last_notified_ts == first + 1800
    assert monitor.overall_state_modified == modified


@pytest.mark.parametrize("moves", [True, False])
def test_whether_an_escalation_moves_the_trigger_is_settable(clock, moves):
    """Warn to Alert moves last_triggered_ts or does not: nobody could verify which is Datadog's way."""
    world = World(clock, escalation_moves_trigger=moves)
    monitor = world.create("one")
    world.trigger(monitor, status="Warn")
    first = group_of(monitor).last_triggered_ts
    clock.advance(minutes=2)
    world.trigger(monitor, status="Alert")
    assert group_of(monitor).last_triggered_ts == first + (120 if moves else 0)
    assert monitor.overall_state == "Alert"


def test_a_new_episode_resolves_before_it_triggers(world, clock):
    """Fire, recover, fire: last_resolved_ts lies at or after the first trigger, so that no sweep need see the OK."""
    monitor = world.create("one")
    world.trigger(monitor)
    first = group_of(monitor).last_triggered_ts
    clock.advance(seconds=30)
    world.recover(monitor)
    clock.advance(seconds=30)
    world.trigger(monitor)
    group = group_of(monitor)
    assert first <= group.last_resolved_ts < group.last_triggered_ts


@pytest.mark.parametrize(
    "options, notified",
    [
        ({}, False),
        ({"on_missing_data": "show_no_data"}, False),
        ({"notify_no_data": True}, True),
        ({"on_missing_data": "show_and_notify_no_data"}, True),
    ],
)
def test_no_data_notifies_only_who_asked(world, clock, options, notified):
    """No Data sets last_nodata_ts always, and last_notified_ts only if the monitor asks to be told."""
    monitor = world.create("one", options=options)
    world.no_data(monitor)
    group = group_of(monitor)
    assert (group.status, monitor.overall_state) == ("No Data", "No Data")
    assert group.last_nodata_ts == int(clock().timestamp())
    assert (group.last_notified_ts is not None) is notified
    assert group.last_triggered_ts is None
    nodata = group.last_nodata_ts
    clock.advance(minutes=1)
    world.no_data(monitor)
    assert group.last_nodata_ts == nodata


@pytest.mark.parametrize(
    "states, overall",
    [
        (["OK", "OK"], "OK"),
        (["OK", "No Data"], "No Data"),
        (["No Data", "Warn"], "Warn"),
        (["Warn", "Alert"], "Alert"),
        (["OK", "Skipped"], "Skipped"),
        (["OK", "Invented"], "OK"),
        (["Invented", "Also invented"], "Invented"),
    ],
)
def test_the_overall_state_is_the_worst_of_the_groups(world, states, overall):
    """Alert beats Warn beats No Data beats the odd ones beat OK."""
    monitor = world.create("many", groups=("host:a", "host:b"))
    for group, state in zip(monitor.groups, states, strict=True):
        world.set_status(monitor, state, group)
    assert monitor.overall_state == overall


def test_a_monitor_without_groups_was_never_evaluated(world):
    """A new monitor is in No Data, and nothing says since when."""
    monitor = world.create("new", groups=())
    assert (monitor.overall_state, monitor.overall_state_modified) == ("No Data", None)
    world.trigger(monitor)
    assert list(monitor.groups) == ["*"]


def test_without_a_group_every_group_moves(world):
    """trigger(monitor) fires every group, trigger(monitor, group) that one; an unknown group appears."""
    monitor = world.create("many", groups=("host:a", "host:b"))
    world.trigger(monitor)
    assert {g.status for g in monitor.groups.values()} == {"Alert"}
    world.recover(monitor, "host:a")
    assert (group_of(monitor, "host:a").status, group_of(monitor, "host:b").status) == ("OK", "Alert")
    world.trigger(monitor, "host:c")
    assert group_of(monitor, "host:c").status == "Alert"


def test_a_stale_star_counts_for_nothing(world):
    """After regrouping, a `*` left behind keeps its state but not the monitor's."""
    monitor = world.create("one")
    world.trigger(monitor)
    world.regroup(monitor, ["host:a"], leave_stale=True)
    assert list(monitor.groups) == ["*", "host:a"]
    assert (group_of(monitor).status, monitor.overall_state, monitor.multi) == ("Alert", "OK", True)
    world.regroup(monitor, ["host:a", "host:b"])
    assert list(monitor.groups) == ["host:a", "host:b"]


def test_groups_left_behind_by_a_monitor_made_whole_count_for_nothing(world):
    """Then the `*` speaks for the monitor, and a move without a group moves it alone."""
    monitor = world.create("one", groups=("host:a", "host:b"))
    world.trigger(monitor, "host:a")
    world.regroup(monitor, ["*"], leave_stale=True)
    assert (list(monitor.groups), monitor.overall_state, monitor.multi) == (["host:a", "host:b", "*"], "OK", False)
    world.trigger(monitor)
    assert [one.status for one in monitor.groups.values()] == ["Alert", "OK", "Alert"]


def test_the_scopes_of_one_downtime_must_all_hold():
    """As Datadog documents it: a list of scopes narrows."""
    downtime = Downtime(1, ("env:prod", "host:a"), start=0)
    assert downtime.covers("env:prod,host:a")
    assert not downtime.covers("env:prod,host:b")


def test_a_group_can_go(world):
    """A removed group takes its state with it; removing it again is no error."""
    monitor = world.create("many", groups=("host:a", "host:b"))
    world.trigger(monitor, "host:b")
    world.remove_group(monitor, "host:b")
    world.remove_group(monitor, "host:b")
    assert (list(monitor.groups), monitor.overall_state) == (["host:a"], "OK")


@pytest.mark.parametrize("via", ["silenced", "downtime", "both"])
def test_a_mute_holds_for_its_scope_until_its_end(world, clock, via):
    """Whichever way it is muted, the scope's group is muted until then and no other."""
    monitor = world.create("many", groups=("host:a,env:prod", "host:b,env:prod"))
    until = clock() + timedelta(minutes=10)
    world.mute(monitor, "host:a", until, via)
    assert world.muted(monitor, "host:a,env:prod") == (True, int(until.timestamp()))
    assert world.muted(monitor, "host:b,env:prod") == (False, None)
    assert (bool(monitor.silenced), bool(world.downtimes(monitor))) == (via != "downtime", via != "silenced")
    clock.advance(minutes=10)
    assert world.muted(monitor, "host:a,env:prod") == (False, None)
    assert world.downtimes(monitor) == []


def test_a_mute_for_ever_has_no_end(world, clock):
    """Muted for ever beats muted until a time; unmuting by scope leaves the other."""
    monitor = world.create("one")
    world.mute(monitor, until=clock() + timedelta(minutes=1), via="silenced")
    world.mute(monitor, "*", via="downtime")
    assert world.muted(monitor, "*") == (True, None)
    world.mute(monitor, "host:a")
    world.unmute(monitor, "*")
    assert world.muted(monitor, "*") == (False, None)
    assert world.muted(monitor, "host:a") == (True, None)
    world.unmute(monitor)
    assert world.muted(monitor, "host:a") == (False, None)


def test_what_is_muted_or_a_draft_changes_state_without_notifying(world):
    """A muted monitor still alerts; only last_notified_ts stays."""
    muted, draft = world.create("muted"), world.create("draft", draft=True)
    world.mute(muted)
    for monitor in (muted, draft):
        world.trigger(monitor)
        assert (monitor.overall_state, group_of(monitor).last_notified_ts) == ("Alert", None)


def test_an_organisation_wide_downtime_matches_by_scope_and_tags(world, clock):
    """It matches monitors that carry its tags and have a group in its scope, and it begins when it begins."""
    web = world.create("web", tags=["team:web"], groups=("host:a", "host:b"))
    data = world.create("data", tags=["team:data"], groups=("host:a",))
    everything = world.schedule_downtime(monitor_tags=["team:web"], start=clock() + timedelta(minutes=5))
    assert (len(world.downtimes(web)), world.downtimes(data)) == (1, [])
    assert world.muted(web, "host:b") == (False, None)
    clock.advance(minutes=5)
    assert world.muted(web, "host:b") == (True, None)
    world.cancel_downtime(everything)
    world.cancel_downtime(everything)
    assert world.downtimes(web) == []
    end = clock() + timedelta(hours=1)
    world.schedule_downtime("host:a", end=end)
    assert world.muted(web, "host:a") == (True, int(end.timestamp()))
    assert world.muted(web, "host:b") == (False, None)
    assert len(world.downtimes(data)) == 1


def test_ids_ascend_and_are_never_used_twice(world):
    """A new monitor gets a higher id than any before, deleted ones included."""
    first, given = world.create("first"), world.create("given", monitor_id=150_000_000)
    world.delete(given)
    second = world.create("second")
    assert first.id < 150_000_000 < second.id
    assert [m.id for m in world.monitors()] == [first.id, second.id]
    with pytest.raises(ValueError, match="exists already"):
        world.create("again", monitor_id=first.id)


def test_a_deleted_monitor_is_unknown(world):
    """Everything that names it says so, and its downtimes are gone with it."""
    monitor = world.create("one")
    world.mute(monitor)
    world.delete(monitor)
    for move in (world.get, world.trigger, world.delete, world.mute):
        with pytest.raises(UnknownMonitor):
            move(monitor.id)
    assert world.downtimes(monitor) == []


def test_edits_date_the_monitor(world, clock):
    """Renaming, retagging, options, priority and draft move `modified` and nothing else that is theirs."""
    monitor = world.create("one", tags=["a:b"], options={"renotify_interval": 5}, priority=3)
    clock.advance(minutes=1)
    world.edit(monitor, name="two")
    assert (monitor.name, monitor.tags, monitor.modified) == ("two", ["a:b"], clock())
    world.edit(monitor, tags=["c:d"], options={"notify_no_data": True})
    assert (monitor.name, monitor.tags, monitor.options["renotify_interval"]) == ("two", ["c:d"], 5)
    assert monitor.asks_for_no_data
    world.set_priority(monitor, None)
    world.set_draft(monitor, draft=True)
    assert (monitor.priority, monitor.draft) == (None, True)
    assert monitor.created < monitor.modified


def test_every_move_raises_the_revision(world):
    """The revision tells a server that what it encoded is no longer true."""
    monitor = world.create("one")
    seen = [world.revision]
    world.trigger(monitor)
    seen.append(world.revision)
    world.schedule_downtime()
    seen.append(world.revision)
    world.delete(monitor)
    seen.append(world.revision)
    assert seen == sorted(set(seen))


def test_at_dates_a_move_otherwise(world, clock):
    """`at` is used in place of the clock."""
    monitor = world.create("one")
    earlier = clock() - timedelta(hours=2)
    world.trigger(monitor, at=earlier)
    assert group_of(monitor).last_triggered_ts == int(earlier.timestamp())
    assert monitor.overall_state_modified == earlier + timedelta(seconds=1)


def test_many_threads_may_move_the_world(world):
    """Two hundred creations from eight threads: two hundred monitors, two hundred ids."""
    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(lambda n: world.create(str(n)).id, range(200)))
    assert sorted(made) == [m.id for m in world.monitors()]


def test_a_clock_moves_when_told_and_speaks_utc():
    """The simulated clock needs an aware time and gives UTC."""
    clock = SimulatedClock(datetime(2026, 3, 2, 10, tzinfo=timezone(timedelta(hours=1))))
    assert (clock(), clock().tzinfo) == (datetime(2026, 3, 2, 9, tzinfo=UTC), UTC)
    assert clock.advance(minutes=1, seconds=1) == datetime(2026, 3, 2, 9, 1, 1, tzinfo=UTC)
    clock.set(datetime(2026, 3, 2, 8, tzinfo=UTC))
    assert clock().hour == 8
    with pytest.raises(ValueError, match="aware"):
        SimulatedClock(datetime(2026, 3, 2))  # noqa: DTZ001 - a naive time is the point


def test_without_a_clock_time_is_real():
    """A world made without a clock lives now."""
    before = datetime.now(UTC)
    created = World().create("one").created
    assert before <= created <= datetime.now(UTC)
