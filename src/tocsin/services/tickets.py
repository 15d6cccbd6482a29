"""Tickets: what lets somebody do one thing, once. The token is worked out by the signer, and never kept.

What is kept says that a token is still good. It goes in the commit of what the token was used for, at the version that
was read: of two that use it at once, one does.
"""

import re
from datetime import timedelta
from enum import StrEnum

from pydantic import ConfigDict, Field

from tocsin.clock import Clock
from tocsin.domain.change import Record, RecordWrite
from tocsin.domain.frozen import Frozen, Utc
from tocsin.errors import SignInRefused
from tocsin.ids import NewId
from tocsin.storage.store import Store

from .signing import Signer

TICKET = "ticket"
"""The record kind of what says that a token is good."""

_TOKEN = re.compile(r"tocsin_([a-z]+)_([A-Za-z0-9-]{1,64})\.([A-Za-z0-9-]{1,64})_([A-Za-z0-9._-]{1,100})")


class Purpose(StrEnum):
    """What a token is good for, and nothing else."""

    SETUP = "setup"
    RECOVER = "recover"
    VERIFY = "verify"


class Ticket(Frozen):
    """What is kept. ``nonce`` tells it from those of the same id before it; ``version`` is that of its record.

    ``email`` is whom it is for; ``full_name`` and ``hash`` (of a password) are what was said when it was asked for.
    """

    model_config = ConfigDict(hide_input_in_errors=True)

    id: str
    purpose: Purpose
    nonce: str
    made_at: Utc
    expires_at: Utc | None = None
    email: str = ""
    full_name: str = ""
    hash: str = Field(default="", repr=False)
    version: int = 0


class Tickets:
    """The tickets of one store."""

    def __init__(self, store: Store, signer: Signer, *, clock: Clock, new_id: NewId) -> None:
        self._store = store
        self._signer = signer
        self._clock = clock
        self._new_id = new_id

    def drafted(
        self,
        purpose: Purpose,
        *,
        ticket_id: str = "",
        lasts: timedelta | None = None,
        email: str = "",
        full_name: str = "",
        hashed: str = "",
    ) -> Ticket:
        """Return a ticket that takes the place of the one of this id; of an id of its own if none is given."""
        now, nonce = self._clock(), self._new_id()
        before = self._store.record(TICKET, ticket_id) if ticket_id else None
        return Ticket(
            id=ticket_id or nonce,
            purpose=purpose,
            nonce=nonce,
            made_at=now,
            expires_at=None if lasts is None else now + lasts,
            email=email,
            full_name=full_name,
            hash=hashed,
            version=1 if before is None else before.version + 1,
        )

    def token(self, ticket: Ticket) -> str:
        """Return what its holder shows."""
        names = f"{ticket.id}.{ticket.nonce}"
        return f"tocsin_{ticket.purpose}_{names}_{self._signer.mac(_signed_for(ticket.purpose), names)}"

    def good(self, ticket_id: str) -> Ticket | None:
        """Return a ticket by id, if it is neither used nor over."""
        record = self._store.record(TICKET, ticket_id)
        if record is None or (record.expires_at is not None and record.expires_at <= self._clock()):
            return None
        return Ticket.model_validate({**record.body, "version": record.version})

    def shown(self, purpose: Purpose, token: str) -> Ticket:
        """Return the ticket of a token. Raises :class:`~tocsin.errors.SignInRefused` if it is not good for this."""
        found = _TOKEN.fullmatch(token.strip())
        if found is None or found[1] != purpose:
            raise refused()
        names = f"{found[2]}.{found[3]}"
        if not self._signer.good(_signed_for(purpose), names, found[4]):
            raise refused()
        ticket = self.good(found[2])
        if ticket is None or ticket.purpose is not purpose or ticket.nonce != found[3]:
            raise refused()
        return ticket


def written(ticket: Ticket) -> RecordWrite:
    """Return what keeps a ticket that was drafted."""
    body = ticket.model_dump(mode="json", exclude={"version"})
    record = Record(kind=TICKET, id=ticket.id, body=body, expires_at=ticket.expires_at, version=ticket.version)
    return RecordWrite(kind=TICKET, id=ticket.id, record=record, expected=ticket.version - 1)


def used(ticket: Ticket) -> RecordWrite:
    """Return what takes a ticket away that is there, for the commit of what it was used for."""
    return RecordWrite(kind=TICKET, id=ticket.id, record=None, expected=ticket.version)


def refused() -> SignInRefused:
    """Return the one error for every token that is not good, whatever is wrong with it."""
    return SignInRefused("this token is not good, or not any more", hint="ask for another one")


def _signed_for(purpose: Purpose) -> str:
    return f"ticket:{purpose}"
