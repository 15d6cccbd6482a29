"""What is written when a schedule changes: the schedule, who has its name, and what the audit log tells of it."""

from collections.abc import Iterator

from pydantic import JsonValue

from tocsin.domain.change import Record, RecordWrite
from tocsin.domain.schedule import Override, Schedule

from .on_call import SCHEDULE

SCHEDULE_NAME = "schedule_name"
"""The record kind that keeps a name for one schedule; its id is the name, folded."""


def written(schedule: Schedule, *, expected: int = 0) -> RecordWrite:
    """Return what writes a schedule, over the ``expected`` version (0: over none)."""
    body = schedule.model_dump(mode="json")
    record = Record(kind=SCHEDULE, id=schedule.id, body=body, version=schedule.version)
    return RecordWrite(kind=SCHEDULE, id=schedule.id, record=record, expected=expected)


def name_kept(schedule: Schedule) -> RecordWrite:
    """Return what keeps its name for a schedule, unless another has it."""
    name = schedule.name.casefold()
    return RecordWrite(
        kind=SCHEDULE_NAME,
        id=name,
        record=Record(kind=SCHEDULE_NAME, id=name, body={"schedule": schedule.id}),
        expected=0,
    )


def renamed(before: Schedule, after: Schedule) -> Iterator[RecordWrite]:
    """Yield what gives a name back that is not used any more, and keeps the new one."""
    if before.name.casefold() != after.name.casefold():
        yield RecordWrite(kind=SCHEDULE_NAME, id=before.name.casefold(), record=None)
        yield name_kept(after)


def difference(before: Schedule, after: Schedule) -> dict[str, JsonValue]:
    """Return what the audit log tells of a change: of layers and overrides those that come and go."""
    told: dict[str, JsonValue] = {
        name: {"from": getattr(before, name), "to": getattr(after, name)}
        for name in ("name", "time_zone", "team")
        if getattr(before, name) != getattr(after, name)
    }
    if before.layers != after.layers:
        put: list[JsonValue] = [one.id for one in after.layers if one not in before.layers]
        taken: list[JsonValue] = [*sorted({one.id for one in before.layers} - {one.id for one in after.layers})]
        told["layers"] = {"put": put, "taken": taken}
    new = [one for one in after.overrides if one not in before.overrides]
    # What goes as another comes was over long ago.
    gone = [] if new else [one for one in before.overrides if one not in after.overrides]
    if new or gone:
        told["overrides"] = {"added": [_brief(one) for one in new], "taken": [_brief(one) for one in gone]}
    return told


def target(schedule: Schedule) -> str:
    """Return what the audit log calls a schedule."""
    return f"schedule:{schedule.name}"


def _brief(one: Override) -> JsonValue:
    said: JsonValue = one.model_dump(mode="json", exclude_none=True)
    return said
