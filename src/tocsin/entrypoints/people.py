"""Users and teams for the command line: on a store, or on a server. Both show what the API shows."""

from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING, Protocol

from tocsin.api.people_views import TeamView, UserView
from tocsin.domain.audit import Actor
from tocsin.domain.user import Team, User, UserEdit
from tocsin.services.auditing import AuditLog
from tocsin.services.slack_users import SlackUsers
from tocsin.services.teams import Teams
from tocsin.services.users import Users

if TYPE_CHECKING:
    from tocsin.config import Settings
    from tocsin.domain.access import UserRole
    from tocsin.storage.store import Store

    from .wiring import Wiring


class People(Protocol):
    """Users and teams, changed in somebody's name. People are named by address or id, teams by name or id."""

    def users(self) -> list[UserView]:
        """Return everybody."""

    def user(self, who: str) -> UserView:
        """Return a person."""

    def add(self, email: str, full_name: str, role: "UserRole", time_zone: str, password: str | None) -> UserView:
        """Add a person; None: without a password."""

    def edit(self, who: str, edit: UserEdit) -> UserView:
        """Change a person."""

    def reset(self, who: str) -> str:
        """Return a token with which a person sets a new password, once."""

    def slack(self, who: str) -> list[str]:
        """Return who a person is in Slack."""

    def link_slack(self, who: str, slack_user: str) -> None:
        """Say that a user of Slack is this person."""

    def unlink_slack(self, who: str, slack_user: str) -> None:
        """Take that back."""

    def teams(self) -> list[TeamView]:
        """Return every team."""

    def team(self, name: str) -> TeamView:
        """Return a team."""

    def add_team(self, name: str, services: Sequence[str]) -> TeamView:
        """Make a team."""

    def edit_team(self, name: str, new_name: str | None, services: Sequence[str] | None) -> TeamView:
        """Change a team; None leaves what it is."""

    def remove_team(self, name: str) -> None:
        """Delete a team."""

    def join(self, name: str, who: str) -> TeamView:
        """Add a member."""

    def leave(self, name: str, who: str) -> TeamView:
        """Take a member off."""


@contextmanager
def people(wiring: "Wiring", by: str) -> Iterator[People]:
    """Open the store that the settings name, or reach the server, and close it; ``by`` is who acts."""
    settings = wiring.settings()
    if wiring.asks_server(settings):
        from .server_people import ServerPeople

        with closing(wiring.calls(settings)) as calls:
            yield ServerPeople(calls, by)
        return
    with wiring.store(settings) as store:
        yield StorePeople(store, wiring, settings, Actor(by))


class StorePeople:
    """:class:`People` of a store."""

    def __init__(self, store: "Store", wiring: "Wiring", settings: "Settings", actor: Actor) -> None:
        audit = AuditLog(store, clock=wiring.clock, new_id=wiring.new_id)
        self._store = store
        self._wiring = wiring
        self._settings = settings
        self._actor = actor
        self._users = Users(store, audit, clock=wiring.clock, new_id=wiring.new_id)
        self._slack_users = SlackUsers(store, audit)
        self._teams = Teams(store, audit, clock=wiring.clock, new_id=wiring.new_id)

    def users(self) -> list[UserView]:
        """Return everybody."""
        teams = list(self._teams.every())
        return [UserView.of(one, teams) for one in self._users.every()]

    def user(self, who: str) -> UserView:
        """Return a person."""
        return self._shown(self._users.named(who))

    def add(self, email: str, full_name: str, role: "UserRole", time_zone: str, password: str | None) -> UserView:
        """Add a person; the hash of the password is written with them."""
        passwords = None if password is None else self._wiring.accounts(self._settings, self._store).passwords
        added = self._users.add(
            email,
            full_name,
            role,
            actor=self._actor,
            time_zone=time_zone,
            also=lambda user: () if passwords is None or password is None else passwords.first(user, password),
        )
        return self._shown(added)

    def edit(self, who: str, edit: UserEdit) -> UserView:
        """Change a person."""
        return self._shown(self._users.edit(who, edit, actor=self._actor))

    def reset(self, who: str) -> str:
        """Return a token with which a person sets a new password, once."""
        accounts = self._wiring.accounts(self._settings, self._store)
        return accounts.recovery.issue_reset(self._users.named(who), self._actor)

    def slack(self, who: str) -> list[str]:
        """Return who a person is in Slack."""
        return self._slack_users.of(self._users.named(who))

    def link_slack(self, who: str, slack_user: str) -> None:
        """Say that a user of Slack is this person."""
        self._slack_users.link(self._users.named(who), slack_user, actor=self._actor)

    def unlink_slack(self, who: str, slack_user: str) -> None:
        """Take that back."""
        self._slack_users.unlink(self._users.named(who), slack_user, actor=self._actor)

    def teams(self) -> list[TeamView]:
        """Return every team."""
        return self._views(*self._teams.every())

    def team(self, name: str) -> TeamView:
        """Return a team."""
        return self._views(self._teams.named(name))[0]

    def add_team(self, name: str, services: Sequence[str]) -> TeamView:
        """Make a team."""
        return self._views(self._teams.add(name, services=services, actor=self._actor))[0]

    def edit_team(self, name: str, new_name: str | None, services: Sequence[str] | None) -> TeamView:
        """Change a team; None leaves what it is."""
        return self._views(self._teams.edit(name, name=new_name, services=services, actor=self._actor))[0]

    def remove_team(self, name: str) -> None:
        """Delete a team."""
        self._teams.remove(name, actor=self._actor)

    def join(self, name: str, who: str) -> TeamView:
        """Add a member."""
        return self._views(self._teams.put_member(name, self._users.named(who), actor=self._actor))[0]

    def leave(self, name: str, who: str) -> TeamView:
        """Take a member off."""
        return self._views(self._teams.take_member(name, self._users.named(who), actor=self._actor))[0]

    def _shown(self, user: User) -> UserView:
        return UserView.of(user, self._teams.every())

    def _views(self, *some: Team) -> list[TeamView]:
        members = {one.id: one for one in self._users.every()} if any(one.members for one in some) else {}
        return [TeamView.of(one, members) for one in some]
