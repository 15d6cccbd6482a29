"""What every store promises. Each backend passes the same contract suite (``tests/storage``).

- A change is atomic: all of it is there or none of it, whatever is killed, and whenever.
- Lost updates are impossible: a change whose expected versions or claims do not hold raises ``Conflict`` and
  writes nothing.
- One joinable incident per correlation key: claims are written conditionally, in the same change.
- A change that was committed can be committed again without effect: it is recognised by its id.
- What was committed is durable when the call returns, and seen by every later read of any process. Where a backend
  says so, ``find`` and ``due`` see it moments later; what they return is true all the same: a due record is read
  again, and whoever acts on a listed incident does so at its version.
- Reads return frozen models. No call costs more as incidents accumulate, but for what it returns.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple, Protocol

from tocsin.domain.frozen import Utc
from tocsin.domain.incident import Incident
from tocsin.domain.search import IncidentFilter
from tocsin.domain.source import Source
from tocsin.errors import Conflict

if TYPE_CHECKING:
    from tocsin.domain.alert import Alert
    from tocsin.domain.change import Change, Claim, Record
    from tocsin.domain.timeline import Event

MOST_EXAMINED = 1_000
"""Rows that one page of a list looks at; with a narrow filter a page may be short, or empty, and have a cursor."""

FIRST_NUMBER = 1001
"""The number of a new store's first incident."""


class Page(NamedTuple):
    """Some incidents, newest first, and an opaque cursor for what follows (empty at the end)."""

    incidents: Sequence[Incident]
    cursor: str = ""


class Touch(NamedTuple):
    """One more time that an alert was seen firing, as ``signature`` says: nothing else is new.

    ``at`` is our clock, ``observed_at`` its place in the source's own order.
    """

    source: Source
    key: str
    signature: str
    at: Utc
    observed_at: Utc


class Touched(NamedTuple):
    """Whether a touch was ``done``, and the ``row`` as it is now (None: there is none)."""

    done: bool
    row: "Alert | None"


class Store(Protocol):
    """Where incidents live. Every method may raise :class:`~tocsin.errors.StoreError`."""

    def commit(self, change: "Change") -> None:
        """Write all of ``change``, durably, or raise ``Conflict`` and write nothing of it."""

    def commit_many(self, changes: "Sequence[Change]") -> Sequence[Conflict | None]:
        """Write each change as :meth:`commit` would; return what each came to.

        The order of the changes of one incident is kept, and once one of them conflicts the later ones of that
        incident are not written either. Changes of different incidents may be written in any order.
        """

    def touch(self, touches: Sequence[Touch]) -> Sequence[Touched]:
        """Count and date each alert that still fires with the signature given; return what came of each, in order.

        The one write beside changes: the row's ``count`` grows by one, ``last_seen_at`` and ``observed_at`` are those
        of the touch, and ``version`` grows by one, so that a change that was decided meanwhile conflicts. A row is
        left alone that is absent, has ended, has another signature or none, or was observed later than the touch.
        Where an answer got lost, a touch may count twice.
        """

    def draw_numbers(self, count: int) -> range:
        """Return ``count`` incident numbers that nobody else gets, from :data:`FIRST_NUMBER` up. Gaps are fine."""

    def incident(self, incident_id: str) -> Incident | None:
        """Return the incident as last committed, or None."""

    def incidents(self, incident_ids: Iterable[str]) -> Mapping[str, Incident]:
        """Return those of ``incident_ids`` that exist, by id."""

    def find(self, wanted: IncidentFilter, *, limit: int = 50, cursor: str = "") -> Page:
        """Return up to ``limit`` matching incidents, newest opening first, ties by higher number.

        Examines at most :data:`MOST_EXAMINED` rows. A cursor that no page gave raises
        :class:`~tocsin.errors.InvalidInput`.
        """

    def timeline(self, incident_id: str) -> "Sequence[Event]":
        """Return every event of the incident, in order."""

    def alerts(self, source: Source) -> "Sequence[Alert]":
        """Return the alert rows of a source: current episodes and tombstones, expired ones perhaps included."""

    def alerts_named(self, source: Source, keys: Iterable[str]) -> "Mapping[str, Alert]":
        """Return those rows of a source that exist under these keys, by key."""

    def alerts_from(self, source: Source, origin: str) -> "Sequence[Alert]":
        """Return the rows of a source whose keys begin with ``origin`` and a colon: those of one monitor."""

    def alerts_page(self, source: Source, *, after: str = "", limit: int) -> "Sequence[Alert]":
        """Return up to ``limit`` rows of a source in the order of their keys, from the first beyond ``after``."""

    def alerts_of(self, incident_id: str) -> "Sequence[Alert]":
        """Return every episode that belongs to the incident, current and archived, by key and episode."""

    def claims(self, keys: Iterable[str]) -> "Mapping[str, Claim]":
        """Return the claims that exist for these correlation keys."""

    def record(self, kind: str, record_id: str) -> "Record | None":
        """Return one record, or None."""

    def records(self, kind: str, *, after: str = "", limit: int) -> "Sequence[Record]":
        """Return up to ``limit`` records of a kind in the order of their ids, from the first beyond ``after``.

        Expired ones are perhaps included.
        """

    def due(self, now: Utc, *, limit: int = 100) -> "Sequence[Record]":
        """Return up to ``limit`` records whose ``due_at`` has come, the longest due first."""

    def remove(self, incident: Incident) -> None:
        """Forget an incident with its timeline and archived alerts, if its version is still this one.

        Raises ``Conflict`` otherwise. What it opened elsewhere (claims, current alert rows) stays.
        """

    def close(self) -> None:
        """Release files, locks and connections. Closing twice is no error."""
