"""What is explained, and what readiness promises, against what was really sent: over random nights, and by name."""

import re
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.fakes import MemoryStore
from tests.paging.score import MIDNIGHT, MINUTE, Score
from tocsin.domain.decision import Reason
from tocsin.domain.explanation import Part, WhyNot
from tocsin.domain.message import Tells
from tocsin.domain.page import PageReason, PageStatus
from tocsin.domain.readiness import Doubt
from tocsin.domain.severity import Severity
from tocsin.errors import IllegalMove, Refused, Undelivered
from tocsin.services.paging.explaining import MOST_NEXT, explain
from tocsin.services.paging.readiness import ANY_OTHER, readiness

pytestmark = pytest.mark.large  # moto takes its time: the other stand-in for DynamoDB tries them, in integration

PEOPLE = ("ana", "bo", "cy", "dee")
ROOM = "slack-ops"
CHANNELS = ("email", "sms", "voice")
WAY = st.sampled_from([*CHANNELS, ("sms", 3), ("voice", 7)])
WAYS = st.lists(WAY, max_size=3, unique_by=lambda way: way if isinstance(way, str) else way[0])
TARGETS = st.sampled_from(
    [*(f"user:{one}" for one in PEOPLE), "schedule:day", "schedule:gap", "schedule:all", "on_call", "room:ops"]
)
STEP = st.tuples(
    TARGETS, st.sampled_from([0, 2, 5, 10]), st.sampled_from([(), ("sms",), ("email", "voice")]), st.booleans()
)

PROMISED = re.compile(r"step \d+: (\S+) by (\S+) \(.*\)")

NIGHTS = st.fixed_dictionaries(
    {
        "ways": st.tuples(*(WAYS for _ in PEOPLE)),
        "steps": st.lists(STEP, min_size=1, max_size=3),
        "repeat": st.integers(0, 1),
        "fallback": st.lists(st.sampled_from(["user:dee", "room:ops"]), max_size=1),
        "admins": st.sampled_from([(), ("cy",)]),
        "without": st.lists(st.sampled_from([*CHANNELS, "slack"]), max_size=2, unique=True),
        "severity": st.sampled_from(list(Severity)),
        "quiet": st.lists(st.tuples(st.sampled_from(PEOPLE), st.integers(1, 40)), max_size=2),
        "hold": st.booleans(),
        "silence": st.none() | st.tuples(st.integers(0, 20), st.integers(1, 20)),
        "acts": st.lists(st.tuples(st.integers(0, 45), st.sampled_from(["acknowledge", "resolve", "over"])), max_size=2),
        "fails": st.dictionaries(
            st.tuples(st.sampled_from(PEOPLE), st.sampled_from(CHANNELS)), st.sampled_from(["refused", "away"]), max_size=2
        ),
    }
)  # fmt: skip


class Night:
    """One random night in a town: what was really sent, minute by minute."""

    def __init__(self, said):
        self.score = score = Score(MemoryStore(), without=tuple(said["without"]))
        town = score.town
        for name, ways in zip(PEOPLE, said["ways"], strict=True):
            score.person(name, *ways)
        town.room("ops")
        town.admins = said["admins"]
        town.on_call = {"day": lambda at: "ana" if at < MIDNIGHT + 20 * MINUTE else "bo", "all": ("ana", "bo", "cy")}
        town.on_call["team"] = "bo"
        for name, minutes in said["quiet"]:
            end = MIDNIGHT + minutes * MINUTE
            town.quiet[name] = lambda severity, at, end=end: end if severity is Severity.LOW and at < end else None
        if said["silence"]:
            begins, lasts = said["silence"]
            since, until = MIDNIGHT + begins * MINUTE, MIDNIGHT + (begins + lasts) * MINUTE
            town.silences["s-1"] = lambda incident, at: since <= at < until
        more = {"repeat": said["repeat"], "fallback": said["fallback"]}
        if said["hold"]:
            hours = [{"begin": "00:00", "end": "00:15"}]
            more["hold"] = {"severity": ["low"], "times": {"hours": hours}}
        steps = [
            ([{"type": "notify", "target": target, "channels": channels, "round_robin": in_turn}], delay)
            for target, delay, channels, in_turn in said["steps"]
        ]
        score.policy(steps=steps, **more)
        for place, how in said["fails"].items():
            score.phones.fails[place] = Refused("no such number") if how == "refused" else Undelivered("away")
        self.heard = []

    def minute(self, number):
        self.score.now = MIDNIGHT + number * MINUTE
        return self

    def play(self):
        """Let the minute pass."""
        before = len(self.score.phones.sent)
        self.score._play()
        self.heard += [(self.score.now, *one) for one in self.score.phones.sent[before:]]

    def pages(self, since=MIDNIGHT):
        """Return who heard a page, by what, and when."""
        return {(at, who, via) for at, who, via, message in self.heard if message.tells is Tells.PAGE and at >= since}

    def explained(self, person=""):
        score = self.score
        incident = score.store.incident("INC-1001")
        return explain(score.store, score.town, self.channels, incident, person, now=score.now)

    @property
    def channels(self):
        return self.score.phones.channels(*self.score._without)

    def report(self):
        score = self.score
        return readiness(score.store, score.town, self.channels, ["checkout"], score.now)


@settings(max_examples=60)
@given(NIGHTS)
def test_what_is_explained_is_what_was_sent(said):
    """Whoever was sent something is paged, at those times and over those channels; whoever was not has a reason."""
    night = Night(said)
    acts = dict(said["acts"])
    for number in range(60):
        night.minute(number)
        if number == 0:
            night.score.alert(severity=said["severity"].value)
        act = acts.get(number)
        with suppress(IllegalMove):
            if act == "over":
                night.score.over()
            elif act is not None:
                getattr(night.score, act)("ana")
        night.play()
        if number in (0, 7, 59):
            _see_that_it_fits(night)


def _see_that_it_fits(night):
    really = night.pages()
    for person in (*PEOPLE, ROOM):
        name = "ops" if person == ROOM else person
        found = night.explained(person)
        sent = [one for one in found.messages if one.tells is Tells.PAGE and one.status is PageStatus.SENT]
        assert {(one.sent_at, one.channel) for one in sent} == {(at, via) for at, who, via in really if who == name}
        assert found.paged == bool(sent)
        if found.paged:
            assert f"{person} was paged by {min(sent, key=lambda one: one.sent_at).channel}" in found.summary
        else:
            assert found.reason is not PageReason.DUE or any(not one.status.over for one in found.messages)
            assert found.summary.startswith(f"{person} was not paged: ")
            assert len(found.summary) > len(f"{person} was not paged: ")
    assert night.explained().paged == bool(really)


@settings(max_examples=60)
@given(NIGHTS)
def test_what_comes_next_is_what_comes(said):
    """If nobody does anything more, and providers take what they are given, that is sent which was said to be."""
    night = Night(said | {"fails": {}, "silence": None})
    acts = dict(said["acts"])
    for number in range(6):
        night.minute(number)
        if number == 0:
            night.score.alert(severity=said["severity"].value)
        if number in acts and night.score.store.incident("INC-1001").active:
            night.score.resolve("ana") if acts[number] != "acknowledge" else night.score.acknowledge("ana")
        night.play()
    promised = night.explained().next
    since = night.score.now
    for number in range(6, 120):
        night.minute(number).play()
    came = night.pages(since + MINUTE)
    last = max((one.at for one in promised), default=since)
    # Of what is bundled, each page is promised, and one message comes. Ten are listed, and nothing between them is missing.
    said = {(one.at, *PROMISED.fullmatch(one.text).groups()) for one in promised}
    assert said <= {(at, ROOM if who == "ops" else who, via) for at, who, via in came}
    if len(promised) < MOST_NEXT:
        assert len(said) == len(came)
    assert len({one for one in came if one[0] < last}) == len({one for one in said if one[0] < last})


@settings(max_examples=60)
@given(NIGHTS)
def test_readiness_promises_what_is_sent(said):
    """It is ready exactly if an incident that is opened then leads to something sent by the first step or its fallback."""
    night = Night(said | {"fails": {}})
    night.minute(3)
    cases = [one for one in night.report().cases if one.severity is said["severity"]]
    night.score.alert(severity=said["severity"].value)
    for number in range(3, 120):
        night.minute(number).play()
    first = [
        one
        for one in night.explained().messages
        if one.tells is Tells.PAGE and one.status is PageStatus.SENT and one.step == 1 and one.cycle == 1
    ]
    for case in cases:
        assert case.ready == bool(first), (case, first)
        assert case.ready or case.missing
        if first:
            assert case.at == min(one.sent_at for one in first)


@pytest.fixture
def score(any_store):
    """Return an empty score, on every backend."""
    score = Score(any_store)
    score.person("ana", "email").person("bo", "sms").person("cy")
    score.town.on_call["Primary"] = "ana"
    score.policy(
        steps=[("schedule:Primary", 0), ("bo", 5), ("cy", 5)], name="Shop", conditions={"service": ["checkout"]}
    )
    return score


def explained(score, person=""):
    incident = score.store.incident("INC-1001")
    return explain(score.store, score.town, score.phones.channels(), incident, person, now=score.now)


def text_of(found, part):
    return [one.text for one in found.lines if one.part is part]


def test_who_was_paged_is_told_when_how_and_why(score):
    """From the alert to the provider's answer, in order."""
    score.at("02:00").alert()
    score.at("02:00").expect_page("ana", via="email")
    score.at("02:01")
    found = explained(score, "ana")
    assert found.summary == "ana was paged by email at 02:00 UTC (delivered to the provider in 0.0 s)"
    assert [one.part for one in found.lines] == [
        *(Part.TIMELINE, Part.TIMELINE, Part.POLICY, Part.STEP, Part.PAGE, Part.DELIVERY),
    ]
    assert found.lines[0].reason is Reason.OPENED
    assert found.lines[0].text.startswith("opened by tocsin: its problem had no open incident")
    assert text_of(found, Part.POLICY) == [
        "cycle 1 goes by the policy Shop: its service holds; would hold too, and say less: Default"
    ]
    assert text_of(found, Part.STEP) == ["cycle 1, step 1: names ana (on call of Primary), by email (as the test says)"]
    assert text_of(found, Part.DELIVERY) == ["ana by email, try 1: delivered to the provider in 0.0 s (id p-1)"]
    (next_,) = found.next[:1]
    assert (next_.at, next_.text) == (score._moment("02:05"), "step 2: bo by sms (named)")


def test_who_was_not_paged_is_told_who_was_and_what_came_before_their_step(score):
    """The reason is that of the cycle's end."""
    score.at("02:00").alert()
    score.at("02:00").expect_page("ana", via="email")
    score.at("02:03").acknowledge("ana")
    score.at("02:04").do(lambda one: one.service.start("INC-1001", by="cy"))
    score.until("02:20")
    found = explained(score, "bo")
    assert not found.paged
    assert found.reason is PageReason.ACKNOWLEDGED
    assert found.summary == (
        "bo was not paged: ana by email (on call of Primary); cycle 1 is over before step 2: "
        "somebody had acknowledged (ana acknowledged at 02:03 UTC)"
    )
    assert text_of(found, Part.STEP) == [
        "cycle 1, step 1: bo is not among those whom it names; paged is ana by email (on call of Primary)"
    ]
    assert found.next == ()


def test_what_an_acknowledgement_stops_is_said_before_its_time(score):
    """The page is dropped when it is due; until then it is no promise."""
    score.town.saved.clear()
    score.person("ana", "email", ("sms", 5)).policy(steps=[("ana", 0)])
    score.at("02:00").alert().expect_page("ana", via="email")
    score.at("02:01").acknowledge("bo")
    found = explained(score, "ana")
    (sms,) = [one for one in found.messages if one.channel == "sms"]
    assert (sms.status, sms.reason) == (PageStatus.PENDING, PageReason.ACKNOWLEDGED)
    assert sms.why == "will not be sent: somebody had acknowledged"
    assert "ana by sms: will not be sent: somebody had acknowledged" in text_of(found, Part.PAGE)


def test_each_cycle_names_whoever_acknowledged_it(score):
    """Not who did it last, nor who began to work on what was acknowledged."""
    score.at("02:00").alert(severity="high").expect_page("ana", via="email")
    score.at("02:03").acknowledge("ana")
    score.at("02:11").alert().expect_page("ana", via="email")
    score.at("02:12").acknowledge("bo")
    score.until("02:20")
    assert [text.partition("(")[2] for text in text_of(explained(score), Part.END)] == [
        "ana acknowledged at 02:03 UTC)",
        "bo acknowledged at 02:12 UTC)",
    ]
    assert explained(score).summary.endswith("; bo acknowledged at 02:12 UTC")


def test_whoever_has_no_way_to_be_reached_is_told_so(score):
    """And whoever nothing names, too."""
    score.at("02:00").alert()
    score.at("02:00").expect_page("ana", via="email")
    score.at("02:05").expect_page("bo", via="sms")
    score.until("02:12")
    found = explained(score, "cy")
    assert (found.paged, found.reason) == (False, PageReason.NO_CONTACT)
    assert explained(score, "dee").reason is WhyNot.NOT_NAMED
    assert explained(score).summary == "paged were ana by email at 02:00 UTC, bo by sms at 02:05 UTC"


def test_what_was_adopted_pages_nobody(score):
    """There was no cycle."""
    score.at("02:00").alert()
    incident = score.store.incident("INC-1001")
    found = explain(MemoryStore(), score.town, {}, incident, "ana", now=score.now)
    assert found.reason is WhyNot.NO_CYCLE


def test_what_is_missing_is_said_with_what_mends_it(score):
    """And doubts, of what is ready all the same."""
    score.at("02:00")
    score.town.viewers = {"ana"}
    report = readiness(score.store, score.town, score.phones.channels("sms"), ["checkout"], score.now)
    (checkout,) = [one for one in report.cases if one.services == ("checkout",) and one.severity is Severity.HIGH]
    (other,) = [one for one in report.cases if one.services == (ANY_OTHER,) and one.severity is Severity.HIGH]
    assert (checkout.ready, checkout.policy, checkout.told) == (True, "Shop", "ana by email (on call of Primary)")
    assert {one.reason for one in checkout.doubts} == {
        *(Doubt.CANNOT_ACKNOWLEDGE, PageReason.CHANNEL_NOT_SET_UP, PageReason.NO_CONTACT),
    }
    assert (other.ready, other.policy) == (False, "Default")
    assert [(one.reason, one.text) for one in other.missing] == [
        (PageReason.NOBODY_ON_CALL, "the team: nobody is on call"),
        (PageReason.NO_CONTACT, "admins: there is no way to reach them"),
    ]
    assert all(one.todo for case in report.cases for one in (*case.missing, *case.doubts))
    assert not report.ready


def test_nothing_of_it_is_written_or_sent(score):
    """However much is asked."""
    score.at("02:00").alert()
    before = [(one.kind, one.id, one.version) for one in score.store.due(score.now)]
    explained(score, "ana")
    readiness(score.store, score.town, score.phones.channels(), ["checkout"], score.now)
    assert [(one.kind, one.id, one.version) for one in score.store.due(score.now)] == before
    assert score.phones.asked == 0
    score.at("02:00").expect_page("ana", via="email")


def test_an_environment_is_a_case_of_its_own_where_policies_differ(score):
    """And what a policy is for that no service comes to."""
    score.policy(steps=[("bo", 0)], name="Lab", conditions={"environment": ["lab"]})
    score.policy(steps=[("bo", 0)], name="Region", conditions={"labels": ["region:eu"], "severity": ["low"]})
    report = readiness(score.store, score.town, score.phones.channels(), ["checkout", "search"], score.now)
    by_policy = {}
    for case in report.cases:
        by_policy.setdefault(case.policy, set()).update(case.services)
    assert by_policy == {
        "Shop": {"checkout"},
        "Default": {"search", ANY_OTHER},
        "Lab": {"search in lab", f"{ANY_OTHER} in lab"},
        "Region": {"what Region is for"},
    }


def test_what_a_policy_holds_until_morning_waits_and_says_so(any_store):
    """For whoever would have been paged, and for everybody; whom nothing names does not wait for it."""
    hold = {"severity": ["low"], "times": {"hours": [{"begin": "22:00", "end": "07:00"}], "time_zone": "UTC"}}
    score = Score(any_store)
    score.person("ana", "email").person("bo", "sms").policy(steps=[("ana", 0), ("bo", 5)], hold=hold)
    score.at("02:00").alert(severity="low")
    score.until("02:10")
    waits = "cycle 1 waits before step 1 until 2026-03-02 07:00 UTC: the policy holds it until morning"
    assert (explained(score).summary, explained(score).reason) == (
        f"nobody was paged: {waits}",
        PageReason.HELD_UNTIL_MORNING,
    )
    assert explained(score, "ana").summary == f"ana was not paged: {waits}"
    assert explained(score, "bo").summary == f"bo was not paged: {waits}, and step 2 names them"
    assert text_of(explained(score, "ana"), Part.WAIT) == [waits]
    assert explained(score, "dee").reason is WhyNot.NOT_NAMED


def test_what_waits_whether_a_recovery_lasts_says_so(score):
    """Until it is resolved: the cycle is not over before."""
    score.at("02:00").alert().expect_page("ana", via="email")
    score.at("02:03").over()
    score.until("02:04")
    assert text_of(explained(score), Part.WAIT) == [
        "cycle 1 waits before step 2: everything has recovered: it waits whether that lasts"
    ]
