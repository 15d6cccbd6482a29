"""One incident as the store holds it, and the line that it is in a file that was written anew.

That line names at its beginning what the store would otherwise have to parse all of it for::

    {"crc":"...","n":7,"dossier":["INC-1006","2026-03-02T12:00:00+00:00",4,false,1200,1750,420],
     "incidents":[...],"events":[...],"archived":[...]}

that is: id, opening, version, whether active, and the bytes of the three texts that follow. Reading them by that is
several times as quick as parsing; whoever parses the line may pass it over.
"""

from collections.abc import Sequence

import orjson

from tocsin.domain.incident import Incident
from tocsin.domain.search import ACTIVE

from .line import IncidentDocument
from .paging import Place, place_of

ENVELOPE = 192
"""Bytes. The most that the line of a dossier holds beside its three texts, with an id of ordinary length."""

_INDEX = b'"dossier":'
_INDEX_ENDS_BEFORE = 64
_INCIDENTS = b',"incidents":['
_EVENTS = b'],"events":['
_ARCHIVED = b'],"archived":['

_ACTIVE = frozenset(status.value for status in ACTIVE)
# What a document without the field has.
_STATUS: str = Incident.model_fields["status"].default
_VERSION: int = Incident.model_fields["version"].default


class Dossier:
    """The row of an incident, its events and its archived episodes, each as pieces of JSON text.

    What an incident that is not there (any more) left behind has no row and no place.
    """

    __slots__ = ("active", "archived", "events", "place", "row", "version")

    def __init__(self) -> None:
        self.row = b""
        self.version = 0
        self.active = False
        self.place: Place | None = None
        self.events: list[bytes] = []
        self.archived: list[bytes] = []

    @property
    def size(self) -> int:
        """The most bytes that the dossier takes in a file that is written anew."""
        return ENVELOPE + len(self.row) + _size(self.events) + _size(self.archived)

    def put(self, document: IncidentDocument) -> Place:
        """Make ``document`` the row; return where that stands."""
        self.row = as_text(document)
        self.version = document.get("version", _VERSION)
        self.active = document.get("status", _STATUS) in _ACTIVE
        self.place = place_of(document["opened_at"], document["id"])
        return self.place

    def body(self) -> bytes:
        """Return the body of its line."""
        self.events, self.archived = _joined(self.events), _joined(self.archived)
        events, archived = b"".join(self.events), b"".join(self.archived)
        texts = b"%b%b%b%b%b%b]}" % (_INCIDENTS, self.row, _EVENTS, events, _ARCHIVED, archived)
        if self.place is None:
            return b"{" + texts[1:]
        opened_at, _, incident_id = self.place
        facts = [incident_id, opened_at.isoformat(), self.version, self.active]
        return b"{%b%b%b" % (_INDEX, orjson.dumps([*facts, len(self.row), len(events), len(archived)]), texts)


def filed(raw: bytes) -> Dossier | None:
    """Return the dossier that a whole line is, as :meth:`Dossier.body` wrote it; None if the line is another."""
    at = raw.find(_INDEX, 0, _INDEX_ENDS_BEFORE) + len(_INDEX)
    if at < len(_INDEX):
        return None
    end = raw.index(_INCIDENTS, at)
    dossier = Dossier()
    incident_id, opened_at, dossier.version, dossier.active, row, events, archived = orjson.loads(raw[at:end])
    dossier.place = place_of(opened_at, incident_id)
    at = end + len(_INCIDENTS)
    dossier.row = raw[at : at + row]
    at += row + len(_EVENTS)
    if events:
        dossier.events.append(raw[at : at + events])
    at += events + len(_ARCHIVED)
    if archived:
        dossier.archived.append(raw[at : at + archived])
    return dossier


def as_text(document: object) -> bytes:
    """Return ``document`` as JSON."""
    # orjson hands out the much larger buffer that it wrote to: a copy takes no more room than the text.
    return bytes(memoryview(orjson.dumps(document)))


def _joined(pieces: list[bytes]) -> list[bytes]:
    return [b",".join(pieces)] if len(pieces) > 1 else pieces


def _size(pieces: Sequence[bytes]) -> int:
    return sum(map(len, pieces)) + len(pieces)
