"""Push: ntfy and Pushover."""

import pytest

from tests.desk import NOON
from tests.messages import ACKNOWLEDGE, page, subject, test_message
from tocsin.channels.ntfy import NtfyChannel
from tocsin.channels.pushover import EXPIRE, RETRY, PushoverChannel
from tocsin.domain.message import Tells
from tocsin.domain.severity import Severity
from tocsin.errors import Refused


def test_ntfy_publishes_to_the_topic_of_the_address(provider, outbound):
    """As JSON to its server, with a token if there is one; the provider id is ntfy's."""
    provider.body = {"id": "sPs71M8A2T", "event": "message"}
    receipt = NtfyChannel(outbound).send(page(), {"url": f"{provider.url}/sub/ops-alerts", "token": "tk_1"})
    assert receipt.provider_id == "sPs71M8A2T"
    assert provider.only.path == "/sub/"
    assert provider.only.headers["authorization"] == "Bearer tk_1"
    said = provider.only.json
    assert (said["topic"], said["priority"]) == ("ops-alerts", 5)
    assert said["click"] == "https://alerts.example.com/monitors/1042"
    assert [(one["action"], one["url"]) for one in said["actions"]] == [
        ("view", ACKNOWLEDGE),
        ("view", "https://runbooks.example.com/checkout"),
    ]


def test_without_a_token_none_is_sent(provider, outbound):
    """A topic that everybody may write to needs none."""
    NtfyChannel(outbound).send(test_message(), {"url": f"{provider.url}/topic/"})
    assert "authorization" not in provider.only.headers
    assert provider.only.json["topic"] == "topic"
    assert "actions" not in provider.only.json


@pytest.mark.parametrize("severity, priority", [("critical", 5), ("high", 4), ("medium", 3), ("low", 2)])
def test_ntfys_priority_is_the_severity(provider, outbound, severity, priority):
    """Of a page; what tells that it is over is of the usual one."""
    to = {"url": f"{provider.url}/topic"}
    NtfyChannel(outbound).send(page(subjects=(subject(severity=Severity(severity)),)), to)
    NtfyChannel(outbound).send(page(tells=Tells.ALL_CLEAR), to)
    assert [one.json["priority"] for one in provider.asked] == [priority, 3]


@pytest.mark.parametrize(
    "url", ["https://ntfy.sh", "https://ntfy.sh/", "https://ntfy.sh/a topic", "https://ntfy.sh/a?b=c"]
)
def test_an_address_without_a_topic_is_refused(outbound, url):
    """Nobody would get it."""
    with pytest.raises(Refused, match="topic"):
        NtfyChannel(outbound).send(page(), {"url": url})


def test_a_token_adds_no_header(provider, outbound):
    """Whatever somebody typed."""
    with pytest.raises(Refused):
        NtfyChannel(outbound).send(page(), {"url": f"{provider.url}/topic", "token": "a\r\nX-Evil: 1"})
    assert provider.asked == []


TAKEN = {"status": 1, "request": "647d2300-702c-4b38-8b2f-d56326ae460b"}


def pushover(provider, outbound):
    """Return an application at the provider."""
    return PushoverChannel(outbound, "apptoken", base=provider.url)


def test_a_critical_page_is_an_emergency_with_a_receipt(provider, outbound):
    """It sounds until it is seen, or the time is over; its incidents are its tags."""
    provider.body = TAKEN | {"receipt": "rLqVuqTRh62UzxtmqiaLzQmVcPgiCy"}
    receipt = pushover(provider, outbound).send(page(), {"user": "userkey", "device": "phone"})
    assert receipt.provider_id == "rLqVuqTRh62UzxtmqiaLzQmVcPgiCy"
    said = provider.only.form
    assert provider.only.path == "/1/messages.json"
    assert (said["token"], said["user"], said["device"]) == ("apptoken", "userkey", "phone")
    assert (said["priority"], said["retry"], said["expire"], said["tags"]) == ("2", str(RETRY), str(EXPIRE), "INC-1042")
    assert said["timestamp"] == str(int(NOON.timestamp()))
    assert (said["url"], said["url_title"]) == (ACKNOWLEDGE, "Acknowledge")
    assert len(said["title"]) <= 250
    assert len(said["message"]) <= 1024


@pytest.mark.parametrize("severity, priority", [("high", "1"), ("medium", "0"), ("low", "-1")])
def test_anything_else_is_no_emergency(provider, outbound, severity, priority):
    """The provider id is that of the request."""
    provider.body = TAKEN
    message = page(subjects=(subject(severity=Severity(severity)),))
    assert pushover(provider, outbound).send(message, {"user": "u"}).provider_id == TAKEN["request"]
    assert provider.only.form["priority"] == priority
    assert "retry" not in provider.only.form


@pytest.mark.parametrize("tells, priority", [(Tells.ACKNOWLEDGED, "-1"), (Tells.ALL_CLEAR, "0")])
def test_what_is_over_sounds_no_more(provider, outbound, tells, priority):
    """The emergencies of its incidents are taken back before anything is told; that somebody is on it, without a sound."""
    provider.body = TAKEN
    pushover(provider, outbound).send(page(tells=tells), {"user": "u"})
    assert [one.path for one in provider.asked] == ["/1/receipts/cancel_by_tag/INC-1042.json", "/1/messages.json"]
    assert provider.asked[1].form["priority"] == priority


def test_what_pushover_does_not_take_is_final(provider, outbound):
    """As its own word says, whatever the status."""
    provider.body = {"status": 0, "user": "invalid", "errors": ["user identifier is invalid"]}
    with pytest.raises(Refused):
        pushover(provider, outbound).send(page(), {"user": "u"})


def test_the_application_can_be_tried(provider, outbound):
    """Its limits are told to whoever has the token."""
    provider.body = {"status": 1, "limit": 10_000}
    assert pushover(provider, outbound).check() == ("Pushover knows the application", "")
    provider.status = 400
    with pytest.raises(Refused):
        pushover(provider, outbound).check()


def test_a_link_that_is_too_long_is_left_out(provider, outbound):
    """Pushover would refuse the message for it."""
    provider.body = TAKEN
    long = subject(acknowledge="https://a.example/" + "x" * 600)
    pushover(provider, outbound).send(page(subjects=(long,)), {"user": "u"})
    assert "url" not in provider.only.form
