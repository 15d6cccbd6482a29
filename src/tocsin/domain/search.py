"""Which incidents a list shows."""

from datetime import timedelta

from .frozen import Frozen, Utc
from .incident import Incident, Status
from .severity import Severity
from .source import Source

TEXT_SEARCHES = timedelta(days=30)
"""How far back text is looked for unless somebody says otherwise."""

ACTIVE = frozenset(status for status in Status if status.active)


class IncidentFilter(Frozen):
    """Every field that is given must hold. Words compare without letter case; ``text`` looks in title and service.

    ``since`` and ``until`` bound the time of opening (from, inclusive; to, exclusive).
    """

    statuses: frozenset[Status] = frozenset()
    severities: frozenset[Severity] = frozenset()
    service: str = ""
    environment: str = ""
    team: str = ""
    source: Source | None = None
    assignee: str = ""
    text: str = ""
    since: Utc | None = None
    until: Utc | None = None

    @property
    def active_only(self) -> bool:
        """True if no incident that is resolved or closed can match."""
        return bool(self.statuses) and self.statuses <= ACTIVE

    def matches(self, incident: Incident) -> bool:
        """Say whether ``incident`` belongs in the list."""
        return (
            (not self.statuses or incident.status in self.statuses)
            and (not self.severities or incident.severity in self.severities)
            and (self.source is None or incident.source is self.source)
            and _same(self.service, incident.service)
            and _same(self.environment, incident.environment)
            and _same(self.team, incident.team)
            and (not self.assignee or self.assignee.casefold() in {name.casefold() for name in incident.assignees})
            and (self.since is None or incident.opened_at >= self.since)
            and (self.until is None or incident.opened_at < self.until)
            and (not self.text or self.text.casefold() in f"{incident.title}\n{incident.service}".casefold())
        )


def _same(wanted: str, actual: str) -> bool:
    return not wanted or wanted.casefold() == actual.casefold()
