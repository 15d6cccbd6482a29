"""How often signing in may be tried: nobody guesses for long, and nobody keeps another out."""

import threading
from datetime import timedelta

import pytest

from tests.desk import NOON
from tests.people import Town
from tocsin.errors import TooManyAttempts
from tocsin.services.attempts import ATTEMPT, KNOWN, Attempts

ANN, HOME = "ann@example.com", "192.0.2.1"


@pytest.fixture
def town(any_store):
    return Town(any_store)


@pytest.fixture
def attempts(town):
    return Attempts(town.store, clock=town.clock, new_id=town.new_id)


def let_through(attempts, number, email=ANN, address=HOME):
    """Try so often; return how many were let through, and how long the last one has to wait."""
    through, wait = 0, 0.0
    for one in range(number):
        try:
            attempts.begin(
                email.format(one) if "{" in email else email, address.format(one) if "{" in address else address
            )
            through += 1
        except TooManyAttempts as error:
            wait = error.seconds
    return through, wait


def test_one_account_from_one_address_is_tried_five_times_at_once(town, attempts):
    """Then once in 30 seconds."""
    assert let_through(attempts, 8) == (5, 30.0)
    town.later(seconds=29)
    assert let_through(attempts, 1) == (0, 1.0)
    town.later(seconds=1)
    assert let_through(attempts, 2) == (1, 30.0)


@pytest.mark.large
def test_one_address_tries_twenty_accounts_at_once(town, attempts):
    """Then one in five seconds, whichever they are."""
    assert let_through(attempts, 25, email="{}@example.com") == (20, 5.0)
    assert let_through(attempts, 1, address="192.0.2.2") == (1, 0.0)


@pytest.mark.large
def test_one_account_is_tried_fifty_times_from_everywhere(town, attempts):
    """Then once in ten seconds, from addresses that it was never signed in from."""
    assert let_through(attempts, 60, address="198.51.100.{}") == (50, 10.0)


@pytest.mark.large
def test_nobody_is_kept_out_where_they_signed_in_before(town, attempts):
    """Whoever else tries their account, and from however many addresses, for 90 days."""
    attempts.succeeded(ANN, HOME)
    assert let_through(attempts, 60, address="198.51.100.{}")[0] == 50
    assert let_through(attempts, 1) == (1, 0.0)
    town.later(days=90)
    assert let_through(attempts, 60, address="198.51.100.{}")[0] == 50
    assert let_through(attempts, 1) == (0, 10.0)


def test_success_gives_back_what_was_tried_there(town, attempts):
    """Who mistyped four times starts anew; what the address has left as a whole stays as it is."""
    assert let_through(attempts, 5)[0] == 5
    attempts.succeeded(ANN, HOME)
    assert let_through(attempts, 6)[0] == 5


def test_a_sender_with_a_whole_network_is_one_sender(town, attempts):
    """Of IPv6, a /64."""
    assert let_through(attempts, 8, address="2001:db8::{}") == (5, 30.0)


@pytest.mark.large
def test_who_is_refused_counts_nothing(town, attempts):
    """Or whoever goes on trying would never be let in again; and it writes nothing."""
    let_through(attempts, 5)
    town.store.calls.clear()
    assert let_through(attempts, 20)[0] == 0
    assert "commit" not in town.store.calls


def test_what_is_kept_names_nobody_and_is_forgotten(town, attempts):
    """Within the hour; the addresses that are known, after 90 days."""
    let_through(attempts, 5)
    attempts.succeeded(ANN, HOME)
    assert "ann" not in town.kept(ATTEMPT, KNOWN)
    assert HOME not in town.kept(ATTEMPT, KNOWN)
    for record in town.store.records(ATTEMPT, limit=10):
        assert NOON < record.expires_at <= NOON + timedelta(hours=1)
    assert [one.expires_at for one in town.store.records(KNOWN, limit=10)] == [NOON + timedelta(days=90)]


def test_letters_to_one_address_are_few(town, attempts):
    """Nobody's mail is flooded; signing up and recovery are counted apart."""
    assert [attempts.may_write("recover", ANN) for _ in range(5)] == [True, True, True, False, False]
    assert attempts.may_write("sign-up", ANN)
    town.later(minutes=10)
    assert attempts.may_write("recover", ANN)


def test_an_address_asks_for_so_much_and_no_more(town, attempts):
    """For whomever; then one in a minute."""
    for _ in range(10):
        attempts.ask("recover", HOME)
    with pytest.raises(TooManyAttempts):
        attempts.ask("recover", HOME)
    attempts.ask("sign-up", HOME)


def test_several_processes_count_as_one(quick_store):
    """Sixteen attempts at the same moment: five get through, and those whom the others held up are refused."""
    town = Town(quick_store)
    barrier, through = threading.Barrier(16), []

    def attempt():
        mine = Attempts(quick_store, clock=town.clock, new_id=town.new_id)
        barrier.wait(20)
        try:
            mine.begin(ANN, HOME)
        except TooManyAttempts:
            return
        through.append(1)

    threads = [threading.Thread(target=attempt) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert 1 <= len(through) <= 5
