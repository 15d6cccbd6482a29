"""What a stranger's URL may lead to: the public Internet, and the networks that somebody allowed.

Everything else (this machine, private networks, a cloud's metadata at 169.254.169.254) would be reached with our
rights in place of theirs.
"""

import re
from collections.abc import Iterable
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import NamedTuple
from urllib.parse import urlsplit

from tocsin.errors import Refused

PORTS = {"http": 80, "https": 443}

_NAT64 = IPv6Network("64:ff9b::/96")
"""An IPv4 address in its last four bytes, for networks that have IPv6 only (RFC 6052)."""

_UNICAST = IPv6Network("2000::/3")
"""All of IPv6 that is given out ("IPv6 Global Unicast Address Assignments" of IANA)."""

_SPECIAL = (IPv4Network("192.0.0.0/24"), IPv6Network("3fff::/20"))
"""What the special-purpose registries of IANA hold, and not every Python that we run on knows."""


class Place(NamedTuple):
    """Where a URL leads. ``target`` is path and query, ``named`` the host as the Host header says it."""

    scheme: str
    host: str
    port: int
    target: str
    named: str


def place_of(url: str) -> Place:
    """Take a URL apart. Raises :class:`~tocsin.errors.Refused`, without a word of it, if it is none that we would ask."""
    if not re.fullmatch(r"[!-\[\]-~]+", url):
        message = "the address holds what no address may: a space, a backslash, or what is not ASCII"
        raise Refused(message)
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        message = "this is no address of the web"
        raise Refused(message) from None
    if parts.scheme not in PORTS or not parts.hostname or port == 0:
        message = "the address does not begin with https:// and a host"
        raise Refused(message)
    if "@" in parts.netloc:
        message = "the address holds a user: keys go into words of their own"
        raise Refused(message)
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return Place(parts.scheme, parts.hostname, port or PORTS[parts.scheme], target, parts.netloc)


class Reach:
    """Says which addresses may be connected to. ``allow`` are networks as ``10.1.0.0/16``, reached over http too."""

    def __init__(self, allow: Iterable[str] = ()) -> None:
        self._allow = tuple(ip_network(one) for one in allow)

    def allows(self, address: str) -> bool:
        """Say whether somebody allowed its network."""
        found = _meant(address)
        return any(found in network for network in self._allow)

    def reaches(self, address: str, scheme: str) -> bool:
        """Say whether an address that a name stands for may be connected to."""
        return self.allows(address) or (scheme == "https" and _is_public(_meant(address)))


def _meant(address: str) -> IPv4Address | IPv6Address:
    """Return the address that is reached in the end: one of IPv4 may stand within one of IPv6."""
    found = ip_address(address)
    if isinstance(found, IPv4Address):
        return found
    if found in _NAT64:
        return IPv4Address(int(found) & 0xFFFF_FFFF)
    return found.ipv4_mapped or found.sixtofour or found


def _is_public(found: IPv4Address | IPv6Address) -> bool:
    if isinstance(found, IPv6Address) and found not in _UNICAST:
        return False
    if any(found in network for network in _SPECIAL):
        return False
    return found.is_global and not found.is_multicast and not found.is_reserved and not found.is_unspecified
