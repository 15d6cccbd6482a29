"""What another system knows our incidents by: one name for each cycle.

Whoever acknowledged there hears no more of what comes under the same name (PagerDuty, "Events API v2 Overview",
"Acknowledge"; Opsgenie, "Alert deduplication"): a cycle that began afterwards would be told to nobody.
"""

from tocsin.domain.message import Subject

MOST_CYCLES = 20
"""Of one incident that are acknowledged, or ended, at once: each is a request. Those before are left as they are."""


def name_of(subject: Subject) -> str:
    """Return what stands for the cycle that a page is about: the incident's id, and from the second on its number."""
    return _name(subject, subject.cycle)


def names_of(subject: Subject) -> list[str]:
    """Return what stands for each cycle up to the one that news are about, the last one first."""
    last = max(subject.cycle, 1)
    return [_name(subject, cycle) for cycle in range(last, max(last - MOST_CYCLES, 0), -1)]


def _name(subject: Subject, cycle: int) -> str:
    return f"{subject.id}:{cycle}" if cycle > 1 else subject.id
