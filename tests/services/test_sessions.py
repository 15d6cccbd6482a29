"""Sessions on every backend: opened, prolonged once by each token, listed, ended for good."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.signing import HERE, Gate
from tocsin.domain.access import UserRole
from tocsin.domain.audit import Actor
from tocsin.domain.change import Change
from tocsin.domain.session import LASTS
from tocsin.errors import Conflict, NotFound, SignInRefused, StoreBusy
from tocsin.services.sessions import MOST_SESSIONS, SESSION

OVER = "this sign-in is over, or never was"


@pytest.fixture
def gate(any_store):
    """Return the sessions of every backend."""
    return Gate(any_store)


@pytest.fixture
def quick_gate(quick_store):
    """Return the sessions of every backend that is quick."""
    return Gate(quick_store)


def test_a_sign_in_opens_the_door(gate):
    """As who they are, in a session of its own, and it is on record."""
    ann = gate.person()
    held = gate.sessions.open(ann, actor=HERE, agent="curl/8" + "x" * 300, how="password")
    (session,) = gate.sessions.every(ann.id)
    assert (held.token_type, held.expires_in, held.user_id) == ("bearer", 900, ann.id)
    assert gate.opens(held.access_token) == ann.principal(session.id)
    assert (session.address, session.how, len(session.agent)) == ("192.0.2.9", "password", 200)
    assert gate.log()[-1] == ("signed_in", "ann@example.com", "user:ann@example.com")
    (entry,) = [one for one in gate.audit.entries() if one.action == "signed_in"]
    assert (entry.address, entry.details) == ("192.0.2.9", {"session": session.id, "how": "password"})


@pytest.mark.parametrize("change", [{"active": False}, {"verified": False}])
def test_who_may_not_sign_in_gets_no_session(quick_gate, change):
    """Whoever asks for it."""
    ann = quick_gate.person().model_copy(update=change)
    with pytest.raises(SignInRefused):
        quick_gate.sessions.open(ann, actor=HERE)
    assert quick_gate.sessions.every(ann.id) == []


def test_a_refresh_token_brings_the_next_one(gate):
    """Again and again; and the access tokens of before go on until they end."""
    ann = gate.person()
    first = gate.sessions.open(ann, actor=HERE)
    gate.later(minutes=10)
    second = gate.sessions.refresh(first.refresh_token, actor=Actor("", "192.0.2.77"))
    gate.later(minutes=10)
    third = gate.sessions.refresh(second.refresh_token, actor=HERE)
    assert len({one.refresh_token for one in (first, second, third)}) == 3
    assert gate.opens(first.access_token) is None
    assert gate.opens(second.access_token) == gate.opens(third.access_token) is not None
    (session,) = gate.sessions.every(ann.id)
    assert (session.generation, session.last_used_at, session.address) == (3, gate.now, "192.0.2.9")
    assert [action for action, _, _ in gate.log()] == ["user_added", "signed_in"]


def test_a_refresh_token_that_comes_again_ends_its_session(gate):
    """For whoever stole it and for whoever it was stolen from: nobody can tell them apart. Others go on."""
    ann = gate.person()
    stolen, other = gate.sessions.open(ann, actor=HERE), gate.sessions.open(ann, actor=HERE)
    rightful = gate.sessions.refresh(stolen.refresh_token, actor=HERE)
    with pytest.raises(SignInRefused, match=OVER):
        gate.sessions.refresh(stolen.refresh_token, actor=Actor("192.0.2.66", "192.0.2.66"))
    with pytest.raises(SignInRefused, match=OVER):
        gate.sessions.refresh(rightful.refresh_token, actor=HERE)
    assert gate.opens(rightful.access_token) is None
    assert gate.opens(other.access_token) is not None
    assert gate.log()[-1] == ("token_reused", "192.0.2.66", "user:ann@example.com")
    assert [action for action, _, _ in gate.log()].count("token_reused") == 1


def test_of_several_refreshes_at_once_one_wins_and_the_first_that_lost_ends_the_session(any_store):
    """Exactly one is answered with tokens. They are worth nothing: one of the others has ended the session, once."""
    gate = Gate(any_store)
    held = gate.sessions.open(gate.person(), actor=HERE)
    barrier = threading.Barrier(6, timeout=30)

    def refresh(_number):
        barrier.wait()
        try:
            return gate.sessions.refresh(held.refresh_token, actor=HERE)
        except SignInRefused:
            return None

    with ThreadPoolExecutor(6) as pool:
        answered = [one for one in pool.map(refresh, range(6)) if one is not None]
    assert len(answered) == 1
    assert gate.opens(answered[0].access_token) is None
    with pytest.raises(SignInRefused):
        gate.sessions.refresh(answered[0].refresh_token, actor=HERE)
    assert [action for action, _, _ in gate.log()].count("token_reused") == 1


def test_a_session_that_is_ended_while_it_is_prolonged_stays_ended(gate):
    """The store decides, not the look before."""
    held = gate.sessions.open(gate.person(), actor=HERE)
    commit = gate.store.commit

    def ends_it_first(change: Change) -> None:
        gate.store.commit = commit
        gate.sessions.close(*session_of(gate, held), actor=HERE)
        commit(change)

    gate.store.commit = ends_it_first
    with pytest.raises(SignInRefused, match=OVER):
        gate.sessions.refresh(held.refresh_token, actor=HERE)


def test_a_store_that_conflicts_for_ever_is_given_up(quick_gate):
    """After a number of attempts, and nothing is handed out."""
    held = quick_gate.sessions.open(quick_gate.person(), actor=HERE)

    def conflicts(_change: Change) -> None:
        raise Conflict("somebody else wrote")

    quick_gate.store.commit = conflicts
    with pytest.raises(StoreBusy):
        quick_gate.sessions.refresh(held.refresh_token, actor=HERE)


def session_of(gate, held):
    claims = gate.sessions.read(held.access_token)
    return claims.user_id, claims.session_id


# -- ending -----------------------------------------------------------------------------------------------------------


def test_signing_out_ends_the_session_for_all_its_tokens(gate):
    """Twice is no error, and is on record once."""
    held = gate.sessions.open(gate.person(), actor=HERE)
    for _ in range(2):
        gate.sessions.close(*session_of(gate, held), actor=Actor("ann@example.com"))
    assert gate.opens(held.access_token) is None
    with pytest.raises(SignInRefused, match=OVER):
        gate.sessions.refresh(held.refresh_token, actor=HERE)
    assert gate.log()[-1] == ("signed_out", "ann@example.com", "user:ann@example.com")
    assert [action for action, _, _ in gate.log()].count("signed_out") == 1


def test_one_session_is_ended_and_the_others_go_on(gate):
    """By its id; one that is over, somebody else's, or none is not found."""
    ann, bob = gate.person(), gate.person("bob@example.com")
    lost, kept = gate.sessions.open(ann, actor=HERE), gate.sessions.open(ann, actor=HERE)
    _, lost_id = session_of(gate, lost)
    with pytest.raises(NotFound):
        gate.sessions.end(bob.id, lost_id, actor=HERE)
    gate.sessions.end(ann.id, lost_id, actor=Actor("ann@example.com"))
    assert gate.opens(lost.access_token) is None
    assert gate.opens(kept.access_token) is not None
    with pytest.raises(NotFound, match="there is no session"):
        gate.sessions.end(ann.id, lost_id, actor=HERE)
    assert gate.log()[-1] == ("session_revoked", "ann@example.com", "user:ann@example.com")


def test_a_session_that_is_not_used_for_thirty_days_is_over(quick_gate):
    """It is not listed either, whether the store has forgotten it or not."""
    held = quick_gate.sessions.open(quick_gate.person(), actor=HERE)
    user_id, session_id = session_of(quick_gate, held)
    quick_gate.now += LASTS
    assert quick_gate.sessions.every(user_id) == []
    with pytest.raises(SignInRefused, match=OVER):
        quick_gate.sessions.refresh(held.refresh_token, actor=HERE)
    with pytest.raises(NotFound):
        quick_gate.sessions.end(user_id, session_id, actor=HERE)


def test_a_deactivation_ends_every_session_of_that_person(gate):
    """In the one commit that says so; who is activated again has to sign in again. What was done stays on record."""
    ann, bob = gate.person(), gate.person("bob@example.com")
    mine = [gate.sessions.open(ann, actor=HERE) for _ in range(3)]
    others = gate.sessions.open(bob, actor=HERE)
    gate.deactivate(ann)
    again = gate.users.change(ann.id, lambda one: one.model_copy(update={"active": True}), actor=Actor("a test"))
    for held in mine:
        assert gate.opens(held.access_token) is None
        with pytest.raises(SignInRefused, match=OVER):
            gate.sessions.refresh(held.refresh_token, actor=HERE)
    assert gate.store.records(SESSION, after=f"{ann.id}.", limit=10)[0].id.startswith(f"{bob.id}.")
    assert gate.opens(others.access_token) is not None
    assert gate.opens(gate.sessions.open(again, actor=HERE).access_token) is not None
    assert [action for action, _, _ in gate.log()].count("signed_in") == 5


def test_a_sign_in_that_was_under_way_when_all_were_ended_is_over_before_it_begins(gate):
    """The password that it proved may be the one that was just changed."""
    ann = gate.person()
    gate.users.change(
        ann.id,
        lambda one: one.model_copy(update={"signed_out_at": gate.now}),
        actor=Actor("a test"),
        also=gate.sessions.end_all,
    )
    held = gate.sessions.open(ann, actor=HERE)
    assert gate.opens(held.access_token) is None
    with pytest.raises(SignInRefused, match=OVER):
        gate.sessions.refresh(held.refresh_token, actor=HERE)


def test_a_person_has_so_many_sessions_and_no_more(quick_gate):
    """One more ends the one that was not used for the longest time."""
    ann = quick_gate.person()
    held = []
    for _ in range(MOST_SESSIONS):
        quick_gate.later(seconds=1)
        held.append(quick_gate.sessions.open(ann, actor=HERE))
    quick_gate.later(seconds=1)
    held[0] = quick_gate.sessions.refresh(held[0].refresh_token, actor=HERE)
    newest = quick_gate.sessions.open(ann, actor=HERE)
    assert len(quick_gate.sessions.every(ann.id)) == MOST_SESSIONS
    assert quick_gate.opens(held[1].access_token) is None
    assert quick_gate.opens(held[0].access_token) is not None
    assert quick_gate.opens(newest.access_token) is not None


@pytest.mark.large
def test_sessions_are_listed_by_their_last_use(gate):
    """And only those of the person who is asked about, whoever's id begins alike."""
    ann = gate.person()
    first = gate.sessions.open(ann, actor=HERE)
    gate.later(minutes=1)
    gate.sessions.open(ann, actor=HERE)
    for number in range(3):
        gate.sessions.open(gate.person(f"{number}@example.com"), actor=HERE)
    before = [one.id for one in gate.sessions.every(ann.id)]
    gate.later(minutes=1)
    gate.sessions.refresh(first.refresh_token, actor=HERE)
    assert [one.id for one in gate.sessions.every(ann.id)] == before[::-1]
    assert len(before) == 2
    assert gate.sessions.every("nobody") == []


# -- what a token is worth --------------------------------------------------------------------------------------------


def test_a_forged_refresh_token_is_refused_and_ends_nothing(quick_gate):
    """Another generation, another session, another person, another signature: none can be made up."""
    held = quick_gate.sessions.open(quick_gate.person(), actor=HERE)
    other = quick_gate.sessions.open(quick_gate.person("bob@example.com"), actor=HERE)
    text, mac = held.refresh_token[:-53], held.refresh_token[-52:]
    kid, _, signature = mac.partition(".")
    flipped = ("A" if signature[0] != "A" else "B") + signature[1:]
    forged = [
        held.refresh_token.replace(".1_", ".2_"),
        other.refresh_token[:-52] + mac,
        f"{text}_{kid}.{flipped}",
        f"{text}_{'0' * 8}.{signature}",
        "",
        "nonsense",
        held.access_token,
    ]
    for one in forged:
        with pytest.raises(SignInRefused, match=OVER):
            quick_gate.sessions.refresh(one, actor=HERE)
    assert "token_reused" not in str(quick_gate.log())
    quick_gate.sessions.refresh(held.refresh_token, actor=HERE)


def test_a_token_holds_through_one_exchange_of_the_signing_key_and_not_through_two(quick_gate):
    """Refresh tokens as access tokens; what the new key signs is good at once."""
    held = quick_gate.sessions.open(quick_gate.person(), actor=HERE)
    quick_gate.place.rotate()
    quick_gate.later(minutes=14)
    assert quick_gate.opens(held.access_token) is not None
    quick_gate.later(minutes=1)
    renewed = quick_gate.sessions.refresh(held.refresh_token, actor=HERE)
    assert quick_gate.place.ring.current.kid in renewed.refresh_token
    quick_gate.place.rotate()
    quick_gate.place.rotate()
    quick_gate.later(minutes=15)
    with pytest.raises(SignInRefused, match=OVER):
        quick_gate.sessions.refresh(renewed.refresh_token, actor=HERE)


def test_a_person_is_let_in_as_they_are_now(gate):
    """The role that a token was made with counts for nothing."""
    ann = gate.person(role=UserRole.ADMIN)
    gate.person("bob@example.com", UserRole.ADMIN)
    held = gate.sessions.open(ann, actor=HERE)
    gate.users.change(ann.id, lambda one: one.model_copy(update={"role": UserRole.VIEWER}), actor=Actor("a test"))
    assert gate.sessions.read(held.access_token).role is UserRole.ADMIN
    assert gate.opens(held.access_token).role is UserRole.VIEWER


def test_no_token_is_kept_and_none_shows(quick_gate):
    """Neither in the store, nor in the log, nor where somebody prints what a sign-in gave."""
    held = quick_gate.sessions.open(quick_gate.person(), actor=HERE)
    renewed = quick_gate.sessions.refresh(held.refresh_token, actor=HERE)
    records = [one.body for kind in (SESSION, "audit", "user") for one in quick_gate.store.records(kind, limit=100)]
    said = f"{records} {held} {renewed!r}"
    for token in (held.access_token, held.refresh_token, renewed.access_token, renewed.refresh_token):
        assert token not in said
        assert token[-43:] not in said
