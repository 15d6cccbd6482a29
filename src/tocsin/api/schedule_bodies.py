"""What the bodies of requests about schedules hold. People are named by e-mail address or id."""

from datetime import date
from typing import Annotated, Any

from pydantic import Field

from tocsin.domain.layer import LONGEST_NAME, MOST_HOURS, MOST_IN_A_LAYER
from tocsin.domain.rotation import MOST_UNITS, Unit, Weekday
from tocsin.domain.schedule import MOST_LAYERS, MOST_OVERRIDES

from .bodies import Body
from .moments import Moment
from .people_views import TimeZone
from .texts import Something

LONGEST_LABEL = 100

Who = Annotated[Something, Field(max_length=254, description="E-mail address or id.", examples=["ana@example.com"])]
Clock = Annotated[str, Field(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9](:00)?$", examples=["09:00"])]
Name = Annotated[Something, Field(max_length=LONGEST_NAME)]
ScheduleName = Annotated[Something, Field(max_length=200, examples=["Shop"])]
TeamName = Annotated[str, Field(max_length=200, description="The team that it belongs to, by name or id; empty: none.")]
LayerId = Annotated[Something, Field(max_length=64)]


class RotationBody(Body):
    """Whose turn it is when. A turn lasts ``every`` units, by the clock on the wall."""

    unit: Unit
    every: int = Field(default=1, ge=1, le=MOST_UNITS)
    hand_over: Clock = "09:00"
    weekday: Weekday | None = Field(
        default=None, description="On which turns of weeks end; that of `start` unless given."
    )


class HoursBody(Body):
    """Hours of duty; over midnight where ``end`` is earlier."""

    weekdays: tuple[Weekday, ...] = Field(default=tuple(Weekday), min_length=1, max_length=7)
    begin: Clock
    end: Clock


class LayerBody(Body):
    """People who take turns."""

    name: Name
    people: tuple[Who, ...] = Field(
        min_length=1, max_length=MOST_IN_A_LAYER, description="In the order of their turns."
    )
    rotation: RotationBody
    start: date = Field(description="The local day on which the first turn begins.")
    hours: tuple[HoursBody, ...] = Field(default=(), max_length=MOST_HOURS, description="On duty in these only.")
    valid_from: Moment | None = None
    valid_until: Moment | None = None


class NamedLayer(LayerBody):
    """A layer with an id."""

    id: LayerId | None = Field(default=None, description="What it is called in addresses; drawn unless given.")


class OverrideBody(Body):
    """Somebody is on call from a moment until another (not included), whatever the layers say."""

    person: Who
    start: Moment
    end: Moment
    replaces: Who | None = Field(default=None, description="Only where this person would be on call.")


class Turn(Body):
    """What one of two hands over."""

    person: Who
    start: Moment
    end: Moment


class SwapBody(Body):
    """Two who take each other's shifts."""

    one: Turn
    other: Turn

    @property
    def overrides(self) -> list[dict[str, Any]]:
        """The two overrides that it comes to."""
        pairs = ((self.one, self.other), (self.other, self.one))
        return [
            {"person": taker.person, "replaces": giver.person, "start": giver.start, "end": giver.end}
            for giver, taker in pairs
        ]


FromNow = Annotated[
    bool, Field(description="The layers hold from now on; until now all is as it was, or nobody was on call.")
]


class NewSchedule(Body):
    """A schedule to make."""

    name: ScheduleName
    time_zone: TimeZone = "UTC"
    team: TeamName = ""
    layers: tuple[NamedLayer, ...] = Field(
        default=(), max_length=MOST_LAYERS, description="The highest, which wins, last."
    )
    overrides: tuple[OverrideBody, ...] = Field(default=(), max_length=MOST_OVERRIDES)
    from_now: FromNow = False


class ScheduleEdit(Body):
    """What is to be different about a schedule; what is not named stays as it is."""

    name: ScheduleName | None = None
    time_zone: TimeZone | None = None
    team: TeamName | None = None
    layers: tuple[NamedLayer, ...] | None = Field(default=None, max_length=MOST_LAYERS, description="All of them.")
    from_now: FromNow = False


class FeedBody(Body):
    """A link to make."""

    label: str = Field(
        default="", max_length=LONGEST_LABEL, description="What tells it from the others.", examples=["phone"]
    )


def said(body: Body) -> dict[str, Any]:
    """Return what a body says: without what it does not name."""
    return body.model_dump(exclude_none=True)
