r"""What a line of the file looks like, and the proof that it is whole.

::

    {"format":"tocsin-incidents","version":2,"generation":"9f0c..."}
    {"crc":"5e1d90aa","n":2,"change":"...","at":"...","incidents":[...],"events":[...],"alerts":[...]}
    {"crc":"01b7c3f2","n":3,"numbers":1011}
    {"crc":"7a40e11c","n":4,"touched":[["alertmanager","prom:a6d8","2026-03-02T12:04:00+00:00","2026-03-02T12:00:00+00:00"]]}

``crc`` is the CRC-32 of everything between the comma behind it and the end of the line; ``n`` is the number of
the line. Together they find a byte that changed and a line that went missing, doubled or out of place, and still
``jq`` reads every line. Documents are the models without the fields that have their default value, so **a default
may not be changed without a new format version**.

Version 2 has lines that touch; a reader of version 1 would pass them over, and take a row for older than it is.
"""

import secrets
import zlib
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple, NotRequired, TypedDict, cast

import orjson
from pydantic_core import PydanticSerializationError

from tocsin.errors import InvalidInput

from .store import Touch

if TYPE_CHECKING:
    from tocsin.domain.change import Change

NAME = "tocsin-incidents"
VERSION = 2

FIRST = 2
"""The number of the first line after the header."""

_SUMMED = slice(len('{"crc":"00000000",'), -1)
_NUMBER = _SUMMED.start + len('"n":')


class IncidentDocument(TypedDict):
    """Of an incident, what the store itself looks at. So with the others."""

    id: str
    opened_at: str
    status: NotRequired[str]
    version: NotRequired[int]


class EventDocument(TypedDict):
    """An event."""

    incident_id: str
    version: int
    ordinal: int
    change_id: NotRequired[str]


class AlertDocument(TypedDict):
    """An alert row, or an archived episode."""

    source: str
    key: str
    incident_id: str
    episode: NotRequired[int]
    ended_at: NotRequired[str]
    expires_at: NotRequired[str]
    version: NotRequired[int]
    observed_at: str
    count: NotRequired[int]
    last_seen_at: NotRequired[str]
    signature: NotRequired[str]


class ClaimDocument(TypedDict):
    """A claim."""

    key: str
    incident_id: str


class RecordDocument(TypedDict):
    """A record."""

    kind: str
    id: str
    due_at: NotRequired[str]
    expires_at: NotRequired[str]
    version: NotRequired[int]


class Line(TypedDict, total=False):
    """All that a line can say; a change says some of it, and all at once.

    ``touched`` are the alerts that were seen once more: source, key, when by our clock and by the source's; ``gone``
    the kinds and ids of records that went. ``numbers`` is the next incident number to draw, ``removed`` an incident
    that was forgotten, ``recent`` are the ids of changes that no event remembers.
    """

    change: str
    at: str
    incidents: list[IncidentDocument]
    events: list[EventDocument]
    alerts: list[AlertDocument]
    archived: list[AlertDocument]
    claims: list[ClaimDocument]
    records: list[RecordDocument]
    touched: list[tuple[str, str, str, str]]
    gone: list[list[str]]
    numbers: int
    removed: str
    recent: list[str]


class Format(NamedTuple):
    """The version that is written, and for each older one ``n`` the function that makes a line ``n + 1`` of it."""

    version: int = VERSION
    upgrades: Mapping[int, Callable[[Line], Line]] = MappingProxyType({})

    def upgraded(self, line: Line, version: int) -> Line:
        """Return a line of ``version`` as this version writes it."""
        for older in range(version, self.version):
            line = self.upgrades[older](line)
        return line


CURRENT = Format(upgrades={1: lambda line: line})


class Header(NamedTuple):
    """The first line. ``generation`` is another one each time the file is written anew."""

    version: int
    generation: str


def new_header(file_format: Format) -> bytes:
    """Return the first line of a file that nobody has written yet."""
    return orjson.dumps({"format": NAME, "version": file_format.version, "generation": secrets.token_hex(8)}) + b"\n"


def header_of(raw: bytes) -> Header | None:
    """Read a first line; None if no file of ours begins like this."""
    try:
        found = orjson.loads(raw)
    except orjson.JSONDecodeError:
        return None
    match found:
        case {"format": str(name), "version": int(version), "generation": str(generation)} if name == NAME:
            return Header(version, generation) if version >= 1 and raw.endswith(b"\n") else None
    return None


def sealed(number: int, body: bytes) -> bytes:
    """Return ``body``, a JSON object that is not empty, as line ``number``."""
    summed = b'"n":%d,%b' % (number, body[1:])
    return b'{"crc":"%08x",%b\n' % (zlib.crc32(summed), summed)


def whole(raw: bytes) -> bool:
    """Say whether ``raw``, with its newline, is as it was sealed."""
    return raw.startswith(b'{"crc":"%08x",' % zlib.crc32(raw[_SUMMED]))


def number_of(raw: bytes) -> int:
    """Return the number of a line; 0 if that is not whole."""
    if not whole(raw):
        return 0
    try:
        return int(raw[_NUMBER : raw.index(b",", _NUMBER)])
    except ValueError:
        return 0


def parsed(raw: bytes) -> Line:
    """Return what a whole line says."""
    return cast("Line", orjson.loads(raw))


def line_of(touches: Sequence[Touch]) -> Line:
    """Return touches as a line; their rows were found to fit."""
    return {
        "touched": [(one.source.value, one.key, one.at.isoformat(), one.observed_at.isoformat()) for one in touches]
    }


def body_of(change: "Change") -> bytes:
    """Return ``change`` as the body of a line. Raises ``InvalidInput`` for what JSON cannot hold."""
    line: dict[str, object] = {"change": change.id, "at": change.at.isoformat()}
    try:
        for name, models in (
            ("incidents", [write.incident for write in change.incidents]),
            ("events", change.events),
            ("alerts", [write.alert for write in change.alerts]),
            ("archived", [write.archive for write in change.alerts if write.archive is not None]),
            ("claims", [write.claim for write in change.claims]),
            ("records", [write.record for write in change.records if write.record is not None]),
        ):
            if models:
                line[name] = [model.model_dump(mode="json", exclude_defaults=True) for model in models]
        if gone := [[write.kind, write.id] for write in change.records if write.record is None]:
            line["gone"] = gone
        return orjson.dumps(line)
    except (orjson.JSONEncodeError, PydanticSerializationError) as error:
        message = f"change {change.id} holds what cannot be written as JSON: {str(error).splitlines()[0]}"
        raise InvalidInput(message, hint="text must be valid Unicode, whole numbers at most 64 bits") from None
