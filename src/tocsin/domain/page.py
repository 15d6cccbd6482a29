"""A page: the intent to tell one person, or one room, over one channel. What becomes of it is decided here.

:func:`decided` is what the pager asks right before it sends, and what explains afterwards, and in advance, why somebody
was (not) paged.
"""

from datetime import datetime, timedelta
from enum import StrEnum
from typing import NamedTuple

from .change import Record, RecordWrite
from .contact import ChannelKind
from .frozen import Frozen, Utc
from .incident import Incident, Status
from .message import Tells

PAGE = "page"
"""The record kind of a page; its id is the page's."""

DELIVERY = "delivery"
"""The record kind of one attempt; its id is ``<page>:<number of the attempt>``."""

AWAITED = timedelta(minutes=10)
"""How long paging waits once everything has recovered: mostly the incident resolves by itself within this time."""

LOOKED_AGAIN = timedelta(minutes=1)
"""How often what waits so is looked at, in case something fires again."""


class PageStatus(StrEnum):
    """How far a page has come. ``sent``, ``failed`` and ``dropped`` are its ends."""

    PENDING = "pending"
    HELD = "held"
    SENT = "sent"
    FAILED = "failed"
    DROPPED = "dropped"

    @property
    def over(self) -> bool:
        """Say whether nothing more becomes of it."""
        return self in (PageStatus.SENT, PageStatus.FAILED, PageStatus.DROPPED)


class PageReason(StrEnum):
    """Why a page, or a whole cycle, was not sent, or not yet. Each has one sentence in :data:`WHY`."""

    DUE = "due"
    GONE = "gone"
    RESOLVED = "resolved"
    ACKNOWLEDGED = "acknowledged"
    SUPERSEDED = "superseded"
    SNOOZED = "snoozed"
    MUTED = "muted"
    SILENCED = "silenced"
    SETTLING = "settling"
    HELD_UNTIL_MORNING = "held_until_morning"
    QUIET_HOURS = "quiet_hours"
    RATE_LIMITED = "rate_limited"
    HANDED_OVER = "handed_over"
    CONTACT_GONE = "contact_gone"
    NO_CONTACT = "no_contact"
    NOBODY_ON_CALL = "nobody_on_call"
    CHANNEL_NOT_SET_UP = "channel_not_set_up"
    TRIED_AGAIN = "tried_again"
    REFUSED = "refused"
    GIVEN_UP = "given_up"
    EXHAUSTED = "exhausted"


WHY: dict[PageReason, str] = {
    PageReason.DUE: "its time has come",
    PageReason.GONE: "the incident was deleted",
    PageReason.RESOLVED: "the incident was resolved before",
    PageReason.ACKNOWLEDGED: "somebody had acknowledged",
    PageReason.SUPERSEDED: "a later cycle took over",
    PageReason.SNOOZED: "the incident is snoozed: a new cycle begins at the end of it",
    PageReason.MUTED: "all that fires is muted at the source: a new cycle begins when it is not",
    PageReason.SILENCED: "a silence hides the incident: a new cycle begins at the end of it",
    PageReason.SETTLING: "everything has recovered: it waits whether that lasts",
    PageReason.HELD_UNTIL_MORNING: "the policy holds it until morning",
    PageReason.QUIET_HOURS: "quiet hours of whom it is for",
    PageReason.RATE_LIMITED: "more went to the same place shortly before: it is bundled with what follows",
    PageReason.HANDED_OVER: "somebody else is on call by now, and is paged instead",
    PageReason.CONTACT_GONE: "this way to reach them is not there any more, or not verified",
    PageReason.NO_CONTACT: "there is no way to reach them",
    PageReason.NOBODY_ON_CALL: "nobody is on call",
    PageReason.CHANNEL_NOT_SET_UP: "the channel is not set up here",
    PageReason.TRIED_AGAIN: "the provider could not be reached, and is tried again",
    PageReason.REFUSED: "the provider refused it",
    PageReason.GIVEN_UP: "the provider could not be reached, however often it was tried",
    PageReason.EXHAUSTED: "nobody acknowledged, and the policy has no further step",
}


class Page(Frozen):
    """One page. ``step`` counts from 1 (0: by hand); ``action`` is the place of the action, or says what it stands for.

    ``user`` is whom it is for, empty for a room; ``target`` is what named them. ``reason`` and ``detail`` say what it
    waits for, or what ended it. ``bundle`` names the message in which it went. ``lease_until``: whoever sends it has
    until then. Times are UTC; ``not_before`` is when it was, or will be, due.
    """

    id: str
    tells: Tells = Tells.PAGE
    incident_id: str = ""
    cycle: int = 0
    step: int = 0
    repeat: int = 0
    action: str = ""
    target: str = ""
    user: str = ""
    contact: str
    channel: ChannelKind
    text: str = ""
    made_at: Utc
    not_before: Utc
    status: PageStatus = PageStatus.PENDING
    reason: PageReason = PageReason.DUE
    detail: str = ""
    tries: int = 0
    bundle: str = ""
    lease_until: Utc | None = None
    sent_at: Utc | None = None
    provider_id: str = ""

    @property
    def place(self) -> str:
        """Where it goes: pages of one place go together, and not too often."""
        return f"{self.user or 'room'}:{self.contact}"

    @property
    def later(self) -> bool:
        """Say whether it was not to go at once, and no pager has taken it yet."""
        return self.not_before > self.made_at and not self.tries

    @property
    def family(self) -> str:
        """What the pages of one action to one person have in common: the beginning of their ids."""
        return self.id.removesuffix(self.contact)


class Delivery(Frozen):
    """One attempt to send a page. ``seconds`` is how long the provider took; ``why`` is empty where it went well."""

    page_id: str
    number: int
    at: Utc
    seconds: float
    sent: bool
    provider_id: str = ""
    why: str = ""


class Verdict(NamedTuple):
    """What is to become of a page now. ``until``: it waits until then; None with another reason than ``due``: dropped."""

    reason: PageReason
    until: datetime | None = None
    detail: str = ""

    @property
    def sends(self) -> bool:
        """Say whether it is sent now."""
        return self.reason is PageReason.DUE


SEND = Verdict(PageReason.DUE)


def stopped(incident: Incident, cycle: int) -> PageReason | None:
    """Return why a cycle pages nobody any more; None while it does. A silence is not known here."""
    if not incident.active:
        return PageReason.RESOLVED
    if cycle <= incident.acknowledged_cycles:
        return PageReason.ACKNOWLEDGED
    if cycle < incident.cycles:
        return PageReason.SUPERSEDED
    if incident.snoozed_until is not None:
        return PageReason.SNOOZED
    if incident.alerts.all_muted:
        return PageReason.MUTED
    return None


def settles_until(incident: Incident, since: Utc, now: Utc) -> datetime | None:
    """Return until when it is waited whether a recovery after ``since`` lasts, a little at a time; None if it is not."""
    recovered_at = incident.recovered_at
    if recovered_at is None or not since < recovered_at or recovered_at + AWAITED <= now:
        return None
    return min(recovered_at + AWAITED, now + LOOKED_AGAIN)


def decided(
    page: Page,
    incident: Incident | None,
    *,
    silenced: str = "",
    quiet_until: Utc | None = None,
    settling_until: Utc | None = None,
) -> Verdict:
    """Return what is to become of a page, by the incident as it is now.

    ``silenced`` is the id of a silence that hides the incident, ``quiet_until`` the end of quiet hours, and
    ``settling_until`` see :func:`settles_until`. What does not wake anybody, or was asked for by a person, is held by
    none of them.
    """
    if incident is None:
        return Verdict(PageReason.GONE) if page.incident_id else SEND
    if page.tells is Tells.ALL_CLEAR:
        # Nothing goes back: what is over stays over.
        return SEND
    if page.tells is Tells.ACKNOWLEDGED:
        over = incident.status in (Status.RESOLVED, Status.CLOSED)
        return Verdict(PageReason.RESOLVED) if over else SEND
    if page.tells is not Tells.PAGE or page.cycle == 0:
        return SEND
    reason = stopped(incident, page.cycle)
    if reason is None and silenced:
        return Verdict(PageReason.SILENCED, detail=silenced)
    if reason is not None:
        return Verdict(reason)
    if quiet_until is not None:
        return Verdict(PageReason.QUIET_HOURS, until=quiet_until)
    if settling_until is not None and page.later:
        return Verdict(PageReason.SETTLING, until=settling_until)
    return SEND


def record_of(page: Page, *, due_at: Utc | None, version: int, keep_until: Utc) -> Record:
    """Return the record that keeps a page."""
    body = page.model_dump(mode="json", exclude={"id"}, exclude_defaults=True)
    return Record(kind=PAGE, id=page.id, body=body, due_at=due_at, expires_at=keep_until, version=version)


def page_of(record: Record) -> Page:
    """Return the page that a record keeps."""
    return Page.model_validate({**record.body, "id": record.id})


def delivery_write(delivery: Delivery, *, keep_until: Utc) -> RecordWrite:
    """Return the write that keeps an attempt."""
    record_id = f"{delivery.page_id}:{delivery.number}"
    body = delivery.model_dump(mode="json")
    record = Record(kind=DELIVERY, id=record_id, body=body, expires_at=keep_until)
    return RecordWrite(kind=DELIVERY, id=record_id, record=record)
