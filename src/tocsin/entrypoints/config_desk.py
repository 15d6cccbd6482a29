"""Schedules and policies as code: what files describe, against what there is, on a store or on a server."""

from collections.abc import Callable, Container, Iterator, Mapping
from contextlib import closing, contextmanager
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeVar

from tocsin.api.contact_views import RoomView
from tocsin.api.people_views import TeamView, UserView
from tocsin.domain.audit import Actor
from tocsin.domain.configuring import Changes, Kind, Step, described, policy_changes, schedule_changes
from tocsin.domain.policy import DEFAULT_ID, Policy, TargetKind, parts_of, policy_of, target_with
from tocsin.domain.schedule import Schedule, schedule_of
from tocsin.errors import AlreadyThere, InvalidInput
from tocsin.services.schedule_documents import checked_schedule_name
from tocsin.services.targets import see_that_it_is_a_webhook

from .config_files import Config, SaidSchedule, said_layer, said_policy, written
from .contact_desk import ContactDesk, StoreContacts
from .people import People, StorePeople
from .policies import PolicyDesk, StorePolicies
from .schedules import ScheduleDesk, StoreSchedules

if TYPE_CHECKING:
    from tocsin.clock import Clock

    from .wiring import Wiring

T = TypeVar("T")


@contextmanager
def config_desk(wiring: "Wiring", by: str) -> Iterator["ConfigDesk"]:
    """Open the store that the settings name, or reach the server, and close it; ``by`` is who acts."""
    settings = wiring.settings()
    if wiring.asks_server(settings):
        from .server_contacts import ServerContacts
        from .server_people import ServerPeople
        from .server_policies import ServerPolicies
        from .server_schedules import ServerSchedules

        with closing(wiring.calls(settings)) as calls:
            those = ServerSchedules(calls, by), ServerPolicies(calls, by), ServerPeople(calls, by)
            yield ConfigDesk(*those, ServerContacts(calls, by), wiring.clock)
        return
    with wiring.store(settings) as store:
        actor = Actor(by)
        yield ConfigDesk(
            StoreSchedules(store, wiring, actor),
            StorePolicies(store, wiring, settings, actor),
            StorePeople(store, wiring, settings, actor),
            StoreContacts(store, wiring, settings, actor),
            wiring.clock,
        )


class ConfigDesk:
    """What there is, read once: what is changed later is refused if somebody else changed it meanwhile."""

    def __init__(
        self, schedules: ScheduleDesk, policies: PolicyDesk, people: People, contacts: ContactDesk, clock: "Clock"
    ) -> None:
        self._schedules = schedules
        self._policies = policies
        self._people = people
        self._contacts = contacts
        self._now = clock()

    def export(self) -> str:
        """Return all that there is as files have it, by name."""
        schedules = sorted(self._kept, key=lambda one: one.name.casefold())
        policies = [said_policy(one) for one in self._policies_there]
        return written([one.name for one in self._contacts.rooms()], [self._said(one) for one in schedules], policies)

    def plan(self, config: Config, *, prune: bool) -> tuple[Changes, Changes]:
        """Return what becomes of schedules, and of policies. Raises ``InvalidInput`` for what would be refused."""
        rooms = self._rooms
        for room in config.rooms:
            _found(rooms, room.removeprefix("#"), "room")
        wanted = [self._schedule(one) for one in config.schedules]
        of_schedules = schedule_changes(self._kept, wanted, self._now, prune=prune)
        gone = {one.name.casefold() for one in of_schedules.steps if one.kind is Kind.REMOVE}
        known = {one.name: one.name for one in self._kept if one.name.casefold() not in gone}
        known |= {one.id: one.name for one in self._kept if one.name.casefold() not in gone}
        known |= {one.name: one.name for one in wanted}
        names = {name.casefold(): one for name, one in known.items()}
        policies = [self._policy(number, one.document, names) for number, one in enumerate(config.policies)]
        if not any(one.id == DEFAULT_ID for one in policies):
            self._see_that_the_default_policy_keeps(gone)
        return of_schedules, policy_changes(self._policies_there, policies, prune=prune)

    def apply(self, of_schedules: Changes, of_policies: Changes, done: Callable[[str, Step], None]) -> None:
        """Make these changes, one by one; ``done`` is told of each. Raises as whatever is refused does.

        What a policy names is there before it, and goes after it.
        """
        for step in of_schedules.steps:
            if step.kind is not Kind.REMOVE:
                self._put_schedule(step)
                done("schedule", step)
        self._apply_policies([*of_policies.steps], done)
        for step in of_schedules.steps:
            if isinstance(step.before, Schedule) and step.kind is Kind.REMOVE:
                self._schedules.remove(step.before.id, step.before.version)
                done("schedule", step)

    def address(self, user_id: str) -> str:
        """Return the address of a person; the id of who is not there."""
        return self._addresses.get(user_id, user_id)

    def _put_schedule(self, step: Step) -> None:
        if not isinstance(step.after, Schedule):
            return
        # What is not named would stay as it was.
        said = {"time_zone": "UTC", "team": "", "layers": []} | self._said(step.after) | {"from_now": True}
        if isinstance(step.before, Schedule):
            self._schedules.edit(step.before.id, said, step.before.version)
        else:
            self._schedules.add(said)

    def _apply_policies(self, steps: list[Step], done: Callable[[str, Step], None]) -> None:
        while steps:
            refused: list[tuple[Step, InvalidInput | AlreadyThere]] = []
            for step in steps:
                try:
                    self._put_policy(step)
                except (InvalidInput, AlreadyThere) as error:
                    # It may tie with one that is to change after it, or take its name.
                    refused.append((step, error))
                else:
                    done("policy", step)
            if len(refused) == len(steps):
                raise refused[0][1]
            steps = [step for step, _ in refused]

    def _put_policy(self, step: Step) -> None:
        before, after = step.before, step.after
        if isinstance(after, Policy):
            said = said_policy(after)
            if isinstance(before, Policy):
                self._policies.put(before.id, said, before.version)
            else:
                self._policies.add(said)
        elif isinstance(before, Policy):
            self._policies.remove(before.id, before.version)

    @cached_property
    def _kept(self) -> list[Schedule]:
        return [self._schedules.export(one.id) for one in self._schedules.every("")]

    @cached_property
    def _policies_there(self) -> list[Policy]:
        return [*self._policies.every()]

    @cached_property
    def _users(self) -> list[UserView]:
        return self._people.users()

    @cached_property
    def _addresses(self) -> Mapping[str, str]:
        return {one.id: one.email for one in self._users}

    @cached_property
    def _users_by_name(self) -> Mapping[str, UserView]:
        return {name.casefold(): one for one in self._users for name in (one.id, one.email)}

    @cached_property
    def _teams_by_name(self) -> Mapping[str, TeamView]:
        return {name.casefold(): one for one in self._people.teams() for name in (one.id, one.name)}

    @cached_property
    def _rooms(self) -> Mapping[str, RoomView]:
        return {one.name.casefold(): one for one in self._contacts.rooms()}

    def _schedule(self, said: SaidSchedule) -> Schedule:
        """Return the schedule that a file describes, with people and team by id."""
        named = {person for one in self._kept if one.name.casefold() == said.name.casefold() for person in one.people}
        document: dict[str, Any] = said.model_dump(exclude_none=True)
        try:
            document["team"] = _found(self._teams_by_name, said.team, "team").id if said.team else ""
            for layer in document["layers"]:
                layer["people"] = [self._person(one, named) for one in layer["people"]]
            return schedule_of({**document, "name": checked_schedule_name(said.name), "id": "described"})
        except InvalidInput as error:
            message = f"schedule {said.name}: {error}"
            raise InvalidInput(message, hint=error.hint) from None

    def _person(self, who: str, named: set[str]) -> str:
        user = _found(self._users_by_name, who, "user")
        if not user.active and user.id not in named:
            message = f"{user.email} is deactivated, and cannot be on call"
            raise InvalidInput(message)
        return user.id

    def _policy(self, number: int, document: Mapping[str, object], schedules: Mapping[str, str]) -> Policy:
        """Return the policy that a file describes, its targets by name. The one without conditions is the default."""
        names = {
            TargetKind.USER: lambda which: _found(self._users_by_name, which, "user").email,
            TargetKind.TEAM: lambda which: _found(self._teams_by_name, which, "team").name,
            TargetKind.SCHEDULE: lambda which: _found(schedules, which, "schedule"),
            TargetKind.ROOM: lambda which: _found(self._rooms, which.removeprefix("#"), "room").name,
        }
        policy = policy_of({**document, "id": f"described {number}"})
        try:
            policy = policy.renamed(lambda target: target_with(target, names))
            for room in policy.called:
                see_that_it_is_a_webhook(room, self._rooms[parts_of(room)[1].casefold()].kind)
        except InvalidInput as error:
            message = f"policy {policy.name}: {error}"
            raise InvalidInput(message, hint=error.hint) from None
        return policy if any(policy.conditions.given) else policy.model_copy(update={"id": DEFAULT_ID})

    def _see_that_the_default_policy_keeps(self, gone: Container[str]) -> None:
        """Refuse to remove a schedule that the default policy names: it stays although nothing describes it."""
        default = next(one for one in self._policies_there if one.id == DEFAULT_ID)
        for kind, which in map(parts_of, default.targets):
            if kind is TargetKind.SCHEDULE and which.casefold() in gone:
                message = f"the schedule {which} would be removed, and the policy {default.name} names it"
                raise InvalidInput(message, hint="describe that policy, too: the one without conditions")

    def _said(self, schedule: Schedule) -> dict[str, Any]:
        """Return a schedule as files have it."""
        schedule = described(schedule, self._now)
        teams = {one.id: one.name for one in self._teams_by_name.values()}
        return {
            "name": schedule.name,
            "time_zone": schedule.time_zone,
            **({"team": teams.get(schedule.team, schedule.team)} if schedule.team else {}),
            "layers": [said_layer(one, [self.address(person) for person in one.people]) for one in schedule.layers],
        }


def _found(some: Mapping[str, T], said: str, what: str) -> T:
    found = some.get(" ".join(said.split()).casefold())
    if found is None:
        message = f"there is no {what} {said[:100]}"
        raise InvalidInput(message)
    return found
