"""What a change presupposes, checked against what is there."""

from datetime import datetime
from typing import TYPE_CHECKING

import orjson

from .store import Touch

if TYPE_CHECKING:
    from tocsin.domain.change import Change

    from .image import Image  # of the file's store alone; the table's, on Lambda, uses the words below
    from .line import AlertDocument


def committed(image: "Image", change: "Change") -> bool:
    """Say whether one of its events shows that ``change`` is there already."""
    for event in change.events:
        dossier = image.dossiers.get(event.incident_id)
        if event.change_id == change.id and dossier is not None:
            same = (event.version, event.ordinal, change.id)
            known = orjson.loads(b"[%b]" % b",".join(dossier.events))
            return any((one["version"], one["ordinal"], one.get("change_id")) == same for one in known)
    return False


def conflict(image: "Image", change: "Change") -> str:
    """Return what forbids ``change``, as one line; empty if nothing does."""
    for incident_write in change.incidents:
        if said := stale(image, incident_write.incident.id, incident_write.expected):
            return said
    for alert_write in change.alerts:
        alert = alert_write.alert
        row = image.alerts.get(alert.source.value, {}).get(alert.key)
        if said := differs(f"alert {alert.key!r}", None if row is None else row.version, alert_write.expected):
            return said
    for claim_write in change.claims:
        claim = image.claims.get(claim_write.claim.key)
        held_by = "" if claim is None else claim.incident_id
        if held_by != claim_write.held_by:
            return held(claim_write.claim.key, held_by)
    for write in change.records:
        if write.expected is not None:
            record = image.records.get((write.kind, write.id))
            found = None if record is None else record.version
            if said := differs(f"{write.kind} {write.id!r}", found, write.expected or None):
                return said
    return ""


def touchable(image: "Image", touch: Touch) -> bool:
    """Say whether the alert of ``touch`` still fires with the signature that it was decided on."""
    row = image.alerts.get(touch.source.value, {}).get(touch.key)
    if row is None or not touch.signature:
        return False
    document: AlertDocument = orjson.loads(row.raw)
    fires = document.get("ended_at") is None and document.get("signature") == touch.signature
    return fires and datetime.fromisoformat(document["observed_at"]) <= touch.observed_at


def stale(image: "Image", incident_id: str, expected: int | None) -> str:
    """Return what is wrong with ``expected`` as the version of an incident; empty if it is right."""
    dossier = image.dossiers.get(incident_id)
    found = dossier.version if dossier is not None and dossier.row else None
    return differs(incident_id, found, expected)


def differs(what: str, found: int | None, expected: int | None) -> str:
    """Return how the version that was found is not the one that was expected; empty if it is."""
    if found == expected:
        return ""
    if found is None:
        return f"{what} does not exist any more"
    if expected is None:
        return f"{what} exists already"
    return f"{what} was changed meanwhile: version {found}, not {expected}"


def held(key: str, held_by: str) -> str:
    """Return who holds the claim on a key, where somebody else was expected to."""
    return f"the claim on {key!r} is held by {held_by or 'nobody'}"
