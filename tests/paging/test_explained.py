"""What is explained, and what readiness promises, against what was really sent: over random nights, and by name."""

from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.fakes import MemoryStore
from tests.paging.score import MIDNIGHT, MINUTE, Score
from tocsin.domain.explanation import Part, WhyNot
from tocsin.domain.message import Tells
from tocsin.domain.page import PageReason, PageStatus
from tocsin.domain.readiness import Doubt
from tocsin.domain.severity import Severity
from tocsin.errors import Conflict, Refused, Undelivered
from tocsin.services.paging.explaining import Explaining
from tocsin.services.paging.readiness import readiness

PEOPLE = ("ana", "bo", "cy", "dee")
ROOM = "slack-ops"
CHANNELS = ("email", "sms", "voice")
WAY = st.sampled_from([*CHANNELS, ("sms", 3), ("voice", 7)])
WAYS = st.lists(WAY, max_size=3, unique_by=lambda way: way if isinstance(way, str) else way[0])
TARGETS = st.sampled_from([*(f"user:{one}" for one in PEOPLE), "schedule:day", "schedule:gap", "schedule:all", "on_call", "room:ops"])
STEP = st.tuples(TARGETS, st.sampled_from([0, 2, 5, 10]), st.sampled_from([(), ("sms",), ("email", "voice")]), st.booleans())

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
        explain = Explaining(score.store, score.town, self.channels, clock=lambda: score.now)
        return explain(score.store.incident("INC-1001"), person)

    @property
    def channels(self):
        return self.score.phones.channels(*self.score._without)

    def report(self):
        score = self.score
        return readiness(score.store, score.town, self.channels, ["checkout"], score.now)


@settings(max_examples=150)
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
        try:
            if act == "over":
                night.score.over()
            elif act is not None:
                getattr(night.score, act)("ana")
        except Conflict:
            pass
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


@settings(max_examples=100)
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
    came = sorted(at for at, _, _ in night.pages(since + MINUTE))
    # Of what is bundled, each page is promised, and one message comes.
    assert sorted({one.at for one in promised}) == sorted(set(came))[: len({one.at for one in promised})]
    assert bool(promised) == bool(came)


@settings(max_examples=150)
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
