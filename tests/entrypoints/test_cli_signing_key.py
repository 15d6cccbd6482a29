"""``signing-key rotate``: exchanged on the file, on record, and nobody is signed out by it."""

import json

import pytest

from tocsin.services.auditing import AuditLog
from tocsin.storage.json_store import JsonStore


def keys(tocsin, name="incidents.json.keys"):
    return json.loads((tocsin.folder / name).read_text())


def entries(tocsin):
    return [
        (one.action, one.actor, one.target, one.details)
        for one in AuditLog(JsonStore(tocsin.folder / "incidents.json"), clock=None, new_id=None).entries()
    ]


def test_a_key_is_exchanged_and_the_one_before_stays_good(tocsin):
    """What is said names both, and shows neither."""
    first, second = tocsin("signing-key", "rotate"), tocsin("signing-key", "rotate", "--by", "ann")
    assert (first.status, second.status) == (0, 0)
    now = keys(tocsin)
    assert len(now["current"]) == len(now["previous"]) == 43
    assert first.out.split()[2] in second.out
    assert "stays good" not in first.out
    for secret in now.values():
        assert secret not in first.out + second.out + first.err + second.err
    log = entries(tocsin)
    assert [one[:2] for one in log] == [("signing_key_rotated", "amira"), ("signing_key_rotated", "ann")]
    assert log[1][2:] == (f"signing-key:{second.out.split()[2]}", {"before": first.out.split()[2]})


def test_the_file_is_where_the_setting_says(tocsin):
    """Or beside the incidents."""
    assert tocsin("signing-key", "rotate", SIGNING_KEYS_FILE=str(tocsin.folder / "other.keys")).status == 0
    assert keys(tocsin, "other.keys")["current"]
    assert not (tocsin.folder / "incidents.json.keys").exists()


def test_keys_in_a_secret_are_not_exchanged_here(tocsin):
    """It says where, and writes nothing."""
    said = tocsin("signing-key", "rotate", SIGNING_KEYS_SECRET="tocsin-signing-keys")
    assert (said.status, "docs/operate.md" in said.err) == (2, True)
    assert list(tocsin.folder.iterdir()) == []


def test_an_exchange_that_cannot_be_put_on_record_is_not_made(tocsin):
    """The log first: it may say too much, and never too little."""
    (tocsin.folder / "incidents.json").write_text("something else")
    assert tocsin("signing-key", "rotate").status == 6
    assert not (tocsin.folder / "incidents.json.keys").exists()


@pytest.mark.parametrize("command", [("list",), ("open", "--title", "x"), ("key", "list"), ("doctor",)])
def test_a_command_that_signs_nothing_makes_no_keys(tocsin, command):
    """They are made when somebody signs in."""
    tocsin(*command)
    assert not (tocsin.folder / "incidents.json.keys").exists()
