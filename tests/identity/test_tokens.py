"""Access tokens: what is read, and everything that is not."""

import hashlib
import hmac
import logging
from datetime import timedelta

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from hypothesis import given
from hypothesis import strategies as st

from tests.desk import NOON
from tests.fakes import MemoryStore
from tests.signing import Gate, parts_of, token_of
from tocsin.domain.access import UserRole
from tocsin.services.signing import Claims

RSA = rsa.generate_private_key(public_exponent=65_537, key_size=2_048)
PUBLIC = RSA.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
CLAIMS = ("iss", "aud", "sub", "sid", "role", "iat", "exp", "jti")


@pytest.fixture
def gate():
    return Gate(MemoryStore())


@pytest.fixture
def token(gate):
    """Return a token that is good."""
    return gate.tokens.issue(gate.person(), "5e551044", gate.now)


def hs(secret, name="sha256"):
    key = secret if isinstance(secret, bytes) else secret.encode()
    return lambda signed: hmac.new(key, signed, getattr(hashlib, name)).digest()


def ours(gate):
    return hs(gate.keys.current().secret)


def test_a_token_says_who_and_for_how_long(gate, token):
    """And nothing that must not be known: anybody can read it."""
    header, said = parts_of(token)
    assert header == {"alg": "HS256", "typ": "JWT", "kid": gate.keys.current().kid}
    assert set(said) == set(CLAIMS)
    assert (said["iss"], said["aud"], said["role"]) == ("tocsin", "tocsin-api", "responder")
    assert (said["iat"], said["exp"] - said["iat"]) == (int(NOON.timestamp()), 900)
    assert gate.tokens.read(token, gate.now) == Claims(
        said["sub"], "5e551044", UserRole.RESPONDER, NOON + timedelta(minutes=15)
    )


def test_no_two_tokens_are_the_same(gate):
    """Even of the same second."""
    ann = gate.person()
    made = [gate.tokens.issue(ann, "5e551044", gate.now) for _ in range(2)]
    assert parts_of(made[0])[1]["jti"] != parts_of(made[1])[1]["jti"]


def test_a_token_ends_to_the_second(gate, token):
    """By the clock that is handed in, whatever the real one says."""
    assert gate.tokens.read(token, NOON + timedelta(minutes=15, microseconds=-1))
    assert gate.tokens.read(token, NOON + timedelta(minutes=15)) is None


def test_a_token_of_a_clock_that_is_a_little_ahead_is_good_and_of_one_far_ahead_is_not(gate, token):
    """Two processes never agree to the second."""
    assert gate.tokens.read(token, NOON - timedelta(seconds=5))
    assert gate.tokens.read(token, NOON - timedelta(seconds=6)) is None


@pytest.mark.parametrize("claim", CLAIMS)
@pytest.mark.parametrize("said", [None, "", 7, 1.5, True, [], ["tocsin"], {}, "x", 10**30, -(10**30)])
def test_a_claim_that_is_missing_or_another_is_refused(gate, token, claim, said):
    """Also where our own key has signed it."""
    header, payload = parts_of(token)
    good = token_of(header, payload, ours(gate))
    assert gate.tokens.read(good, gate.now)
    without = {name: one for name, one in payload.items() if name != claim}
    assert gate.tokens.read(token_of(header, without, ours(gate)), gate.now) is None
    if not (claim in {"sub", "sid", "jti"} and isinstance(said, str)):
        assert gate.tokens.read(token_of(header, payload | {claim: said}, ours(gate)), gate.now) is None


@pytest.mark.parametrize(
    "claim, said",
    [
        ("iss", "https://issuer.example.com"),
        ("iss", "Tocsin"),
        ("aud", "another-api"),
        ("aud", ["tocsin-api"]),
        ("aud", ["tocsin-api", "another-api"]),
        ("role", "owner"),
    ],
)
def test_a_token_of_or_for_another_is_refused(gate, token, claim, said):
    """Word for word."""
    header, payload = parts_of(token)
    assert gate.tokens.read(token_of(header, payload | {claim: said}, ours(gate)), gate.now) is None


@pytest.mark.parametrize("name", ["none", "None", "NONE", "nOnE", "", "HS384", "HS512", "RS256", "hs256"])
def test_another_algorithm_is_refused(gate, token, name):
    """Signed with our own key, unsigned, or left as it was: the header chooses nothing."""
    header, payload = parts_of(token)
    for sign in (
        ours(gate),
        lambda _: b"",
        hs(gate.keys.current().secret, "sha512"),
        hs(gate.keys.current().secret, "sha384"),
    ):
        assert gate.tokens.read(token_of(header | {"alg": name}, payload, sign), gate.now) is None


def test_what_the_library_itself_signs_by_another_algorithm_is_refused(gate, token):
    """None, a longer digest, and a private key."""
    header, payload = parts_of(token)
    kid = {"kid": header["kid"]}
    secret = gate.keys.current().secret.ljust(64, "x")
    assert gate.tokens.read(jwt.encode(payload, None, algorithm="none", headers=kid), gate.now) is None
    assert gate.tokens.read(jwt.encode(payload, secret, algorithm="HS512", headers=kid), gate.now) is None
    assert gate.tokens.read(jwt.encode(payload, RSA, algorithm="RS256", headers=kid), gate.now) is None


def test_a_public_key_is_no_secret(gate, token):
    """Neither one of an issuer, taken for the secret of an HMAC, nor one that the token brings along."""
    header, payload = parts_of(token)
    brought = {"jwk": {"kty": "oct", "k": "c2VjcmV0"}, "jku": "https://evil.example.com/keys", "x5c": ["x"]}
    for more in ({}, brought):
        for secret in (PUBLIC, b"secret", b""):
            forged = token_of(header | more, payload, hs(secret))
            assert gate.tokens.read(forged, gate.now) is None


@pytest.mark.parametrize("kid", [None, "", "00000000", "../../etc/passwd", "a" * 1_000, 7, ["x"], {}])
def test_a_key_that_is_not_ours_is_refused(gate, token, kid):
    """By its name alone; what is no name of ours is not even looked for."""
    header, payload = parts_of(token)
    assert gate.tokens.read(token_of(header | {"kid": kid}, payload, ours(gate)), gate.now) is None
    without = {name: one for name, one in header.items() if name != "kid"}
    assert gate.tokens.read(token_of(without, payload, ours(gate)), gate.now) is None
    assert gate.place.looks <= 2


def test_another_key_under_the_name_of_ours_is_refused(gate, token):
    """The name proves nothing."""
    header, payload = parts_of(token)
    assert gate.tokens.read(token_of(header, payload, hs("x" * 43)), gate.now) is None


def test_a_token_that_was_changed_is_refused(gate, token):
    """Whichever of its characters. The last of a part may say the same in another way, and then is the same."""
    for place in range(len(token)):
        changed = token[:place] + ("A" if token[place] != "A" else "B") + token[place + 1 :]
        if token[place] != "." and token[place + 1 : place + 2] not in {".", ""}:
            assert gate.tokens.read(changed, gate.now) is None, place


def test_a_token_of_the_key_before_is_good_and_of_the_one_before_that_is_not(gate, token):
    """So that a key can be exchanged while people work."""
    gate.place.rotate()
    gate.later(minutes=2)
    assert gate.tokens.read(token, gate.now)
    gate.place.rotate()
    gate.later(minutes=15)
    assert gate.tokens.read(token, NOON) is None


@given(
    text=st.one_of(
        st.text(max_size=300), st.from_regex(r"[A-Za-z0-9_-]{0,60}\.[A-Za-z0-9_-]{0,60}\.[A-Za-z0-9_-]{0,60}")
    )
)
def test_garbage_is_refused_and_never_an_error(text):
    """Anybody can send anything."""
    assert Gate(MemoryStore()).tokens.read(text, NOON) is None


def test_a_token_that_is_too_long_is_not_even_taken_apart(gate, token):
    """A megabyte of header costs nothing."""
    header, payload = parts_of(token)
    long = token_of(header | {"more": "x" * 3_000}, payload, ours(gate))
    assert gate.tokens.read(long, gate.now) is None


def test_no_token_reaches_the_log(gate, token, caplog):
    """Whatever is wrong with it."""
    caplog.set_level(logging.DEBUG)
    gate.tokens.read(token, NOON + timedelta(days=1))
    gate.tokens.read(token + "x", NOON)
    assert token[-43:] not in caplog.text
