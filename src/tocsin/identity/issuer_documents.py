"""What an OIDC issuer publishes: the places at which it is asked (OpenID Connect Discovery 1.0), and its keys."""

import json
import re
from collections.abc import Callable, Iterable, Mapping
from datetime import timedelta
from typing import Any, NamedTuple

from tocsin.addresses import server_address
from tocsin.clock import Clock
from tocsin.errors import IssuerFailed
from tocsin.replies import NoReply, Reply

from .issuer_http import Http
from .kept import Fetched, Kept, good_for

OK = 200
SERVER_ERROR = 500

_RSA = ("RSA", None)
KEYS_FOR = {
    **dict.fromkeys(("RS256", "RS384", "RS512", "PS256", "PS384", "PS512"), _RSA),
    "ES256": ("EC", "P-256"),
    "ES384": ("EC", "P-384"),
    "ES512": ("EC", "P-521"),
    "EdDSA": ("OKP", "Ed25519"),
}
"""The type and the curve of the key that makes each kind of signature."""

_PUBLIC = ("kty", "n", "e", "crv", "x", "y")

Jwk = Mapping[str, Any]
"""A key, as RFC 7517 writes it."""


class Published(NamedTuple):
    """Of an issuer's description, what is used.

    ``person`` is where it tells more of somebody than their token does (empty: nowhere). ``names_itself``: its answers say who sends them. ``basic``: it takes a client's secret in the header for it.
    """

    sign_in: str
    tokens: str
    keys: str
    person: str
    names_itself: bool
    basic: bool


class IssuerDocuments:
    """What the issuer of this name publishes. Everything raises :class:`~tocsin.errors.IssuerFailed`."""

    def __init__(self, name: str, http: Http, *, clock: Clock) -> None:
        self.name = name
        self._http = http
        self._published = Kept(self._discovered, clock=clock)
        self._keys = Kept(self._fetched_keys, clock=clock)

    def published(self) -> Published:
        """Return the issuer's description."""
        return self._published.get()

    def key(self, kid: str | None, algorithm: str) -> Jwk | None:
        """Return the public key that a token names; where it names none, the only one that there is for this.

        None: there is none, also not among the keys as they are now.
        """
        found = _fitting(self._keys.get(), kid, algorithm) or _fitting(self._keys.get(anew=True), kid, algorithm)
        return {name: found[0][name] for name in _PUBLIC if name in found[0]} if len(found) == 1 else None

    def asked(self, what: str, ask: Callable[[], Reply]) -> Reply:
        """Return what the issuer answers, if that may be of use."""
        try:
            reply = ask()
        except NoReply as error:
            message = f"{self.name} gave no {what}: {error}"
        else:
            if reply.status < SERVER_ERROR:
                return reply
            message = f"{self.name} gave no {what}: it answered {reply.status}"
        raise IssuerFailed(message)

    def _discovered(self) -> Fetched[Published]:
        said, kept = self._document("description", f"{self.name.rstrip('/')}/.well-known/openid-configuration")
        if said.get("issuer") != self.name:
            message = f"what describes {self.name} is of another issuer: OIDC_ISSUER takes the name that stands there"
            raise IssuerFailed(message)
        methods = said.get("token_endpoint_auth_methods_supported")
        return Fetched(
            Published(
                sign_in=self._place(said, "authorization_endpoint"),
                tokens=self._place(said, "token_endpoint"),
                keys=self._place(said, "jwks_uri"),
                person=self._place(said, "userinfo_endpoint") if "userinfo_endpoint" in said else "",
                names_itself=said.get("authorization_response_iss_parameter_supported") is True,
                basic=not isinstance(methods, list) or "client_secret_basic" in methods,
            ),
            kept,
        )

    def _fetched_keys(self) -> Fetched[list[Jwk]]:
        said, kept = self._document("keys", self.published().keys)
        keys = said.get("keys")
        if not isinstance(keys, list):
            message = f"the keys of {self.name} are no JWKS"
            raise IssuerFailed(message)
        return Fetched([key for key in keys if isinstance(key, dict)], kept)

    def _document(self, what: str, url: str) -> tuple[Mapping[str, Any], timedelta]:
        reply = self.asked(what, lambda: self._http.get(url))
        if reply.status != OK:
            message = f"{self.name} gave no {what}: it answered {reply.status}"
            raise IssuerFailed(message)
        return parsed(reply.body), good_for(reply.headers.get("cache-control", ""))

    def _place(self, said: Mapping[str, Any], name: str) -> str:
        """Return an address to which codes and secrets go, or from which keys come."""
        found = said.get(name)
        host = re.match(r"https?://[^/?#]+", found) if isinstance(found, str) else None
        try:
            server_address(host[0] if host else "")
        except ValueError:
            message = f"{self.name} names no safe {name}"
            raise IssuerFailed(message) from None
        return str(found)


def parsed(body: bytes) -> Mapping[str, Any]:
    """Return the JSON object that a body is; an empty one if it is none."""
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        found = None
    return found if isinstance(found, dict) else {}


def _fitting(keys: Iterable[Jwk], kid: str | None, algorithm: str) -> list[Jwk]:
    """Return the keys that may have made a signature."""
    kind, curve = KEYS_FOR[algorithm]
    return [
        key
        for key in keys
        if (kid is None or key.get("kid") == kid)
        and key.get("kty") == kind
        and (curve is None or key.get("crv") == curve)
        and key.get("use", "sig") == "sig"
        and key.get("alg", algorithm) == algorithm
    ]
