"""Addresses of ours in pages, and who calls them, as the settings say; and that a press is answered at Slack."""

import hashlib
import hmac
from types import SimpleNamespace

import pytest
from botocore.exceptions import ClientError

from tests.desk import NOON
from tests.fakes import MemoryStore
from tests.messages import page
from tests.provider import provider
from tests.signing import RingInMemory
from tocsin.channels.outbound import Outbound
from tocsin.config import Settings
from tocsin.domain.page import Page
from tocsin.entrypoints.page_addresses import action_url, callers_of, links_of, slack_reply_acts
from tocsin.errors import Refused, Undelivered
from tocsin.identity.signing_keys import SigningKeys
from tocsin.services.due import SLACK_REPLY

ORIGIN = "https://tocsin.example.com"


def no_aws():
    """Fail: nothing here is kept in AWS."""
    raise AssertionError


@pytest.fixture
def keys():
    """Return keys to sign with."""
    return SigningKeys(RingInMemory(), clock=lambda: NOON)


def a_page():
    """Return a page of somebody."""
    said = {"incident_id": "INC-1001", "cycle": 1, "user": "u1", "contact": "account", "channel": "email"}
    return Page.model_validate({"id": "p", "made_at": NOON, "not_before": NOON, **said})


@pytest.mark.parametrize("url", [ORIGIN, f"{ORIGIN}/", "http://127.0.0.1:8080"])
def test_links_begin_with_the_address_that_is_set(keys, url):
    """And with no other; where none is set there are none."""
    links = links_of(Settings.read({"PUBLIC_URL": url}), keys)
    assert links(a_page()).startswith(f"{url.rstrip('/')}/ack?t=")
    assert links_of(Settings.read({}), keys)(a_page()) == ""


def test_a_call_tells_its_key_where_the_links_of_its_message_lead(keys):
    """With what they say; a message without links asks for no key."""
    link = links_of(Settings.read({"PUBLIC_URL": ORIGIN}), keys)(a_page())
    message = page()
    subject = message.subjects[0].model_copy(update={"acknowledge": link})
    token = link.partition("=")[2]
    linked = message.model_copy(update={"subjects": (subject,)})
    assert action_url(linked) == f"{ORIGIN}/api/v1/twilio/voice?token={token}"
    twice = message.model_copy(update={"subjects": (subject, subject)})
    assert action_url(twice) == f"{ORIGIN}/api/v1/twilio/voice?token={token}&token={token}"
    elsewhere = subject.model_copy(update={"acknowledge": "https://other.example.com/"})
    for none in ((), (elsewhere,), (subject, elsewhere)):
        assert action_url(message.model_copy(update={"subjects": none})) == ""


def test_nobody_is_who_has_no_secret_here(keys):
    """What an empty secret would sign is signed by nobody."""
    callers = callers_of(Settings.read({}), keys, no_aws, clock=lambda: NOON)
    timestamp = str(int(NOON.timestamp()))
    signature = "v0=" + hmac.new(b"", f"v0:{timestamp}:x".encode(), hashlib.sha256).hexdigest()
    assert not callers.is_from_slack(timestamp, b"x", signature)
    assert not callers.is_from_twilio("https://x", [], "")


def test_a_secret_that_cannot_be_read_is_told(keys, caplog):
    """Whoever looks why buttons do nothing finds it in the log; what is simply not set is no fault."""

    def refuse(**_said):
        raise ClientError({"Error": {"Code": "AccessDeniedException"}}, "GetSecretValue")

    client = SimpleNamespace(get_secret_value=refuse)
    aws = SimpleNamespace(region="eu-central-1", client=lambda _name: client)
    for settings, told in (({}, False), ({"CHANNELS_SECRET_NAME": "tocsin/channels"}, True)):
        callers = callers_of(Settings.read(settings), keys, lambda: aws, clock=lambda: NOON)
        caplog.clear()
        assert not callers.is_from_slack(str(int(NOON.timestamp())), b"x", "v0=x")
        assert ("tocsin/channels" in caplog.text and "may not be read" in caplog.text) is told


@pytest.mark.parametrize("status, error", [(200, None), (500, Undelivered), (429, Undelivered), (404, Refused)])
def test_a_reply_is_posted_as_json(status, error):
    """And what Slack answers is understood."""
    with provider() as slack:
        slack.status = status
        outbound = Outbound(("127.0.0.0/8",))
        acts = slack_reply_acts(MemoryStore(), lambda: outbound, clock=lambda: NOON, new_id=lambda: "x")
        post = acts[SLACK_REPLY]._post
        if error is None:
            post(f"{slack.url}/actions", {"text": "done"})
            assert slack.only.json == {"text": "done"}
        else:
            with pytest.raises(error):
                post(f"{slack.url}/actions", {"text": "done"})
