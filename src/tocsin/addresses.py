"""What may stand in a setting that names a place on the network: an origin, networks, a server, an issuer."""

import re

PUSHED = ("alertmanager", "datadog", "elastic", "generic")
"""The sources that send their alerts."""

_SAFE = r"(?:https://[^\s/@?#]+|http://(?:127(?:\.[0-9]+){3}|localhost|\[::1\])(?::[0-9]+)?)"
"""A place to which a secret may be sent: over TLS, unless it is this machine."""


def origin(value: str) -> str:
    """Return an origin as browsers say it: scheme and host, without a path."""
    said = value.rstrip("/").lower()
    if said != "*" and not re.fullmatch(r"https?://[a-z0-9.-]+(:[0-9]+)?|https?://\[[0-9a-f:]+\](:[0-9]+)?", said):
        message = "an origin is a scheme and a host"
        raise ValueError(message)
    return said


def server_address(value: str) -> str:
    """Return the address of a server, to which a key is sent: over TLS, unless it is this machine. Raises ValueError."""
    address = value.rstrip("/")
    if not re.fullmatch(_SAFE, address):
        message = "a key would travel in the clear"
        raise ValueError(message)
    return address


def issuer_address(value: str) -> str:
    """Return the address of an OIDC issuer, letter by letter as given: its tokens name it so. Raises ValueError."""
    if not re.fullmatch(rf"{_SAFE}(/[^\s?#|]*)?", value):
        message = "whoever is in between could answer for it"
        raise ValueError(message)
    return value


def redirect_address(value: str) -> str:
    """Return the address that an issuer sends people back to. Raises ValueError."""
    if not re.fullmatch(rf"{_SAFE}(/[^\s?#]*)?/api/v1/auth/oidc/callback", value):
        message = "a code would be sent elsewhere, or in the clear"
        raise ValueError(message)
    return value


def networks(value: object) -> object:
    """Return the networks of each source, which are parsed to see that they are some."""
    if not isinstance(value, str):
        return value
    from ipaddress import ip_network

    found: dict[str, tuple[str, ...]] = {}
    for part in filter(None, (one.strip() for one in value.split(","))):
        source, _, given = part.partition("=")
        if source.strip().lower() not in PUSHED or not given.strip():
            message = "no source, or no networks for it"
            raise ValueError(message)
        found[source.strip().lower()] = tuple(str(ip_network(one)) for one in given.split())
    return found
