"""Doing once what is asked for twice: the answer to a request is kept for a day, in the commit of what it did.

Whoever sends a request again, because the first answer was lost, gets the first answer. What failed is not kept: it
is tried again.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import NamedTuple

from pydantic import JsonValue

from tocsin.domain.change import Change, Record, RecordWrite
from tocsin.domain.frozen import Utc
from tocsin.domain.incident import Incident
from tocsin.errors import Conflict, InvalidInput, KeyReused
from tocsin.storage.store import Store

IDEMPOTENCY = "idempotency"
"""The record kind of answers."""

KEPT = timedelta(hours=24)

LONGEST_KEY = 255
"""Characters of a key that a client gives."""


@dataclass(frozen=True, slots=True)
class Idempotency:
    """Who sent which request under which key. ``digest`` tells this request from any other: see :meth:`of`."""

    who: str
    key: str
    digest: str

    @classmethod
    def of(cls, who: str, key: str, *request: str | bytes) -> "Idempotency":
        """Return what names a request of these parts (method, path, body ...).

        Raises ``InvalidInput`` for a key that is empty, too long, or not plain visible characters.
        """
        if not 0 < len(key) <= LONGEST_KEY or not key.isascii() or not key.isprintable():
            message = f"an idempotency key is 1 to {LONGEST_KEY} visible ASCII characters"
            raise InvalidInput(message)
        return cls(who, key, _digest(*request))

    @property
    def record_id(self) -> str:
        """The id of its record: one sender's keys are no other's."""
        return _digest(self.who, self.key)


@dataclass(frozen=True, slots=True)
class Once:
    """A request that is to be done once, and what is answered when it has been done.

    ``answer`` makes the answer from the incident as it then is; it must be JSON, and is kept as it is.
    """

    request: Idempotency
    answer: Callable[[Incident], JsonValue]


class AnsweredBefore(Exception):
    """Not an error: the request was done before. ``answer`` is what was answered; nothing was written now."""

    def __init__(self, answer: JsonValue) -> None:
        super().__init__("this request was answered before")
        self.answer = answer


class Answer(NamedTuple):
    """The answer that was kept for a request."""

    value: JsonValue


def answered(store: Store, request: Idempotency, *, now: Utc) -> Answer | None:
    """Return the answer that was kept for a request; None if there is none.

    Raises ``KeyReused`` if the key was used for another request.
    """
    return _answer(request, store.record(IDEMPOTENCY, request.record_id), now)


def keep(store: Store, request: Idempotency, answer: JsonValue, *, now: Utc, change_id: str) -> JsonValue:
    """Keep the answer to a request that is done already; return the answer that counts.

    That is another one if the same request was answered at the same time by somebody else. Raises ``KeyReused``.
    """
    record = store.record(IDEMPOTENCY, request.record_id)
    before = _answer(request, record, now)
    if before is None:
        try:
            store.commit(Change(id=change_id, at=now, records=(_kept(request, record, answer, now),)))
        except Conflict:
            before = answered(store, request, now=now)
    return answer if before is None else before.value


def unanswered(store: Store, once: Once, *, now: Utc) -> Callable[[Incident], RecordWrite]:
    """Return what writes the answer, for the commit of what is done; it conflicts if somebody else was first.

    Raises :class:`AnsweredBefore` if there is an answer, and ``KeyReused``.
    """
    write = first_time(store, once.request, now=now)
    return lambda incident: write(once.answer(incident))


def first_time(store: Store, request: Idempotency, *, now: Utc) -> Callable[[JsonValue], RecordWrite]:
    """Return what writes an answer, for the commit of what was asked for; it conflicts if somebody else was first.

    Raises :class:`AnsweredBefore` if there is an answer, and ``KeyReused``.
    """
    record = store.record(IDEMPOTENCY, request.record_id)
    before = _answer(request, record, now)
    if before is not None:
        raise AnsweredBefore(before.value)
    return lambda answer: _kept(request, record, answer, now)


def _answer(request: Idempotency, record: Record | None, now: Utc) -> Answer | None:
    if record is None or (record.expires_at is not None and record.expires_at <= now):
        return None
    if record.body.get("digest") != request.digest:
        message = "this idempotency key was used for another request"
        raise KeyReused(message, hint="take a new key for each request, and the same one only to repeat it")
    return Answer(record.body.get("answer"))


def _kept(request: Idempotency, over: Record | None, answer: JsonValue, now: Utc) -> RecordWrite:
    version = 0 if over is None else over.version
    body: dict[str, JsonValue] = {"who": request.who, "digest": request.digest, "answer": answer}
    record = Record(kind=IDEMPOTENCY, id=request.record_id, body=body, expires_at=now + KEPT, version=version + 1)
    return RecordWrite(kind=record.kind, id=record.id, record=record, expected=version)


def _digest(*parts: str | bytes) -> str:
    whole = hashlib.sha256()
    for part in parts:
        raw = part.encode(errors="surrogatepass") if isinstance(part, str) else part
        # With its length, so that no two lists of parts are one.
        whole.update(b"%d:%b" % (len(raw), raw))
    return whole.hexdigest()
