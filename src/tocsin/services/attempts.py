"""How often signing in, and what is like it, may be tried. Kept in the store: several processes count as one.

Nobody can keep somebody else out: an account is slowed as a whole only where it was never signed in from before.
"""

import hashlib
from collections.abc import Mapping
from datetime import timedelta

from tocsin.clock import Clock
from tocsin.domain.change import Change, Record, RecordWrite
from tocsin.domain.frozen import Utc
from tocsin.domain.throttle import Bucket, Limit, neighbourhood
from tocsin.errors import Conflict, TooManyAttempts
from tocsin.ids import NewId
from tocsin.storage.store import Store

from .tick import MOST_ATTEMPTS

ATTEMPT = "attempt"
"""The record kind of a bucket. It is forgotten when it is full, which is within the hour, or half a day for codes."""

KNOWN = "known_address"
"""The record kind that says that somebody signed in from an address."""

PAIR = Limit(5, timedelta(seconds=30))
"""One account from one address."""

ADDRESS = Limit(20, timedelta(seconds=5))
"""One address, whichever accounts it tries."""

ACCOUNT = Limit(50, timedelta(seconds=10))
"""One account from everywhere that it was never signed in from."""

ASKED = Limit(10, timedelta(minutes=1))
"""What one address may ask for that needs no password: each such thing stays in the audit log."""

TOLD = Limit(60, timedelta(minutes=1))
"""Refusals of one address that are put on record: nobody who is nobody makes a log grow without end."""

LETTERS = Limit(3, timedelta(minutes=10))
"""Letters to one address of mail, whoever asks for them."""

CODES = Limit(12, timedelta(hours=1))
"""Codes that are sent for one person, whichever of their contacts they are for: each may cost as much as a text message."""

KNOWN_FOR = timedelta(days=90)

SIGN_IN = "sign-in"


class Attempts:
    """The attempts on one store. ``email`` is any text that names an account, whether or not it exists."""

    def __init__(self, store: Store, *, clock: Clock, new_id: NewId) -> None:
        self._store = store
        self._clock = clock
        self._new_id = new_id

    def begin(self, email: str, address: str) -> None:
        """Count an attempt to sign in. Raises :class:`~tocsin.errors.TooManyAttempts`, and then counts none."""
        where = neighbourhood(address)
        limits = {digest(SIGN_IN, "pair", email, where): PAIR, digest(SIGN_IN, "address", where): ADDRESS}
        known = self._store.record(KNOWN, digest(email, where))
        if known is None or known.expires_at is None or known.expires_at <= self._clock():
            limits[digest(SIGN_IN, "account", email)] = ACCOUNT
        self._count(limits)

    def succeeded(self, email: str, address: str) -> None:
        """Give an account back what it has at this address, and know the address from now on."""
        where, now = neighbourhood(address), self._clock()
        known = Record(kind=KNOWN, id=digest(email, where), expires_at=now + KNOWN_FOR)
        writes = (
            RecordWrite(kind=ATTEMPT, id=digest(SIGN_IN, "pair", email, where), record=None),
            RecordWrite(kind=KNOWN, id=known.id, record=known),
        )
        self._store.commit(Change(id=self._new_id(), at=now, records=writes))

    def ask(self, what: str, address: str) -> None:
        """Count what anybody at an address may ask for. Raises :class:`~tocsin.errors.TooManyAttempts`."""
        self._count({digest(what, "address", neighbourhood(address)): ASKED})

    def tells(self, address: str) -> bool:
        """Count a refusal that is to be put on record; false if there were enough of late, and then none is counted."""
        return self._may(digest(SIGN_IN, "told", neighbourhood(address)), TOLD)

    def may_write(self, what: str, email: str) -> bool:
        """Count a letter to an address of mail; false if there were enough of late, and then none is counted."""
        return self._may(digest(what, "letter", email), LETTERS)

    def _may(self, name: str, limit: Limit) -> bool:
        try:
            self._count({name: limit})
        except TooManyAttempts:
            return False
        return True

    def _count(self, limits: Mapping[str, Limit]) -> None:
        for _ in range(MOST_ATTEMPTS):
            now = self._clock()
            found = {name: self._store.record(ATTEMPT, name) for name in limits}
            buckets = {
                name: Bucket(limits[name], None if record is None else record.expires_at)
                for name, record in found.items()
            }
            if wait := max(bucket.wait(now) for bucket in buckets.values()):
                raise TooManyAttempts(wait.total_seconds())
            writes = tuple(_written(bucket.take(now), found[name], name) for name, bucket in buckets.items())
            try:
                self._store.commit(Change(id=self._new_id(), at=now, records=writes))
            except Conflict:
                continue
            return
        # Whoever tries so often at once that the count cannot be kept tries too often.
        raise TooManyAttempts(1)


def counted(store: Store, name: str, limit: Limit, now: Utc) -> RecordWrite:
    """Return what counts an attempt, to be written with what it is about. Raises :class:`~tocsin.errors.TooManyAttempts`."""
    before = store.record(ATTEMPT, name)
    bucket = Bucket(limit, None if before is None else before.expires_at)
    if wait := bucket.wait(now):
        raise TooManyAttempts(wait.total_seconds())
    return _written(bucket.take(now), before, name)


def _written(bucket: Bucket, before: Record | None, name: str) -> RecordWrite:
    version = 0 if before is None else before.version
    record = Record(kind=ATTEMPT, id=name, expires_at=bucket.full_at, version=version + 1)
    return RecordWrite(kind=ATTEMPT, id=name, record=record, expected=version)


def digest(*parts: str) -> str:
    """Return what stands for these texts in the id of a record, where they would tell about people."""
    whole = hashlib.sha256()
    for part in parts:
        raw = part.encode(errors="surrogatepass")
        # With its length, so that no two lists of parts are one.
        whole.update(b"%d:%b" % (len(raw), raw))
    return whole.hexdigest()
