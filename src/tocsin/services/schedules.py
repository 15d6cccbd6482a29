"""Schedules: who is on call when. Every change, its audit entry, and what tells those concerned, are one commit."""

from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta

from tocsin.clock import Clock
from tocsin.domain.audit import Actor, AuditAction, Deed
from tocsin.domain.change import RecordWrite
from tocsin.domain.frozen import Utc
from tocsin.domain.schedule import Schedule, schedule_of
from tocsin.domain.succession import see_that_the_past_stays, succeeded
from tocsin.errors import AlreadyThere, Conflict, InvalidInput, NotAllowed, NotFound
from tocsin.ids import NewId
from tocsin.storage.store import Store

from .auditing import AuditLog
from .listing import page_of
from .on_call import SCHEDULE, every_schedule, schedule_by_id, schedule_in, schedules_of_team
from .schedule_documents import Document, Names, Said, checked_schedule_name, part, whole
from .schedule_records import SCHEDULE_NAME, difference, name_kept, renamed, target, written
from .shift_notices import notices
from .teams import Teams
from .tick import MOST_ATTEMPTS
from .users import Users
from .versions import see_version

OVERRIDES_KEPT = timedelta(days=90)
"""What was over for so long goes when another override comes, so that there is room for those to come."""

MOST_NAMED = 6_000
"""People, hours and overrides on one page of schedules: an answer of Lambda has room for no more than 6 MB."""

Also = Callable[[Schedule], tuple[RecordWrite, ...]]
"""Gives what else is written with a schedule."""


class Schedules:
    """The schedules of one store. People are named by e-mail address or id, teams and schedules by name or id.

    Every change raises :class:`~tocsin.errors.NotFound`, ``InvalidInput`` (for who and what there is not, too),
    ``Conflict``, and ``PreconditionFailed`` if the version is not the ``expected`` one.
    """

    def __init__(self, store: Store, audit: AuditLog, *, clock: Clock, new_id: NewId) -> None:
        self._store = store
        self._audit = audit
        self._clock = clock
        self._new_id = new_id
        self._users = Users(store, audit, clock=clock, new_id=new_id)
        self._teams = Teams(store, audit, clock=clock, new_id=new_id)

    def get(self, schedule_id: str) -> Schedule | None:
        """Return a schedule by id."""
        return schedule_by_id(self._store, schedule_id)

    def named(self, name_or_id: str) -> Schedule:
        """Return a schedule by name or id. Raises :class:`~tocsin.errors.NotFound`."""
        found = self.get(name_or_id)
        if found is None:
            try:
                kept = self._store.record(SCHEDULE_NAME, checked_schedule_name(name_or_id).casefold())
            except InvalidInput:
                kept = None
            found = None if kept is None else self.get(str(kept.body["schedule"]))
        if found is None:
            message = f"there is no schedule {name_or_id[:100]}"
            raise NotFound(message, hint="`schedule list` shows them all")
        return found

    def every(self) -> Iterator[Schedule]:
        """Yield every schedule, in the order of their ids."""
        return every_schedule(self._store)

    def of_team(self, team_id: str) -> list[Schedule]:
        """Return the schedules of a team, by name."""
        return schedules_of_team(self._store, team_id)

    def of_person(self, user_id: str) -> list[Schedule]:
        """Return the schedules that name a person, by name."""
        return sorted((one for one in self.every() if user_id in one.people), key=lambda one: one.name.casefold())

    def find(self, *, team: str = "", limit: int, cursor: str = "") -> tuple[list[Schedule], str]:
        """Return up to ``limit`` schedules, and the cursor of what follows (empty at the end); a page may be short.

        ``team`` is the id of one. Raises ``InvalidInput`` for a cursor that no page gave.
        """
        matches = lambda one: not team or one.team == team  # noqa: E731 - a name for a lambda
        full = lambda found: sum(map(_size, found)) > MOST_NAMED  # noqa: E731 - a name for a lambda
        return page_of(self._store, SCHEDULE, schedule_in, matches, limit=limit, cursor=cursor, full=full)

    def add(self, said: Said, *, actor: Actor, also: Also = lambda _schedule: ()) -> Schedule:
        """Make a schedule of what ``schedule_of`` reads; ``also`` gives what else is written with it.

        Raises :class:`~tocsin.errors.InvalidInput`, and :class:`~tocsin.errors.AlreadyThere` for a name.
        """
        schedule = schedule_of({**whole(self._names(), said), "id": self._new_id()})
        if said.get("from_now"):
            schedule = self._from_now(schedule.model_copy(update={"layers": ()}), schedule)
        deed = Deed(AuditAction.SCHEDULE_ADDED, actor, target(schedule), {"time_zone": schedule.time_zone})
        try:
            self._commit(deed, None, schedule, written(schedule), name_kept(schedule), *also(schedule))
        except Conflict:
            self._see_whose_name(schedule)
            raise
        return schedule

    def edit(self, name_or_id: str, said: Said, *, actor: Actor, expected: int | None = None) -> Schedule:
        """Change name, time zone, team or all of the layers. What is not named stays.

        ``from_now``: the layers hold from now on, and shifts that are over stay what they were.
        """

        def do(before: Schedule, names: Names) -> Document:
            wanted = part(names, said)
            if not said.get("from_now"):
                return wanted
            after = self._from_now(before, schedule_of({**before.model_dump(), **wanted}))
            return after.model_dump(include={*wanted, "layers"})

        return self._change(name_or_id, do, actor=actor, expected=expected)

    def put_layer(
        self, name_or_id: str, layer_id: str, said: Said, *, actor: Actor, expected: int | None = None
    ) -> Schedule:
        """Put a layer in the place of the one with this id, or on top of the others."""

        def do(before: Schedule, names: Names) -> Document:
            layer = names.layer(said, layer_id)
            layers = [layer if one.id == layer["id"] else one.model_dump() for one in before.layers]
            return {"layers": layers if layer in layers else [*layers, layer]}

        return self._change(name_or_id, do, actor=actor, expected=expected)

    def take_layer(self, name_or_id: str, layer_id: str, *, actor: Actor, expected: int | None = None) -> Schedule:
        """Take a layer off."""

        def do(before: Schedule, _names: Names) -> Document:
            layers = [one.model_dump() for one in before.layers if one.id != layer_id]
            if len(layers) == len(before.layers):
                message = f"{before.name} has no layer {layer_id[:100]}"
                raise NotFound(message)
            return {"layers": layers}

        return self._change(name_or_id, do, actor=actor, expected=expected)

    def add_overrides(
        self,
        name_or_id: str,
        said: Sequence[Said],
        *,
        actor: Actor,
        own: str = "",
        expected: int | None = None,
        also: Also = lambda _schedule: (),
    ) -> Schedule:
        """Add overrides, all in one change: two make a swap. Those that were over long ago go.

        ``own``: the id of somebody who must take part in each of them; raises :class:`~tocsin.errors.NotAllowed`.
        Raises ``InvalidInput`` for what is over already, too: who was on call was on call.
        """

        def do(before: Schedule, names: Names) -> Document:
            now = self._clock()
            new = [names.override(one) for one in said]
            for one in new:
                _see_it_is_own(own, one["person"], one["replaces"])
            kept = [one.model_dump() for one in before.overrides if one.end > now - OVERRIDES_KEPT]
            _see_none_is_over(schedule_of({**before.model_dump(), "overrides": new}), now)
            return {"overrides": [*kept, *new]}

        return self._change(name_or_id, do, actor=actor, expected=expected, also=also)

    def take_override(
        self, name_or_id: str, override_id: str, *, actor: Actor, own: str = "", expected: int | None = None
    ) -> Schedule:
        """Take an override back, from now on: of one that has begun it is the end, and one that is over stays.

        ``own`` as for :meth:`add_overrides`. Raises ``InvalidInput`` for one that is over.
        """

        def do(before: Schedule, _names: Names) -> Document:
            found = next((one for one in before.overrides if one.id == override_id), None)
            if found is None:
                message = f"{before.name} has no override {override_id[:100]}"
                raise NotFound(message)
            _see_it_is_own(own, found.person, found.replaces)
            now = self._clock()
            _see_none_is_over(before.model_copy(update={"overrides": (found,)}), now)
            left = [found.model_copy(update={"end": now})] if found.start < now else []
            others = [left if one == found else [one] for one in before.overrides]
            return {"overrides": [one.model_dump() for some in others for one in some]}

        return self._change(name_or_id, do, actor=actor, expected=expected)

    def remove(self, name_or_id: str, *, actor: Actor, expected: int | None = None) -> None:
        """Delete a schedule: nobody is on call by it any more."""
        for schedule in self._attempts(name_or_id, expected):
            gone = RecordWrite(kind=SCHEDULE, id=schedule.id, record=None, expected=schedule.version)
            name = RecordWrite(kind=SCHEDULE_NAME, id=schedule.name.casefold(), record=None)
            try:
                self._commit(Deed(AuditAction.SCHEDULE_REMOVED, actor, target(schedule)), schedule, None, gone, name)
            except Conflict:
                continue
            return
        raise _busy(name_or_id)

    def _change(
        self,
        name_or_id: str,
        do: Callable[[Schedule, Names], Document],
        *,
        actor: Actor,
        expected: int | None,
        also: Also = lambda _schedule: (),
    ) -> Schedule:
        for before in self._attempts(name_or_id, expected):
            wanted = do(before, self._names(before))
            after = schedule_of({**before.model_dump(), **wanted})
            if after == before:
                return before
            after = after.model_copy(update={"version": before.version + 1})
            deed = Deed(AuditAction.SCHEDULE_CHANGED, actor, target(before), difference(before, after))
            try:
                self._commit(
                    deed,
                    before,
                    after,
                    written(after, expected=before.version),
                    *renamed(before, after),
                    *also(after),
                )
            except Conflict:
                self._see_whose_name(after)
                continue
            return after
        raise _busy(name_or_id)

    def _from_now(self, before: Schedule, wanted: Schedule) -> Schedule:
        now = self._clock()
        layers = succeeded(before.layers, wanted.layers, now) if wanted.layers != before.layers else before.layers
        after = schedule_of(wanted.model_copy(update={"layers": layers}).model_dump())
        see_that_the_past_stays(before, after, now)
        return after

    def _attempts(self, name_or_id: str, expected: int | None) -> Iterator[Schedule]:
        """Yield a schedule as it is now, as often as it may be tried."""
        schedule_id = ""
        for _ in range(MOST_ATTEMPTS):
            # Once it was found by name: another may have that name by now.
            schedule = self.named(schedule_id or name_or_id)
            schedule_id = schedule.id
            see_version(f"the schedule {schedule.name}", schedule.version, expected)
            yield schedule

    def _commit(self, deed: Deed, before: Schedule | None, after: Schedule | None, *records: RecordWrite) -> None:
        doer = self._users.by_email(deed.actor.name)
        told, untold = notices(
            before, after, now=self._clock(), doer="" if doer is None else doer.id, new_id=self._new_id
        )
        details = {**deed.details, **({"not_told": untold} if untold else {})}
        self._audit.commit(deed._replace(details=details), *records, *told)

    def _names(self, before: Schedule | None = None) -> Names:
        known = before.people if before else ()
        return Names(self._users, self._teams, new_id=self._new_id, known=known)

    def _see_whose_name(self, schedule: Schedule) -> None:
        kept = self._store.record(SCHEDULE_NAME, schedule.name.casefold())
        if kept is not None and kept.body["schedule"] != schedule.id:
            message = f"there is a schedule {schedule.name} already"
            raise AlreadyThere(message, hint="change that one, or take another name") from None


def _size(schedule: Schedule) -> int:
    return len(schedule.overrides) + sum(len(one.people) + len(one.hours) for one in schedule.layers)


def _busy(name_or_id: str) -> Conflict:
    message = f"others kept changing the schedule {name_or_id}"
    return Conflict(message, hint="try again")


def _see_none_is_over(schedule: Schedule, now: Utc) -> None:
    for one in schedule.overrides:
        if one.end <= now:
            message = f"the override ended at {one.end:%Y-%m-%d %H:%M} UTC already: past shifts stay as they were"
            raise InvalidInput(message)


def _see_it_is_own(own: str, *concerned: str | None) -> None:
    if own and own not in concerned:
        message = "only an administrator changes shifts between others"
        raise NotAllowed(message, hint="take a shift yourself, or hand over one of your own")
