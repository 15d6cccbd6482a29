"""How we stand with a provider, found out without sending anything."""

from typing import NamedTuple


class Standing(NamedTuple):
    """What was found; ``mend`` says what would make more of it (empty: all is well)."""

    found: str
    mend: str = ""
