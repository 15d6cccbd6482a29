"""Signing keys: made once, kept from others, remembered, exchanged while people work."""

import errno
import json
import os
import subprocess
import sys
from datetime import timedelta

import pytest

from tests.desk import NOON
from tests.entrypoints.command_line import ROOT
from tests.signing import RingInMemory
from tocsin.errors import ConfigurationError, StoreError, StoreUnreachable
from tocsin.identity.private_file import read_private, write_private
from tocsin.identity.signing_keys import KeyFile, Keyring, KeySecret, NoKeys, SigningKey, SigningKeys, keyring_in
from tocsin.storage.disk import Disk

ONE, TWO, THREE = ("1" * 43, "2" * 43, "3" * 43)
OLDER = b'{"current": "%s", "older": ["swordfish"]}' % ONE.encode()


@pytest.fixture
def path(tmp_path):
    return tmp_path / "incidents.json.keys"


def key_file(path, *secrets, **more):
    drawn = iter(secrets or (ONE, TWO, THREE))
    return KeyFile(path, new_secret=lambda: next(drawn), **more)


class FullDisk(Disk):
    """Takes nothing."""

    def write(self, file, data):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


# -- the file ---------------------------------------------------------------------------------------------------------


def test_a_file_is_made_when_something_is_signed_and_not_before(path):
    """Looking for a key makes none."""
    keys = SigningKeys(key_file(path), clock=lambda: NOON)
    assert keys.named("01234567") is None
    assert not keys.good("purpose", "text", f"01234567.{'x' * 43}")
    assert list(path.parent.iterdir()) == []
    keys.mac("purpose", "text")
    assert json.loads(path.read_bytes()) == {"current": ONE, "previous": ""}


def test_only_its_owner_may_read_the_file(path):
    """From the first instant, whatever the umask lets through."""
    before = os.umask(0)
    try:
        key_file(path).make()
        assert path.stat().st_mode & 0o777 == 0o600
        key_file(path, TWO).rotate(lambda _new, _old: None)
        assert path.stat().st_mode & 0o777 == 0o600
    finally:
        os.umask(before)


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o604, 0o620, 0o601])
def test_a_file_that_others_may_read_is_refused(path, mode):
    """With the command that mends it."""
    key_file(path).make()
    path.chmod(mode)
    with pytest.raises(ConfigurationError, match="may be read by others") as raised:
        key_file(path).read()
    assert f"chmod 600 {path}" in raised.value.hint


MAKE = """
import sys
from pathlib import Path
sys.path.insert(0, sys.argv[2])
from tocsin.identity.signing_keys import KeyFile
from tocsin.ids import random_secret
print(KeyFile(Path(sys.argv[1]), new_secret=random_secret).make().current.kid)
"""


def test_of_several_processes_that_make_the_keys_at_once_one_does(path):
    """All of them sign with what it made."""
    command = [sys.executable, "-c", MAKE, str(path), str(ROOT / "src")]
    started = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(4)]
    made = [one.communicate(timeout=60)[0].strip() for one in started]
    assert made == [KeyFile(path, new_secret=str).read().current.kid] * 4


def test_what_a_killed_process_left_is_no_obstacle(path):
    """Half of a new file, which nobody ever read."""
    path.with_name(f"{path.name}.new").write_bytes(b'{"cur')
    assert key_file(path).make().current.secret == ONE
    assert not path.with_name(f"{path.name}.new").exists()


def test_a_write_that_fails_leaves_the_keys_as_they_were(path):
    """A full disk signs nobody out."""
    key_file(path).make()
    with pytest.raises(StoreError):
        key_file(path, TWO, disk=FullDisk()).rotate(lambda _new, _old: None)
    assert key_file(path).read().current.secret == ONE


def test_a_folder_that_cannot_be_read_is_told_in_one_line(path):
    """And by name."""
    path.mkdir()
    with pytest.raises(StoreError, match="could not be read"):
        read_private(path)


def test_a_private_file_is_replaced_whole(path):
    """Whoever reads at that moment sees the one or the other."""
    write_private(path, b"one", Disk())
    with path.open("rb") as before:
        write_private(path, b"two", Disk())
        assert (before.read(), read_private(path)) == (b"one", b"two")


@pytest.mark.parametrize(
    "said",
    [
        b"",
        b"[]",
        b"{}",
        b'{"current": 7}',
        b'{"current": ""}',
        b'{"current": "swordfish", "previous": ""}',
        b"\xff",
        OLDER,
    ],
)
def test_a_file_of_something_else_is_refused_and_not_repeated(path, said):
    """It may hold another secret."""
    write_private(path, said, Disk())
    with pytest.raises(ConfigurationError) as raised:
        key_file(path).read()
    assert "swordfish" not in f"{raised.value}{raised.value.hint}"


# -- exchanging -------------------------------------------------------------------------------------------------------


def test_an_exchange_keeps_the_key_before_and_lets_the_one_before_that_open_seals_alone(path):
    """What is told comes before what is written."""
    file, told = key_file(path), []
    first = file.rotate(lambda new, old: told.append((new, old, path.exists())))
    second = file.rotate(lambda new, old: told.append((new, old, path.exists())))
    third = file.rotate(lambda new, old: told.append((new, old, path.exists())))
    assert first == Keyring(SigningKey(ONE))
    assert third == Keyring(SigningKey(THREE), SigningKey(TWO), (SigningKey(ONE),)) == file.read()
    assert third.named(first.current.kid) is None
    assert third.ever(first.current.kid) == first.current
    kids = [ring.current.kid for ring in (first, second, third)]
    assert told == [(kids[0], "", False), (kids[1], kids[0], True), (kids[2], kids[1], True)]


def test_a_key_is_named_by_a_digest_that_tells_nothing_of_it():
    """The first eight digits of its SHA-256; and it shows in no repr."""
    key = SigningKey(ONE)
    assert len(key.kid) == 8
    assert ONE not in repr(Keyring(key, key))


def test_signatures_of_both_keys_are_good_and_of_one_purpose_only():
    """Nobody takes a recovery token for a session."""
    place, now = RingInMemory(), [NOON]
    keys = SigningKeys(place, clock=lambda: now[0])
    old = keys.mac("refresh", "ann.1")
    place.rotate()
    now[0] += timedelta(minutes=15)
    new = keys.mac("refresh", "ann.1")
    assert old != new
    for mac in (old, new):
        kid, _, signature = mac.partition(".")
        assert (len(kid), len(signature)) == (8, 43)
        assert keys.good("refresh", "ann.1", mac)
        assert not keys.good("recover", "ann.1", mac)
        assert not keys.good("refresh", "ann.2", mac)
        assert not keys.good("refresh", "ann.1", mac[:-1])
        assert not keys.good("refresh", "ann.1", f"{kid}.é")
    assert not keys.good("refresh", "ann.1", f"{old[:8]}{new[8:]}")
    assert not keys.good("refresh", "ann.1", "")


def test_keys_are_remembered_for_a_quarter_of_an_hour():
    """Each read of a secret costs."""
    place, now = RingInMemory(), [NOON]
    place.make()
    keys = SigningKeys(place, clock=lambda: now[0])
    for _ in range(100):
        keys.current()
        now[0] += timedelta(seconds=8)
    assert place.looks == 1
    now[0] = NOON + timedelta(minutes=15)
    keys.current()
    assert place.looks == 2


def test_a_key_that_is_not_known_is_looked_for_at_once_but_once_a_minute():
    """Another process signs with a new one already; whoever makes key ids up costs no more than that."""
    place, now = RingInMemory(), [NOON]
    place.make()
    keys = SigningKeys(place, clock=lambda: now[0])
    keys.current()
    place.rotate()
    assert keys.named(place.ring.current.kid) is None
    now[0] += timedelta(minutes=1)
    assert keys.named(place.ring.current.kid) == place.ring.current
    assert place.looks == 2
    for _ in range(100):
        assert keys.named("01234567") is None
    now[0] += timedelta(minutes=1)
    assert keys.named("01234567") is None
    assert place.looks == 3


# -- the secret -------------------------------------------------------------------------------------------------------


def test_keys_that_are_known_are_used_while_their_place_gives_no_answer(caplog):
    """A secrets service that is down signs nobody out; it is said in the log, and the place is asked again."""
    answers = [{"current": ONE, "previous": TWO}]

    def fetch():
        if not answers:
            raise StoreUnreachable("the secret cannot be read now")
        return answers.pop()

    now = [NOON]
    keys = SigningKeys(KeySecret(fetch, "the secret"), clock=lambda: now[0])
    assert keys.current() == SigningKey(ONE)
    assert keys.named(SigningKey(TWO).kid) == SigningKey(TWO)
    now[0] += timedelta(minutes=15)
    assert keys.current() == SigningKey(ONE)
    assert "the secret cannot be read now" in caplog.text
    assert ONE not in caplog.text
    answers.append({"current": THREE, "previous": ONE})
    now[0] += timedelta(minutes=15)
    assert keys.current() == SigningKey(THREE)


def test_a_secret_that_was_never_read_is_an_error():
    """Something to try again."""

    def fetch():
        raise StoreUnreachable("the secret cannot be read now")

    with pytest.raises(StoreUnreachable):
        SigningKeys(KeySecret(fetch, "the secret"), clock=lambda: NOON).named("01234567")


def test_without_a_place_nothing_is_signed_and_nothing_is_good():
    """On Lambda without a secret: a token is refused like any other, and a sign-in says what is missing."""
    keys = SigningKeys(NoKeys(), clock=lambda: NOON)
    assert keys.named("01234567") is None
    with pytest.raises(ConfigurationError, match="SIGNING_KEYS_SECRET is not set"):
        keys.current()


def test_a_secret_may_have_no_key_before():
    """As CloudFormation makes it."""
    assert keyring_in({"current": ONE, "previous": ""}, "the secret") == Keyring(SigningKey(ONE))
    assert keyring_in({"current": ONE, "previous": None}, "the secret") == Keyring(SigningKey(ONE))
