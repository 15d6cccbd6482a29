"""The incidents of a server, as far as whoever looks at them needs a store. What is written goes by ``ServerIncidents``."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NoReturn

from tocsin.domain.alert import Alert, Source
from tocsin.domain.change import Change, Claim, Record
from tocsin.domain.frozen import Utc
from tocsin.domain.incident import Incident
from tocsin.domain.search import IncidentFilter
from tocsin.domain.timeline import Event
from tocsin.errors import Conflict, InvalidInput, NotFound, PreconditionFailed
from tocsin.storage.store import Page, Touch, Touched

from .server_calls import ServerCalls

V1 = "/api/v1"
MOST_LISTED = 200
"""Incidents that the server lists at once."""


class ServerStore:
    """Reads incidents from a server; refuses what only the store itself can do."""

    def __init__(self, calls: ServerCalls) -> None:
        self.calls = calls
        self._last: dict[str, Any] = {}

    def incident(self, incident_id: str) -> Incident | None:
        """Return the incident as it is on the server, or None."""
        try:
            self._last = self.calls.get(f"{V1}/incidents/{incident_id}")
        except NotFound:
            return None
        return incident_of(self._last)

    def incidents(self, incident_ids: Iterable[str]) -> Mapping[str, Incident]:
        """Return those that exist, by id."""
        found = {one: self.incident(one) for one in incident_ids}
        return {one: incident for one, incident in found.items() if incident is not None}

    def find(self, wanted: IncidentFilter, *, limit: int = 50, cursor: str = "") -> Page:
        """Return a page of incidents; it may be shorter than asked for, and have a cursor."""
        asked = parameters(wanted) | {"limit": min(limit, MOST_LISTED), "cursor": cursor}
        said = self.calls.get(f"{V1}/incidents", asked)
        return Page([incident_of(one) for one in said["incidents"]], said["cursor"])

    def timeline(self, incident_id: str) -> Sequence[Event]:
        """Return every event of the incident, in order."""
        return [Event.model_validate(one) for one in self._whole(incident_id).get("timeline", ())]

    def alerts_of(self, incident_id: str) -> Sequence[Alert]:
        """Return every episode of the incident, without those of what was merged into it."""
        alerts = [Alert.model_validate(one) for one in self._whole(incident_id).get("alerts", ())]
        return [one for one in alerts if one.incident_id == incident_id]

    def remove(self, incident: Incident) -> None:
        """Delete an incident, unless a person has edited it since."""
        try:
            self.calls.ask("DELETE", f"{V1}/incidents/{incident.id}", if_match=tag_of(incident.revision))
        except PreconditionFailed as error:
            raise Conflict(str(error)) from None

    def close(self) -> None:
        """Give the connections back."""
        self.calls.close()

    def commit(self, change: Change) -> None:
        """Refuse."""
        self._refuse(change)

    def commit_many(self, changes: Sequence[Change]) -> Sequence[Conflict | None]:
        """Refuse."""
        self._refuse(changes)

    def touch(self, touches: Sequence[Touch]) -> Sequence[Touched]:
        """Refuse."""
        self._refuse(touches)

    def draw_numbers(self, count: int) -> range:
        """Refuse."""
        self._refuse(count)

    def alerts(self, source: Source) -> Sequence[Alert]:
        """Refuse."""
        self._refuse(source)

    def alerts_named(self, source: Source, keys: Iterable[str]) -> Mapping[str, Alert]:
        """Refuse."""
        self._refuse(source, keys)

    def alerts_from(self, source: Source, origin: str) -> Sequence[Alert]:
        """Refuse."""
        self._refuse(source, origin)

    def alerts_page(self, source: Source, *, after: str = "", limit: int) -> Sequence[Alert]:
        """Refuse."""
        self._refuse(source, after, limit)

    def claims(self, keys: Iterable[str]) -> Mapping[str, Claim]:
        """Refuse."""
        self._refuse(keys)

    def record(self, kind: str, record_id: str) -> Record | None:
        """Refuse."""
        self._refuse(kind, record_id)

    def records(self, kind: str, *, after: str = "", limit: int) -> Sequence[Record]:
        """Refuse."""
        self._refuse(kind, after, limit)

    def due(self, now: Utc, *, limit: int = 100) -> Sequence[Record]:
        """Refuse."""
        self._refuse(now, limit)

    def _whole(self, incident_id: str) -> dict[str, Any]:
        """Return what the server says of an incident; what was just asked for is not asked for again."""
        if self._last.get("id") != incident_id and self.incident(incident_id) is None:
            return {}
        return self._last

    def _refuse(self, *_what: object) -> NoReturn:
        message = f"this works on a store, and not on the server at {self.calls.url}"
        raise InvalidInput(message, hint="leave --server (TOCSIN_SERVER) out, or do it where the server's store is")


def every_one(calls: ServerCalls, what: str, **wanted: str) -> Iterator[Any]:
    """Yield every one of a resource, page by page; ``wanted`` are further parameters of the list."""
    cursor = ""
    while True:
        said = calls.get(f"{V1}/{what}", wanted | {"limit": MOST_LISTED, "cursor": cursor})
        yield from said[what]
        cursor = said["cursor"]
        if not cursor:
            return


def incident_of(said: Mapping[str, Any]) -> Incident:
    """Return the incident that the server shows."""
    return Incident.model_validate({**said, "alerts": said["alert_counts"]})


def tag_of(revision: int) -> str:
    """Return a tag that matches this revision, whatever a machine changed."""
    return f'"{revision}-0"'


def parameters(wanted: IncidentFilter) -> dict[str, Any]:
    """Return a filter as the parameters that mean it."""
    return {
        "status": [status.value for status in wanted.statuses],
        "severity": [severity.value for severity in wanted.severities],
        "service": wanted.service,
        "environment": wanted.environment,
        "team": wanted.team,
        "source": wanted.source.value if wanted.source else "",
        "assignee": wanted.assignee,
        "text": wanted.text,
        "since": wanted.since.isoformat() if wanted.since else "",
        "until": wanted.until.isoformat() if wanted.until else "",
    }
