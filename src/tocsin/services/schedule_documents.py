"""What people say of a schedule, made into what is kept: people by e-mail address or id become ids, teams too."""

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from tocsin.domain.user import TEAM_NAME
from tocsin.errors import InvalidInput, NotFound
from tocsin.ids import NewId

from .teams import Teams
from .users import Users

Document = dict[str, Any]
"""A schedule, a layer or an override as JSON has it: what ``schedule_of`` checks. Any: it is not checked yet."""

_DRAWN = 12
"""Characters of the ids that layers and overrides are given."""

Said = Mapping[str, Any]
"""The same as somebody says it, who need not know any ids."""


class Names:
    """Finds out whom and what names mean, each once. ``known`` are the ids of those who are named already.

    Those may stay although they have left; nobody who has left is named anew.
    """

    def __init__(self, users: Users, teams: Teams, *, new_id: NewId, known: Iterable[str] = ()) -> None:
        self._users = users
        self._teams = teams
        self._new_id = new_id
        self._known = frozenset(known)
        self._found: dict[str, str] = {}

    def layer(self, said: Said, layer_id: str = "") -> Document:
        """Return a layer with the ids of its people, and an id of its own. Raises ``InvalidInput``."""
        people = said.get("people")
        found = [self.person(one) for one in people] if isinstance(people, list | tuple) else people
        return {**said, "id": layer_id or said.get("id") or self._drawn(), "people": found}

    def override(self, said: Said) -> Document:
        """Return an override with ids. Raises ``InvalidInput``."""
        replaces = said.get("replaces")
        return {
            **said,
            "id": self._drawn(),
            "person": self.person(said.get("person")),
            "replaces": self.person(replaces) if replaces else None,
        }

    def person(self, said: object) -> str:
        """Return the id of whom an address or id means. Raises ``InvalidInput`` if that is nobody, or has left."""
        if not isinstance(said, str):
            message = "people are named by e-mail address or id"
            raise InvalidInput(message)
        if said not in self._found:
            self._found[said] = said if said in self._known else self._one(said)
        return self._found[said]

    def team(self, said: object) -> str:
        """Return the id of the team that a name or id means; empty for none. Raises ``InvalidInput``."""
        if not said:
            return ""
        try:
            return self._teams.named(str(said)).id
        except NotFound as error:
            raise InvalidInput(str(error), hint=error.hint) from None

    def _one(self, said: str) -> str:
        try:
            user = self._users.named(said)
        except NotFound as error:
            raise InvalidInput(str(error), hint=error.hint) from None
        if not user.active and user.id not in self._known:
            message = f"{user.email} is deactivated, and cannot be on call"
            raise InvalidInput(message)
        return user.id

    def _drawn(self) -> str:
        return self._new_id()[-_DRAWN:]


def whole(names: Names, said: Said) -> Document:
    """Return a whole schedule as it is to be kept, but for id and version. Raises ``InvalidInput``."""
    return {
        "name": checked_schedule_name(said.get("name")),
        "time_zone": said.get("time_zone") or "UTC",
        "team": names.team(said.get("team")),
        "layers": [names.layer(one) for one in _list(said, "layers")],
        "overrides": [names.override(one) for one in _list(said, "overrides")],
    }


def part(names: Names, said: Said) -> Document:
    """Return what is to be different about a schedule. Raises ``InvalidInput``."""
    how: Mapping[str, Callable[[], object]] = {
        "name": lambda: checked_schedule_name(said["name"]),
        "time_zone": lambda: said["time_zone"],
        "team": lambda: names.team(said["team"]),
        "layers": lambda: [names.layer(one) for one in _list(said, "layers")],
    }
    return {name: make() for name, make in how.items() if name in said}


def checked_schedule_name(text: object) -> str:
    """Return the name of a schedule. Raises ``InvalidInput`` otherwise."""
    name = " ".join(text.split()) if isinstance(text, str) else ""
    if not re.fullmatch(TEAM_NAME, name):
        message = f"{str(text)[:100]!r} cannot be the name of a schedule: letters, digits, blanks, '.', '_' and '-', at most 63"
        raise InvalidInput(message)
    return name


def _list(said: Said, what: str) -> list[Mapping[str, Any]]:
    some = said.get(what) or []
    if not isinstance(some, list | tuple) or not all(isinstance(one, Mapping) for one in some):
        message = f"{what}: a list is needed, each of them an object"
        raise InvalidInput(message)
    return list(some)
