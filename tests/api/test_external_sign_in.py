"""Signing in with an issuer, as a browser does it: there, to a small issuer on loopback, and back again."""

import base64
import hashlib
import hmac
import http.client
import itertools
import json
import re
from datetime import timedelta
from urllib.parse import parse_qs, parse_qsl, urlencode, urlsplit

import pytest

from tests.api.client import V1, Client, Reply, event
from tests.entrypoints.serving import served
from tests.fakes import MemoryStore
from tests.identity.issuer import CLIENT, DESCRIPTION, SECRET, Issuer, answers, breaks_off, key_pair
from tocsin.api.external import CALLBACK, COOKIE, PLACE
from tocsin.domain.access import UserRole
from tocsin.domain.audit import AuditAction, Deed
from tocsin.domain.external import Meaning
from tocsin.domain.frozen import Frozen
from tocsin.entrypoints.wsgi import Application
from tocsin.identity.issuer_http import IssuerHttp
from tocsin.identity.oidc import Client as OurClient
from tocsin.identity.oidc import OidcIssuer
from tocsin.services.auditing import AuditLog
from tocsin.services.external import ExternalPeople
from tocsin.services.external_sign_in import ExternalSignIn
from tocsin.services.users import Users

HOST = "127.0.0.1:8080"


class SignedIn(Frozen):
    """What sessions answer."""

    access_token: str
    user_id: str


class Sessions:
    """Opens sessions that are good for nothing, and puts it on record."""

    def __init__(self, audit):
        self._audit = audit
        self.opened = []

    def open(self, user, *, actor, agent="", how="password"):
        self.opened.append((user.email, agent, how))
        self._audit.commit(Deed(AuditAction.SIGNED_IN, actor, f"user:{user.email}", {"how": how}))
        return SignedIn(access_token="an access token", user_id=user.id)


class Signer:
    """Signs with one key, as those do that rotate."""

    def mac(self, purpose, text):
        digest = hmac.digest(b"k" * 32, f"{purpose}\n{text}".encode(), hashlib.sha256)
        return f"abcdefgh.{base64.urlsafe_b64encode(digest).rstrip(b'=').decode()}"

    def good(self, purpose, text, mac):
        return hmac.compare_digest(self.mac(purpose, text).encode(), mac.encode())


class Browser:
    """Somebody in front of an API that signs people in with an issuer."""

    def __init__(self, store, issuer, *, link=False, redirect_uri="", secret=None):
        self.issuer = issuer
        self.client = Client(store)
        parts = self.client.parts
        self.audit = AuditLog(store, clock=self.client.clock, new_id=parts.new_id)
        self.users = Users(store, self.audit, clock=self.client.clock, new_id=parts.new_id)
        self.sessions = Sessions(self.audit)
        roles = {"oncall": UserRole.RESPONDER, "sre-admins": UserRole.ADMIN}
        meaning = Meaning(claim="groups", roles=roles)
        people = ExternalPeople(store, self.users, self.audit, meaning, clock=self.client.clock, link=link)
        ours = OurClient(CLIENT, secret or (lambda *, anew=False: SECRET))
        numbers = itertools.count(1)
        self.sign_in = ExternalSignIn(
            OidcIssuer(issuer.name, ("RS256", "ES256"), IssuerHttp(), clock=self.client.clock, client=ours),
            people,
            self.sessions,
            Signer(),
            self.audit,
            clock=self.client.clock,
            new_secret=lambda: f"{next(numbers):043}",
            redirect_uri=redirect_uri,
        )
        self.client.api._parts = parts._replace(external=lambda: self.sign_in)

    def ask(self, path, *, host=HOST, cookies=(), method="GET", **query):
        """Ask as API Gateway hands it over; return the answer and the cookies that it sets."""
        asked = event(method, path, headers={"host": host, "user-agent": "a browser"}, parameters=query)
        answered = self.client.api({**asked, "cookies": list(cookies), "rawQueryString": urlencode(query)})
        return Reply(answered["statusCode"], answered["headers"], answered["body"].encode()), answered.get(
            "cookies", []
        )

    def start(self, **query):
        """Begin; return where it goes on, and the cookie as it is sent back."""
        reply, (cookie,) = self.ask(f"{PLACE}/start", **query)
        assert reply.status == 302
        return reply.headers["Location"], cookie.partition(";")[0]

    def come_back(self, location, cookie, **more):
        """Come back from the issuer."""
        query = {name: values[0] for name, values in parse_qs(urlsplit(location).query).items()}
        return self.ask(CALLBACK, cookies=[cookie] if cookie else [], **(query | more))

    def signs_in(self, **query):
        """Do it all."""
        location, cookie = self.start(**query)
        return self.come_back(self.issuer.authorize(location), cookie)[0]

    def actions(self):
        """Return what is in the audit log."""
        return [entry.action for entry in self.entries()]

    def entries(self):
        """Return the audit log behind the key with which the API is looked at."""
        return [entry for entry in self.audit.entries() if entry.action != "key_made"]


@pytest.fixture
def issuer():
    with Issuer() as running:
        yield running


@pytest.fixture
def browser(issuer):
    return Browser(MemoryStore(), issuer)


def test_somebody_signs_in(any_store, issuer):
    """And is a user from then on, with a session that tells how it began."""
    browser = Browser(any_store, issuer)
    reply = browser.signs_in(next="/incidents?status=active,resolved&text=a+b")
    assert reply.status == 200, reply.body
    user = browser.users.by_email("ana@example.com")
    assert reply.json == {
        "access_token": "an access token",
        "user_id": user.id,
        "next": "/incidents?status=active,resolved&text=a+b",
    }
    assert browser.sessions.opened == [("ana@example.com", "a browser", "oidc")]
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


def refused(browser, reply, *, status=401, problem="sign-in-refused"):
    """Say that somebody was refused, and no session opened."""
    assert (reply.status, reply.problem) == (status, problem), reply.body
    assert not browser.sessions.opened


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
    browser.sessions.opened.clear()
    refused(browser, browser.come_back(back, cookie)[0])


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
    browser.sessions.opened.clear()
    browser.issuer.describes = {"authorization_response_iss_parameter_supported": True}
    browser.client.minutes(60)
    location, cookie = browser.start()
    refused(browser, browser.come_back(browser.issuer.authorize(location), cookie, iss="")[0])


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


@pytest.mark.parametrize(
    "fault",
    [
        answers(500, b"secret"),
        answers(503),
        answers(302, Location="/"),
        answers(400, b'{"error": "secret"}'),
        breaks_off,
    ],
)
def test_an_issuer_that_gives_no_tokens_is_an_error_without_its_words(browser, fault):
    """A secret of ours might be among them."""
    browser.issuer.faults["/token"] = fault
    reply = browser.signs_in()
    refused(browser, reply, status=502, problem="issuer-failed")
    assert b"secret" not in reply.body
    ((line, _),) = browser.client.log.of("ERROR")
    assert "gave no token" in line
    assert "secret" not in line


def test_a_token_that_is_no_json_proves_nothing(browser):
    """A page that says that all is well is no token."""
    browser.issuer.faults["/token"] = answers(200, b"<html>")
    refused(browser, browser.signs_in())


@pytest.mark.parametrize("fault", [answers(500), answers(200, b"{}"), breaks_off])
def test_an_issuer_that_does_not_describe_itself_cannot_be_begun_with(browser, fault):
    """It says so, to whoever asks and in the log."""
    browser.issuer.faults[DESCRIPTION] = fault
    reply, cookies = browser.ask(f"{PLACE}/start")
    assert (reply.status, reply.problem, cookies) == (502, "issuer-failed", [])
    assert browser.client.log.of("ERROR")


@pytest.mark.parametrize(
    "methods", [None, ["client_secret_basic"], ["client_secret_post"], ["x", "client_secret_post"]]
)
def test_the_secret_is_shown_as_the_issuer_wants_it(browser, methods):
    """In the header for it unless the issuer takes it in the form alone; never in both."""
    browser.issuer.describes = {"token_endpoint_auth_methods_supported": methods}
    assert browser.signs_in().status == 200
    (form,) = browser.issuer.forms
    assert ("client_secret" in form) is (methods is not None and "client_secret_basic" not in methods)


def test_a_client_without_a_secret_shows_none(issuer):
    """Its code is proved by PKCE alone."""
    issuer.secret = ""
    browser = Browser(MemoryStore(), issuer, secret=lambda *, anew=False: "")
    assert browser.signs_in().status == 200
    assert issuer.forms[0]["client_id"] == CLIENT
    assert "client_secret" not in issuer.forms[0]


def test_a_secret_that_was_rotated_is_read_again(issuer):
    """In the same sign-in; one that is still wrong is an error."""
    browser = Browser(MemoryStore(), issuer, secret=lambda *, anew=False: SECRET if anew else "the old one")
    assert browser.signs_in().status == 200
    assert issuer.count("/token") == 2
    issuer.secret = "another"
    assert browser.signs_in().status == 502
    assert "(invalid_client)" in browser.client.log.of("ERROR")[0][0]


def test_no_secret_code_or_token_is_in_a_line_or_an_entry(browser):
    """Whether all goes well or nothing does."""
    location, cookie = browser.start()
    back = browser.issuer.authorize(location)
    browser.come_back(back, cookie)
    browser.come_back(back, cookie)
    browser.issuer.identity = {"nonce": "x"}
    browser.signs_in()
    text = f"{browser.client.log.said} {[entry.model_dump() for entry in browser.audit.entries()]}"
    code = dict(parse_qsl(urlsplit(back).query))["code"]
    for secret in (SECRET, code, cookie, cookie.partition("=")[2].partition(".")[0], "an access token"):
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
