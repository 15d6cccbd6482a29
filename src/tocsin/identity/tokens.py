"""Access tokens: JSON Web Tokens (RFC 7519), signed with HMAC and SHA-256 and nothing else.

Of a token's header only the key's id is looked at, and it can only name one of our own keys. PyJWT is imported for the
first token that does: with what it loads for algorithms that we do not use it takes as long as the rest of a start.
"""

import base64
import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from tocsin.domain.access import UserRole
from tocsin.domain.user import User
from tocsin.ids import NewId
from tocsin.services.signing import AUDIENCE, ISSUER, LIFETIME, Claims

from .signing_keys import SigningKeys

ALGORITHM = "HS256"
LONGEST = 2_048
"""Characters. Ours have some 400."""

SKEW = timedelta(seconds=5)
"""By how much the clock of the process that made a token may be ahead of ours. A token's end has no leeway."""

REQUIRED = ("iss", "aud", "sub", "sid", "role", "iat", "exp", "jti")
_KID = re.compile(r"[0-9a-f]{8}")
_ROLES = frozenset(role.value for role in UserRole)


class JwtTokens:
    """Makes tokens with the current key, and reads those of the current and the previous one."""

    def __init__(self, keys: SigningKeys, *, new_id: NewId) -> None:
        self._keys = keys
        self._new_id = new_id

    def issue(self, user: User, session_id: str, at: datetime) -> str:
        """Return a token for :data:`~tocsin.services.signing.LIFETIME`."""
        import jwt

        key = self._keys.current()
        began = int(at.timestamp())
        said = {
            "iss": ISSUER,
            "aud": AUDIENCE,
            "sub": user.id,
            "sid": session_id,
            "role": user.role.value,
            "iat": began,
            "exp": began + int(LIFETIME.total_seconds()),
            "jti": self._new_id(),
        }
        return jwt.encode(said, key.secret, algorithm=ALGORITHM, headers={"kid": key.kid})

    def read(self, token: str, now: datetime) -> Claims | None:
        """Return what a token of ours says; None for every other, whatever is wrong with it."""
        kid = _kid(token) if len(token) <= LONGEST else ""
        key = self._keys.named(kid) if _KID.fullmatch(kid) else None
        if key is None:
            return None
        import jwt

        try:
            said = jwt.decode(
                token,
                key.secret,
                algorithms=[ALGORITHM],
                audience=AUDIENCE,
                issuer=ISSUER,
                # The library looks at the real clock. Ours is handed in, and looked at below.
                options={
                    "require": list(REQUIRED),
                    "strict_aud": True,
                    "verify_exp": False,
                    "verify_iat": False,
                    "verify_nbf": False,
                },
            )
        except jwt.PyJWTError:
            return None
        return _claims(said, now)


def _kid(token: str) -> str:
    """Return the id of a key that a token names; empty if it names none."""
    first = token.partition(".")[0]
    try:
        header = json.loads(base64.urlsafe_b64decode(first + "=" * (-len(first) % 4)))
    except (ValueError, RecursionError):
        return ""
    kid = header.get("kid") if isinstance(header, dict) else ""
    return kid if isinstance(kid, str) else ""


def _claims(said: Mapping[str, Any], now: datetime) -> Claims | None:
    user_id, session_id, role = said["sub"], said["sid"], said["role"]
    began, ends = _moment(said["iat"]), _moment(said["exp"])
    if not all(isinstance(one, str) for one in (user_id, session_id, role)) or role not in _ROLES:
        return None
    if began is None or ends is None or ends - began > LIFETIME or began > now + SKEW or now >= ends:
        return None
    return Claims(user_id, session_id, UserRole(role), ends)


def _moment(seconds: object) -> datetime | None:
    if not isinstance(seconds, int) or isinstance(seconds, bool):
        return None
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (OverflowError, ValueError, OSError):
        return None
