"""Whom policies name: by name at the door, by id once they are kept, so that a new name changes nothing."""

from collections.abc import Callable, Iterable, Mapping

from tocsin.domain.contact import ChannelKind
from tocsin.domain.policy import TargetKind, parts_of, target_with
from tocsin.errors import InvalidInput, NotFound

from .contact_records import ROOMS
from .contacts import Contacts
from .schedules import Schedules
from .teams import Teams
from .users import Users

Names = Mapping[TargetKind, Callable[[str], str]]


class Targets:
    """The targets that there are in one store."""

    def __init__(self, users: Users, teams: Teams, schedules: Schedules, contacts: Contacts) -> None:
        self._contacts = contacts
        self._ids: Names = {
            TargetKind.USER: lambda which: users.named(which).id,
            TargetKind.TEAM: lambda which: teams.named(which).id,
            TargetKind.SCHEDULE: lambda which: schedules.named(which).id,
            TargetKind.ROOM: lambda which: contacts.room(which).id.removeprefix(ROOMS),
        }
        self._names: Names = {
            TargetKind.USER: lambda which: users.named(which).email,
            TargetKind.TEAM: lambda which: teams.named(which).name,
            TargetKind.SCHEDULE: lambda which: schedules.named(which).name,
            TargetKind.ROOM: lambda which: contacts.room(which).name,
        }

    def fixed(self, target: str) -> str:
        """Return a target by id. Raises ``InvalidInput`` if there is nobody, and nothing, of that name."""
        try:
            return target_with(target, self._ids)
        except NotFound as error:
            raise InvalidInput(str(error), hint=error.hint) from None

    def named(self, target: str) -> str:
        """Return a target by name, as it is shown and exported; by id where that has gone."""
        try:
            return target_with(target, self._names)
        except NotFound:
            return target

    def see_that_they_are_webhooks(self, rooms: Iterable[str]) -> None:
        """Raise ``InvalidInput`` if a room, by id, is of another kind than a webhook."""
        for room in rooms:
            see_that_it_is_a_webhook(room, self._contacts.room(parts_of(room)[1]).kind)


def see_that_it_is_a_webhook(room: str, kind: ChannelKind) -> None:
    """Raise ``InvalidInput`` for a room of another kind."""
    if kind is not ChannelKind.WEBHOOK:
        message = f"{room} is of the kind {kind}, and no webhook"
        raise InvalidInput(message, hint="`notify` pages rooms of any kind")
