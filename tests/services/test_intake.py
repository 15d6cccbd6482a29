"""Deliveries that come at the same time: applied together, and each answered as if it had come alone."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest

from tests.desk import NOON, Desk, fires, is_over
from tests.services.test_ingest import told
from tocsin.domain.alert import Problem, Push, Source
from tocsin.domain.rules import Rules
from tocsin.errors import StoreBusy
from tocsin.ids import random_id
from tocsin.services.intake import MOST_TOGETHER, Intake
from tocsin.storage.json_store import JsonStore

PATIENCE = 30.0


class Held:
    """A store whose first touch waits until it is let go; ``touched`` tells the keys of each touch."""

    def __init__(self, store):
        self._store = store
        self.reached, self.let_go = threading.Event(), threading.Event()
        self.touched = []
        self.acts = {}

    def __getattr__(self, name):
        return getattr(self._store, name)

    def touch(self, touches):
        keys = [one.key for one in touches]
        self.touched.append(keys)
        if len(self.touched) == 1:
            self.reached.set()
            assert self.let_go.wait(PATIENCE)
        for key in keys:
            self.acts.get(key, lambda: None)()
        return self._store.touch(touches)


class Senders:
    """Senders whose deliveries come while that of the first one is being applied, in the order in which they are made."""

    def __init__(self, store, pool):
        self.store = Held(store)
        self.intake = Intake(self.store, Rules(), clock=lambda: NOON, new_id=random_id)
        self._pool = pool
        self.first = pool.submit(self.intake.take, pushed(fires("first", service="first")))
        assert self.store.reached.wait(PATIENCE)

    def send(self, *items, by="tocsin", **more):
        """Let one more delivery come; return what its sender will be told."""
        waiting = len(self.intake._waiting)
        coming = self._pool.submit(self.intake.take, pushed(*items, **more), by=by)
        end = time.monotonic() + PATIENCE
        while len(self.intake._waiting) == waiting and time.monotonic() < end:
            time.sleep(0.001)
        return coming

    def go(self, *coming):
        """Let the first delivery come to its end, and the others with it; return the reports."""
        self.store.let_go.set()
        return [one.result(PATIENCE) for one in coming]


def pushed(*items, truncated=0):
    return Push(source=items[0].source, received_at=NOON, items=items, truncated=truncated)


@contextmanager
def raising(error):
    with pytest.raises(type(error)) as raised:
        yield
    assert raised.value is error


def act(error):
    """Return what raises an error."""

    def raise_it():
        raise error

    return raise_it


@pytest.fixture
def senders(tmp_path):
    """Return senders to a file."""
    with ThreadPoolExecutor(40) as pool:
        made = Senders(JsonStore(tmp_path / "incidents.json"), pool)
        yield made
        made.store.let_go.set()


def test_a_delivery_alone_is_applied_as_it_is(desk):
    """Nobody waits for anybody."""
    intake = Intake(desk.store, Rules(), clock=lambda: NOON, new_id=random_id)
    report = intake.take(pushed(fires("a"), Problem(origin="x", why="no message"), truncated=3))
    assert told(report) == [("opened", "INC-1001"), "no message"]
    assert (report.opened, report.truncated, report.at) == (("INC-1001",), 3, NOON)
    assert told(intake.take(pushed(fires("a")))) == [("deduplicated", "INC-1001")]


def test_what_waits_is_applied_together(senders):
    """Thirty senders of one service: one touch, and one change for their incident; each is told of its own alert."""
    coming = [senders.send(fires(f"{number}")) for number in range(30)]
    reports = senders.go(*coming)
    assert [len(keys) for keys in senders.store.touched] == [1, 30]
    assert [told(one) for one in reports] == [[("opened", "INC-1002")], *([[("joined", "INC-1002")]] * 29)]
    assert [one.alerts[0].key for one in reports] == [f"s:{number}" for number in range(30)]
    desk = Desk(senders.store)
    assert desk.incidents()[-1].alerts.total == 30
    assert len(desk.service.timeline("INC-1002")) == 1


def test_each_report_is_that_of_its_delivery(senders):
    """Its items in their order, bad ones too, what it opened, and what its sender left out."""
    coming = [
        senders.send(fires("a"), Problem(origin="x", why="no message"), is_over("b")),
        senders.send(fires("a"), fires("c", service="web"), truncated=7),
        senders.send(fires("d", service="web")),
    ]
    reports = senders.go(*coming)
    assert [told(one) for one in reports] == [
        [("opened", "INC-1002"), "no message", ("not_firing", "")],
        [("deduplicated", "INC-1002"), ("opened", "INC-1003")],
        [("joined", "INC-1003")],
    ]
    assert [one.opened for one in reports] == [("INC-1002",), ("INC-1003",), ()]
    assert [one.truncated for one in reports] == [0, 7, 0]


def test_deliveries_of_several_keys_are_applied_by_themselves(senders):
    """The timeline names the key that did it."""
    coming = [senders.send(fires(name, service=name), by=by) for name, by in (("a", "key:x"), ("b", "key:y"))]
    reports = senders.go(*coming)
    service = Desk(senders.store).service
    assert [service.timeline(one.opened[0])[0].by for one in reports] == ["key:x", "key:y"]


def test_deliveries_of_other_sources_are_applied_by_themselves(senders):
    """One decision is about the alerts of one source."""
    coming = [senders.send(fires("a", source=source)) for source in (Source.GENERIC, Source.ELASTIC, Source.GENERIC)]
    senders.go(*coming)
    assert len(senders.store.touched) == 4  # of the two that are the same, the second one's own is in its second wave
    assert [row.count for row in senders.store.alerts(Source.ELASTIC)] == [1]
    assert {row.key: row.count for row in senders.store.alerts(Source.GENERIC)} == {"s:first": 1, "s:a": 2}


def test_only_so_many_alerts_are_applied_together(senders):
    """A large delivery waits for its turn, and holds nobody up for longer than its own time."""
    half = MOST_TOGETHER // 2
    large = [fires(f"large {number}") for number in range(half + 1)]
    coming = [senders.send(*(fires(f"{number}") for number in range(half))), senders.send(*large)]
    senders.go(*coming)
    assert sorted(len(keys) for keys in senders.store.touched) == [1, half, half + 1]


def test_a_store_that_is_busy_is_told_to_all_that_were_applied_together(senders):
    """Each sender tries again; waiting for the store once for each would take too long."""
    busy = StoreBusy("others kept writing")
    senders.store.acts["s:a"] = act(busy)
    coming = [senders.send(fires("a")), senders.send(fires("b"))]
    senders.store.let_go.set()
    for one in coming:
        with raising(busy):
            one.result(PATIENCE)


def test_one_delivery_that_cannot_be_applied_spoils_no_other(senders):
    """A fault of ours that one delivery brings to light is answered to its sender alone."""
    fault = ZeroDivisionError("a fault")
    senders.store.acts["s:a"] = act(fault)
    bad, good, better = senders.send(fires("a")), senders.send(fires("b")), senders.send(fires("c"))
    assert [told(one) for one in senders.go(good, better)] == [[("opened", "INC-1002")], [("joined", "INC-1002")]]
    with raising(fault):
        bad.result(PATIENCE)


def test_who_waits_goes_on_when_the_thread_before_it_dies(senders):
    """Whatever ends it, also in the middle of what it did for others."""
    end = KeyboardInterrupt()
    ends = [end]
    senders.store.acts["s:a"] = lambda: act(ends.pop())() if ends else None
    coming = [senders.send(fires("a")), senders.send(fires("b"))]
    senders.store.let_go.set()
    outcomes = [one.exception(PATIENCE) or told(one.result()) for one in coming]
    assert end in outcomes
    outcomes.remove(end)
    assert outcomes[0][0][0] in ("opened", "joined")
    assert told(senders.intake.take(pushed(fires("c"))))[0][0] in ("opened", "joined")
