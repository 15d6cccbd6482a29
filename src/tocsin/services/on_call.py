"""The schedules that say who is on call, read from the store: one, those of a team, or all. Nothing is written here."""

from collections.abc import Iterator

from tocsin.domain.change import Record
from tocsin.domain.schedule import Schedule
from tocsin.storage.store import Store

from .listing import every_record, is_id

SCHEDULE = "schedule"
"""The record kind of a schedule; its id is the schedule's."""


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
