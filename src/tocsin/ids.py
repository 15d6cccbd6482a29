"""The one place where the product draws random identifiers. Everything else is handed a ``NewId``."""

import uuid
from collections.abc import Callable

NewId = Callable[[], str]


def random_id() -> str:
    """Return 32 hexadecimal digits that nobody else gets."""
    return uuid.uuid4().hex
