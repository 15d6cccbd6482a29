"""People whom an issuer vouches for, on every backend: who becomes a user, who gets which role, and who stays out."""

import contextlib
import itertools
import threading
from datetime import timedelta

import pytest

from tests.desk import NOON
from tocsin.domain.access import UserRole
from tocsin.domain.audit import Actor, AuditAction
from tocsin.domain.change import Change, Record, RecordWrite
from tocsin.domain.external import Meaning
from tocsin.domain.user import UserEdit
from tocsin.errors import Conflict, IssuerFailed, NotAllowed, SignInRefused
from tocsin.services.auditing import AuditLog
from tocsin.services.external import PASSWORD, ExternalPeople, ExternalTokens
from tocsin.services.users import Users

pytestmark = pytest.mark.large  # moto takes its time: the other stand-in for DynamoDB tries them, in integration

ISSUER = "https://id.example.com"
ROLES = {"staff": UserRole.VIEWER, "oncall": UserRole.RESPONDER, "sre-admins": UserRole.ADMIN}
SOMEBODY = Actor("", "192.0.2.1", "request-1")
CLI = Actor("cli")


class Office:
    """A store with its users, and the people of an issuer."""

    def __init__(self, store):
        self.store, self.now = store, NOON
        ids = itertools.count(1)
        self.audit = AuditLog(store, clock=lambda: self.now, new_id=lambda: f"id-{next(ids)}")
        self.users = Users(store, self.audit, clock=lambda: self.now, new_id=lambda: f"id-{next(ids)}")
        self._ids = ids

    def people(self, *, link=False):
        meaning = Meaning(claim="groups", roles=ROLES)
        return ExternalPeople(self.store, self.users, self.audit, meaning, clock=lambda: self.now, link=link)

    def admit(self, *groups, link=False, **claims):
        """Let somebody in whom the issuer vouches for."""
        return self.people(link=link).admit(said(*groups, **claims), actor=SOMEBODY)

    def refused(self, why, *groups, link=False, **claims):
        """Let nobody in, for a reason that is in the log."""
        before = list(self.users.every())
        with pytest.raises(NotAllowed):
            self.admit(*groups, link=link, **claims)
        assert list(self.users.every()) == before
        last = next(self.audit.newest())
        assert (last.action, last.details["why"], last.address) == ("sign_in_refused", why, "192.0.2.1")
        return last

    def password_of(self, user):
        """Give a user a password."""
        record = Record(kind=PASSWORD, id=user.id, body={"hash": "..."})
        write = RecordWrite(kind=PASSWORD, id=user.id, record=record)
        self.store.commit(Change(id=f"password-{next(self._ids)}", at=self.now, records=(write,)))

    def actions(self):
        return [entry.action for entry in self.audit.entries()]


def said(*groups, **more):
    claims = {
        "iss": ISSUER,
        "sub": "ana-1",
        "iat": int(NOON.timestamp()),
        "email": "ana@example.com",
        "email_verified": True,
        "name": "Ana Lima",
        "groups": list(groups),
    }
    return {name: value for name, value in (claims | more).items() if value is not None}


@pytest.fixture
def office(any_store):
    return Office(any_store)


def test_the_first_sign_in_makes_the_user(office):
    """With the role that the issuer tells, and an entry in the log."""
    user = office.admit("oncall")
    assert (user.email, user.full_name, user.role) == ("ana@example.com", "Ana Lima", UserRole.RESPONDER)
    assert (user.subject, user.created_by) == (f"{ISSUER}|ana-1", "ana@example.com")
    assert user.may_sign_in
    assert office.users.by_subject(f"{ISSUER}|ana-1") == user
    (entry,) = office.audit.entries()
    assert (entry.action, entry.actor, entry.address) == (AuditAction.USER_SIGNED_UP, "ana@example.com", "192.0.2.1")


def test_the_same_person_is_the_same_user_and_nothing_is_written(office):
    """Whatever their address is now: it is the issuer's name for them that counts."""
    user = office.admit("oncall")
    assert office.admit("oncall", email="lima@example.com") == user
    assert office.admit("oncall", email=None, email_verified=False) == user
    assert len(office.actions()) == 1


@pytest.mark.parametrize("name", [None, "", "\u200b", 7])
def test_who_has_no_name_is_called_as_their_address_begins(office, name):
    """A user needs one."""
    assert office.admit("staff", name=name).full_name == "ana"


def test_the_role_follows_the_claim_at_each_sign_in(office):
    """Up and down."""
    office.users.add("root@example.com", "Root", UserRole.ADMIN, actor=CLI)
    for group, role in [("staff", "viewer"), ("sre-admins", "admin"), ("oncall", "responder")]:
        assert office.admit(group).role == role
    *_, up, down = office.audit.entries()
    assert (up.action, up.details["role"]) == ("user_changed", {"from": "viewer", "to": "admin"})
    assert down.details["role"] == {"from": "admin", "to": "responder"}


def test_the_last_administrator_stays_one(office):
    """Or nobody could put it right; those who cannot come in do not count."""
    office.admit("sre-admins")
    office.users.add("bob@example.com", "Bob", UserRole.ADMIN, actor=CLI, verified=False)
    office.users.add("eve@example.com", "Eve", UserRole.ADMIN, actor=CLI)
    office.users.change("eve@example.com", lambda user: user.model_copy(update={"active": False}), actor=CLI)
    assert office.admit("staff").role is UserRole.ADMIN
    office.users.add("root@example.com", "Root", UserRole.ADMIN, actor=CLI)
    assert office.admit("staff").role is UserRole.VIEWER


def test_of_two_administrators_who_lose_the_role_at_once_one_stays(quick_store):
    """They cannot both count each other."""
    office = Office(quick_store)
    people = [f"admin-{number}" for number in range(4)]
    for one in people:
        office.admit("sre-admins", sub=one, email=f"{one}@example.com")
    barrier = threading.Barrier(len(people))

    def sign_in(one):
        barrier.wait(10)
        for _ in range(20):
            with contextlib.suppress(Conflict):
                office.admit("staff", sub=one, email=f"{one}@example.com")
                break

    threads = [threading.Thread(target=sign_in, args=(one,)) for one in people]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [user.role for user in office.users.every()].count(UserRole.ADMIN) == 1


def test_whose_role_is_not_known_stays_out(office):
    """New or not; what the issuer said is in the log."""
    entry = office.refused("no_role", "sales", "marketing")
    assert (entry.actor, entry.details["values"]) == ("ana@example.com", ["sales", "marketing"])
    office.admit("oncall")
    office.refused("no_role", "sales")


@pytest.mark.parametrize(
    "claims, why",
    [
        ({"email": None}, "no_email"),
        ({"email": "nobody"}, "no_email"),
        ({"email_verified": False}, "email_not_verified"),
        ({"email_verified": None}, "email_not_verified"),
    ],
)
def test_who_has_no_address_of_their_own_makes_no_user(office, claims, why):
    """Everybody sees them under it."""
    entry = office.refused(why, "oncall", **claims)
    assert entry.actor == f"{ISSUER}|ana-1"


def test_a_user_who_was_there_before_is_not_taken_over(office):
    """By nobody, unless it was set so."""
    office.users.add("ana@example.com", "Ana", UserRole.ADMIN, actor=CLI)
    office.refused("email_taken", "oncall")


def test_a_user_who_was_there_before_is_linked_where_that_is_set(office):
    """By an address that the issuer vouches for; the password stays, since it was theirs."""
    there = office.users.add("ana@example.com", "Ana", UserRole.VIEWER, actor=CLI)
    office.password_of(there)
    office.refused("email_not_verified", "oncall", link=True, email_verified=False)
    user = office.admit("oncall", link=True)
    assert (user.id, user.role, user.subject) == (there.id, UserRole.RESPONDER, f"{ISSUER}|ana-1")
    assert office.store.record(PASSWORD, there.id) is not None
    assert office.admit("oncall") == user
    linked = next(entry for entry in office.audit.entries() if entry.action == "user_changed")
    assert linked.details["subject"] == {"from": "", "to": f"{ISSUER}|ana-1"}


def test_who_signed_up_with_an_address_that_was_not_theirs_loses_it(office):
    """Their password goes, and what they are signed in with is over: it is the owner's from now on."""
    there = office.users.add("ana@example.com", "Mallory", UserRole.VIEWER, actor=CLI, verified=False)
    office.password_of(there)
    user = office.admit("oncall", link=True)
    assert (user.id, user.verified, user.signed_out_at) == (there.id, True, NOON)
    assert office.store.record(PASSWORD, there.id) is None


def test_an_address_that_was_given_to_somebody_else_links_nobody(office):
    """Whoever has it now does not get what the one before them had; another issuer's word may replace this one's."""
    first = office.admit("oncall")
    office.refused("other_subject", "oncall", link=True, sub="ben-2")
    moved = office.admit("oncall", link=True, iss="https://new.example.com", sub="x|1")
    assert (moved.id, moved.subject) == (first.id, "https://new.example.com|x|1")
    office.refused("other_subject", "oncall", link=True, iss="https://new.example.com", sub="x|2")
    assert office.users.by_subject(f"{ISSUER}|ana-1") is None


def test_who_was_deactivated_stays_out(office):
    """By their name at the issuer, and by their address."""
    user = office.admit("oncall")
    office.users.change(user.id, lambda one: one.model_copy(update={"active": False}), actor=CLI)
    office.refused("inactive", "sre-admins")
    office.refused("inactive", "oncall", link=True, iss="https://new.example.com")


def test_who_comes_twice_at_once_is_made_once(quick_store):
    """The store decides."""
    office = Office(quick_store)
    barrier, found = threading.Barrier(6), []

    def sign_in():
        barrier.wait(10)
        found.append(office.admit("oncall").id)

    threads = [threading.Thread(target=sign_in) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 6
    assert len(set(found)) == 1
    assert office.actions() == ["user_signed_up"]


class Late(Users):
    """Users among whom somebody is found a look later than they are there; ``looks`` says how many."""

    looks = 1

    def by_subject(self, subject):
        self.looks -= 1
        return None if self.looks >= 0 else super().by_subject(subject)


def test_who_was_made_since_one_looked_is_looked_for_again(quick_store):
    """They are no stranger with somebody's address; after a few looks it is said that others keep writing."""
    office = Office(quick_store)
    user = office.admit("oncall")
    office.users = Late(quick_store, office.audit, clock=lambda: office.now, new_id=lambda: "id-late")
    assert office.admit("oncall") == user
    office.users.looks = 100
    with pytest.raises(Conflict, match="others kept changing"):
        office.admit("oncall")


class Meddled(Users):
    """Users of whom one is changed by another after each look at an address."""

    def by_email(self, email):
        user = super().by_email(email)
        if user.active:
            self.change(user.id, lambda one: one.model_copy(update={"active": False}), actor=CLI)
        return user


def test_who_is_deactivated_while_they_are_linked_stays_out(quick_store):
    """What was decided is decided again."""
    office = Office(quick_store)
    there = office.users.add("ana@example.com", "Ana", UserRole.VIEWER, actor=CLI)
    office.users = Meddled(quick_store, office.audit, clock=lambda: office.now, new_id=lambda: f"m-{next(office._ids)}")
    with pytest.raises(NotAllowed, match="not active"):
        office.admit("oncall", link=True)
    assert office.users.get(there.id).subject == ""


class Word:
    """Takes every token for the claims that it is made with."""

    def __init__(self, claims):
        self.claims, self.asked = claims, []

    def verified(self, token, *, audience, presenter):
        self.asked.append((token, audience, presenter))
        if isinstance(self.claims, Exception):
            raise self.claims
        return self.claims


def tokens(office, claims):
    return ExternalTokens(Word(claims), office.people(), audience="tocsin-api", presenter="tocsin-web")


def test_an_access_token_is_a_person(office):
    """With the role as it is now; each time the user is looked at anew."""
    check = tokens(office, said("oncall"))
    principal = check("a token")
    user = office.users.by_subject(f"{ISSUER}|ana-1")
    assert (principal.id, principal.by, principal.role) == (f"user:{user.id}", "ana@example.com", UserRole.RESPONDER)
    assert check._verifier.asked == [("a token", "tocsin-api", "tocsin-web")]
    office.users.change(user.id, lambda one: one.model_copy(update={"active": False}), actor=CLI)
    assert check("a token") is None


def test_a_token_that_proves_nothing_opens_nothing(office):
    """And leaves no trace in the log: everybody can make one up."""
    assert tokens(office, SignInRefused("x"))("a token") is None
    assert office.actions() == []


def test_an_issuer_that_fails_is_told_from_a_token_that_does(office):
    """Whoever asks may try again."""
    with pytest.raises(IssuerFailed):
        tokens(office, IssuerFailed("x"))("a token")


def test_a_program_that_is_refused_is_put_on_record_once_an_hour(office):
    """However often it tries."""
    check = tokens(office, said("sales"))
    for _ in range(5):
        assert check("a token") is None
    assert office.actions() == ["sign_in_refused"]
    office.now += timedelta(hours=1)
    assert check("a token") is None
    assert office.actions() == ["sign_in_refused"] * 2


def test_a_token_from_before_everything_was_ended_opens_nothing(office):
    """Whoever signs somebody out everywhere means this too."""
    check = tokens(office, said("oncall"))
    user = office.users.named(check("a token").user_id)
    office.users.change(user.id, lambda one: one.model_copy(update={"signed_out_at": NOON}), actor=CLI)
    assert check("a token") is None
    check = tokens(office, said("oncall", iat=int(NOON.timestamp()) + 1))
    assert check("a token") is not None


def test_a_token_from_before_a_role_was_taken_brings_it_back_to_nobody(office):
    """Neither after a sign-in with the new one, nor after an administrator took it here; what is newer counts again."""
    began = int(NOON.timestamp())
    office.users.add("root@example.com", "Root", UserRole.ADMIN, actor=CLI)
    old = tokens(office, said("sre-admins"))
    assert old("a token").role is UserRole.ADMIN
    office.admit("oncall", iat=began + 60)
    assert old("a token").role is UserRole.RESPONDER
    office.now += timedelta(minutes=2)
    office.users.edit("ana@example.com", UserEdit(role=UserRole.VIEWER), actor=CLI)
    assert tokens(office, said("oncall", iat=began + 60))("a token").role is UserRole.VIEWER
    assert office.users.by_email("ana@example.com").role is UserRole.VIEWER
    assert tokens(office, said("oncall", iat=began + 180))("a token").role is UserRole.RESPONDER
