"""Keys for machines: made, listed, revoked, and checked. They are records; what is kept opens nothing.

That one was made or revoked, and the audit entry that tells of it, are one commit.
"""

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime

from pydantic import JsonValue

from tocsin.clock import Clock
from tocsin.domain.access import Principal, Scope
from tocsin.domain.api_key import ApiKey, Token, checked_name, checked_scopes, checked_source, digest_of, key_id_of
from tocsin.domain.audit import Actor, AuditAction, Deed
from tocsin.domain.change import Change, Record, RecordWrite
from tocsin.errors import AlreadyThere, Conflict, InvalidInput, NotFound
from tocsin.ids import NewId
from tocsin.storage.store import Store

from .auditing import AuditLog
from .idempotency import AnsweredBefore, Idempotency, first_time
from .tick import MOST_ATTEMPTS

API_KEY = "apikey"
"""The record kind of a key."""

NAMED = "apikey_name"
"""The record kind that keeps a name for one key, as long as that is not revoked."""

FIRST = "first_key"
"""The record kind that says that a store had its first key."""

PAGE = 100


class ApiKeys:
    """The keys of one store."""

    def __init__(self, store: Store, *, clock: Clock, new_id: NewId) -> None:
        self._store = store
        self._clock = clock
        self._new_id = new_id
        self._audit = AuditLog(store, clock=clock, new_id=new_id)

    def create(
        self,
        name: str,
        scopes: Iterable[Scope | str],
        *,
        secret: str,
        actor: Actor,
        source: str = "",
        expires_at: datetime | None = None,
        request: Idempotency | None = None,
    ) -> tuple[ApiKey, Token]:
        """Make a key; return it with its token, which cannot be had again.

        A ``request`` makes one key however often it comes. Its answer is never kept, since the token is in it.
        Raises :class:`~tocsin.errors.InvalidInput`, ``KeyReused``, and :class:`~tocsin.errors.AlreadyThere` for a name
        that is taken and for a request that made its key before.
        """
        made = None if request is None else self._first_time(request)
        key = self._drafted(name, scopes, secret=secret, actor=actor, source=source, expires_at=expires_at)
        try:
            self._audit.commit(_made(key, actor), *_new(key), *(() if made is None else [made({"key": key.id})]))
        except Conflict:
            if request is not None:
                self._first_time(request)  # the same one may just have come twice
            message = f"there is a key called {name} already"
            raise AlreadyThere(message, hint="take another name, or revoke that one first") from None
        return key, Token(key.id, secret)

    def create_first(self, name: str, *, secret: str, actor: Actor) -> Token | None:
        """Make an administrator's key if this store never had a key; None if it did, or if somebody else just does."""
        if self._store.record(FIRST, FIRST) is not None or next(self.every(), None) is not None:
            return None
        key = self._drafted(name, [Scope.ADMIN], secret=secret, actor=actor)
        mark = Record(kind=FIRST, id=FIRST, body={"key": key.id})
        try:
            first = RecordWrite(kind=FIRST, id=FIRST, record=mark, expected=0)
            self._audit.commit(_made(key, actor), *_new(key), first)
        except Conflict:
            return None
        return Token(key.id, secret)

    def every(self) -> Iterator[ApiKey]:
        """Yield every key there ever was, revoked ones too."""
        after = ""
        while some := self.page(after=after, limit=PAGE):
            yield from some
            after = some[-1].id

    def page(self, *, after: str = "", limit: int) -> list[ApiKey]:
        """Return up to ``limit`` keys by id, from the one behind ``after`` on."""
        return [_key(record) for record in self._store.records(API_KEY, after=after, limit=limit)]

    def revoke(self, name_or_id: str, *, actor: Actor) -> ApiKey:
        """Take a key out of use for good; twice is no error. Processes that have just checked it notice in a minute.

        Raises :class:`~tocsin.errors.NotFound`, which names the keys there are.
        """
        for _ in range(MOST_ATTEMPTS):
            record = self._named(name_or_id)
            key = _key(record)
            if key.revoked_at is not None:
                return key
            revoked = key.model_copy(update={"revoked_at": self._clock(), "revoked_by": actor.name})
            free = RecordWrite(kind=NAMED, id=_folded(key.name), record=None)
            told = Deed(AuditAction.KEY_REVOKED, actor, _target(key), {"id": key.id})
            try:
                self._audit.commit(told, _written(revoked, expected=record.version), free)
            except Conflict:
                continue  # its use was noted at this moment
            return revoked
        message = f"others kept writing to the key {name_or_id}"
        raise Conflict(message, hint="nothing was written: try again")

    def check(self, token: Token) -> Principal | None:
        """Return who holds this token, or None. Notes the day on which a key is used, once a day."""
        record = self._store.record(API_KEY, token.key_id)
        now = self._clock()
        if record is None:
            return None
        key = _key(record)
        if not key.opens_with(token.secret) or not key.usable(now):
            return None
        if key.last_used_on != now.date():
            self._note_use(key.model_copy(update={"last_used_on": now.date()}), record.version)
        return key.principal

    def _note_use(self, key: ApiKey, version: int) -> None:
        change = Change(id=self._new_id(), at=self._clock(), records=(_written(key, expected=version),))
        try:
            self._store.commit(change)
        except Conflict:
            return  # another process noted it, or the key was revoked this moment, which the next check sees

    def _first_time(self, request: Idempotency) -> Callable[[JsonValue], RecordWrite]:
        try:
            return first_time(self._store, request, now=self._clock())
        except AnsweredBefore as before:
            made = before.answer["key"] if isinstance(before.answer, dict) else ""
            message = f"this request has made the key {made} before, which was shown then"
            raise AlreadyThere(message, hint="if that answer was lost, revoke the key and make another") from None

    def _drafted(
        self,
        name: str,
        scopes: Iterable[Scope | str],
        *,
        secret: str,
        actor: Actor,
        source: str = "",
        expires_at: datetime | None = None,
    ) -> ApiKey:
        now = self._clock()
        if expires_at is not None and expires_at <= now:
            message = "a key must expire in the future"
            raise InvalidInput(message)
        checked = checked_name(name)
        return ApiKey(
            id=key_id_of(self._new_id()),
            name=checked,
            digest=digest_of(secret),
            scopes=checked_scopes(scopes),
            source=checked_source(source, name=checked),
            created_at=now,
            created_by=actor.name,
            expires_at=expires_at,
        )

    def _named(self, name_or_id: str) -> Record:
        by_id = self._store.record(API_KEY, name_or_id)
        if by_id is not None:
            return by_id
        name = self._store.record(NAMED, _folded(name_or_id))
        found = None if name is None else self._store.record(API_KEY, str(name.body["key"]))
        if found is None:
            known = ", ".join(key.name for key in self.every() if key.revoked_at is None)
            message = f"there is no key {name_or_id}"
            raise NotFound(message, hint=f"there are {known}" if known else "there are none")
        return found


def _new(key: ApiKey) -> tuple[RecordWrite, RecordWrite]:
    name = Record(kind=NAMED, id=_folded(key.name), body={"key": key.id})
    return _written(key, expected=0), RecordWrite(kind=name.kind, id=name.id, record=name, expected=0)


def _made(key: ApiKey, actor: Actor) -> Deed:
    told = key.model_dump(mode="json", include={"id", "scopes", "source", "expires_at"})
    return Deed(AuditAction.KEY_MADE, actor, _target(key), told)


def _target(key: ApiKey) -> str:
    return f"key:{key.name}"


def _key(record: Record) -> ApiKey:
    return ApiKey.model_validate(record.body)


def _written(key: ApiKey, *, expected: int) -> RecordWrite:
    record = Record(kind=API_KEY, id=key.id, body=key.model_dump(mode="json"), version=expected + 1)
    return RecordWrite(kind=API_KEY, id=key.id, record=record, expected=expected)


def _folded(name: str) -> str:
    return name.casefold()
