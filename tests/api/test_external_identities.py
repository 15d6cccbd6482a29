"""What an issuer says of somebody who signs in: what proves it, what is asked for besides, and who is let in by it."""

import base64
import json
from urllib.parse import parse_qsl, urlsplit

import pytest

from tests.api.browser import Browser, refused
from tests.identity.issuer import CLIENT, answers, breaks_off, key_pair
from tocsin.domain.access import UserRole


def forged(browser, how):
    """Return an identity token that is wrong in one way."""
    issuer = browser.issuer
    nonce = dict(parse_qsl(urlsplit(browser.location).query))["nonce"]
    claims = issuer.claims(CLIENT, nonce=nonce)
    match how:
        case "none":
            parts = [json.dumps({"alg": "none"}).encode(), json.dumps(claims).encode(), b""]
            return ".".join(base64.urlsafe_b64encode(part).rstrip(b"=").decode() for part in parts)
        case "another's key":
            import jwt

            return jwt.encode(claims, key_pair("RS256", 99), algorithm="RS256", headers={"kid": "first"})
        case "nothing":
            return None
    raise AssertionError(how)


@pytest.mark.parametrize("how", ["none", "another's key", "nothing"])
def test_an_identity_that_is_not_the_issuers_is_none(browser, how):
    """Though it comes from where tokens come from."""
    browser.location, cookie = browser.start()
    back = browser.issuer.authorize(browser.location)
    given = json.dumps({"id_token": forged(browser, how), "access_token": "x"}).encode()
    browser.issuer.faults["/token"] = answers(200, given)
    refused(browser, browser.come_back(back, cookie)[0])


@pytest.mark.parametrize(
    "claims",
    [
        {"iss": "https://example.com"},
        {"aud": "another-client"},
        {"aud": "tocsin-api"},
        {"aud": [CLIENT, "another"]},
        {"aud": [CLIENT, "another"], "azp": "another"},
        {"azp": "another"},
        {"exp": 0},
        {"exp": None},
        {"iat": 10_000_000_000},
        {"nbf": 10_000_000_000},
        {"sub": None},
        {"nonce": None},
        {"nonce": ""},
        {"nonce": "\u00fc" * 43},
        {"nonce": "0" * 43},
        {"nonce": 7},
        {"at_hash": "AAAA"},
        {"at_hash": ""},
    ],
)
def test_an_identity_for_somebody_or_something_else_is_none(browser, claims):
    """Expired, not yet good, for another client, of another sign-in, beside another access token."""
    browser.issuer.identity = claims
    refused(browser, browser.signs_in())


@pytest.mark.parametrize("claims", [{"aud": [CLIENT]}, {"aud": [CLIENT, "x"], "azp": CLIENT}, {"at_hash": None}])
def test_an_identity_may_leave_out_what_it_may(browser, claims):
    """A list of one, a presenter that is us, no digest of the access token."""
    browser.issuer.identity = claims
    assert browser.signs_in().status == 200


def thin(issuer, **more):
    """Let an issuer say little in its tokens, and the rest when it is asked for it."""
    issuer.describes = {"userinfo_endpoint": f"{issuer.name}/person"}
    issuer.more = issuer.person | more
    issuer.identity = dict.fromkeys(("email", "email_verified", "groups", "name"))


def test_an_issuer_that_says_little_is_asked_for_more(browser):
    """With the access token that it gave; what its token says goes before."""
    thin(browser.issuer, nonce="x", iss="x")
    assert browser.signs_in().status == 200
    assert browser.issuer.count("/person") == 1
    assert browser.users.by_email("ana@example.com").full_name == "Ana Lima"


def test_what_is_told_beside_a_token_does_not_speak_for_it(browser):
    """Neither for its nonce, nor for an address that is another."""
    thin(browser.issuer, nonce="x")
    browser.issuer.identity |= {"nonce": None}
    refused(browser, browser.signs_in())
    thin(browser.issuer, email="ben@example.com")
    browser.issuer.identity |= {"email": "ana@example.com"}
    refused(browser, browser.signs_in(), status=403, problem="not-allowed")
    assert next(browser.audit.newest()).details["why"] == "email_not_verified"


def test_an_issuer_that_says_enough_is_not(browser):
    """It is one thing less to wait for."""
    browser.issuer.describes = {"userinfo_endpoint": f"{browser.issuer.name}/person"}
    assert browser.signs_in().status == 200
    assert not browser.issuer.count("/person")


@pytest.mark.parametrize("sub", ["eve-2", None, 7])
def test_what_is_told_of_somebody_else_is_not_taken(browser, sub):
    """Whoever swaps access tokens must not swap people."""
    thin(browser.issuer, sub=sub)
    refused(browser, browser.signs_in())


@pytest.mark.parametrize(
    "fault", [answers(500), answers(401), answers(200, b"eyJ"), answers(302, Location="/"), breaks_off]
)
def test_an_issuer_that_does_not_tell_more_is_an_error(browser, fault):
    """Nobody is made a user of half of what there is."""
    thin(browser.issuer)
    browser.issuer.faults["/person"] = fault
    refused(browser, browser.signs_in(), status=502, problem="issuer-failed")


def test_an_access_token_that_cannot_be_shown_is_not(browser):
    """It would be more than a header."""
    thin(browser.issuer)
    location, cookie = browser.start()
    back = browser.issuer.authorize(location)
    nonce = dict(parse_qsl(urlsplit(location).query))["nonce"]
    token = browser.issuer.token(CLIENT, nonce=nonce, email=None)
    given = {"id_token": token, "access_token": "x\r\nX-Other: y"}
    browser.issuer.faults["/token"] = answers(200, json.dumps(given).encode())
    refused(browser, browser.come_back(back, cookie)[0], status=403, problem="not-allowed")
    assert not browser.issuer.count("/person")


def test_an_identity_of_another_sign_in_is_put_on_record(browser):
    """Nobody gets that far by accident."""
    browser.issuer.identity = {"nonce": "x"}
    refused(browser, browser.signs_in())
    (entry,) = browser.entries()
    assert (entry.action, entry.details["why"], entry.address) == ("sign_in_refused", "nonce", "127.0.0.1")


@pytest.mark.large
@pytest.mark.parametrize(
    "person, why",
    [
        ({"groups": ["sales"]}, "no_role"),
        ({"groups": None}, "no_role"),
        ({"email": None}, "no_email"),
        ({"email_verified": False}, "email_not_verified"),
    ],
)
def test_whom_the_issuer_knows_and_we_do_not_want_is_told_so(any_store, issuer, person, why):
    """With 403, and an entry in the log; there is no user of it."""
    browser = Browser(any_store, issuer)
    issuer.person |= person
    reply = browser.signs_in()
    refused(browser, reply, status=403, problem="not-allowed")
    (entry,) = browser.entries()
    assert (entry.action, entry.details["why"]) == ("sign_in_refused", why)
    assert entry.request_id == reply.headers["X-Request-Id"]
    assert not list(browser.users.every())


def test_of_two_roles_the_higher_one_counts(browser):
    """Whatever the order."""
    browser.issuer.person["groups"] = ["sre-admins", "oncall", "sales"]
    assert browser.signs_in().status == 200
    assert browser.users.by_email("ana@example.com").role is UserRole.ADMIN


def test_an_issuer_that_rotates_its_keys_signs_people_in(browser):
    """In the middle of it."""
    assert browser.signs_in().status == 200
    browser.client.minutes(1)
    browser.issuer.at = browser.client.now
    browser.issuer.rotate("ES256")
    assert browser.signs_in().status == 200
