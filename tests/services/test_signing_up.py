"""Signing up: only where it is open, and nobody is anybody before they have shown that the mail is theirs."""

import pytest

from tests.people import ANOTHER, HERE, PASSWORD, Town, token_in
from tocsin.domain.access import UserRole
from tocsin.errors import InvalidInput, NotAllowed, SignInRefused
from tocsin.services.auditing import AUDIT
from tocsin.services.due import LETTER
from tocsin.services.tickets import TICKET
from tocsin.services.users import EMAIL, USER

pytestmark = pytest.mark.large  # moto takes its time: the other stand-in for DynamoDB tries them, in integration

ZOE = "zoe@example.com"


@pytest.fixture
def town(any_store):
    return Town(any_store)


def asks(town, email=ZOE, password=PASSWORD, address="192.0.2.1", name="Zoe"):
    """Sign up."""
    town.accounts.signing_up.ask(email, name, password, actor=HERE._replace(address=address))


def verify(town, token):
    """Show a token."""
    return town.accounts.signing_up.verify(token, actor=HERE)


def test_who_shows_the_token_from_the_mail_is_a_viewer(town):
    """Until then there is no account, and no sign-in; the token works once."""
    asks(town)
    assert town.kept(USER, EMAIL) == "[]"
    with pytest.raises(SignInRefused):
        town.sign_in(ZOE)
    (letter,) = town.tick()
    assert letter.to == ZOE
    user = verify(town, token_in(letter))
    assert (user.email, user.full_name, user.role, user.may_sign_in) == (ZOE, "Zoe", UserRole.VIEWER, True)
    assert town.sign_in(ZOE).user_id == user.id
    with pytest.raises(SignInRefused):
        verify(town, token_in(letter))
    assert [one for one, _ in town.log()] == ["user_signed_up", "sign_in_refused", "user_verified", "signed_in"]
    assert PASSWORD not in town.kept(AUDIT, TICKET, LETTER)


@pytest.mark.parametrize("domains", [(), ("elsewhere.example",), ("ample.com",)])
def test_it_is_open_to_the_domains_that_are_set_and_to_nobody_else(any_store, domains):
    """Off unless something is set; nothing is hashed or kept for who may not."""
    town = Town(any_store, domains=domains)
    with pytest.raises(NotAllowed, match="not open"):
        asks(town)
    assert (town.hasher.calls, town.kept(TICKET, LETTER, AUDIT)) == ([], "[]")


def test_it_is_closed_where_nobody_delivers_letters(any_store):
    """Nobody could show that the mail is theirs."""
    with pytest.raises(NotAllowed):
        asks(Town(any_store, letters=False))


def test_a_domain_that_was_taken_off_meanwhile_lets_nobody_in(town):
    """What counts is what is set when somebody comes in."""
    asks(town)
    (letter,) = town.tick()
    with pytest.raises(NotAllowed):
        verify(Town(town.store, name="later", domains=("elsewhere.example",)), token_in(letter))


def test_an_address_that_is_taken_is_answered_the_same_by_the_same_work(town):
    """As many hashes, calls and records; whoever has the account is told, and it stays as it is."""
    ann = town.person()
    work, written = set(), set()
    for number, email in enumerate([ann.email, ZOE]):
        town.store.calls.clear()
        town.hasher.calls.clear()
        asks(town, email, ANOTHER, f"198.51.100.{number}")
        work.add((tuple(town.store.calls), tuple(town.hasher.calls)))
        written.add(tuple(len(town.store.records(kind, limit=9)) - number for kind in (TICKET, LETTER)))
    assert (len(work), written) == (1, {(1, 1)})
    letters = {one.to: one.text for one in town.tick()}
    assert "there is an account for it already" in letters[ann.email]
    assert "tocsin_" not in letters[ann.email]
    assert town.sign_in()


def test_an_account_that_was_deactivated_is_not_signed_up_anew(town):
    """Nor told anything."""
    town.change(town.person(), active=False)
    asks(town, "ann@example.com")
    assert town.tick() == []


@pytest.mark.large
def test_nobody_gets_in_by_the_password_of_another_who_signed_up_with_the_same_address(town):
    """Whose password it is cannot be told apart: none counts, and the mail gives one by recovery."""
    asks(town, password=ANOTHER, name="Somebody else")
    asks(town, password=PASSWORD)
    first, second = town.tick()
    assert "none of the passwords counts" in first.text + second.text
    tokens = {token_in(first), token_in(second)}
    assert len(tokens) == 1, "the first ticket is void: both letters hold the one that is good"
    user = verify(town, tokens.pop())
    assert user.full_name == ZOE
    for password in (PASSWORD, ANOTHER):
        with pytest.raises(SignInRefused):
            town.sign_in(ZOE, password)
    town.later(minutes=1)
    town.accounts.recovery.ask(ZOE, actor=HERE)
    (letter,) = town.tick()
    town.accounts.recovery.reset(token_in(letter), PASSWORD, actor=HERE)
    assert town.sign_in(ZOE).user_id == user.id


def test_a_token_is_over_after_a_day_and_then_the_address_is_free_again(town):
    """And then nothing is contested."""
    asks(town, password=ANOTHER)
    (letter,) = town.tick()
    town.later(days=1)
    with pytest.raises(SignInRefused):
        verify(town, token_in(letter))
    asks(town)
    (letter,) = town.tick()
    verify(town, token_in(letter))
    assert town.sign_in(ZOE)


def test_who_is_added_meanwhile_stays_as_they_are(town):
    """A token for an address that somebody has now is worth nothing."""
    asks(town)
    (letter,) = town.tick()
    town.person(ZOE, password=ANOTHER)
    with pytest.raises(SignInRefused):
        verify(town, token_in(letter))
    assert town.sign_in(ZOE, ANOTHER)


@pytest.mark.parametrize(
    "given", [{"email": "zoe"}, {"name": "  "}, {"password": "short"}, {"password": "password of a kind"}]
)
def test_what_cannot_be_an_account_is_refused(town, given):
    """With what is wrong; that does not depend on who has one."""
    with pytest.raises(InvalidInput):
        asks(town, **given)


@pytest.mark.large
def test_signing_up_again_and_again_sends_few_letters(town):
    """And the token that was sent stays good."""
    for number in range(8):
        asks(town, address=f"198.51.100.{number}")
    letters = town.tick()
    assert len(letters) == 3
    assert verify(town, token_in(letters[-1])).email == ZOE


def test_others_who_sign_up_at_the_same_moment_hold_up_nobody(town):
    """The second one is contested, and the answer is the same."""
    asked = town.accounts.signing_up._asked

    def overtaken(*args):
        writes = asked(*args)
        town.accounts.signing_up._asked = asked
        asks(town, password=ANOTHER, address="198.51.100.7")
        return writes

    town.accounts.signing_up._asked = overtaken
    asks(town)
    user = verify(town, token_in(town.tick()[0]))
    assert town.accounts.passwords.of(user.id).hash == ""
