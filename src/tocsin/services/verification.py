"""Codes: what shows that a person has what they say they are reached by. Six digits go there, and have to come back.

A code is worked out by the signer when it is sent, and never kept: what is kept is a signature of it, by which it is
known again. Asking for one writes what is due; the tick sends it.
"""

import hashlib
import logging
from datetime import timedelta

from pydantic import Field

from tocsin.clock import Clock
from tocsin.domain.audit import Actor, AuditAction
from tocsin.domain.change import Change, Record, RecordWrite
from tocsin.domain.contact import Contact
from tocsin.domain.frozen import Frozen, Utc
from tocsin.domain.message import Message, Tells
from tocsin.domain.user import User
from tocsin.errors import Conflict, InvalidInput, Refused, TocsinError, TooManyAttempts
from tocsin.ids import NewId
from tocsin.storage.store import Store

from .attempts import CODES, counted, digest
from .auditing import AuditLog
from .channel import Channels
from .contact_records import deed, written
from .contacts import Contacts
from .due import CODE
from .signing import Signer
from .tick import MOST_ATTEMPTS

DIGITS = 6
GOOD_FOR = timedelta(minutes=15)
MOST_TRIES = 5
"""Wrong codes; then another has to be asked for."""

MOST_CODES = 3
"""Codes that are sent to one contact within :data:`WITHIN`."""

WITHIN = timedelta(hours=1)
KEPT = timedelta(hours=2)
"""Longer than what is counted."""

SHORTEST_WAIT = timedelta(minutes=1)
"""Between two tries to send one; each wait is twice the one before."""

_DRAWN, _PROVED = "contact code", "contact code proof"
_log = logging.getLogger(__name__)


class Code(Frozen):
    """What is kept of a code. ``proof`` is a signature of it, which there is once it is being sent.

    ``contact_version`` is the contact's when it was asked for: with another address it verifies nothing. ``asked`` is
    when codes were asked for within the hour, ``wrong`` counts what was tried in vain, ``sends`` how often it was sent.
    """

    nonce: str
    contact_version: int
    asked: tuple[Utc, ...]
    proof: str = ""
    wrong: int = 0
    sends: int = 0
    why: str = ""
    version: int = Field(default=0, exclude=True)

    @property
    def ends_at(self) -> Utc:
        """Until when it is good."""
        return self.asked[-1] + GOOD_FOR


class Verification:
    """Asks for codes, and looks at those that come back."""

    def __init__(
        self, store: Store, audit: AuditLog, contacts: Contacts, signer: Signer, *, clock: Clock, new_id: NewId
    ) -> None:
        self._store = store
        self._audit = audit
        self._contacts = contacts
        self._signer = signer
        self._clock = clock
        self._new_id = new_id

    def ask(self, contact: Contact) -> Utc:
        """Have a code sent to a person's way, in place of the one before; return until when it is good.

        Raises :class:`~tocsin.errors.InvalidInput` if it is verified or is a room, ``TooManyAttempts`` if it had
        :data:`MOST_CODES` within the hour or the person as many as :data:`~tocsin.services.attempts.CODES` says, and
        ``Conflict``.
        """
        if not contact.user or contact.verified_at is not None:
            message = "this contact needs no code: it is verified, or a room"
            raise InvalidInput(message)
        now = self._clock()
        record = self._store.record(CODE, contact.id)
        before = None if record is None else _code(record)
        asked = tuple(at for at in before.asked if at > now - WITHIN) if before else ()
        if len(asked) >= MOST_CODES:
            raise TooManyAttempts((asked[-MOST_CODES] + WITHIN - now).total_seconds())
        # A contact that was deleted and added again is another one: the person stays the same.
        count = counted(self._store, digest(_DRAWN, contact.user), CODES, now)
        version = before.version if before else 0
        code = Code(nonce=self._new_id(), contact_version=contact.version, asked=(*asked, now), version=version + 1)
        self._store.commit(Change(id=self._new_id(), at=now, records=(_written(contact.id, code, due_at=now), count)))
        return code.ends_at

    def verify(self, user: User, contact: Contact, said: str, *, actor: Actor) -> Contact:
        """Verify a person's way by the code that went there, and return it; one that is verified stays so.

        Raises :class:`~tocsin.errors.InvalidInput` if this is not the code, or not any more, and ``Conflict``.
        """
        digits = "".join(said.split())
        for _ in range(MOST_ATTEMPTS):
            now = self._clock()
            contact = self._contacts.own(user, contact.id)
            if contact.verified_at is not None:
                return contact
            record = self._store.record(CODE, contact.id)
            code = None if record is None else _code(record)
            if record is None or code is None or code.ends_at <= now or code.contact_version != contact.version:
                raise _not_good("there is no code that is good for this contact")
            if code.wrong >= MOST_TRIES:
                raise _not_good("there were too many wrong codes for this contact")
            try:
                if self._signer.good(_PROVED, _said(contact.id, code, digits), code.proof):
                    return self._verified(user, contact, code, actor)
                # Written down before it is told, so that of several at once each counts.
                tried = _next(code, wrong=code.wrong + 1)
                write = _written(contact.id, tried, due_at=record.due_at)
                self._store.commit(Change(id=self._new_id(), at=now, records=(write,)))
            except Conflict:
                continue
            if not code.proof:
                raise _not_good("this code has not been sent yet", why=code.why)
            message = f"this is not the code that was sent; {MOST_TRIES - tried.wrong} more tries"
            raise InvalidInput(message)
        message = "others kept trying codes for this contact"
        raise Conflict(message, hint="try again")

    def _verified(self, user: User, contact: Contact, code: Code, actor: Actor) -> Contact:
        verified = contact.model_copy(update={"verified_at": self._clock(), "version": contact.version + 1})
        self._audit.commit(
            deed(AuditAction.CONTACT_VERIFIED, actor, verified, user),
            written(verified, expected=contact.version),
            RecordWrite(kind=CODE, id=contact.id, record=None, expected=code.version),
        )
        return verified


class Codes:
    """Sends the codes that are due; one :data:`~tocsin.services.tick.Act` of the tick."""

    def __init__(
        self, store: Store, contacts: Contacts, signer: Signer, channels: Channels, *, clock: Clock, new_id: NewId
    ) -> None:
        self._store = store
        self._contacts = contacts
        self._signer = signer
        self._channels = channels
        self._clock = clock
        self._new_id = new_id

    def __call__(self, due: Record) -> bool:
        """Send one code. True: the others go over other channels, and need not wait."""
        now = self._clock()
        record = self._store.record(CODE, due.id)
        if record is None or record.due_at is None or record.due_at > now:
            return True
        code, contact = _code(record), self._contacts.find(due.id)
        if contact is None or contact.version != code.contact_version or code.ends_at <= now:
            if code.why:
                _log.error("a code for the contact %s was given up, for it is over: %s", due.id, code.why)
            self._commit(due.id, _next(code), None)
            return True
        again = now + SHORTEST_WAIT * 2 ** min(code.sends, 10)
        try:
            digits, proof = self._drawn(contact.id, code)
        except TocsinError as error:  # keys that cannot be read now
            _log.warning("a code for the contact %s could not be signed: %s", due.id, error)
            self._commit(due.id, _next(code, sends=code.sends + 1, why=str(error)), again)
            return True
        # Before it is sent: no other tick sends it too, and it is known again however soon it comes back.
        taken = _next(code, proof=proof, sends=code.sends + 1)
        if self._commit(due.id, taken, again):
            why, retryable = self._sent(contact, taken, digits)
            self._commit(due.id, _next(taken, why=why), again if retryable else None)
        return True

    def _sent(self, contact: Contact, code: Code, digits: str) -> tuple[str, bool]:
        """Send it; return why it could not be sent (empty: it was), and whether that may go well another time."""
        try:
            make = self._channels.get(contact.kind)
            if make is None:
                message = f"nothing here sends over {contact.kind}"
                raise Refused(message)
            make().send(_message(contact, code, digits, self._clock()), self._contacts.opened(contact))
        except TocsinError as error:
            said = "could not be sent, and is tried again" if error.retryable else "was given up"
            level = logging.WARNING if error.retryable else logging.ERROR
            _log.log(level, "a code for the contact %s %s: %s", contact.id, said, error)
            return str(error), error.retryable
        return "", False

    def _drawn(self, contact_id: str, code: Code) -> tuple[str, str]:
        """Return the digits, the same at each try unless keys were exchanged meanwhile, and the signature of them."""
        drawn = self._signer.mac(_DRAWN, f"{contact_id}.{code.nonce}")
        digits = f"{int.from_bytes(hashlib.sha256(drawn.encode()).digest()) % 10**DIGITS:0{DIGITS}d}"
        said = _said(contact_id, code, digits)
        return digits, code.proof if self._signer.good(_PROVED, said, code.proof) else self._signer.mac(_PROVED, said)

    def _commit(self, contact_id: str, code: Code, due_at: Utc | None) -> bool:
        write = _written(contact_id, code, due_at=due_at)
        try:
            self._store.commit(Change(id=self._new_id(), at=self._clock(), records=(write,)))
        except Conflict:  # another tick has it, another code was asked for, or it came back
            return False
        return True


def _code(record: Record) -> Code:
    return Code.model_validate({**record.body, "version": record.version})


def _next(code: Code, **update: object) -> Code:
    return code.model_copy(update={**update, "version": code.version + 1})


def _written(contact_id: str, code: Code, *, due_at: Utc | None) -> RecordWrite:
    record = Record(
        kind=CODE,
        id=contact_id,
        body=code.model_dump(mode="json"),
        due_at=due_at,
        expires_at=code.asked[-1] + KEPT,
        version=code.version,
    )
    return RecordWrite(kind=CODE, id=contact_id, record=record, expected=code.version - 1)


def _said(contact_id: str, code: Code, digits: str) -> str:
    return f"{contact_id}.{code.nonce}.{digits}"


def _message(contact: Contact, code: Code, digits: str, now: Utc) -> Message:
    minutes = int(GOOD_FOR.total_seconds() // 60)
    short = f"Tocsin: {digits} is the code that verifies this contact. It is good for {minutes} minutes."
    text = f"{short}\n\nIf you did not ask for it, do nothing: no incident is told here without it.\n"
    subject = f"Your code for Tocsin: {digits}"
    return Message(
        id=f"code:{contact.id}:{code.nonce}",
        tells=Tells.CODE,
        subject=subject,
        short=short,
        text=text,
        sent_at=now,
    )


def _not_good(message: str, *, why: str = "") -> InvalidInput:
    return InvalidInput(message, hint=why or "ask for another one")
