"""Microsoft Teams: one Adaptive Card, in which an alert's text is nothing but text."""

import json

import pytest

from tests.messages import ACKNOWLEDGE, page, subject, test_message
from tocsin.channels.teams import TeamsChannel
from tocsin.domain.message import Tells


def card(provider):
    """Return the card that was posted."""
    said = provider.only.json
    (attachment,) = said["attachments"]
    assert (said["type"], attachment["contentType"]) == ("message", "application/vnd.microsoft.card.adaptive")
    return attachment["content"]


def test_a_card_says_it_and_links_it(provider, outbound):
    """To the incident, to the runbook, and to where it is acknowledged."""
    provider.status = 202
    TeamsChannel(outbound).send(page(), {"url": f"{provider.url}/workflows/x?sig=y"})
    assert provider.only.path == "/workflows/x?sig=y"
    found = card(provider)
    assert (found["type"], found["version"]) == ("AdaptiveCard", "1.4")
    assert {one["title"]: one["url"] for one in found["actions"]} == {
        "Acknowledge INC-1042": ACKNOWLEDGE,
        "INC-1042": "https://alerts.example.com/monitors/1042",
        "Runbook": "https://runbooks.example.com/checkout",
    }


def test_texts_of_strangers_stand_where_no_markdown_is_read(provider, outbound):
    """A TextBlock or a FactSet would make links of them."""
    TeamsChannel(outbound).send(page(subjects=(subject(runbook="javascript:alert(1)"),)), {"url": provider.url})
    found = card(provider)
    assert {one["type"] for one in found["body"]} == {"RichTextBlock"}
    assert "javascript" not in json.dumps(found)


@pytest.mark.parametrize("message, actions", [(page(tells=Tells.ALL_CLEAR), 2), (test_message(), 0)])
def test_what_is_over_cannot_be_acknowledged(provider, outbound, message, actions):
    """And a test links nowhere."""
    TeamsChannel(outbound).send(message, {"url": provider.url})
    assert len(card(provider)["actions"]) == actions
    assert ACKNOWLEDGE not in provider.only.body.decode()


def test_a_storm_fits_into_what_teams_takes(provider, outbound):
    """28 KB, and six actions."""
    many = tuple(subject(id=f"INC-{n}") for n in range(100))
    TeamsChannel(outbound).send(page(subjects=many, text="x" * 50_000), {"url": provider.url})
    assert len(provider.only.body) < 28_000
    assert len(card(provider)["actions"]) == 6
