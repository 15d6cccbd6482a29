"""Who may do what: roles of people, scopes of keys, and what each kind of request asks of them."""

from enum import StrEnum
from typing import NamedTuple


class UserRole(StrEnum):
    """What a person may do, each more than the one before. Not what somebody does on one incident."""

    VIEWER = "viewer"
    RESPONDER = "responder"
    ADMIN = "admin"

    def includes(self, other: "UserRole") -> bool:
        """Say whether who has this role may do all that the other may."""
        return _RANK[self] >= _RANK[other]


_RANK = {role: rank for rank, role in enumerate(UserRole)}


class Scope(StrEnum):
    """What a key lets its holder do. ``admin`` includes everything; writing incidents includes reading them."""

    ALERTS_WRITE = "alerts:write"
    INCIDENTS_READ = "incidents:read"
    INCIDENTS_WRITE = "incidents:write"
    ADMIN = "admin"


_INCLUDES = {
    Scope.ADMIN: frozenset(Scope),
    Scope.INCIDENTS_WRITE: frozenset({Scope.INCIDENTS_WRITE, Scope.INCIDENTS_READ}),
}


class Principal(NamedTuple):
    """Who asks, once that was checked: a key (it has scopes) or a person (who has a role).

    ``id`` is ``key:...`` or ``user:...`` and nobody else's, ``name`` what people call them, ``source`` the name space
    of the alerts that they send, ``session`` the sign-in that a person came by (empty: none of ours).
    """

    id: str
    name: str
    scopes: frozenset[Scope] = frozenset()
    role: UserRole | None = None
    source: str = ""
    session: str = ""

    @property
    def by(self) -> str:
        """As the timeline names who acted."""
        return self.name if self.role else f"key:{self.name}"

    @property
    def user_id(self) -> str:
        """The id of the person; empty for a key."""
        return self.id.removeprefix("user:") if self.role else ""


class Access(NamedTuple):
    """What a request asks of who makes it: at least this role of a person, this scope of a key.

    None: no person, or no key, may make it. ``anybody``: neither is asked for.
    """

    role: UserRole | None
    scope: Scope | None
    anybody: bool = False

    def admits(self, principal: Principal | None) -> bool:
        """Say whether they may make it (None: nobody who is known)."""
        if self.anybody:
            return True
        if principal is None:
            return False
        if principal.role is not None:
            return self.role is not None and principal.role.includes(self.role)
        return self.scope is not None and any(self.scope in _INCLUDES.get(held, {held}) for held in principal.scopes)


ANYBODY = Access(None, None, anybody=True)
"""Nothing is asked: what tells nothing, and what lets people in."""

SELF = Access(UserRole.VIEWER, None)
"""Any person, on what is their own."""

PUSH = Access(UserRole.RESPONDER, Scope.ALERTS_WRITE)
READ = Access(UserRole.VIEWER, Scope.INCIDENTS_READ)
WRITE = Access(UserRole.RESPONDER, Scope.INCIDENTS_WRITE)
OWN_TURNS = Access(UserRole.RESPONDER, Scope.ADMIN)
"""A responder, on what is about their own shifts; whoever administers, on everybody's."""

ADMINISTER = Access(UserRole.ADMIN, Scope.ADMIN)
