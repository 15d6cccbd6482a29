"""What all senders of alerts share: the name space that their keys live in, and what an alert without a key goes by."""

import hashlib
import json
from collections.abc import Mapping
from urllib.parse import quote

from tocsin.domain.alert import alert_key
from tocsin.errors import InvalidInput

from .kept import LONGEST_TAG, MOST_TAGS
from .outside import number, text

SHORTEST_LIFE = 60.0
LONGEST_LIFE = 30 * 86_400.0
"""Seconds: what a sender may ask for. A minute is the pace of the clock that ends alerts."""


def pushed_key(namespace: str, own: str) -> str:
    """Return the key of an alert that its sender calls ``own``, in the name space of the sender.

    At most :data:`~tocsin.domain.alert.LONGEST_KEY` bytes. A colon in the name space is written otherwise, so that no
    two name spaces meet: one sender cannot resolve what another sent.
    """
    return alert_key(quote(namespace, safe=""), own)


def fingerprint(service: str, environment: str, name: str, labels: Mapping[str, str]) -> str:
    """Return what an alert without a key of its own goes by: the same for the same, whatever else it says."""
    said = json.dumps([service, environment, name, sorted(labels.items())], ensure_ascii=True, separators=(",", ":"))
    return f"sha256:{hashlib.sha256(said.encode()).hexdigest()[:32]}"


def label_tags(labels: Mapping[str, str]) -> tuple[str, ...]:
    """Return labels as tags ``name:value``, as severity rules and selections match them."""
    return tuple(text(f"{name}:{value}", LONGEST_TAG) for name, value in labels.items() if name)[:MOST_TAGS]


def first_line(message: str, longest: int) -> str:
    """Return the first line of a message that says something."""
    return text(next((line.strip() for line in message.splitlines() if line.strip()), ""), longest)


def expiry(value: object) -> float | None:
    """Return after how many seconds an alert is over unless it is repeated; None is never.

    Raises :class:`~tocsin.errors.InvalidInput` for what is no number from :data:`SHORTEST_LIFE` to :data:`LONGEST_LIFE`.
    """
    if value is None:
        return None
    found = number(value)
    if found is None or not SHORTEST_LIFE <= found <= LONGEST_LIFE:
        message = f"expires_in: it should be a number of seconds from {SHORTEST_LIFE:.0f} to {LONGEST_LIFE:.0f}"
        raise InvalidInput(message)
    return found
