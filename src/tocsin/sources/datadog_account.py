"""Which Datadog is read: its site, the address of its API, and the keys. Refuses what could not work or is unsafe."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from ipaddress import ip_address
from types import MappingProxyType
from urllib.parse import urlsplit

from tocsin.errors import ConfigurationError

SITES: Mapping[str, str] = MappingProxyType(
    {
        "datadoghq.com": "app.datadoghq.com",
        "us3.datadoghq.com": "us3.datadoghq.com",
        "us5.datadoghq.com": "us5.datadoghq.com",
        "ap1.datadoghq.com": "ap1.datadoghq.com",
        "ap2.datadoghq.com": "ap2.datadoghq.com",
        "uk1.datadoghq.com": "uk1.datadoghq.com",
        "datadoghq.eu": "app.datadoghq.eu",
        "ddog-gov.com": "app.ddog-gov.com",
        "us2.ddog-gov.com": "us2.ddog-gov.com",
    }
)
"""Datadog's sites, each with the host of its web pages. The API of a site is at ``api.<site>``."""

_KEY = re.compile(r"[\x21-\x7e]+")


@dataclass(frozen=True, slots=True)
class Account:
    """One organisation at one site. Its keys never show in a ``repr``."""

    site: str
    api_url: str
    api_key: str = field(repr=False)
    app_key: str = field(repr=False)

    @property
    def host(self) -> str:
        """The host that the keys go to."""
        return urlsplit(self.api_url).netloc

    @property
    def web_url(self) -> str:
        """Where people look at this organisation's monitors."""
        return web_url(self.site)


def web_url(site: str) -> str:
    """Return where people look at the monitors of a site; of one that is not known, Datadog's first."""
    return f"https://{SITES.get(site.strip().lower(), SITES['datadoghq.com'])}"


def is_web_host(host: str) -> bool:
    """Say whether a host belongs to one of the sites; organisations may have a name of their own in front."""
    return any(host == site or host.endswith(f".{site}") for site in SITES)


def account(api_key: str, app_key: str, *, site: str = "datadoghq.com", api_url: str | None = None) -> Account:
    """Return the account that these settings name.

    ``api_url`` (a proxy, or a simulated Datadog) takes the place of the site's own API address; it must be https
    unless it is on this machine, for the keys go there. Raises :class:`~tocsin.errors.ConfigurationError`.
    """
    for name, key in (("DATADOG_API_KEY", api_key), ("DATADOG_APP_KEY", app_key)):
        _check_key(name, key)
    wanted = site.strip().lower()
    if wanted not in SITES:
        # A key that was pasted into the wrong line must not be printed.
        shown = "" if api_key in site or app_key in site else f" {site[:80]!r}"
        nearest = _nearest_site(wanted)
        meant = f"; did you mean {nearest}?" if nearest else ""
        message = f"DATADOG_SITE{shown} is no site of Datadog's{meant}"
        raise ConfigurationError(message, hint=f"The sites are {', '.join(SITES)}.")
    return Account(wanted, _address(api_url) if api_url else f"https://api.{wanted}", api_key, app_key)


def _check_key(name: str, key: str) -> None:
    if not key:
        message = f"{name} is not set"
        raise ConfigurationError(message, hint="Both keys are made under Organization Settings; put them into .env.")
    if not _KEY.fullmatch(key):
        message = f"{name} holds a space, a line break or another character that no key has"
        raise ConfigurationError(message, hint="Copy it again, alone and without quotes.")


def _nearest_site(wanted: str) -> str:
    from difflib import get_close_matches

    inside = [site for site in SITES if site in wanted]
    labelled = [site for site in SITES if wanted in site.split(".")]
    return max(inside, key=len, default="") or next(iter([*labelled, *get_close_matches(wanted, SITES, 1)]), "")


def _address(api_url: str) -> str:
    """Check an address for the API; it is not repeated in messages, since it may hold a password."""
    hint = "Give an address such as https://datadog-proxy.example.com or http://127.0.0.1:8126."
    try:
        parts = urlsplit(api_url.strip())
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        parts, host = urlsplit(""), ""
    if parts.scheme not in {"http", "https"} or not re.fullmatch(r"[a-z0-9.:_-]+", host):
        message = "DATADOG_API_URL is no http(s) address"
        raise ConfigurationError(message, hint=hint)
    if parts.username is not None or parts.query or parts.fragment or not re.fullmatch(r"[\x21-\x7e]*", parts.path):
        message = "DATADOG_API_URL may hold a host, a port and a path, and nothing else"
        raise ConfigurationError(message, hint=hint)
    if parts.scheme == "http" and not _on_this_machine(host):
        message = f"DATADOG_API_URL must be https for {host}, since the keys go there"
        raise ConfigurationError(message, hint=hint)
    return f"{parts.scheme}://{parts.netloc}{parts.path.rstrip('/')}"


def _on_this_machine(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
