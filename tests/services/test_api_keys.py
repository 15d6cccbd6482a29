"""Keys for machines, on every backend: made once, named once, taken back for good."""

import itertools
import threading
from datetime import timedelta

import pytest

from tests.chains import a_log
from tests.desk import NOON
from tests.secrets_seen import nowhere
from tocsin.domain.access import ADMINISTER, Principal, Scope
from tocsin.domain.api_key import Token
from tocsin.domain.audit import Actor
from tocsin.errors import AlreadyThere, Conflict, InvalidInput, NotFound
from tocsin.services.api_keys import ApiKeys
from tocsin.services.idempotency import Idempotency, answered

SECRET = "s" * 43


@pytest.fixture
def keys(any_store):
    ids = itertools.count(1)
    made = ApiKeys(any_store, clock=lambda: NOON, new_id=lambda: f"change-{next(ids)}")
    made.store = any_store
    return made


def test_a_key_is_made_and_opens(keys):
    """For what it was made for, in the name space that it was given."""
    made, token = keys.create("prod", ["alerts:write"], secret=SECRET, actor=Actor("ann"), source="shop")
    assert str(token) == f"tocsin_{made.id}_{SECRET}"
    assert Token.read(str(token)) == token
    assert keys.check(token) == Principal(
        f"key:{made.id}", "prod", scopes=frozenset({Scope.ALERTS_WRITE}), source="shop"
    )


def test_a_name_belongs_to_one_key_until_that_is_revoked(keys):
    """Or nobody could tell who did it."""
    keys.create("Prod", [Scope.ADMIN], secret=SECRET, actor=Actor("ann"))
    with pytest.raises(Conflict, match="called prod already"):
        keys.create("prod", [Scope.ADMIN], secret=SECRET, actor=Actor("ann"))
    keys.revoke("PROD", actor=Actor("ann"))
    keys.create("prod", [Scope.ADMIN], secret=SECRET, actor=Actor("ann"))
    assert [one.name for one in keys.every()].count("prod") == 1


def test_a_request_makes_one_key_however_often_it_comes(keys):
    """Also by two at once; what is remembered of it names the key, and no token."""
    asked = Idempotency.of("me", "k", "body")
    made, _ = keys.create("prod", [Scope.ADMIN], secret=SECRET, actor=Actor("ann"), request=asked)
    arrived = keys.store.record

    def as_if_unanswered(kind, record_id):
        keys.store.record = arrived

    for first_look in (arrived, as_if_unanswered):
        keys.store.record = first_look
        with pytest.raises(AlreadyThere, match=f"made the key {made.id} before") as raised:
            keys.create("prod", [Scope.ADMIN], secret=SECRET, actor=Actor("ann"), request=asked)
        assert raised.value.hint == "if that answer was lost, revoke the key and make another"
    assert answered(keys.store, asked, now=NOON).value == {"key": made.id}
    with pytest.raises(AlreadyThere, match="called prod already"):
        keys.create(
            "prod", [Scope.ADMIN], secret=SECRET, actor=Actor("ann"), request=Idempotency.of("me", "other", "body")
        )


def test_a_key_is_revoked_by_name_or_id_for_good(keys):
    """Twice is no error, and the first time counts."""
    made, token = keys.create("prod", [Scope.ADMIN], secret=SECRET, actor=Actor("ann"))
    assert keys.revoke(made.id, actor=Actor("bob")).revoked_by == "bob"
    assert keys.revoke(made.id, actor=Actor("ann")).revoked_by == "bob"
    assert keys.check(token) is None


def test_what_was_made_and_revoked_is_on_record(keys):
    """Once each, with what it may do, and nothing that opens."""
    keys.create_first("first", secret=SECRET, actor=Actor("serve"))
    made, _ = keys.create("prod", ["alerts:write"], secret=SECRET, actor=Actor("ann", "192.0.2.1"), source="shop")
    with pytest.raises(Conflict):
        keys.create("prod", ["admin"], secret=SECRET, actor=Actor("ann"))
    keys.revoke("prod", actor=Actor("bob"))
    keys.revoke(made.id, actor=Actor("bob"))
    log = a_log(keys.store)
    first, second, third = log.entries()
    assert (first.action, first.actor, first.target) == ("key_made", "serve", "key:first")
    assert (second.actor, second.address, second.target) == ("ann", "192.0.2.1", "key:prod")
    told = {"id": made.id, "scopes": ["alerts:write"], "source": "shop", "expires_at": None}
    assert second.details == told
    assert (third.action, third.actor, third.details) == ("key_revoked", "bob", {"id": made.id})
    assert log.verify().broken is None
    nowhere(" ".join(one.line() for one in (first, second, third)), secret=SECRET)


def test_an_unknown_key_cannot_be_revoked(keys):
    """The hint names those there are."""
    keys.create("prod", [Scope.ADMIN], secret=SECRET, actor=Actor("ann"))
    with pytest.raises(NotFound) as raised:
        keys.revoke("prd", actor=Actor("ann"))
    assert raised.value.hint == "there are prod"


@pytest.mark.parametrize(
    "given, said",
    [
        ({"name": ""}, "cannot be the name"),
        ({"name": "a b"}, "cannot be the name"),
        ({"name": "x" * 64}, "cannot be the name"),
        ({"source": "a:b"}, "cannot be a source"),
        ({"source": "Shop"}, "cannot be a source"),
        ({"scopes": []}, "needs a scope"),
        ({"scopes": ["everything"]}, "everything is no scope"),
        ({"expires_at": NOON}, "in the future"),
    ],
)
def test_what_cannot_be_a_key_is_refused(keys, given, said):
    """With what is allowed."""
    wanted = {"name": "prod", "scopes": [Scope.ADMIN], "secret": SECRET, "actor": Actor("ann")} | given
    with pytest.raises(InvalidInput, match=said):
        keys.create(wanted.pop("name"), wanted.pop("scopes"), **wanted)


def test_the_first_key_is_made_once(keys):
    """And never again, also when every key was revoked."""
    token = keys.create_first("first", secret=SECRET, actor=Actor("serve"))
    assert ADMINISTER.admits(keys.check(token))
    assert keys.create_first("first", secret=SECRET, actor=Actor("serve")) is None
    keys.revoke("first", actor=Actor("ann"))
    assert keys.create_first("first", secret=SECRET, actor=Actor("serve")) is None


def test_there_is_no_first_key_where_there_is_another(keys):
    """Somebody has seen to it already."""
    keys.create("prod", [Scope.ADMIN], secret=SECRET, actor=Actor("ann"))
    assert keys.create_first("first", secret=SECRET, actor=Actor("serve")) is None


def test_of_two_servers_that_start_at_once_one_makes_the_first_key(quick_store):
    """The store decides, not a look before."""
    barrier, found = threading.Barrier(8), []
    ids = itertools.count(1)

    def start():
        keys = ApiKeys(quick_store, clock=lambda: NOON, new_id=lambda: f"change-{next(ids)}")
        barrier.wait(10)
        found.append(keys.create_first("first", secret=SECRET, actor=Actor("serve")))

    threads = [threading.Thread(target=start) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len([one for one in found if one is not None]) == 1


@pytest.mark.large
def test_every_key_is_listed_however_many_there_are(keys):
    """Page by page."""
    names = [f"key-{number:03}" for number in range(105)]
    for name in names:
        keys.create(name, [Scope.INCIDENTS_READ], secret=SECRET, actor=Actor("ann"))
    assert sorted(one.name for one in keys.every()) == names


def test_a_key_ends_when_it_was_said_to(quick_store):
    """At that very moment."""
    now = [NOON]
    ids = itertools.count(1)
    keys = ApiKeys(quick_store, clock=lambda: now[0], new_id=lambda: f"change-{next(ids)}")
    _, token = keys.create(
        "prod", [Scope.ADMIN], secret=SECRET, actor=Actor("ann"), expires_at=NOON + timedelta(days=1)
    )
    now[0] = NOON + timedelta(days=1, microseconds=-1)
    assert keys.check(token) is not None
    now[0] = NOON + timedelta(days=1)
    assert keys.check(token) is None


@pytest.mark.parametrize("text", ["", "tocsin_", "tocsin_abc_def", f"tocsin_{'0' * 12}_{'x' * 42}", f"x_{'0' * 12}_x"])
def test_what_is_no_token_is_told_by_its_form(text):
    """Without asking the store."""
    assert Token.read(text) is None
