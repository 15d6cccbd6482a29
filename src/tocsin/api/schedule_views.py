"""What the API shows of schedules: the domain's own words, with names beside the ids of people."""

from collections.abc import Mapping
from typing import Annotated

from pydantic import Field

from tocsin.domain.coverage import Coverage
from tocsin.domain.frozen import Utc
from tocsin.domain.layer import Layer
from tocsin.domain.schedule import Override, Schedule, Shift
from tocsin.domain.stints import Current, Span
from tocsin.domain.user import User
from tocsin.services.feeds import Feed

from .people_views import Member, TeamOf
from .views import View

People = Mapping[str, User]
"""People by id."""

Who = Annotated[Member | None, Field(description="Null: nobody, a gap.")]


class ScheduleView(View):
    """A schedule. Layers and overrides name people by id."""

    id: str
    name: str
    time_zone: str
    team: TeamOf | None = Field(description="Which it belongs to; null: none.")
    layers: tuple[Layer, ...] = Field(description="From the lowest to the highest, which wins.")
    overrides: tuple[Override, ...] = Field(description="As they were agreed on; later ones win.")
    people: tuple[Member, ...] = Field(description="Everybody who is named, by name.")

    @classmethod
    def of(cls, schedule: Schedule, people: People, team: TeamOf | None) -> "ScheduleView":
        """Return what is shown of a schedule."""
        named = sorted((member(people, one) for one in schedule.people), key=lambda one: one.full_name.casefold())
        return cls(
            id=schedule.id,
            name=schedule.name,
            time_zone=schedule.time_zone,
            team=team,
            layers=schedule.layers,
            overrides=schedule.overrides,
            people=tuple(named),
        )


class ScheduleList(View):
    """Some schedules."""

    schedules: list[ScheduleView]
    cursor: str = Field(description="For what follows; empty at the end. A page may be short, or empty, and have one.")


class ShiftView(View):
    """Who is on call from a moment until another (not included), and why."""

    schedule: str = Field(description="Its name.")
    start: Utc
    end: Utc
    person: Who
    layer: str = Field(description="The id of the layer that says so; empty: none.")
    overrides: tuple[str, ...] = Field(description="The ids of the overrides that say otherwise, as they apply.")
    instead_of: Who = Field(description="Who it would be without them.")

    @classmethod
    def of(cls, schedule: Schedule, shift: Shift, people: People) -> "ShiftView":
        """Return what is shown of a shift."""
        duty = shift.duty
        return cls(
            schedule=schedule.name,
            start=shift.start,
            end=shift.end,
            person=_who(people, duty.person),
            layer=duty.layer,
            overrides=duty.overrides,
            instead_of=_who(people, duty.instead_of),
        )


class ShiftList(View):
    """Shifts, in order."""

    shifts: list[ShiftView]


class Next(View):
    """Who follows, and when."""

    start: Utc
    person: Who


class CurrentView(View):
    """Who is on call by one schedule."""

    schedule: str = Field(description="Its id.")
    name: str
    team: TeamOf | None
    time_zone: str
    person: Who
    layer: str = Field(description="The id of the layer that says so; empty: none.")
    overrides: tuple[str, ...] = Field(description="The ids of the overrides that say otherwise.")
    until: Utc | None = Field(description="Null: for more than a year.")
    next: Next | None = Field(description="Null: nobody else for more than a year.")

    @classmethod
    def of(cls, schedule: Schedule, now: Current, people: People, team: TeamOf | None) -> "CurrentView":
        """Return what is shown of who is on call."""
        follows = now.next
        return cls(
            schedule=schedule.id,
            name=schedule.name,
            team=team,
            time_zone=schedule.time_zone,
            person=_who(people, now.duty.person),
            layer=now.duty.layer,
            overrides=now.duty.overrides,
            until=now.until,
            next=None if follows is None else Next(start=follows.start, person=_who(people, follows.person)),
        )


class CurrentList(View):
    """Who is on call at a moment: gaps too."""

    at: Utc
    on_call: list[CurrentView]


class SpanView(View):
    """From a moment until another (not included)."""

    start: Utc
    end: Utc


class ConcernView(View):
    """Somebody who is named, and when they are on call first."""

    person: Member
    first: Utc | None = Field(description="Null: not in that time.")


class DoubleView(SpanView):
    """Somebody who is on duty twice at once."""

    person: Member
    schedule: str = Field(description="On this other schedule, by name; empty: by two layers of this one.")
    layers: tuple[str, ...] = Field(description="By these two layers.")


class LoadView(View):
    """How long somebody is on call."""

    person: Member
    hours: float
    stints: int = Field(description="How often, without a break.")
    pages_at_night: int | None = Field(
        description="Messages between 22:00 and 07:00 on their clock. Null: it is not known."
    )


class CoverageView(SpanView):
    """How well a schedule covers a time."""

    gaps: list[SpanView] = Field(description="When nobody is on call.")
    unreachable: list[ConcernView] = Field(description="Whom no page would reach.")
    left: list[ConcernView] = Field(description="Who is named and was deactivated.")
    double: list[DoubleView]
    load: list[LoadView]
    left_out: int = Field(description="Gaps and double duties beyond the first 200 of each.")

    @classmethod
    def of(cls, found: Coverage, span: Span, people: People, names: Mapping[str, str]) -> "CoverageView":
        """Return what is shown of it; ``names`` are those of schedules, by id."""
        return cls(
            start=span.start,
            end=span.end,
            gaps=[SpanView(start=one.start, end=one.end) for one in found.gaps],
            unreachable=[ConcernView(person=member(people, one.person), first=one.first) for one in found.unreachable],
            left=[ConcernView(person=member(people, one.person), first=one.first) for one in found.left],
            double=[
                DoubleView(
                    person=member(people, one.person),
                    start=one.span.start,
                    end=one.span.end,
                    schedule=names.get(one.schedule, one.schedule),
                    layers=one.layers,
                )
                for one in found.double
            ],
            load=[
                LoadView(
                    person=member(people, one.person),
                    hours=one.hours,
                    stints=one.stints,
                    pages_at_night=one.pages_at_night,
                )
                for one in found.load
            ],
            left_out=found.left_out,
        )


class FeedView(View):
    """A link to a calendar, without what opens it."""

    id: str
    label: str
    made_at: Utc
    made_by: str

    @classmethod
    def of(cls, feed: Feed) -> "FeedView":
        """Return what is shown of a feed."""
        return cls(id=feed.name, label=feed.label, made_at=feed.made_at, made_by=feed.made_by)


class NewFeed(FeedView):
    """A link to a calendar, this once with what opens it."""

    path: str = Field(description="Where the calendar is, at this host. It is shown this once.")


class FeedList(View):
    """Links to a calendar."""

    feeds: list[FeedView]


def member(people: People, person: str) -> Member:
    """Return what is shown of a person; of one who is not there (any more) the id alone."""
    user = people.get(person)
    if user is None:
        return Member(id=person, email="", full_name=person, active=False)
    return Member(id=user.id, email=user.email, full_name=user.full_name, active=user.active)


def _who(people: People, person: str | None) -> Member | None:
    return None if person is None else member(people, person)
