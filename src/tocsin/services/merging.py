"""Merging one incident into another: one change, both or neither."""

from tocsin.domain.incident import Incident
from tocsin.domain.merging import merge as decide
from tocsin.domain.rules import Rules

from .acting import Acting, Attempt, How
from .claims import claims_of


def merge(acting: Acting, incident_id: str, into: str, rules: Rules, how: How) -> Incident:
    """Merge ``incident_id`` into another, and return that one. See :mod:`tocsin.domain.merging`.

    ``expected_revision`` is of ``incident_id``.
    """

    def attempt() -> Incident:
        this = Attempt(acting, how)
        survivor = this.draft(into)
        gone = this.draft(incident_id, how.get("expected_revision"))
        claims = claims_of(acting.store, gone.incident)
        writes = decide(gone, survivor, rules, claims, by=this.by)
        return this.commit(survivor, gone, claims=writes)

    return acting.until_written(attempt, f"{incident_id} and {into}")
