"""Heartbeats that are watched, for the command line: on a store, or on a server. Both show what the API shows."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING, Protocol

from tocsin.api.heartbeat_views import HeartbeatView, NewHeartbeatView
from tocsin.domain.audit import Actor
from tocsin.services.auditing import AuditLog
from tocsin.services.watches import WatchEdit, Watches

if TYPE_CHECKING:
    from tocsin.config import Settings
    from tocsin.storage.store import Store

    from .wiring import Wiring


class HeartbeatDesk(Protocol):
    """Heartbeats that are watched, changed in somebody's name."""

    def every(self) -> list[HeartbeatView]:
        """Return every heartbeat."""

    def one(self, name: str) -> HeartbeatView:
        """Return a heartbeat."""

    def add(self, name: str, every_minutes: int, given: WatchEdit) -> NewHeartbeatView:
        """Watch for a heartbeat."""

    def edit(self, name: str, edit: WatchEdit) -> HeartbeatView:
        """Change a heartbeat."""

    def remove(self, name: str) -> None:
        """Watch for it no more."""

    def ping(self, name: str) -> None:
        """Say that it is there."""


@contextmanager
def heartbeats(wiring: "Wiring", by: str) -> Iterator[HeartbeatDesk]:
    """Open the store that the settings name, or reach the server, and close it; ``by`` is who acts."""
    settings = wiring.settings()
    if wiring.asks_server(settings):
        from .server_watches import ServerHeartbeats

        with closing(wiring.calls(settings)) as calls:
            yield ServerHeartbeats(calls, by)
        return
    with wiring.store(settings) as store:
        yield StoreHeartbeats(store, wiring, settings, Actor(by))


class StoreHeartbeats:
    """:class:`HeartbeatDesk` of a store."""

    def __init__(self, store: "Store", wiring: "Wiring", settings: "Settings", actor: Actor) -> None:
        audit = AuditLog(store, clock=wiring.clock, new_id=wiring.new_id)
        rules = wiring.rules(settings)
        self._watches = Watches(store, audit, rules, clock=wiring.clock, new_id=wiring.new_id)
        self._new_secret = wiring.new_secret
        self._actor = actor

    def every(self) -> list[HeartbeatView]:
        """Return every heartbeat."""
        return [HeartbeatView.of(one) for one in self._watches.every()]

    def one(self, name: str) -> HeartbeatView:
        """Return a heartbeat."""
        return HeartbeatView.of(self._watches.named(name))

    def add(self, name: str, every_minutes: int, given: WatchEdit) -> NewHeartbeatView:
        """Watch for a heartbeat."""
        token = self._new_secret()
        made = self._watches.add(name, every_minutes=every_minutes, secret=token, actor=self._actor, given=given)
        return NewHeartbeatView.made(made, token)

    def edit(self, name: str, edit: WatchEdit) -> HeartbeatView:
        """Change a heartbeat."""
        return HeartbeatView.of(self._watches.edit(name, edit, actor=self._actor))

    def remove(self, name: str) -> None:
        """Watch for it no more."""
        self._watches.remove(name, actor=self._actor)

    def ping(self, name: str) -> None:
        """Say that it is there."""
        self._watches.call(name)
