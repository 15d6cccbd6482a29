"""A few hundred incidents that lived: played against the simulated Datadog, with people who acknowledge and resolve.

They are what the stores of the other measurements are filled with, so that what is measured has the size and the
variety of the real thing: long and short messages, one alert or several, flaps, notes, root causes.
"""

import random
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from tocsin.demo import DatadogServer, SimulatedClock, World, organisation
from tocsin.demo.monitor import SimulatedMonitor
from tocsin.domain.alert import Alert
from tocsin.domain.incident import Incident
from tocsin.domain.timeline import Event
from tocsin.services.incidents import IncidentService
from tocsin.sources.datadog import DatadogSource
from tocsin.storage.json_store import JsonStore

from .organisation import KEYS

LIVES = 240
_AT_ONCE = 20
"""The last so many are still active: one in twelve."""

_BEGIN = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
_PEOPLE = ("ann", "bo", "chidi", "dana", "emil")
_CAUSE = "The deploy at {time} raised the connection pool's limit without raising the database's."
_STEPS = ("Rolled the deploy back.", "Restarted the workers one by one and watched the error rate fall.")
_NOTE = "{who} looks at the dashboard: errors began at {time}, only in one zone. Comparing with the last deploy."


class Life(NamedTuple):
    """One incident with everything that happened to it."""

    incident: Incident
    events: Sequence[Event]
    alerts: Sequence[Alert]


def lives(folder: Path) -> list[Life]:
    """Play them in a store in ``folder``; return them, the same at every call."""
    clock = SimulatedClock(_BEGIN)
    world = organisation(LIVES, clock=clock, grouped=0.25, alerting=0, no_data=0, muted=0)
    with DatadogServer(world, limits={}) as server, DatadogSource(*KEYS, api_url=server.url) as source:
        service = IncidentService(JsonStore(folder / "lives.json"), clock=clock)
        play = _Play(world, clock, service, source)
        monitors = world.monitors()
        play.dice.shuffle(monitors)
        for first in range(0, LIVES, _AT_ONCE):
            play.troubles(monitors[first : first + _AT_ONCE])
            if first + _AT_ONCE < LIVES:
                play.ends(monitors[first : first + _AT_ONCE])
        return [
            Life(one, service.timeline(one.id), service.alerts(one.id))
            for one in sorted(service.incidents(), key=lambda incident: incident.id)
        ]


class _Play:
    """Troubles come by the score, and all but the last score end."""

    def __init__(self, world: World, clock: SimulatedClock, service: IncidentService, source: DatadogSource) -> None:
        self.dice = random.Random(1)
        self._world = world
        self._clock = clock
        self._service = service
        self._source = source

    def troubles(self, monitors: Sequence[SimulatedMonitor]) -> None:
        """Let monitors alert, somebody look after most of them, and some get worse."""
        for monitor in monitors:
            self._trigger(monitor)
        self._sync_after(1)
        self._clock.advance(minutes=3)
        for incident in self._service.incidents(active=True):
            who = self.dice.choice(_PEOPLE)
            if self.dice.random() < 0.7:
                self._service.acknowledge(incident.id, by=who)
            if self.dice.random() < 0.4:
                self._service.note(incident.id, _NOTE.format(who=who, time=f"{self._clock():%H:%M}"), by=who)
            if self.dice.random() < 0.3:
                self._service.start(incident.id, by=who)
        for monitor in monitors:
            if self.dice.random() < 0.3:
                self._trigger(monitor)
        self._sync_after(1)

    def ends(self, monitors: Sequence[SimulatedMonitor]) -> None:
        """Let a few flap, all recover, most incidents settle, and the others be resolved by hand."""
        flapping = [monitor for monitor in monitors if self.dice.random() < 0.2]
        for monitor in flapping:
            self._world.recover(monitor)
        self._sync_after(1)
        for monitor in flapping:
            self._trigger(monitor)
        self._sync_after(2)
        self._clock.advance(minutes=self.dice.randint(5, 90))
        for incident in self._service.incidents(active=True):
            if self.dice.random() < 0.3:
                cause = _CAUSE.format(time=f"{self._clock():%H:%M}")
                self._service.resolve(incident.id, by=self.dice.choice(_PEOPLE), root_cause=cause, steps=_STEPS)
                if self.dice.random() < 0.5:
                    self._service.close(incident.id, by=self.dice.choice(_PEOPLE))
        for monitor in monitors:
            self._world.recover(monitor)
        self._sync_after(1)
        self._sync_after(6)

    def _trigger(self, monitor: SimulatedMonitor) -> None:
        names = list(monitor.groups)
        for name in self.dice.sample(names, min(len(names), self.dice.randint(1, 3))):
            self._world.trigger(monitor, name, self.dice.choice(("Alert", "Alert", "Warn")))

    def _sync_after(self, minutes: float) -> None:
        self._clock.advance(minutes=minutes)
        self._service.sync(self._source)
