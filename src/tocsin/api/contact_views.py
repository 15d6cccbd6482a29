"""What the API shows of contacts and notification rules, and what it takes to change them. Secrets go in, never out."""

import re
from datetime import time
from typing import Annotated

from pydantic import BeforeValidator, ConfigDict, Field, StrictBool, WithJsonSchema
from pydantic_core import PydanticCustomError

from tocsin.domain.contact import LONGEST_WORD, ChannelKind, Contact
from tocsin.domain.contact_words import LONGEST_LABEL, NAME
from tocsin.domain.frozen import Utc
from tocsin.domain.notification_rules import MOST_HOURS, MOST_MINUTES, MOST_STEPS, Chosen, QuietHours, Rule, Step
from tocsin.domain.rotation import Hours
from tocsin.services.contact_records import number_of

from .bodies import Body
from .views import View

Address = Annotated[
    dict[str, Annotated[str, Field(max_length=LONGEST_WORD)]],
    Field(
        max_length=10,
        description="All of its words; which ones a kind has is in docs/contacts.md.",
        examples=[{"number": "+49301234567"}],
    ),
]
Label = Annotated[str, Field(max_length=LONGEST_LABEL, description="What it is called.", examples=["my phone"])]


_CLOCK = r"^([01][0-9]|2[0-3]):[0-5][0-9](:00)?$"


def _clock(value: object) -> object:
    if not (isinstance(value, str) and re.fullmatch(_CLOCK, value)):
        kind, message = "clock", "is no time of day, as in 22:00"
        raise PydanticCustomError(kind, message)
    return value


SaidClock = Annotated[
    time, BeforeValidator(_clock), WithJsonSchema({"type": "string", "pattern": _CLOCK, "examples": ["22:00"]})
]
"""A local time of day, in whole minutes."""


class ContactView(View):
    """A way to reach a person."""

    id: str = Field(description="`account` for the address of the account, which every verified person has.")
    number: str = Field(description="The same, shorter, among those of this person.")
    kind: ChannelKind
    name: str
    address: dict[str, str] = Field(description="Its words. Of a secret one `set`, or where it leads.")
    active: bool
    verified_at: Utc | None = Field(description="When a code came back from there; null: nobody is told there yet.")
    usable: bool = Field(description="Whether they are told there.")
    created_at: Utc
    created_by: str

    @classmethod
    def of(cls, contact: Contact) -> "ContactView":
        """Return what is shown of a person's contact."""
        shown = contact.model_dump(exclude={"user", "sealed", "version"})
        return cls(**shown, number=number_of(contact) or contact.id, usable=contact.usable)


class ContactList(View):
    """A person's ways, in their order."""

    contacts: list[ContactView]


class RoomView(View):
    """A place that several people read."""

    id: str
    name: str = Field(description="By which policies call it.")
    kind: ChannelKind
    address: dict[str, str] = Field(description="Its words. Of a secret one `set`, or where it leads.")
    active: bool
    created_at: Utc
    created_by: str

    @classmethod
    def of(cls, contact: Contact) -> "RoomView":
        """Return what is shown of a room."""
        return cls(**contact.model_dump(exclude={"user", "sealed", "version", "verified_at"}))


class RoomList(View):
    """Every room, by name."""

    rooms: list[RoomView]


class CodeView(View):
    """A code is on its way."""

    good_until: Utc


class NewContact(Body):
    """A way to reach somebody."""

    kind: ChannelKind
    address: Address
    name: Label = ""


class NewRoom(Body):
    """A place that several people read."""

    # The domain checks it, and takes a `#` before it.
    name: str = Field(max_length=LONGEST_LABEL, examples=["incidents"], json_schema_extra={"pattern": f"^#?{NAME}$"})
    kind: ChannelKind
    address: Address


class RoomEdit(Body):
    """What is to be different; what is not named stays as it is."""

    address: Address | None = None
    active: StrictBool | None = Field(default=None, description="False: nothing is sent there.")


class ContactEdit(RoomEdit):
    """What is to be different; what is not named stays as it is. Another address has to be verified anew."""

    name: Label | None = None


class CodeBody(Body):
    """What came."""

    code: str = Field(min_length=1, max_length=40, repr=False, examples=["123456"])


class StepBody(Step):
    """One of the ways (by `contact`, its id), or all of one kind (`channel`), after so many minutes."""

    model_config = ConfigDict(extra="forbid")

    after_minutes: int = Field(default=0, ge=0, le=MOST_MINUTES, strict=True)


class RuleBody(Rule):
    """What to do for incidents of these severities."""

    model_config = ConfigDict(extra="forbid")

    steps: Annotated[tuple[StepBody, ...], Field(min_length=1, max_length=MOST_STEPS)]


class HoursBody(Hours):
    """They begin on each of the weekdays, and end at the next `end`: over midnight where that is earlier."""

    model_config = ConfigDict(extra="forbid")

    begin: SaidClock
    end: SaidClock


class QuietBody(QuietHours):
    """Hours in which incidents of these severities wait: medium and low at most."""

    model_config = ConfigDict(extra="forbid")

    hours: Annotated[tuple[HoursBody, ...], Field(min_length=1, max_length=MOST_HOURS)]


class RulesBody(Chosen):
    """How somebody wants to be told: all of it, in place of what was chosen before."""

    model_config = ConfigDict(extra="forbid")

    rules: Annotated[tuple[RuleBody, ...], Field(max_length=4, description="A severity is in one of them.")] = ()
    quiet: Annotated[tuple[QuietBody, ...], Field(max_length=2)] = ()
    account_email: StrictBool = Field(
        default=True, description="Whether the address of the account is one of the ways."
    )


class RulesView(View):
    """How somebody wants to be told."""

    rules: tuple[Rule, ...] = Field(description="For a severity without one: every way if it is critical or high.")
    quiet: tuple[QuietHours, ...]
    account_email: bool = Field(description="Whether the address of the account is one of the ways.")
    time_zone: str = Field(description="Of the quiet hours; empty: the person's own.")

    @classmethod
    def of(cls, chosen: Chosen) -> "RulesView":
        """Return what is shown of them."""
        return cls(
            rules=chosen.rules, quiet=chosen.quiet, account_email=chosen.account_email, time_zone=chosen.time_zone
        )
