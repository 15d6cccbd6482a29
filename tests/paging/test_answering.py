"""Questions about paging, asked of a store with people, teams, schedules and contacts in it, on every backend."""

from datetime import UTC, datetime, timedelta

import pytest

from tests.desk import NOON
from tests.paging.real_town import RealTown
from tests.reach import BOSS
from tocsin.domain.access import UserRole
from tocsin.domain.change import Change
from tocsin.domain.contact import ChannelKind
from tocsin.domain.explanation import Part
from tocsin.domain.page import PageReason
from tocsin.domain.readiness import Doubt
from tocsin.domain.rules import Rules
from tocsin.domain.severity import Severity
from tocsin.domain.source import Source
from tocsin.errors import InvalidInput, NotFound, StoreError
from tocsin.services.contacts import Contacts
from tocsin.services.incidents import IncidentService
from tocsin.services.paging.answering import Answering
from tocsin.services.paging.behind import ReadOnly, Remembered
from tocsin.services.paging.lookup import Lookup
from tocsin.services.paging.readiness import ANY_OTHER
from tocsin.services.paging.rounds import Pager

pytestmark = pytest.mark.large  # moto takes its time: the other stand-in for DynamoDB tries them, in integration

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


class Asked(RealTown):
    """A town with a pager in it; mail is the one channel that is set up."""

    def __init__(self, store):
        super().__init__(store)
        parts = {"clock": self.clock, "new_id": self.new_id}
        self.incidents = IncidentService(store, rules=Rules(), **parts)
        channels = {ChannelKind.EMAIL: lambda: self.channel}
        self.pager = Pager(store, self.lookup, channels, **parts, timer=lambda: 0.25, jitter=lambda: 1.0, at_once=1)
        self.answering = Answering(
            store,
            self.users,
            self.teams,
            contacts=self.contacts,
            channels=channels,
            directory_of=self.directory,
            clock=self.clock,
        )

    def directory(self, seen):
        """Return the directory of what is seen of the store."""
        town = RealTown(seen)
        town.contacts = Contacts(seen, self.audit, None, clock=self.clock)
        return Lookup(seen, town.users, town.teams, contacts=town.contacts, rules=town.rules, silences=town.silences)

    def cases(self, service, at=None):
        """Return what readiness says of a service, by severity."""
        return {one.severity: one for one in self.answering.readiness(at).cases if service in one.services}


@pytest.fixture
def town(any_store):
    """Return a town in which ann is on call for checkout, and nobody for anything else."""
    town = Asked(any_store)
    town.ann = town.person()
    team = town.teams.add("Shop", services=["checkout"], actor=BOSS)
    town.schedule("Primary", town.ann, team=team.id)
    return town


def opened(town, **more):
    said = {"title": "Checkout is down", "severity": Severity.HIGH, "service": "checkout", "by": "bo", **more}
    return town.incidents.open(**said)


def test_who_was_paged_is_explained_by_address(town):
    """From the one who opened it to the provider's answer."""
    incident = opened(town)
    town.pager.round()
    found = town.answering.explain(incident.id, "ann@example.com")
    assert found.summary == "ann@example.com was paged by email at 12:00 UTC (delivered to the provider in 0.0 s)"
    steps = [one.text for one in found.lines if one.part is Part.STEP]
    assert steps == [
        "cycle 1, step 1: names ann@example.com (on call of Primary), by email (no rule of theirs is for this severity)"
    ]
    assert len(town.channel.sent) == 1
    assert town.answering.explain(incident.id).paged


def test_only_what_is_there_is_explained(town):
    """An incident, a person, a room."""
    incident = opened(town)
    town.room("Ops")
    assert not town.answering.explain(incident.id, "room:ops").paged
    for who in ("nobody@example.com", "room:gone"):
        with pytest.raises(NotFound):
            town.answering.explain(incident.id, who)
    with pytest.raises(NotFound):
        town.answering.explain("INC-9999")


def test_services_that_teams_own_and_that_had_incidents_are_looked_at(town):
    """And any other; of the last 30 days, each once whatever its letter case."""
    opened(town, service="search")
    opened(town, service="Search")
    town.later(days=1)
    names = {name for one in town.answering.readiness().cases for name in one.services}
    assert names in ({"checkout", "search", ANY_OTHER}, {"checkout", "Search", ANY_OTHER})
    town.later(days=30)
    names = {name for one in town.answering.readiness().cases for name in one.services}
    assert names == {"checkout", ANY_OTHER}


def test_what_is_ready_is_what_is_sent(town):
    """An incident of that moment is told to whom it says."""
    ready, not_ready = town.cases("checkout")[Severity.HIGH], town.cases(ANY_OTHER)[Severity.HIGH]
    assert (ready.ready, ready.told, ready.team) == (True, "ann@example.com by email (on call of Primary)", "Shop")
    assert not not_ready.ready
    assert PageReason.NOBODY_ON_CALL in {one.reason for one in not_ready.missing}
    opened(town, service="search")
    town.pager.round()
    assert town.channel.sent == []
    opened(town)
    town.pager.round()
    assert len(town.channel.sent) == 1


def test_administrators_are_the_last_who_are_told(town):
    """Which is ready, and doubtful."""
    town.users.add("root@example.com", "root", UserRole.ADMIN, actor=BOSS)
    report = town.answering.readiness()
    assert report.ready
    other = town.cases(ANY_OTHER)[Severity.LOW]
    assert (other.ready, other.told) == (True, "root@example.com by email (administers)")
    assert Doubt.ONLY_FALLBACK in {one.reason for one in other.doubts}


def test_a_viewer_who_is_on_call_is_doubtful(town):
    """They are paged, and may not acknowledge."""
    town.change(town.ann, role=UserRole.VIEWER)
    case = town.cases("checkout")[Severity.CRITICAL]
    assert (case.ready, case.doubts[0].reason) == (True, Doubt.CANNOT_ACKNOWLEDGE)


@pytest.mark.parametrize("update", [{"active": False}, {"verified": False}])
def test_whoever_cannot_be_reached_is_missing(town, update):
    """Deactivated, or with an address that nobody has verified."""
    town.change(town.ann, **update)
    case = town.cases("checkout")[Severity.CRITICAL]
    assert not case.ready
    assert (PageReason.NO_CONTACT, "ann@example.com: there is no way to reach them") in {
        (one.reason, one.text) for one in case.missing
    }


def test_gaps_of_the_coming_week_are_listed(town):
    """Of what policies name: of a team that has several schedules, when nobody is on call by any."""
    assert town.answering.readiness().gaps == ()
    team = town.teams.add("Crew", services=["search"], actor=BOSS)
    hours = {"hours": [{"begin": "08:00", "end": "20:00"}]}
    town.schedule("Day", town.ann, team=team.id, **hours)
    gaps = town.answering.readiness().gaps
    assert len(gaps) == 7
    assert (gaps[0].schedules, gaps[0].start, gaps[0].end) == (("Day",), NOON + 8 * HOUR, NOON + 20 * HOUR)
    town.schedule("Night", town.ann, team=team.id, hours=[{"begin": "21:00", "end": "08:00"}])
    gaps = town.answering.readiness().gaps
    assert (gaps[0].schedules, gaps[0].start, gaps[0].end) == (("Day", "Night"), NOON + 8 * HOUR, NOON + 9 * HOUR)
    assert town.cases("search", NOON + 8 * HOUR)[Severity.HIGH].ready is False
    assert town.cases("search", NOON + 9 * HOUR)[Severity.HIGH].ready is True


def test_what_is_read_in_front_of_a_store_is_what_is_behind(town):
    """And nothing is written through."""
    incident = opened(town)
    front = Remembered(town.store)
    assert front.incidents([incident.id]) == {incident.id: incident}
    assert front.incident(incident.id) == incident
    assert list(front.alerts_of(incident.id)) == list(town.store.alerts_of(incident.id))
    assert front.alerts(Source.GENERIC) == front.alerts_from(Source.GENERIC, "x") == []
    assert front.alerts_page(Source.GENERIC, limit=1) == []
    assert dict(front.alerts_named(Source.GENERIC, ["x"])) == dict(front.claims(["x"])) == {}
    assert [one.id for one in front.due(town.now)] == [one.id for one in town.store.due(town.now)]
    before = front.record("user", town.ann.id)
    town.change(town.ann, full_name="Another")
    assert front.record("user", town.ann.id) == before != town.store.record("user", town.ann.id)
    change = Change(id="x", at=NOON, incidents=(), events=(), records=())
    for write in (
        lambda: front.commit(change),
        lambda: front.commit_many([change]),
        lambda: front.touch([]),
        lambda: front.draw_numbers(1),
        lambda: front.remove(incident),
    ):
        with pytest.raises(StoreError, match="nothing is written here"):
            write()
    ReadOnly(town.store).close()
    assert town.store.incident(incident.id) is not None


def test_a_moment_of_which_no_schedule_says_anything_is_refused(town):
    """Before there were any, and where reckoning ends."""
    for moment in (datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)):
        with pytest.raises(InvalidInput, match="nobody can say who is paged"):
            town.answering.readiness(moment)
