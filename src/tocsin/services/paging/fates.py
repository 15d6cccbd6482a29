"""What explanations say of policies and pages, in words."""

from collections.abc import Sequence
from datetime import datetime

from tocsin.domain.page import WHY, Page, PageReason, PageStatus
from tocsin.domain.policy import Policy
from tocsin.domain.policy_conditions import SAYS_MORE

STOPS = frozenset(
    {
        PageReason.GONE,
        PageReason.RESOLVED,
        PageReason.ACKNOWLEDGED,
        PageReason.SUPERSEDED,
        PageReason.SNOOZED,
        PageReason.MUTED,
        PageReason.SILENCED,
    }
)
"""What a page is dropped for when its time comes."""


def why_chosen(policy: Policy, held: Sequence[Policy]) -> str:
    """Say which conditions of a policy hold, and which other of the policies that ``held`` come behind or before it."""
    given = [name for name in SAYS_MORE if getattr(policy.conditions, name)]
    text = f"its {', '.join(given)} {'hold' if len(given) > 1 else 'holds'}"
    if not given:
        text = "no other holds, and it is for all of them"
    rank = policy.specificity, policy.id
    # By its id: it may have been edited since it was copied.
    others = [one for one in held if one.id != policy.id]
    behind = [one.name for one in others if (one.specificity, one.id) < rank]
    before = [one.name for one in others if (one.specificity, one.id) > rank]
    for names, what in ((behind, "would hold too, and say less"), (before, "would go before it as they are now")):
        text += f"; {what}: {', '.join(names)}" if names else ""
    return text


def foreseen(page: Page, ahead: Page | None) -> Page:
    """Return a page with the reason for which it will not be sent, if that is known by now; ``ahead`` is its rehearsal."""
    if page.status.over or ahead is None or ahead.reason not in STOPS:
        return page
    return page.model_copy(update={"reason": ahead.reason, "detail": ahead.detail})


def fate(page: Page) -> str:
    """Say what became of a page that was not sent."""
    what = f"held until {hour(page.not_before)}" if page.status is PageStatus.HELD else page.status.value
    if not page.status.over and page.reason in STOPS:
        what = "will not be sent"
    detail = f" ({page.detail})" if page.detail and page.reason not in (PageReason.DUE, PageReason.HANDED_OVER) else ""
    return f"{what}: {WHY[page.reason]}{detail}" if page.reason is not PageReason.DUE else f"{what}, due then"


def hour(at: datetime | None) -> str:
    """Say when: the hour and minute, in UTC; nothing of None."""
    return "" if at is None else f"{at:%H:%M} UTC"
