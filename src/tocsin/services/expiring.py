"""The turn of an alert's timer: what was not repeated in time is over."""

from tocsin.domain.change import Change, Record, RecordWrite
from tocsin.domain.expiry import alert_of, expired
from tocsin.domain.frozen import Utc
from tocsin.domain.reconcile import decide
from tocsin.domain.rules import Rules
from tocsin.ids import NewId
from tocsin.storage.store import Store

from .knowing import known_about


def expire(store: Store, timer: Record, rules: Rules, now: Utc, *, new_id: NewId) -> Change:
    """Return the change that ends an alert which was not repeated in time, or moves its timer on."""
    source, key = alert_of(timer)
    found = expired(timer, store.alerts_named(source, [key]).get(key), now)
    if isinstance(found, RecordWrite):
        return Change(id=new_id(), at=now, records=(found,))
    known = known_about(store, [found], rules)
    (change,) = decide([found], known, rules, now, numbers=iter(()), new_id=new_id).changes
    return change
