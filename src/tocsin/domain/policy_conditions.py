"""Of which incidents an escalation policy holds, and in which hours."""

from collections.abc import Iterable
from typing import Annotated, Self

from pydantic import Field, StringConstraints, model_validator

from .frozen import Frozen, Utc
from .incident import Incident
from .local_time import reached, zone_of
from .rotation import Hours, on_duty
from .severity import Severity
from .source import Source
from .user import known_time_zone

MOST_VALUES = 50
"""Values of one condition; any of them will do."""


class Times(Frozen):
    """Hours of the week, in a time zone."""

    hours: Annotated[tuple[Hours, ...], Field(min_length=1, max_length=MOST_VALUES)]
    time_zone: str = "UTC"

    @model_validator(mode="after")
    def _is_somewhere(self) -> Self:
        known_time_zone(self.time_zone)
        return self

    def holds(self, at: Utc) -> bool:
        """Say whether a moment is within them."""
        return on_duty(self.hours, reached(at, zone_of(self.time_zone)))


Word = Annotated[str, StringConstraints(min_length=1, max_length=200, strip_whitespace=True)]


class Conditions(Frozen):
    """What must hold of an incident; each that is given must, by any of its values (``labels``: by all).

    Letter case does not count. ``labels`` are tags, as in ``region:eu``. ``time`` is when the cycle begins.
    """

    severity: Annotated[tuple[Severity, ...], Field(max_length=4)] = ()
    service: Annotated[tuple[Word, ...], Field(max_length=MOST_VALUES)] = ()
    environment: Annotated[tuple[Word, ...], Field(max_length=MOST_VALUES)] = ()
    team: Annotated[tuple[Word, ...], Field(max_length=MOST_VALUES)] = ()
    source: Annotated[tuple[Source, ...], Field(max_length=5)] = ()
    labels: Annotated[tuple[Word, ...], Field(max_length=MOST_VALUES)] = ()
    time: Times | None = None

    @property
    def given(self) -> tuple[bool, ...]:
        """Say which are given, in the order of :data:`SAYS_MORE`."""
        return tuple(bool(getattr(self, name)) for name in SAYS_MORE)

    def hold(self, incident: Incident, at: Utc, *, team: str = "") -> bool:
        """Say whether all of them do. ``team``: the one that owns the incident's service, where it names none."""
        return all(self._holds(name, incident, at, team) for name in SAYS_MORE if getattr(self, name))

    def _holds(self, name: str, incident: Incident, at: Utc, team: str) -> bool:
        match name:
            case "severity":
                return incident.severity in self.severity
            case "source":
                return incident.source in self.source
            case "labels":
                return _folded(self.labels) <= _folded(incident.tags)
            case "time":
                return self.time is not None and self.time.holds(at)
            case "team":
                return (incident.team or team).casefold() in _folded(self.team)
            case _:
                return str(getattr(incident, name)).casefold() in _folded(getattr(self, name))

    def could_hold_with(self, other: "Conditions") -> bool:
        """Say whether one incident could meet both at some time. Hours are taken to overlap: they move with zones."""
        return all(
            not getattr(self, name)
            or not getattr(other, name)
            or _folded(getattr(self, name)) & _folded(getattr(other, name))
            for name in SAYS_MORE
            if name not in ("labels", "time")
        )


SAYS_MORE = ("labels", "service", "team", "environment", "source", "severity", "time")
"""Conditions, from the one that says most."""


def _folded(values: Iterable[str]) -> set[str]:
    return {str(value).casefold() for value in values}
