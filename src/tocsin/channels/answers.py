"""What a provider's answer means: taken, another time, or never. Nothing that it says is repeated but for codes."""

import json
import re
from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from typing import Any

from tocsin.errors import Refused, Undelivered
from tocsin.replies import Reply

LONGEST_WAIT = 3_600.0
"""Seconds. No provider is believed that wants us to wait longer."""

_ANOTHER_TIME = frozenset({408, 425, 429})
_SERVER_ERROR = 500
_OK, _REDIRECT, _CLIENT_ERROR = 200, 300, 400


def taken(reply: Reply, who: str, *, why: str = "") -> Reply:
    """Return an answer of 200 to 299.

    ``who`` answers, as a person would call it; ``why`` is a code of theirs, told beside the status. Raises
    :class:`~tocsin.errors.Undelivered` for 408, 425, 429 and from 500 on, and :class:`~tocsin.errors.Refused` for all
    the others, redirects among them.
    """
    if _OK <= reply.status < _REDIRECT:
        return reply
    said = f"{who} answered {reply.status}{f' ({why})' if why else ''}"
    if reply.status in _ANOTHER_TIME or reply.status >= _SERVER_ERROR:
        raise Undelivered(said, retry_after=retry_after(reply))
    if reply.status < _CLIENT_ERROR:
        said += ", and redirects are not followed"
    raise Refused(said)


def retry_after(reply: Reply) -> float | None:
    """Return after how many seconds a provider may be asked again (RFC 9110, "Retry-After"); None: it does not say."""
    said = reply.headers.get("retry-after", "").strip()
    if re.fullmatch(r"[0-9]{1,9}(\.[0-9]{1,9})?", said):
        return min(float(said), LONGEST_WAIT)
    try:
        # By their own clock: ours may differ.
        wait = parsedate_to_datetime(said) - parsedate_to_datetime(reply.headers.get("date", ""))
    except (ValueError, TypeError):
        return None
    return min(max(wait.total_seconds(), 0.0), LONGEST_WAIT)


def fields(reply: Reply) -> Mapping[str, Any]:
    """Return the JSON object that an answer holds; an empty one where it holds something else."""
    try:
        found = json.loads(reply.body)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def text_in(found: Mapping[str, Any], name: str, *, longest: int = 200) -> str:
    """Return an id or a code that an answer holds, if it is a short printable one; else nothing."""
    value = found.get(name)
    said = str(value) if isinstance(value, str | int) and not isinstance(value, bool) else ""
    return said if len(said) <= longest and said.isascii() and said.isprintable() else ""


def code_in(found: Mapping[str, Any], name: str) -> str:
    """Return a code of letters, digits and ``_``, which may be told; anything else could be what we sent."""
    said = text_in(found, name, longest=60)
    return said if re.fullmatch(r"[A-Za-z_]+[A-Za-z0-9_]*|[0-9]{1,6}", said) else ""
