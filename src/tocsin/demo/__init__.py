"""A simulated Datadog that speaks the real wire format over HTTP on loopback.

It needs nothing of the rest of the program. Each part is imported when it is first asked for.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .clock import SimulatedClock
    from .fixtures import MonitorId, demo_world
    from .generated import organisation
    from .scenario import HALF_HOUR, PersonAction, PersonStep, Step, WorldStep
    from .server import DEMO_API_KEY, DEMO_APP_KEY, DatadogServer
    from .world import World

__all__ = [
    "DEMO_API_KEY",
    "DEMO_APP_KEY",
    "HALF_HOUR",
    "DatadogServer",
    "MonitorId",
    "PersonAction",
    "PersonStep",
    "SimulatedClock",
    "Step",
    "World",
    "WorldStep",
    "demo_world",
    "organisation",
]

_HOME = {
    "DEMO_API_KEY": "server",
    "DEMO_APP_KEY": "server",
    "HALF_HOUR": "scenario",
    "DatadogServer": "server",
    "MonitorId": "fixtures",
    "PersonAction": "scenario",
    "PersonStep": "scenario",
    "SimulatedClock": "clock",
    "Step": "scenario",
    "World": "world",
    "WorldStep": "scenario",
    "demo_world": "fixtures",
    "organisation": "generated",
}


def __getattr__(name: str) -> object:
    """Import the part that a name lives in."""
    if name not in _HOME:
        msg = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(msg)
    return getattr(import_module(f".{_HOME[name]}", __name__), name)
