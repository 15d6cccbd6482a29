"""Who is on call, as paging asks it: by schedule, and by team. It reads, and changes nothing."""

from collections.abc import Iterator

from tocsin.domain.change import Record
from tocsin.domain.frozen import Utc
from tocsin.domain.schedule import GAP, Duty, Schedule, on_call
from tocsin.storage.store import Store

from .listing import every_record, is_id

SCHEDULE = "schedule"
"""The record kind of a schedule; its id is the schedule's."""


class OnCall:
    """Who is on call by the schedules of one store, as they are when it is asked."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def who(self, schedule_id: str, at: Utc) -> Duty:
        """Return who is on call by a schedule at a moment, and why; a gap if there is no such schedule (any more)."""
        schedule = schedule_by_id(self._store, schedule_id)
        return GAP if schedule is None else on_call(schedule, at)

    def of_team(self, team_id: str, at: Utc) -> list[tuple[Schedule, Duty]]:
        """Return each schedule of a team with who is on call by it at a moment: gaps too. By name of the schedule."""
        return [(one, on_call(one, at)) for one in schedules_of_team(self._store, team_id)]


def schedule_by_id(store: Store, schedule_id: str) -> Schedule | None:
    """Return a schedule, or None."""
    record = store.record(SCHEDULE, schedule_id) if is_id(schedule_id) else None
    return None if record is None else schedule_in(record)


def schedules_of_team(store: Store, team_id: str) -> list[Schedule]:
    """Return the schedules that belong to a team, by name."""
    own = (one for one in every_schedule(store) if one.team == team_id)
    return sorted(own, key=lambda one: one.name.casefold())


def every_schedule(store: Store) -> Iterator[Schedule]:
    """Yield every schedule, in the order of their ids."""
    return map(schedule_in, every_record(store, SCHEDULE))


def schedule_in(record: Record) -> Schedule:
    """Return the schedule that a record holds."""
    return Schedule.model_validate(record.body)
