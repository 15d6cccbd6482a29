"""Why somebody was, or was not, paged for an incident: in words, and in reasons that a program can read."""

from enum import StrEnum

from .contact import ChannelKind
from .decision import Reason
from .frozen import Frozen, Utc
from .message import Tells
from .page import PageReason, PageStatus


class Part(StrEnum):
    """What one line of an explanation is about."""

    TIMELINE = "timeline"
    POLICY = "policy"
    STEP = "step"
    PAGE = "page"
    DELIVERY = "delivery"
    WAIT = "wait"
    END = "end"
    NEXT = "next"


class WhyNot(StrEnum):
    """Why there is no page for somebody at all."""

    NOT_NAMED = "not_named"
    ANOTHERS_TURN = "anothers_turn"
    SINCE_CHANGED = "since_changed"
    NOT_YET = "not_yet"
    NO_CYCLE = "no_cycle"


WHY_NOT: dict[WhyNot, str] = {
    WhyNot.NOT_NAMED: "no step that was taken names them",
    WhyNot.ANOTHERS_TURN: "the step pages one of several in turn, and it was another's",
    WhyNot.SINCE_CHANGED: "they are named as things are now, and were not then",
    WhyNot.NOT_YET: "a step that names them has not been taken yet",
    WhyNot.NO_CYCLE: "no escalation was begun",
}

AnyReason = Reason | PageReason | WhyNot


class Line(Frozen):
    """One decision. ``at`` is None where no moment belongs to it; ``step`` and ``cycle`` are 0 where none do."""

    part: Part
    reason: AnyReason
    text: str
    at: Utc | None = None
    cycle: int = 0
    step: int = 0


class Told(Frozen):
    """One message, meant for ``who`` (the name of a person or room) over one channel, and what became of it.

    ``seconds`` is how long the provider took over the last try; ``why`` says why it was not sent, or not yet.
    """

    page_id: str
    who: str
    user: str
    channel: ChannelKind
    tells: Tells
    status: PageStatus
    reason: PageReason
    cycle: int
    step: int
    due_at: Utc
    sent_at: Utc | None = None
    seconds: float | None = None
    provider_id: str = ""
    tries: int = 0
    why: str = ""


class Explanation(Frozen):
    """Everything that was decided about the pages of an incident, for ``person`` (empty: for everybody), in order.

    ``summary`` is one sentence; ``reason`` why nothing was sent to them, ``due`` where something was. ``next`` is what
    happens if nobody does anything.
    """

    incident_id: str
    person: str = ""
    paged: bool
    reason: AnyReason
    summary: str
    lines: tuple[Line, ...] = ()
    messages: tuple[Told, ...] = ()
    next: tuple[Line, ...] = ()
