"""The last guard before something that nobody foresaw is shown: keys in it are blotted out."""

import re
from collections.abc import Iterable

BLOT = "[hidden]"
SHORTEST = 4
"""Characters. What is shorter is no key, and blotting it out would make any text unreadable."""


def hide(text: str, secrets: Iterable[str]) -> str:
    """Return ``text`` with each of ``secrets`` blotted out, in any letter case, and as ``repr`` writes it."""
    for secret in sorted(secrets, key=len, reverse=True):
        if len(secret) >= SHORTEST:
            for written in {secret, repr(secret)[1:-1]}:
                text = re.sub(re.escape(written), BLOT, text, flags=re.IGNORECASE)
    return text
