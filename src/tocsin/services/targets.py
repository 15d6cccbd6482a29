"""Whom policies name: by name at the door, by id once they are kept, so that a new name changes nothing."""

from tocsin.domain.policy import TargetKind, parts_of
from tocsin.errors import InvalidInput, NotFound

from .contacts import Contacts
from .schedules import Schedules
from .teams import Teams
from .users import Users


class Targets:
    """The targets that there are in one store."""

    def __init__(self, users: Users, teams: Teams, schedules: Schedules, contacts: Contacts) -> None:
        self._users = users
        self._teams = teams
        self._schedules = schedules
        self._contacts = contacts

    def fixed(self, target: str) -> str:
        """Return a target by id. Raises ``InvalidInput`` if there is nobody, and nothing, of that name."""
        kind, which = parts_of(target)
        try:
            match kind:
                case TargetKind.USER:
                    return f"user:{self._users.named(which).id}"
                case TargetKind.TEAM:
                    return f"team:{self._teams.named(which).id}"
                case TargetKind.SCHEDULE:
                    return f"schedule:{self._schedules.named(which).id}"
                case TargetKind.ROOM:
                    return self._contacts.room(which).id
        except NotFound as error:
            raise InvalidInput(str(error), hint=error.hint) from None
        return target

    def named(self, target: str) -> str:
        """Return a target by name, as it is shown and exported; by id where that has gone."""
        kind, which = parts_of(target)
        try:
            match kind:
                case TargetKind.USER:
                    return f"user:{self._users.named(which).email}"
                case TargetKind.TEAM:
                    return f"team:{self._teams.named(which).name}"
                case TargetKind.SCHEDULE:
                    return f"schedule:{self._schedules.named(which).name}"
                case TargetKind.ROOM:
                    return f"room:{self._contacts.room(which).name}"
        except NotFound:
            return target
        return target
