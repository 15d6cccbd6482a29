"""What the bodies of requests about incidents hold. A field that is not known is refused: it is mostly misspelt."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from tocsin.domain.editing import Edit
from tocsin.domain.incident import Status
from tocsin.domain.people import Role
from tocsin.domain.severity import Severity

from .moments import Moment
from .texts import Something

OPEN = "open"
"""Another word for ``detected``."""


def _word(value: object) -> object:
    said = value.strip().lower() if isinstance(value, str) else value
    return Status.DETECTED.value if said == OPEN else said


def _lines(value: object) -> object:
    return [value] if isinstance(value, str) else value


SaidStatus = Annotated[
    Status,
    BeforeValidator(
        _word,
        json_schema_input_type=Literal["detected", "acknowledged", "in_progress", "resolved", "closed", "open"],
    ),
]
SaidSeverity = Annotated[Severity, BeforeValidator(_word)]
SaidRole = Annotated[Role, BeforeValidator(_word)]
_Lines = Annotated[tuple[str, ...], Field(max_length=1_000)]
Lines = Annotated[_Lines, BeforeValidator(_lines, json_schema_input_type=str | _Lines)]
"""Some lines; one alone may be given as a text."""

_Names = Annotated[tuple[Something, ...], Field(max_length=1_000)]
Names = Annotated[_Names, BeforeValidator(_lines, json_schema_input_type=Something | _Names)]
"""Some people; one alone may be given as a text."""


class Body(BaseModel):
    """The body of a request."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)


class OpenBody(Body):
    """An incident to open."""

    title: Something = Field(description="What is wrong, in one line.", examples=["Checkout is down"])
    description: str = Field(default="", description="What is known.")
    logs: Lines = Field(default=(), description="Lines of a log that show it.")
    severity: SaidSeverity | None = Field(default=None, description="Without it the rules give one.")
    service: str = ""
    environment: str = ""
    team: str = ""
    tags: Lines = ()
    assignees: Names = Field(default=(), description="Who works on it.")


class EditBody(Body):
    """What is to be different; what is not named stays as it is."""

    status: SaidStatus | None = Field(default=None, description="Where it goes; nothing goes back.")
    severity: SaidSeverity | None = Field(default=None, description="Pins it: no machine changes it any more.")
    title: Something | None = None
    description: str | None = None
    service: str | None = None
    environment: str | None = None
    team: str | None = None
    assignees: Names | None = Field(default=None, description="Everybody who works on it.")
    snoozed_until: Moment | None = Field(default=None, description="Holds its pages until then; null ends that.")
    root_cause: str | None = Field(default=None, description="Why it happened; also after it was resolved.")
    resolution_steps: Lines | None = Field(default=None, description="What was done, all of it.")
    notes: str = Field(default="", description="A note to add.")

    @property
    def edit(self) -> Edit:
        """The same for the service, which tells a snooze that is taken back from one that was not named."""
        given: dict[str, Any] = {name: getattr(self, name) for name in self.model_fields_set if name != "notes"}
        return Edit(**given, note=self.notes)


class ResolveBody(Body):
    """Why it happened, and what was done."""

    root_cause: str = ""
    resolution_steps: Lines = ()


class SnoozeBody(Body):
    """Until when its pages are held."""

    until: Moment = Field(description="A moment within 30 days, with its offset: 2026-03-02T18:00:00Z.")


class NoteBody(Body):
    """A note."""

    text: Something


class AssignmentBody(Body):
    """As what somebody works on it."""

    role: SaidRole | None = Field(default=None, description="A new commander takes the place of the one before.")


class MergeBody(Body):
    """What an incident is a part of."""

    into: Something = Field(description="The id of the incident that goes on.", examples=["INC-1042"])
