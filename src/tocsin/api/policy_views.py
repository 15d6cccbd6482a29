"""What the API takes and shows of escalation policies: the domain's own words; what is misspelt is refused."""

from typing import Annotated

from pydantic import ConfigDict, Field

from tocsin.domain.policy import (
    LONGEST_DELAY,
    LONGEST_DESCRIPTION,
    LONGEST_NAME,
    MOST_ACTIONS,
    MOST_REPEATS,
    MOST_STEPS,
    Assign,
    CreateIssue,
    Hold,
    Notify,
    Policy,
    SetSeverity,
    SetStatus,
    Target,
    Webhook,
)
from tocsin.domain.policy_conditions import MOST_VALUES, Conditions, Times
from tocsin.domain.rotation import Hours

from .bodies import Body
from .texts import Something
from .views import View

_STRICT = ConfigDict(extra="forbid", defer_build=True)


class DutyBody(Hours):
    """Hours of some weekdays; over midnight where `end` is earlier."""

    model_config = _STRICT


class TimesBody(Times):
    """Hours of the week, in a time zone."""

    model_config = _STRICT
    hours: Annotated[tuple[DutyBody, ...], Field(min_length=1, max_length=MOST_VALUES)]


class ConditionsBody(Conditions):
    """What must hold of an incident; each that is given must, by any of its values (`labels`: by all)."""

    model_config = _STRICT
    time: TimesBody | None = None


class HoldBody(Hold):
    """For these severities a cycle waits until `times` are over."""

    model_config = _STRICT
    times: TimesBody


class NotifyBody(Notify):
    """Page people or a room."""

    model_config = _STRICT


class AssignBody(Assign):
    """Put people on the incident."""

    model_config = _STRICT


class SetSeverityBody(SetSeverity):
    """Raise or lower the severity; one that a person pinned stays."""

    model_config = _STRICT


class SetStatusBody(SetStatus):
    """Move the incident on."""

    model_config = _STRICT


class WebhookBody(Webhook):
    """Call a room of the kind `webhook`."""

    model_config = _STRICT


class CreateIssueBody(CreateIssue):
    """Open an issue in a repository of GitHub, once an incident."""

    model_config = _STRICT


ActionBody = Annotated[
    NotifyBody | AssignBody | SetSeverityBody | SetStatusBody | WebhookBody | CreateIssueBody,
    Field(discriminator="type"),
]


class StepBody(Body):
    """What is done `delay_minutes` after the step before it; the first, after the cycle began."""

    delay_minutes: int = Field(default=0, ge=0, le=LONGEST_DELAY)
    actions: tuple[ActionBody, ...] = Field(min_length=1, max_length=MOST_ACTIONS)


class PolicyBody(Body):
    """An escalation policy. Targets are by name or id: `user:`, `team:`, `schedule:`, `room:`; or `assignees` and such."""

    name: Something = Field(max_length=LONGEST_NAME, examples=["Checkout, at once"])
    description: str = Field(default="", max_length=LONGEST_DESCRIPTION)
    is_active: bool = True
    conditions: ConditionsBody = Field(
        default=ConditionsBody.model_construct(), description="The default one has none."
    )
    steps: tuple[StepBody, ...] = Field(min_length=1, max_length=MOST_STEPS)
    repeat: int = Field(default=0, ge=0, le=MOST_REPEATS, description="How often all of them are done again.")
    repeat_after_minutes: int = Field(default=10, ge=1, le=LONGEST_DELAY)
    fallback: tuple[Target, ...] = Field(
        default=(), max_length=MOST_ACTIONS, description="Where a step reaches nobody; administrators unless given."
    )
    hold: HoldBody | None = Field(default=None, description="What waits until morning.")
    ack_timeout_minutes: Annotated[int, Field(ge=1, le=LONGEST_DELAY)] | None = Field(
        default=None, description="After which an acknowledgement is none if nobody began to work."
    )

    @property
    def document(self) -> dict[str, object]:
        """The same for the service: without what it does not name."""
        return self.model_dump(mode="json", exclude_unset=True)


class PolicyView(Policy):
    """An escalation policy, with its targets by name."""

    @classmethod
    def of(cls, policy: Policy) -> "PolicyView":
        """Return what is shown of a policy whose targets are names already."""
        return cls.model_construct(**policy.__dict__)


class PolicyList(View):
    """Every policy: the default one first, and then by name."""

    policies: list[PolicyView]
