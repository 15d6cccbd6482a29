"""Pages by hand, test pages, and escalations by hand."""

from datetime import timedelta

import pytest

from tests.paging.real_town import RealTown
from tests.paging.score import Score
from tests.paging.town import a_contact
from tests.reach import BOSS, Reached
from tocsin.domain.change import Record, RecordWrite
from tocsin.domain.contact import ChannelKind
from tocsin.domain.decision import Reason
from tocsin.domain.draft import Draft
from tocsin.domain.intents import ESCALATION
from tocsin.domain.message import Tells
from tocsin.domain.page import PageReason, PageStatus
from tocsin.domain.rules import Rules
from tocsin.domain.severity import Severity
from tocsin.domain.timeline import EventKind
from tocsin.errors import Conflict, IllegalMove, InvalidInput, NotFound
from tocsin.services.acting import Acting
from tocsin.services.auditing import AuditLog
from tocsin.services.paging.asking import LONGEST_SAID, Asking
from tocsin.services.paging.desk import every_page
from tocsin.services.paging.notifications import Notifications

pytestmark = pytest.mark.large  # moto takes its time: the other stand-in for DynamoDB tries them, in integration

INC = "INC-1001"


class Night(Score):
    """A score in which people also ask for pages."""

    def __init__(self, store, **more):
        super().__init__(store, **more)
        acting = Acting(store, rules=self.rules, clock=lambda: self.now, new_id=self.new_id)
        self.audit = AuditLog(store, clock=lambda: self.now, new_id=self.new_id)
        self.asking = Asking(acting, self.audit, self.town, None)

    def escalate(self, by="eve", incident=INC):
        self.asking.escalate(incident, {"by": by})
        return self

    def notify(self, *targets, **more):
        self.asked = self.asking.notify(targets, more.pop("text", ""), actor=BOSS, **more)
        return self


@pytest.fixture
def night(any_store):
    """Return a night with two people, and a policy that pages one after the other."""
    night = Night(any_store)
    night.person("ana", "email").person("bo", "sms")
    night.policy(steps=[("ana", 0), ("bo", 30)])
    return night


def test_a_page_by_hand_keeps_nothing_back(night):
    """It goes at any rate; what is worse than all that machines told lately goes at once, all the same."""
    night.at("02:00")
    for number in range(4):
        night.alert(f"host-{number}", service=f"service-{number}", severity="low").expect_page("ana", via="email")
    night.notify("user:ana", text="Call me").expect_page("ana", via="email", says="Call me")
    night.alert("fifth", service="fifth", severity="low").expect_nothing()
    night.alert("db-cpu", severity="critical").expect_page("ana", via="email", says="CRITICAL")


def test_an_escalation_by_hand_pages_the_next_step_at_once(night):
    """Whoever was reached before is not paged again, and the cycle so far goes on no more."""
    night.at("02:00").alert().expect_page("ana", via="email", step=1)
    night.at("02:05").escalate().expect_page("bo", via="sms", step=2).until("02:10")
    assert night.events("cycle_started") == ["cycle 2: escalated by hand, from step 2"]
    night.acknowledge("bo").until("06:00")


def test_an_escalation_by_hand_waits_for_no_recovery(night):
    """Whoever asks for it knows that nothing fires."""
    night.at("02:00").alert().expect_page("ana", via="email", step=1)
    night.at("02:04").over().at("02:05").escalate().expect_page("bo", via="sms", step=2)


def test_it_goes_on_from_there_until_nobody_is_left(night):
    """And says so, as any cycle does."""
    night.at("02:00").alert().expect_page("ana", via="email", step=1)
    night.at("02:05").escalate().expect_page("bo", via="sms", step=2).until("04:00")
    assert night.events("exhausted") == ["cycle 2: nobody acknowledged, and the policy has no further step"]


def test_the_last_step_comes_again(night):
    """However often somebody escalates."""
    night.at("02:00").alert().expect_page("ana", via="email")
    night.at("02:01").escalate().expect_page("bo", via="sms", step=2)
    night.at("02:02").escalate().expect_page("bo", via="sms", step=2)


def test_after_the_last_round_began_anew_the_last_step_was_reached(any_store):
    """It is not begun from the first step, whose turn it would be."""
    night = Night(any_store).person("ana", "email").person("bo", "sms")
    night.policy(steps=[("ana", 0), ("bo", 5)], repeat=3, repeat_after_minutes=60)
    night.at("02:00").alert().expect_page("ana", via="email")
    night.at("02:05").expect_page("bo", via="sms", step=2)
    night.at("02:10").escalate().expect_page("bo", via="sms", step=2)


def test_what_somebody_acknowledged_is_escalated_too(night):
    """More people are wanted on it, and its status stays."""
    night.at("02:00").alert().expect_page("ana", via="email")
    night.at("02:01").acknowledge("ana").expect_nothing()
    night.at("02:02").escalate("ana").expect_page("bo", via="sms", step=2)
    assert night.store.incident(INC).status == "acknowledged"


def test_an_escalation_before_the_first_step_waits_for_nothing(any_store):
    """Neither for the delay of the step, nor until morning."""
    hours = [{"begin": "00:00", "end": "08:00"}]
    night = Night(any_store).person("ana", "email")
    night.policy(steps=[("ana", 30)], hold={"severity": ["critical"], "times": {"hours": hours}})
    night.at("02:00").alert().expect_nothing()
    night.at("02:01").escalate().expect_page("ana", via="email", step=1)


def test_an_escalation_ends_a_snooze(night):
    """Whoever escalates does not want it held."""
    night.at("02:00").alert().expect_page("ana", via="email")
    night.service.snooze(INC, night.now + timedelta(hours=3), by="ana")
    night.at("02:05").escalate().expect_page("bo", via="sms", step=2)
    assert night.store.incident(INC).snoozed_until is None
    assert night.store.incident(INC).cycles == 2


def test_what_was_never_paged_begins_with_the_first_step(night):
    """As what was there at first contact, which pages nobody by itself."""
    night.at("02:00").alert(severity="critical")
    adopted = night.store.incident(INC).model_copy(update={"cycles": 0, "acknowledged_severity": Severity.CRITICAL})
    draft = Draft(night.store.incident(INC), at=night.now)
    draft.step(adopted, EventKind.NOTED, Reason.ADOPTED)
    draft.write_record(RecordWrite(kind=ESCALATION, id=f"{INC}:1", record=None))
    night.store.commit(draft.change("adopted"))
    night.expect_nothing().escalate().expect_page("ana", via="email", step=1)


def test_nobody_is_left_believing_that_somebody_is_paged(night):
    """What is over, or silenced, is refused, and nothing is written."""
    night.at("02:00").alert().expect_page("ana", via="email")
    night.town.silences["quiet"] = lambda _incident, _at: True
    version = night.store.incident(INC).version
    with pytest.raises(IllegalMove, match="silence quiet"):
        night.escalate()
    night.town.silences.clear()
    assert night.store.incident(INC).version == version
    night.resolve("ana")
    with pytest.raises(IllegalMove, match="is resolved"):
        night.escalate()
    with pytest.raises(NotFound):
        night.escalate(incident="INC-9999")


def test_a_page_by_hand_goes_at_once_over_every_way(night):
    """Whatever the hour, the rules for how long to wait, and who acknowledged."""
    night.person("cy", "email", ("sms", 20))
    night.town.quiet["cy"] = lambda _severity, at: at + timedelta(hours=5)
    night.at("02:00").alert().expect_page("ana", via="email")
    night.acknowledge("ana")
    night.notify("user:cy", text="please look", incident_id=INC)
    for way in ("email", "sms"):
        night.expect_page("cy", via=way, step=0, says="a test pages you: please look")
    assert night.events("paged")[-1].startswith("by hand: cy by email, sms (named) (a test pages you: please look)")
    assert not list(night.audit.entries())


def test_a_page_about_nothing_in_particular_is_on_record(night):
    """In the audit log, as no timeline has it."""
    night.town.room("ops")
    night.at("02:00").notify("user:ana", "room:ops", "user:ana")
    night.expect_page("ana", via="email", says="a test pages you").expect_page("ops", via="slack")
    (entry,) = night.audit.entries()
    assert (entry.action, entry.actor) == ("paged", "a test")
    assert entry.details == {"targets": ["user:ana", "room:ops"], "text": "a test pages you"}


def test_who_cannot_be_paged_is_told_and_nobody_at_all_is_refused(night):
    """Nothing is written then."""
    night.at("02:00").notify("user:ana", "user:nobody").expect_page("ana", via="email")
    assert [(one.what, one.reason) for one in night.asked.missing] == [("nobody", PageReason.NO_CONTACT)]
    with pytest.raises(InvalidInput, match="nobody can be paged: nobody: there is no way to reach them"):
        night.notify("user:nobody")
    with pytest.raises(NotFound):
        night.notify("user:ana", incident_id="INC-9999")
    with pytest.raises(InvalidInput, match="at most"):
        night.notify("user:ana", text="x" * (LONGEST_SAID + 1))
    with pytest.raises(InvalidInput, match="1 to"):
        night.notify()
    night.until("02:10")


def test_only_channels_that_were_asked_for_are_used(night):
    """Where they have one of them."""
    night.person("cy", "email", "sms").at("02:00")
    night.notify("user:cy", channels=[ChannelKind.SMS]).expect_page("cy", via="sms").until("02:05")


def test_too_many_pages_at_once_are_refused(night):
    """They would be more than one commit."""
    night.person("cy", *["email"] * 90)
    night.town.people["cy"] = [
        way._replace(contact=a_contact("cy", ChannelKind.EMAIL, name=str(number)))
        for number, way in enumerate(night.town.people["cy"])
    ]
    with pytest.raises(InvalidInput, match="90 pages at once"):
        night.notify("user:cy")


def test_what_is_written_with_a_page_is_written_or_none_of_it(night):
    """So that a request that comes twice pages once."""
    night.at("02:00").alert().expect_page("ana", via="email")
    for name, more in (("x", {}), ("y", {"incident_id": INC})):
        also = (RecordWrite(kind="once", id=name, record=Record(kind="once", id=name), expected=0),)
        night.notify("user:bo", also=lambda _asked, also=also: also, **more).expect_page("bo", via="sms")
        with pytest.raises(Conflict):
            night.notify("user:bo", also=lambda _asked, also=also: also, **more)
    night.until("02:05")


def test_a_page_by_hand_survives_that_others_write_to_the_incident(night):
    """It is decided anew, and goes once."""
    night.at("02:00").alert().expect_page("ana", via="email")
    found, writes = night.town.found, iter([True])

    def meddled(*asked):
        if next(writes, False):
            night.service.note(INC, "meanwhile", by="ana")
        return found(*asked)

    night.town.found = meddled
    night.notify("user:bo", incident_id=INC).expect_page("bo", via="sms").until("02:05")


@pytest.fixture
def reached(any_store):
    """Return how people are reached, and what pages them there."""
    reached = Reached(any_store)
    acting = Acting(any_store, rules=None, clock=reached.clock, new_id=reached.new_id)
    reached.asking = Asking(acting, reached.audit, None, reached.contacts)
    return reached


def test_a_test_page_goes_to_ones_own_verified_way(reached):
    """And nowhere else."""
    ann = reached.person()
    page = reached.asking.test_page(ann, "account")
    assert (page.tells, page.channel, page.user) == (Tells.TEST, ChannelKind.EMAIL, ann.id)
    assert [page for _, page in every_page(reached.store, "test:")] == [page]
    phone = reached.contacts.add(ann, ChannelKind.SMS, {"number": "+49301234567"}, actor=BOSS)
    with pytest.raises(InvalidInput, match="not verified"):
        reached.asking.test_page(ann, "1")
    other = reached.person("other@example.com")
    with pytest.raises(NotFound):
        reached.asking.test_page(other, phone.id)


def test_pages_are_found_by_incident_person_and_status(night):
    """In lists that go on where the one before ended."""
    night.at("02:00").alert("a", service="a").alert("b", service="b")
    night.expect_page("ana", via="email").notify("user:bo").expect_page("bo", via="sms")
    those = Notifications(night.store)
    assert [one.incident_id for one in those.find(incident_id="INC-1002")[0]] == ["INC-1002"]
    assert {one.user for one in those.find(user="bo")[0]} == {"bo"}
    assert those.find(status=PageStatus.FAILED) == ([], "")
    first, cursor = those.find(limit=2)
    rest, end = those.find(limit=2, cursor=cursor)
    assert (len(first), len(rest), end) == (2, 1, "")
    assert len({one.id for one in [*first, *rest]}) == 3
    page, attempts = those.one(first[0].id)
    assert page == first[0]
    assert [(one.number, one.sent) for one in attempts] == [(1, True)]
    for wrong in ("%%%", "AA=="):
        with pytest.raises(InvalidInput):
            those.find(cursor=wrong)
    for unknown in ("", "nothing", "x" * 1000):
        with pytest.raises(NotFound):
            those.one(unknown)


def test_whom_somebody_pages_by_hand_no_policy_has_named(any_store):
    """So the page does not say that one did."""
    town = RealTown(any_store)
    ann = town.change(town.person(), email_verified=True)
    acting = Acting(any_store, rules=Rules(), clock=town.clock, new_id=town.new_id)
    asking = Asking(acting, town.audit, town.lookup, town.contacts)
    (page,) = asking.notify([f"user:{ann.id}"], "come", actor=BOSS).pages
    assert page.detail == "named"
