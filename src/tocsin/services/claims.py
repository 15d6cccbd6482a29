"""Which correlation keys an incident holds."""

from collections.abc import Sequence

from tocsin.domain.change import Claim
from tocsin.domain.incident import Incident
from tocsin.storage.store import Store


def claims_of(store: Store, incident: Incident) -> Sequence[Claim]:
    """Return the claims that name ``incident``: its own, and those of what it took over."""
    taken_over = store.incidents(incident.merged).values() if incident.merged else ()
    keys = {one.correlation_key for one in (incident, *taken_over) if one.correlation_key}
    return [claim for claim in store.claims(keys).values() if claim.incident_id == incident.id] if keys else []
