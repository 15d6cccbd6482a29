"""The schedules of a server: the same for the command line, asked for over HTTP."""

from datetime import datetime
from typing import Any

from tocsin.api.schedule_views import CoverageView, CurrentList, FeedView, NewFeed, ScheduleView, ShiftList
from tocsin.domain.schedule import Schedule
from tocsin.errors import InvalidInput

from .schedules import Document
from .server_calls import ServerCalls, coded, seen
from .server_store import V1, every_one


class ServerSchedules:
    """:class:`~tocsin.entrypoints.schedules.ScheduleDesk` of a server."""

    def __init__(self, calls: ServerCalls, by: str) -> None:
        self._calls = calls
        self._by = by

    def every(self, team: str) -> list[ScheduleView]:
        """Return every schedule, or those of a team."""
        return [ScheduleView.model_validate(one) for one in every_one(self._calls, "schedules", team=team)]

    def show(self, name: str) -> ScheduleView:
        """Return a schedule."""
        return ScheduleView.model_validate(self._calls.get(_one(name)))

    def export(self, name: str) -> Schedule:
        """Return a schedule as it is kept."""
        return Schedule.model_validate(self._calls.get(f"{_one(name)}/export"))

    def add(self, document: Document) -> ScheduleView:
        """Make a schedule."""
        return self._shown("POST", f"{V1}/schedules", document)

    def edit(self, name: str, document: Document, expected: int | None = None) -> ScheduleView:
        """Change a schedule; ``expected``: only if that is its version."""
        said = self._calls.ask("PATCH", _one(name), document, by=self._by, if_match=seen(expected))
        return ScheduleView.model_validate(said)

    def remove(self, name: str, expected: int | None = None) -> None:
        """Delete a schedule."""
        self._calls.ask("DELETE", _one(name), by=self._by, if_match=seen(expected))

    def put_layer(self, name: str, layer: str, document: Document) -> ScheduleView:
        """Put a layer into a schedule."""
        return self._shown("PUT", f"{_one(name)}/layers/{coded(layer)}", document)

    def take_layer(self, name: str, layer: str) -> ScheduleView:
        """Take a layer off."""
        return self._shown("DELETE", f"{_one(name)}/layers/{coded(layer)}")

    def add_override(self, name: str, document: Document) -> ScheduleView:
        """Add an override."""
        return self._shown("POST", f"{_one(name)}/overrides", document)

    def swap(self, name: str, document: Document) -> ScheduleView:
        """Have two people take each other's shifts."""
        return self._shown("POST", f"{_one(name)}/swaps", document)

    def take_override(self, name: str, override: str) -> ScheduleView:
        """Take an override back."""
        return self._shown("DELETE", f"{_one(name)}/overrides/{coded(override)}")

    def shifts(self, name: str, start: datetime, end: datetime, person: str) -> ShiftList:
        """Return shifts, those of one person if one is named; without a ``name`` one's own on every schedule."""
        if not name:
            return ShiftList.model_validate(self._calls.get(f"{_own(person)}/shifts", _span(start, end)))
        return ShiftList.model_validate(self._calls.get(f"{_one(name)}/shifts", _span(start, end) | {"person": person}))

    def coverage(self, name: str, start: datetime, end: datetime) -> CoverageView:
        """Return how well a time is covered."""
        return CoverageView.model_validate(self._calls.get(f"{_one(name)}/coverage", _span(start, end)))

    def current(self, at: datetime, team: str) -> CurrentList:
        """Return who is on call."""
        said = self._calls.get(f"{V1}/oncall/current", {"at": at.isoformat(), "team": team})
        return CurrentList.model_validate(said)

    def make_feed(self, name: str, label: str, person: str) -> NewFeed:
        """Make a link to the calendar of a schedule, or without a ``name`` of one's own shifts."""
        made = NewFeed.model_validate(self._ask("POST", _feeds(name, person), {"label": label}))
        return made.model_copy(update={"path": f"{self._calls.url}{made.path}"})

    def feeds(self, name: str, person: str) -> list[FeedView]:
        """Return the links to such a calendar."""
        return [FeedView.model_validate(one) for one in self._calls.get(_feeds(name, person))["feeds"]]

    def revoke_feed(self, name: str, feed: str, person: str) -> None:
        """Take such a link out of use."""
        self._ask("DELETE", f"{_feeds(name, person)}/{coded(feed)}")

    def _shown(self, method: str, path: str, body: Document | None = None) -> ScheduleView:
        return ScheduleView.model_validate(self._ask(method, path, body))

    def _ask(self, method: str, path: str, body: Document | None = None) -> Any:  # noqa: ANN401 - any JSON
        return self._calls.ask(method, path, body, by=self._by)


def _one(name: str) -> str:
    return f"{V1}/schedules/{coded(name)}"


def _own(person: str) -> str:
    if person.strip():
        message = "on a server these are your own: nobody else's over all schedules"
        raise InvalidInput(message, hint="leave --person out, and `login` as who it is, or name a schedule")
    return f"{V1}/users/me"


def _feeds(name: str, person: str) -> str:
    return f"{_one(name) if name else _own(person)}/feeds"


def _span(start: datetime, end: datetime) -> dict[str, str]:
    return {"from": start.isoformat(), "until": end.isoformat()}
