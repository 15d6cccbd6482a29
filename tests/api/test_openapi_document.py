"""The description of the API tells what is served, no more and no less."""

import re

import pytest

from tests.api.client import V1
from tocsin.api.endpoints import PREFIX
from tocsin.api.routes import ROUTES
from tocsin.domain.access import ADMINISTER, OWN_TURNS, PUSH, SELF, WRITE

OPERATIONS = {(one.endpoint.path, one.endpoint.method.lower()): one for one in ROUTES if one.shown}


@pytest.fixture(scope="module")
def said():
    """Return the document, which is the same for every test."""
    from tests.api.client import Client
    from tests.fakes import MemoryStore

    return Client(MemoryStore()).get(f"{V1}/openapi.json", token="").json


def operations(said):
    return {(path, method): one for path, methods in said["paths"].items() for method, one in methods.items()}


def test_everything_that_is_served_is_described(said):
    """Path by path and method by method."""
    assert set(operations(said)) == set(OPERATIONS)


def test_every_operation_has_a_name_of_its_own_and_says_what_it_does(said):
    """For clients that are made from it, and for those who read it."""
    found = operations(said).values()
    names = [one["operationId"] for one in found]
    assert len(set(names)) == len(names)
    assert all(re.fullmatch(r"[a-z_0-9]+", name) for name in names)
    assert all(one["summary"] and not one["summary"].endswith(".") for one in found)


def test_what_needs_a_key_says_which(said):
    """In the three ways that a key can be shown; what is for people alone takes a token; the rest is open to all."""
    for place, one in operations(said).items():
        access = OPERATIONS[place].endpoint.access
        scopes = [access.scope.value] if access.scope else []
        ways = () if access.anybody else ("bearer", "basic", "key") if scopes else ("bearer",)
        schemes = {name: scopes for each in one.get("security", []) for name, scopes in each.items()}
        assert schemes == dict.fromkeys(ways, scopes)
    assert set(said["components"]["securitySchemes"]) == {"bearer", "basic", "key"}


def test_only_health_documents_signing_in_and_secret_links_are_open_to_all():
    """Whoever adds a route without a key has to say so here."""
    assert {one.endpoint.path for one in ROUTES if one.endpoint.access.anybody} == {
        "/health",
        "/health/ready",
        "/ready",
        "/docs",
        f"{PREFIX}/openapi.json",
        f"{PREFIX}/auth/refresh",
        f"{PREFIX}/auth/oidc/start",
        f"{PREFIX}/auth/oidc/callback",
        f"{PREFIX}/auth/login",
        f"{PREFIX}/auth/login/access-token",
        f"{PREFIX}/auth/setup",
        f"{PREFIX}/auth/recover",
        f"{PREFIX}/auth/reset",
        f"{PREFIX}/auth/signup",
        f"{PREFIX}/auth/verify",
        f"{PREFIX}/feeds/{{feed_id}}.ics",
        f"{PREFIX}/heartbeats/{{name}}/call",
        "/ack",
        f"{PREFIX}/slack/actions",
        f"{PREFIX}/twilio/voice",
    }


BY_TOKEN = {
    f"{PREFIX}/heartbeats/{{name}}/call",
    "/ack",
    f"{PREFIX}/slack/actions",
    f"{PREFIX}/twilio/voice",
}
"""What a token in the address, or a provider's signature, lets in."""


def test_what_changes_something_needs_a_key_that_may_write():
    """Whatever its path; but for one's own sign-ins."""
    for one in ROUTES:
        by_token = one.endpoint.path in BY_TOKEN
        reads = one.endpoint.method == "GET" or one.endpoint.path.startswith(f"{PREFIX}/auth/") or by_token
        reads = reads or one.endpoint.path.endswith("/preview")  # nothing is stored
        assert reads or one.endpoint.access in {PUSH, WRITE, ADMINISTER, SELF, OWN_TURNS}


def test_only_what_is_done_once_a_key_takes_an_idempotency_key(said):
    """Signing in, a secret link, a sweep and a tick are done as often as they are asked for, and do not say otherwise."""
    posts = {
        (one["operationId"], one["tags"][0]): one for (_, method), one in operations(said).items() if method == "post"
    }
    taking = {"$ref": "#/components/parameters/Idempotency-Key"}
    without = {place for place, one in posts.items() if taking not in one["parameters"]}
    others = {("sync_now", "sync"), ("tick_now", "sync"), ("make_feed", "feeds"), ("make_own_feed", "feeds")}
    others |= {("preview_template", "templates")}
    others |= {("send_code", "contacts"), ("verify_contact", "contacts")}
    others |= {(name, "heartbeats") for name in ("add_heartbeat", "call_in", "call_in_with_token")}
    assert without == others | {place for place in posts if place[1] == "signing in"}


def test_every_refusal_is_described_as_a_problem_document(said):
    """In its own media type."""
    for one in operations(said).values():
        refusals = {status: each for status, each in one["responses"].items() if int(status) >= 400}
        assert {"429", "500", "503"} <= set(refusals)
        for status, each in refusals.items():
            ((media, content),) = each["content"].items()
            if (status, media) != ("503", "application/json"):
                assert media == "application/problem+json"
                assert content["schema"] == {"$ref": "#/components/schemas/ProblemDocument"}


def test_every_body_is_described(said):
    """Also where the route reads it by itself."""
    without = {"acknowledge", "start", "close", "unsnooze", "tick", "logout", "code", "call", "{name}"}
    for (path, method), one in operations(said).items():
        alone = path.rpartition("/")[2] in without or "/members/" in path or "/slack/" in path
        if method in ("post", "put", "patch") and not (alone and method != "patch"):
            assert "requestBody" in one, path


def test_nothing_is_described_that_nobody_refers_to(said):
    """Powertools' own models of errors among it, which are not what is answered."""
    text = str(said)
    for name in said["components"]["schemas"]:
        assert f"#/components/schemas/{name}'" in text, name


def test_the_page_shows_the_document_and_asks_nobody_else(client):
    """Everything is within it; its policy lets it talk to us alone."""
    reply = client.get("/docs", token="")
    assert reply.status == 200
    assert reply.headers["Content-Type"] == "text/html; charset=utf-8"
    assert "connect-src 'self'" in reply.headers["Content-Security-Policy"]
    assert b"SwaggerUIBundle" in reply.body
    assert not re.findall(rb"<(?:script|link|img)[^>]+(?:src|href)=", reply.body)


def test_the_page_is_sent_compressed_to_whoever_can_read_that(client):
    """It is 1.7 MB otherwise."""
    reply = client.get("/docs", token="", accept_encoding="gzip")
    assert reply.headers["Content-Encoding"] == "gzip"
    assert len(reply.body) < 600_000
