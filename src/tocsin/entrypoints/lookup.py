"""One incident by its id; and for an id that there is none of, the nearest."""

from tocsin.domain.incident import Incident
from tocsin.domain.search import IncidentFilter
from tocsin.errors import NotFound
from tocsin.storage.store import MOST_EXAMINED, Store

from .nearest import nearest
from .plain_text import fit, one_line

LONGEST_TITLE = 50


def existing(store: Store, incident_id: str) -> Incident:
    """Return an incident. Raises :class:`~tocsin.errors.NotFound`, which suggests the nearest of the newest."""
    incident = store.incident(incident_id)
    if incident is None:
        message = f"there is no incident {incident_id}"
        raise NotFound(message, hint=_suggestion(store, incident_id))
    return incident


def _suggestion(store: Store, incident_id: str) -> str:
    known = {one.id: one for one in store.find(IncidentFilter(), limit=MOST_EXAMINED).incidents}
    if not known:
        return "there are none yet"
    meant = nearest(incident_id, known)
    near = known[meant or next(iter(known))]
    title = fit(one_line(near.title), LONGEST_TITLE)
    return f"did you mean {near.id} ({title})?" if meant else f"the newest is {near.id} ({title})"
