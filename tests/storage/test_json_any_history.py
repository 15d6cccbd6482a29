"""Whatever happens in whatever order, the file holds what a store in memory would.

Other processes write too, stores are reopened, the file is written anew, and writers die in the middle of a line.
"""

import shutil
import tempfile
from itertools import count
from pathlib import Path

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from tests.builders import NOON, a_record, after, an_alert, an_incident, at, claims, drops, follows, opens, puts
from tests.fakes import MemoryStore
from tests.storage.disks import QuickDisk
from tocsin.domain.alert import Source
from tocsin.domain.change import AlertWrite, Change
from tocsin.domain.incident import Status
from tocsin.domain.search import ACTIVE, IncidentFilter
from tocsin.errors import Conflict
from tocsin.storage.json_store import JsonStore
from tocsin.storage.store import Touch

numbers = st.integers(1, 5)
keys = st.sampled_from(["7:a", "7:b", "8:*"])
versions = st.integers(0, 3)
statuses = st.sampled_from(list(Status))
SIGNATURES = ("alert high", "alert low")


class AnyHistory(RuleBasedStateMachine):
    """A JSON file, opened by two stores, beside the model of it."""

    def __init__(self):
        super().__init__()
        self.folder = Path(tempfile.mkdtemp())
        self.path = self.folder / "incidents.json"
        self.model = MemoryStore()
        self.changes = []
        self.names = (f"change {number}" for number in count())

    @initialize(slack=st.sampled_from([-(10**9), 0, 2_000, 10**9]))
    def open(self, slack):
        self.slack = slack
        self.one = self.opened()
        self.other = self.opened()

    def opened(self):
        return JsonStore(self.path, slack=self.slack, disk=QuickDisk())

    def commit(self, changes):
        self.changes += changes
        outcomes = [outcome is None for outcome in self.one.commit_many(changes)]
        assert outcomes == [outcome is None for outcome in self.model.commit_many(changes)]

    def change(self, number, **parts):
        """Build a change of an incident as it is, or, if ``stale``, as it never was; or its opening."""
        name = next(self.names)
        known = self.model.incident(f"INC-{number}")
        if parts.pop("stale", False):
            known = an_incident(number, version=77)
        status = parts.pop("status", Status.DETECTED)
        if known is None:
            opened = an_incident(number, opened_at=at(number % 3), status=status)
            return opens(opened, change_id=name, **parts)
        changed = follows(known, change_id=name, status=status, flaps=known.flaps + 1)
        return changed.model_copy(update={part: tuple(writes) for part, writes in parts.items()})

    @rule(number=numbers, status=statuses, stale=st.booleans())
    def incident_changes(self, number, status, stale):
        self.commit([self.change(number, status=status, stale=stale)])

    @rule(number=numbers, length=st.integers(1, 4), gap=st.integers(0, 4), other=numbers)
    def chain_is_committed(self, number, length, gap, other):
        chain = [self.change(number)]
        for link in range(length):
            skipped = after(chain[-1]).model_copy(update={"version": after(chain[-1]).version + (link == gap)})
            chain.append(follows(skipped, change_id=f"{chain[0].id}, link {link}"))
        if other != number:
            chain.insert(len(chain) // 2, self.change(other).model_copy(update={"id": f"{chain[0].id}, other"}))
        self.commit(chain)

    @rule(number=numbers, key=keys, version=versions, expected=st.none() | versions, archives=st.booleans())
    def alert_changes(self, number, key, version, expected, archives):
        alert = an_alert(key, f"INC-{number}", version=version, episode=version + 1, signature=SIGNATURES[version % 2])
        archive = an_alert(key, f"INC-{1 + number % 5}", episode=version) if archives else None
        self.commit([self.change(number, alerts=[AlertWrite(alert=alert, expected=expected, archive=archive)])])

    @rule(touched=st.lists(st.tuples(keys, st.sampled_from(SIGNATURES), st.integers(0, 9)), max_size=3))
    def alerts_are_touched(self, touched):
        touches = [Touch(Source.DATADOG, key, signature, at(9), at(minutes)) for key, signature, minutes in touched]
        assert list(self.one.touch(touches)) == list(self.model.touch(touches))

    @rule(number=numbers, key=keys, held_by=st.sampled_from(["", "INC-1", "INC-2"]))
    def claim_passes(self, number, key, held_by):
        self.commit([self.change(number, claims=[claims(key, f"INC-{number}", held_by=held_by)])])

    @rule(
        key=keys,
        version=versions,
        expected=st.none() | versions,
        due=st.none() | st.integers(0, 5),
        goes=st.booleans(),
    )
    def record_changes(self, key, version, expected, due, goes):
        record = a_record(key, version=version + 1, due_at=None if due is None else at(due))
        write = drops(record, expected=expected) if goes else puts(record, expected=expected)
        self.commit([Change(id=next(self.names), at=NOON, records=(write,))])

    @rule(data=st.data())
    def change_is_committed_again(self, data):
        if self.changes:
            again = data.draw(st.sampled_from(self.changes))
            # An id is recognised by an event of its incident: not once that is gone.
            if all(self.model.incident(write.incident.id) is not None for write in again.incidents):
                self.commit([again])

    @rule(size=st.integers(1, 5))
    def numbers_are_drawn(self, size):
        assert self.one.draw_numbers(size) == self.model.draw_numbers(size)

    @rule(number=numbers, stale=st.booleans())
    def incident_is_removed(self, number, stale):
        incident = self.model.incident(f"INC-{number}") or an_incident(number)
        if stale:
            incident = incident.model_copy(update={"version": 50})
        self.changes = [one for one in self.changes if not any(w.incident.id == incident.id for w in one.incidents)]
        outcomes = []
        for store in (self.model, self.one):
            try:
                store.remove(incident)
                outcomes.append("removed")
            except Conflict:
                outcomes.append("conflict")
        assert len(set(outcomes)) == 1

    @rule()
    def other_process_takes_over(self):
        self.one, self.other = self.other, self.one

    @rule()
    def store_is_reopened(self):
        self.one = self.opened()

    @rule()
    def store_is_closed(self):
        self.one.close()

    @rule()
    def file_is_written_anew(self):
        self.one.compact()

    @rule(tail=st.binary(min_size=1, max_size=20).filter(lambda tail: b"\n" not in tail))
    def writer_dies_in_the_middle_of_a_line(self, tail):
        if self.path.exists():
            with self.path.open("ab") as file:
                file.write(tail)

    @invariant()
    def both_say_the_same(self):
        for store in (self.one, self.other):
            assert answers(store) == answers(self.model)

    def teardown(self):
        shutil.rmtree(self.folder)


def answers(store):
    """Return what a store says to every question."""
    ids = [f"INC-{number}" for number in range(1, 7)]
    pages = []
    for wanted in (IncidentFilter(), IncidentFilter(statuses=ACTIVE), IncidentFilter(since=at(1), until=at(2))):
        page = store.find(wanted, limit=2)
        pages.append(list(page.incidents))
        while page.cursor:
            page = store.find(wanted, limit=2, cursor=page.cursor)
            pages[-1] += page.incidents
    return (
        store.incidents(ids),
        pages,
        [list(store.timeline(one)) for one in ids],
        sorted(store.alerts(Source.DATADOG), key=lambda alert: alert.key),
        [list(store.alerts_of(one)) for one in ids],
        store.claims(["7:a", "7:b", "8:*"]),
        [store.record("timer", key) for key in ("7:a", "7:b", "8:*")],
        list(store.due(at(3))),
        list(store.alerts_page(Source.DATADOG, limit=9)),
        sorted(store.alerts_from(Source.DATADOG, "7"), key=lambda alert: alert.key),
        store.alerts_named(Source.DATADOG, ["7:a", "7:x", "8:*"]),
        list(store.records("timer", after="7:a", limit=2)),
    )


TestAnyHistory = AnyHistory.TestCase
TestAnyHistory.settings = settings(max_examples=40, stateful_step_count=40)
