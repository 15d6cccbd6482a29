"""The people of a store: added, changed, found. Every change and the audit entry that tells of it are one commit.

Nobody is deleted: who leaves is deactivated, and what they did keeps their name. The last administrator stays one.
"""

import hashlib
from collections.abc import Callable, Iterator

from pydantic import JsonValue

from tocsin.clock import Clock
from tocsin.domain.access import UserRole
from tocsin.domain.audit import Actor, AuditAction, Deed
from tocsin.domain.change import Record, RecordWrite
from tocsin.domain.user import User, UserEdit, checked_email, checked_full_name, checked_time_zone
from tocsin.errors import AlreadyThere, Conflict, InvalidInput, NotAllowed, NotFound
from tocsin.ids import NewId
from tocsin.storage.store import Store

from .auditing import AuditLog
from .listing import every_record, is_id, page_of
from .tick import MOST_ATTEMPTS
from .versions import see_version

USER = "user"
"""The record kind of a person; its id is the person's."""

EMAIL = "user_email"
"""The record kind that keeps an address for one person; its id is the address."""

SUBJECT = "user_subject"
"""The record kind that keeps a name at an external issuer for one person; its id is the SHA-256 of that name."""

ADMINISTRATORS = "administrators"
"""The record kind, and the id, of what everybody writes who leaves one administrator less."""

_SELF_EVIDENT = frozenset({"version", "role_since"})
"""What of a person changes with something else, at the moment that an entry has anyway."""


class Users:
    """The people of one store."""

    def __init__(self, store: Store, audit: AuditLog, *, clock: Clock, new_id: NewId) -> None:
        self._store = store
        self._audit = audit
        self._clock = clock
        self._new_id = new_id

    def get(self, user_id: str) -> User | None:
        """Return a person by id, active or not."""
        record = self._store.record(USER, user_id)
        return None if record is None else _user(record)

    def by_email(self, email: str) -> User | None:
        """Return a person by address. An address that is none is nobody's."""
        try:
            address = checked_email(email)
        except InvalidInput:
            return None
        named = self._store.record(EMAIL, address)
        return None if named is None else self.get(str(named.body["user"]))

    def by_subject(self, subject: str) -> User | None:
        """Return a person by their name at an external issuer."""
        named = self._store.record(SUBJECT, _digest(subject))
        return None if named is None else self.get(str(named.body["user"]))

    def named(self, email_or_id: str) -> User:
        """Return a person by address or id. Raises :class:`~tocsin.errors.NotFound`."""
        if "@" in email_or_id:
            user = self.by_email(email_or_id)
        else:
            user = self.get(email_or_id) if is_id(email_or_id) else None
        if user is None:
            message = f"there is no user {email_or_id[:100]}"
            raise NotFound(message, hint="`user list` shows them all")
        return user

    def every(self) -> Iterator[User]:
        """Yield everybody, those who were deactivated too, in the order of their ids."""
        return map(_user, every_record(self._store, USER))

    def find(
        self, *, role: UserRole | None = None, active: bool | None = None, text: str = "", limit: int, cursor: str = ""
    ) -> tuple[list[User], str]:
        """Return up to ``limit`` people, and the cursor of what follows (empty at the end); a page may be short.

        ``text`` is looked for in address and name. Raises ``InvalidInput`` for a cursor that no page gave.
        """
        said = text.casefold()

        def matches(user: User) -> bool:
            return (
                role in (None, user.role)
                and active in (None, user.active)
                and (said in user.email.casefold() or said in user.full_name.casefold())
            )

        return page_of(self._store, USER, _user, matches, limit=limit, cursor=cursor)

    def add(
        self,
        email: str,
        full_name: str,
        role: UserRole,
        *,
        actor: Actor,
        time_zone: str = "UTC",
        subject: str = "",
        verified: bool = True,
        action: AuditAction = AuditAction.USER_ADDED,
        also: Callable[[User], tuple[RecordWrite, ...]] = lambda _user: (),
    ) -> User:
        """Add a person; ``also`` gives what else is written with them, such as a password.

        Raises :class:`~tocsin.errors.InvalidInput`, and :class:`~tocsin.errors.AlreadyThere` for an address.
        """
        user = User(
            id=self._new_id(),
            email=checked_email(email),
            full_name=checked_full_name(full_name),
            role=role,
            verified=verified,
            time_zone=checked_time_zone(time_zone),
            subject=subject,
            created_at=self._clock(),
            created_by=actor.name,
        )
        told = Deed(action, actor, f"user:{user.email}", {"role": role.value})
        try:
            self._audit.commit(told, *_written(user), *_kept(user), *also(user))
        except Conflict:
            if self.by_email(user.email) is None:
                raise  # it was about something else that is written with them
            message = f"there is a user {user.email} already"
            raise AlreadyThere(message, hint="change that one, or take another address") from None
        return user

    def edit(self, email_or_id: str, edit: UserEdit, *, actor: Actor, expected: int | None = None) -> User:
        """Change a person as an administrator may, and as everybody may their own name and time zone.

        Raises what :meth:`change` does, ``InvalidInput``, and ``NotAllowed`` to whoever raises their own role.
        """

        def do(user: User) -> User:
            after = edit.applied(user, self._clock())
            if actor.name == user.email and not user.role.includes(after.role):
                message = "nobody raises their own role"
                raise NotAllowed(message, hint="another administrator can")
            return after

        return self.change(email_or_id, do, actor=actor, expected=expected)

    def change(
        self,
        email_or_id: str,
        do: Callable[[User], User],
        *,
        actor: Actor,
        action: AuditAction = AuditAction.USER_CHANGED,
        expected: int | None = None,
        also: Callable[[User], tuple[RecordWrite, ...]] = lambda _user: (),
    ) -> User:
        """Commit what ``do`` makes of a person, and return it; where that is nothing, nothing is written.

        ``expected`` is the version that the caller saw (None: whichever it is). Raises
        :class:`~tocsin.errors.PreconditionFailed` if it is another, and :class:`~tocsin.errors.NotAllowed` if nobody
        would be left who administers.
        """
        for _ in range(MOST_ATTEMPTS):
            before = self.named(email_or_id)
            see_version(f"{before.email}", before.version, expected)
            after = do(before)
            writes = also(after)
            if after == before and not writes:
                return before
            after = after.model_copy(update={"version": before.version + 1})
            guard = self._others_administer(before) if before.administers and not after.administers else ()
            try:
                self._audit.commit(
                    Deed(_action(before, after) or action, actor, f"user:{before.email}", _told(before, after)),
                    *_written(after, expected=before.version),
                    *_moved(before, after),
                    *guard,
                    *writes,
                )
            except Conflict:
                if before.email != after.email and self.by_email(after.email) is not None:
                    message = f"there is a user {after.email} already"
                    raise AlreadyThere(message, hint="take another address") from None
                continue
            return after
        message = f"others kept changing {email_or_id}"
        raise Conflict(message, hint="try again")

    def _others_administer(self, user: User) -> tuple[RecordWrite]:
        """See that somebody else administers, and return what conflicts with whoever leaves at the same time.

        The record is read before the others are looked at: whoever takes one of them away meanwhile writes it.
        """
        record = self._store.record(ADMINISTRATORS, ADMINISTRATORS)
        version = 0 if record is None else record.version
        if not any(one.administers for one in self.every() if one.id != user.id):
            message = f"{user.email} is the last administrator"
            raise NotAllowed(message, hint="make somebody else one first")
        written = Record(kind=ADMINISTRATORS, id=ADMINISTRATORS, version=version + 1)
        return (RecordWrite(kind=ADMINISTRATORS, id=ADMINISTRATORS, record=written, expected=version),)


def _user(record: Record) -> User:
    return User.model_validate(record.body)


def _action(before: User, after: User) -> AuditAction | None:
    if before.active == after.active:
        return None
    return AuditAction.USER_ACTIVATED if after.active else AuditAction.USER_DEACTIVATED


def _written(user: User, *, expected: int = 0) -> tuple[RecordWrite]:
    record = Record(kind=USER, id=user.id, body=user.model_dump(mode="json"), version=user.version)
    return (RecordWrite(kind=USER, id=user.id, record=record, expected=expected),)


def _kept(user: User) -> Iterator[RecordWrite]:
    for kind, name in _names(user):
        record = Record(kind=kind, id=name, body={"user": user.id})
        yield RecordWrite(kind=kind, id=name, record=record, expected=0)


def _moved(before: User, after: User) -> Iterator[RecordWrite]:
    """Yield what gives a name back that is not used any more, and keeps a new one."""
    old, new = set(_names(before)), set(_names(after))
    for kind, name in sorted(old - new):
        yield RecordWrite(kind=kind, id=name, record=None)
    for kind, name in sorted(new - old):
        record = Record(kind=kind, id=name, body={"user": after.id})
        yield RecordWrite(kind=kind, id=name, record=record, expected=0)


def _names(user: User) -> Iterator[tuple[str, str]]:
    yield EMAIL, user.email
    if user.subject:
        yield SUBJECT, _digest(user.subject)


def _told(before: User, after: User) -> dict[str, JsonValue]:
    """Say what changed, as it was and as it is."""
    old, new = before.model_dump(mode="json"), after.model_dump(mode="json")
    return {
        name: {"from": old[name], "to": new[name]}
        for name in new
        if old[name] != new[name] and name not in _SELF_EVIDENT
    }


def _digest(subject: str) -> str:
    return hashlib.sha256(subject.encode()).hexdigest()
