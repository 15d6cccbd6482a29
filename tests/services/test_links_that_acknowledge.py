"""Links that acknowledge: for one person, one incident, and what its page told of; for a day."""

from datetime import timedelta

import pytest

from tests.desk import NOON
from tests.reach import BOSS, Reached
from tocsin.domain.access import UserRole
from tocsin.domain.contact import ChannelKind
from tocsin.domain.message import Tells
from tocsin.domain.page import Page
from tocsin.domain.rules import Rules
from tocsin.domain.severity import Severity
from tocsin.domain.user import UserEdit
from tocsin.errors import IllegalMove, NotFound, PreconditionFailed, SignInRefused
from tocsin.services.acting import Acting
from tocsin.services.incidents import IncidentService
from tocsin.services.page_links import GOOD_FOR, PageLinks, acknowledge_cycle, outlook, resolve_cycle
from tocsin.services.paging.asking import Asking

pytestmark = pytest.mark.large  # moto takes its time: the other stand-in for DynamoDB tries them, in integration

ADDRESS = "https://tocsin.example.com/api/v1/pages/ack?token="
INC = "INC-1001"


class Linked(Reached):
    """A store with an incident, a responder, and links to acknowledge it."""

    def __init__(self, store):
        super().__init__(store)
        how = {"rules": Rules(), "clock": self.clock, "new_id": self.new_id}
        self.acting = Acting(store, **how)
        self.service = IncidentService(store, **how)
        self.links = PageLinks(self.keys, ADDRESS)
        self.ann = self.person()
        self.service.open("Checkout is down", by="eve", severity=Severity.HIGH)

    def page(self, **more):
        """Return a page of somebody."""
        said = {"incident_id": INC, "cycle": 1, "user": self.ann.id, "contact": "account", "channel": "email"}
        return Page.model_validate({"id": "p", "made_at": self.now, "not_before": self.now, **said, **more})

    def link(self, **more):
        """Return what the link of a page says."""
        return self.links.read(self.links(self.page(**more)).removeprefix(ADDRESS), self.now)

    def escalate(self):
        """Begin another cycle."""
        Asking(self.acting, self.audit, Nobody(), self.contacts).escalate(INC, {"by": "eve"})

    @property
    def incident(self):
        """The incident as it is."""
        return self.store.incident(INC)


class Nobody:
    """A directory in which there is nothing."""

    def policies(self):
        return ()

    def team_of(self, _incident):
        return ""

    def silence_of(self, _incident, _at):
        return ""


@pytest.fixture
def linked(any_store):
    """Return a store with an incident, a responder, and links."""
    return Linked(any_store)


@pytest.fixture
def quick(quick_store):
    """Return the same on a quick backend: what is looked at is not kept."""
    return Linked(quick_store)


def test_a_link_acknowledges_as_the_person_whose_page_it_is(linked):
    """Looking at it first changes nothing, and following it twice is no error."""
    link = linked.link()
    before = linked.incident
    found = outlook(linked.acting, linked.users, link)
    assert (found.user.email, found.done, linked.incident) == ("ann@example.com", False, before)
    after = acknowledge_cycle(linked.acting, linked.users, link)
    assert (after.status, after.acknowledged_by, after.assignees) == (
        "acknowledged",
        linked.ann.email,
        ("ann@example.com",),
    )
    assert acknowledge_cycle(linked.acting, linked.users, link) == linked.incident == after
    assert outlook(linked.acting, linked.users, link).done


def test_a_link_of_an_earlier_cycle_acknowledges_nothing(linked):
    """Its page did not tell of what has joined since; the newer page's does."""
    old = linked.link()
    linked.later(minutes=1)
    linked.escalate()
    for follow in (acknowledge_cycle, resolve_cycle, outlook):
        with pytest.raises(PreconditionFailed, match="has got worse since this page"):
            follow(linked.acting, linked.users, old)
    assert linked.incident.acknowledged_cycles == 0
    assert acknowledge_cycle(linked.acting, linked.users, linked.link(cycle=2)).acknowledged_cycles == 2
    # What somebody else acknowledged needs nothing more.
    assert outlook(linked.acting, linked.users, old).done


def test_a_link_does_not_cancel_what_is_yet_to_be_paged(linked):
    """It got worse after it was acknowledged, and the next cycle waits: the second host is not silenced by the first."""
    link = linked.link()
    acknowledge_cycle(linked.acting, linked.users, link)
    linked.escalate()
    acknowledge_cycle(linked.acting, linked.users, linked.link(cycle=2))
    linked.later(seconds=1)
    linked.service.set_severity(INC, Severity.CRITICAL, by="eve")
    assert linked.incident.cycle_due_at is not None
    for cycle in (1, 2):
        with pytest.raises(PreconditionFailed):
            acknowledge_cycle(linked.acting, linked.users, linked.link(cycle=cycle))
    assert linked.incident.cycle_due_at is not None


def test_a_link_of_a_page_by_hand_covers_what_there_was(linked):
    """And not what has begun since."""
    old = linked.link(cycle=0)
    linked.later(minutes=1)
    linked.escalate()
    with pytest.raises(PreconditionFailed):
        acknowledge_cycle(linked.acting, linked.users, old)
    linked.later(minutes=1)
    assert acknowledge_cycle(linked.acting, linked.users, linked.link(cycle=0)).acknowledged_cycles == 2


def test_a_link_is_good_for_a_day(quick):
    """To the second."""
    token = quick.links(quick.page()).removeprefix(ADDRESS)
    assert quick.links.read(token, NOON + GOOD_FOR - timedelta(seconds=1)).incident_id == INC
    with pytest.raises(SignInRefused):
        quick.links.read(token, NOON + GOOD_FOR)


def test_nothing_of_a_link_can_be_changed(quick):
    """Not one character, and no other link's signature fits."""
    token = quick.links(quick.page()).removeprefix(ADDRESS)
    for place, char in enumerate(token):
        changed = token[:place] + ("1" if char != "1" else "2") + token[place + 1 :]
        with pytest.raises(SignInRefused):
            quick.links.read(changed, NOON)
    other = quick.links(quick.page(cycle=2)).removeprefix(ADDRESS)
    mixed = token.rsplit(".", 2)[0] + "." + other.split(".", 4)[4]
    for wrong in ("", ".", token + ".", token + "\n", " " + token, mixed, token.upper(), "9" * 5000, "٣" + token):
        with pytest.raises(SignInRefused, match="no good"):
            quick.links.read(wrong, NOON)


def test_a_signature_for_something_else_is_none_for_this(quick):
    """Whatever else the keys have signed."""
    text = quick.link().text
    with pytest.raises(SignInRefused):
        quick.links.read(f"{text}.{quick.keys.mac('something else', text)}", NOON)


@pytest.mark.parametrize(
    "more",
    [{"user": ""}, {"incident_id": ""}, {"tells": Tells.ALL_CLEAR}, {"tells": Tells.TEST}, {"tells": Tells.NOTICE}],
)
def test_only_a_page_of_a_person_about_an_incident_has_a_link(quick, more):
    """In a room nobody in particular would follow it."""
    assert quick.links(quick.page(**more)) == ""


def test_without_an_address_there_are_no_links(quick):
    """Those that were sent before are good all the same."""
    bare = PageLinks(quick.keys)
    assert bare(quick.page()) == ""
    assert bare.read(quick.links(quick.page()).removeprefix(ADDRESS), NOON) == quick.link()


@pytest.mark.parametrize("edit", [UserEdit(active=False), UserEdit(role=UserRole.VIEWER)])
def test_who_may_not_acknowledge_any_more_does_not(linked, edit):
    """Whatever link they have."""
    link = linked.link()
    linked.users.edit(linked.ann.id, edit, actor=BOSS)
    before = linked.incident
    for follow in (acknowledge_cycle, resolve_cycle, outlook):
        with pytest.raises(SignInRefused, match="may not acknowledge any more"):
            follow(linked.acting, linked.users, link)
    with pytest.raises(SignInRefused):
        acknowledge_cycle(linked.acting, linked.users, linked.link(user="nobody"))
    assert linked.incident == before


def test_what_is_over_is_not_acknowledged(linked):
    """Nor is what is not there."""
    link = linked.link()
    assert resolve_cycle(linked.acting, linked.users, link).status == "resolved"
    assert resolve_cycle(linked.acting, linked.users, link).resolved_by == "ann@example.com"
    for follow in (acknowledge_cycle, outlook):
        with pytest.raises(IllegalMove):
            follow(linked.acting, linked.users, link)
    with pytest.raises(NotFound):
        outlook(linked.acting, linked.users, linked.link(incident_id="INC-9999"))


def test_a_link_is_the_same_however_often_its_page_is_tried(quick):
    """So that a message that is sent again says the same."""
    page = quick.page(channel=ChannelKind.SMS)
    quick.later(hours=1)
    assert quick.links(page) == quick.links(page.model_copy(update={"tries": 3}))
