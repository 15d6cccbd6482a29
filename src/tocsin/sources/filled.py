"""What a template says once its variables were filled in: values by simplified path, the unfilled ones left out."""

from collections.abc import Callable

from .bodies import flat
from .kept import LONGEST_MESSAGE
from .outside import http_link, number, text
from .tags import kept_tags


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
            value = self._values.get(name)
            found += value if isinstance(value, list) else self._text(name, LONGEST_MESSAGE).split(",")
        tags = kept_tags(found)
        return tuple(dict.fromkeys(tag for tag in tags if not self._is_unset(tag)))

    def number(self, *names: str) -> float | None:
        """Return the first of these that is a number, also where it is written as a text."""
        for name in names:
            value = self._values.get(name)
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
        return next((link for name in names if (link := http_link(self._values.get(name)))), "")

    def _text(self, name: str, longest: int) -> str:
        value = self._values.get(name)
        if isinstance(value, int | float) and not isinstance(value, bool):
            value = str(value)  # a template without quotes around its variable
        found = text(value, longest).strip()
        return "" if self._is_unset(found) else found
