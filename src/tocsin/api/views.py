"""What the API shows of incidents and alerts: the domain's own models, with what only they who look need beside."""

from collections.abc import Iterable

from pydantic import BaseModel, ConfigDict, Field, computed_field

from tocsin.domain.alert import Alert, alert_id
from tocsin.domain.frozen import Utc
from tocsin.domain.incident import AlertCounts, Incident
from tocsin.domain.statistics import Metrics
from tocsin.domain.timeline import Event
from tocsin.services.viewing import Whole


class View(BaseModel):
    """What is only sent."""

    model_config = ConfigDict(frozen=True, defer_build=True)


class IncidentView(Incident):
    """An incident."""

    # In what shows an incident whole, `alerts` are the alerts themselves.
    alerts: AlertCounts = Field(
        default=AlertCounts(), serialization_alias="alert_counts", description="How many alerts, and which fire."
    )

    @classmethod
    def of(cls, incident: Incident) -> "IncidentView":
        """Return what is shown of an incident."""
        return cls.model_construct(**incident.__dict__)


class AlertView(Alert):
    """One episode of an alert."""

    @computed_field(description="What it is called in addresses.")  # type: ignore[prop-decorator]  # mypy knows no decorated property
    @property
    def id(self) -> str:
        """What it is called in addresses."""
        return alert_id(self.source, self.key)

    @computed_field(description="Whether it fires.")  # type: ignore[prop-decorator]  # mypy knows no decorated property
    @property
    def firing(self) -> bool:
        """Whether it fires."""
        return self.ended_at is None

    @classmethod
    def of(cls, alert: Alert) -> "AlertView":
        """Return what is shown of an alert."""
        return cls.model_construct(**alert.__dict__)


class Note(View):
    """What somebody noted."""

    id: str = Field(description="Its place in the timeline.")
    at: Utc
    by: str
    text: str

    @classmethod
    def of(cls, event: Event) -> "Note":
        """Return the note that an event is."""
        return cls(id=f"{event.version}.{event.ordinal}", at=event.at, by=event.by, text=event.text)


class WholeIncident(IncidentView):
    """An incident with everything that belongs to it."""

    episodes: tuple[AlertView, ...] = Field(
        serialization_alias="alerts", description="Every alert of it, and of what was merged into it."
    )
    notes: tuple[Note, ...]
    timeline: tuple[Event, ...]
    durations: Metrics = Field(description="In seconds; null for what has not happened.")

    @classmethod
    def whole(cls, found: Whole) -> "WholeIncident":
        """Return what is shown of an incident and all that belongs to it."""
        return cls.model_construct(
            **found.incident.__dict__,
            episodes=tuple(map(AlertView.of, found.alerts)),
            notes=tuple(map(Note.of, found.notes)),
            timeline=found.timeline,
            durations=found.metrics,
        )


class IncidentList(View):
    """Some incidents, newest first."""

    incidents: list[IncidentView]
    cursor: str = Field(description="For what follows; empty at the end. A page may be short, or empty, and have one.")

    @classmethod
    def of(cls, incidents: Iterable[Incident], cursor: str) -> "IncidentList":
        """Return a page of incidents."""
        return cls.model_construct(incidents=[IncidentView.of(one) for one in incidents], cursor=cursor)


class AlertList(View):
    """Some alerts, by source and key."""

    alerts: list[AlertView]
    cursor: str = Field(description="For what follows; empty at the end. A page may be short, or empty, and have one.")

    @classmethod
    def of(cls, alerts: Iterable[Alert], cursor: str) -> "AlertList":
        """Return a page of alerts."""
        return cls.model_construct(alerts=[AlertView.of(one) for one in alerts], cursor=cursor)


class Notes(View):
    """The notes of an incident, oldest first."""

    notes: tuple[Note, ...]


class Timeline(View):
    """Everything that happened to an incident, oldest first."""

    events: tuple[Event, ...]
