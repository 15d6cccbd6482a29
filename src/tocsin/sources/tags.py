"""Tags as they come from outside: how much of them is kept, and what they say."""

from collections.abc import Iterator

from .kept import LONGEST_TAG, MOST_TAGS
from .outside import text


def kept_tags(values: object) -> tuple[str, ...]:
    """Return the tags in a list, each a text; nothing if it is no list."""
    if not isinstance(values, list):
        return ()
    tags = (text(value, LONGEST_TAG).strip() for value in values[:MOST_TAGS])
    return tuple(tag for tag in tags if tag)


def tag_values(tags: tuple[str, ...], names: tuple[str, ...]) -> Iterator[str]:
    """Yield the values of the tags so named, in the order of the names; letter case is ignored."""
    for name in names:
        for tag in tags:
            key, _, value = tag.partition(":")
            if value and key.casefold() == name.casefold():
                yield value
