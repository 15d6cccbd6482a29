"""What stands where in the table, and how a model becomes an item and an item a model.

=====================  ==================  ===========================  =========================================
item                   pk                  sk                           index
=====================  ==================  ===========================  =========================================
incident               INC#<id>            #                            list: ACTIVE, CLOSED#<month> / its place
events of one change   INC#<id>            EV#<version>.<ordinal>
archived episode       INC#<id>            AL#<source>#<key>#<episode>
alert, tombstone       ALERT#<source>      <key>
claim                  OPEN#<key>          #
record                 REC#<kind>          <id>                         due: DUE#<shard> / due time, kind, id
next number            STORE               numbers
months that closed     STORE               months
=====================  ==================  ===========================  =========================================

An item is its keys, a ``schema`` version, the few attributes that conditions and indexes need, and ``doc``: the
model as JSON without the fields that have their default value. So **a default may not be changed without a new
schema version**. A ``doc`` that would take much room is deflated: a kilobyte less is one or two write units less.
"""

import hashlib
import math
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from typing import TYPE_CHECKING, TypeVar

import orjson
from pydantic import TypeAdapter, ValidationError
from pydantic_core import PydanticSerializationError

from tocsin.domain.alert import Alert, Source
from tocsin.domain.change import Record
from tocsin.domain.frozen import Frozen
from tocsin.domain.incident import Incident
from tocsin.domain.timeline import Event
from tocsin.errors import InvalidInput, NewerFormat, StoreError

from .dossier import Place, place_of

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.type_defs import AttributeValueTypeDef

    Item = Mapping[str, AttributeValueTypeDef]
    Key = dict[str, AttributeValueTypeDef]

SCHEMA = 1

ACTIVE = "ACTIVE"

LARGEST = 400 * 1024
"""Bytes. DynamoDB's limit for an item, names and keys included."""

SHARDS = 4
"""Partitions of the due index: it must take as many timers a second as the table takes incidents."""

DONE = ("done1", "done2", "done3", "done4")
"""Attributes of a record: the ids of the last changes without an event that wrote it, newest first.

An alert row has the first of them only: its version guards it.
"""

REMOVING = "removing"
"""The attribute of an incident that is being removed, in place of its version: the version it had."""

_DEFLATED_FROM = 700
_LONGEST_NAME = 768
_HASHED = "sha256:"

Model = TypeVar("Model", bound=Frozen)
Document = dict[str, object]


@dataclass(frozen=True, slots=True)
class Layout:
    """The schema version that is written, and for each older one ``n`` the function that makes a document ``n + 1``.

    Such a function is given the ``pk`` and the document. Only the version before the present one has to be there.
    """

    version: int = SCHEMA
    upgrades: Mapping[int, Callable[[str, Document], Document]] = field(default_factory=dict)

    def item(self, key: "Key", raw: bytes, **more: "AttributeValueTypeDef | None") -> "Key":
        """Return the item of a document; attributes that are None are left out.

        Raises ``InvalidInput`` if no item can hold it.
        """
        given = {name: value for name, value in more.items() if value is not None}
        whole = {**key, "schema": number(self.version), **given, "doc": _packed(raw)}
        size = sum(len(name) + _size(value) for name, value in whole.items())
        if size > LARGEST:
            message = f"{name_of(key)} takes {size:,} bytes, and DynamoDB holds {LARGEST:,}"
            raise InvalidInput(message, hint="shorten its texts")
        return whole

    def raw(self, item: "Item") -> bytes:
        """Return as JSON the document of an item, or of the part of one that has pk, sk, schema and doc.

        Raises ``NewerFormat`` for one that a newer program wrote, ``StoreError`` for one that cannot be ours.
        """
        try:
            version = int(item["schema"]["N"])
            if version <= self.version:
                raw = _unpacked(item["doc"])
                return raw if version == self.version else self._upgraded(item["pk"]["S"], raw, version)
        except (KeyError, ValueError, zlib.error) as error:
            raise _damaged(item, str(error)) from error
        message = f"{name_of(item)} was written by a newer Tocsin: schema {version}, and this one knows {self.version}"
        raise NewerFormat(message, hint="update Tocsin; the item was left untouched")

    def model(self, model: type[Model], item: "Item") -> Model:
        """Return what an item holds."""
        raw = self.raw(item)
        try:
            return model.model_validate_json(raw)
        except ValidationError as error:
            raise _misread(item, error) from None

    def events(self, item: "Item") -> list[Event]:
        """Return the events that one item holds."""
        raw = self.raw(item)
        try:
            return _several_events().validate_json(raw)
        except ValidationError as error:
            raise _misread(item, error) from None

    def _upgraded(self, pk: str, raw: bytes, version: int) -> bytes:
        found = orjson.loads(raw)
        documents = found if isinstance(found, list) else [found]
        for older in range(version, self.version):
            documents = [self.upgrades[older](pk, one) for one in documents]
        return orjson.dumps(documents if isinstance(found, list) else documents[0])


@cache
def _several_events() -> TypeAdapter[list[Event]]:
    return TypeAdapter(list[Event])  # built when the first events are read


def documents(*models: Frozen) -> list[bytes]:
    """Return each model as JSON. Raises ``InvalidInput`` for what JSON cannot hold."""
    try:
        return [model.model_dump_json(exclude_defaults=True).encode() for model in models]
    except PydanticSerializationError as error:
        message = f"a change holds what cannot be written as JSON: {str(error).splitlines()[0]}"
        raise InvalidInput(message, hint="text must be valid Unicode") from None


def text(value: str) -> "AttributeValueTypeDef":
    """Return a string as an attribute."""
    return {"S": value}


def number(value: int) -> "AttributeValueTypeDef":
    """Return a whole number as an attribute."""
    return {"N": str(value)}


def key(pk: str, sk: str) -> "Key":
    """Return a primary key."""
    return {"pk": text(pk), "sk": text(sk)}


def dossier(incident_id: str) -> str:
    """Return the partition of an incident: itself, its events and its archived episodes."""
    return f"INC#{_name(incident_id)}"


def alerts_from(source: Source) -> str:
    """Return the partition of the alerts of a source."""
    return f"ALERT#{source.value}"


def incident_key(incident_id: str) -> "Key":
    """Return the key of an incident."""
    return key(dossier(incident_id), "#")


def events_key(first: Event) -> "Key":
    """Return the key of the events that one change wrote of one incident; ``first`` is the first of them."""
    return key(dossier(first.incident_id), f"EV#{first.version:010}.{first.ordinal:04}")


def archive_key(episode: Alert) -> "Key":
    """Return the key of an ended episode."""
    sk = f"AL#{episode.source.value}#{_name(episode.key)}#{episode.episode:06}"
    return key(dossier(episode.incident_id), sk)


def alert_key(alert: Alert) -> "Key":
    """Return the key of an alert row."""
    return key(alerts_from(alert.source), _name(alert.key))


def claim_key(correlation_key: str) -> "Key":
    """Return the key of a claim."""
    return key(f"OPEN#{_name(correlation_key)}", "#")


def record_key(kind: str, record_id: str) -> "Key":
    """Return the key of a record."""
    return key(f"REC#{_name(kind)}", _name(record_id))


def store_key(what: str) -> "Key":
    """Return the key of something that the store keeps about itself."""
    return key("STORE", what)


def name_of(item: "Item") -> str:
    """Return the key of an item in words."""
    return f"{item.get('pk', {}).get('S', '?')} / {item.get('sk', {}).get('S', '?')}"


def version_of(item: "Item | None") -> int | None:
    """Return the version of what was found; None if there is nothing, or what is there is being removed."""
    return int(item["version"]["N"]) if item is not None and "version" in item else None


def moment(value: datetime) -> str:
    """Return a moment as a text that sorts as moments do."""
    return value.isoformat(timespec="microseconds")


def month(value: datetime) -> str:
    """Return the month of a moment."""
    return moment(value)[: len("2026-03")]


def closed_in(opened_in: str) -> str:
    """Return the part of the list that holds what was opened in a month and is not active any more."""
    return f"CLOSED#{opened_in}"


def listed_under(incident: Incident) -> str:
    """Return the part of the list that holds an incident."""
    return ACTIVE if incident.active else closed_in(month(incident.opened_at))


def listed_at(place: Place) -> str:
    """Return where in its part an incident of this place stands."""
    opened_at, digits, incident_id = place
    return f"{moment(opened_at)}#{digits:018}#{_name(incident_id)}"


def place(incident: Incident) -> Place:
    """Return the place of an incident in a list."""
    return place_of(moment(incident.opened_at), incident.id)


def due_shard(record: Record) -> str:
    """Return the partition of the due index for a record."""
    return f"DUE#{zlib.crc32(f'{record.kind}#{record.id}'.encode()) % SHARDS}"


def due_shards() -> list[str]:
    """Return every partition of the due index."""
    return [f"DUE#{shard}" for shard in range(SHARDS)]


def due_place(record: Record, due_at: datetime) -> str:
    """Return where in its shard a record stands."""
    return f"{moment(due_at)}#{_name(f'{record.kind}#{record.id}')}"


def due_range(now: datetime) -> tuple[str, str]:
    """Return between which places of a shard everything stands that is due by ``now``."""
    return "0", f"{moment(now)}$"  # what follows the "#" behind a moment


def expiry(expires_at: datetime | None) -> "AttributeValueTypeDef | None":
    """Return the moment after which DynamoDB may forget an item, as it wants it."""
    return None if expires_at is None else number(math.ceil(expires_at.timestamp()))


def _name(given: str) -> str:
    """Return a name as part of a key: hashed if it is longer than a key may be, or empty."""
    encoded = given.encode()
    if encoded and len(encoded) <= _LONGEST_NAME:
        return given
    return f"{_HASHED}{hashlib.sha256(encoded).hexdigest()}"


def _packed(raw: bytes) -> "AttributeValueTypeDef":
    if len(raw) < _DEFLATED_FROM:
        return {"S": raw.decode()}
    return {"B": zlib.compress(raw)}


def _unpacked(packed: "AttributeValueTypeDef") -> bytes:
    return packed["S"].encode() if "S" in packed else zlib.decompress(packed["B"])


def _size(value: "AttributeValueTypeDef") -> int:
    return len(value["B"]) if "B" in value else len((value["S"] if "S" in value else value["N"]).encode())


def _misread(item: "Item", error: ValidationError) -> StoreError:
    first = error.errors()[0]
    return _damaged(item, f"{'.'.join(map(str, first['loc']))}: {first['msg']}")


def _damaged(item: "Item", why: str) -> StoreError:
    return StoreError(f"item {name_of(item)} cannot be understood ({why})", hint="restore it from a backup")
