"""Keys of a server, made, listed and revoked from the command line."""

import re

import pytest

from tocsin.domain.api_key import Token
from tocsin.domain.audit import Actor
from tocsin.services.api_keys import ApiKeys


def test_keys_are_made_listed_and_revoked_on_a_server(remote, store):
    """Printed as from a store; what is kept there says who made it."""
    made = remote("key", "create", "prod", "--scope", "alerts:write", "--source", "shop", "--expires", "2h")
    assert (made.status, "shown this once" in made.err) == (0, True)
    keys = ApiKeys(store, clock=lambda: remote.now, new_id=remote.wiring.new_id)
    assert keys.check(Token.read(made.out.strip())).source == "shop"
    assert {one.name: one.created_by for one in keys.every()} == {"laptop": "amira", "prod": "amira (key:laptop)"}
    assert re.fullmatch(r"tocsin_\w{12}_\S{43}", remote("key", "create", "x", "--scope", "admin", "--json").json["key"])
    assert remote("key", "revoke", "x", "--by", "bob").out.startswith("x (")
    assert {one.revoked_by for one in keys.every()} == {"", "bob (key:laptop)"}


@pytest.mark.parametrize(
    "command",
    [
        ("key", "list"),
        ("key", "list", "--all"),
        ("key", "list", "--all", "--json"),
        ("key", "create", "prod", "--scope", "admin"),
        ("key", "create", "no spaces", "--scope", "admin"),
        ("key", "create", "x", "--scope", "admin", "--source", "A B"),
        ("key", "revoke", "prdo"),
        ("key", "revoke", "a/../b"),
        ("key", "revoke", "bot-1"),
        ("tick",),
        ("tick", "--json"),
    ],
)
def test_what_is_said_of_keys_is_what_a_store_would_say(remote, command):
    """Word for word, errors and exit statuses among it."""
    for number in range(3):
        remote("key", "create", f"bot-{number}", "--scope", "alerts:write", "--expires", "2h")
    remote("key", "create", "prod", "--scope", "admin")
    remote("key", "revoke", "bot-1")
    asked = remote(*command)
    read = remote(*command, f"--store=json:{remote.folder / 'served.json'}")
    assert (asked.status, asked.out, asked.err) == (read.status, read.out, read.err)
    assert remote.slept == []


def test_many_keys_are_listed_whole(remote, store):
    """Page by page."""
    keys = ApiKeys(store, clock=lambda: remote.now, new_id=remote.wiring.new_id)
    for number in range(210):
        keys.create(f"bot-{number}", ["alerts:write"], secret="s" * 43, actor=Actor("a test"))
    assert len(remote("key", "list", "--json").json) == 211


def test_a_key_whose_answer_was_lost_is_not_made_twice(tocsin, scripted):
    """It says which it was, and what to do."""
    lost = b'{"type": "urn:tocsin:problem:already-there", "detail": "has made the key k", "hint": "revoke it"}'
    url, asked = scripted((503, b"{}"), (409, lost))
    said = tocsin("key", "create", "x", "--scope", "admin", "--server", url, TOCSIN_API_KEY="tocsin_x")
    assert (said.status, said.err) == (5, "tocsin: has made the key k\n  revoke it\n")
    assert len({key for _, key in asked}) == 1


def test_a_server_that_makes_a_key_and_says_none_is_said_so(tocsin, scripted):
    """In place of a line that opens nothing."""
    url, _ = scripted((201, b'{"name": "x"}'))
    said = tocsin("key", "create", "x", "--scope", "admin", "--server", url, TOCSIN_API_KEY="tocsin_x")
    assert (said.status, "says none that can be read" in said.err) == (2, True)
