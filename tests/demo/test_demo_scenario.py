"""The half-hour, played to its end without anything that knows of incidents."""

from datetime import timedelta
from itertools import pairwise

import pytest

from tocsin.demo import HALF_HOUR, MonitorId, PersonAction, PersonStep, WorldStep, demo_world
from tocsin.demo.fixtures import ORDERS_QUEUE
from tocsin.demo.scenario import FIRST_HOST, REPLICA, SECOND_HOST
from tocsin.demo.world import UnknownMonitor


@pytest.fixture
def shop(clock):
    """Return the shop, at rest."""
    return demo_world(clock)


def play(world, clock, start, after=-1, until=30):
    """Play the world's steps after one minute and up to another."""
    for step in HALF_HOUR:
        if after < step.minute <= until:
            clock.set(start + timedelta(minutes=step.minute))
            if isinstance(step, WorldStep):
                step.move(world)


def group(world, monitor, name):
    return world.get(monitor).groups[name]


def test_the_steps_come_in_order_and_each_says_what_happens():
    """From minute 0 to 30, every step with a sentence."""
    assert all(a.minute <= b.minute for a, b in pairwise(HALF_HOUR))
    assert (HALF_HOUR[0].minute, HALF_HOUR[-1].minute) == (0, 30)
    assert all(step.says for step in HALF_HOUR)
    assert len({step.says for step in HALF_HOUR}) == len(HALF_HOUR)


def test_people_act_on_monitors_that_exist():
    """Each person's step names an action, a monitor and who; a resolve says why and how."""
    steps = [step for step in HALF_HOUR if isinstance(step, PersonStep)]
    assert {step.action for step in steps} == set(PersonAction)
    assert all(step.who and step.monitor in MonitorId for step in steps)
    assert all(step.text and step.resolution_steps for step in steps if step.action is PersonAction.RESOLVE)
    assert all(step.text for step in steps if step.action is PersonAction.NOTE)


def test_a_deploy_breaks_checkout_and_slow_becomes_worse(shop, clock):
    """Errors alert, latency goes from Warn to Alert, the synthetic customer fails."""
    start = clock()
    play(shop, clock, start, until=3)
    assert shop.get(MonitorId.CHECKOUT_ERRORS).overall_state == "Alert"
    assert shop.get(MonitorId.CHECKOUT_LATENCY).overall_state == "Warn"
    assert shop.get(MonitorId.CHECKOUT_JOURNEY).overall_state == "Alert"
    play(shop, clock, start, after=3, until=5)
    assert shop.get(MonitorId.CHECKOUT_LATENCY).overall_state == "Alert"


def test_a_host_flaps_and_a_second_fails_after_the_first_was_acknowledged(shop, clock):
    """Alert, OK, Alert on one host; then another group of the same monitor, after somebody took it."""
    start = clock()
    play(shop, clock, start, until=9)
    flapped = group(shop, MonitorId.HOST_CPU, FIRST_HOST)
    assert flapped.status == "Alert"
    assert flapped.last_resolved_ts < flapped.last_triggered_ts
    taken = [s.minute for s in HALF_HOUR if isinstance(s, PersonStep) and s.monitor is MonitorId.HOST_CPU]
    play(shop, clock, start, after=9, until=12)
    second = group(shop, MonitorId.HOST_CPU, SECOND_HOST)
    assert second.status == "Alert"
    assert second.last_triggered_ts > (start + timedelta(minutes=taken[0])).timestamp()


def test_a_monitor_is_muted_while_it_alerts(shop, clock):
    """The orders queue alerts first and is muted then, for its group."""
    start = clock()
    play(shop, clock, start, until=13)
    assert shop.muted(shop.get(MonitorId.ORDERS_QUEUE_DEPTH), ORDERS_QUEUE)[0] is False
    play(shop, clock, start, after=13, until=14)
    assert shop.get(MonitorId.ORDERS_QUEUE_DEPTH).overall_state == "Alert"
    assert shop.muted(shop.get(MonitorId.ORDERS_QUEUE_DEPTH), ORDERS_QUEUE)[0] is True


def test_two_lose_their_data_and_one_asks_to_be_told(shop, clock):
    """The replica's monitor notifies, the report's does not."""
    play(shop, clock, clock(), until=15)
    asks, asks_not = shop.get(MonitorId.DB_REPLICA_HEARTBEAT), shop.get(MonitorId.NIGHTLY_REPORT)
    assert asks.overall_state == asks_not.overall_state == "No Data"
    assert (asks.asks_for_no_data, asks_not.asks_for_no_data) == (True, False)
    assert asks.groups[REPLICA].last_notified_ts is not None


def test_a_monitor_is_deleted_while_it_alerts(shop, clock):
    """It alerts at first and is gone afterwards."""
    start = clock()
    play(shop, clock, start, until=15)
    assert shop.get(MonitorId.SEARCH_OLD_HEAP).overall_state == "Alert"
    play(shop, clock, start, after=15, until=16)
    with pytest.raises(UnknownMonitor):
        shop.get(MonitorId.SEARCH_OLD_HEAP)


def test_in_the_end_all_is_as_quiet_as_before_for_longer_than_it_takes_to_settle(shop, clock):
    """What was quiet is quiet again, nothing is muted that was not, and eight minutes have passed."""
    at_rest = {m.id: m.overall_state for m in demo_world(clock).monitors()}
    play(shop, clock, clock())
    assert {m.id: m.overall_state for m in shop.monitors()} == {
        number: state for number, state in at_rest.items() if number != MonitorId.SEARCH_OLD_HEAP
    }
    assert shop.downtimes(shop.get(MonitorId.ORDERS_QUEUE_DEPTH)) == []
    moved = [
        stamp
        for monitor in shop.monitors()
        for g in monitor.groups.values()
        for stamp in (g.last_triggered_ts, g.last_resolved_ts, g.last_nodata_ts)
        if stamp is not None
    ]
    assert shop.now() - max(moved) == 8 * 60
