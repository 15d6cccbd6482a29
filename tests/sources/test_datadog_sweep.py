"""A sweep of the simulated Datadog: when it is complete, what it proves, and what goes wrong on the way."""

from datetime import UTC, datetime

import pytest

from tests.sources.monitors import known
from tests.sources.scripted import API, APP, Time
from tocsin.demo import DatadogServer, SimulatedClock, World, organisation
from tocsin.demo.exchange import Endpoint
from tocsin.demo.faults import (
    POISONED_OPTIONS,
    ConnectionReset,
    CutBody,
    ItemsMissing,
    Nonsense,
    PageMissing,
    Poison,
    PoisonedMonitor,
    RateLimited,
    ServerError,
    Trickle,
    WrongSite,
)
from tocsin.domain.alert import AlertState, Source
from tocsin.errors import ConfigurationError, KeysRefused, SourceError, Unreachable
from tocsin.errors import Nonsense as NonsenseAnswered
from tocsin.errors import RateLimited as RateNeverCleared
from tocsin.errors import WrongSite as WrongSiteAnswered
from tocsin.services.source import AlertSource
from tocsin.sources.datadog import DatadogSource

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


class Setting:
    """A simulated Datadog and a source on it that does not really wait."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.server = DatadogServer(world, api_key=API, app_key=APP)
        self.time = Time()
        self._sources: list[DatadogSource] = []

    def __enter__(self):
        self.server.start()
        return self

    def __exit__(self, *_):
        for source in self._sources:
            source.close()
        self.server.stop()

    def source(self, **settings) -> DatadogSource:
        given = {
            "api_key": API,
            "app_key": APP,
            "api_url": self.server.url,
            "sleep": self.time.sleep,
            "monotonic": self.time.monotonic,
        }
        made = DatadogSource(**given | settings)
        self._sources.append(made)
        return made

    def sweep(self, *alerts, **settings):
        return self.source(**settings).sweep(alerts)

    @property
    def asked(self) -> list[tuple[str, int]]:
        return [
            (request.endpoint.value, int(request.query.get("id_offset", request.path.rpartition("/")[2])))
            for request in self.server.requests
        ]


@pytest.fixture
def small():
    """Three monitors, the second of which alerts."""
    world = World(SimulatedClock(NOON))
    for number in (10, 20, 30):
        world.create(f"Monitor {number}", monitor_id=number, tags=["service:shop"])
    world.trigger(20, at=datetime(2026, 3, 2, 11, 50, tzinfo=UTC))
    with Setting(world) as setting:
        yield setting


@pytest.fixture(scope="module")
def large():
    """2,500 monitors: three pages and the end."""
    with Setting(organisation(2_500, clock=SimulatedClock(NOON))) as setting:
        yield setting


@pytest.fixture
def pages(large):
    """The large setting, with no fault left over; 2,500 monitors are three pages and the end."""
    large.server.faults.clear()
    large.server.forget_requests()
    return large


def ids(setting) -> list[int]:
    return [each.id for each in setting.world.monitors()]


def test_a_sweep_says_what_fires_and_what_was_seen(small):
    """Times are Datadog's own."""
    source: AlertSource = small.source()
    sweep = source.sweep([])
    assert sweep.source is source.source is Source.DATADOG
    assert (sweep.complete, sweep.why_incomplete, sweep.started_at) == (True, "", NOON)
    assert sweep.seen == sweep.with_groups == {"10", "20", "30"}
    (seen,) = sweep.observations
    assert (seen.origin, seen.group, seen.state, seen.observed_at) == ("20", "*", AlertState.ALERT, NOON)
    assert seen.triggered_at == datetime(2026, 3, 2, 11, 50, tzinfo=UTC)


def test_the_empty_page_is_the_proof_of_the_end(small):
    """A short page could be one that was cut short: it costs one more question to know."""
    small.sweep()
    assert small.asked == [("list", 0), ("list", 30)]


def test_every_page_is_read(pages):
    """By keyset, and each told to whoever watches."""
    told = []
    sweep = pages.sweep(progress=lambda *numbers: told.append(numbers))
    everything = ids(pages)
    assert sweep.complete
    assert sweep.seen == {str(number) for number in everything}
    assert told == [(1, 1_000), (2, 2_000), (3, 2_500)]
    assert pages.asked == [("list", 0), *(("list", everything[index]) for index in (999, 1_999, 2_499))]


def test_an_empty_organisation_is_complete():
    """The end that comes first is asked for twice."""
    with Setting(World(SimulatedClock(NOON))) as empty:
        sweep = empty.sweep()
        assert (sweep.complete, sweep.seen, sweep.started_at) == (True, frozenset(), NOON)
        assert empty.asked == [("list", 0), ("list", 0)]


def test_an_end_that_comes_too_soon_is_asked_for_twice(pages, small):
    """After a full page, or before a monitor that we know."""
    pages.server.faults.next(PageMissing(), where={"id_offset": str(ids(pages)[999])})
    assert len(pages.sweep().seen) == 2_500
    small.server.faults.next(PageMissing(), endpoint=Endpoint.LIST)
    assert len(small.sweep().seen) == 3
    small.server.forget_requests()
    small.sweep(known(99))
    assert small.asked == [("list", 0), ("list", 30), ("list", 30), ("get", 99)]


def test_deleting_while_pages_are_read_loses_no_other_monitor(pages):
    """Offsets would shift; keyset paging does not."""
    everything = ids(pages)
    victim = everything[3]

    def delete_one(page: int, _: int) -> None:
        if page == 1:
            pages.world.delete(victim)

    sweep = pages.sweep(progress=delete_one)
    assert sweep.complete
    assert sweep.seen == {str(number) for number in everything}


@pytest.mark.parametrize(
    "fault",
    [
        ServerError(500),
        ServerError(503),
        RateLimited(3),
        CutBody(0.3),
        CutBody(0.99),
        ConnectionReset(),
        Nonsense(),
        Nonsense("<html>", "text/html"),
        WrongSite(),
    ],
    ids=repr,
)
def test_a_passing_fault_costs_only_time(pages, fault):
    """On the first page or a later one, the sweep is whole."""
    pages.server.faults.next(fault, count=2)
    pages.server.faults.next(fault, where={"id_offset": str(ids(pages)[999])})
    sweep = pages.sweep()
    assert sweep.complete
    assert len(sweep.seen) == len(ids(pages))
    assert len(pages.time.waits) >= 3


@pytest.mark.parametrize(
    "fault, kind",
    [
        (ServerError(502), Unreachable),
        (RateLimited(1), RateNeverCleared),
        (CutBody(0.5), Unreachable),
        (ConnectionReset(), Unreachable),
        (Nonsense(), NonsenseAnswered),
        (Nonsense('{"errors": ["no"]}'), NonsenseAnswered),
        (WrongSite(), WrongSiteAnswered),
        (WrongSite("https://app.datadoghq.com/"), WrongSiteAnswered),
    ],
    ids=repr,
)
def test_a_lasting_fault_on_the_first_page_is_an_error_and_on_a_later_one_an_incomplete_sweep(pages, fault, kind):
    """What was read stays; nothing is confirmed, and the reason is that of the error."""
    pages.server.faults.always(fault)
    with pytest.raises(kind) as caught:
        pages.sweep()
    pages.server.faults.clear()
    pages.server.forget_requests()
    pages.server.faults.next(fault, count=None, after=1)
    sweep = pages.sweep(known(1))
    assert not sweep.complete
    assert sweep.why_incomplete == f"page 2: {caught.value}"
    assert len(sweep.seen) == 1_000
    assert sweep.observations
    assert sweep.gone == frozenset()
    assert "get" not in {kind for kind, _ in pages.asked}


def test_wrong_keys_are_refused_at_once(small):
    """Either of them."""
    for keys in ({"api_key": "wrong"}, {"app_key": "wrong"}):
        small.server.forget_requests()
        with pytest.raises(KeysRefused):
            small.sweep(**keys)
        assert len(small.asked) == 1


def test_a_trickling_page_ends_with_the_deadline(small):
    """Every read succeeds, and the whole takes too long."""
    small.server.faults.always(Trickle(3.0))
    with pytest.raises(Unreachable):
        DatadogSource(API, APP, api_url=small.server.url, deadline=0.3, sleep=lambda _: None).sweep([])


def test_an_absent_monitor_is_gone_only_if_datadog_says_so(small):
    """404 confirms; any other answer leaves it open."""
    small.world.delete(10)
    sweep = small.sweep(known(10), known(10, "host:a"), known(20))
    assert sweep.gone == {"10"}
    assert small.asked == [("list", 0), ("list", 30), ("get", 10)]


@pytest.mark.parametrize(
    "fault", [ServerError(500), RateLimited(1), CutBody(0.5), Nonsense("[]"), WrongSite()], ids=repr
)
def test_an_absence_that_cannot_be_confirmed_stays_open(small, fault):
    """The sweep is complete all the same."""
    small.world.delete(10)
    small.server.faults.always(fault, endpoint=Endpoint.GET)
    sweep = small.sweep(known(10), known(5))
    assert (sweep.complete, sweep.gone) == (True, frozenset())
    assert sweep.seen == {"20", "30"}


def test_a_rate_limit_ends_the_confirming(small):
    """The next question would meet the same limit."""
    small.server.faults.always(RateLimited(1), endpoint=Endpoint.GET)
    small.sweep(known(5), known(6))
    assert len({number for kind, number in small.asked if kind == "get"}) == 1


def test_a_monitor_that_the_list_left_out_is_read_by_its_id(small):
    """It was never gone: what it says counts."""
    small.server.faults.next(ItemsMissing(first=1))
    sweep = small.sweep(known(20))
    assert sweep.gone == frozenset()
    assert sweep.seen == {"10", "20", "30"}
    assert [seen.key for seen in sweep.observations] == ["20:*"]


def test_confirming_has_a_budget_and_everybodys_turn_comes(small):
    """At most so many questions a sweep, beginning with another monitor as time goes on."""
    alerts = [known(number) for number in range(100, 110)]
    assert len(small.sweep(*alerts, confirm_budget=4).gone) == 4
    assert small.sweep(*alerts, confirm_budget=0).gone == frozenset()
    gone = set()
    for _ in range(10):
        small.world.clock.advance(seconds=1)
        gone |= small.sweep(*alerts, confirm_budget=1).gone
    assert len(gone) == 10


@pytest.mark.parametrize(
    "fault",
    [
        Poison(),
        Poison(None, 3),
        Poison({"id": "one"}, 1),
        PoisonedMonitor(),
        PoisonedMonitor({"id": None}, 2),
        PoisonedMonitor(POISONED_OPTIONS),
        PoisonedMonitor({"tags": 5, "options": "x", "name": [], "message": {}, "matching_downtimes": 1, "type": []}),
    ],
    ids=repr,
)
def test_one_bad_item_spoils_no_other(small, fault):
    """The alerting monitor beside it is observed, and the sweep is complete."""
    small.server.faults.next(fault)
    sweep = small.sweep()
    assert sweep.complete
    assert [seen.origin for seen in sweep.observations] == ["20"]
    assert len(sweep.problems) == (1 if isinstance(fault, Poison) or "id" in fault.keys else 0)


def test_no_data_that_nobody_asked_for_is_counted(small):
    """Unless every No Data is wanted."""
    small.world.no_data(10)
    assert sum(small.sweep().passed_over.values()) == 1
    assert len(small.sweep(every_no_data=True).observations) == 2


def test_other_names_for_the_tags_can_be_set(small):
    """Service, environment and team by the tags that a team uses."""
    small.world.edit(20, tags=["app:pay", "stage:live", "squad:blue", "environment:no"])
    (seen,) = small.sweep(service_tag="app", environment_tag="stage", team_tag="squad").observations
    assert (seen.service, seen.environment, seen.team) == ("pay", "live", "blue")


def test_a_source_can_be_used_again_after_closing(small):
    """Closing gives back connections, and nothing else."""
    with small.source() as source:
        source.sweep([])
        source.close()
        assert source.sweep([]).complete


def test_wrong_settings_are_refused_before_anything_is_sent(small):
    """ConfigurationError, and no SourceError."""
    with pytest.raises(ConfigurationError):
        small.source(site="datadog.com")
    with pytest.raises(ConfigurationError):
        small.source(api_url="http://example.com")
    assert not issubclass(ConfigurationError, SourceError)
    assert small.asked == []


def test_what_the_simulated_datadog_mutes_is_muted_here():
    """Two implementations of the same rule, one of which knows the truth."""
    world = organisation(400, clock=SimulatedClock(NOON), alerting=0.5, muted=0.5, grouped=0.3, groups_each=5)
    with Setting(world) as setting:
        sweep = setting.sweep()
    assert {seen.muted for seen in sweep.observations} == {True, False}
    for seen in sweep.observations:
        assert seen.muted == world.muted(world.get(int(seen.origin)), seen.group)[0]
