"""How bad is it: the four severities. What gives one to an alert is in ``judging``, which not everybody needs."""

from collections.abc import Iterable
from enum import StrEnum


class Severity(StrEnum):
    """``critical > high > medium > low``; compare with :attr:`rank`."""

    CRITICAL = "critical"
    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"

    @property
    def rank(self) -> int:
        """A number that grows with severity."""
        return _RANK[self]

    def one_below(self) -> "Severity":
        """Return the next milder severity; ``low`` stays ``low``."""
        return _ONE_BELOW[self]


_RANK = {Severity.CRITICAL: 4, Severity.HIGH: 3, Severity.MEDIUM: 2, Severity.LOW: 1}
_ONE_BELOW = {
    Severity.CRITICAL: Severity.HIGH,
    Severity.HIGH: Severity.MEDIUM,
    Severity.MEDIUM: Severity.LOW,
    Severity.LOW: Severity.LOW,
}


def worst(severities: Iterable[Severity]) -> Severity | None:
    """Return the worst of ``severities``, or None when there is none."""
    return max(severities, key=lambda severity: severity.rank, default=None)
