"""The alerts that end because a person resolves their incident, in as many changes as it takes."""

from collections.abc import Sequence

from tocsin.domain.alert import Alert
from tocsin.domain.draft import Draft
from tocsin.domain.ending import SOURCES, end_by_hand, may_have_some, room, to_end
from tocsin.domain.frozen import Utc
from tocsin.domain.incident import Incident
from tocsin.domain.pursue import chunks
from tocsin.domain.rules import Rules
from tocsin.ids import NewId
from tocsin.storage.store import Store


def end_the_first(
    store: Store, incident: Incident, rules: Rules, *, at: Utc, by: str, new_id: NewId
) -> tuple[Incident, Sequence[Alert]]:
    """Commit the ends for which the change that resolves the incident has no room.

    Return the incident as it is then, and the alerts that are left for that change. Whoever is killed in between
    leaves an open incident of which fewer alerts fire. Raises ``Conflict`` if somebody else wrote first.
    """
    if not may_have_some(incident):
        return incident, ()
    alerts = to_end(incident, (alert for source in SOURCES for alert in store.alerts(source)))
    most, last = room(incident, alerts)
    for some in chunks(alerts[:-last], most):
        draft = Draft(incident, at=at, by=by)
        writes = end_by_hand(draft, some, rules)
        store.commit(draft.change(new_id(), alerts=writes))
        incident = draft.incident
    return incident, alerts[-last:]
