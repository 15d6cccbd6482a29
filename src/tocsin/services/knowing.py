"""What the store holds about the findings at hand: no more than deciding on them needs."""

from collections.abc import Iterable, Mapping, Sequence

from tocsin.domain.assess import Finding, wanted
from tocsin.domain.incident import Incident
from tocsin.domain.reconcile import Known
from tocsin.domain.rules import Rules
from tocsin.storage.store import Store


def known_about(store: Store, findings: Sequence[Finding], rules: Rules) -> Known:
    """Return the claims and incidents that the findings lead to; nothing is read where nothing is to be decided."""
    want = wanted(findings, rules)
    if not want.incident_ids and not want.correlation_keys:
        return Known()
    claims = store.claims(want.correlation_keys)
    ids = want.incident_ids | {claim.incident_id for claim in claims.values()}
    return Known(incidents=followed(store, ids), claims=claims)


def followed(store: Store, incident_ids: Iterable[str]) -> Mapping[str, Incident]:
    """Return these incidents, and those that took them over."""
    found: dict[str, Incident] = {}
    asked: set[str] = set()
    while missing := set(incident_ids) - asked:
        found |= store.incidents(missing)
        asked |= missing
        incident_ids = {one.merged_into for one in found.values() if one.merged_into}
    return found
