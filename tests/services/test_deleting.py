"""An incident that an administrator deletes is gone, dangles nowhere, and is on record for ever."""

import pytest

from tests.chains import Forger, a_deed, a_log
from tests.desk import Scripted, at, says, timers
from tests.services.test_losing_races import Between
from tocsin.domain.audit import BEGINNING, Actor
from tocsin.domain.deleting import DELETED
from tocsin.domain.incident import Status
from tocsin.errors import Conflict, IllegalMove, NotFound, PreconditionFailed
from tocsin.services.tick import MOST_ATTEMPTS

ONE, OTHER = "INC-1001", "INC-1002"


@pytest.fixture
def over(desk):
    """Return a desk with one incident whose alert has ended, and which settles."""
    desk.sweep(says(1, since=0))
    desk.minute(1).sweep(says(1, "OK", since=0, resolved=1))
    return desk.minute(2)


class Killed(BaseException):
    """The process is gone."""


class Removing(Between):
    """A store in which something happens before an incident is removed."""

    def commit(self, change):
        self._store.commit(change)

    def remove(self, incident):
        self._act()
        self._store.remove(incident)


def removing(desk, *acts):
    service = desk.colleague()
    service.store = Removing(desk.store, *acts)
    return service


def test_it_is_gone_with_its_timeline_and_stands_in_the_audit_log(over):
    """Who, when, what, and everything that named it; without an expiry."""
    record = over.service.delete(ONE, by="root")
    assert over.store.incident(ONE) is None
    assert (list(over.store.timeline(ONE)), over.incidents()) == ([], [])
    assert over.store.record(DELETED, ONE) == record
    assert (record.expires_at, record.due_at) == (None, None)
    assert record.body == {
        "what": "incident deleted",
        "at": "2026-03-02T12:02:00+00:00",
        "by": "root",
        "incident_id": ONE,
        "title": "monitor 1",
        "severity": "high",
        "status": "detected",
        "source": "datadog",
        "service": "checkout",
        "environment": "prod",
        "team": "",
        "opened_at": "2026-03-02T12:00:00Z",
        "resolved_at": None,
        "previous_incident": "",
        "merged_into": "",
        "merged": [],
    }


def test_it_is_in_the_audit_log_in_the_same_commit(over):
    """Who, from where, and which; the rest stands in the tombstone."""
    over.service.delete(ONE, by="root", actor=Actor("root (key:x)", "192.0.2.1", "r1"))
    (entry,) = a_log(over.store).entries()
    assert entry.document() == {
        "number": 1,
        "at": "2026-03-02T12:02:00Z",
        "action": "incident_deleted",
        "actor": "root (key:x)",
        "target": f"incident:{ONE}",
        "details": {"title": "monitor 1"},
        "address": "192.0.2.1",
        "request_id": "r1",
        "previous": BEGINNING,
        "digest": entry.digest,
    }


def test_others_that_write_to_the_log_do_not_keep_it_from_going(over):
    """More often than anybody may change the incident: it is decided again each time."""
    acts = [lambda: a_log(over.store).commit(a_deed())] * (MOST_ATTEMPTS + 1)
    service = over.colleague()
    service.store = Between(over.store, *acts)
    service.delete(ONE, by="root")
    assert over.incidents() == []
    log = a_log(over.store)
    assert [one.action for one in log.entries()][-1] == "incident_deleted"
    assert (log.head().number, log.verify().broken) == (MOST_ATTEMPTS + 2, None)


def test_a_tombstone_of_an_older_program_answers_a_repeated_delete(desk):
    """It had the kind that the entries of the audit log have; what it began is finished."""
    body = {"what": "incident deleted", "by": "root", "incident_id": ONE}
    Forger(desk.store).put(f"deleted:{ONE}", body)
    assert desk.service.delete(ONE, by="another").body == body
    begun = desk.service.open("half deleted", by="ann", severity="low").id
    Forger(desk.store).put(f"deleted:{begun}", body | {"incident_id": begun})
    assert desk.service.delete(begun, by="another").body["by"] == "root"
    assert desk.store.incident(begun) is None
    assert list(a_log(desk.store).entries()) == []


def test_nothing_dangles(over):
    """No timer rings for it, no claim is open, and what fires again opens a new incident."""
    over.service.snooze(ONE, at(30), by="ann")
    over.service.delete(ONE, by="root")
    assert timers(over.store, at(600)) == []
    assert not over.store.claims(["datadog:1"])["datadog:1"].joinable(over.now)
    report = over.minute(3).sweep(says(1, since=3, resolved=1))
    assert report.opened == (OTHER,)
    assert over.service.incident(OTHER).alerts.firing_now == 1


def test_it_is_refused_while_an_alert_of_it_fires(desk):
    """Resolved or not: the next sweep would know nothing of the alert, and open it anew."""
    desk.sweep(says(1, group="host:a", since=0), says(1, group="host:b", since=0))
    with pytest.raises(IllegalMove, match="2 alerts of it fire"):
        desk.service.delete(ONE, by="root")
    desk.service.resolve(ONE, by="ann")
    desk.minute(1).sweep(says(1, "OK", "host:a", since=0, resolved=1), says(1, group="host:b", since=0))
    with pytest.raises(IllegalMove, match="1 alert of it fires") as refusal:
        desk.service.delete(ONE, by="root")
    assert refusal.value.allowed == ("closed",)
    assert desk.store.record(DELETED, ONE) is None
    desk.minute(2).sweep(says(1, "OK", "host:b", since=0, resolved=2), quiet=[1])
    desk.service.delete(ONE, by="root")
    assert desk.incidents() == []


def test_what_was_merged_counts_where_it_fires(desk):
    """Neither the one that counts the alert goes, nor the one that the alert names."""
    desk.sweep(says(1, since=0), says(2, since=0))
    desk.minute(1).sweep(says(1, "OK", since=0, resolved=1), says(2, since=0))
    desk.service.merge(OTHER, ONE, by="ann")
    for one in (ONE, OTHER):
        with pytest.raises(IllegalMove, match="1 alert of it fires"):
            desk.service.delete(one, by="root")


def test_what_leads_from_an_alert_to_where_it_counts_stays(desk):
    """One that was merged, and had taken another over whose alert still fires."""
    desk.sweep(says(1, since=0))
    second, third = (desk.service.open(title, by="ann", severity="low").id for title in ("second", "third"))
    desk.service.merge(ONE, second, by="ann")
    desk.service.merge(second, third, by="ann")
    with pytest.raises(IllegalMove, match="1 alert of it fires"):
        desk.service.delete(second, by="root")


def test_an_incident_by_hand_can_be_deleted_in_any_status(desk):
    """It has no alerts."""
    for act in (None, desk.service.resolve, desk.service.close):
        opened = desk.service.open("by mistake", by="ann", severity="low").id
        if act is not None:
            desk.service.resolve(opened, by="ann")
            act(opened, by="ann")
        assert desk.service.delete(opened, by="root").body["title"] == "by mistake"
        assert desk.store.incident(opened) is None


def test_a_delete_that_was_killed_is_finished_by_the_next_one(over):
    """In between it is resolved, and on record: nothing joins it, and nobody deletes without leaving a trace."""

    def die():
        raise Killed

    with pytest.raises(Killed):
        removing(over, die).delete(ONE, by="root", expected_revision=0)
    incident = over.only()
    assert (incident.status, incident.revision) == (Status.RESOLVED, 1)
    assert [event.kind for event in over.service.timeline(ONE)][-2:] == ["deleted", "resolved"]
    record = over.store.record(DELETED, ONE)
    assert over.minute(5).service.delete(ONE, by="another", expected_revision=0) == record
    assert over.incidents() == []


def test_a_repeated_delete_answers_the_same(over):
    """The answer to the first one may have been lost."""
    assert over.service.delete(ONE, by="root") == over.minute(9).service.delete(ONE, by="root")
    with pytest.raises(NotFound):
        over.service.delete("INC-9", by="root")


def test_an_alert_that_fires_in_the_middle_keeps_the_incident(over):
    """It joined before the delete was written: it is refused, and no record is left."""

    class Firing(Between):
        pass

    service = over.colleague()
    again = over.build(says(1, since=2, resolved=1))
    service.store = Firing(over.store, lambda: over.colleague().sync(Scripted([again])))
    with pytest.raises(IllegalMove, match="fires"):
        service.delete(ONE, by="root")
    assert over.store.record(DELETED, ONE) is None
    assert over.only().active


def test_an_alert_that_fires_after_it_was_written_joins_nothing(over):
    """The incident is over for everybody before it goes."""
    again = over.minute(3).build(says(1, since=3, resolved=1))
    removing(over, lambda: over.colleague().sync(Scripted([again]))).delete(ONE, by="root")
    assert [incident.id for incident in over.incidents()] == [OTHER]


def test_a_note_in_the_middle_of_a_delete_goes_with_it(over):
    """It was deleted already when the note was written."""
    removing(over, lambda: over.colleague().note(ONE, "wait", by="bo")).delete(ONE, by="root")
    assert over.incidents() == []


def test_who_loses_every_race_is_told_and_may_try_again(over):
    """Others kept writing to what was to go."""
    acts = [lambda: over.colleague().note(ONE, "wait", by="bo")] * MOST_ATTEMPTS
    with pytest.raises(Conflict):
        removing(over, *acts).delete(ONE, by="root")
    over.service.delete(ONE, by="root")
    assert over.incidents() == []


def test_only_what_was_seen_is_deleted(over):
    """Somebody has added a note meanwhile."""
    over.service.note(ONE, "wait", by="bo")
    with pytest.raises(PreconditionFailed):
        over.service.delete(ONE, by="root", expected_revision=0)
    assert over.store.record(DELETED, ONE) is None
