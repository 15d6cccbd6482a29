"""Where the runbook is: in a tag, or behind the first link in the message that is so named."""

import re
from functools import cache

from .outside import http_link
from .tags import tag_values

_SEARCHED = 20_000
_NAME = r"run[ _-]?book"
# Every repetition is bounded: a message is written by anybody, and must not cost more than a moment.
_ADDRESS = r"(?P<link>https?://(?:[^\s<>()|\"'`]|\([^\s<>()|\"'`]{0,200}\)){1,2000})"


def find_runbook(tags: tuple[str, ...], message: object) -> str:
    """Return the address in the tag ``runbook``, or the first link in the message that is so named."""
    for value in tag_values(tags, ("runbook",)):
        if link := http_link(value):
            return link
    # Most messages name none: they are spared the search, and a process that never meets one the patterns.
    if not isinstance(message, str) or "book" not in (searched := message[:_SEARCHED]).casefold():
        return ""
    found = [hit for pattern in _patterns() for hit in pattern.finditer(searched)]
    links = (http_link(hit["link"].rstrip(".,;:!?*_")) for hit in sorted(found, key=lambda hit: hit.start()))
    return next((link for link in links if link), "")


@cache
def _patterns() -> tuple[re.Pattern[str], ...]:
    return (
        re.compile(rf"\[[^\[\]\n]{{0,200}}{_NAME}[^\[\]\n]{{0,200}}\]\(\s{{0,9}}{_ADDRESS}", re.IGNORECASE),
        re.compile(rf"<{_ADDRESS}\|[^<>\n]{{0,200}}{_NAME}", re.IGNORECASE),
        re.compile(rf"\b{_NAME}s?(?:\s(?:at|is|here|link|url))?[\s*_`:=|(<-]{{0,9}}{_ADDRESS}", re.IGNORECASE),
    )
