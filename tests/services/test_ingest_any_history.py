"""However deliveries come, they end in the same: twice, out of order, split into batches, with sweeps in between.

A world of alerts lives its life. A clean sender tells each step at once; a bad network delivers the same steps at least
once each, in any order within what a sender retries, in batches of any size. Both stores must hold the same in the end:
which alerts fire, which incidents are open, and how many alerts fire in each.
"""

import itertools
from dataclasses import dataclass, field

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests import tables
from tests.desk import Desk, at, fires, is_over, says
from tests.fakes import MemoryStore
from tests.storage.disks import QuickDisk
from tocsin.domain.alert import Observation, Source, Sweep
from tocsin.domain.timeline import replay
from tocsin.storage.json_store import JsonStore

NAMES = ("a", "b", "c")
SERVICES = {"a": "web", "b": "web", "c": ""}
PUSHING = (Source.GENERIC, Source.ALERTMANAGER, Source.ELASTIC)
GROUPS = ("host:a", "host:b")
LATEST = 12
"""Steps of a life. They are a second apart, so that all of it is within what counts as late."""


@dataclass
class World:
    """The truth, and what its senders said of it, one item a step."""

    said: list[Observation | Sweep] = field(default_factory=list)
    began: dict[tuple[Source, str], float] = field(default_factory=dict)
    words: dict[str, str] = field(default_factory=lambda: dict.fromkeys(GROUPS, "OK"))
    since: dict[str, float] = field(default_factory=dict)
    over: dict[str, float] = field(default_factory=dict)

    def push(self, source, name, word, severity, minute):
        """One sender says of one alert that it fires, still fires, or is over."""
        began = self.began.get((source, name))
        if word == "firing":
            began = self.began.setdefault((source, name), minute)
            named = {"since": began} if source is Source.ALERTMANAGER else {"minutes": minute}
            seen = fires(name, source=source, service=SERVICES[name], severity_word=severity, **named)
        else:
            named = {"since": began if began is not None else minute} if source is Source.ALERTMANAGER else {}
            self.began.pop((source, name), None)
            seen = is_over(name, minute, source=source, service=SERVICES[name], severity_word=severity, **named)
        self.said.append(seen)

    def monitor(self, group, word, minute):
        """A group of a Datadog monitor changes its state; a webhook tells of it."""
        if word == "OK" != self.words[group]:
            self.over[group] = minute
        elif word != "OK" == self.words[group]:
            self.since[group] = minute
        self.words[group] = word
        seen = says(1, word, group, since=self.since.get(group), resolved=self.over.get(group))
        self.said.append(seen.model_copy(update={"observed_at": at(minute), "triggered_at": None, "resolved_at": None}))

    def sweep(self, minute):
        """A sweep looks at the monitor."""
        said = [
            says(1, word, group, since=self.since.get(group), resolved=self.over.get(group)).model_copy(
                update={"observed_at": at(minute)}
            )
            for group, word in self.words.items()
        ]
        here = frozenset({"1"})
        self.said.append(
            Sweep(
                source=Source.DATADOG,
                started_at=at(minute),
                complete=True,
                observations=said,
                seen=here,
                with_groups=here,
            )
        )


steps = st.lists(
    st.one_of(
        st.tuples(
            st.just("push"),
            st.sampled_from(PUSHING),
            st.sampled_from(NAMES),
            st.sampled_from(["firing", "firing", "resolved"]),
            st.just("high"),
        ),
        st.tuples(st.just("monitor"), st.sampled_from(GROUPS), st.sampled_from(["Alert", "OK"])),
        st.tuples(st.just("sweep")),
    ),
    min_size=1,
    max_size=LATEST,
)


def lived(steps):
    """Return the world after these steps, the first of them at noon."""
    world = World()
    for number, (what, *how) in enumerate(steps):
        minute = number / 60
        getattr(world, what)(*how, minute)
    return world


def delivered(desk, items):
    """Deliver items together: those of each source in one push, and sweeps for themselves."""
    for source, some in itertools.groupby(items, lambda item: (item.source, isinstance(item, Sweep))):
        if source[1]:
            for sweep in some:
                desk.source.sweeps.append(sweep)
                desk.service.sync(desk.source)
        else:
            desk.push(*some)


def settled(desk):
    """Return what is true in the end, but for numbers and versions."""
    rows = [row for source in Source for row in desk.store.alerts(source)]
    incidents = {one.id: one for one in desk.incidents()}
    for incident in incidents.values():
        assert replay(incident, desk.store.timeline(incident.id)) == incident
        mine = [row for row in rows if row.firing and row.incident_id == incident.id]
        assert incident.alerts.firing_now == len(mine)
        assert incident.alerts.total == len(desk.store.alerts_of(incident.id))
        assert (incident.recovered_at is None) is bool(mine)
    firing = sorted((row.source.value, row.key) for row in rows if row.firing)
    burning = sorted(
        (one.correlation_key, one.alerts.firing_now) for one in incidents.values() if one.alerts.firing_now
    )
    keys = [one.correlation_key for one in incidents.values() if one.active]
    assert len(keys) == len(set(keys))
    return firing, burning


def told_cleanly(world, store):
    desk = Desk(store)
    for number, item in enumerate(world.said):
        desk.minute(number / 60)
        delivered(desk, [item])
    return settled(desk)


def told_badly(world, store, draw):
    """Deliver the same, each item at least once, in any order and any batches, while a minute passes."""
    again = draw(st.lists(st.sampled_from(world.said), max_size=8))
    order = draw(st.permutations([*world.said, *again]))
    desk = Desk(store)
    now = len(world.said) / 60
    while order:
        size = draw(st.integers(1, 6))
        desk.minute(now)
        delivered(desk, order[:size])
        order = order[size:]
        now += 1 / 60
    return settled(desk)


@settings(max_examples=400)
@given(steps=steps, data=st.data())
def test_any_history_ends_as_the_clean_one(steps, data):
    """On the plainest store there is."""
    world = lived(steps)
    assert told_badly(world, MemoryStore(), data.draw) == told_cleanly(world, MemoryStore())


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=steps, data=st.data())
def test_any_history_ends_as_the_clean_one_in_a_file(tmp_path_factory, steps, data):
    """Through the journal, as another process reads it afterwards."""
    world = lived(steps)
    path = tmp_path_factory.mktemp("history") / "incidents.json"
    found = told_badly(world, JsonStore(path, disk=QuickDisk()), data.draw)
    assert found == settled(Desk(JsonStore(path))) == told_cleanly(world, MemoryStore())


@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=steps, data=st.data())
def test_any_history_ends_as_the_clean_one_in_a_table(moto, steps, data):
    """Small ones, since this stand-in is slow."""
    world = lived(steps[:6])
    assert told_badly(world, tables.a_store(moto, parallel=1), data.draw) == told_cleanly(world, MemoryStore())


@pytest.mark.parametrize("word", ["firing", "resolved"])
def test_the_same_delivery_any_number_of_times_ends_as_once(desk, word):
    """The plainest case of all."""
    world = World()
    for minute in range(3):
        world.push(Source.ALERTMANAGER, "a", word if minute else "firing", "high", minute)
    for _ in range(5):
        delivered(desk, world.said)
    assert settled(desk) == told_cleanly(world, MemoryStore())
