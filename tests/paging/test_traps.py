"""The traps that pagers fall into, each as a score."""

from datetime import timedelta

import pytest

from tests.paging.score import Score
from tocsin.domain.message import Tells
from tocsin.domain.page import PageReason, PageStatus
from tocsin.domain.timeline import EventKind
from tocsin.errors import ConfigurationError, Refused, Undelivered
from tocsin.services.paging.delivering import MOST_TAKEN

pytestmark = pytest.mark.large  # moto takes its time: the other stand-in for DynamoDB tries them, in integration


@pytest.fixture
def score(any_store):
    """Return an empty score, on every backend."""
    return Score(any_store)


def test_paging_goes_on_after_acknowledge(score):
    """Whatever was still to come when somebody acknowledged does not: steps, ways with a delay, and tries."""
    score.person("ana", "email", ("sms", 3)).person("bo", "email").policy(steps=[("ana", 0), ("bo", 10)], repeat=3)
    score.at("02:00").alert()
    score.at("02:00").expect_page("ana", via="email")
    score.at("02:02").acknowledge("ana")
    score.until("03:30")
    assert score.page("ana", "sms").reason is PageReason.ACKNOWLEDGED


def test_an_emergency_sounds_on_after_acknowledge(score):
    """What sounds by itself until it is called off is called off by the acknowledgement, for everybody who was paged."""
    score.person("ana", "pushover", "email").person("bo", "pushover").policy(steps=[("ana", 0), ("bo", 0)])
    score.at("02:00").alert()
    score.at("02:00").expect_page("ana", via="pushover").expect_page("ana", via="email").expect_page(
        "bo", via="pushover"
    )
    score.at("02:02").acknowledge("ana")
    for who in ("ana", "bo"):
        score.at("02:02").expect_page(who, via="pushover", tells=Tells.ACKNOWLEDGED)
    score.until("03:30")


def test_auto_resolve_forgets_the_pager(score):
    """What recovers by itself stops its pages, and those who were told hear that it is over."""
    score.person("ana", "email").person("bo", "sms").policy(steps=[("ana", 0), ("bo", 15)], repeat=3)
    score.at("02:00").alert()
    score.at("02:00").expect_page("ana", via="email")
    score.at("02:04").over()
    score.at("02:09").expect_all_clear("ana", via="email")
    score.until("04:00")


def test_a_crash_in_mid_send_loses_the_page(score):
    """A pager that dies while it sends leaves the page to the next one, which sends it under the same id."""
    score.person("ana", "email").policy(steps=[("ana", 0)])

    def dies():
        raise KeyboardInterrupt

    score.phones.fails["ana", "email"] = dies
    score.at("02:00").alert()
    with pytest.raises(KeyboardInterrupt):
        score.pager.round()
    score.phones.fails.clear()
    # Until its lease is over it may still be on its way.
    score.at("02:00").expect_nothing()
    score.at("02:01").expect_page("ana", via="email", step=1)
    assert score.phones.sent[0][2].id == score.page("ana", "email").id
    score.until("02:30")


def test_nobody_is_told_that_step_two_has_no_contact_method(score):
    """A step that reaches nobody says so on the timeline, and pages the fallback at once."""
    score.person("ana", "email").person("bo").person("chief", "voice")
    score.policy(steps=[("ana", 0), ("bo", 5)], fallback=["user:chief"])
    score.at("02:00").alert()
    score.at("02:00").expect_page("ana", via="email")
    score.at("02:05").expect_page("chief", via="voice", step=2)
    score.until("02:10")
    (said,) = score.events(EventKind.UNREACHABLE)
    assert "bo: there is no way to reach them; the fallback is paged" in said


def test_nobody_at_all_can_be_reached(score):
    """Where the fallback cannot be reached either the administrators are; where they cannot, the timeline says it."""
    score.person("root", "sms").policy(steps=[("on_call", 0), ("on_call", 5)], fallback=["user:nobody"])
    score.town.admins = ("root",)
    score.at("02:00").alert()
    score.at("02:00").expect_page("root", via="sms")
    score.town.admins = ()
    score.until("02:30")
    first, second = score.events(EventKind.UNREACHABLE)
    assert "the team: nobody is on call; nobody: there is no way to reach them; the fallback is paged" in first
    assert "nobody is left to page" in second
    assert len(score.events(EventKind.EXHAUSTED)) == 1


def test_two_pagers_overlap(score):
    """Of two that take the same page, the same step or the same news, one does."""
    score.person("ana", "email").policy(steps=[("ana", 0)])
    score.at("02:00").alert()
    other = score.another_pager()
    took = score.phones.channels()

    def meanwhile():
        other.round()

    score.phones.fails["ana", "email"] = meanwhile
    score.at("02:00").expect_page("ana", via="email")
    assert took
    score.until("02:30")


@pytest.mark.large
def test_an_hours_outage_then_a_flood(score):
    """After an outage each place hears once of all that it missed, and a cycle takes up where it was."""
    score.person("ana", "sms").person("bo", "sms").policy(steps=[("ana", 0), ("bo", 10)], repeat=2)
    for minute in range(40):
        score.now = score._moment(f"02:{minute:02}")
        score.alert(f"host-{minute}", service=f"service-{minute}")
    score._played = score._moment("03:09")
    score.at("03:10").expect_page("ana", via="sms", says="40 incidents need you")
    assert len(score.phones.sent) == 1
    score.at("03:20").expect_page("bo", via="sms", says="40 incidents need you")


def test_the_second_host_after_the_first_was_acknowledged(score):
    """What joins an acknowledged incident pages: an acknowledgement covers what was known then."""
    score.person("ana", "email").policy(steps=[("ana", 0)])
    score.at("02:00").alert("host-1", severity="high")
    score.at("02:00").expect_page("ana", via="email")
    score.at("02:01").acknowledge("ana")
    score.at("02:03").alert("host-2", severity="high")
    score.at("02:03").expect_page("ana", via="email")
    assert score.page("ana", "email").cycle == 2
    score.until("02:50")


def test_a_channel_that_is_down_is_tried_again_and_then_another_way(score):
    """What a provider does not take now is tried again; then it goes another way of the same person."""
    score.person("ana", "ntfy", ("sms", 30)).policy(steps=[("ana", 0)])
    score.phones.fails["ana", "ntfy"] = Undelivered("the provider answered 503")
    score.at("02:00").alert()
    score.at("02:05").expect_page("ana", via="sms")
    failed = score.page("ana", "ntfy")
    assert (failed.status, failed.reason, failed.tries) == (PageStatus.FAILED, PageReason.GIVEN_UP, 5)
    score.until("03:00")


def test_what_is_refused_goes_another_way_at_once(score):
    """A refusal is not tried again: the next way is, and after the last one the fallback."""
    score.person("ana", "ntfy", ("sms", 5)).person("bo", "voice").policy(steps=[("ana", 0)], fallback=["user:bo"])
    score.phones.fails["ana", "ntfy"] = Refused("no such topic")
    score.phones.fails["ana", "sms"] = Refused("no such number")
    score.at("02:00").alert()
    score.at("02:00").expect_page("bo", via="voice")
    assert "ana could not be reached by sms" in score.events(EventKind.UNREACHABLE)[0]
    score.until("03:00")


def test_a_channel_that_nobody_set_up_is_no_silence(any_store):
    """A way over a channel that is not set up here fails like one that is refused."""
    score = Score(any_store, without=["sms"])
    score.person("ana", "sms").person("bo", "email").policy(steps=[("ana", 0)], fallback=["user:bo"])
    score.at("02:00").alert()
    score.at("02:00").expect_page("bo", via="email")
    score.until("02:30")


def test_a_snooze_holds_and_pages_when_it_is_over(score):
    """A snooze ends the cycle that it holds, and a new one begins when it is over."""
    score.person("ana", "email").policy(steps=[("ana", 5)])
    score.at("02:00").alert()
    score.at("02:01").do(lambda one: one.service.snooze("INC-1001", by="ana", until=one.now + timedelta(minutes=30)))
    score.at("02:36").expect_page("ana", via="email")
    score.until("03:00")


def test_quiet_hours_wait_and_look_again(score):
    """Quiet hours hold a page, and who acknowledges meanwhile is not paged after them."""
    score.person("ana", "email").person("bo", "email").policy(steps=[("ana", 0), ("bo", 0)])
    morning = score._moment("07:00")
    score.town.quiet = {who: lambda _severity, at: morning if at < morning else None for who in ("ana", "bo")}
    score.at("02:00").alert("a", severity="low", service="x").alert("b", severity="low", service="y")
    score.at("06:00").acknowledge("bo", "INC-1001")
    score.at("07:00").expect_page("ana", via="email", incident="INC-1002")
    score.at("07:00").expect_page("bo", via="email", incident="INC-1002")
    score.until("08:00")


@pytest.mark.large
def test_a_storm_becomes_one_message(score):
    """The first pages go at once; what follows within minutes waits, and goes together as one that lists it."""
    score.person("ana", "sms").policy(steps=[("ana", 0)])
    score.at("02:00")
    for number in range(30):
        score.at(f"02:0{number // 10}").alert(f"host-{number}", service=f"service-{number}")
        score._play()
    messages = [message for _, _, message in score.phones.sent]
    assert [len(one.subjects) for one in messages[:4]] == [1, 1, 1, 1]
    assert len(messages) == 4
    score.now = score._moment("02:05")
    score._play()
    assert [len(one.subjects) for _, _, one in score.phones.sent[4:]] == [26]


def test_an_acknowledgement_that_nobody_follows_up_times_out(score):
    """A policy may say that an acknowledgement does not hold for ever; beginning to work does."""
    score.person("ana", "email").policy(steps=[("ana", 0)], ack_timeout_minutes=20)
    score.at("02:00").alert()
    score.at("02:00").expect_page("ana", via="email")
    score.at("02:05").acknowledge("ana")
    score.at("02:25").expect_page("ana", via="email")
    score.at("02:30").do(lambda one: one.service.start("INC-1001", by="ana"))
    score.until("04:00")


def test_on_call_changes_while_a_page_waits(score):
    """Who is on call is looked up when a page is sent: what waited goes to whoever has taken over."""
    change = score._moment("06:00")
    score.person("ana", "email").person("bo", "sms")
    score.town.on_call["primary"] = lambda at: "ana" if at < change else "bo"
    morning = score._moment("07:00")
    score.town.quiet = {"ana": lambda _severity, at: morning if at < morning else None}
    score.policy(steps=[("schedule:primary", 0)])
    score.at("02:00").alert(severity="low")
    score.at("07:00").expect_page("bo", via="sms")
    assert score.page("ana", "email").reason is PageReason.HANDED_OVER
    score.until("08:00")


def test_one_named_twice_is_told_once(score):
    """Whom two actions of a step name gets one page."""
    score.person("ana", "email")
    score.town.on_call["primary"] = "ana"
    notify = [{"type": "notify", "target": target} for target in ("user:ana", "schedule:primary")]
    score.policy(steps=[(notify, 0)])
    score.at("02:00").alert()
    score.at("02:00").expect_page("ana", via="email")
    score.until("02:30")


def test_round_robin_takes_turns(score):
    """Of those whom a target names one is paged, and the next one for the next incident."""
    score.person("ana", "email").person("bo", "email")
    score.town.on_call["primary"] = ("ana", "bo")
    score.policy(steps=[([{"type": "notify", "target": "schedule:primary", "round_robin": True}], 0)])
    for minute, who in enumerate(("ana", "bo", "ana")):
        score.at(f"02:0{minute}").alert(f"host-{minute}", service=f"service-{minute}")
        score.expect_page(who, via="email")
    score.until("02:30")


def test_silenced_and_muted_page_nobody(score):
    """What is silenced pages nobody, and says which silence it was."""
    score.person("ana", "email").policy(steps=[("ana", 0)])
    score.town.silences["s-1"] = lambda incident, _at: incident.service == "checkout"
    score.at("02:00").alert()
    score.until("02:30")
    assert score.store.record("escalation", "INC-1001:1").body["over"] == "silenced"


def test_low_severities_wait_until_morning(score):
    """A policy may hold what is low until morning, and looks again then who is on call and whether it still burns."""
    hold = {"severity": ["low"], "times": {"hours": [{"begin": "22:00", "end": "07:00"}], "time_zone": "UTC"}}
    score.person("ana", "email").policy(steps=[("ana", 0)], hold=hold)
    score.at("02:00").alert("a", severity="low", service="x").alert("b", severity="high", service="y")
    score.at("02:00").expect_page("ana", via="email", incident="INC-1002")
    score.at("07:00").expect_page("ana", via="email", incident="INC-1001")
    score.until("08:00")


def test_an_issue_is_nobody_who_wakes_up(score):
    """A step that opens an issue and reaches nobody pages the fallback all the same."""
    issue = {"type": "create_issue", "repository": "acme/shop"}
    score.person("chief", "voice").policy(
        steps=[([issue, {"type": "notify", "target": "on_call"}], 0)], fallback=["user:chief"]
    )
    score.at("02:00").alert()
    score.at("02:00").expect_page("chief", via="voice")
    assert "the fallback is paged" in score.events(EventKind.UNREACHABLE)[0]


def test_a_fallback_that_cannot_be_reached_leaves_the_administrators(score):
    """Its failure is no dead end."""
    score.person("ana", "sms").person("chief", "voice").person("root", "email")
    score.policy(steps=[("ana", 0)], fallback=["user:chief"])
    score.town.admins = ("root",)
    score.phones.fails["ana", "sms"] = score.phones.fails["chief", "voice"] = Refused("no such number")
    score.at("02:00").alert()
    score.at("02:00").expect_page("root", via="email")
    assert len(score.events(EventKind.UNREACHABLE)) == 2
    score.until("02:30")


@pytest.mark.parametrize("fault", [ConfigurationError("TWILIO_FROM is not set"), KeyError("sid")])
def test_a_channel_with_a_fault_of_ours_goes_another_way(score, fault):
    """After as many tries as for a provider that is away."""
    score.person("ana", "sms").person("bo", "email").policy(steps=[("ana", 0)], fallback=["user:bo"])
    score.phones.fails["ana", "sms"] = fault
    score.at("02:00").alert()
    score.at("02:05").expect_page("bo", via="email")
    assert score.page("ana", "sms").reason is PageReason.GIVEN_UP
    score.until("03:00")


def test_what_kills_whoever_sends_it_goes_another_way(score):
    """A page that no pager survives is not taken for ever."""
    score.person("ana", "sms").person("bo", "email").policy(steps=[("ana", 0)], fallback=["user:bo"])

    def dies():
        raise KeyboardInterrupt

    score.phones.fails["ana", "sms"] = dies
    score.now = score._moment("02:00")
    score.alert()
    for _ in range(MOST_TAKEN):
        with pytest.raises(KeyboardInterrupt):
            score.pager.round()
        score.now += timedelta(minutes=1)
    score._played = score.now
    score.expect_page("bo", via="email")


def test_why_a_way_was_none_is_said(any_store):
    """A channel that is not set up, and a contact that has gone meanwhile."""
    score = Score(any_store, without=["sms"])
    score.person("ana", "sms").person("bo", ("email", 5)).policy(steps=[("ana", 0), ("bo", 0)])
    score.at("02:00").alert()
    score.at("02:00").expect_nothing()
    score.town.gone.add(("bo", "email"))
    score.until("02:10")
    assert score.page("ana", "sms").reason is PageReason.CHANNEL_NOT_SET_UP
    assert score.page("bo", "email", step=2).reason is PageReason.CONTACT_GONE
