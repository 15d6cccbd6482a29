"""Teams: who is in them, and which services are theirs. Every change and its audit entry are one commit."""

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from pydantic import JsonValue

from tocsin.clock import Clock
from tocsin.domain.audit import Actor, AuditAction, Deed
from tocsin.domain.change import Record, RecordWrite
from tocsin.domain.user import (
    MOST_MEMBERS,
    MOST_SERVICES_AT_ONCE,
    Team,
    User,
    checked_services,
    checked_team_name,
)
from tocsin.errors import AlreadyThere, Conflict, InvalidInput, NotFound
from tocsin.ids import NewId
from tocsin.storage.store import Store

from .auditing import AuditLog
from .listing import every_record, is_id, page_of
from .tick import MOST_ATTEMPTS
from .versions import see_version

TEAM = "team"
"""The record kind of a team; its id is the team's."""

NAME = "team_name"
"""The record kind that keeps a name for one team; its id is the name, folded."""

OWNED = "team_service"
"""The record kind that keeps a service for one team; its id is the SHA-256 of the service's name, folded."""


class Teams:
    """The teams of one store."""

    def __init__(self, store: Store, audit: AuditLog, *, clock: Clock, new_id: NewId) -> None:
        self._store = store
        self._audit = audit
        self._clock = clock
        self._new_id = new_id

    def named(self, name_or_id: str) -> Team:
        """Return a team by name or id. Raises :class:`~tocsin.errors.NotFound`."""
        team = self._get(name_or_id) if is_id(name_or_id) else None
        if team is None:
            try:
                kept = self._store.record(NAME, _folded(checked_team_name(name_or_id)))
            except InvalidInput:
                kept = None
            team = None if kept is None else self._get(str(kept.body["team"]))
        if team is None:
            message = f"there is no team {name_or_id[:100]}"
            raise NotFound(message, hint="`team list` shows them all")
        return team

    def owning(self, service: str) -> Team | None:
        """Return the team that a service belongs to; letter case does not count."""
        kept = self._store.record(OWNED, _digest(service))
        return None if kept is None else self._get(str(kept.body["team"]))

    def every(self) -> Iterator[Team]:
        """Yield every team, in the order of their ids."""
        return map(_team, every_record(self._store, TEAM))

    def of(self, user_id: str) -> list[Team]:
        """Return the teams that a person is in, by name."""
        return sorted((one for one in self.every() if user_id in one.members), key=lambda one: one.name.casefold())

    def find(self, *, member: str = "", service: str = "", limit: int, cursor: str = "") -> tuple[list[Team], str]:
        """Return up to ``limit`` teams, and the cursor of what follows (empty at the end); a page may be short.

        ``member`` is the id of a person. Raises ``InvalidInput`` for a cursor that no page gave.
        """
        said = service.strip().casefold()

        def matches(team: Team) -> bool:
            return (not member or member in team.members) and (
                not said or said in (one.casefold() for one in team.services)
            )

        return page_of(self._store, TEAM, _team, matches, limit=limit, cursor=cursor)

    def add(
        self,
        name: str,
        *,
        services: Iterable[str] = (),
        actor: Actor,
        also: Callable[[Team], tuple[RecordWrite, ...]] = lambda _team: (),
    ) -> Team:
        """Make a team; ``also`` gives what else is written with it.

        Raises :class:`~tocsin.errors.InvalidInput`, and :class:`~tocsin.errors.AlreadyThere` for a name or a service
        that is taken.
        """
        team = Team(
            id=self._new_id(),
            name=checked_team_name(name),
            services=_few(checked_services(services)),
            created_at=self._clock(),
            created_by=actor.name,
        )
        told = Deed(AuditAction.TEAM_ADDED, actor, _target(team), {"services": list(team.services)})
        try:
            self._audit.commit(told, _written(team), *_moved(team.id, set(), _names(team)), *also(team))
        except Conflict:
            self._see_what_is_taken(team, team.services)
            raise
        return team

    def edit(
        self,
        name_or_id: str,
        *,
        name: str | None = None,
        services: Sequence[str] | None = None,
        actor: Actor,
        expected: int | None = None,
    ) -> Team:
        """Rename a team, or say which services are its own, all of them. What is None stays.

        Raises :class:`~tocsin.errors.InvalidInput`, ``AlreadyThere``, ``Conflict``, and ``PreconditionFailed`` if its version is not the
        ``expected`` one.
        """
        wanted: dict[str, object] = {}
        if name is not None:
            wanted["name"] = checked_team_name(name)
        if services is not None:
            wanted["services"] = checked_services(services)
        return self._change(name_or_id, lambda team: team.model_copy(update=wanted), actor=actor, expected=expected)

    def put_member(self, name_or_id: str, user: User, *, actor: Actor, expected: int | None = None) -> Team:
        """Add a person; who is a member stays one. Raises what :meth:`edit` does."""

        def do(team: Team) -> Team:
            if user.id not in team.members and len(team.members) >= MOST_MEMBERS:
                message = f"a team has at most {MOST_MEMBERS} members"
                raise InvalidInput(message)
            return team.model_copy(update={"members": tuple(dict.fromkeys((*team.members, user.id)))})

        return self._change(name_or_id, do, actor=actor, expected=expected, told={"joins": user.email})

    def take_member(self, name_or_id: str, user: User, *, actor: Actor, expected: int | None = None) -> Team:
        """Take a person off; who is no member is off already. Raises what :meth:`edit` does."""

        def do(team: Team) -> Team:
            return team.model_copy(update={"members": tuple(one for one in team.members if one != user.id)})

        return self._change(name_or_id, do, actor=actor, expected=expected, told={"leaves": user.email})

    def remove(self, name_or_id: str, *, actor: Actor, expected: int | None = None) -> None:
        """Delete a team; its people stay, and its services are nobody's. Raises what :meth:`edit` does.

        Of a team with many services some are given back in changes before that.
        """
        team_id = ""
        for _ in range(MOST_ATTEMPTS):
            team = self._seen(team_id or name_or_id, expected)
            team_id = team.id
            while len(team.services) > MOST_SERVICES_AT_ONCE:
                fewer = team.services[MOST_SERVICES_AT_ONCE:]
                team = self.edit(team.id, services=fewer, actor=actor, expected=expected)
                expected = None if expected is None else team.version
            gone = RecordWrite(kind=TEAM, id=team.id, record=None, expected=team.version)
            deed = Deed(AuditAction.TEAM_REMOVED, actor, _target(team))
            try:
                self._audit.commit(deed, gone, *_moved(team.id, _names(team), set()))
            except Conflict:
                continue
            return
        raise _busy(name_or_id)

    def _get(self, team_id: str) -> Team | None:
        record = self._store.record(TEAM, team_id)
        return None if record is None else _team(record)

    def _seen(self, name_or_id: str, expected: int | None) -> Team:
        team = self.named(name_or_id)
        see_version(f"the team {team.name}", team.version, expected)
        return team

    def _change(
        self,
        name_or_id: str,
        do: Callable[[Team], Team],
        *,
        actor: Actor,
        expected: int | None,
        told: Mapping[str, JsonValue] | None = None,
    ) -> Team:
        team_id = ""
        for _ in range(MOST_ATTEMPTS):
            # Once it was found by name: another may have that name by now.
            before = self._seen(team_id or name_or_id, expected)
            team_id = before.id
            after = do(before)
            if after == before:
                return before
            given = _few([one for one in after.services if one not in before.services])
            _few([one for one in before.services if one not in after.services])
            after = after.model_copy(update={"version": before.version + 1})
            deed = Deed(AuditAction.TEAM_CHANGED, actor, _target(before), told or _told(before, after))
            try:
                self._audit.commit(
                    deed, _written(after, expected=before.version), *_moved(after.id, _names(before), _names(after))
                )
            except Conflict:
                self._see_what_is_taken(after, given)
                continue
            return after
        raise _busy(name_or_id)

    def _see_what_is_taken(self, team: Team, services: Iterable[str]) -> None:
        """Raise ``AlreadyThere`` if the name of this team, or one of these services, belongs to another."""
        kept = self._store.record(NAME, _folded(team.name))
        if kept is not None and kept.body["team"] != team.id:
            message = f"there is a team {team.name} already"
            raise AlreadyThere(message, hint="change that one, or take another name") from None
        for service in services:
            owner = self.owning(service)
            if owner is not None and owner.id != team.id:
                message = f"the service {service} belongs to the team {owner.name}"
                raise AlreadyThere(message, hint="take it from that team first") from None


def _team(record: Record) -> Team:
    return Team.model_validate(record.body)


def _written(team: Team, *, expected: int = 0) -> RecordWrite:
    record = Record(kind=TEAM, id=team.id, body=team.model_dump(mode="json"), version=team.version)
    return RecordWrite(kind=TEAM, id=team.id, record=record, expected=expected)


def _moved(team_id: str, old: set[tuple[str, str]], new: set[tuple[str, str]]) -> Iterator[RecordWrite]:
    """Yield what gives names back that are not used any more, and keeps new ones."""
    for kind, name in sorted(old - new):
        yield RecordWrite(kind=kind, id=name, record=None)
    for kind, name in sorted(new - old):
        record = Record(kind=kind, id=name, body={"team": team_id})
        yield RecordWrite(kind=kind, id=name, record=record, expected=0)


def _names(team: Team) -> set[tuple[str, str]]:
    return {(NAME, _folded(team.name)), *((OWNED, _digest(service)) for service in team.services)}


def _told(before: Team, after: Team) -> dict[str, JsonValue]:
    """Say what changed: of many services only those that come and go, which an entry has room for."""
    told: dict[str, JsonValue] = {}
    if before.name != after.name:
        told["name"] = {"from": before.name, "to": after.name}
    if before.services != after.services:
        told["services"] = {
            "taken": [one for one in before.services if one not in after.services],
            "given": [one for one in after.services if one not in before.services],
        }
    return told


def _few(services: Sequence[str]) -> tuple[str, ...]:
    if len(services) > MOST_SERVICES_AT_ONCE:
        message = f"at most {MOST_SERVICES_AT_ONCE} services come or go at once"
        raise InvalidInput(message, hint="do it in several steps")
    return tuple(services)


def _target(team: Team) -> str:
    return f"team:{team.name}"


def _busy(name_or_id: str) -> Conflict:
    message = f"others kept changing the team {name_or_id}"
    return Conflict(message, hint="try again")


def _folded(name: str) -> str:
    return name.casefold()


def _digest(service: str) -> str:
    return hashlib.sha256(" ".join(service.split()).casefold().encode(errors="surrogatepass")).hexdigest()
