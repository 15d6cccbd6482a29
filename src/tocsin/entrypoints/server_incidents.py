"""What a person does with the incidents of a server: the same service, whose moves are made over HTTP."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any, NoReturn, Unpack

from typing_extensions import override

from tocsin.domain.alert import Alert
from tocsin.domain.audit import Actor
from tocsin.domain.change import Record
from tocsin.domain.deleting import DELETED
from tocsin.domain.editing import Edit
from tocsin.domain.incident import Incident
from tocsin.domain.people import Role
from tocsin.domain.rules import Rules
from tocsin.domain.search import IncidentFilter
from tocsin.domain.severity import Severity
from tocsin.domain.statistics import Metrics, Statistics
from tocsin.domain.timeline import SYSTEM, Event
from tocsin.errors import InvalidInput
from tocsin.services import removing
from tocsin.services.acting import How
from tocsin.services.idempotency import Once
from tocsin.services.incidents import IncidentService
from tocsin.services.source import AlertSource
from tocsin.services.sync import SyncReport
from tocsin.services.tick import EnoughTime, TickReport, always
from tocsin.services.viewing import Whole

from .server_calls import ServerCalls, coded
from .server_store import V1, ServerStore, incident_of, parameters, tag_of

EVER = datetime(1970, 1, 1, tzinfo=UTC)
"""The server's figures look back some weeks unless a time is given."""


class ServerIncidents(IncidentService):
    """:class:`~tocsin.services.incidents.IncidentService` for the incidents of a server. Listing is inherited."""

    def __init__(self, calls: ServerCalls) -> None:
        super().__init__(ServerStore(calls), rules=Rules())
        self._calls = calls

    @override
    def sync(
        self, source: AlertSource, *, dry_run: bool = False, adopt: bool = False, enough_time: EnoughTime = always
    ) -> NoReturn:
        message = f"the server at {self._calls.url} reads Datadog itself"
        raise InvalidInput(message, hint="leave --server (TOCSIN_SERVER) out to read it here, into a store")

    def sync_there(self, *, dry_run: bool, adopt: bool) -> SyncReport:
        """Have the server read its Datadog once."""
        return SyncReport.model_validate(self._calls.ask("POST", f"{V1}/sync", {"dry_run": dry_run, "adopt": adopt}))

    @override
    def tick(self, *, enough_time: EnoughTime = always) -> TickReport:
        return TickReport.model_validate(self._calls.ask("POST", f"{V1}/tick"))

    @override
    def whole(self, incident_id: str) -> Whole:
        said = self._calls.get(f"{V1}/incidents/{incident_id}")
        timeline = tuple(Event.model_validate(one) for one in said["timeline"])
        noted = {one["id"] for one in said["notes"]}
        return Whole(
            incident=incident_of(said),
            alerts=tuple(Alert.model_validate(one) for one in said["alerts"]),
            timeline=timeline,
            notes=tuple(one for one in timeline if f"{one.version}.{one.ordinal}" in noted),
            metrics=Metrics.model_validate(said["durations"]),
        )

    @override
    def metrics(self, incident_id: str) -> Metrics:
        return Metrics.model_validate(self._calls.get(f"{V1}/incidents/{incident_id}/metrics"))

    @override
    def statistics(self, wanted: IncidentFilter, *, most: int | None = None) -> Statistics:
        asked = parameters(wanted.model_copy(update={"since": wanted.since or EVER}))
        return Statistics.model_validate(self._calls.get(f"{V1}/incidents/stats/summary", asked))

    @override
    def open(
        self,
        title: str,
        *,
        by: str,
        severity: Severity | str | None = None,
        description: str = "",
        service: str = "",
        environment: str = "",
        team: str = "",
        tags: Iterable[str] = (),
        logs: Iterable[str] = (),
        assignees: Iterable[str] = (),
        once: Once | None = None,
    ) -> Incident:
        body = {
            "title": title,
            "severity": severity,
            "description": description,
            "service": service,
            "environment": environment,
            "team": team,
            "tags": list(tags),
            "logs": list(logs),
            "assignees": list(assignees),
        }
        return incident_of(self._calls.ask("POST", f"{V1}/incidents", body, by=by))

    @override
    def acknowledge(self, incident_id: str, **how: Unpack[How]) -> Incident:
        return self._move("POST", incident_id, "/acknowledge", how)

    @override
    def start(self, incident_id: str, **how: Unpack[How]) -> Incident:
        return self._move("POST", incident_id, "/start", how)

    @override
    def resolve(
        self,
        incident_id: str,
        *,
        by: str = SYSTEM,
        root_cause: str = "",
        steps: Sequence[str] = (),
        expected_revision: int | None = None,
        once: Once | None = None,
    ) -> Incident:
        body = {"root_cause": root_cause, "resolution_steps": list(steps)}
        how: How = {"by": by, "expected_revision": expected_revision}
        return self._move("POST", incident_id, "/resolve", how, body)

    @override
    def close(self, incident_id: str, **how: Unpack[How]) -> Incident:
        return self._move("POST", incident_id, "/close", how)

    @override
    def edit(self, incident_id: str, edit: Edit, **how: Unpack[How]) -> Incident:
        given = edit.model_dump(mode="json", include=edit.model_fields_set)
        # A snooze that is taken back is null; of the others null says nothing.
        body = {name: value for name, value in given.items() if value is not None or name == "snoozed_until"}
        note = body.pop("note", "")
        return self._move("PATCH", incident_id, "", how, body | ({"notes": note} if note else {}))

    @override
    def assign(self, incident_id: str, who: str, *, role: Role | str | None = None, **how: Unpack[How]) -> Incident:
        return self._move("PUT", incident_id, f"/assignments/{coded(who)}", how, {"role": role})

    @override
    def unassign(self, incident_id: str, who: str, **how: Unpack[How]) -> Incident:
        return self._move("DELETE", incident_id, f"/assignments/{coded(who)}", how)

    @override
    def note(self, incident_id: str, text: str, **how: Unpack[How]) -> Incident:
        return self._move("POST", incident_id, "/notes", how, {"text": text})

    @override
    def set_severity(self, incident_id: str, severity: Severity | str, **how: Unpack[How]) -> Incident:
        return self._move("PATCH", incident_id, "", how, {"severity": severity})

    @override
    def snooze(self, incident_id: str, until: datetime, **how: Unpack[How]) -> Incident:
        return self._move("POST", incident_id, "/snooze", how, {"until": until.isoformat()})

    @override
    def unsnooze(self, incident_id: str, **how: Unpack[How]) -> Incident:
        return self._move("POST", incident_id, "/unsnooze", how)

    @override
    def merge(self, incident_id: str, into: str, **how: Unpack[How]) -> Incident:
        return self._move("POST", incident_id, "/merge", how, {"into": into})

    @override
    def delete(self, incident_id: str, *, actor: Actor | None = None, **how: Unpack[How]) -> Record:
        self._ask("DELETE", incident_id, "", how)
        return Record(kind=DELETED, id=incident_id, body={"incident_id": incident_id, "by": how["by"]})

    @override
    def prune(self, *, closed_before: datetime, by: str = SYSTEM) -> list[str]:
        # The server puts each of them on record.
        return removing.prune(self.store, self.closed(before=closed_before))

    def _move(self, method: str, incident_id: str, rest: str, how: How, body: dict[str, Any] | None = None) -> Incident:
        return incident_of(self._ask(method, incident_id, rest, how, body))

    def _ask(self, method: str, incident_id: str, rest: str, how: How, body: dict[str, Any] | None = None) -> Any:  # noqa: ANN401 - any JSON
        revision = how.get("expected_revision")
        return self._calls.ask(
            method,
            f"{V1}/incidents/{incident_id}{rest}",
            body,
            by=how["by"],
            if_match="" if revision is None else tag_of(revision),
        )
