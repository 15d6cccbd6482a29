"""Hand-off to PagerDuty and Opsgenie, and the generic webhook."""

import json

import pytest

from tests.desk import NOON, at
from tests.messages import page, subject, test_message
from tocsin.channels.hand_off import MOST_CYCLES
from tocsin.channels.opsgenie import OpsgenieChannel
from tocsin.channels.pagerduty import PagerDutyChannel
from tocsin.channels.webhook import WebhookChannel, signature
from tocsin.domain.message import Message, Tells
from tocsin.errors import Refused, Undelivered

TWO = (subject(cycle=1), subject(id="INC-7", cycle=0, severity="low"))


@pytest.mark.parametrize(
    "tells, action", [(Tells.PAGE, "trigger"), (Tells.ACKNOWLEDGED, "acknowledge"), (Tells.ALL_CLEAR, "resolve")]
)
def test_pagerduty_hears_of_each_incident_by_its_id(provider, outbound, tells, action):
    """So that however often it is sent, it is one alert there."""
    provider.status, provider.body = 202, {"status": "success", "dedup_key": "INC-1042"}
    channel = PagerDutyChannel(outbound, base=provider.url)
    assert channel.send(page(tells=tells, subjects=TWO), {"routing_key": "R0UT"}).provider_id == "INC-1042"
    assert {one.path for one in provider.asked} == {"/v2/enqueue"}
    events = [one.json for one in provider.asked]
    assert [(one["routing_key"], one["event_action"], one["dedup_key"]) for one in events] == [
        ("R0UT", action, "INC-1042"),
        ("R0UT", action, "INC-7"),
    ]
    assert [one.get("payload", {}).get("severity") for one in events] == (
        ["critical", "info"] if tells is Tells.PAGE else [None, None]
    )


def keys(provider):
    """Return what PagerDuty, or Opsgenie, was told, and of which of their alerts."""
    return [
        (one.json.get("event_action", one.path), one.json.get("dedup_key", one.json.get("alias")))
        for one in provider.asked
    ]


def test_a_later_cycle_is_another_alert_of_pagerduty(provider, outbound):
    """While theirs is acknowledged they tell nobody of what comes under its key: the second host would be silenced."""
    channel = PagerDutyChannel(outbound, base=provider.url)
    for tells, cycle in ((Tells.PAGE, 1), (Tells.ACKNOWLEDGED, 1), (Tells.PAGE, 2), (Tells.ALL_CLEAR, 2)):
        channel.send(page(tells=tells, subjects=(subject(cycle=cycle),)), {"routing_key": "R"})
    assert keys(provider) == [
        ("trigger", "INC-1042"),
        ("acknowledge", "INC-1042"),
        ("trigger", "INC-1042:2"),
        ("resolve", "INC-1042:2"),
        ("resolve", "INC-1042"),
    ]


def test_a_later_cycle_is_another_alert_of_opsgenie(provider, outbound):
    """As with PagerDuty: what has the alias of an open alert is counted there, and told to nobody."""
    channel = OpsgenieChannel(outbound, bases={"": provider.url})
    for tells in (Tells.PAGE, Tells.ACKNOWLEDGED):
        channel.send(page(tells=tells, subjects=(subject(cycle=2),)), {"key": "K"})
    assert keys(provider) == [
        ("/v2/alerts", "INC-1042:2"),
        ("/v2/alerts/INC-1042%3A2/acknowledge?identifierType=alias", None),
        ("/v2/alerts/INC-1042/acknowledge?identifierType=alias", None),
    ]


def test_news_of_very_many_cycles_are_of_the_last_ones(provider, outbound):
    """All requests of a message have the time of one."""
    message = page(tells=Tells.ALL_CLEAR, subjects=(subject(cycle=200),))
    PagerDutyChannel(outbound, base=provider.url).send(message, {"routing_key": "R"})
    names = [key for _, key in keys(provider)]
    assert (names[0], names[-1], len(names)) == ("INC-1042:200", f"INC-1042:{201 - MOST_CYCLES}", MOST_CYCLES)


def test_pagerduty_hears_what_it_is_about(provider, outbound):
    """Service, environment, when, and where to look."""
    PagerDutyChannel(outbound, base=provider.url).send(page(), {"routing_key": "R0UT"})
    said = provider.only.json
    payload = said["payload"]
    assert payload["summary"].startswith("INC-1042 Checkout is down")
    assert (payload["source"], payload["component"], payload["group"]) == ("datadog", "checkout", "prod")
    assert payload["timestamp"] == "2026-03-02T12:00:00+00:00"
    assert [one["text"] for one in said["links"]] == ["INC-1042", "Runbook"]


def test_what_is_about_no_incident_is_an_alert_of_its_own(provider, outbound):
    """By the id of the message."""
    PagerDutyChannel(outbound, base=provider.url).send(test_message(id="m1"), {"routing_key": "R"})
    OpsgenieChannel(outbound, bases={"": provider.url}).send(test_message(id="m1"), {"key": "K"})
    first, second = (one.json for one in provider.asked)
    assert (first["dedup_key"], first["payload"]["severity"]) == ("m1", "info")
    assert (second["alias"], second["priority"]) == ("m1", "P5")


def test_a_bundle_that_breaks_off_is_sent_again_as_a_whole(provider, outbound):
    """Which repeats nothing there, for the ids are the same."""
    provider.plays = [(202, {}), (503, {})]
    channel = PagerDutyChannel(outbound, base=provider.url)
    with pytest.raises(Undelivered):
        channel.send(page(subjects=TWO), {"routing_key": "R"})
    channel.send(page(subjects=TWO), {"routing_key": "R"})
    assert [one.json["dedup_key"] for one in provider.asked] == ["INC-1042", "INC-7"] * 2


@pytest.mark.parametrize(
    "tells, path",
    [
        (Tells.PAGE, "/v2/alerts"),
        (Tells.ACKNOWLEDGED, "/v2/alerts/INC-1042/acknowledge?identifierType=alias"),
        (Tells.ALL_CLEAR, "/v2/alerts/INC-1042/close?identifierType=alias"),
    ],
)
def test_opsgenie_hears_of_each_incident_by_its_alias(provider, outbound, tells, path):
    """The provider id is that of the request, by which Opsgenie tells what became of it."""
    provider.status, provider.body = 202, {"result": "Request will be processed", "requestId": "43a29c5c"}
    channel = OpsgenieChannel(outbound, bases={"": provider.url})
    assert channel.send(page(tells=tells, subjects=TWO[:1]), {"key": "K"}).provider_id == "43a29c5c"
    assert provider.only.path == path
    assert provider.only.headers["authorization"] == "GenieKey K"
    if tells is Tells.PAGE:
        said = provider.only.json
        assert (said["alias"], said["priority"], said["entity"]) == ("INC-1042", "P1", "checkout")
        assert said["tags"] == ["checkout", "prod"]
        assert len(said["message"]) <= 130


def test_opsgenies_regions_are_kept_apart(provider, outbound):
    """A key of one is none of the other; a third there is not."""
    channel = OpsgenieChannel(outbound, bases={"": "http://127.0.0.1:9", "eu": provider.url})
    channel.send(page(), {"key": "K", "region": "EU"})
    assert len(provider.asked) == 1
    with pytest.raises(Refused, match="region"):
        channel.send(page(), {"key": "K", "region": "mars"})


def test_a_webhook_gets_the_message_signed_at_the_time_of_sending(provider, outbound):
    """However long ago it was written: the receiver's five minutes count from now."""
    provider.body = {"id": "theirs-1"}
    channel = WebhookChannel(outbound, clock=lambda: at(30))
    receipt = channel.send(page(), {"url": f"{provider.url}/hook", "secret": "shared"})
    assert receipt.provider_id == "theirs-1"
    headers, body = provider.only.headers, provider.only.body
    assert headers["x-tocsin-timestamp"] == str(int(at(30).timestamp()))
    assert headers["x-tocsin-signature"] == signature("shared", headers["x-tocsin-timestamp"], body)
    assert headers["x-tocsin-id"] == page().id
    said = json.loads(body)
    assert said.pop("version") == 1
    assert Message.model_validate(said) == page(html="")


def test_without_a_secret_nothing_is_signed(provider, outbound):
    """Rather than with an empty one."""
    WebhookChannel(outbound, clock=lambda: NOON).send(page(), {"url": provider.url})
    assert "x-tocsin-signature" not in provider.only.headers


def test_an_id_in_letters_that_no_header_takes_is_sent_all_the_same(provider, outbound):
    """A room's name may be in it; the body has it as it is."""
    WebhookChannel(outbound, clock=lambda: NOON).send(page(id="INC-1:1:é\r\nX: y"), {"url": provider.url})
    assert provider.only.headers["x-tocsin-id"] == "INC-1:1:%C3%A9%0D%0AX:%20y"
    assert "x" not in provider.only.headers
    assert provider.only.json["id"] == "INC-1:1:é\r\nX: y"
