"""The store in one file: a journal of JSON lines that a person can read with ``jq``.

``line`` says what a line looks like, ``image`` what the lines add up to, ``conditions`` what a change presupposes,
``journal`` how lines get into the file and out of it, ``lock`` who may write, ``recovery`` what can be saved of a
damaged file.
"""

import logging
import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from datetime import datetime
from itertools import islice, takewhile
from pathlib import Path
from threading import RLock
from typing import TYPE_CHECKING, TypeVar

import orjson
from pydantic import ValidationError

from tocsin.domain.frozen import Frozen, Utc
from tocsin.domain.incident import Incident
from tocsin.domain.search import IncidentFilter
from tocsin.domain.source import Source
from tocsin.errors import Conflict, DamagedFile, InvalidInput, StoreError

from . import conditions
from .disk import Disk
from .image import Image
from .journal import Journal
from .line import CURRENT, Format, body_of, line_of, parsed
from .lock import SidecarLock
from .paging import Place, cursor_after, place_after
from .refusals import damaged, unwritable
from .store import MOST_EXAMINED, Page, Touch, Touched

if TYPE_CHECKING:
    # Each is imported by what returns it: whoever lists incidents waits for none of them.
    from tocsin.domain.alert import Alert
    from tocsin.domain.change import Change, Claim, Record
    from tocsin.domain.timeline import Event

SLACK = 1 << 20
"""Bytes. The file is written anew once it holds this much more than twice what lives in it."""

_log = logging.getLogger(__name__)

Model = TypeVar("Model", bound=Frozen)
Raw = TypeVar("Raw")


class JsonStore:
    """Keeps the promises of :class:`~tocsin.storage.store.Store` in one file, for any number of processes.

    The file is made by the first write, readable for its owner alone; the folder must exist. A write waits at most
    ``lock_timeout`` seconds for other processes and then raises ``StoreBusy``; reads never wait for them. A change
    is recognised when it is committed again by its event as long as its incident is there; one without an
    incident, while it is among the last 1,000 of those.
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        *,
        lock_timeout: float = 10.0,
        slack: int = SLACK,
        disk: Disk | None = None,
        file_format: Format = CURRENT,
    ) -> None:
        # A rename replaces what it names: it must be the file itself, not a link to it.
        self._path = Path(os.path.realpath(path))
        self._lock = SidecarLock(self._path, timeout=lock_timeout)
        self._journal = Journal(self._path, disk=disk or Disk(), file_format=file_format)
        self._slack = slack
        self._patience = 0
        self._mutex = RLock()

    @property
    def path(self) -> Path:
        """The file, links resolved."""
        return self._path

    def commit(self, change: "Change") -> None:
        """Write all of ``change``, durably, or raise ``Conflict`` and write nothing of it."""
        for conflict in self.commit_many([change]):
            if conflict is not None:
                raise conflict

    def commit_many(self, changes: "Sequence[Change]") -> Sequence[Conflict | None]:
        """Write each change as :meth:`commit` would, all with one sync; return what each came to."""
        if not changes:
            return []
        bodies = [body_of(change) for change in changes]
        outcomes: list[Conflict | None] = []
        accepted: list[bytes] = []
        held_up: set[str] = set()
        with self._writing() as image:
            for change, body in zip(changes, bodies, strict=True):
                said = _held_up(change, held_up) or conditions.conflict(image, change)
                if change.id in image.recent or (said and conditions.committed(image, change)):
                    outcomes.append(None)
                elif said:
                    held_up |= {write.incident.id for write in change.incidents}
                    outcomes.append(Conflict(said, hint="somebody else wrote first: read again and decide again"))
                else:
                    image.apply(parsed(body))
                    accepted.append(body)
                    outcomes.append(None)
            if accepted:
                self._append(accepted, image)
            elif None in outcomes:
                self._journal.settle()
        return outcomes

    def touch(self, touches: Sequence[Touch]) -> Sequence[Touched]:
        """Count and date each alert that still fires with the signature given, all with one line and one sync."""
        if not touches:
            return []
        found: list[tuple[bool, bytes]] = []
        fit: list[Touch] = []
        with self._writing() as image:
            for touch in touches:
                done = conditions.touchable(image, touch)
                if done:
                    image.apply(line_of([touch]))
                    fit.append(touch)
                row = image.alerts.get(touch.source.value, {}).get(touch.key)
                found.append((done, b"" if row is None else row.raw))
            if fit:
                self._append([orjson.dumps(line_of(fit))], image)
        return [
            Touched(done, self._alert(touch.key, raw) if raw else None)
            for touch, (done, raw) in zip(touches, found, strict=True)
        ]

    def draw_numbers(self, count: int) -> range:
        """Return ``count`` incident numbers that nobody else gets. Raises ``InvalidInput`` below 1."""
        if count < 1:
            raise InvalidInput(f"cannot draw {count} incident numbers: at least one")
        with self._writing() as image:
            first = image.next_number
            body = orjson.dumps({"numbers": first + count})
            image.apply(parsed(body))
            # The change that uses a number is synced, and so is then what stands before it.
            self._append([body], image, sync=False)
        return range(first, first + count)

    def remove(self, incident: Incident) -> None:
        """Forget an incident with its timeline and archived alerts, or raise ``Conflict``."""
        with self._writing() as image:
            if said := conditions.stale(image, incident.id, incident.version):
                raise Conflict(said, hint="read it again")
            body = orjson.dumps({"removed": incident.id})
            image.apply(parsed(body))
            self._append([body], image)

    def compact(self) -> None:
        """Write the file anew without what is over: older states, removed incidents, expired alerts and records.

        It happens by itself when it pays; calling it is never needed.
        """
        with self._writing():
            if self._journal.size:
                try:
                    self._journal.rewrite()
                except OSError as error:
                    raise unwritable(self._path, error) from error

    def incident(self, incident_id: str) -> Incident | None:
        """Return the incident as last committed, or None."""
        return self.incidents([incident_id]).get(incident_id)

    def incidents(self, incident_ids: Iterable[str]) -> Mapping[str, Incident]:
        """Return those of ``incident_ids`` that exist, by id."""
        with self._reading() as image:
            rows = {one: image.row(one) for one in incident_ids}
        return {one: self._model(Incident, row, one) for one, row in rows.items() if row}

    def find(self, wanted: IncidentFilter, *, limit: int = 50, cursor: str = "") -> Page:
        """Return up to ``limit`` matching incidents, newest opening first, ties by higher number."""
        _at_least_one(limit, "incidents")
        before: Place | tuple[datetime] | None = None if wanted.until is None else (wanted.until,)
        if cursor:
            before = place_after(cursor)
        found: list[Incident] = []
        last: Place | None = None
        with self._reading() as image:
            for examined, (place, row) in enumerate(image.newest(active=wanted.active_only, before=before)):
                if wanted.since is not None and place[0] < wanted.since:
                    break
                if last is not None and (len(found) == limit or examined == MOST_EXAMINED):
                    return Page(found, cursor_after(last))
                last = place
                incident = self._model(Incident, row, place[2])
                if wanted.matches(incident):
                    found.append(incident)
        return Page(found)

    def timeline(self, incident_id: str) -> "Sequence[Event]":
        """Return every event of the incident, in order."""
        from tocsin.domain.timeline import Event

        with self._reading() as image:
            dossier = image.dossiers.get(incident_id)
            pieces = [] if dossier is None else list(dossier.events)
        events = self._models(Event, pieces, f"an event of {incident_id}")
        return sorted(events, key=lambda event: (event.version, event.ordinal))

    def alerts(self, source: Source) -> "Sequence[Alert]":
        """Return the alert rows of a source: current episodes and tombstones, expired ones perhaps included."""
        return self._alerts(source, lambda image: image.alerts.get(source.value, {}))

    def alerts_named(self, source: Source, keys: Iterable[str]) -> "Mapping[str, Alert]":
        """Return those rows of a source that exist under these keys, by key."""
        return {alert.key: alert for alert in self._alerts(source, lambda _: keys)}

    def alerts_from(self, source: Source, origin: str) -> "Sequence[Alert]":
        """Return the rows of a source whose keys begin with ``origin`` and a colon: those of one monitor."""
        return self._alerts(source, lambda image: image.alert_keys_of(source.value, origin))

    def alerts_page(self, source: Source, *, after: str = "", limit: int) -> "Sequence[Alert]":
        """Return up to ``limit`` rows of a source in the order of their keys, from the first beyond ``after``."""
        _at_least_one(limit, "alerts")
        return self._alerts(source, lambda image: islice(image.alert_keys(source.value, after=after), limit))

    def alerts_of(self, incident_id: str) -> "Sequence[Alert]":
        """Return every episode that belongs to the incident, current and archived, by key and episode."""
        from tocsin.domain.alert import Alert

        with self._reading() as image:
            dossier = image.dossiers.get(incident_id)
            pieces = [] if dossier is None else list(dossier.archived)
            rows = [image.alerts[source][key].raw for source, key in image.alerts_of.get(incident_id, ())]
        # A tombstone and its archived episode are one: the archive lasts, so it is what counts.
        episodes = self._models(Alert, [*rows, *pieces], f"an alert of {incident_id}")
        by_place = {(alert.key, alert.episode, alert.source.value): alert for alert in episodes}
        return [alert for _, alert in sorted(by_place.items())]

    def claims(self, keys: Iterable[str]) -> "Mapping[str, Claim]":
        """Return the claims that exist for these correlation keys."""
        from tocsin.domain.change import Claim

        with self._reading() as image:
            rows = {key: image.claims.get(key) for key in keys}
        return {key: self._model(Claim, row.raw, f"the claim on {key!r}") for key, row in rows.items() if row}

    def record(self, kind: str, record_id: str) -> "Record | None":
        """Return one record, or None."""
        with self._reading() as image:
            row = image.records.get((kind, record_id))
        return None if row is None else self._record(kind, record_id, row.raw)

    def records(self, kind: str, *, after: str = "", limit: int) -> "Sequence[Record]":
        """Return up to ``limit`` records of a kind in the order of their ids, from the first beyond ``after``."""
        _at_least_one(limit, "records")
        with self._reading() as image:
            ids = islice(image.record_ids(kind, after=after), limit)
            rows = [(record_id, image.records[kind, record_id].raw) for record_id in ids]
        return [self._record(kind, record_id, raw) for record_id, raw in rows]

    def due(self, now: Utc, *, limit: int = 100) -> "Sequence[Record]":
        """Return up to ``limit`` records whose ``due_at`` has come, the longest due first."""
        with self._reading() as image:
            come = list(takewhile(lambda due: due[0] <= now, islice(image.due, limit)))
            rows = [(kind, record_id, image.records[kind, record_id].raw) for _, kind, record_id in come]
        return [self._record(kind, record_id, raw) for kind, record_id, raw in rows]

    def upcoming_number(self) -> int:
        """Return the first number that nobody has drawn yet."""
        with self._reading() as image:
            return image.next_number

    def claim_keys(self) -> Sequence[str]:
        """Return the correlation keys of all claims."""
        with self._reading() as image:
            return list(image.claims)

    def record_keys(self) -> Sequence[tuple[str, str]]:
        """Return kind and id of all records."""
        with self._reading() as image:
            return list(image.records)

    def close(self) -> None:
        """Let go of what is held in memory; nothing else is held between calls. Closing twice is no error."""
        with self._mutex:
            self._journal.forget()

    @contextmanager
    def _reading(self) -> Iterator[Image]:
        with self._mutex:
            try:
                image = self._journal.catch_up()
            except DamagedFile as damage:
                image = self._look_again(damage)
            yield image

    def _look_again(self, damage: DamagedFile) -> Image:
        # While a writer cuts a torn tail off and goes on, a reader may see neither the one nor the other.
        with ExitStack() as stack:
            try:
                stack.enter_context(self._lock.held())
            except StoreError:
                raise damage from None
            return self._journal.catch_up()

    @contextmanager
    def _writing(self) -> Iterator[Image]:
        with self._mutex, self._lock.held():
            image = self._journal.catch_up()
            try:
                yield image
            except Conflict:
                raise
            except BaseException:
                self._journal.forget()  # the image may be ahead of the file
                raise

    def _append(self, bodies: Sequence[bytes], image: Image, *, sync: bool = True) -> None:
        self._journal.append(bodies, sync=sync)
        size = self._journal.size
        if size <= max(2 * image.live + self._slack, self._patience):
            return
        try:
            self._journal.rewrite()
            self._patience = 0
        except OSError as error:
            # What was committed is safe. A full disk gets better or not: try again when the file has grown by a half.
            self._patience = size + size // 2
            _log.warning("%s could not be compacted and goes on growing: %s", self._path, error.strerror or error)

    def _alerts(self, source: Source, keys_in: Callable[[Image], Iterable[str]]) -> "list[Alert]":
        with self._reading() as image:
            rows = image.alerts.get(source.value, {})
            found = [(key, rows[key].raw) for key in keys_in(image) if key in rows]
        return [self._alert(key, raw) for key, raw in found]

    def _alert(self, key: str, raw: bytes) -> "Alert":
        from tocsin.domain.alert import Alert

        return self._model(Alert, raw, f"alert {key!r}")

    def _record(self, kind: str, record_id: str, raw: bytes) -> "Record":
        from tocsin.domain.change import Record

        return self._model(Record, raw, f"{kind} {record_id!r}")

    def _models(self, model: type[Model], pieces: Sequence[bytes], what: str) -> list[Model]:
        return [self._validated(model.model_validate, one, what) for one in orjson.loads(b"[%b]" % b",".join(pieces))]

    def _model(self, model: type[Model], raw: bytes, what: str) -> Model:
        return self._validated(model.model_validate_json, raw, what)

    def _validated(self, validate: Callable[[Raw], Model], raw: Raw, what: str) -> Model:
        try:
            return validate(raw)
        except ValidationError as error:
            first = error.errors()[0]
            where = ".".join(str(step) for step in first["loc"])
            raise damaged(self._path, f"{what} cannot be understood ({where}: {first['msg']})") from None


def _at_least_one(limit: int, what: str) -> None:
    if limit < 1:
        raise InvalidInput(f"cannot list {limit} {what}: at least one")


def _held_up(change: "Change", held_up: set[str]) -> str:
    for write in change.incidents:
        if write.incident.id in held_up:
            return f"{write.incident.id}: an earlier change of it was not written"
    return ""
