"""The first administrator: made by whoever has the terminal, once, as long as there is nobody."""

import threading

import pytest

from tests.people import HERE, PASSWORD, Town
from tocsin.domain.access import UserRole
from tocsin.errors import InvalidInput, SignInRefused, TooManyAttempts
from tocsin.services.tickets import TICKET

ANN = "ann@example.com"


@pytest.fixture
def town(any_store):
    return Town(any_store)


def make(town, token, email=ANN, password=PASSWORD):
    """Make the administrator."""
    return town.accounts.first.make(token, email, "Ann", password, actor=HERE)


def test_the_token_makes_an_administrator_once(town):
    """Who signs in with the password that was given."""
    token = town.accounts.first.offer()
    assert make(town, token).role is UserRole.ADMIN
    assert town.sign_in().user_id
    with pytest.raises(SignInRefused):
        make(town, token, "bob@example.com")
    assert town.log()[0] == ("user_added", f"user:{ANN}")


def test_a_new_token_takes_the_place_of_the_one_before(town):
    """What an earlier start showed is worth nothing."""
    first, second = town.accounts.first.offer(), town.accounts.first.offer()
    with pytest.raises(SignInRefused):
        make(town, first)
    assert make(town, second)


def test_there_is_none_once_there_is_anybody(town):
    """Neither a token, nor a use for one that was shown before."""
    token = town.accounts.first.offer()
    town.person("bob@example.com")
    assert town.accounts.first.offer() is None
    with pytest.raises(SignInRefused):
        make(town, token)


def test_a_password_that_is_not_good_enough_leaves_the_token_good(town):
    """And makes nobody."""
    token = town.accounts.first.offer()
    with pytest.raises(InvalidInput):
        make(town, token, password="short")
    assert make(town, token)


def test_the_token_is_kept_nowhere(town):
    """Only that there is one."""
    token = town.accounts.first.offer()
    assert token.rpartition(".")[2] not in town.kept(TICKET)


def test_an_address_cannot_try_for_ever(town):
    """However long the token is."""
    for _ in range(10):
        with pytest.raises(SignInRefused):
            make(town, "tocsin_setup_x.x_00000000.x")
    with pytest.raises(TooManyAttempts):
        make(town, town.accounts.first.offer())


def test_of_several_who_use_the_token_at_once_one_does(quick_store):
    """The others are refused."""
    town = Town(quick_store)
    token = town.accounts.first.offer()
    barrier, made = threading.Barrier(4), []

    def use(number):
        barrier.wait(20)
        try:
            made.append(make(town, token, f"admin-{number}@example.com"))
        except (SignInRefused, TooManyAttempts):
            return

    threads = [threading.Thread(target=use, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(made) == 1
    assert [one.id for one in town.accounts.users.every()] == [made[0].id]


def test_of_two_servers_that_start_at_once_one_shows_a_token(town):
    """Or the one that was shown first would be void already."""
    drafted = town.accounts.first._tickets.drafted

    def meanwhile(*args, **more):
        ticket = drafted(*args, **more)
        town.accounts.first._tickets.drafted = drafted
        assert town.accounts.first.offer()
        return ticket

    town.accounts.first._tickets.drafted = meanwhile
    assert town.accounts.first.offer() is None
