"""Holding the pages of an incident until a moment that a person chose.

A snooze is kept in mind for whoever asked for it, and holds no more than he could know of:

- It holds pages, nothing else: alerts join, and it resolves by itself as ever. A cycle that starts meanwhile is held.
- Getting worse than it was when it was snoozed ends the snooze, and pages. More of the same does not: that is what
  was snoozed, and its page comes when the snooze is over.
- When its time has come, whoever is on call is paged again, acknowledged or not: nobody has resolved it. If it is
  about to resolve by itself, that is awaited first.
- Acknowledging keeps it, as a reminder; beginning to work on it, resolving it and :func:`unsnooze` end it, and only
  what nobody had acknowledged pages then.
"""

from datetime import UTC, timedelta

from tocsin.errors import InvalidInput

from .decision import Reason
from .draft import Draft
from .frozen import Utc
from .handling import by_hand, still_open
from .incident import Incident
from .lifecycle import SNOOZE, wake
from .timeline import EventKind

LONGEST_SNOOZE = timedelta(days=30)
"""What is silent for longer is forgotten, not snoozed."""


def snooze(draft: Draft, *, until: Utc) -> None:
    """Hold the pages until a moment; a later call moves it.

    Raises ``InvalidInput`` for a moment without offset, in the past, or further away than :data:`LONGEST_SNOOZE`.
    """
    before = still_open(draft.incident, "snoozed")
    if until.tzinfo is None or not draft.at < until <= draft.at + LONGEST_SNOOZE:
        message = f"{before.id} cannot be snoozed until {until.isoformat()}"
        raise InvalidInput(message, hint=f"give a moment within the next {LONGEST_SNOOZE.days} days, with its offset")
    if until != before.snoozed_until:
        update = {"snoozed_until": until.astimezone(UTC), "snoozed_severity": before.severity}
        text = f"until {until.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"
        by_hand(draft, before.model_copy(update=update), EventKind.SNOOZED, text=text)
        draft.set_timer(SNOOZE, until.astimezone(UTC))


def unsnooze(draft: Draft) -> None:
    """End the snooze now. Doing so where there is none is no error."""
    if draft.incident.snoozed_until is not None:
        wake(draft, why="a person ended the snooze", reason=Reason.BY_HAND)


def is_over(incident: Incident, now: Utc) -> bool:
    """Say whether the incident is snoozed and its time has come."""
    return incident.snoozed_until is not None and incident.snoozed_until <= now
