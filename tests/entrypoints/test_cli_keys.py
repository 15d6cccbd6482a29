"""``key``: made, listed, revoked, and shown once."""

import re

TOKEN = r"tocsin_[0-9a-f]{12}_[A-Za-z0-9_-]{43}"


def test_a_key_is_printed_once_and_alone(tocsin):
    """So that a script can take it; what to do with it is said beside."""
    said = tocsin("key", "create", "prod", "--scope", "alerts:write")
    assert said.status == 0
    assert re.fullmatch(TOKEN + "\n", said.out)
    assert "shown this once" in said.err
    again = tocsin("key", "list", "--all")
    assert said.out.strip() not in again.out + again.err


def test_keys_are_listed_with_what_they_may(tocsin):
    """Revoked and expired ones only if asked for."""
    tocsin("key", "create", "prod", "--scope", "alerts:write", "--scope", "incidents:read", "--source", "shop")
    tocsin("key", "create", "old", "--scope", "admin", "--expires", "2h")
    tocsin("key", "create", "gone", "--scope", "admin")
    tocsin("key", "revoke", "gone")
    tocsin.minutes(180)
    said = tocsin("key", "list")
    assert [line.split()[0] for line in said.lines] == ["NAME", "prod"]
    assert "alerts:write, incidents:read" in said.out
    everything = tocsin("key", "list", "--all", "--json").json
    assert {one["name"] for one in everything} == {"prod", "old", "gone"}
    assert all("digest" not in one for one in everything)
    states = {line.split()[0]: line.split()[2] for line in tocsin("key", "list", "--all").lines[1:]}
    assert states == {"prod": "usable", "old": "expired", "gone": "revoked"}


def test_an_empty_list_says_how_to_make_one(tocsin):
    """With the command."""
    assert "key create NAME" in tocsin("key", "list").err


def test_the_whole_of_a_key_can_be_had_as_json(tocsin):
    """The key among it, what is kept of it not."""
    made = tocsin("key", "create", "prod", "--scope", "admin", "--expires", "2027-03-31", "--json").json
    assert re.fullmatch(TOKEN, made["key"])
    assert (made["name"], made["created_by"], made["expires_at"]) == ("prod", "amira", "2027-03-31T00:00:00Z")
    assert "digest" not in made


def test_a_name_that_is_taken_is_refused(tocsin):
    """Until the key is revoked."""
    tocsin("key", "create", "prod", "--scope", "admin")
    said = tocsin("key", "create", "prod", "--scope", "admin")
    assert (said.status, "called prod already" in said.err) == (5, True)
    assert tocsin("key", "revoke", "prod").status == 0
    assert tocsin("key", "create", "prod", "--scope", "admin").status == 0


def test_a_key_that_there_is_not_cannot_be_revoked(tocsin):
    """It says which there are."""
    tocsin("key", "create", "prod", "--scope", "admin")
    said = tocsin("key", "revoke", "prdo")
    assert (said.status, "there are prod" in said.err) == (4, True)


def test_a_scope_that_there_is_not_is_refused(tocsin):
    """With the nearest."""
    said = tocsin("key", "create", "prod", "--scope", "alert:write")
    assert (said.status, "did you mean 'alerts:write'" in said.err) == (2, True)


def test_a_key_cannot_expire_before_it_is_made(tocsin):
    """That is a mistyped year."""
    assert tocsin("key", "create", "prod", "--scope", "admin", "--expires", "2025-03-31").status == 2
