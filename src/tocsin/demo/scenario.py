"""Half an hour at the shop, as data: what happens when, and what a person does about it.

Each step has a `minute` (from the beginning), a sentence for whoever watches, and is of one of two kinds. A
`WorldStep` moves the simulated Datadog: call its `move` with the world. A `PersonStep` is done by whoever plays the
scenario, to whatever has been made of that monitor: nothing here knows of incidents. Steps are in order of time; the
clock stands at a step's minute before the step is done, and alerts are to be looked at after each.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from typing import TypeAlias

from .fixtures import CHECKOUT, ORDERS_QUEUE, WEB_HOSTS, MonitorId
from .world import World

FIRST_HOST, SECOND_HOST = WEB_HOSTS[2], WEB_HOSTS[6]
REPLICA = "host:db-replica-2"


class PersonAction(StrEnum):
    """What a person does in the scenario."""

    ACKNOWLEDGE = "acknowledge"
    START = "start"
    NOTE = "note"
    RESOLVE = "resolve"


def _nothing(_: World) -> None:
    """Time passes."""


@dataclass(frozen=True, slots=True)
class WorldStep:
    """Something happens to the monitors, or nothing does and time passes."""

    minute: float
    says: str
    move: Callable[[World], None] = field(default=_nothing, repr=False)


@dataclass(frozen=True, slots=True)
class PersonStep:
    """Somebody acts on what has become of a monitor. `text` is the note, or the root cause when resolving."""

    minute: float
    says: str
    action: PersonAction
    monitor: MonitorId
    who: str
    text: str = ""
    resolution_steps: tuple[str, ...] = ()


Step: TypeAlias = WorldStep | PersonStep


def _checkout_slows(world: World) -> None:
    world.trigger(MonitorId.CHECKOUT_LATENCY, status="Warn")
    world.trigger(MonitorId.CHECKOUT_JOURNEY)


def _orders_pile_up(world: World) -> None:
    world.trigger(MonitorId.ORDERS_QUEUE_DEPTH, ORDERS_QUEUE)
    world.trigger(MonitorId.SEARCH_OLD_HEAP, "host:search-old-1")


def _mute_orders(world: World) -> None:
    world.mute(MonitorId.ORDERS_QUEUE_DEPTH, ORDERS_QUEUE, world.clock() + timedelta(minutes=30))


def _data_stops(world: World) -> None:
    world.no_data(MonitorId.DB_REPLICA_HEARTBEAT, REPLICA)
    world.no_data(MonitorId.NIGHTLY_REPORT)


def _checkout_recovers(world: World) -> None:
    world.recover(MonitorId.CHECKOUT_ERRORS)
    world.recover(MonitorId.CHECKOUT_LATENCY)
    world.recover(MonitorId.CHECKOUT_JOURNEY)


def _everything_recovers(world: World) -> None:
    world.recover(MonitorId.HOST_CPU, SECOND_HOST)
    world.recover(MonitorId.DB_REPLICA_HEARTBEAT)
    world.recover(MonitorId.NIGHTLY_REPORT)
    world.recover(MonitorId.ORDERS_QUEUE_DEPTH)
    world.unmute(MonitorId.ORDERS_QUEUE_DEPTH)


HALF_HOUR: tuple[Step, ...] = (
    WorldStep(0, "A quiet morning at the shop: 26 monitors, nothing that anybody needs to hear of."),
    WorldStep(
        2,
        "Checkout 2.31.0 is deployed, and payments begin to fail.",
        lambda world: world.trigger(MonitorId.CHECKOUT_ERRORS, CHECKOUT),
    ),
    WorldStep(3, "Paying becomes slow; the synthetic customer cannot buy her lamp.", _checkout_slows),
    PersonStep(4, "Amira takes the checkout errors.", PersonAction.ACKNOWLEDGE, MonitorId.CHECKOUT_ERRORS, "amira"),
    WorldStep(
        5,
        "Slow becomes unusable: the latency monitor goes from Warn to Alert.",
        lambda world: world.trigger(MonitorId.CHECKOUT_LATENCY),
    ),
    PersonStep(6, "Amira begins to work on it.", PersonAction.START, MonitorId.CHECKOUT_ERRORS, "amira"),
    WorldStep(7, "The CPU of web-3 is saturated ...", lambda world: world.trigger(MonitorId.HOST_CPU, FIRST_HOST)),
    WorldStep(8, "... recovers ...", lambda world: world.recover(MonitorId.HOST_CPU, FIRST_HOST)),
    WorldStep(9, "... and is saturated again: it flaps.", lambda world: world.trigger(MonitorId.HOST_CPU, FIRST_HOST)),
    PersonStep(10, "Jonas takes the host.", PersonAction.ACKNOWLEDGE, MonitorId.HOST_CPU, "jonas"),
    PersonStep(
        11,
        "Amira suspects the deploy.",
        PersonAction.NOTE,
        MonitorId.CHECKOUT_ERRORS,
        "amira",
        text="Errors began 40 s after 2.31.0 went out. Rolling back.",
    ),
    WorldStep(
        12,
        "web-7 fails too: the same monitor, but nobody has seen this host yet.",
        lambda world: world.trigger(MonitorId.HOST_CPU, SECOND_HOST),
    ),
    WorldStep(13, "Orders pile up, and the old search cluster's heap fills.", _orders_pile_up),
    WorldStep(14, "The orders queue is muted while it alerts: the backlog is known.", _mute_orders),
    WorldStep(15, "Two monitors lose their data: the replica's asks to be told, the report's does not.", _data_stops),
    WorldStep(
        16,
        "The old search cluster is gone, and somebody deletes its monitor while it alerts.",
        lambda world: world.delete(MonitorId.SEARCH_OLD_HEAP),
    ),
    WorldStep(17, "The rollback is through: checkout works again.", _checkout_recovers),
    PersonStep(
        18,
        "Amira resolves the checkout errors and says why they came.",
        PersonAction.RESOLVE,
        MonitorId.CHECKOUT_ERRORS,
        "amira",
        text="2.31.0 called the payment provider without a time-out.",
        resolution_steps=("Rolled back to 2.30.4", "Added a time-out and a test for it"),
    ),
    WorldStep(20, "web-3 calms down.", lambda world: world.recover(MonitorId.HOST_CPU, FIRST_HOST)),
    WorldStep(22, "web-7, the replica, the report and the queue recover; the queue is unmuted.", _everything_recovers),
    WorldStep(25, "Everything has been quiet for three minutes."),
    WorldStep(30, "Half an hour later nothing has come back: what recovered has settled."),
)
"""To be played on a fresh `demo_world`. At its end every monitor that it moved has been quiet for eight minutes."""
