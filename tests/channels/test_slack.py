"""Slack: what is shown, that an alert's text can do nothing there, buttons, and what its answers mean."""

import json

import pytest

from tests.messages import ACKNOWLEDGE, EVIL, page, subject, test_message
from tocsin.channels.slack import SlackChannel
from tocsin.channels.slack_blocks import escaped, shown
from tocsin.channels.slack_bot import SlackBot
from tocsin.domain.incident import Status
from tocsin.domain.message import Tells
from tocsin.errors import Refused, Undelivered

TOKEN = "xoxb-0123456789"
POSTED = {"ok": True, "channel": "C1", "ts": "1503435956.000247"}


def texts(found):
    """Yield every text of a document."""
    if isinstance(found, dict):
        for name, value in found.items():
            if name == "text" and isinstance(value, str):
                yield found.get("type", ""), value
            yield from texts(value)
    elif isinstance(found, list):
        for one in found:
            yield from texts(one)


@pytest.mark.parametrize("buttons", [True, False])
def test_an_alerts_text_calls_nobody_and_links_nowhere(buttons):
    """Each < is ours: those of our own links. Texts of strangers are plain text, in which an address is no link."""
    said = shown(page(subjects=(subject(id="INC-7"),)), buttons=buttons)
    assert "<!channel>" not in json.dumps(said)
    assert escaped("<!channel>") in json.dumps(said)
    for kind, text in texts(said):
        assert "evil.example" not in text or kind != "mrkdwn"
        ours = [part.split(">")[0] for part in text.split("<")[1:]]
        assert all(one.startswith(("https://tocsin.", "https://runbooks.", "https://alerts.")) for one in ours), text


@pytest.mark.parametrize("url", ["https://a.example/|x>&<!here>", "javascript:alert(1)", "https://a.example/ <!here>"])
def test_a_runbooks_address_ends_no_link(url):
    """It is a stranger's too."""
    said = json.dumps(shown(page(subjects=(subject(runbook=url),))))
    assert "<!here>" not in said
    assert "javascript" not in said


def test_a_long_text_fits_however_much_is_escaped():
    """Slack refuses a section of more than 3,000 characters, and a message of more than 50 blocks."""
    said = shown(
        page(text="<" * 10_000, subject="&" * 5_000, subjects=tuple(subject(id=f"INC-{n}") for n in range(40)))
    )
    assert all(len(text) <= 3_000 for _, text in texts(said))
    assert len(said["blocks"]) <= 50
    assert "&l..." not in json.dumps(said)


def test_a_webhook_gets_links_in_place_of_buttons(provider, outbound):
    """It cannot hear what is pressed."""
    receipt = SlackChannel(outbound).send(page(), {"url": f"{provider.url}/services/T/B/X"})
    assert receipt.provider_id == ""
    assert provider.only.path == "/services/T/B/X"
    body = provider.only.body.decode()
    assert ACKNOWLEDGE.replace("&", "&amp;") in body
    assert "button" not in body


def test_a_bot_posts_buttons_that_name_incident_and_cycle(provider, outbound):
    """The answer's channel and time name the message from then on; our id goes along."""
    provider.body = POSTED
    receipt = SlackBot(outbound, TOKEN, base=provider.url).send(page(), {"channel": "C1"})
    assert receipt.provider_id == "C1:1503435956.000247"
    assert provider.only.path == "/chat.postMessage"
    assert provider.only.headers["authorization"] == f"Bearer {TOKEN}"
    said = provider.only.json
    assert said["channel"] == "C1"
    assert said["metadata"]["event_payload"] == {"id": page().id}
    (actions,) = [one for one in said["blocks"] if one["type"] == "actions"]
    assert [(one["action_id"], one["value"]) for one in actions["elements"]] == [
        ("acknowledge", "INC-1042:2"),
        ("resolve", "INC-1042:2"),
    ]


@pytest.mark.parametrize(
    "message",
    [
        page(tells=Tells.ALL_CLEAR),
        page(tells=Tells.ACKNOWLEDGED),
        page(subjects=(subject(status=Status.RESOLVED),)),
        test_message(),
    ],
)
def test_there_are_buttons_only_while_there_is_something_to_press(message):
    """Not once it is over, and not in a test."""
    assert "button" not in json.dumps(shown(message, buttons=True))


@pytest.mark.parametrize(
    "code", ["channel_not_found", "not_in_channel", "is_archived", "invalid_auth", "token_revoked"]
)
def test_what_slack_refuses_is_final(code, provider, outbound):
    """Although it answers 200."""
    provider.body = {"ok": False, "error": code}
    with pytest.raises(Refused, match=code):
        SlackBot(outbound, TOKEN, base=provider.url).send(page(), {"channel": "C1"})


def test_what_slack_cannot_do_now_is_tried_again(provider, outbound):
    """Limits of a method come with 200 or with 429."""
    provider.body, provider.headers = {"ok": False, "error": "ratelimited"}, {"Retry-After": "30"}
    with pytest.raises(Undelivered) as raised:
        SlackBot(outbound, TOKEN, base=provider.url).send(page(), {"channel": "C1"})
    assert (type(raised.value), raised.value.retry_after) == (Undelivered, 30)


def test_a_token_can_be_tried(provider, outbound):
    """The answer names the workspace."""
    bot = SlackBot(outbound, TOKEN, base=provider.url)
    provider.body = {"ok": True, "team": "Ops", "user": "tocsin"}
    assert bot.check() == ("Slack knows the app in the workspace Ops", "")
    provider.body = {"ok": False, "error": "invalid_auth"}
    with pytest.raises(Refused, match="invalid_auth"):
        bot.check()


def test_what_is_escaped_can_be_read():
    """Letter by letter; & first."""
    assert escaped("&lt; <a>") == "&amp;lt; &lt;a&gt;"
    assert "&" in EVIL
