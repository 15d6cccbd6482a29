"""How contacts are kept, and what the audit log says of them."""

import re

from pydantic import JsonValue

from tocsin.domain.audit import Actor, AuditAction, Deed
from tocsin.domain.change import Record, RecordWrite
from tocsin.domain.contact import ChannelKind, Contact
from tocsin.domain.notification_rules import ACCOUNT
from tocsin.domain.user import User

CONTACT = "contact"
"""The record kind of a contact."""

BOOK = "contact_book"
"""The record kind of the last number given to one of a person's contacts; its id is the person's."""

MOST_CONTACTS = 20
"""Ways of one person."""

MOST_ROOMS = 200
"""They are listed in one answer."""

ROOMS = "room:"
"""What the ids of rooms begin with."""

_DIGITS = 6
_NUMBER = re.compile(r"[0-9]{1,6}")


def account_of(user: User) -> list[Contact]:
    """Return the way that everybody has whose address is verified; its id is everybody's, and there is no record."""
    if not user.verified:
        return []
    return [
        Contact(
            id=ACCOUNT,
            kind=ChannelKind.EMAIL,
            user=user.id,
            address={"email": user.email},
            verified_at=user.created_at,
            created_at=user.created_at,
            created_by=user.created_by,
        )
    ]


def number_of(contact: Contact) -> str:
    """Return what a person calls one of their ways: its number; that of a room is its name."""
    return str(int(contact.id.rpartition(":")[2])) if contact.user and contact.id != ACCOUNT else contact.name


def written(contact: Contact, *, expected: int = 0) -> RecordWrite:
    """Return what keeps a contact."""
    body = contact.model_dump(mode="json", exclude_defaults=True, exclude={"version"})
    record = Record(kind=CONTACT, id=contact.id, body=body, version=contact.version)
    return RecordWrite(kind=CONTACT, id=contact.id, record=record, expected=expected)


def contact_in(record: Record) -> Contact:
    """Return the contact that a record is."""
    return Contact.model_validate({**record.body, "version": record.version})


def number_in(ref: str, user_id: str) -> int | None:
    """Return the number of one of a person's contacts, named by id or number; None if it names none."""
    number = ref.removeprefix(f"{user_id}:")
    return int(number) if _NUMBER.fullmatch(number) else None


def id_of(user_id: str, number: int) -> str:
    """Return the id of a person's contact of this number."""
    return f"{user_id}:{number:0{_DIGITS}d}"


def room_id(name: str) -> str:
    """Return the id of the room of this name, whatever its letter case."""
    return f"{ROOMS}{name.casefold()}"


def deed(action: AuditAction, actor: Actor, contact: Contact, user: User | None, **more: JsonValue) -> Deed:
    """Say for the audit log what was done to a way of ``user``, or a room (None)."""
    target = f"room:{contact.name}" if user is None else f"user:{user.email}"
    number: dict[str, JsonValue] = {} if user is None else {"contact": number_of(contact)}
    return Deed(action, actor, target, {**number, "kind": contact.kind.value, **more})


def changed(before: Contact, after: Contact) -> list[JsonValue]:
    """Name what is different. Of an address not even the visible words: it is a person's own."""
    pairs = {
        "name": before.name != after.name,
        "address": (before.address, before.sealed) != (after.address, after.sealed),
        "active": before.active != after.active,
    }
    return [name for name, different in pairs.items() if different]
