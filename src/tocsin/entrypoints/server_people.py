"""The users and teams of a server: the same for the command line, asked for over HTTP."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from tocsin.api.people_views import TeamView, UserView
from tocsin.domain.user import UserEdit
from tocsin.errors import InvalidInput

from .server_calls import ServerCalls, coded
from .server_store import V1, every_one

if TYPE_CHECKING:
    from tocsin.domain.access import UserRole


class ServerPeople:
    """:class:`~tocsin.entrypoints.people.People` of a server. Passwords do not go there."""

    def __init__(self, calls: ServerCalls, by: str) -> None:
        self._calls = calls
        self._by = by

    def users(self) -> list[UserView]:
        """Return everybody."""
        return [UserView.model_validate(one) for one in every_one(self._calls, "users")]

    def user(self, who: str) -> UserView:
        """Return a person."""
        return UserView.model_validate(self._calls.get(_user(who)))

    def add(self, email: str, full_name: str, role: "UserRole", time_zone: str, password: str | None) -> UserView:
        """Add a person, without a password."""
        if password is not None:
            self._refuse("a password")
        body = {"email": email, "full_name": full_name, "role": role, "time_zone": time_zone}
        return UserView.model_validate(self._ask("POST", f"{V1}/users", body))

    def edit(self, who: str, edit: UserEdit) -> UserView:
        """Change a person."""
        body = edit.model_dump(mode="json", exclude_none=True)
        return UserView.model_validate(self._ask("PATCH", _user(who), body))

    def reset(self, who: str) -> str:
        """Refuse: such a token is shown where the store is, and nowhere else."""
        return self._refuse(f"the password of {who}")

    def slack(self, who: str) -> list[str]:
        """Return who a person is in Slack."""
        found: list[str] = self._calls.get(f"{_user(who)}/slack")["slack_users"]
        return found

    def link_slack(self, who: str, slack_user: str) -> None:
        """Say that a user of Slack is this person."""
        self._ask("PUT", f"{_user(who)}/slack/{coded(slack_user)}")

    def unlink_slack(self, who: str, slack_user: str) -> None:
        """Take that back."""
        self._ask("DELETE", f"{_user(who)}/slack/{coded(slack_user)}")

    def teams(self) -> list[TeamView]:
        """Return every team."""
        return [TeamView.model_validate(one) for one in every_one(self._calls, "teams")]

    def team(self, name: str) -> TeamView:
        """Return a team."""
        return TeamView.model_validate(self._calls.get(_team(name)))

    def add_team(self, name: str, services: Sequence[str]) -> TeamView:
        """Make a team."""
        return TeamView.model_validate(self._ask("POST", f"{V1}/teams", {"name": name, "services": list(services)}))

    def edit_team(self, name: str, new_name: str | None, services: Sequence[str] | None) -> TeamView:
        """Change a team; None leaves what it is."""
        body = {"name": new_name, "services": None if services is None else list(services)}
        given = {field: value for field, value in body.items() if value is not None}
        return TeamView.model_validate(self._ask("PATCH", _team(name), given))

    def remove_team(self, name: str) -> None:
        """Delete a team."""
        self._ask("DELETE", _team(name))

    def join(self, name: str, who: str) -> TeamView:
        """Add a member."""
        return TeamView.model_validate(self._ask("PUT", f"{_team(name)}/members/{coded(who)}"))

    def leave(self, name: str, who: str) -> TeamView:
        """Take a member off."""
        return TeamView.model_validate(self._ask("DELETE", f"{_team(name)}/members/{coded(who)}"))

    def _ask(self, method: str, path: str, body: dict[str, Any] | None = None) -> Any:  # noqa: ANN401 - any JSON
        return self._calls.ask(method, path, body, by=self._by)

    def _refuse(self, what: str) -> str:
        message = f"{what} is set where the store is, and not on the server at {self._calls.url}"
        raise InvalidInput(message, hint="leave --server (TOCSIN_SERVER) out, or do it where the server's store is")


def _user(who: str) -> str:
    return f"{V1}/users/{coded(who)}"


def _team(name: str) -> str:
    return f"{V1}/teams/{coded(name)}"
