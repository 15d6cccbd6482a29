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


def public_address(value: str) -> str:
    """Return the address of our own API as seen from outside, to which tokens come: over TLS, unless it is this machine.

    Raises ValueError.
    """
    address = value.rstrip("/")
    if not re.fullmatch(_SAFE, address):
        message = "a token would travel in the clear"
        raise ValueError(message)
    return address


def issuer_address(value: str) -> str:
    """Return the address of an OIDC issuer, letter by letter as given: its tokens name it so. Raises ValueError."""
    if not re.fullmatch(rf"{_SAFE}(/[^\s?#|]*)?", value):
        message = "whoever is in between could answer for it"
        raise ValueError(message)
    return value


def heartbeat_address(value: str) -> str:
    """Return the address that is called after each round: over TLS, unless it is this machine. Raises ValueError."""
    if not re.fullmatch(rf"{_SAFE}(/[^\s?#]*)?(\?[^\s#]*)?", value):
        message = "what it holds would travel in the clear"
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


def one_address(value: str) -> str:
    """Return an IP address as connections name it (empty: none). Raises ValueError."""
    from ipaddress import ip_address

    return str(ip_address(value)) if value else value


def one_network(value: str) -> str:
    """Return a network, or one address, as networks are written. Raises ValueError."""
    from ipaddress import ip_network

    return str(ip_network(value))


def is_this_machine(host: str) -> bool:
    """Say whether a host is a name of this machine: what goes there needs no TLS."""
    return bool(re.fullmatch(r"127(\.[0-9]+){3}|localhost|::1|\[::1\]", host))


def mail_server(value: str) -> str:
    """Return the address of a mail server, with who signs in there if that is said. Raises ValueError."""
    from urllib.parse import urlsplit

    parts = urlsplit(value)
    if not re.fullmatch(r"smtps?://[^\s/?#]+/?", value) or not parts.hostname or parts.port == 0:
        message = "not smtp://HOST or smtps://HOST"
        raise ValueError(message)
    if bool(parts.username) != bool(parts.password):
        message = "a user without a password, or a password without a user"
        raise ValueError(message)
    return value


def mailbox(value: str) -> str:
    """Return who a letter is from: an address, with a name before it if there is one. Raises ValueError."""
    from email.utils import parseaddr

    address = parseaddr(value)[1]
    if not value.isprintable() or not re.fullmatch(r"[^@\s<>]+@[A-Za-z0-9.-]+", address):
        message = "no address"
        raise ValueError(message)
    return value


def mail_domain(value: str) -> str:
    """Return a domain, in small letters. Raises ValueError."""
    domain = value.lower().removeprefix("@")
    if not re.fullmatch(r"[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)+", domain):
        message = "no domain"
        raise ValueError(message)
    return domain
