"""What all senders of alerts share: the name space that their keys live in, and what an alert without a key goes by."""

import hashlib
import json
from collections.abc import Mapping
from urllib.parse import quote

from tocsin.domain.alert import alert_key

from .kept import LONGEST_TAG, MOST_TAGS
from .outside import text


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
