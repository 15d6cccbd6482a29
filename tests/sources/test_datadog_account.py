"""Settings that cannot work or are unsafe are refused in words, before anything is sent."""

import pytest

from tocsin.errors import ConfigurationError
from tocsin.sources.datadog import DatadogSource
from tocsin.sources.datadog_account import SITES, account

API, APP = "0123456789abcdef0123456789abcdef", "fedcba9876543210fedcba9876543210fedcba98"


def refused(*keys, **settings) -> ConfigurationError:
    with pytest.raises(ConfigurationError) as caught:
        account(*(keys or (API, APP)), **settings)
    error = caught.value
    assert "\n" not in str(error)
    assert error.hint
    assert not [key for key in keys if len(key) > 4 and key in f"{error!r} {error} {error.hint}"]
    return error


@pytest.mark.parametrize("site", SITES)
def test_every_site_has_its_own_addresses(site):
    """The API at api.<site>; the pages at app.<site>, or at the site itself where it has a name of its own."""
    found = account(API, APP, site=f" {site.upper()} ")
    assert (found.site, found.api_url, found.host) == (site, f"https://api.{site}", f"api.{site}")
    assert found.web_url in {f"https://app.{site}", f"https://{site}"}


def test_the_official_client_knows_the_same_sites():
    """The table is that of the official client."""
    from datadog_api_client.configuration import Configuration

    variables = Configuration(api_key={"apiKeyAuth": "x"}).get_host_settings()[0]["variables"]
    assert set(variables["site"]["enum_values"]) == set(SITES)


@pytest.mark.parametrize(
    "site, nearest",
    [
        ("datadog.com", "datadoghq.com"),
        ("datadoghq.co", "datadoghq.com"),
        ("app.datadoghq.eu", "datadoghq.eu"),
        ("https://us3.datadoghq.com/", "us3.datadoghq.com"),
        ("us5", "us5.datadoghq.com"),
        ("eu", "datadoghq.eu"),
        ("ddog-gov.co", "ddog-gov.com"),
    ],
)
def test_an_unknown_site_suggests_the_nearest(site, nearest):
    """And names all there are."""
    error = refused(site=site)
    assert str(error) == f"DATADOG_SITE {site!r} is no site of Datadog's; did you mean {nearest}?"
    assert "ap2.datadoghq.com" in error.hint


def test_a_site_like_no_other_suggests_none():
    """Escapes of a terminal are not repeated raw."""
    assert str(refused(site="\x1b[31mxxxxxxxxx")) == "DATADOG_SITE '\\x1b[31mxxxxxxxxx' is no site of Datadog's"


def test_a_key_in_the_place_of_the_site_is_not_repeated():
    """Pasting it into the wrong line happens."""
    assert API not in str(refused(API, APP, site=API))
    assert APP not in str(refused(API, APP, site=f"x{APP}"))


@pytest.mark.parametrize(
    "bad", ["", "abc\n", "a b c d e", "\tabcde", "abc\0de", "schlüssel", "abcde\u200b", '"abcde f"']
)
def test_a_key_that_cannot_be_one_is_refused(bad):
    """Missing, or with a character that no key has: which of the two keys it is, and never the key."""
    for keys, name in (((bad, APP), "DATADOG_API_KEY"), ((API, bad), "DATADOG_APP_KEY")):
        error = refused(*keys)
        assert str(error).startswith(name)
        assert ("is not set" in str(error)) is (bad == "")


@pytest.mark.parametrize(
    "given, kept",
    [
        ("https://proxy.example.com", "https://proxy.example.com"),
        ("https://proxy.example.com:8443/datadog/", "https://proxy.example.com:8443/datadog"),
        ("http://127.0.0.1:8126", "http://127.0.0.1:8126"),
        ("http://127.9.9.9", "http://127.9.9.9"),
        ("http://localhost:1", "http://localhost:1"),
        ("http://[::1]:5/", "http://[::1]:5"),
        (" https://proxy.example.com\n", "https://proxy.example.com"),
    ],
)
def test_an_address_takes_the_place_of_the_sites_own(given, kept):
    """https, or anything on this machine. Links still lead to the site."""
    found = account(API, APP, site="datadoghq.eu", api_url=given)
    assert (found.api_url, found.web_url) == (kept, "https://app.datadoghq.eu")


@pytest.mark.parametrize(
    "address",
    [
        "http://proxy.example.com", "http://10.0.0.1", "http://127.0.0.1.example.com", "http://localhost.example.com",
        "http://0.0.0.0", "http://[::2]",
    ],
)  # fmt: skip
def test_keys_do_not_travel_in_the_clear(address):
    """Plain http is for this machine alone."""
    assert "must be https" in str(refused(api_url=address))


@pytest.mark.parametrize(
    "address",
    [
        "proxy.example.com", "ftp://a", "https://", "https://a:b:c", "https://a:99999", "https://[::1", "https://ä.example",
        "https://a b", "file:///etc/passwd", "https://u:secret@a.example.com", "https://a.example.com?key=secret",
        "https://a.example.com#secret", "https://a.example.com/\x01secret", "https://a.example.com/secret ü",
    ],
)  # fmt: skip
def test_an_address_that_is_none_or_holds_more_is_refused_and_not_repeated(address):
    """It may hold a password."""
    error = refused(api_url=address)
    assert str(error).startswith("DATADOG_API_URL")
    assert "secret" not in str(error)


def test_keys_show_in_no_repr():
    """Neither of the account nor of the source."""
    shown = repr(account(API, APP)) + repr(DatadogSource(API, APP)) + str(vars(DatadogSource(API, APP)))
    assert API not in shown
    assert APP not in shown
    assert "datadoghq.com" in repr(DatadogSource(API, APP))
