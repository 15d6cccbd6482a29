"""How the edge of the API is set: who may ask from where, and how often."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from ipaddress import IPv4Network, IPv6Network

MOST_BYTES = 512 * 1024
"""Of a body. 500 alerts with long messages fit."""

ANY_ORIGIN = "*"
EXPOSED = "ETag, Location, Retry-After, X-Request-Id"
"""The headers that a page of another origin may read."""


class Options(NamedTuple):
    """``origins`` may read answers in a browser; ``networks`` names, for a source, where its requests may come from.

    ``requests_per_second``: of one key, in one process; 0 sets no limit.
    """

    origins: tuple[str, ...] = ()
    networks: Mapping[str, "tuple[IPv4Network | IPv6Network, ...]"] = {}
    requests_per_second: float = 100

    def lets_in(self, source: str, address: str) -> bool:
        """Say whether a request for a source may come from this address."""
        allowed = self.networks.get(source)
        if not allowed:
            return True
        from ipaddress import ip_address

        try:
            asking = ip_address(address)
        except ValueError:
            return False
        # An IPv4 peer of a socket for both is shown as an IPv6 address.
        asking = getattr(asking, "ipv4_mapped", None) or asking
        return any(asking in network for network in allowed)

    def cors(self, origin: str) -> dict[str, str]:
        """Return the headers that let a page of this origin read the answer, and tell caches that it matters."""
        if not self.origins:
            return {}
        if ANY_ORIGIN in self.origins:
            # Keys are sent by the page itself, never by the browser on its own: no credentials.
            return {"Access-Control-Allow-Origin": ANY_ORIGIN, "Access-Control-Expose-Headers": EXPOSED}
        vary = {"Vary": "Origin"}
        if not origin or origin.rstrip("/") not in self.origins:
            return vary
        return {"Access-Control-Allow-Origin": origin, "Access-Control-Expose-Headers": EXPOSED, **vary}
