"""What stands where in the table: the keys of every item, and its places in the two indexes.

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
"""

import hashlib
import zlib
from datetime import datetime
from typing import TYPE_CHECKING

from tocsin.domain.alert import Alert, Source
from tocsin.domain.change import Record
from tocsin.domain.incident import Incident
from tocsin.domain.timeline import Event

from .dynamodb_items import moment
from .paging import Place, place_of

if TYPE_CHECKING:
    from .dynamodb_items import Key

ACTIVE = "ACTIVE"

SHARDS = 4
"""Partitions of the due index: it must take as many timers a second as the table takes incidents."""

_LONGEST_NAME = 768
_HASHED = "sha256:"


def key(pk: str, sk: str) -> "Key":
    """Return a primary key."""
    return {"pk": {"S": pk}, "sk": {"S": sk}}


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


def alert_key(source: Source, name: str) -> "Key":
    """Return the key of the row of the alert of this name."""
    return key(alerts_from(source), _name(name))


def claim_key(correlation_key: str) -> "Key":
    """Return the key of a claim."""
    return key(f"OPEN#{_name(correlation_key)}", "#")


def record_key(kind: str, record_id: str) -> "Key":
    """Return the key of a record."""
    return key(records_of(kind), _name(record_id))


def store_key(what: str) -> "Key":
    """Return the key of something that the store keeps about itself."""
    return key("STORE", what)


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


def records_of(kind: str) -> str:
    """Return the partition of the records of a kind."""
    return f"REC#{_name(kind)}"


def due_shards() -> list[str]:
    """Return every partition of the due index."""
    return [f"DUE#{shard}" for shard in range(SHARDS)]


def due_place(record: Record, due_at: datetime) -> str:
    """Return where in its shard a record stands."""
    return f"{moment(due_at)}#{_name(f'{record.kind}#{record.id}')}"


def due_range(now: datetime) -> tuple[str, str]:
    """Return between which places of a shard everything stands that is due by ``now``."""
    return "0", f"{moment(now)}$"  # what follows the "#" behind a moment


def _name(given: str) -> str:
    """Return a name as part of a key: hashed if it is longer than a key may be, or empty."""
    encoded = given.encode()
    if encoded and len(encoded) <= _LONGEST_NAME:
        return given
    return f"{_HASHED}{hashlib.sha256(encoded).hexdigest()}"
