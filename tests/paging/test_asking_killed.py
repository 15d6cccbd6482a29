"""Whoever asks for a page dies in it, and asks again with the same key: it is made once, whole, and on record."""

import pytest

from tests.paging.test_asking import INC, Night
from tests.paging.test_killed import Dying
from tests.reach import BOSS
from tests.services.test_ingest_killed import Killed
from tocsin.services.acting import Acting
from tocsin.services.auditing import AuditLog
from tocsin.services.idempotency import AnsweredBefore, Idempotency, Once, first_time
from tocsin.services.paging.asking import Asking
from tocsin.services.paging.desk import every_page


def asking(night, store):
    """Return what pages, as another process would have it."""
    how = {"clock": lambda: night.now, "new_id": night.new_id}
    return Asking(Acting(store, rules=night.rules, **how), AuditLog(store, **how), night.town, None)


def notified(night, store, key, **more):
    """Page by hand, once a key."""
    write = first_time(store, key, now=night.now)
    asking(night, store).notify(["user:ana", "user:bo"], actor=BOSS, also=lambda _asked: (write("done"),), **more)


def escalated(night, store, key):
    """Escalate, once a key."""
    asking(night, store).escalate(INC, {"by": "eve", "once": Once(key, lambda incident: incident.id)})


DEEDS = {
    "about nothing": notified,
    "about an incident": lambda night, store, key: notified(night, store, key, incident_id=INC),
    "escalated": escalated,
}


def done(night, do, call, *, after):
    """Do something, die in a call of it, and do it again; return whether it died."""
    dying = Dying(night.store, call, after=after)
    key = Idempotency.of("eve", f"key {call}", "POST", "/")
    try:
        do(night, dying, key)
    except Killed:
        try:
            do(night, night.store, key)
        except AnsweredBefore:
            assert after
        return True
    return False


@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize("name", DEEDS)
def test_what_was_asked_for_is_done_once_wherever_it_died(quick_store, name, after):
    """Each of its calls to the store in turn."""
    night = Night(quick_store).person("ana", "email").person("bo", "sms").policy(steps=[("ana", 0), ("bo", 30)])
    night.at("02:00").alert().expect_page("ana", via="email", step=1)
    call = 0
    dies = True
    while dies:
        call += 1
        night.now = night.now.replace(minute=call)
        before = len(list(every_page(night.store, ""))), night.store.incident(INC)
        entries = len(list(night.audit.entries()))
        dies = done(night, DEEDS[name], call, after=after)
        now = night.store.incident(INC)
        if name == "escalated":
            assert now.cycles == before[1].cycles + 1
            assert len(list(every_page(night.store, ""))) == before[0]  # the pager makes them
        else:
            assert len(list(every_page(night.store, ""))) == before[0] + 2
            on_record = len(list(night.audit.entries())) - entries, now.version - before[1].version
            assert on_record == ((1, 0) if name == "about nothing" else (0, 1))
    assert call > 3
