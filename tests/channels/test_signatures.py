"""Who a request comes from: the published examples of Slack and Twilio, and every way in which one may be wrong."""

import base64
import hmac
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tocsin.channels.slack_signature import WINDOW, is_from_slack
from tocsin.channels.twilio_signature import is_from_twilio
from tocsin.channels.webhook import signature

SLACK_SECRET = "8f742231b10e8888abcd99yyyzzz85a5"
SLACK_BODY = (
    b"token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V"
    b"&channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text="
    b"&response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN"
    b"&trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c"
)
SLACK = {
    "timestamp": "1531420618",
    "body": SLACK_BODY,
    "signature": "v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503",
    "now": datetime.fromtimestamp(1531420618, UTC),
}
"""The example of "Verifying requests from Slack"."""

TWILIO_TOKEN = "12345"
TWILIO = {
    "url": "https://mycompany.com/myapp.php?foo=1&bar=2",
    "parameters": [
        ("Digits", "1234"),
        ("To", "+18005551212"),
        ("From", "+14158675309"),
        ("Caller", "+14158675309"),
        ("CallSid", "CA1234567890ABCDE"),
    ],
    "signature": "RSOYDt4T1cUTdK1PDd93/VVr8B8=",
}
"""The example of "Security", and of the tests of Twilio's own libraries."""


def test_slacks_own_example_is_from_slack():
    """Up to five minutes before and after."""
    assert is_from_slack(SLACK_SECRET, **SLACK)
    for seconds in (-WINDOW, WINDOW):
        assert is_from_slack(SLACK_SECRET, **SLACK | {"now": SLACK["now"] + timedelta(seconds=seconds)})


@pytest.mark.parametrize(
    "wrong",
    [
        {"body": SLACK_BODY + b" "},
        {"timestamp": "1531420619"},
        {"timestamp": ""},
        {"timestamp": "1531420618.0"},
        {"timestamp": "-1531420618"},
        {"timestamp": "١٥٣١٤٢٠٦١٨"},
        {"signature": SLACK["signature"].upper()},
        {"signature": SLACK["signature"].removeprefix("v0=")},
        {"signature": ""},
        {"signature": "v0=é\ud800"},
        {"now": SLACK["now"] + timedelta(seconds=WINDOW + 1)},
        {"now": SLACK["now"] - timedelta(seconds=WINDOW + 1)},
    ],
)
def test_whatever_else_is_not(wrong):
    """One letter of the body, another time, too late, too early, or no signature at all."""
    assert not is_from_slack(SLACK_SECRET, **SLACK | wrong)


def test_without_a_secret_nothing_is_from_slack():
    """Not even what is signed with none."""
    import hashlib

    signed = "v0=" + hmac.new(b"", b"v0:1531420618:" + SLACK_BODY, hashlib.sha256).hexdigest()
    assert not is_from_slack("", **SLACK | {"signature": signed})
    assert not is_from_slack(SLACK_SECRET[::-1], **SLACK)


def test_twilios_own_example_is_from_twilio():
    """In whatever order the parameters come; a name may come twice, and what came twice is signed once."""
    assert is_from_twilio(TWILIO_TOKEN, **TWILIO)
    assert is_from_twilio(TWILIO_TOKEN, **TWILIO | {"parameters": TWILIO["parameters"][::-1]})
    digits = [("Digits", "5678"), ("Digits", "1234"), ("Digits", "1234")]
    repeated = {"parameters": [("Sid", "CA123"), ("SidAccount", "AC123"), *digits]}
    assert is_from_twilio(TWILIO_TOKEN, **TWILIO | repeated | {"signature": "IK+Dwps556ElfBT0I3Rgjkr1wJU="})


@pytest.mark.parametrize(
    "known, signed",
    [
        ("https://tocsin.example.com/x?y=1", "https://tocsin.example.com:443/x?y=1"),
        ("https://tocsin.example.com:8443/x?y=1", "https://tocsin.example.com/x?y=1"),
        ("http://127.0.0.1/x", "http://127.0.0.1:80/x"),
        ("https://[2001:db8::1]/x", "https://[2001:db8::1]:443/x"),
    ],
)
def test_twilio_may_sign_with_the_port_or_without(known, signed):
    """It does now the one, now the other; its own libraries take both."""
    parameters = [("Digits", "1")]
    digest = hmac.new(b"12345", f"{signed}Digits1".encode(), "sha1").digest()
    said = {"parameters": parameters, "signature": base64.b64encode(digest).decode()}
    assert is_from_twilio("12345", url=known, **said)
    assert not is_from_twilio("12345", url=f"{known}z", **said)


@pytest.mark.parametrize(
    "wrong",
    [
        {"url": TWILIO["url"].replace("https", "http")},
        {"url": TWILIO["url"] + "#"},
        {"parameters": [("Digits", "1"), *TWILIO["parameters"][1:]]},
        {"parameters": TWILIO["parameters"][1:]},
        {"parameters": []},
        {"signature": ""},
        {"signature": "é"},
        {"signature": TWILIO["signature"].lower()},
    ],
)
def test_whatever_else_is_not_twilios(wrong):
    """Another URL, another key that was pressed, or no signature."""
    assert not is_from_twilio(TWILIO_TOKEN, **TWILIO | wrong)


def test_without_a_token_nothing_is_from_twilio():
    """Nor with another."""
    assert not is_from_twilio("", **TWILIO)
    assert not is_from_twilio("54321", **TWILIO)


@pytest.fixture(scope="module")
def documented():
    """Return the function of the document that receivers copy."""
    text = (Path(__file__).resolve().parents[2] / "docs" / "channels.md").read_text(encoding="utf-8")
    names = {}
    exec(compile(text.split("```python\n")[1].split("```")[0], "channels.md", "exec"), names)
    return names["is_from_tocsin"]


def test_the_documented_check_takes_what_we_sign_and_nothing_else(documented):
    """For five minutes."""
    body, now = '{"text": "é"}'.encode(), 1_772_452_800
    headers = {"X-Tocsin-Timestamp": str(now), "X-Tocsin-Signature": signature("secret", str(now), body)}
    assert documented("secret", headers, body, now)
    assert documented("secret", headers, body, now + 300)
    assert not documented("secret", headers, body, now + 301)
    assert not documented("secret", headers, body, now - 301)
    assert not documented("other", headers, body, now)
    assert not documented("secret", headers, body + b" ", now)
    assert not documented("secret", {}, body, now)
    assert not documented("secret", headers | {"X-Tocsin-Timestamp": str(now + 1)}, body, now)
