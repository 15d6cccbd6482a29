"""What explanations say of policies and pages, in words."""

from datetime import datetime

from tocsin.domain.page import WHY, Page, PageReason, PageStatus
from tocsin.domain.policy import Policy
from tocsin.domain.policy_conditions import SAYS_MORE


def conditions(policy: Policy) -> str:
    """Say which conditions of a policy hold."""
    given = [name for name in SAYS_MORE if getattr(policy.conditions, name)]
    if not given:
        return "no other holds, and it is for all of them"
    return f"its {', '.join(given)} {'hold' if len(given) > 1 else 'holds'}"


def says_less(one: Policy, chosen: Policy) -> bool | None:
    """Say whether a policy says less than the one that was chosen; None of that one itself."""
    return None if one.id == chosen.id else (one.specificity, one.id) < (chosen.specificity, chosen.id)


def fate(page: Page) -> str:
    """Say what became of a page that was not sent."""
    what = f"held until {hour(page.not_before)}" if page.status is PageStatus.HELD else page.status.value
    detail = f" ({page.detail})" if page.detail and page.reason not in (PageReason.DUE, PageReason.HANDED_OVER) else ""
    return f"{what}: {WHY[page.reason]}{detail}" if page.reason is not PageReason.DUE else f"{what}, due then"


def hour(at: datetime | None) -> str:
    """Say when: the hour and minute, in UTC; nothing of None."""
    return "" if at is None else f"{at:%H:%M} UTC"
