"""How often something may be tried: a bucket of tokens, of which one comes back at a time. And who counts as one."""

from datetime import timedelta
from typing import NamedTuple

from .frozen import Utc

_NOTHING = timedelta(0)


class Limit(NamedTuple):
    """``at_once`` from a full bucket; after that, one for each time ``each`` that passes."""

    at_once: int
    each: timedelta

    @property
    def whole(self) -> timedelta:
        """How long an empty bucket takes to be full again."""
        return self.at_once * self.each


class Bucket(NamedTuple):
    """What is left of a limit, said by the moment at which all of it is back (None: it is full)."""

    limit: Limit
    full_at: Utc | None = None

    def wait(self, now: Utc) -> timedelta:
        """Return how long it takes until there is a token; nothing if there is one."""
        return max(self._lacks(now) + self.limit.each - self.limit.whole, _NOTHING)

    def take(self, now: Utc) -> "Bucket":
        """Return the bucket with a token less. Whoever takes one has seen that there is one."""
        return self._replace(full_at=now + self._lacks(now) + self.limit.each)

    def _lacks(self, now: Utc) -> timedelta:
        """Return how long it takes to be full; no longer than from empty, also if the clock was set back."""
        lacks = _NOTHING if self.full_at is None else self.full_at - now
        return min(max(lacks, _NOTHING), self.limit.whole)


def neighbourhood(address: str) -> str:
    """Return what stands for all addresses that one sender has at hand: of IPv6 the /64, else the address itself."""
    if ":" not in address:
        return address
    from ipaddress import IPv6Address, ip_network

    try:
        known = IPv6Address(address)
    except ValueError:
        return address
    # An IPv4 peer of a socket for both is shown as an IPv6 address.
    return str(known.ipv4_mapped or ip_network((int(known), 64), strict=False))
