"""The directory of one store: its schedules, teams, people, contacts, rules, silences and policies, read when asked."""

from collections.abc import Mapping, Sequence

from tocsin.domain.access import WRITE, UserRole
from tocsin.domain.contact import Address, ChannelKind, Contact
from tocsin.domain.frozen import Utc
from tocsin.domain.incident import Incident
from tocsin.domain.notification_rules import Way, Ways, Why, quiet_until, ways
from tocsin.domain.page import PageReason
from tocsin.domain.policy import Policy, TargetKind, parts_of
from tocsin.domain.schedule import Duty, Schedule, on_call
from tocsin.domain.severity import Severity
from tocsin.domain.user import Team, User
from tocsin.errors import NotFound
from tocsin.services.contacts import Contacts
from tocsin.services.notification_rules import NotificationRulesOfPeople
from tocsin.services.on_call import schedule_by_id, schedules_of_team
from tocsin.services.policies import every_policy
from tocsin.services.silences import Silences
from tocsin.services.teams import Teams
from tocsin.services.users import Users
from tocsin.storage.store import Store

from .directory import Found, Missing

SAID: Mapping[Why, str] = {
    Why.RULE: "by a rule of theirs",
    Why.NO_RULE: "no rule of theirs is for this severity",
    Why.RULE_NAMES_NONE: "what their rule names cannot be used here",
}
"""Why somebody is told over these ways, in words."""


class Lookup:
    """Looks up in one store."""

    def __init__(
        self,
        store: Store,
        users: Users,
        teams: Teams,
        *,
        contacts: Contacts,
        rules: NotificationRulesOfPeople,
        silences: Silences,
    ) -> None:
        self._store = store
        self._users = users
        self._teams = teams
        self._contacts = contacts
        self._rules = rules
        self._silences = silences

    def is_empty(self) -> bool:
        """Say whether there is nobody at all."""
        return next(self._users.every(), None) is None

    def policies(self) -> Sequence[Policy]:
        """Return every policy that was saved."""
        return every_policy(self._store)

    def team_of(self, incident: Incident) -> str:
        """Return the name of the incident's team: the one that it names, or that owns its service."""
        team = self._team(incident)
        return incident.team if team is None else team.name

    def silence_of(self, incident: Incident, at: Utc) -> str:
        """Return the id of a silence that hides an incident."""
        silence = self._silences.hiding(incident, at)
        return "" if silence is None else silence.id

    def found(self, target: str, incident: Incident | None, at: Utc) -> Found:
        """Return whom a target names now."""
        kind, which = parts_of(target)
        match kind:
            case TargetKind.USER:
                return self._people([which], "named by the policy")
            case TargetKind.ASSIGNEES:
                return self._assignees(incident)
            case TargetKind.ADMINS:
                some = [one.id for one in self._users.every() if one.role is UserRole.ADMIN and one.active]
                return self._people(some, "administers")
            case TargetKind.ROOM:
                return self._room(target)
            case TargetKind.SCHEDULE:
                schedule = schedule_by_id(self._store, which)
                missing = Found(missing=(Missing(PageReason.NOBODY_ON_CALL, f"schedule {which}"),))
                return missing if schedule is None else self._on_duty([schedule], at)
            case TargetKind.TEAM:
                return self._of_team(self._team_named(which), f"team {which}", at)
            case TargetKind.ON_CALL:
                team = None if incident is None else self._team(incident)
                said = (
                    ""
                    if incident is None
                    else incident.team or f"the service {incident.service or 'that is not named'}"
                )
                return self._of_team(team, said, at)

    def ways(self, user: str, severity: Severity, channels: Sequence[ChannelKind] = ()) -> Sequence[Way]:
        """Return how somebody wants to be reached."""
        return self._ways(user, severity, channels).ways

    def ways_said(self, user: str, severity: Severity, channels: Sequence[ChannelKind] = ()) -> str:
        """Say why these ways and no others."""
        found = self._ways(user, severity, channels)
        return SAID[found.why] + (", and the policy's channels are none of theirs" if found.outside_policy else "")

    def acknowledges(self, user: str) -> bool:
        """Say whether somebody may acknowledge an incident."""
        person = self._user(user)
        return person is not None and WRITE.admits(person.principal())

    def contact(self, user: str, contact: str) -> Contact | None:
        """Return one way of somebody, or a room, if pages go there."""
        if not user:
            room = self._contacts.find(contact)
            return room if room is not None and room.usable else None
        person = self._user(user)
        return None if person is None else self._contacts.usable_one(person, contact)

    def address(self, contact: Contact) -> Address:
        """Return the words of an address, opened."""
        return self._contacts.opened(contact)

    def quiet_until(self, user: str, severity: Severity, at: Utc) -> Utc | None:
        """Return the end of somebody's quiet hours."""
        person = self._user(user)
        return None if person is None else quiet_until(self._rules.in_force(person), severity, at)

    def name(self, user: str) -> str:
        """Return the address of a person, by which timelines name them; of a room, its name."""
        person = self._user(user)
        return user if person is None else person.email

    def called(self, target: str) -> str:
        """Return a target by name; by id where that has gone."""
        kind, which = parts_of(target)
        match kind:
            case TargetKind.USER:
                return f"{kind}:{self.name(which)}"
            case TargetKind.SCHEDULE:
                schedule = schedule_by_id(self._store, which)
                return target if schedule is None else f"{kind}:{schedule.name}"
            case TargetKind.TEAM:
                team = self._team_named(which)
                return target if team is None else f"{kind}:{team.name}"
            case _:
                return target

    def _ways(self, user: str, severity: Severity, channels: Sequence[ChannelKind]) -> Ways:
        person = self._user(user)
        if person is None or not person.active:
            return Ways((), Why.NO_RULE)
        return ways(self._rules.in_force(person), self._contacts.usable(person), severity, channels)

    def _user(self, user: str) -> User | None:
        return self._users.get(user)

    def _people(self, ids: Sequence[str], why: str) -> Found:
        people = tuple(one for one in ids if (person := self._user(one)) is not None and person.active)
        left = tuple(Missing(PageReason.NO_CONTACT, self.name(one)) for one in ids if one not in people)
        return Found(people=people, missing=left, why=why)

    def _assignees(self, incident: Incident | None) -> Found:
        """Return those who are assigned. Names are free; those that are addresses of people can be paged."""
        names = () if incident is None else incident.assignees
        known = {name: self._users.by_email(name) for name in names}
        found = self._people([one.id for one in known.values() if one is not None], "assigned")
        strangers = [Missing(PageReason.NO_CONTACT, name) for name, one in known.items() if one is None]
        if not names:
            strangers = [Missing(PageReason.NO_CONTACT, "nobody is assigned")]
        return found._replace(missing=(*found.missing, *strangers))

    def _room(self, target: str) -> Found:
        try:
            room = self._contacts.room(target)
        except NotFound:
            room = None
        if room is None or not room.usable:
            return Found(missing=(Missing(PageReason.NO_CONTACT, target),))
        return Found(rooms=(room,))

    def _team(self, incident: Incident) -> Team | None:
        if incident.team and (team := self._team_named(incident.team)) is not None:
            return team
        return self._teams.owning(incident.service) if incident.service else None

    def _team_named(self, name_or_id: str) -> Team | None:
        try:
            return self._teams.named(name_or_id)
        except NotFound:
            return None

    def _of_team(self, team: Team | None, said: str, at: Utc) -> Found:
        if team is None:
            return Found(missing=(Missing(PageReason.NOBODY_ON_CALL, said or "no team"),))
        schedules = schedules_of_team(self._store, team.id)
        if not schedules:
            return Found(missing=(Missing(PageReason.NOBODY_ON_CALL, f"the team {team.name} has no schedule"),))
        return self._on_duty(schedules, at)

    def _on_duty(self, schedules: Sequence[Schedule], at: Utc) -> Found:
        duties: list[tuple[Schedule, Duty]] = [(one, on_call(one, at)) for one in schedules]
        people = tuple(dict.fromkeys(duty.person for _, duty in duties if duty.person is not None))
        gaps = tuple(Missing(PageReason.NOBODY_ON_CALL, one.name) for one, duty in duties if duty.person is None)
        found = self._people(people, f"on call of {', '.join(one.name for one, duty in duties if duty.person)}")
        # One of several schedules that has a gap is how they are made; all of them are not.
        return found._replace(missing=found.missing if people else (*found.missing, *gaps))
