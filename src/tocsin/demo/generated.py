"""Organisations of any size, for load and benchmarks: varied, and the same at every call with the same seed."""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import timedelta

from .clock import Clock, wall_clock
from .fixtures import runbook_message
from .monitor import STAR, SimulatedMonitor
from .world import MuteVia, TriggeredStatus, World

_SERVICES = ("checkout", "payments", "search", "orders", "cart", "catalogue", "login", "mail", "images", "ledger")
_ENVIRONMENTS = ("prod", "prod", "prod", "staging")
_TEAMS = ("platform", "data", "storefront", "payments", "search")
_METRICS = (
    "system.cpu.user",
    "system.load.5",
    "trace.http.request.errors",
    "aws.elb.latency",
    "postgresql.rows_fetched",
)
_PARAGRAPH = (
    "First look at the dashboard https://app.example.com/dash/{page} and compare with the deploys of the last hour. "
    "If the errors began with a deploy, roll it back first and ask afterwards. If not, check the dependencies one by "
    "one: database, queue, provider. Write down what you see as you go.\n\n"
)
_FIRST_ID = 20_000_000

_TOUCHED_AGAIN = 0.75
_MUTED_FOR_EVER = 0.3
_MUTED_WHOLLY = 0.8
_STATUSES: tuple[TriggeredStatus, ...] = ("Alert", "Alert", "Warn")
_MUTED_VIA: tuple[MuteVia, ...] = ("silenced", "downtime", "both")


def organisation(
    count: int,
    *,
    clock: Clock = wall_clock,
    seed: int = 1,
    grouped: float = 0.10,
    groups_each: int = 20,
    alerting: float = 0.01,
    muted: float = 0.02,
    no_data: float = 0.05,
    long_messages: float = 0.20,
) -> World:
    """A world of `count` monitors; each of the other numbers is the part (0 to 1) of the monitors that it is true of.

    Exact parts, not chances: 10,000 monitors have exactly 100 alerting. Grouped monitors that alert do so with up to
    three groups. A tenth of the alerting ones are among the muted. `no_data=0.5` is what a recorded organisation has
    at rest. A monitor is at most one of alerting and No Data.
    """
    dice = random.Random(seed)  # noqa: S311 - the same at every run is the point
    world = World(clock)
    number = _FIRST_ID
    with_groups = set(dice.sample(range(count), round(count * grouped)))
    with_long_message = set(dice.sample(range(count), round(count * long_messages)))
    monitors = []
    for index in range(count):
        number += dice.randint(1, 90)
        groups = _group_names(dice, groups_each) if index in with_groups else (STAR,)
        monitors.append(_monitor(world, dice, number, groups, long=index in with_long_message))
    _move(
        world,
        dice,
        monitors,
        alerting=round(count * alerting),
        no_data=round(count * no_data),
        muted=round(count * muted),
    )
    return world


def _monitor(world: World, dice: random.Random, number: int, groups: Sequence[str], *, long: bool) -> SimulatedMonitor:
    service, env, team = dice.choice(_SERVICES), dice.choice(_ENVIRONMENTS), dice.choice(_TEAMS)
    metric, threshold = dice.choice(_METRICS), float(dice.randint(1, 100))
    by = " by {host}" if len(groups) > 1 else ""
    page = f"{service}/{number}"
    text = _PARAGRAPH.format(page=page) * dice.randint(4, 12) if long else ""
    return world.create(
        f"{service.capitalize()}: {metric} is above {threshold:g} in {env} ({number})",
        query=f"avg(last_5m):avg:{metric}{{service:{service},env:{env}}}{by} > {threshold:g}",
        type=dice.choice(("query alert", "metric alert")),
        message=text + runbook_message(f"{service} is at {{{{value}}}}.", page, team),
        tags=(f"service:{service}", f"env:{env}", f"team:{team}", "managed_by:terraform"),
        options={
            "thresholds": {"critical": threshold, "warning": threshold / 2},
            "notify_no_data": False,
            "require_full_window": False,
            "renotify_interval": dice.choice((0, 30, 60)),
        },
        # Most monitors have no priority.
        priority=dice.choice((None, None, None, 1, 2, 3, 4, 5)),
        groups=groups,
        created=world.clock() - timedelta(days=dice.randint(30, 900), seconds=dice.randint(0, 86_399)),
        monitor_id=number,
    )


def _move(
    world: World, dice: random.Random, monitors: list[SimulatedMonitor], *, alerting: int, no_data: int, muted: int
) -> None:
    mixed = dice.sample(monitors, len(monitors))
    firing, silent, healthy = mixed[:alerting], mixed[alerting : alerting + no_data], mixed[alerting:]
    for monitor in firing:
        began = world.clock() - timedelta(seconds=dice.randint(60, 90_000))
        names = list(monitor.groups)
        for group in dice.sample(names, min(len(names), dice.randint(1, 3))):
            world.trigger(monitor, group, dice.choice(_STATUSES), at=began)
        # As recorded: in three quarters the overall state was touched again long after the trigger.
        touched = began + timedelta(seconds=dice.randint(1_320, 72_900))
        if dice.random() < _TOUCHED_AGAIN and touched < world.clock():
            world.reevaluate(monitor, at=touched)
    for monitor in silent:
        world.no_data(monitor, at=world.clock() - timedelta(seconds=dice.randint(3_600, 900_000)))
    of_the_firing = min(muted, len(firing) // 10)
    for monitor in firing[:of_the_firing] + dice.sample(healthy, min(len(healthy), muted - of_the_firing)):
        ends = None if dice.random() < _MUTED_FOR_EVER else world.clock() + timedelta(hours=dice.randint(1, 72))
        scope = STAR if dice.random() < _MUTED_WHOLLY else next(iter(monitor.groups))
        world.mute(monitor, scope, ends, dice.choice(_MUTED_VIA))


def _group_names(dice: random.Random, count: int) -> list[str]:
    first = dice.randint(0, 9_000)
    return [
        f"host:i-{number:05d},availability-zone:eu-central-1{'abc'[number % 3]}"
        for number in range(first, first + count)
    ]
