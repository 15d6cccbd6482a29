"""Who works on an incident, and as what."""

import unicodedata
from collections.abc import Iterable
from enum import StrEnum

from tocsin.errors import InvalidInput

LONGEST_NAME = 200
"""Characters of a person's name."""

MOST_PEOPLE = 50
"""People on one incident: it is read whole, with all of their names."""

_NEITHER_SEEN_NOR_SAID = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})


class Role(StrEnum):
    """As what somebody works on an incident. There is one commander at most; who has no other role responds."""

    COMMANDER = "commander"
    RESPONDER = "responder"
    SCRIBE = "scribe"


def person(name: str) -> str:
    """Return a name on one line, without what cannot be seen, cut to :data:`LONGEST_NAME`.

    Two names that look the same are then the same. Raises ``InvalidInput`` if nothing is left.
    """
    seen = "".join(" " if char.isspace() else char for char in name if char.isspace() or _is_seen(char))
    clean = " ".join(seen.split())
    if not clean:
        message = "a person needs a name"
        raise InvalidInput(message, hint="say who it is in letters")
    return clean if len(clean) <= LONGEST_NAME else clean[: LONGEST_NAME - 1] + "…"


def people(names: Iterable[str]) -> tuple[str, ...]:
    """Return each name once, in order, as :func:`person` does. Raises ``InvalidInput`` if there are too many."""
    named = tuple(dict.fromkeys(map(person, names)))
    if len(named) > MOST_PEOPLE:
        message = f"{len(named)} people are too many for one incident: at most {MOST_PEOPLE}"
        raise InvalidInput(message)
    return named


def _is_seen(char: str) -> bool:
    return unicodedata.category(char) not in _NEITHER_SEEN_NOR_SAID
