"""What a template says once its variables were filled in: values by simplified path, the unfilled ones left out."""

import re
from collections.abc import Callable
from datetime import datetime

from .bodies import flat
from .kept import LONGEST_MESSAGE, LONGEST_PART, LONGEST_TAG
from .outside import http_link, number, text
from .tags import kept_tags
from .times import instant

_WRITTEN = re.compile(r"[@\w-]+(\.[@\w-]+)*")


class Filled:
    """The values of one body. Those that ``is_unset`` knows for a variable without a value count as absent."""

    def __init__(self, body: object, is_unset: Callable[[str], bool]) -> None:
        self._values = flat(body)
        self._is_unset = is_unset

    def text(self, *names: str, longest: int) -> str:
        """Return the first of these that says something, as a text of at most ``longest`` characters."""
        return next((found for name in names if (found := self._text(name, longest))), "")

    def tags(self, *names: str) -> tuple[str, ...]:
        """Return the tags under these names: lists, or texts with commas between."""
        found: list[object] = []
        for name in names:
            value = self._value(name)
            found += value if isinstance(value, list) else self._text(name, LONGEST_MESSAGE).split(",")
        tags = kept_tags(found)
        return tuple(dict.fromkeys(tag for tag in tags if not self._is_unset(tag)))

    def number(self, *names: str) -> float | None:
        """Return the first of these that is a number, also where it is written as a text."""
        for name in names:
            value = self._alone(name)
            if isinstance(value, str):
                try:
                    value = float(value)
                except ValueError:
                    continue
            if (found := number(value)) is not None:
                return found
        return None

    def link(self, *names: str) -> str:
        """Return the first of these that is an http(s) address."""
        return next((link for name in names if (link := http_link(self._alone(name)))), "")

    def moment(self, *names: str) -> datetime | None:
        """Return the first of these that says something, as a moment in UTC; None as :func:`~.times.instant` has it.

        Raises :class:`~tocsin.errors.InvalidInput`, which calls it as the body does.
        """
        for name in names:
            if said := self._text(name, LONGEST_TAG):
                return instant(said, self.path(name, otherwise=name))
        return None

    def path(self, *names: str, otherwise: str = "") -> str:
        """Return what the body calls the first of these that says something, if a template would call it so."""
        said = next((self._values[name].path for name in names if self._text(name, LONGEST_TAG)), "")
        return said if _WRITTEN.fullmatch(said) and len(said) <= LONGEST_PART else otherwise

    def _value(self, name: str) -> object:
        found = self._values.get(name)
        return None if found is None else found.value

    def _alone(self, name: str) -> object:
        """Return a value; of a list of one, as Elasticsearch gives every field, the one."""
        value = self._value(name)
        return value[0] if isinstance(value, list) and len(value) == 1 else value

    def _text(self, name: str, longest: int) -> str:
        value = self._alone(name)
        if isinstance(value, int | float) and not isinstance(value, bool):
            value = str(value)  # a template without quotes around its variable
        found = text(value, longest).strip()
        return "" if self._is_unset(found) else found
