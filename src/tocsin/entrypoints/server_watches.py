"""The heartbeats that a server watches: the same for the command line, asked for over HTTP."""

from tocsin.api.heartbeat_views import HeartbeatView, NewHeartbeatView
from tocsin.services.watches import WatchEdit

from .server_calls import ServerCalls, coded
from .server_store import V1, every_one

HEARTBEATS = f"{V1}/heartbeats"


class ServerHeartbeats:
    """:class:`~tocsin.entrypoints.watches.HeartbeatDesk` of a server."""

    def __init__(self, calls: ServerCalls, by: str) -> None:
        self._calls = calls
        self._by = by

    def every(self) -> list[HeartbeatView]:
        """Return every heartbeat."""
        return [HeartbeatView.model_validate(one) for one in every_one(self._calls, "heartbeats")]

    def one(self, name: str) -> HeartbeatView:
        """Return a heartbeat."""
        return HeartbeatView.model_validate(self._calls.get(_path(name)))

    def add(self, name: str, every_minutes: int, given: WatchEdit) -> NewHeartbeatView:
        """Watch for a heartbeat."""
        body = {"name": name, "every_minutes": every_minutes, **given.model_dump(mode="json", exclude_none=True)}
        return NewHeartbeatView.model_validate(self._calls.ask("POST", HEARTBEATS, body, by=self._by))

    def edit(self, name: str, edit: WatchEdit) -> HeartbeatView:
        """Change a heartbeat."""
        body = edit.model_dump(mode="json", exclude_none=True)
        return HeartbeatView.model_validate(self._calls.ask("PATCH", _path(name), body, by=self._by))

    def remove(self, name: str) -> None:
        """Watch for it no more."""
        self._calls.ask("DELETE", _path(name), by=self._by)

    def ping(self, name: str) -> None:
        """Say that it is there."""
        self._calls.ask("POST", _path(name), by=self._by)


def _path(name: str) -> str:
    return f"{HEARTBEATS}/{coded(name)}"
