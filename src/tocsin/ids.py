"""The one place where the product draws what is random. Everything else is handed it."""

import uuid
from collections.abc import Callable

NewId = Callable[[], str]
NewSecret = Callable[[], str]


def random_id() -> str:
    """Return 32 hexadecimal digits that nobody else gets."""
    return uuid.uuid4().hex


def random_secret() -> str:
    """Return 256 random bits as 43 characters that fit an address."""
    import secrets

    return secrets.token_urlsafe(32)
