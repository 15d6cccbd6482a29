"""Links that acknowledge: for one person, one incident, and what its page told of; for a day."""

from base64 import urlsafe_b64decode
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.desk import NOON
from tests.reach import BOSS, Reached
from tocsin.channels.sms_text import fitted
from tocsin.domain.access import UserRole
from tocsin.domain.contact import ChannelKind
from tocsin.domain.message import Tells
from tocsin.domain.page import Page
from tocsin.domain.rules import Rules
from tocsin.domain.severity import Severity
from tocsin.domain.user import UserEdit
from tocsin.errors import IllegalMove, NotFound, PreconditionFailed, SignInRefused
from tocsin.identity.signing_keys import SigningKeys
from tocsin.services.acting import Acting
from tocsin.services.incidents import IncidentService
from tocsin.services.link_tokens import PageLink, read, written
from tocsin.services.page_links import GOOD_FOR, PURPOSE, PageLinks, acknowledge_cycle, outlook, resolve_cycle
from tocsin.services.paging.asking import Asking
from tocsin.services.paging.wording import with_link
from tocsin.services.signing import STAMP

pytestmark = pytest.mark.large  # moto takes its time: the other stand-in for DynamoDB tries them, in integration

ADDRESS = "https://tocsin.example.com/ack?t="
INC = "INC-1001"
HEX = st.binary(min_size=16, max_size=16).map(bytes.hex)


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
    others = [
        quick.links(quick.page(**more)).removeprefix(ADDRESS)
        for more in ({"cycle": 2}, {"incident_id": "INC-1002"}, {"user": "f" * 32}, {"made_at": NOON + GOOD_FOR})
    ]
    mixed = [written(read(token)[0], read(other)[1]) for other in others]
    odd = ("", ".", "A", token + ".", token + "=", token + "\n", " " + token, token.upper(), "9" * 5000, "٣" + token)
    for wrong in (*odd, *mixed, *(token[:length] for length in range(len(token)))):
        with pytest.raises(SignInRefused, match="no good"):
            quick.links.read(wrong, NOON)


def test_a_signature_for_something_else_is_none_for_this(quick):
    """Whatever else the keys have signed, a longer signature of the same among it."""
    packed = quick.link().packed
    others = [
        quick.keys.stamp("something else", packed),
        urlsafe_b64decode(quick.keys.mac(PURPOSE, packed.decode("latin-1")).partition(".")[2] + "=")[:STAMP],
        urlsafe_b64decode(quick.keys.mac(f"stamp: {PURPOSE}", "").partition(".")[2] + "=")[:STAMP],
        bytes(STAMP),
    ]
    for stamp in others:
        with pytest.raises(SignInRefused):
            quick.links.read(written(packed, stamp), NOON)
    assert quick.links.read(written(packed, quick.keys.stamp(PURPOSE, packed)), NOON) == quick.link()


def test_a_link_stays_good_while_keys_are_exchanged(quick):
    """Once; exchanged twice, its key is gone. Wherever it is followed, and whichever key that process has read."""
    quick.keys.current()
    quick.place.rotate()
    newer = PageLinks(SigningKeys(quick.place, clock=quick.clock), ADDRESS)
    old, new = (links(quick.page()).removeprefix(ADDRESS) for links in (quick.links, newer))
    assert old != new
    quick.later(minutes=1)
    for links in (quick.links, newer):
        assert [links.read(one, quick.now).user for one in (old, new)] == [quick.ann.id] * 2
    quick.place.rotate()
    quick.later(minutes=15)
    with pytest.raises(SignInRefused):
        quick.links.read(old, quick.now)
    assert quick.links.read(new, quick.now).incident_id == INC


@given(
    st.integers(0, 10**18 - 1),
    st.integers(0, 10**6),
    st.integers(0, 2**40),
    st.text(st.characters(codec="utf-8")) | HEX,
)
@settings(max_examples=50)
def test_whatever_a_link_says_is_read_as_it_was_written(number, cycle, until, user):
    """Ids of people too, whatever makes them; those that are no hexadecimal digits are not taken for such."""
    link = PageLink(f"INC-{number}", cycle, user, until)
    assert PageLink.unpacked(link.packed) == link
    if len(link.packed) < 100:
        assert read(written(link.packed, bytes(STAMP))) == (link.packed, bytes(STAMP))


@pytest.mark.parametrize(
    "address, room",
    [("https://abcdefghij.execute-api.ap-southeast-1.amazonaws.com", 39), ("https://tocsin.example.com", 72)],
)
def test_a_link_leaves_room_in_an_sms(quick, address, room):
    """For so many characters, at the longest address that AWS gives and at one of one's own."""
    page = quick.page(user="0123456789abcdef" * 2, incident_id="INC-16383", cycle=63)
    link = PageLinks(quick.keys, f"{address}/ack?t=")(page)
    words = "CRITICAL: INC-16383 " + "Checkout is down " * 9
    said = fitted(with_link(words, link))
    assert said.endswith(f"... {link}")
    assert said.startswith("CRITICAL: INC-16383 Checkout")
    assert len(said) - len(link) - 1 == room


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
