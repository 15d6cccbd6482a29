"""The one place where the product draws what is random. Everything else is handed it."""

import uuid
from collections.abc import Callable

NewId = Callable[[], str]
NewSecret = Callable[[], str]
NewNonce = Callable[[], bytes]


def random_id() -> str:
    """Return 32 hexadecimal digits that nobody else gets."""
    return uuid.uuid4().hex


def random_secret() -> str:
    """Return 256 random bits as 43 characters that fit an address."""
    import secrets

    return secrets.token_urlsafe(32)


def random_nonce() -> bytes:
    """Return 96 random bits."""
    import secrets

    return secrets.token_bytes(12)
