"""Signing in with a password: whoever is refused learns nothing, by the answer or by the work that it took."""

from collections import Counter

import pytest
from pydantic import ValidationError

from tests.people import ANOTHER, HERE, PASSWORD, Town
from tocsin.errors import InvalidInput, NotAllowed, SignInRefused, TooManyAttempts
from tocsin.services.auditing import AUDIT
from tocsin.services.passwords import PASSWORD as KIND
from tocsin.services.passwords import Kept
from tocsin.services.tickets import Ticket

pytestmark = pytest.mark.large  # moto takes its time: the other stand-in for DynamoDB tries them, in integration

ANN = "ann@example.com"
REFUSED = ["nobody@example.com", "wrong@example.com", "outside@example.com", "gone@example.com", "new@example.com"]


@pytest.fixture
def town(any_store):
    town = Town(any_store)
    town.ann = town.person()
    return town


def with_everybody(town):
    """Add one of each who is refused, all but whom there is not."""
    town.person("wrong@example.com", password=ANOTHER)
    town.person("outside@example.com", password="", subject="issuer|7")
    town.change(town.person("gone@example.com"), active=False)
    town.person("new@example.com", verified=False)
    return town


def test_who_proves_who_they_are_is_let_in(town):
    """Their tokens open, the sign-in is on record, and nothing of the password is."""
    signed_in = town.sign_in()
    assert town.sessions.holder(town.sessions.read(signed_in.access_token)).name == ANN
    assert town.log()[-1] == ("signed_in", f"user:{ANN}")
    (session,) = town.sessions.every(town.ann.id)
    assert session.how == "password"
    assert PASSWORD not in town.kept(AUDIT, KIND, "session", "user")


@pytest.mark.parametrize("email", ["Ann@Example.COM", "  ann@example.com "])
def test_an_address_is_one_however_it_is_written(town, email):
    """Case and blanks do not count."""
    assert town.sign_in(email).user_id == town.ann.id


def test_a_password_is_one_however_a_keyboard_writes_it(town):
    """A composed letter and its parts are the same."""
    town.person("zoe@example.com", password="cafe\u0301 tractor umbrella")
    assert town.sign_in("zoe@example.com", "caf\u00e9 tractor umbrella")


@pytest.mark.large
@pytest.mark.parametrize("email", REFUSED)
def test_whatever_is_wrong_is_answered_the_same(town, email):
    """No such user, a wrong password, none at all, not active, not verified."""
    with_everybody(town)
    with pytest.raises(SignInRefused) as raised:
        town.sign_in(email)
    assert str(raised.value) == "e-mail address and password do not let you in"
    assert raised.value.hint == "POST /api/v1/auth/recover has a new password sent to you"


@pytest.mark.large
def test_whatever_is_wrong_takes_the_same_work(town):
    """As many hashes and calls of the store, of the same kinds and in the same order, for all; counted, not timed."""
    with_everybody(town)
    work = {}
    for number, email in enumerate(REFUSED):
        town.store.calls.clear()
        town.hasher.calls.clear()
        with pytest.raises(SignInRefused):
            town.sign_in(email, address=f"198.51.100.{number}")
        work[email] = (tuple(town.store.calls), tuple(town.hasher.calls))
    assert len(set(work.values())) == 1, work
    assert work[REFUSED[0]][1] == ("match",)


@pytest.mark.large
def test_a_failure_is_on_record_without_the_password(town):
    """Which address, from where, and why."""
    with_everybody(town)
    for number, email in enumerate(REFUSED):
        with pytest.raises(SignInRefused):
            town.sign_in(email, "a secret that is wrong", address=f"198.51.100.{number}")
    entries = [one for one in town.audit.entries() if one.action == "sign_in_refused"]
    assert [one.target for one in entries] == [f"user:{email}" for email in REFUSED]
    assert entries[0].address == "198.51.100.0"
    why = ["no such user", "wrong password", "has no password", "wrong password", "wrong password"]
    assert [one.details["why"] for one in entries] == why
    assert "a secret that is wrong" not in town.kept(AUDIT)


@pytest.mark.parametrize("said", ["my secret password", "", "x" * 254, "a@b@c", "é" * 254 + "@example.com"])
def test_what_is_no_address_is_nobodys_and_not_written_down(town, said):
    """It may be the password, in the wrong field."""
    with pytest.raises(SignInRefused):
        town.sign_in(said)
    assert town.log()[-1] == ("sign_in_refused", "")


def test_a_long_address_is_cut_in_the_log(town):
    """Anybody may have made it up."""
    with pytest.raises(SignInRefused):
        town.sign_in(f"someone@{'x' * 200}.example")
    assert len(town.log()[-1][1]) == 105


@pytest.mark.large
def test_too_many_attempts_cost_no_hash(town):
    """They are refused before it, also with the right password; later it works."""
    for _ in range(5):
        with pytest.raises(SignInRefused):
            town.sign_in(password=ANOTHER)
    town.hasher.calls.clear()
    with pytest.raises(TooManyAttempts) as raised:
        town.sign_in()
    assert (raised.value.seconds, town.hasher.calls) == (30.0, [])
    assert town.sign_in(address="192.0.2.2")
    town.later(seconds=30)
    assert town.sign_in()


@pytest.mark.large
def test_nobody_is_locked_out_by_others(town):
    """Whoever signed in here before gets in, while the account is tried from everywhere."""
    town.sign_in()
    for number in range(60):
        with pytest.raises((SignInRefused, TooManyAttempts)):
            town.sign_in(password=ANOTHER, address=f"198.51.100.{number}")
    with pytest.raises(TooManyAttempts):
        town.sign_in(address="203.0.113.9")
    assert town.sign_in()


def test_a_hash_of_another_cost_is_made_anew_at_a_sign_in(town):
    """Once, and the password is as old as it was."""
    before = town.accounts.passwords.of(town.ann.id)
    town.hasher.cost = 2
    town.later(days=1)
    town.sign_in()
    after = town.accounts.passwords.of(town.ann.id)
    assert (before.hash[:2], after.hash[:2]) == ("1:", "2:")
    assert after.changed_at == before.changed_at
    town.hasher.calls.clear()
    town.sign_in()
    assert Counter(town.hasher.calls) == {"match": 1}


def test_a_wrong_password_renews_no_hash(town):
    """Only who knows it can."""
    town.hasher.cost = 2
    with pytest.raises(SignInRefused):
        town.sign_in(password=ANOTHER)
    assert town.accounts.passwords.of(town.ann.id).hash[:2] == "1:"


@pytest.mark.large
def test_a_hash_that_was_changed_meanwhile_is_left_alone(town):
    """What somebody set at this moment is not overwritten with what was before."""
    kept = town.accounts.passwords.of(town.ann.id)
    town.accounts.signing_in.change(town.ann.id, PASSWORD, ANOTHER, actor=HERE)
    town.hasher.cost = 2
    town.accounts.passwords.renew(town.ann.id, kept, PASSWORD)
    assert town.sign_in(password=ANOTHER)


@pytest.mark.large
def test_ones_own_password_is_changed_and_every_other_session_ends(town):
    """What is answered is a new session; the old password is none any more."""
    before = [town.sign_in() for _ in range(3)]
    town.later(minutes=1)
    changed = town.accounts.signing_in.change(town.ann.id, PASSWORD, ANOTHER, actor=HERE)
    alive = [one for one in [*before, changed] if town.sessions.holder(town.sessions.read(one.access_token))]
    assert alive == [changed]
    with pytest.raises(SignInRefused):
        town.sign_in()
    assert town.sign_in(password=ANOTHER)
    assert ("password_changed", f"user:{ANN}") in town.log()


@pytest.mark.large
def test_ones_own_password_needs_the_one_before(town):
    """It is counted as an attempt to sign in, so that who found a session open cannot go on guessing."""
    for _ in range(5):
        with pytest.raises(NotAllowed, match="current password is not right"):
            town.accounts.signing_in.change(town.ann.id, ANOTHER, "a new one entirely", actor=HERE)
    with pytest.raises(TooManyAttempts):
        town.accounts.signing_in.change(town.ann.id, PASSWORD, ANOTHER, actor=HERE)
    assert town.log()[-1][0] == "sign_in_refused"


def test_who_signs_in_elsewhere_has_no_password_to_change(town):
    """And gets none by it."""
    outside = town.person("outside@example.com", password="", subject="issuer|7")
    with pytest.raises(NotAllowed):
        town.accounts.signing_in.change(outside.id, "", ANOTHER, actor=HERE)


@pytest.mark.parametrize(
    "password, why",
    [
        ("short", "12 to 128 characters, and this one 5"),
        ("x" * 129, "12 to 128 characters, and this one 129"),
        ("password of a kind", "too easily guessed: this is a very common password"),
    ],
)
def test_a_password_that_is_not_good_enough_is_refused_with_the_reason(town, password, why):
    """Nothing changes, and it is not repeated."""
    with pytest.raises(InvalidInput, match=why) as raised:
        town.accounts.signing_in.change(town.ann.id, PASSWORD, password, actor=HERE)
    assert password not in str(raised.value)
    assert town.sign_in()


def test_a_password_that_changes_under_ones_hands_is_told(town):
    """Two changes at once: the second one does not undo the first."""
    signing_in, passwords = town.accounts.signing_in, town.accounts.passwords
    hashed = passwords.hashed

    def overtaken(*args, **kwargs):
        passwords.hashed = hashed
        signing_in.change(town.ann.id, PASSWORD, ANOTHER, actor=HERE)
        return hashed(*args, **kwargs)

    passwords.hashed = overtaken
    from tocsin.errors import Conflict

    with pytest.raises(Conflict):
        signing_in.change(town.ann.id, PASSWORD, "yet another sentence", actor=HERE)
    assert town.sign_in(password=ANOTHER)


@pytest.mark.large
def test_nobody_makes_the_log_grow_without_end(town):
    """Of one address sixty refusals are put on record at once, and then one a minute; each is answered the same."""
    for number in range(200):
        with pytest.raises(SignInRefused):
            town.sign_in(f"somebody-{number}@example.com", password="wrong")
        town.later(seconds=5)
    refused = [one for one, _ in town.log() if one == "sign_in_refused"]
    assert len(refused) == 60 + 200 * 5 // 60
    with pytest.raises(SignInRefused):
        town.sign_in(password="wrong", address="203.0.113.9")
    assert len([one for one, _ in town.log() if one == "sign_in_refused"]) == len(refused) + 1


@pytest.mark.parametrize("model", [Kept, Ticket])
def test_what_is_kept_of_a_password_shows_nowhere(model):
    """Not where it is printed, nor in what is said of a record that somebody was at."""
    with pytest.raises(ValidationError) as error:
        model.model_validate({"hash": ["a hash"], "version": "a hash"})
    assert "a hash" not in str(error.value)
    assert "a hash" not in repr(model.model_construct(hash="a hash"))
