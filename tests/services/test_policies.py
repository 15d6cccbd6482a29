"""Escalation policies, on every backend: made, changed, and never two that tie."""

import pytest

from tests.fakes import MemoryStore
from tests.reach import Reached
from tests.services.test_losing_races import Between
from tocsin.domain.audit import Actor
from tocsin.domain.change import Change, Record, RecordWrite
from tocsin.domain.policy import DEFAULT_ID, MOST_POLICIES, default_policy
from tocsin.errors import AlreadyThere, InvalidInput, NotFound, PreconditionFailed
from tocsin.services.auditing import AuditLog
from tocsin.services.moving import move
from tocsin.services.policies import POLICY, Policies, every_policy
from tocsin.services.schedules import Schedules
from tocsin.services.targets import Targets
from tocsin.services.teams import Teams

pytestmark = pytest.mark.large  # moto takes its time: the other stand-in for DynamoDB tries them, in integration

BOSS = Actor("boss@example.com")
HOOK = "https://example.com/hook"


class Desk(Reached):
    """Policies of a store, and all whom they can name."""

    def __init__(self, store, **more):
        super().__init__(store, **more)
        parts = {"clock": self.clock, "new_id": self.new_id}
        self.teams = Teams(store, self.audit, **parts)
        self.schedules = Schedules(store, self.audit, **parts)
        self.targets = Targets(self.users, self.teams, self.schedules, self.contacts)
        self.policies = self.over(store)

    def over(self, store):
        """Return the policies of this store, by way of another."""
        audit = AuditLog(store, clock=self.clock, new_id=self.new_id, pause=lambda _attempt: None)
        return Policies(store, audit, self.targets, clock=self.clock, new_id=self.new_id)

    def add(self, name="Checkout", *targets, **more):
        return self.policies.add(document(name, *targets, **more), actor=BOSS)


def document(name="Checkout", *targets, **more):
    actions = [{"type": "notify", "target": one} for one in targets or ("on_call",)]
    return {"name": name, "conditions": {"service": [name]}, "steps": [{"actions": actions}]} | more


@pytest.fixture
def desk(any_store):
    made = Desk(any_store)
    made.ann = made.person()
    made.before = len(made.log())
    return made


def test_a_policy_is_made_and_found(desk):
    """By id, by name in any letter case and with any blanks; what is said of it is on record."""
    made = desk.add("Checkout  now")
    for said in (made.id, "Checkout  now", "checkout NOW"):
        assert desk.policies.named(said) == made
    assert (made.version, every_policy(desk.store)) == (1, (made,))
    assert desk.log()[desk.before :] == [("policy_added", "policy:Checkout now", {})]


@pytest.mark.parametrize("name", ["nobody", "", "a/b", "x" * 5_000, "é"])
def test_a_policy_that_is_not_there_is_not_found(desk, name):
    """Whatever is done with it."""
    asked = (
        lambda: desk.policies.named(name),
        lambda: desk.policies.put(name, document(), actor=BOSS),
        lambda: desk.policies.remove(name, actor=BOSS),
    )
    for ask in asked:
        with pytest.raises(NotFound, match="there is no escalation policy"):
            ask()


def test_there_is_always_a_default_policy(desk):
    """It is listed first; what is saved takes its place, and deleting that brings it back."""
    assert desk.policies.every() == [default_policy()]
    assert desk.policies.named("DEFAULT") == default_policy()
    zoe, ada = desk.add("Zoe"), desk.add("ada")
    put = desk.policies.put(DEFAULT_ID, document("Everything", conditions={}), actor=BOSS, expected=1)
    assert (put.id, put.version, desk.policies.named("everything")) == (DEFAULT_ID, 2, put)
    assert desk.policies.every() == [put, ada, zoe]
    again = desk.policies.put("everything", document("Everything", "admins", conditions={}), actor=BOSS, expected=2)
    assert (again.version, desk.policies.named(DEFAULT_ID)) == (3, again)
    desk.policies.remove("everything", actor=BOSS, expected=3)
    desk.policies.remove(DEFAULT_ID, actor=BOSS)
    assert desk.policies.every() == [default_policy(), ada, zoe]
    with pytest.raises(InvalidInput, match="the default policy"):
        desk.policies.put(DEFAULT_ID, document(), actor=BOSS)


def test_nothing_is_written_where_nothing_changes(desk):
    """Not even a line in the audit log."""
    made = desk.add()
    written = len(desk.log())
    assert desk.policies.put("checkout", document(), actor=BOSS) == made
    assert (
        desk.policies.put(DEFAULT_ID, document("Default", conditions={}) | as_said(default_policy()), actor=BOSS)
        == default_policy()
    )
    assert len(desk.log()) == written


def as_said(policy):
    return policy.model_dump(mode="json", exclude={"id", "version"})


def test_who_did_not_see_the_last_version_is_refused(desk):
    """And nothing is written."""
    made = desk.add()
    desk.policies.put(made.id, document(repeat=1), actor=BOSS, expected=1)
    for change in (
        lambda: desk.policies.put(made.id, document(repeat=2), actor=BOSS, expected=1),
        lambda: desk.policies.remove(made.id, actor=BOSS, expected=1),
    ):
        with pytest.raises(PreconditionFailed, match="was changed since you looked"):
            change()
    assert desk.policies.named(made.id).repeat == 1
    desk.policies.remove(made.id, actor=BOSS, expected=2)
    assert [action for action, _, _ in desk.log()[desk.before :]] == [
        "policy_added",
        "policy_changed",
        "policy_removed",
    ]


def test_two_that_tie_are_refused(desk):
    """Whichever is saved later; and so is a name that is taken."""
    desk.add()
    other = desk.add("Search")
    with pytest.raises(InvalidInput, match="Basket and Checkout could both hold"):
        desk.add("Basket", conditions={"service": ["CHECKOUT"]})
    with pytest.raises(InvalidInput, match="Search and Checkout could both hold"):
        desk.policies.put("search", document("Search", conditions={"service": ["checkout"]}), actor=BOSS)
    for name in ("checkout", "default"):
        with pytest.raises(AlreadyThere, match="there is a policy"):
            desk.add(name, conditions={"service": ["x"]})
    with pytest.raises(AlreadyThere, match="there is a policy Checkout already"):
        desk.policies.put(DEFAULT_ID, document("CHECKOUT", conditions={}), actor=BOSS)
    assert [one.name for one in desk.policies.every()] == ["Default", "Checkout", "Search"]
    assert desk.policies.named("search") == other


def test_one_that_is_switched_on_ties_as_one_that_is_made(desk):
    """While it is off it may say the same; and so may be made whatever the one that is on says, once that is off."""
    made = desk.add()
    off = desk.add("Basket", conditions={"service": ["CHECKOUT"]}, is_active=False)
    on = document("Basket", conditions={"service": ["CHECKOUT"]})
    with pytest.raises(InvalidInput, match="Basket and Checkout could both hold"):
        desk.policies.put(off.id, on, actor=BOSS)
    desk.policies.put(made.id, document(is_active=False), actor=BOSS)
    assert desk.policies.put(off.id, on, actor=BOSS).is_active


@pytest.mark.parametrize("first", ["add", "put"])
def test_of_two_that_are_saved_at_once_the_later_sees_the_tie(desk, first):
    """The audit log is what both write: who is second looks again at all policies."""
    desk.add("Search")
    racing = desk.over(Between(desk.store, lambda: desk.add("Winner", conditions={"service": ["x"]})))
    loser = document("Loser", conditions={"service": ["X"]})
    with pytest.raises(InvalidInput, match="Loser and Winner could both hold"):
        racing.add(loser, actor=BOSS) if first == "add" else racing.put("search", loser, actor=BOSS)
    assert [one.name for one in desk.policies.every()] == ["Default", "Search", "Winner"]


def test_what_was_deleted_meanwhile_is_gone(desk):
    """For whoever changes or deletes it, and it does not come back."""
    for act in (
        lambda those, one: those.put(one.id, document("Checkout", repeat=1), actor=BOSS),
        lambda those, one: those.remove(one.id, actor=BOSS),
    ):
        made = desk.add()
        racing = desk.over(Between(desk.store, lambda made=made: desk.policies.remove(made.id, actor=BOSS)))
        with pytest.raises(NotFound, match="has gone"):
            act(racing, made)
        assert desk.policies.every() == [default_policy()]


def test_whom_it_names_is_kept_by_id_and_shown_by_name(desk):
    """So that a new name changes nothing."""
    team = desk.teams.add("Crew", actor=BOSS)
    schedule = desk.schedules.add({"name": "Nights"}, actor=BOSS)
    desk.contacts.add_room("Ops", "sms", {"number": "+49301234567"}, actor=BOSS)
    said = ("user:ANN@example.com", "team:crew", "schedule:nights", "room:OPS", "assignees", "on_call", "admins")
    made = desk.add("Checkout", *said, fallback=["team:Crew"])
    assert made.fallback == (f"team:{team.id}",)
    assert made.targets[:3] == (f"user:{desk.ann.id}", f"team:{team.id}", f"schedule:{schedule.id}")
    desk.teams.edit("crew", name="Band", services=None, actor=BOSS)
    shown = desk.policies.shown(made)
    assert shown.targets == (
        "user:ann@example.com",
        "team:Band",
        "schedule:Nights",
        "room:Ops",
        "assignees",
        "on_call",
        "admins",
    )
    assert desk.policies.put(made.id, as_said(shown), actor=BOSS) == made
    desk.schedules.remove("nights", actor=BOSS)
    assert desk.policies.shown(made).targets[2] == f"schedule:{schedule.id}"


@pytest.mark.parametrize("target", ["user:nobody@example.com", "team:x", "schedule:x", "room:x", "room:é"])
def test_whom_nobody_knows_is_no_target(desk, target):
    """Neither of a step nor as a fallback."""
    for said in (document("Checkout", target), document(fallback=[target])):
        with pytest.raises(InvalidInput, match="there is no"):
            desk.policies.add(said, actor=BOSS)


def test_only_a_webhook_is_called_as_one(desk):
    """Any room can be paged."""
    for name, kind, words in (("Ops", "sms", {"number": "+49301234567"}), ("Hook", "webhook", {"url": HOOK})):
        desk.contacts.add_room(name, kind, words, actor=BOSS)
    called = [{"actions": [{"type": "webhook", "target": "room:hook"}, {"type": "notify", "target": "room:ops"}]}]
    assert desk.add(steps=called).called == ("room:hook",)
    with pytest.raises(InvalidInput, match="room:ops is of the kind sms, and no webhook"):
        desk.add("Search", steps=[{"actions": [{"type": "webhook", "target": "room:OPS"}]}])


def test_a_policy_that_cannot_be_read_spoils_no_other(desk, caplog):
    """A time zone that is none any more, say: the others still page, and are changed as ever."""
    made, other = desk.add(), desk.add("Search")
    record = desk.store.record(POLICY, made.id)
    broken = record.model_copy(update={"body": record.body | {"steps": []}, "version": 2})
    write = RecordWrite(kind=POLICY, id=made.id, record=broken, expected=1)
    desk.store.commit(Change(id="broken", at=desk.now, records=(write,)))
    assert every_policy(desk.store) == (other,)
    assert f"the policy {made.id} cannot be read" in caplog.text
    assert desk.policies.every() == [default_policy(), other]
    desk.add("Third")
    with pytest.raises(NotFound):
        desk.policies.named(made.id)


def test_there_are_only_so_many(desk):
    """And the default one is none of them."""
    made = desk.add("a")
    body = made.model_dump(mode="json")
    others = [Record(kind=POLICY, id=f"o-{one}", body=body | {"id": f"o-{one}"}) for one in range(1, MOST_POLICIES)]
    for first in range(0, len(others), 50):
        some = others[first : first + 50]
        writes = tuple(RecordWrite(kind=POLICY, id=one.id, record=one, expected=0) for one in some)
        desk.store.commit(Change(id=f"others-{first}", at=desk.now, records=writes))
    with pytest.raises(InvalidInput, match=f"there are {MOST_POLICIES} policies already"):
        desk.add("b")
    desk.policies.put(DEFAULT_ID, document("Everything", conditions={}), actor=BOSS)


def test_policies_are_copied_with_everything_else(desk):
    """From any store, those too that cannot list all that they hold."""
    desk.add()
    target = MemoryStore()
    move(desk.store, target, now=desk.now, new_id=desk.new_id)
    assert every_policy(target) == every_policy(desk.store) != ()
