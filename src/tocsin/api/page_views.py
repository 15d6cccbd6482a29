"""What the API shows of pages and their attempts, and what it takes to page somebody by hand."""

from collections.abc import Callable, Sequence
from typing import Annotated, Any

from pydantic import Field

from tocsin.domain.contact import ChannelKind
from tocsin.domain.frozen import Utc
from tocsin.domain.message import Tells
from tocsin.domain.page import WHY, Delivery, Page, PageReason, PageStatus
from tocsin.domain.policy import Target
from tocsin.services.paging.asking import LONGEST_SAID, MOST_TARGETS, Asked

from .bodies import Body
from .texts import Something
from .views import View

IncidentId = Annotated[str, Field(max_length=64, examples=["INC-1001"])]
Channels = Annotated[
    tuple[ChannelKind, ...],
    Field(max_length=len(ChannelKind), description="Only over these, where somebody has one of them."),
]


Name = Callable[[str], str]
"""Returns the e-mail address of the user with an id; the id of one who is gone."""


class NotificationView(View):
    """A page: one person, or one room, over one channel."""

    id: str
    tells: Tells = Field(description="Why somebody is told: `page`, `all_clear`, `test` ...")
    incident_id: str = Field(description="Empty: it is about no incident.")
    cycle: int = Field(description="0: by hand.")
    step: int = Field(description="Of the policy, from 1; 0: by hand.")
    repeat: int
    target: str = Field(description="What named whom it is for.")
    user: str = Field(description="The id of whom it is for; empty for a room.")
    who: str = Field(description="The e-mail address of whom it is for, their id once they are gone; or the room's id.")
    contact: str = Field(description="The id of the way it goes, or of the room.")
    channel: ChannelKind
    text: str
    made_at: Utc
    not_before: Utc = Field(description="When it was, or will be, due.")
    status: PageStatus
    reason: PageReason
    why: str = Field(description="The reason, in words.")
    detail: str
    tries: int
    sent_at: Utc | None
    provider_id: str
    bundle: str = Field(description="The id of the message that it went in.")

    @classmethod
    def of(cls, page: Page, name: Name) -> "NotificationView":
        """Return what is shown of a page."""
        return cls.model_construct(**_shown(page, name))


class AttemptView(View):
    """One attempt to send a page."""

    number: int
    at: Utc
    seconds: float = Field(description="How long the provider took.")
    sent: bool
    provider_id: str
    why: str = Field(description="What the provider, or the way there, said; empty where it went well.")

    @classmethod
    def of(cls, delivery: Delivery) -> "AttemptView":
        """Return what is shown of an attempt."""
        return cls.model_construct(**delivery.model_dump(exclude={"page_id"}))


class NotificationWithAttempts(NotificationView):
    """A page, and every attempt to send it."""

    attempts: list[AttemptView]

    @classmethod
    def told(cls, page: Page, deliveries: Sequence[Delivery], name: Name) -> "NotificationWithAttempts":
        """Return what is shown of a page and its attempts."""
        return cls.model_construct(**_shown(page, name), attempts=[AttemptView.of(one) for one in deliveries])


class NotificationList(View):
    """Some pages."""

    notifications: list[NotificationView]
    cursor: str = Field(description="For what follows; empty at the end. A list may be short, or empty, and have one.")


class MissingView(View):
    """Somebody, or something, that could not be paged."""

    what: str
    reason: PageReason
    why: str


class AskedView(View):
    """The pages that were made, and who could not be paged."""

    notifications: list[NotificationView]
    missing: list[MissingView]

    @classmethod
    def of(cls, asked: Asked, name: Name) -> "AskedView":
        """Return what is shown of pages that were asked for."""
        return cls(
            notifications=[NotificationView.of(one, name) for one in asked.pages],
            missing=[MissingView(what=one.what, reason=one.reason, why=WHY[one.reason]) for one in asked.missing],
        )


class NotifyBody(Body):
    """Whom to page by hand, and what to tell them."""

    targets: tuple[Target, ...] = Field(
        min_length=1,
        max_length=MOST_TARGETS,
        description="As in a policy: `user:`, `room:`, `team:` and `schedule:` with a name behind, `on_call` ...",
        examples=[["user:ana@example.com"]],
    )
    message: str = Field(default="", max_length=LONGEST_SAID, description="What they are told beside the incident.")
    incident_id: IncidentId = Field(default="", description="What it is about; empty: nothing in particular.")
    channels: Channels = ()


class EscalateBody(Body):
    """What to escalate."""

    incident_id: Annotated[Something, Field(max_length=64, examples=["INC-1001"])]


class TestPageBody(Body):
    """Where to send a test."""

    __test__ = False  # no test of pytest's

    contact: str = Field(
        default="account", max_length=200, description="One of your contacts, by id or number; `account`: your address."
    )


def _shown(page: Page, name: Name) -> dict[str, Any]:
    said = {one: getattr(page, one) for one in NotificationView.model_fields.keys() - {"who", "why"}}
    return {**said, "who": name(page.user) if page.user else page.contact, "why": WHY[page.reason]}
