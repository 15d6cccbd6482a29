"""Signing in with an issuer: there and back, and whoever else comes back."""

import http.client
import re
from datetime import timedelta
from urllib.parse import parse_qsl, urlsplit

import pytest

from tests.api.browser import HOST, Browser, refused
from tests.api.client import V1, Reply
from tests.entrypoints.serving import served
from tests.fakes import MemoryStore
from tests.identity.issuer import CLIENT, SECRET
from tocsin.api.external import CALLBACK, COOKIE, PLACE
from tocsin.entrypoints.wsgi import Application

ANA = ("ana@example.com", "a browser", "oidc")
"""The session of whoever the issuer signs in."""


def test_somebody_signs_in(any_store, issuer):
    """And is a user from then on, with a session that tells how it began."""
    browser = Browser(any_store, issuer)
    reply = browser.signs_in(next="/incidents?status=active,resolved&text=a+b")
    assert reply.status == 200, reply.body
    user = browser.users.by_email("ana@example.com")
    assert (reply.json["user_id"], reply.json["next"]) == (user.id, "/incidents?status=active,resolved&text=a+b")
    assert browser.opened() == [ANA]
    assert browser.client.get(f"{V1}/users/me", token=reply.json["access_token"]).json["email"] == "ana@example.com"
    renewed = browser.client.post(f"{V1}/auth/refresh", {"refresh_token": reply.json["refresh_token"]}, token="")
    assert renewed.status == 200, renewed.body
    *_, last = browser.audit.entries()
    assert (last.action, last.actor, last.address) == ("signed_in", "ana@example.com", "127.0.0.1")
    assert browser.signs_in().json["user_id"] == user.id
    assert browser.actions() == ["user_signed_up", "signed_in", "signed_in"]


def test_the_issuer_is_asked_by_the_book(browser):
    """PKCE with S256, state, nonce, and the address to come back to."""
    location, _ = browser.start()
    asked = dict(parse_qsl(urlsplit(location).query))
    assert location.startswith(f"{browser.issuer.name}/authorize?")
    assert asked["redirect_uri"] == f"http://{HOST}{CALLBACK}"
    assert (asked["client_id"], asked["scope"]) == (CLIENT, "openid email profile")
    assert len({asked["state"], asked["nonce"], asked["code_challenge"]}) == 3
    assert all(re.fullmatch(r"[\w-]{43}", asked[name]) for name in ("state", "nonce", "code_challenge"))


def test_what_the_browser_keeps_is_kept_from_everybody_else(browser):
    """Ten minutes, from scripts, from other sites and paths; over TLS alone but on this machine. Then it is taken away."""
    _, (cookie,) = browser.ask(f"{PLACE}/start")
    assert cookie.partition("; ")[2] == f"Path={PLACE}; Max-Age=600; HttpOnly; SameSite=Lax"
    _, (secure,) = browser.ask(f"{PLACE}/start", host="tocsin.example.com")
    assert secure.endswith("; HttpOnly; Secure; SameSite=Lax")
    location, kept = browser.start()
    reply, cookies = browser.come_back(browser.issuer.authorize(location), kept)
    assert reply.status == 200
    assert cookies == [f"{COOKIE}=; Path={PLACE}; Max-Age=0; HttpOnly; SameSite=Lax"]


def test_nothing_is_stored_before_somebody_is_known(browser):
    """However many begin."""
    for _ in range(3):
        browser.start()
    assert not browser.actions()


def test_the_address_to_come_back_to_can_be_set(issuer):
    """For a server behind another; it decides about the cookie too."""
    there = f"https://tocsin.example.com{CALLBACK}"
    browser = Browser(MemoryStore(), issuer, redirect_uri=there)
    reply, (cookie,) = browser.ask(f"{PLACE}/start")
    assert dict(parse_qsl(urlsplit(reply.headers["Location"]).query))["redirect_uri"] == there
    assert "; Secure" in cookie
    assert browser.signs_in().status == 200


@pytest.mark.parametrize(
    "path",
    [
        "https://example.com/",
        "//example.com/",
        "/\\example.com",
        "\\\\example.com",
        "/\t/example.com",
        "/\n/example.com",
        "/ /example.com",
        "javascript:alert(1)",
        "incidents",
        "/\u00fc",
        "/" + "x" * 1_000,
    ],
)
def test_nobody_is_sent_elsewhere_afterwards(browser, path):
    """Only a path of this host is taken."""
    reply, cookies = browser.ask(f"{PLACE}/start", next=path)
    assert (reply.status, reply.problem, cookies) == (422, "invalid-input", [])


@pytest.mark.parametrize("host", ["", "a b", "evil.example.com/x", "a@b", "host\r\nx"])
def test_a_host_that_is_none_is_refused(browser, host):
    """An address is made of it."""
    assert browser.ask(f"{PLACE}/start", host=host)[0].status == 422


def test_who_did_not_begin_here_does_not_come_in(browser):
    """Or somebody could sign others in under a name of their own."""
    location, cookie = browser.start()
    back = browser.issuer.authorize(location)
    _, other = browser.start()
    for kept in ("", other, f"{COOKIE}=", f"{COOKIE}=x.y", cookie[:-1], cookie.replace("=", "=x", 1), f"x{cookie}"):
        refused(browser, browser.come_back(back, kept)[0])
    refused(browser, browser.come_back(back, cookie, state="")[0])
    refused(browser, browser.come_back(back, cookie, state="\u00fc")[0])
    assert not browser.issuer.count("/token")
    assert not browser.actions()


def test_of_several_cookies_the_right_one_counts(browser):
    """A browser may keep one of another path."""
    location, cookie = browser.start()
    query = dict(parse_qsl(urlsplit(browser.issuer.authorize(location)).query))
    reply, _ = browser.ask(CALLBACK, cookies=["a=b", f"{COOKIE}=x.y", cookie], **query)
    assert reply.status == 200


def test_who_takes_longer_than_ten_minutes_starts_again(browser):
    """To the second."""
    location, cookie = browser.start()
    back = browser.issuer.authorize(location)
    browser.client.now += timedelta(minutes=10)
    refused(browser, browser.come_back(back, cookie)[0])
    browser.client.now -= timedelta(seconds=1)
    browser.issuer.at = browser.client.now
    assert browser.come_back(back, cookie)[0].status == 200


def test_a_code_is_good_once(browser):
    """The issuer takes no second one, and we believe it."""
    location, cookie = browser.start()
    back = browser.issuer.authorize(location)
    assert browser.come_back(back, cookie)[0].status == 200
    refused(browser, browser.come_back(back, cookie)[0], before=[ANA])


def test_a_code_of_another_sign_in_is_good_for_nobody_else(browser):
    """It was begun with another secret, which whoever stole the code does not have."""
    location, _ = browser.start()
    stolen = dict(parse_qsl(urlsplit(browser.issuer.authorize(location)).query))["code"]
    mine, cookie = browser.start()
    refused(browser, browser.come_back(browser.issuer.authorize(mine), cookie, code=stolen)[0])


def test_another_issuer_cannot_answer_for_this_one(browser):
    """By the name that it must give, where the issuer gives one."""
    location, cookie = browser.start()
    back = browser.issuer.authorize(location)
    refused(browser, browser.come_back(back, cookie, iss="https://example.com")[0])
    assert browser.come_back(back, cookie, iss="")[0].status == 200
    browser.issuer.describes = {"authorization_response_iss_parameter_supported": True}
    browser.client.minutes(60)
    location, cookie = browser.start()
    refused(browser, browser.come_back(browser.issuer.authorize(location), cookie, iss="")[0], before=[ANA])


@pytest.mark.parametrize(
    "error, says",
    [
        ("access_denied", "the issuer did not let you in"),
        ("server_error", "the issuer did not sign you in"),
        ("<script>", "the issuer did not sign you in"),
        ("", "the issuer did not sign you in"),
    ],
)
def test_what_the_issuer_refuses_is_said_in_our_words(browser, error, says):
    """Never in those that came with the address."""
    location, cookie = browser.start()
    back = browser.issuer.authorize(location)
    reply, _ = browser.come_back(back, cookie, error=error, code="", error_description="call 555-SCAM")
    refused(browser, reply)
    assert reply.json["detail"] == says
    assert b"SCAM" not in reply.body


def test_no_secret_code_or_token_is_in_a_line_or_an_entry(browser):
    """Whether all goes well or nothing does."""
    location, cookie = browser.start()
    back = browser.issuer.authorize(location)
    tokens = browser.come_back(back, cookie)[0].json
    refused(browser, browser.come_back(back, cookie)[0], before=[ANA])
    browser.issuer.identity = {"nonce": "x"}
    refused(browser, browser.signs_in(), before=[ANA])
    text = f"{browser.client.log.said} {[entry.model_dump() for entry in browser.audit.entries()]}"
    code = dict(parse_qsl(urlsplit(back).query))["code"]
    ours = [tokens["access_token"], tokens["refresh_token"]]
    for secret in (SECRET, code, cookie, cookie.partition("=")[2].partition(".")[0], *ours):
        assert secret not in text


@pytest.mark.parametrize("path", [f"{PLACE}/start", CALLBACK])
def test_where_no_issuer_is_set_there_is_nothing(client, path):
    """And what is missing is said."""
    reply = client.get(path, token="")
    assert (reply.status, reply.problem) == (404, "not-found")
    assert "OIDC_ISSUER" in reply.json["hint"]


def test_all_of_it_works_over_http(issuer):
    """On the local server, cookies and all; from the first page to the last."""
    browser = Browser(MemoryStore(), issuer)
    application = Application(
        browser.client.api,
        clock=browser.client.clock,
        new_id=browser.client.new_id,
    )
    with served(application) as server:
        begun = asked(f"{server.url}{PLACE}/start?next=/here")
        cookie = begun.headers["Set-Cookie"].partition(";")[0]
        at_issuer = asked(begun.headers["Location"])
        done = asked(at_issuer.headers["Location"], cookie=f"theirs=1; {cookie}")
        again = asked(at_issuer.headers["Location"])
    assert (begun.status, at_issuer.status, done.status, again.status) == (302, 302, 200, 401)
    assert done.json["next"] == "/here"
    assert done.headers["Set-Cookie"].startswith(f"{COOKIE}=;")
    assert done.headers["Cache-Control"] == "no-store"
    assert f"{V1}/auth/oidc" in done.headers["Set-Cookie"]


def asked(url, **headers):
    """Ask for a page, and follow nothing."""
    place = urlsplit(url)
    connection = http.client.HTTPConnection(place.netloc, timeout=30)
    try:
        connection.request("GET", f"{place.path}?{place.query}", headers=headers)
        answer = connection.getresponse()
        return Reply(answer.status, dict(answer.getheaders()), answer.read())
    finally:
        connection.close()
