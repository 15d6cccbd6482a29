"""What every channel over HTTP promises: which answers are final, and that nothing of an address or a key is told."""

import logging
import socket
from typing import NamedTuple

import pytest

from tests.desk import NOON
from tests.messages import ACKNOWLEDGE, page
from tests.secrets_seen import nowhere
from tocsin.channels.github import GithubChannel
from tocsin.channels.ntfy import NtfyChannel
from tocsin.channels.opsgenie import OpsgenieChannel
from tocsin.channels.outbound import Outbound
from tocsin.channels.pagerduty import PagerDutyChannel
from tocsin.channels.pushover import PushoverChannel
from tocsin.channels.slack import SlackChannel
from tocsin.channels.slack_bot import SlackBot
from tocsin.channels.teams import TeamsChannel
from tocsin.channels.twilio import Twilio
from tocsin.channels.twilio_sms import TwilioSms
from tocsin.channels.voice import VoiceChannel
from tocsin.channels.webhook import WebhookChannel
from tocsin.errors import Refused, Undelivered

KEY = "hunter2-is-no-good-key"
NUMBER = "+4915112345678"
SID = "AC" + "0123456789abcdef" * 2


class Made(NamedTuple):
    channel: object
    to: dict


def made(kind, outbound, url):
    """Return a channel to a provider, and an address of it."""
    twilio = Twilio(outbound, SID, KEY, "+15005550006", base=url)
    return {
        "slack": lambda: Made(SlackChannel(outbound), {"url": f"{url}/services/{KEY}"}),
        "slack_bot": lambda: Made(SlackBot(outbound, KEY, base=url), {"channel": "C0123456789"}),
        "teams": lambda: Made(TeamsChannel(outbound), {"url": f"{url}/workflows/{KEY}?sig={KEY}"}),
        "ntfy": lambda: Made(NtfyChannel(outbound), {"url": f"{url}/{KEY}", "token": KEY}),
        "pushover": lambda: Made(PushoverChannel(outbound, KEY, base=url), {"user": KEY[::-1]}),
        "pagerduty": lambda: Made(PagerDutyChannel(outbound, base=url), {"routing_key": KEY}),
        "opsgenie": lambda: Made(OpsgenieChannel(outbound, bases={"": url}), {"key": KEY}),
        "github": lambda: Made(GithubChannel(outbound, KEY, base=url), {"repository": "acme/shop"}),
        "webhook": lambda: Made(
            WebhookChannel(outbound, clock=lambda: NOON), {"url": f"{url}/hook/{KEY}", "secret": KEY}
        ),
        "sms": lambda: Made(TwilioSms(twilio), {"number": NUMBER}),
        "voice": lambda: Made(VoiceChannel(twilio, lambda message: ACKNOWLEDGE), {"number": NUMBER}),
    }[kind]()


KINDS = (
    "slack",
    "slack_bot",
    "teams",
    "ntfy",
    "pushover",
    "pagerduty",
    "opsgenie",
    "webhook",
    "github",
    "sms",
    "voice",
)
every = pytest.mark.parametrize("kind", KINDS)
blind = pytest.mark.parametrize("kind", [one for one in KINDS if one != "github"])
"""Those that need nothing of what they are told. Who asks first whether there is an issue needs to know."""


def fails(kind, provider, outbound, caplog, message=None):
    """Send; return the error, after looking for secrets in it and in all that was logged."""
    caplog.set_level(logging.DEBUG)
    channel, to = made(kind, outbound, provider.url)
    with pytest.raises(Undelivered) as raised:
        channel.send(message or page(), to)
    error = raised.value
    shown = f"{error!r} {error} {error.hint} {error.__context__!r} {error.__cause__!r} {channel!r}"
    nowhere(shown + caplog.text, key=KEY, number=NUMBER, account=SID, host=provider.url)
    return error


@every
def test_what_passes_is_tried_again(kind, provider, outbound, caplog):
    """Time-outs, limits and errors of theirs."""
    for status in (408, 425, 429, 500, 502, 503, 504, 599):
        provider.status = status
        error = fails(kind, provider, outbound, caplog)
        assert (type(error), error.retry_after) == (Undelivered, None), status
        assert str(status) in str(error)


@every
def test_what_does_not_pass_is_final(kind, provider, outbound, caplog):
    """A wrong key, an address that is gone, what they do not understand, and a redirect, which nobody follows."""
    provider.headers = {"Location": f"{provider.url}/elsewhere/{KEY}"}
    for status in (400, 401, 403, 404, 405, 410, 413, 422, 301, 302, 307, 308):
        provider.status = status
        provider.asked.clear()
        error = fails(kind, provider, outbound, caplog)
        assert type(error) is Refused, status
        assert str(status) in str(error)
        assert len(provider.asked) == 1


@every
def test_a_provider_that_limits_us_says_for_how_long(kind, provider, outbound, caplog):
    """In seconds."""
    provider.status, provider.headers = 429, {"Retry-After": "17"}
    assert fails(kind, provider, outbound, caplog).retry_after == 17


@every
def test_what_they_say_beside_it_is_not_repeated(kind, provider, outbound, caplog):
    """It may be what we had sent."""
    said = f"{KEY} {NUMBER}"
    provider.status = 400
    provider.body = {"error": said, "message": said, "code": said, "status": said, "errors": [said]}
    fails(kind, provider, outbound, caplog)


@every
def test_a_provider_that_is_away_or_silent_is_no_end(kind, provider, caplog):
    """It may be back."""
    provider.silence = 30.0
    impatient = Outbound(("127.0.0.0/8",), seconds=0.2)
    assert type(fails(kind, provider, impatient, caplog)) is Undelivered
    with socket.create_server(("127.0.0.1", 0)) as taken:
        provider.url = f"http://127.0.0.1:{taken.getsockname()[1]}"
    assert type(fails(kind, provider, Outbound(("127.0.0.0/8",), seconds=5.0), caplog)) is Undelivered


@blind
def test_a_body_that_is_no_json_breaks_nothing(kind, provider, outbound):
    """Whoever needs none takes the status's word; who says in it whether all is well has not taken the message."""
    channel, to = made(kind, outbound, provider.url)
    for body in (b"", b"ok", b"<html>", b"[1]", b"null", b"\xff\xfe", b"[" * 100_000):
        provider.body = body
        if kind in {"slack_bot", "pushover"}:
            with pytest.raises(Undelivered):
                channel.send(page(), to)
        else:
            assert channel.send(page(), to).provider_id in {"", "INC-1042:2"}, body


@blind
def test_half_a_character_breaks_nothing(kind, provider, outbound):
    """Somebody's alert may hold one; what is sent is whole."""
    provider.body = {"ok": True, "status": 1}
    channel, to = made(kind, outbound, provider.url)
    channel.send(page(subject="\ud800", short="\ud800", text="\ud800 \x00 \x1b[31m"), to)
    assert provider.only.body.decode()


@every
def test_an_address_without_its_words_is_refused(kind, provider, outbound):
    """By name of the word."""
    channel, to = made(kind, outbound, provider.url)
    first = next(iter(to))
    with pytest.raises(Refused, match=f"the address has no {first}"):
        channel.send(page(), {**to, first: " "})
    assert provider.asked == []
