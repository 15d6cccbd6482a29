"""Who may come in: the key or the access token of a request, found, checked, and remembered for a minute.

Whoever is refused learns nothing by it: a key or token that is missing, wrong, expired or revoked gets one and the same
answer.
"""

import base64
import binascii
import hashlib
import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson

from tocsin.clock import Clock
from tocsin.domain.access import Principal
from tocsin.domain.api_key import Token
from tocsin.domain.throttle import neighbourhood
from tocsin.services.api_keys import ApiKeys
from tocsin.services.sessions import Sessions
from tocsin.services.signing import ISSUER

from .limits import Buckets

REMEMBERED = timedelta(seconds=60)
"""How long a key that was checked is let in without another look, so that a repeated alert reads nothing.

So is a person, who looks at something: what changes something is asked by somebody who may do it at this moment.
"""

MOST_REMEMBERED = 1_000

HEADER = "x-tocsin-key"
"""For senders that can set neither a bearer token nor basic authentication."""


JWT = re.compile(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*")
"""The form of a JSON Web Token."""

Outside = Callable[[str], Principal | None]
"""Checks a token of another issuer: its signature, its times, and who it stands for. It must have checked ``exp``."""


class TooManyAttempts(Exception):
    """An address tried too many keys; ``seconds`` until it may try another."""

    def __init__(self, seconds: float) -> None:
        super().__init__(seconds)
        self.seconds = seconds


class Doorkeeper:
    """Checks keys and tokens. ``attempts`` bounds how many that open nothing may be tried, each of which costs a read.

    ``oidc`` is asked about tokens that name another issuer than us.
    """

    def __init__(
        self, keys: ApiKeys, sessions: Sessions, *, clock: Clock, attempts: Buckets, oidc: Outside | None = None
    ) -> None:
        self._keys = keys
        self._sessions = sessions
        self._clock = clock
        self._attempts = attempts
        self._oidc = oidc
        self._checked: dict[bytes, tuple[Principal, datetime]] = {}

    def admit(self, headers: Mapping[str, str], address: str, *, anew: bool = False) -> Principal | None:
        """Return who shows a key or a token in these headers, or None; ``anew``: a person as they are at this moment.

        Raises :class:`TooManyAttempts`.
        """
        said = presented(headers)
        key = Token.read(said)
        person = key is None and JWT.fullmatch(said) is not None and said == _bearer(headers)
        if key is None and not person:
            return None
        # What is remembered opens nothing if somebody reads this process's memory.
        name = hashlib.sha256(said.encode()).digest()
        now = self._clock()
        known = self._checked.get(name)
        if known is not None and now < known[1] and not (person and anew):
            return known[0]
        found = self._person(said, now) if key is None else self._holder(key, address, now)
        self._checked.pop(name, None)
        if found is None:
            return None
        # Nor is a person remembered who is about to change something: it may be that they sign out.
        if not (person and anew):
            if len(self._checked) >= MOST_REMEMBERED:
                self._checked.clear()
            self._checked[name] = found
        return found[0]

    def _holder(self, key: Token, address: str, now: datetime) -> tuple[Principal, datetime] | None:
        """Return who holds a key, and until when that is remembered."""
        trying = neighbourhood(address)
        if wait := self._attempts.look(trying):
            raise TooManyAttempts(wait)
        principal = self._keys.check(key)
        if principal is None:
            # Only now: what opens may be shown by any number of requests at once, whoever else is at that address.
            self._attempts.take(trying)
            return None
        return principal, now + REMEMBERED

    def _person(self, token: str, now: datetime) -> tuple[Principal, datetime] | None:
        """Return whom a token stands for, and until when that is remembered: never beyond its end."""
        if self._oidc is not None and (said := _unproved(token)).get("iss") != ISSUER:
            principal = self._oidc(token)
            return None if principal is None else (principal, min(now + REMEMBERED, _end(said, now)))
        claims = self._sessions.read(token)
        if claims is None:
            return None
        # A token of ours that opens nothing any more costs reads; colleagues at its address have no part in that.
        trying = f"session {claims.session_id}"
        if wait := self._attempts.look(trying):
            raise TooManyAttempts(wait)
        principal = self._sessions.holder(claims)
        if principal is None:
            self._attempts.take(trying)
            return None
        return principal, min(now + REMEMBERED, claims.expires_at)


def presented(headers: Mapping[str, str]) -> str:
    """Return the key that a request shows: a header of its own, a bearer token, or the password of basic access."""
    own = headers.get(HEADER, "").strip()
    if own:
        return own
    scheme, _, rest = headers.get("authorization", "").partition(" ")
    match scheme.lower():
        case "bearer":
            return rest.strip()
        case "basic":
            try:
                return base64.b64decode(rest.strip(), validate=True).decode().partition(":")[2]
            except (binascii.Error, UnicodeDecodeError):
                return ""
        case _:
            return ""


def _bearer(headers: Mapping[str, str]) -> str:
    scheme, _, rest = headers.get("authorization", "").partition(" ")
    return rest.strip() if scheme.lower() == "bearer" else ""


def _unproved(token: str) -> Mapping[str, Any]:
    """Return what a token says of itself, before anybody has checked it: enough to tell who is to."""
    body = token.split(".")[1]
    try:
        said = orjson.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))
    except (ValueError, binascii.Error):
        return {}
    return said if isinstance(said, dict) else {}


def _end(said: Mapping[str, Any], now: datetime) -> datetime:
    """Return when a token ends; at once where that cannot be told."""
    try:
        return datetime.fromtimestamp(said["exp"], UTC)
    except (KeyError, TypeError, ValueError, OverflowError, OSError):
        return now
