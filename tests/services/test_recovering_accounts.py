"""A new password for whoever lost the old one: asked for by anybody, set by whoever has the mail, once."""

import threading
from datetime import timedelta

import pytest

from tests.people import ANOTHER, HERE, PASSWORD, Town, token_in
from tocsin.domain.audit import Actor
from tocsin.errors import InvalidInput, SignInRefused, TooManyAttempts
from tocsin.services.auditing import AUDIT
from tocsin.services.due import LETTER
from tocsin.services.tickets import TICKET, Purpose

pytestmark = pytest.mark.large  # moto takes its time: the other stand-in for DynamoDB tries them, in integration

ANN = "ann@example.com"
NOT_GOOD = "this token is not good, or not any more"


@pytest.fixture
def town(any_store):
    town = Town(any_store)
    town.ann = town.person()
    return town


def asked(town, email=ANN, address="192.0.2.1"):
    """Ask for a new password."""
    town.accounts.recovery.ask(email, actor=HERE._replace(address=address))


def sent(town):
    """Ask, and return the token that arrives."""
    asked(town)
    (letter,) = town.tick()
    assert letter.to == ANN
    return token_in(letter)


def reset(town, token, password=ANOTHER):
    """Set a password."""
    return town.accounts.recovery.reset(token, password, actor=HERE)


def refuses(town, token, password=ANOTHER):
    """See that a token sets nothing."""
    with pytest.raises(SignInRefused, match=NOT_GOOD):
        reset(town, token, password)
    return True


def test_a_token_that_was_sent_sets_a_password_once(town):
    """Every session ends; the second time it is worth nothing."""
    session = town.sign_in()
    town.later(minutes=1)
    token = sent(town)
    assert reset(town, token).email == ANN
    assert town.sessions.holder(town.sessions.read(session.access_token)) is None
    assert town.sign_in(password=ANOTHER)
    assert refuses(town, token, "yet another sentence")
    assert [one for one, _ in town.log()][-4:] == ["signed_in", "recovery_asked", "password_changed", "signed_in"]


@pytest.mark.large
def test_who_is_held_up_by_others_gets_in_by_a_new_password(town):
    """However many try the account from everywhere: where it was recovered, it can be signed in to."""
    for number in range(50):
        with pytest.raises(SignInRefused):
            town.sign_in(password="wrong", address=f"198.51.100.{number}")
    with pytest.raises(TooManyAttempts):
        town.sign_in()
    reset(town, sent(town))
    assert town.sign_in(password=ANOTHER)
    with pytest.raises(TooManyAttempts):
        town.sign_in(password=ANOTHER, address="203.0.113.9")


def test_a_token_is_kept_nowhere(town):
    """Neither in what says that it is good, nor in the letter that waits, nor in the log."""
    asked(town)
    waiting = town.kept(LETTER, TICKET, AUDIT)
    (letter,) = town.tick()
    token = token_in(letter)
    mac = token.rpartition(".")[2]
    assert mac not in waiting + town.kept(LETTER, TICKET, AUDIT)
    reset(town, token)
    assert mac not in town.kept(LETTER, TICKET, AUDIT)
    assert town.kept(TICKET, LETTER) == "[]"


@pytest.mark.large
def test_asking_takes_the_same_work_whether_there_is_an_account(town):
    """The same calls of the store and the same records, whoever's address it is: it is not looked up."""
    town.change(town.person("gone@example.com"), active=False)
    town.person("outside@example.com", password="", subject="issuer|7")
    work, written = set(), set()
    for number, email in enumerate([ANN, "nobody@example.com", "gone@example.com", "outside@example.com"]):
        town.store.calls.clear()
        asked(town, email, f"198.51.100.{number}")
        work.add(tuple(town.store.calls))
        written.add(tuple(len(town.store.records(kind, limit=100)) - number for kind in (TICKET, LETTER)))
    assert len(work) == 1
    assert written == {(1, 1)}
    assert [one.to for one in town.tick()] == [ANN]
    assert town.kept(LETTER) == "[]"


def test_without_anybody_who_delivers_nothing_is_kept_but_that_it_was_asked_for(any_store):
    """An administrator sees it, and hands a token out."""
    town = Town(any_store, letters=False)
    ann = town.person()
    asked(town)
    assert town.kept(LETTER, TICKET) == "[]"
    assert town.log()[-1] == ("recovery_asked", f"user:{ANN}")
    token = town.accounts.recovery.issue_reset(ann, Actor("ops@example.com"))
    assert reset(town, token).id == ann.id
    assert town.log()[-2] == ("recovery_asked", f"user:{ANN}")


def test_a_token_is_over_after_an_hour(town):
    """At that very moment."""
    early, late = sent(town), sent(town)
    town.later(minutes=60)
    assert refuses(town, late)
    town.later(microseconds=-1)
    assert reset(town, early)


def test_a_password_that_is_not_good_enough_leaves_the_token_good(town):
    """Whoever has it tries a better one."""
    token = sent(town)
    with pytest.raises(InvalidInput):
        reset(town, token, "password of a kind")
    assert reset(town, token)


def test_of_two_who_use_a_token_at_once_one_does(quick_store):
    """The store decides, not a look before."""
    town = Town(quick_store)
    town.person()
    token = sent(town)
    barrier, done = threading.Barrier(6), []

    def use(number):
        mine = Town(quick_store, name=f"thread-{number}")
        barrier.wait(20)
        try:
            mine.accounts.recovery.reset(token, f"{ANOTHER} {number}", actor=HERE)
        except SignInRefused:
            return
        done.append(number)

    threads = [threading.Thread(target=use, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    (number,) = done
    assert town.sign_in(password=f"{ANOTHER} {number}")
    assert [one for one, _ in town.log()].count("password_changed") == 1


@pytest.mark.parametrize("change", [{"active": False}, {"verified": False}, {"subject": "issuer|7"}])
def test_a_token_of_somebody_who_is_not_let_in_any_more_sets_nothing(town, change):
    """And none is sent to them, nor handed out."""
    token = sent(town)
    town.change(town.ann, **change)
    assert refuses(town, token)
    asked(town)
    assert town.tick() == []
    with pytest.raises(InvalidInput, match="would be of no use"):
        town.accounts.recovery.issue_reset(town.accounts.users.get(town.ann.id), Actor("ops"))


@pytest.mark.large
def test_a_new_password_makes_every_token_void_that_was_asked_for_before(town):
    """Also if it was changed by other means."""
    first, second = sent(town), sent(town)
    town.later(minutes=1)
    reset(town, first)
    assert refuses(town, second)
    third = sent(town)
    town.later(minutes=1)
    town.accounts.signing_in.change(town.ann.id, ANOTHER, PASSWORD, actor=HERE)
    assert refuses(town, third)


def test_a_token_follows_no_address_that_changed_hands(town):
    """It is for whoever has the address now, and that must be an account."""
    token = sent(town)
    town.change(town.ann, email="ann@elsewhere.example")
    assert refuses(town, token)


def test_a_token_for_one_purpose_is_worth_nothing_for_another(town):
    """Neither as it is, nor with the purpose's word exchanged."""
    token = sent(town)
    for purpose in (Purpose.VERIFY, Purpose.SETUP):
        with pytest.raises(SignInRefused):
            town.tickets.shown(purpose, token)
        with pytest.raises(SignInRefused):
            town.tickets.shown(purpose, token.replace("recover", purpose.value))
    ticket = town.tickets.drafted(Purpose.VERIFY, lasts=timedelta(days=1), email=ANN)
    assert refuses(town, town.tickets.token(ticket))
    assert refuses(town, town.tickets.token(ticket).replace("verify", "recover"))


@pytest.mark.large
@pytest.mark.parametrize(
    "spoil",
    [
        lambda token: "",
        lambda token: token[:-1] + ("A" if token[-1] != "A" else "B"),
        lambda token: token.replace(".", ".x", 1),
        lambda token: token.rpartition("_")[0] + "_",
        lambda token: token.rpartition("_")[0] + "_" + "0" * 8 + "." + "A" * 43,
        lambda token: token + "\n" + token,
        lambda token: "tocsin_recover_é.é_é.é",
        lambda token: "x" * 10_000,
    ],
)
def test_a_forged_token_is_worth_nothing(town, spoil):
    """Whatever is wrong with it, the answer is one."""
    assert refuses(town, spoil(sent(town)))


def test_a_token_signed_by_another_key_is_worth_nothing(town):
    """Its names are right, and its signature is not ours."""
    other = Town(town.store, name="other")
    from tocsin.identity.signing_keys import Keyring, SigningKey

    other.keys._ring = Keyring(SigningKey("o" * 43))
    other.keys._looked = town.now
    ticket = town.tickets.drafted(Purpose.RECOVER, lasts=timedelta(hours=1), email=ANN)
    assert refuses(town, other.tickets.token(ticket))


def test_what_is_no_address_is_refused(town):
    """That tells nothing of who has an account."""
    with pytest.raises(InvalidInput, match="no e-mail address"):
        asked(town, "nobody")


@pytest.mark.large
def test_nobodys_mail_is_flooded(town):
    """Three letters at once; who asks more often is answered the same, and what was sent stays good."""
    for number in range(9):
        asked(town, address=f"198.51.100.{number}")
    letters = town.tick()
    assert len(letters) == 3
    assert reset(town, token_in(letters[0]))


@pytest.mark.large
def test_an_address_cannot_ask_for_ever(town):
    """For whomever; each costs writes."""
    for number in range(10):
        asked(town, f"somebody-{number}@example.com")
    with pytest.raises(TooManyAttempts):
        asked(town, "one-more@example.com")
