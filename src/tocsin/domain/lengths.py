"""How much text is kept: no more than any store can hold. What is longer is cut, and says so where it was cut.

Sizes are bytes of JSON text, so that an incident with all of its texts at their longest, and each of its events,
stays well under the 400 KB of a DynamoDB item.
"""

import json
from bisect import bisect_right
from collections.abc import Sequence
from itertools import accumulate

from .incident import Incident

TITLE = 1_024
"""Of incidents and alerts; names of services, environments and teams, and groups, too."""

QUERY = 2_048
"""Of an alert: it is read in every sweep."""

REPEATED = 256
"""The title, group and query of an alert that is pushed: they are in the row that every repetition writes."""

LINK = 512
"""Characters of the link in an alert's row; a longer one is left out."""

EVENT = 32_768
"""The text of one event."""

_TEXTS = {
    "title": TITLE,
    "service": TITLE,
    "environment": TITLE,
    "team": TITLE,
    "acknowledged_by": TITLE,
    "resolved_by": TITLE,
    "description": 65_536,
    "root_cause": 65_536,
}
_LISTS = {"logs": 98_304, "resolution_steps": 65_536, "tags": 16_384, "assignees": 16_384}
_ROOM_FOR_THE_MARK = 48
_AROUND_A_LINE = 3
_MOST_FOR_ONE_CHARACTER = 6


def bounded(incident: Incident) -> Incident:
    """Return the incident with its texts cut to what is kept of them; itself if none is too long."""
    texts = {name: cut(text, most) for name, most in _TEXTS.items() if (text := getattr(incident, name))}
    lists = {name: cut_lines(lines, most) for name, most in _LISTS.items() if (lines := getattr(incident, name))}
    shorter = {name: value for name, value in (texts | lists).items() if value != getattr(incident, name)}
    return incident.model_copy(update=shorter) if shorter else incident


def cut(text: str, most: int) -> str:
    """Return ``text``, or as much of its beginning as takes ``most`` bytes with a mark that says what is missing."""
    if len(text) * _MOST_FOR_ONE_CHARACTER <= most or _size(text) <= most:
        return text
    ends = range(min(len(text), most) + 1)
    kept = bisect_right(ends, most - _ROOM_FOR_THE_MARK, key=lambda end: _size(text[:end])) - 1
    return f"{text[:kept]}… [cut: {len(text) - kept:,} more characters]"


def cut_lines(lines: Sequence[str], most: int) -> tuple[str, ...]:
    """Return ``lines``, or as many from the first as take ``most`` bytes with a last one that says what is missing.

    The line at which the room ends is cut.
    """
    sizes = [_size(line) + _AROUND_A_LINE for line in lines]
    if sum(sizes) <= most:
        return tuple(lines)
    ends = list(accumulate(sizes))
    fitting = bisect_right(ends, most - _ROOM_FOR_THE_MARK)
    kept = list(lines[:fitting])
    room = most - _ROOM_FOR_THE_MARK - sum(sizes[:fitting])
    if room > 2 * _ROOM_FOR_THE_MARK:
        kept.append(cut(lines[len(kept)], room - _AROUND_A_LINE))
    missing = len(lines) - len(kept)
    return (*kept, f"… [cut: {missing:,} more]") if missing else tuple(kept)


def _size(text: str) -> int:
    return len(json.dumps(text, ensure_ascii=False).encode(errors="surrogatepass")) - len('""')
