"""Issuers that fail, and clients with and without a secret."""

import pytest

from tests.api.browser import Browser, refused
from tests.fakes import MemoryStore
from tests.identity.issuer import CLIENT, DESCRIPTION, SECRET, answers, breaks_off
from tocsin.api.external import PLACE


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
