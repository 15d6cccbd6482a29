"""Apprise: which of its services are taken, what of an address is refused, and that nothing of it is told."""

import logging
import re

import apprise
import pytest
from apprise.manager_plugins import NotificationManager

from tests.messages import page, test_message
from tests.secrets_seen import nowhere
from tocsin.channels.apprise_urls import AppriseChannel, parsed
from tocsin.domain.apprise_services import REFUSED_OPTIONS, SERVICES
from tocsin.domain.message import Tells
from tocsin.errors import Refused, Undelivered

pytestmark = pytest.mark.filterwarnings("ignore:'imghdr' is deprecated:DeprecationWarning")  # by Apprise, on 3.11

WEBHOOK = ("0" * 18, "hunter2hunter2hunter2" * 3)
DISCORD = f"discord://{WEBHOOK[0]}/{WEBHOOK[1]}"


@pytest.fixture
def plain():
    """Return a channel that takes Apprise's own JSON service besides, whose host is in the address."""
    return AppriseChannel(services=SERVICES | {"json"}, longest=5.0)


@pytest.mark.parametrize("schema", sorted(SERVICES))
def test_every_service_that_is_taken_has_a_place_of_its_own(schema):
    """No host, port or path in its address, and Apprise has it without further libraries."""
    plugin = NotificationManager()[schema]
    assert plugin.enabled
    tokens = {token for template in plugin.templates for token in re.findall(r"{(\w+)}", template)}
    assert not tokens & {"host", "hostname", "port", "path", "fullpath", "url", "endpoint", "server"}
    assert not {"keyfile", "subfile", "relay"} & set(plugin.template_args)


@pytest.mark.parametrize(
    "url",
    [
        *(
            "json://127.0.0.1",
            "jsons://example.com",
            "xml://127.0.0.1",
            "form://169.254.169.254",
            "gotify://host/token",
        ),
        *("mailto://u:p@127.0.0.1", "syslog://", "dbus://", "gnome://", "macosx://", "windows://", "kde://"),
        *("file:///etc/passwd", "https://discord.com/api/webhooks/1/2", "apprise://host/key", "vapid://a@b.c/d"),
        *("fcm://project/token?keyfile=/etc/passwd", "exec://ls", "", "discord", "://", "mqtt://host", "rsyslog://h"),
        *("workflows://host/a/b/c", "matrix://host", "aprs://u:p@c", " json://127.0.0.1"),
    ],
)
def test_hosts_files_and_programs_of_somebodys_choice_are_refused(url):
    """They would be reached with our rights."""
    with pytest.raises(Refused, match="of no service that is taken"):
        parsed(url)


@pytest.mark.parametrize("option", sorted(REFUSED_OPTIONS))
def test_options_that_read_files_or_check_nothing_are_refused(option):
    """In any letters, percent-encoded too."""
    for name in (option, option.upper(), f"%{ord(option[0]):x}{option[1:]}"):
        with pytest.raises(Refused, match=option):
            parsed(f"{DISCORD}?{name}=no")


def test_an_address_that_apprise_does_not_understand_is_refused():
    """Without a word of it."""
    for url in ("discord://", "discord:///", "tgram://no-token/"):
        with pytest.raises(Refused) as raised:
            AppriseChannel().send(page(), {"url": url})
        assert "no-token" not in str(raised.value)


def test_a_message_goes_where_the_address_says(provider, plain):
    """With title, text and kind; whatever would call everybody is broken up."""
    host = provider.url.removeprefix("http://")
    text = "@everyone <!channel> <@U1> @here a@b.example it is down"
    assert plain.send(page(subject="down @channel", text=text), {"url": f"json://{host}/x"}).provider_id == ""
    said = provider.only.json
    assert said["title"] == "down @\u200bchannel"
    assert said["message"] == "@\u200beveryone <\u200b!channel> <\u200b@U1> @\u200bhere a@b.example it is down"
    assert said["type"] == "failure"


@pytest.mark.parametrize("message, kind", [(page(tells=Tells.ALL_CLEAR), "success"), (test_message(), "info")])
def test_what_is_told_has_its_kind(provider, plain, message, kind):
    """Services colour by it."""
    plain.send(message, {"url": f"json://{provider.url.removeprefix('http://')}"})
    assert provider.only.json["type"] == kind


@pytest.mark.parametrize("status", [400, 302, 500])
def test_what_fails_is_tried_again_and_tells_nothing(provider, plain, caplog, status):
    """Apprise tells no reason; nobody is led elsewhere, and nothing of the address is logged at any level."""
    caplog.set_level(logging.DEBUG)
    provider.status, provider.headers = status, {"Location": f"{provider.url}/elsewhere"}
    url = f"json://user:hunter2hunter2@{provider.url.removeprefix('http://')}/secret-path"
    with pytest.raises(Undelivered) as raised:
        plain.send(page(), {"url": url})
    assert type(raised.value) is Undelivered
    assert {one.path for one in provider.asked} == {"/secret-path"}
    chain = f"{raised.value!r} {raised.value.__context__!r} {plain!r} {caplog.text}"
    nowhere(chain, password="hunter2hunter2", path="secret-path")


def test_a_service_that_is_silent_is_left_in_time(provider):
    """The next channel is waiting."""
    provider.silence = 5.0
    impatient = AppriseChannel(services={"json"}, longest=0.2)
    with pytest.raises(Undelivered):
        impatient.send(page(), {"url": f"json://{provider.url.removeprefix('http://')}"})


def test_apprise_is_asked_to_follow_nobody():
    """The settings that we rely on are there under these names."""
    made = apprise.Apprise.instantiate(parsed(DISCORD), asset=AppriseChannel()._asset)
    assert made.redirects is False
    assert made.verify_certificate is True
