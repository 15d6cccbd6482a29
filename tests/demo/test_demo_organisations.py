"""The demo's shop, and the generated organisations."""

import subprocess
import sys
from collections import Counter
from itertools import pairwise

import pytest

import tocsin.demo
from tests.demo.calls import MONITORS, Caller
from tocsin.demo import DEMO_API_KEY, DEMO_APP_KEY, DatadogServer, MonitorId, demo_world, organisation


def test_the_shop_has_what_a_shop_has(clock):
    """26 monitors of many kinds, each with tags, a name of its own, and ids that ascend."""
    monitors = demo_world(clock).monitors()
    assert [m.id for m in monitors] == [int(number) for number in MonitorId]
    assert len({m.name for m in monitors}) == 26
    assert {m.type for m in monitors} >= {
        "query alert",
        "log alert",
        "synthetics alert",
        "service check",
        "composite",
        "slo alert",
        "rum alert",
    }
    assert all(any(tag.startswith("env:") for tag in m.tags) for m in monitors)
    assert {m.priority for m in monitors} == {None, 1, 2, 3, 4, 5}
    assert sum("Runbook: https://" in m.message for m in monitors) > 15
    assert all("thresholds" in m.options for m in monitors if m.type == "query alert")


def test_the_shop_is_quiet_but_for_the_usual(clock):
    """Two in No Data that nobody asked to hear of, one alerting but muted for ever, one alerting draft."""
    world = demo_world(clock)
    loud = {m.id: m for m in world.monitors() if m.overall_state != "OK"}
    assert set(loud) == {
        MonitorId.HOST_CLOCK,
        MonitorId.BACKUP_AGE,
        MonitorId.STAGING_ERRORS,
        MonitorId.FRAUD_SCORE_DRIFT,
    }
    assert not any(loud[i].asks_for_no_data for i in (MonitorId.HOST_CLOCK, MonitorId.BACKUP_AGE))
    assert world.muted(loud[MonitorId.STAGING_ERRORS], "service:search") == (True, None)
    assert loud[MonitorId.FRAUD_SCORE_DRIFT].draft


def test_a_synthetic_test_shows_three_groups(clock):
    """total, the location and @SYNTHETICS_OVERALL@ fail together, as one failure does."""
    world = demo_world(clock)
    world.trigger(MonitorId.CHECKOUT_JOURNEY)
    groups = world.get(MonitorId.CHECKOUT_JOURNEY).groups
    assert {g.status for g in groups.values()} == {"Alert"}
    assert list(groups) == ["total", "aws:eu-central-1", "@SYNTHETICS_OVERALL@"]
    assert world.get(MonitorId.CHECKOUT_JOURNEY).multi is False


def encoded(world):
    with DatadogServer(world) as server:
        ask = Caller(server)
        keys = {"DD-API-KEY": DEMO_API_KEY, "DD-APPLICATION-KEY": DEMO_APP_KEY}
        body = ask(MONITORS, headers=keys, group_states="all").body
        ask.close()
    return body


def test_an_organisation_is_the_same_with_the_same_seed(clock):
    """Byte for byte on the wire; another seed gives another."""
    assert encoded(organisation(60, clock=clock)) == encoded(organisation(60, clock=clock))
    assert encoded(organisation(60, clock=clock)) != encoded(organisation(60, clock=clock, seed=2))


def test_an_organisation_has_the_parts_that_were_asked_for(clock):
    """10 % with 20 groups, 1 % alerting, 2 % muted, 5 % in No Data, 20 % with long messages, exactly."""
    world = organisation(1000, clock=clock)
    monitors = world.monitors()
    assert len(monitors) == 1000
    assert sum(len(m.groups) == 20 for m in monitors) == 100
    states = Counter(m.overall_state for m in monitors)
    assert states["Alert"] + states["Warn"] == 10
    assert states["No Data"] == 50
    assert sum(bool(m.silenced or world.downtimes(m)) for m in monitors) == 20
    assert sum(len(m.message) > 1000 for m in monitors) == 200
    assert all(a.id < b.id for a, b in pairwise(monitors))


def test_half_an_organisation_may_be_silent(clock):
    """no_data=0.5 is what a recorded organisation has at rest."""
    states = Counter(m.overall_state for m in organisation(200, clock=clock, no_data=0.5).monitors())
    assert states["No Data"] == 100


def test_an_organisations_times_lie_in_the_past(clock):
    """Nothing was triggered, resolved or modified after now."""
    world = organisation(500, clock=clock, alerting=0.2)
    for monitor in world.monitors():
        assert monitor.overall_state_modified <= clock()
        for group in monitor.groups.values():
            assert (group.last_triggered_ts or 0) <= world.now()


def test_an_organisation_may_be_empty(clock):
    """No monitors at all is an organisation too."""
    assert organisation(0, clock=clock).monitors() == []


def test_the_package_imports_its_parts_only_when_they_are_asked_for():
    """Importing tocsin.demo starts no HTTP server's imports; an unknown name is an AttributeError."""
    code = "import sys, tocsin.demo; print('http.server' in sys.modules, 'orjson' in sys.modules)"
    path = tocsin.demo.__path__[0].removesuffix("/tocsin/demo")
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env={"PYTHONPATH": path}
    )
    assert done.stdout.split() == ["False", "False"]
    assert set(tocsin.demo.__all__) == set(tocsin.demo._HOME)
    for name in tocsin.demo.__all__:
        assert getattr(tocsin.demo, name) is not None
    with pytest.raises(AttributeError, match="nothing"):
        _ = tocsin.demo.nothing
