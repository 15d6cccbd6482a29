"""The words of an address: what may stand in them, and what may be seen of those that are secret."""

import pytest

from tocsin.domain.contact import LONGEST_WORD, WORDS, ChannelKind
from tocsin.domain.contact_words import HIDDEN, checked_label, checked_room_name, checked_words
from tocsin.errors import InvalidInput

GOOD = {
    ChannelKind.EMAIL: {"email": "Ana@Example.com"},
    ChannelKind.SMS: {"number": "+49 (30) 123-4567"},
    ChannelKind.VOICE: {"number": "+14155550123"},
    ChannelKind.SLACK: {"url": "https://hooks.slack.com/services/T1/B1/swordfish"},
    ChannelKind.SLACK_BOT: {"channel": "#incidents"},
    ChannelKind.TEAMS: {"url": "https://prod.westeurope.logic.azure.com:443/swordfish"},
    ChannelKind.NTFY: {"url": "https://ntfy.sh/our-topic", "token": "swordfish"},
    ChannelKind.PUSHOVER: {"user": "swordfish", "device": "phone"},
    ChannelKind.PAGERDUTY: {"routing_key": "swordfish"},
    ChannelKind.OPSGENIE: {"key": "swordfish", "region": "EU"},
    ChannelKind.WEBHOOK: {"url": "https://example.com/hook?key=swordfish", "secret": "swordfish"},
    ChannelKind.APPRISE: {"url": "tgram://swordfish/1234"},
    ChannelKind.GITHUB: {"repository": "acme/shop", "labels": "incident, tocsin"},
    ChannelKind.LOG: {"name": "a log"},
}
"""An address of each kind."""


def refused(kind, **words):
    with pytest.raises(InvalidInput) as raised:
        checked_words(kind, words)
    assert "swordfish" not in f"{raised.value}{raised.value.hint}"
    return str(raised.value)


def test_there_is_an_address_of_each_kind_here():
    """And each kind's words are known."""
    assert set(GOOD) == set(ChannelKind) == set(WORDS)


@pytest.mark.parametrize("kind", ChannelKind)
def test_of_secret_words_nothing_is_seen_but_where_they_lead(kind):
    """Everything else is as it was given, or as it is used."""
    words = checked_words(kind, GOOD[kind])
    secret = {word.name for word in WORDS[kind] if word.secret}
    assert "swordfish" not in str(words.visible)
    assert set(words.secret) == secret & set(GOOD[kind])
    assert words.secret == {name: GOOD[kind][name] for name in words.secret}
    assert set(words.visible) == set(GOOD[kind])


def test_words_are_kept_as_they_are_used():
    """An address in small letters, a number without what is between its digits; of secrets a hint."""
    seen = {kind: checked_words(kind, words).visible for kind, words in GOOD.items()}
    assert seen[ChannelKind.EMAIL] == {"email": "ana@example.com"}
    assert seen[ChannelKind.SMS] == {"number": "+49301234567"}
    assert seen[ChannelKind.SLACK] == {"url": "https://hooks.slack.com/..."}
    assert seen[ChannelKind.TEAMS] == {"url": "https://prod.westeurope.logic.azure.com:443/..."}
    assert seen[ChannelKind.NTFY] == {"url": "https://ntfy.sh/our-topic", "token": HIDDEN}
    assert seen[ChannelKind.OPSGENIE] == {"key": HIDDEN, "region": "eu"}
    assert seen[ChannelKind.WEBHOOK] == {"url": "https://example.com/...", "secret": HIDDEN}
    assert seen[ChannelKind.APPRISE] == {"url": "tgram://..."}


def test_what_is_empty_is_left_out_and_what_is_needed_is_asked_for():
    """By name."""
    assert checked_words(ChannelKind.LOG, {"name": "  "}).visible == {}
    assert refused(ChannelKind.SMS) == "sms needs number"
    assert refused(ChannelKind.WEBHOOK, secret="swordfish", url=" ") == "webhook needs url"


def test_a_word_that_there_is_not_is_refused_with_those_that_there_are():
    """It is mostly misspelt."""
    assert refused(ChannelKind.SMS, nummer="swordfish") == "sms has no 'nummer'; it takes number"


@pytest.mark.parametrize("number", ["030 1234567", "+0123456789", "+49", "+123456789012345678", "+49301234567x", "x"])
def test_a_telephone_number_has_its_country(number):
    """E.164."""
    assert "is no telephone number" in refused(ChannelKind.SMS, number=number)


@pytest.mark.parametrize("number", ["+49 (0)30 123-456", "+49(0) 30.123456", "+49 30 123456"])
def test_a_nought_that_is_dialled_within_a_country_alone_is_none_of_a_number(number):
    """Many write it. With it the number is another's, and of a room nobody would see that."""
    assert checked_words(ChannelKind.SMS, {"number": number}).visible == {"number": "+4930123456"}


def test_an_address_of_mail_is_one():
    """As that of an account."""
    assert "no e-mail address" in refused(ChannelKind.EMAIL, email="ana")


@pytest.mark.parametrize("value", ["sword fish", "swordfish\u00e9"])
def test_a_token_has_no_blanks(value):
    """And is not repeated."""
    assert "no blanks" in refused(ChannelKind.PAGERDUTY, routing_key=value)


@pytest.mark.parametrize("value", ["a\nb", "a\x1b[1m", "x" * (LONGEST_WORD + 1)])
def test_a_word_is_on_one_line_and_not_too_long(value):
    """Nothing in it moves a terminal's cursor."""
    assert "on one line" in refused(ChannelKind.LOG, name=value)


@pytest.mark.parametrize("repository", ["shop", "acme/", "https://github.com/acme/shop", "acme/shop/issues", "a b/c"])
def test_a_repository_is_named_with_its_owner(repository):
    """And not by its address."""
    assert "is no repository: OWNER/NAME" in refused(ChannelKind.GITHUB, repository=repository)


def test_there_are_two_regions_of_opsgenie():
    """Its own."""
    assert "there are us, eu" in refused(ChannelKind.OPSGENIE, key="swordfish", region="moon")


@pytest.mark.parametrize(
    "url",
    [
        "swordfish",
        "http://example.com/swordfish",
        "http://127.0.0.1/swordfish",
        "ftp://example.com/swordfish",
        "https:///swordfish",
        "https://exa mple.com/swordfish",
        "https://ex\\ample.com/swordfish",
        "https://exämple.com/swordfish",
        "https://[::1/swordfish",
        "https://example.com:99999/swordfish",
        "https://-example.com/swordfish",
        "https://example.com:0/swordfish",
    ],
)
def test_a_url_is_https_and_has_a_host(url):
    """Whatever else it is."""
    assert refused(ChannelKind.WEBHOOK, url=url) == "webhook: the url begins with https:// and a host"


@pytest.mark.parametrize(
    "host",
    [
        *("127.0.0.1", "10.0.0.1", "192.168.1.1", "169.254.169.254", "[::1]", "[fe80::1]", "[::ffff:10.0.0.1]"),
        *("0.0.0.0", "100.64.0.1", "2130706433", "0x7f.1", "127.1", "0177.0.0.1", "localhost", "LOCALHOST."),
        *("x.localhost", "printer.local", "metadata.google.internal", "intranet"),
    ],
)
def test_a_url_to_a_private_address_is_refused_however_it_is_written(host):
    """Unless that is allowed."""
    assert "no address of the public network" in refused(ChannelKind.WEBHOOK, url=f"https://{host}/swordfish")
    url = f"https://{host}/swordfish"
    assert checked_words(ChannelKind.WEBHOOK, {"url": url}, private=True).secret == {"url": url}


@pytest.mark.parametrize("host", ["93.184.215.14", "[2606:2800:21f:cb07:6820:80da:af6b:8b2c]", "EXAMPLE.com."])
def test_a_url_to_a_public_address_is_taken(host):
    """In numbers, too."""
    assert checked_words(ChannelKind.SLACK, {"url": f"https://{host}/x"}).secret == {"url": f"https://{host}/x"}


def test_http_is_taken_where_private_addresses_are_allowed():
    """Whoever sends looks whether it leads to one of those networks."""
    for host in ("127.0.0.1:8", "10.0.0.1", "alerts"):
        url = f"http://{host}/x"
        shown = {"url": f"http://{host}/..."}
        assert checked_words(ChannelKind.WEBHOOK, {"url": url}, private=True).visible == shown
    with pytest.raises(InvalidInput, match="begins with https"):
        checked_words(ChannelKind.WEBHOOK, {"url": "ftp://10.0.0.1/x"}, private=True)


@pytest.mark.parametrize("kind", [ChannelKind.NTFY, ChannelKind.WEBHOOK])
def test_nobody_signs_in_within_a_url(kind):
    """It may be seen, or whoever sends would not take it: then it is better to hear so at once than in the night."""
    assert "nobody signs in" in refused(kind, url="https://me:swordfish@ntfy.sh/topic")


@pytest.mark.parametrize(
    "url",
    [
        *("swordfish", "a b://x", "file:///swordfish", "syslog://swordfish", "dbus://swordfish"),
        *("json://10.0.0.1/swordfish", "gotify://example.com/swordfish", "mailto://me:swordfish@example.com"),
    ],
)
def test_a_url_of_apprise_is_of_a_service_that_whoever_sends_takes(url):
    """Not of this machine, nor of a host that it names: better to hear so at once than in the night."""
    assert "no service that is taken" in refused(ChannelKind.APPRISE, url=url)


def test_a_url_of_apprise_has_no_option_that_whoever_sends_refuses():
    """In any letter case."""
    assert "the option verify" in refused(ChannelKind.APPRISE, url="discord://id/swordfish?a=b&Verify=no")


@pytest.mark.parametrize("url", ["tgram://token/1", "tgram://[half", "discord://id/token?format=text"])
def test_a_token_in_the_place_of_a_host_is_no_host(url):
    """Most services of Apprise have one there."""
    assert checked_words(ChannelKind.APPRISE, {"url": url}).secret == {"url": url}


@pytest.mark.parametrize("name", ["", "#", "a b", "-x", "a/b", "x" * 64, "é", "a:b"])
def test_what_cannot_be_the_name_of_a_room_is_refused(name):
    """It stands in policies, addresses and command lines."""
    with pytest.raises(InvalidInput, match="cannot be the name of a room"):
        checked_room_name(name)


def test_a_room_is_called_as_chats_call_it():
    """With or without the sign before it."""
    assert checked_room_name(" #Incidents ") == checked_room_name("Incidents") == "Incidents"


def test_a_contact_may_be_called_something():
    """On one line, and not too long."""
    assert [checked_label(text) for text in ("", "  ", " my\n phone ")] == ["", "", "my phone"]
    with pytest.raises(InvalidInput, match="at most 100"):
        checked_label("x" * 101)
