"""Letters: asked for in the commit of what causes them, and sent by the tick, so that no answer's time tells of them."""

import logging
from datetime import datetime, timedelta
from typing import Protocol

from pydantic import JsonValue

from tocsin.clock import Clock
from tocsin.domain.change import Change, Record, RecordWrite
from tocsin.domain.frozen import Frozen, Utc
from tocsin.errors import Conflict, TocsinError, Undelivered
from tocsin.ids import NewId
from tocsin.storage.store import Store

from .due import LETTER
from .tickets import Purpose, Ticket, Tickets
from .users import Users

GIVEN_UP = timedelta(days=1)
KEPT = timedelta(days=2)
"""Longer than it is tried, so that whoever gives it up can say so."""

SHORTEST_WAIT, LONGEST_WAIT = timedelta(minutes=1), timedelta(hours=1)
"""Between two tries; each wait is twice the one before."""

_log = logging.getLogger(__name__)


class Letter(Frozen):
    """What somebody is told. ``text`` may hold a token: it goes to ``to``, and nowhere else.

    ``html`` says the same as a whole document. Letters of one ``id`` are one letter, however often they are sent;
    without an id, those of one text.
    """

    to: str
    subject: str
    text: str
    html: str = ""
    id: str = ""


class Courier(Protocol):
    """Hands letters over."""

    def deliver(self, letter: Letter) -> None:
        """Hand it over to whoever takes it further. Raises :class:`~tocsin.errors.Undelivered`."""


class Post:
    """Sends the letters that are due; one :data:`~tocsin.services.tick.Act` of the tick."""

    def __init__(
        self, store: Store, tickets: Tickets, users: Users, courier: Courier, *, clock: Clock, new_id: NewId
    ) -> None:
        self._store = store
        self._tickets = tickets
        self._users = users
        self._courier = courier
        self._clock = clock
        self._new_id = new_id

    def __call__(self, due: Record) -> bool:
        """Send one letter. False if it could not be: the others wait, for they would not fare better."""
        now = self._clock()
        current = self._store.record(LETTER, due.id)
        if current is None or current.due_at is None or current.due_at > now:
            return True
        taken = self._taken(current, now)
        if taken is None:
            return True
        try:
            letter = self._written(str(taken.body["ticket"]))
            if letter is not None:
                self._courier.deliver(letter)
        except Undelivered as error:
            return self._failed(taken, error, now)
        # None: nobody's address, or the ticket is over. Why a letter failed until then is known by now.
        if letter is None and (why := str(taken.body["why"])):
            _log.error("the letter %s was given up, for its token is over: %s", due.id, why)
        self._finish(taken, None)
        return True

    def _taken(self, current: Record, now: Utc) -> Record | None:
        """Put the next try off before this one, so that no other tick sends it too; None if another was quicker."""
        tries = int(str(current.body["tries"]))
        wait = min(SHORTEST_WAIT * 2 ** min(tries, 10), LONGEST_WAIT)
        taken = current.model_copy(
            update={
                "body": {**current.body, "tries": tries + 1},
                "due_at": now + wait,
                "version": current.version + 1,
            }
        )
        return taken if self._commit(taken, taken, current.version) else None

    def _failed(self, taken: Record, error: Undelivered, now: Utc) -> bool:
        made_at = datetime.fromisoformat(str(taken.body["made_at"]))
        if not error.retryable or now - made_at >= GIVEN_UP:
            _log.error("the letter %s was given up: %s", taken.id, error)
            self._finish(taken, None)
            return not error.retryable
        _log.warning("the letter %s could not be sent, and is tried again: %s", taken.id, error)
        body: dict[str, JsonValue] = {**taken.body, "why": str(error)}
        self._finish(taken, taken.model_copy(update={"body": body, "version": taken.version + 1}))
        return False

    def _finish(self, taken: Record, after: Record | None) -> None:
        self._commit(taken, after, taken.version)

    def _commit(self, record: Record, after: Record | None, expected: int) -> bool:
        write = RecordWrite(kind=LETTER, id=record.id, record=after, expected=expected)
        try:
            self._store.commit(Change(id=self._new_id(), at=self._clock(), records=(write,)))
        except Conflict:
            return False
        return True

    def _written(self, ticket_id: str) -> Letter | None:
        ticket = self._tickets.good(ticket_id)
        if ticket is None:
            return None
        user = self._users.by_email(ticket.email)
        token = self._token(ticket)
        match ticket.purpose:
            case Purpose.RECOVER if user is not None and user.may_sign_in and not user.subject:
                return Letter(to=user.email, subject="Your password for Tocsin", text=_RECOVER.format(token=token))
            case Purpose.VERIFY if user is None:
                text = (_VERIFY if ticket.hash else _CONTESTED).format(token=token)
                return Letter(to=ticket.email, subject="Your account for Tocsin", text=text)
            case Purpose.VERIFY if user is not None and user.may_sign_in:
                return Letter(to=user.email, subject="Your account for Tocsin", text=_ALREADY)
            case _:
                return None

    def _token(self, ticket: Ticket) -> str:
        try:
            return self._tickets.token(ticket)
        except TocsinError as error:
            # Keys that cannot be read now. Whatever else the tick has to do does not wait for them.
            message = f"its token could not be signed: {error}"
            raise Undelivered(message) from error


def letter_about(ticket: Ticket) -> RecordWrite:
    """Return what makes the tick send the letter that a ticket is for. Asked for again, it is another letter."""
    body: dict[str, JsonValue] = {
        "purpose": ticket.purpose.value,
        "ticket": ticket.id,
        "made_at": ticket.made_at.isoformat(),
        "tries": 0,
        "why": "",
    }
    record = Record(kind=LETTER, id=ticket.nonce, body=body, due_at=ticket.made_at, expires_at=ticket.made_at + KEPT)
    return RecordWrite(kind=LETTER, id=record.id, record=record, expected=0)


_RECOVER = """\
Somebody asked for a new password for your account. Within the hour, this token sets one, once:

{token}

Send it with the new password to POST /api/v1/auth/reset. If it was not you who asked, do nothing: the password stays
as it is.
"""

_VERIFY = """\
Somebody signed up with your address. Within a day, this token confirms that it was you:

{token}

Send it to POST /api/v1/auth/verify. If it was not you, do nothing: there will be no account.
"""

_CONTESTED = """\
Somebody signed up with your address, more than once. Within a day, this token confirms that you want an account:

{token}

Send it to POST /api/v1/auth/verify. Since not all of them may have been you, none of the passwords counts: ask for one
with POST /api/v1/auth/recover afterwards. If it was not you at all, do nothing: there will be no account.
"""

_ALREADY = """\
Somebody signed up with your address, and there is an account for it already. If that was you, sign in, or ask for a new
password with POST /api/v1/auth/recover. If it was not, do nothing.
"""
