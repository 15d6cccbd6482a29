"""Heartbeats that we watch for others: made, changed, removed, and called. Changes are audited in the same commit."""

import hashlib
import hmac
import re
from collections.abc import Callable, Iterator
from typing import NamedTuple

from pydantic import JsonValue

from tocsin.clock import Clock
from tocsin.domain.audit import Actor, AuditAction, Deed
from tocsin.domain.change import Change, Record, RecordWrite
from tocsin.domain.frozen import Frozen
from tocsin.domain.rules import Rules
from tocsin.domain.severity import Severity
from tocsin.domain.watch import NAME, Watch, checked_watch
from tocsin.errors import AlreadyThere, Conflict, NotFound
from tocsin.ids import NewId
from tocsin.storage.store import Store

from .auditing import AuditLog
from .due import WATCH
from .listing import every_record, page_of
from .tick import MOST_ATTEMPTS
from .versions import see_version
from .watching import Watching, written

_TOLD = ("every_minutes", "grace_minutes", "severity", "service", "environment", "team", "paused")


class WatchEdit(Frozen):
    """What is to be different about a watch. None: it stays as it is."""

    every_minutes: int | None = None
    grace_minutes: int | None = None
    severity: Severity | None = None
    service: str | None = None
    environment: str | None = None
    team: str | None = None
    paused: bool | None = None


class _Seen(NamedTuple):
    watch: Watch
    version: int


class Watches:
    """The watches of one store."""

    def __init__(self, store: Store, audit: AuditLog, rules: Rules, *, clock: Clock, new_id: NewId) -> None:
        self._store = store
        self._audit = audit
        self._watching = Watching(store, rules, clock=clock, new_id=new_id)
        self._clock = clock
        self._new_id = new_id

    def named(self, name: str) -> Watch:
        """Return a watch; letter case does not count. Raises :class:`~tocsin.errors.NotFound`."""
        return self._seen(name).watch

    def every(self) -> Iterator[Watch]:
        """Yield every watch, by name."""
        return map(_watch, every_record(self._store, WATCH))

    def find(self, *, late: bool | None = None, limit: int, cursor: str = "") -> tuple[list[Watch], str]:
        """Return up to ``limit`` watches by name, and the cursor of what follows (empty at the end).

        ``late``: those whose alert fires, or all others; None: all. Raises ``InvalidInput`` for a cursor that no page
        gave.
        """

        def matches(watch: Watch) -> bool:
            return late in (None, watch.late_at is not None)

        return page_of(self._store, WATCH, _watch, matches, limit=limit, cursor=cursor)

    def add(
        self,
        name: str,
        *,
        every_minutes: int,
        secret: str,
        actor: Actor,
        given: WatchEdit | None = None,
        also: Callable[[Watch], tuple[RecordWrite, ...]] = lambda _watch: (),
    ) -> Watch:
        """Watch for a heartbeat from now on; ``given`` is what else is known of it.

        ``secret`` is what its own address holds; its digest is kept. ``also`` gives what else is written with it.
        Raises :class:`~tocsin.errors.InvalidInput`, and ``AlreadyThere`` for a name that is taken.
        """
        now = self._clock()
        plain = Watch(
            name=name.strip().lower(),
            every_minutes=every_minutes,
            digest=_digest(secret),
            waits_from=now,
            created_at=now,
            created_by=actor.name,
        )
        watch = checked_watch(plain if given is None else _edited(plain, given))
        deed = Deed(AuditAction.HEARTBEAT_ADDED, actor, _target(watch), _said(watch))
        try:
            self._audit.commit(deed, written(watch, 0), *also(watch))
        except Conflict:
            if self._store.record(WATCH, watch.name) is None:
                raise
            message = f"there is a heartbeat {watch.name} already"
            raise AlreadyThere(message, hint="change that one, or take another name") from None
        return watch

    def edit(self, name: str, edit: WatchEdit, *, actor: Actor, expected: int | None = None) -> Watch:
        """Change a watch; with another pace, and when it is paused no more, it has its whole time anew.

        Pausing it ends its alert. Raises :class:`~tocsin.errors.InvalidInput`, ``NotFound``, ``Conflict``, and
        ``PreconditionFailed`` if its version is not the ``expected`` one.
        """
        for _ in range(MOST_ATTEMPTS):
            seen = self._seen(name, expected)
            before = seen.watch
            after = checked_watch(_edited(before, edit))
            if after == before:
                return before
            if after.paused and before.late_at is not None:
                self._end_alert(seen)
                continue
            if (after.deadline, after.paused) != (before.deadline, before.paused):
                after = after.model_copy(update={"waits_from": self._clock()})
            after = after.model_copy(update={"version": before.version + 1})
            deed = Deed(AuditAction.HEARTBEAT_CHANGED, actor, _target(after), _changed(before, after))
            try:
                self._audit.commit(deed, written(after, seen.version))
            except Conflict:
                continue
            return after
        raise _busy(name)

    def remove(self, name: str, *, actor: Actor, expected: int | None = None) -> None:
        """Watch for it no more; its alert ends. Raises as :meth:`edit`."""
        for _ in range(MOST_ATTEMPTS):
            seen = self._seen(name, expected)
            if seen.watch.late_at is not None:
                self._end_alert(seen)
                continue
            gone = RecordWrite(kind=WATCH, id=seen.watch.name, record=None, expected=seen.version)
            try:
                self._audit.commit(Deed(AuditAction.HEARTBEAT_REMOVED, actor, _target(seen.watch)), gone)
            except Conflict:
                continue
            return
        raise _busy(name)

    def call(self, name: str, *, secret: str | None = None) -> Watch:
        """Take a call, in one write: it is late no sooner than its pace and its grace from now on.

        ``secret``: what its address held, where nothing else says who calls. Raises :class:`~tocsin.errors.NotFound`,
        also for a secret that is not its own.
        """
        now = self._clock()
        for _ in range(MOST_ATTEMPTS):
            seen = self._seen(name)
            if secret is not None and not hmac.compare_digest(seen.watch.digest, _digest(secret)):
                raise _unknown(name)
            after = seen.watch.called(now)
            if after == seen.watch:
                return after  # a later call was quicker
            write = written(after, seen.version)
            try:
                self._store.commit(Change(id=self._new_id(), at=now, records=(write,)))
            except Conflict:
                continue
            return after
        raise _busy(name)

    def _end_alert(self, seen: _Seen) -> None:
        """End the alert of a watch; it waits anew. Somebody else may have written first: then nothing is done."""
        now = self._clock()
        said = seen.watch.recovers(now)
        after = seen.watch.calm().model_copy(update={"waits_from": now})
        try:
            self._watching.say(said, written(after, seen.version))
        except Conflict:
            return

    def _seen(self, name: str, expected: int | None = None) -> _Seen:
        folded = name.strip().lower()
        record = self._store.record(WATCH, folded) if re.fullmatch(NAME, folded) else None
        if record is None:
            raise _unknown(name)
        watch = _watch(record)
        see_version(f"the heartbeat {watch.name}", watch.version, expected)
        return _Seen(watch, record.version)


def _watch(record: Record) -> Watch:
    return Watch.model_validate(record.body)


def _edited(watch: Watch, edit: WatchEdit) -> Watch:
    return watch.model_copy(update=edit.model_dump(exclude_none=True))


def _said(watch: Watch) -> dict[str, JsonValue]:
    said: dict[str, JsonValue] = watch.model_dump(mode="json", include=set(_TOLD))
    return {name: value for name, value in said.items() if value not in ("", False)}


def _changed(before: Watch, after: Watch) -> dict[str, JsonValue]:
    old, new = (one.model_dump(mode="json", include=set(_TOLD)) for one in (before, after))
    return {name: {"from": old[name], "to": new[name]} for name in _TOLD if old[name] != new[name]}


def _target(watch: Watch) -> str:
    return f"heartbeat:{watch.name}"


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode(errors="surrogatepass")).hexdigest()


def _unknown(name: str) -> NotFound:
    message = f"there is no heartbeat {name[:100]}"
    return NotFound(message, hint="`heartbeat list` shows them all")


def _busy(name: str) -> Conflict:
    message = f"others kept writing to the heartbeat {name[:100]}"
    return Conflict(message, hint="try again")
