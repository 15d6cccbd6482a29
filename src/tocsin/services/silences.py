"""Silences of our own: made, changed, ended, and asked about. Every change and its audit entry are one commit."""

from collections.abc import Callable, Iterator

from pydantic import JsonValue

from tocsin.clock import Clock
from tocsin.domain.audit import Actor, AuditAction, Deed
from tocsin.domain.change import Record, RecordWrite
from tocsin.domain.frozen import Frozen, Utc
from tocsin.domain.incident import Incident
from tocsin.domain.silence import (
    HOLDS_ON,
    Kept,
    Matcher,
    Silence,
    SilenceState,
    checked_end,
    checked_matcher,
    checked_reason,
    hides,
    hiding,
)
from tocsin.errors import Conflict, InvalidInput, NotFound
from tocsin.ids import NewId
from tocsin.storage.store import Store

from .auditing import AuditLog
from .due import PAST_SILENCE, SILENCE
from .listing import every_record, is_id, page_of
from .tick import MOST_ATTEMPTS
from .unsilencing import active_incidents, kept_record, silences_now
from .versions import see_version

MOST_SILENCES = 200
"""Silences that are not over: the pager reads them all before it sends anything."""

_PAST = "~"
"""What the cursor of a list begins with once it has come to those that are over."""


class SilenceEdit(Frozen):
    """What is to be different about a silence. None: it stays as it is; ``where`` is given whole."""

    where: Matcher | None = None
    reason: str | None = None
    ends_at: Utc | None = None


class Silences:
    """The silences of one store."""

    def __init__(self, store: Store, audit: AuditLog, *, clock: Clock, new_id: NewId) -> None:
        self._store = store
        self._audit = audit
        self._clock = clock
        self._new_id = new_id

    def hiding(self, incident: Incident, now: Utc) -> Silence | None:
        """Return what holds the pages of an incident now, if anything does: the silence that ends last.

        Reads those that are not over, at most :data:`MOST_SILENCES` or so; of several incidents see :meth:`active`.
        """
        return hiding(silences_now(self._store), incident, now)

    def active(self, now: Utc) -> list[Silence]:
        """Return the silences that are active; :func:`tocsin.domain.silence.hiding` says which of them hides what."""
        return [one for one in silences_now(self._store) if one.active(now)]

    def named(self, silence_id: str) -> Silence:
        """Return a silence, also one that is over. Raises :class:`~tocsin.errors.NotFound`."""
        record = None
        if is_id(silence_id):
            record = self._store.record(SILENCE, silence_id) or self._store.record(PAST_SILENCE, silence_id)
        if record is None or (record.expires_at is not None and record.expires_at <= self._clock()):
            raise _unknown(silence_id)
        return _kept(record).silence

    def every(self) -> Iterator[Silence]:
        """Yield every silence that is known: those that are not over first."""
        for kind in (SILENCE, PAST_SILENCE):
            yield from (_kept(one).silence for one in every_record(self._store, kind))

    def find(self, *, active: bool | None = None, limit: int, cursor: str = "") -> tuple[list[Silence], str]:
        """Return up to ``limit`` silences, and the cursor of what follows (empty at the end); a page may be short.

        ``active``: those that are active now, or all others; None: all. Raises ``InvalidInput`` for a cursor that no
        page gave.
        """
        now = self._clock()

        def page(kind: str, limit: int, cursor: str) -> tuple[list[Silence], str]:
            return page_of(
                self._store,
                kind,
                lambda record: _kept(record).silence,
                lambda one: active in (None, one.state(now) is SilenceState.ACTIVE),
                limit=limit,
                cursor=cursor,
            )

        found: list[Silence] = []
        if not cursor.startswith(_PAST):
            found, rest = page(SILENCE, limit, cursor)
            if rest or active:
                return found, rest
            if len(found) == limit:
                return found, _PAST
            cursor = ""
        more, rest = page(PAST_SILENCE, limit - len(found), cursor.removeprefix(_PAST))
        return [*found, *more], f"{_PAST}{rest}" if rest else ""

    def hidden_by(self, silence: Silence) -> int:
        """Count the active incidents that a silence hides now."""
        now = self._clock()
        if not silence.active(now):
            return 0
        return sum(hides(silence, one, now) for one in active_incidents(self._store))

    def add(
        self,
        where: Matcher,
        *,
        reason: str,
        ends_at: Utc,
        starts_at: Utc | None = None,
        actor: Actor,
        author_id: str = "",
        also: Callable[[Silence], tuple[RecordWrite, ...]] = lambda _silence: (),
    ) -> Silence:
        """Make a silence, from now on unless ``starts_at`` says otherwise; ``also`` gives what else is written with it.

        ``author_id`` is the id of the person who makes it. Raises :class:`~tocsin.errors.InvalidInput`.
        """
        now = self._clock()
        starts_at = now if starts_at is None else max(starts_at, now)
        silence = Silence(
            id=self._new_id(),
            where=checked_matcher(where),
            reason=checked_reason(reason),
            author=actor.name,
            author_id=author_id,
            starts_at=starts_at,
            ends_at=checked_end(starts_at, ends_at, now),
            created_at=now,
        )
        if len(silences_now(self._store)) >= MOST_SILENCES:
            message = f"there are {MOST_SILENCES} silences already"
            raise InvalidInput(message, hint="end some, or make one that hides more")
        kept = Kept(silence=silence)
        record = kept_record(kept, due_at=kept.due_at(now), version=1)
        write = RecordWrite(kind=SILENCE, id=silence.id, record=record, expected=0)
        details: dict[str, JsonValue] = {"reason": silence.reason, **_said(silence)}
        self._audit.commit(Deed(AuditAction.SILENCE_ADDED, actor, _target(silence), details), write, *also(silence))
        return silence

    def edit(self, silence_id: str, edit: SilenceEdit, *, actor: Actor, expected: int | None = None) -> Silence:
        """Change a silence that is not over. What it hides no more is paged by the next tick.

        Raises :class:`~tocsin.errors.InvalidInput`, ``NotFound``, ``Conflict``, and ``PreconditionFailed`` if its
        version is not the ``expected`` one.
        """

        def do(silence: Silence, now: Utc) -> Silence:
            if silence.state(now) is SilenceState.OVER:
                message = f"the silence {silence.id} is over"
                raise InvalidInput(message, hint="make another one")
            wanted: dict[str, object] = {}
            if edit.where is not None:
                wanted["where"] = checked_matcher(edit.where)
            if edit.reason is not None:
                wanted["reason"] = checked_reason(edit.reason)
            if edit.ends_at is not None:
                wanted["ends_at"] = max(checked_end(silence.starts_at, edit.ends_at, now), now + HOLDS_ON)
            return silence.model_copy(update=wanted)

        return self._change(silence_id, do, AuditAction.SILENCE_CHANGED, actor, expected)

    def end(self, silence_id: str, *, actor: Actor, expected: int | None = None) -> Silence:
        """End a silence within :data:`~tocsin.domain.silence.HOLDS_ON`; what is over stays so. Raises as :meth:`edit`."""

        def do(silence: Silence, now: Utc) -> Silence:
            if silence.state(now) is SilenceState.OVER:
                return silence
            holds_on = silence.starts_at < now + HOLDS_ON
            ends_at = min(silence.ends_at, now + HOLDS_ON) if holds_on else now
            return silence.model_copy(update={"ends_at": ends_at, "ended_by": actor.name})

        return self._change(silence_id, do, AuditAction.SILENCE_ENDED, actor, expected)

    def _change(
        self,
        silence_id: str,
        do: Callable[[Silence, Utc], Silence],
        action: AuditAction,
        actor: Actor,
        expected: int | None,
    ) -> Silence:
        for _ in range(MOST_ATTEMPTS):
            now = self._clock()
            record = self._store.record(SILENCE, silence_id) if is_id(silence_id) else None
            before = self.named(silence_id) if record is None else _kept(record).silence
            see_version(f"the silence {silence_id}", before.version, expected)
            after = do(before, now)
            if after == before or record is None:
                return before
            after = after.model_copy(update={"version": before.version + 1})
            write = _rewritten(record, after, now)
            try:
                self._audit.commit(Deed(action, actor, _target(after), _told(before, after)), write)
            except Conflict:
                continue
            return after
        message = f"others kept changing the silence {silence_id}"
        raise Conflict(message, hint="try again")


def _rewritten(record: Record, after: Silence, now: Utc) -> RecordWrite:
    changed = _kept(record).changed(after, now)
    # Where it never hid anything, the next tick puts it to what is over.
    due_at = changed.due_at(now) or now
    written = kept_record(changed, due_at=due_at, version=record.version + 1)
    return RecordWrite(kind=SILENCE, id=after.id, record=written, expected=record.version)


def _kept(record: Record) -> Kept:
    return Kept.model_validate(record.body)


def _told(before: Silence, after: Silence) -> dict[str, JsonValue]:
    old, new = ({"reason": one.reason, **_said(one)} for one in (before, after))
    return {name: {"from": old[name], "to": new[name]} for name in new if old[name] != new[name]}


def _said(silence: Silence) -> dict[str, JsonValue]:
    said = silence.model_dump(mode="json", include={"where", "starts_at", "ends_at"})
    return {**said, "where": silence.where.model_dump(mode="json", exclude_defaults=True)}


def _target(silence: Silence) -> str:
    return f"silence:{silence.id}"


def _unknown(silence_id: str) -> NotFound:
    message = f"there is no silence {silence_id[:100]}"
    return NotFound(message, hint="`silence list` shows them all")
