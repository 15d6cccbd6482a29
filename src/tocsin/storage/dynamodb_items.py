"""How a model becomes an item, and an item a model.

An item is its keys, a ``schema`` version, the few attributes that conditions and indexes need, and ``doc``: the
model as JSON without the fields that have their default value. So **a default may not be changed without a new
schema version**. A ``doc`` that would take much room is deflated: a kilobyte less is one or two write units less.

What a touch counts stands beside the ``doc`` of an alert row and goes before it, so that counting is one update.

Schema 2 has no other documents than schema 1; it tells older programs that they do not know every word in them.
"""

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

from tocsin.domain.alert import Alert
from tocsin.domain.frozen import Frozen
from tocsin.domain.timeline import Event
from tocsin.errors import InvalidInput, NewerFormat, StoreError

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.type_defs import AttributeValueTypeDef

    Item = Mapping[str, AttributeValueTypeDef]
    Key = dict[str, AttributeValueTypeDef]

SCHEMA = 2

LARGEST = 400 * 1024
"""Bytes. DynamoDB's limit for an item, names and keys included."""

DONE = ("done1", "done2", "done3", "done4")
"""Attributes of a record: the ids of the last changes without an event that wrote it, newest first.

An alert row has the first of them only: its version guards it.
"""

SIGNATURE, SEEN, SEEN_AT, OBSERVED_AT = "signature", "seen", "seen_at", "observed_at"
"""Attributes of an alert row that fires and can be touched: its signature, and what a touch writes."""

REMOVING = "removing"
"""The attribute of an incident that is being removed, in place of its version: the version it had."""

_DEFLATED_FROM = 700

Model = TypeVar("Model", bound=Frozen)
Document = dict[str, object]


@dataclass(frozen=True, slots=True)
class Layout:
    """The schema version that is written, and for each older one ``n`` the function that makes a document ``n + 1``.

    Such a function is given the ``pk`` and the document. Only the version before the present one has to be there.
    """

    version: int = SCHEMA
    upgrades: Mapping[int, Callable[[str, Document], Document]] = field(
        default_factory=lambda: {1: lambda _pk, document: document}
    )

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

    def alert(self, item: "Item") -> Alert:
        """Return the alert of a row, with what was counted beside its document."""
        alert = self.model(Alert, item)
        if SEEN not in item:
            return alert
        try:
            seen = {
                "version": int(item["version"]["N"]),
                "count": int(item[SEEN]["N"]),
                "observed_at": datetime.fromisoformat(item[OBSERVED_AT]["S"]),
                "last_seen_at": datetime.fromisoformat(item[SEEN_AT]["S"]) if SEEN_AT in item else None,
            }
        except (KeyError, ValueError) as error:
            raise _damaged(item, str(error)) from error
        return alert.model_copy(update=seen)

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


def moment(value: datetime) -> str:
    """Return a moment as a text that sorts as moments do."""
    return value.isoformat(timespec="microseconds")


def number(value: int) -> "AttributeValueTypeDef":
    """Return a whole number as an attribute."""
    return {"N": str(value)}


def touchable(alert: Alert) -> "Key":
    """Return the attributes by which a row can be touched; none where it must not be."""
    if not alert.firing or not alert.signature:
        return {}
    seen_at = {} if alert.last_seen_at is None else {SEEN_AT: text(moment(alert.last_seen_at))}
    observed_at = text(moment(alert.observed_at))
    return {SIGNATURE: text(alert.signature), SEEN: number(alert.count), OBSERVED_AT: observed_at, **seen_at}


def name_of(item: "Item") -> str:
    """Return the key of an item in words."""
    return f"{item.get('pk', {}).get('S', '?')} / {item.get('sk', {}).get('S', '?')}"


def version_of(item: "Item | None") -> int | None:
    """Return the version of what was found; None if there is nothing, or what is there is being removed."""
    return int(item["version"]["N"]) if item is not None and "version" in item else None


def expiry(expires_at: datetime | None) -> "AttributeValueTypeDef | None":
    """Return the moment after which DynamoDB may forget an item, as it wants it."""
    return None if expires_at is None else number(math.ceil(expires_at.timestamp()))


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
