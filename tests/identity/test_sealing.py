"""Seals: opened by us alone, about one thing, for as long as the key is kept."""

import subprocess
import sys

import pytest

from tests.desk import NOON
from tests.entrypoints.command_line import ROOT
from tests.signing import RingInMemory
from tocsin.errors import ConfigurationError
from tocsin.identity.sealing import KeySealer
from tocsin.identity.signing_keys import SigningKeys


@pytest.fixture
def place():
    """Return where the keys are."""
    return RingInMemory()


@pytest.fixture
def sealer(place):
    """Return what seals with these keys."""
    return KeySealer(SigningKeys(place, clock=lambda: NOON))


def test_what_was_sealed_is_opened(sealer):
    """Whatever it is, and it shows nothing of it; the same text twice makes two seals."""
    for text in ("", "https://hooks.example.com/T1/secret", "ü" * 2_000):
        seal = sealer.seal(text, "ann:0001")
        assert sealer.open(seal, "ann:0001") == text
        assert seal != sealer.seal(text, "ann:0001")
    assert "secret" not in sealer.seal("secret", "ann:0001")


def test_a_seal_is_about_one_contact(sealer):
    """Copied to another it does not open, and the error names that one."""
    seal = sealer.seal("secret", "ann:0001")
    with pytest.raises(ConfigurationError, match="contact bo:0001 has a seal that was changed, or is another's"):
        sealer.open(seal, "bo:0001")


@pytest.mark.parametrize("place_in_it", [-1, 12, 20])
def test_a_seal_that_was_changed_does_not_open(sealer, place_in_it):
    """Wherever it was."""
    seal = sealer.seal("a secret", "x")
    other = "A" if seal[place_in_it] != "A" else "B"
    changed = seal[:place_in_it] + other + (seal[place_in_it + 1 :] if place_in_it != -1 else "")
    with pytest.raises(ConfigurationError, match="the contact x has a seal that was changed"):
        sealer.open(changed, "x")


@pytest.mark.parametrize("length", range(38, 44))
def test_a_seal_that_was_cut_off_does_not_open(sealer, length):
    """Nor does it end in anything else than that error."""
    head, _, data = sealer.seal("a secret that is long enough", "x").rpartition(".")
    with pytest.raises(ConfigurationError, match="the contact x has a seal that was changed"):
        sealer.open(f"{head}.{data[:length]}", "x")


@pytest.mark.parametrize(
    "text", ["", "secret", "1.", "2.00000000." + "A" * 50, "1.0000000g." + "A" * 50, "1.00000000.A"]
)
def test_what_is_no_seal_is_said_to_be_none(sealer, text):
    """In one line that does not repeat it."""
    with pytest.raises(ConfigurationError, match="the contact x is not sealed as this program seals") as raised:
        sealer.open(text, "x")
    assert "secret" not in str(raised.value)


def test_seals_outlast_every_exchange_of_keys(sealer, place):
    """Signatures do not: of the same keys they are good for two."""
    seal = sealer.seal("a secret", "x")
    signature = SigningKeys(place, clock=lambda: NOON).mac("x", "y")
    for _ in range(5):
        place.rotate()
    keys = SigningKeys(place, clock=lambda: NOON)
    assert KeySealer(keys).open(seal, "x") == "a secret"
    assert not keys.good("x", "y", signature)


def test_without_its_key_a_seal_says_which_contact_it_is_of_and_what_to_do(sealer):
    """Bring the keys back, or enter the address anew."""
    seal = sealer.seal("a secret", "ann:0001")
    other = RingInMemory()
    other.secret()
    with pytest.raises(
        ConfigurationError, match=r"contact ann:0001 is sealed with the key [0-9a-f]{8}, which"
    ) as raised:
        KeySealer(SigningKeys(other, clock=lambda: NOON)).open(seal, "ann:0001")
    assert "SIGNING_KEYS_FILE" in raised.value.hint
    assert "enter it anew" in raised.value.hint


def test_the_library_is_imported_by_who_seals_alone():
    """A start that seals nothing does not wait for it."""
    code = "import sys, tocsin.identity.sealing; sys.exit('cryptography' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT / "src", check=False).returncode == 0
