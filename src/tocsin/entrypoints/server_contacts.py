"""The contacts and rooms of a server: the same for the command line, asked for over HTTP."""

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from tocsin.api.contact_views import CodeView, ContactView, RoomView, RulesBody, RulesView
from tocsin.errors import InvalidInput

from .server_calls import ServerCalls, coded
from .server_store import V1

if TYPE_CHECKING:
    from tocsin.domain.contact import ChannelKind


class ServerContacts:
    """:class:`~tocsin.entrypoints.contact_desk.ContactDesk` of a server: one's own, or as an administrator anybody's."""

    def __init__(self, calls: ServerCalls, by: str) -> None:
        self._calls = calls
        self._by = by

    def contacts(self, who: str) -> list[ContactView]:
        """Return a person's contacts."""
        return [ContactView.model_validate(one) for one in self._calls.get(_of(who))["contacts"]]

    def add(self, who: str, kind: "ChannelKind", words: Mapping[str, str], name: str) -> ContactView:
        """Add one."""
        body = {"kind": kind, "address": dict(words), "name": name}
        return ContactView.model_validate(self._ask("POST", _of(who), body))

    def code(self, who: str, ref: str) -> datetime:
        """Have a code sent to one's own, and return until when it is good."""
        return CodeView.model_validate(self._ask("POST", f"{self._own(who, ref)}/code")).good_until

    def verify(self, who: str, ref: str, code: str) -> ContactView:
        """Verify one's own by the code that came."""
        return ContactView.model_validate(self._ask("POST", f"{self._own(who, ref)}/verify", {"code": code}))

    def remove(self, who: str, ref: str) -> None:
        """Delete one."""
        self._ask("DELETE", f"{_of(who)}/{coded(ref)}")

    def rules(self, who: str) -> RulesView:
        """Return how a person wants to be told."""
        return RulesView.model_validate(self._calls.get(_of(who, "notification-rules")))

    def put_rules(self, who: str, chosen: RulesBody) -> RulesView:
        """Put this in the place of it."""
        body = chosen.model_dump(mode="json", exclude_defaults=True)
        return RulesView.model_validate(self._ask("PUT", _of(who, "notification-rules"), body))

    def rooms(self) -> list[RoomView]:
        """Return every room, by name."""
        return [RoomView.model_validate(one) for one in self._calls.get(f"{V1}/rooms")["rooms"]]

    def room(self, name: str) -> RoomView:
        """Return a room."""
        return RoomView.model_validate(self._calls.get(_room(name)))

    def add_room(self, name: str, kind: "ChannelKind", words: Mapping[str, str]) -> RoomView:
        """Add a room."""
        body = {"name": name, "kind": kind, "address": dict(words)}
        return RoomView.model_validate(self._ask("POST", f"{V1}/rooms", body))

    def remove_room(self, name: str) -> None:
        """Delete a room."""
        self._ask("DELETE", _room(name))

    def _ask(self, method: str, path: str, body: dict[str, Any] | None = None) -> Any:  # noqa: ANN401 - any JSON
        return self._calls.ask(method, path, body, by=self._by)

    @staticmethod
    def _own(who: str, ref: str) -> str:
        if who.strip():
            message = "on a server nobody verifies another's contact: whoever is reached there does"
            raise InvalidInput(message, hint="leave --user out, and `login` as who it is")
        return f"{_of('')}/{coded(ref)}"


def _of(who: str, what: str = "contacts") -> str:
    return f"{V1}/users/{coded(who) if who.strip() else 'me'}/{what}"


def _room(name: str) -> str:
    return f"{V1}/rooms/{coded(name)}"
