"""Which tokens prove who somebody is: those of the issuer, for us, now; and nothing that looks like them."""

import base64
import hashlib
import hmac
import json
import logging
import subprocess
import sys
from datetime import timedelta

import jwt
import pytest
from cryptography.hazmat.primitives import serialization

from tests.entrypoints.command_line import ROOT
from tests.identity.issuer import AUDIENCE, answers, jwk, key_pair
from tocsin.errors import SignInRefused
from tocsin.identity.issuer_http import IssuerHttp
from tocsin.identity.oidc import OidcIssuer

EVERY = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA")
MINUTE = timedelta(minutes=1)
SECOND = timedelta(seconds=1)


@pytest.fixture
def verifier(issuer):
    """Return what checks the issuer's tokens, as it is set up by default."""
    return made(issuer)


def made(issuer, algorithms=("RS256", "ES256")):
    return OidcIssuer(issuer.name, algorithms, IssuerHttp(), clock=lambda: issuer.at)


def opens(verifier, token, presenter=""):
    """Say whether a token proves anything."""
    try:
        return verifier.verified(token, audience=AUDIENCE, presenter=presenter)["sub"] == "ana-1"
    except SignInRefused as refused:
        return str(refused) != "who this is was not proved"  # and nothing more than that


def b64(data):
    raw = data if isinstance(data, bytes) else json.dumps(data).encode()
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def by_hand(issuer, header, sign=lambda _: b"", **claims):
    """Return a token as no library would make it."""
    text = f"{b64({'kid': 'first', **header})}.{b64(issuer.claims(**claims))}"
    return f"{text}.{b64(sign(text.encode()))}"


def public_pem(algorithm):
    return (
        key_pair(algorithm, 0)
        .public_key()
        .public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    )


def test_a_token_of_the_issuer_for_us_says_who_it_is(issuer, verifier):
    """With all that it says."""
    claims = verifier.verified(issuer.token(), audience=AUDIENCE, presenter="")
    assert (claims["iss"], claims["email"], claims["groups"]) == (issuer.name, "ana@example.com", ["oncall"])


@pytest.mark.parametrize("algorithm", EVERY)
def test_each_algorithm_proves_where_it_is_set_and_nothing_elsewhere(issuer, algorithm):
    """A key for one kind of signature is good for no other."""
    issuer.algorithm, issuer.keys = algorithm, [(algorithm, 0, "first")]
    assert opens(made(issuer, [algorithm]), issuer.token())
    assert not opens(made(issuer, [one for one in EVERY if one != algorithm]), issuer.token())


def test_a_token_without_a_signature_proves_nothing(issuer):
    """``none`` cannot even be allowed."""
    for alg in ("none", "None", "NONE", ""):
        assert not opens(made(issuer, ["RS256", "none"]), by_hand(issuer, {"alg": alg}))


@pytest.mark.parametrize("algorithm", ["HS256", "HS512"])
def test_a_token_that_is_signed_with_the_public_key_proves_nothing(issuer, algorithm):
    """Everybody has that key; whoever takes it for a shared secret lets everybody in."""
    digest = {"HS256": hashlib.sha256, "HS512": hashlib.sha512}[algorithm]
    token = by_hand(issuer, {"alg": algorithm}, lambda text: hmac.digest(public_pem("RS256"), text, digest))
    assert not opens(made(issuer, ["RS256", algorithm]), token)


def test_a_token_that_names_its_own_key_proves_nothing(issuer, verifier):
    """``jwk``, ``jku`` and ``x5u`` are whatever its maker likes."""
    theirs = key_pair("RS256", 99)
    public = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(theirs.public_key()))
    for more in ({"jwk": public}, {"jku": f"{issuer.name}/theirs"}, {"x5u": f"{issuer.name}/theirs"}):
        head = {"kid": "first", **more}
        assert not opens(verifier, jwt.encode(issuer.claims(), theirs, algorithm="RS256", headers=head))


def test_a_token_that_was_changed_proves_nothing(issuer, verifier):
    """A role that was put in, a signature of another token, half of one."""
    head, _, sign = issuer.token().split(".")
    assert not opens(verifier, f"{head}.{b64(issuer.claims(groups=['admins']))}.{sign}")
    assert not opens(verifier, f"{head}.{issuer.token(sub='eve').split('.')[1]}.{sign[:-4]}")
    assert not opens(verifier, f"{head}.{b64(issuer.claims())}.")


@pytest.mark.parametrize(
    "claims",
    [
        {"iss": "http://127.0.0.1:1"},
        {"iss": None},
        {"iss": ["x"]},
        {"aud": "another-api"},
        {"aud": ["another-api"]},
        {"aud": None},
        {"aud": {AUDIENCE: 1}},
        {"aud": f"{AUDIENCE} "},
        {"sub": None},
        {"sub": ""},
        {"sub": 7},
        {"sub": "x" * 256},
        {"sub": "\u00fc"},
        {"exp": None},
        {"exp": "tomorrow"},
        {"exp": True},
        {"exp": 10**400},
        {"exp": float("inf")},
        {"iat": None},
        {"iat": -1},
        {"nbf": "now"},
    ],
)
def test_a_token_that_does_not_say_what_it_must_proves_nothing(issuer, verifier, claims):
    """Signed by the issuer as it may be."""
    said = {name: value for name, value in (issuer.claims() | claims).items() if value is not None}
    text = f"{b64({'alg': 'RS256', 'kid': 'first'})}.{b64(said)}"
    algorithm = jwt.algorithms.RSAAlgorithm(jwt.algorithms.RSAAlgorithm.SHA256)
    token = f"{text}.{b64(algorithm.sign(text.encode(), key_pair('RS256', 0)))}"
    assert not opens(verifier, token)
    assert opens(verifier, issuer.token())


def test_a_token_is_good_from_its_time_to_its_end_give_or_take_a_minute(issuer, verifier):
    """The issuer's clock and ours are two."""
    token, made_at = issuer.token(), issuer.at
    bounds = {
        -MINUTE - SECOND: False,
        -MINUTE: True,
        timedelta(minutes=6) - SECOND: True,
        timedelta(minutes=6): False,
    }
    for after, good in bounds.items():
        issuer.at = made_at + after
        assert opens(verifier, token) is good, after


def test_a_token_that_is_not_good_yet_opens_when_it_is(issuer, verifier):
    """As its ``nbf`` says."""
    token = issuer.token(nbf=int(issuer.at.timestamp()) + 90)
    assert not opens(verifier, token)
    issuer.at += timedelta(seconds=30)
    assert opens(verifier, token)


def test_a_token_for_several_says_whom_it_was_given_to(issuer, verifier):
    """That is our own client, where we are one."""
    several = [AUDIENCE, "account"]
    assert not opens(verifier, issuer.token(several))
    assert opens(verifier, issuer.token(several, azp="a-script"))
    assert opens(verifier, issuer.token(several, azp="tocsin-web"), presenter="tocsin-web")
    assert not opens(verifier, issuer.token(several, azp="a-script"), presenter="tocsin-web")
    assert opens(verifier, issuer.token([AUDIENCE]), presenter="tocsin-web")


@pytest.mark.parametrize("kind, good", [("JWT", True), ("at+jwt", True), ("logout+jwt", False), (7, False)])
def test_only_what_is_made_to_let_somebody_in_does(issuer, verifier, kind, good):
    """An issuer signs other things with the same key."""
    assert opens(verifier, issuer.token(header={"typ": kind})) is good


@pytest.mark.parametrize("more", [{"at_hash": "x"}, {"c_hash": "x"}, {"typ": "ID"}])
def test_an_identity_token_opens_nothing(issuer, verifier, more):
    """It was made for a client to look at, and may lie where nobody guards it."""
    assert not opens(verifier, issuer.token(**more))
    assert opens(verifier, issuer.token(typ="Bearer"))


def test_an_identity_token_opens_nothing_where_the_client_is_the_audience(issuer, verifier):
    """Its nonce tells it apart; elsewhere that tells nothing, for some issuers put it into access tokens too."""
    assert not opens(verifier, issuer.token(nonce="x"), presenter=AUDIENCE)
    assert opens(verifier, issuer.token(nonce="x"), presenter="somebody")
    assert opens(verifier, issuer.token(), presenter=AUDIENCE)


def test_a_token_that_names_no_key_is_good_where_there_is_one(issuer, verifier):
    """With two it might be either, and is refused."""
    assert opens(verifier, issuer.token(header={"kid": None}))
    issuer.keys = [("RS256", 1, "second"), *issuer.keys]
    assert not opens(made(issuer), issuer.token(header={"kid": None}))


def test_a_key_for_something_else_signs_nobody_in(issuer):
    """For encrypting, for another algorithm, or one that cannot be read."""
    good = jwk("RS256", 0, "first")
    odd = [{"use": "enc"}, {"alg": "RS512"}, {"kty": "oct", "k": "AAAA"}, {"n": "AQAB"}, {"n": 7}, {"n": None}]
    for more in odd:
        issuer.faults["/keys"] = answers(200, json.dumps({"keys": ["x", {**good, **more}]}).encode())
        assert not opens(made(issuer), issuer.token()), more
    issuer.faults["/keys"] = answers(200, json.dumps({"keys": ["x", good]}).encode())
    assert opens(made(issuer), issuer.token())


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a.b.c",
        "...",
        "tocsin_x",
        "\u00fc.\u00fc.\u00fc",
        f"{b64([1])}.{b64({})}.AAAA",
        f"{b64({'alg': ['RS256']})}.{b64({})}.AAAA",
        f"{b64({'alg': 'RS256', 'kid': 7})}.{b64({})}.AAAA",
        f"{b64({'alg': 'RS256', 'crit': ['exp']})}.{b64({})}.AAAA",
        f"{b64({'alg': 'RS256'})}.{b64([])}.AAAA",
        f"{b64({'alg': 'RS256'})}.{b64(b'[' * 9_000)}.AAAA",
        f"{b64({'alg': 'RS256'})}.{b64(b'x' * 20_000)}.AAAA",
    ],
)
def test_what_is_no_token_proves_nothing(issuer, verifier, text):
    """Whatever it is, and without asking the issuer anything."""
    assert not opens(verifier, text)
    assert not issuer.asked


def test_a_token_of_somebody_else_asks_for_no_keys(issuer, verifier):
    """Or everybody could make us ask."""
    assert not opens(verifier, issuer.token(iss="https://example.com"))
    assert not issuer.asked


def test_why_a_token_was_refused_is_in_the_log_and_the_token_is_not(issuer, verifier, caplog):
    """Whoever sets this up has to find the audience that is wrong."""
    token = issuer.token("another-api")
    with caplog.at_level(logging.WARNING):
        assert not opens(verifier, token)
    assert "its aud is another" in caplog.text
    assert not any(part in caplog.text for part in token.split("."))


def test_nothing_is_imported_before_a_token_is_shown():
    """PyJWT and its cryptography take a fifth of a second."""
    code = (
        "import sys; from tocsin.identity import oidc; from tocsin.entrypoints import external;"
        "print({'jwt', 'cryptography'} & set(sys.modules))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
        env={"PYTHONPATH": str(ROOT / "src")},
    )
    assert done.stdout.strip() == "set()"
