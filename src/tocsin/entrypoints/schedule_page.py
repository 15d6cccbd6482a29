"""Schedules, shifts and coverage as a person reads them. Times are UTC."""

from collections.abc import Mapping, Sequence

from tocsin.api.people_views import Member
from tocsin.api.schedule_views import CoverageView, CurrentList, ScheduleView, ShiftView
from tocsin.domain.rotation import Hours, Rotation
from tocsin.domain.schedule import Override

from .layout import Column
from .moments import exact
from .screen import Screen, Styled

LIST = (
    Column("NAME"),
    Column("TEAM", leave_out=1),
    Column("TIME ZONE", leave_out=2),
    Column("ID", leave_out=3),
    Column("PEOPLE", flexible=True),
)
SHIFTS = (Column("FROM"), Column("UNTIL"), Column("WHO"), Column("WHY", flexible=True))
CURRENT = (Column("SCHEDULE"), Column("WHO"), Column("UNTIL"), Column("NEXT", flexible=True))
NOBODY = Styled("nobody", "bad")


def row(one: ScheduleView) -> tuple[str | Styled, ...]:
    """Return the row of a schedule in a list."""
    return (
        Styled(one.name, "heading"),
        one.team.name if one.team else "-",
        one.time_zone,
        one.id,
        ", ".join(person.full_name for person in one.people) or "-",
    )


def show(out: Screen, one: ScheduleView) -> None:
    """Write all there is to say about a schedule."""
    names = {person.id: person.full_name for person in one.people}
    team = f"of the team {one.team.name}" if one.team else "of no team"
    out.line(Styled(one.name, "heading"), f"  {one.time_zone}, {team}, {one.id}")
    for layer in reversed(one.layers):
        who = ", ".join(names[person] for person in layer.people)
        out.line("  layer ", Styled(layer.name, "heading"), f" ({layer.id}): {_turns(layer.rotation)}: {who}")
        for some in layer.hours:
            out.line(f"    on duty {_hours(some)}")
        if layer.valid_from or layer.valid_until:
            out.line(f"    from {exact(layer.valid_from) or 'ever'} until {exact(layer.valid_until) or 'ever'}")
    for override in one.overrides:
        out.line(f"  {exact(override.start)} to {exact(override.end)}: {_override(override, names)} ({override.id})")


def shift_row(one: ShiftView) -> tuple[str | Styled, ...]:
    """Return the row of a shift."""
    instead = f" instead of {one.instead_of.full_name}" if one.instead_of else ""
    why = f"override{instead}" if one.overrides else one.layer or "-"
    return (exact(one.start), exact(one.end), _who(one.person), why)


def show_current(out: Screen, found: CurrentList) -> None:
    """Write who is on call."""
    rows = [
        (
            Styled(one.name, "heading"),
            _who(one.person),
            exact(one.until) or "for good",
            "-" if one.next is None else _text(_who(one.next.person)),
        )
        for one in found.on_call
    ]
    out.table(CURRENT, rows)


def show_coverage(out: Screen, name: str, found: CoverageView) -> None:
    """Write how well a time is covered."""
    out.line(Styled(name, "heading"), f"  from {exact(found.start)} until {exact(found.end)}")
    for gap in found.gaps:
        out.line("  ", Styled("gap", "bad"), f" from {exact(gap.start)} until {exact(gap.end)}")
    for one in found.unreachable:
        out.line("  ", Styled("cannot be reached", "bad"), f": {_named(one.person)}, on call from {exact(one.first)}")
    for one in found.left:
        when = f"on call from {exact(one.first)}" if one.first else "not on call in this time"
        out.line("  ", Styled("has left", "bad"), f": {_named(one.person)}, {when}")
    for two in found.double:
        where = f"on {two.schedule} too" if two.schedule else f"by two layers, {' and '.join(two.layers)}"
        out.line(f"  twice: {_named(two.person)} {where}, from {exact(two.start)} until {exact(two.end)}")
    if found.left_out:
        out.line(f"  and {found.left_out} more")
    for load in found.load:
        paged = "" if load.pages_at_night is None else f", messages at night: {load.pages_at_night}"
        out.line(f"  {load.hours:g} h in {load.stints}: {_named(load.person)}{paged}")


def _who(person: Member | None) -> Styled:
    return NOBODY if person is None else Styled(person.full_name, "" if person.active else "bad")


def _text(styled: Styled) -> str:
    return styled.text


def _named(person: Member) -> str:
    return f"{person.full_name} ({person.email})" if person.email else person.full_name


def _turns(rotation: Rotation) -> str:
    unit = rotation.unit if rotation.every == 1 else f"{rotation.every} {rotation.unit}s"
    day = f" on {rotation.weekday}" if rotation.weekday else ""
    return f"every {unit}{day} at {rotation.hand_over:%H:%M}"


def _hours(some: Hours) -> str:
    days: Sequence[str] = [day[:3] for day in some.weekdays]
    return f"{','.join(days)} {some.begin:%H:%M}-{some.end:%H:%M}"


def _override(one: Override, names: Mapping[str, str]) -> str:
    part = f" for {names[one.replaces]}" if one.replaces else ""
    return f"{names[one.person]}{part}"
