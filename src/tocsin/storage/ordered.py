"""Lists that stay sorted, and names that are sorted once somebody asks."""

from bisect import bisect_left, bisect_right, insort
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from itertools import islice
from typing import Generic, TypeVar

from .paging import Place

Due = tuple[datetime, str, str]
"""When a record is due, its kind and id."""

Expiring = tuple[datetime, int]
"""When something expires, and how many bytes then do not live any more."""

Key = TypeVar("Key", Place, Due, Expiring, str)


class Ordered(list[Key], Generic[Key]):
    """A list that stays sorted. What comes in order, as nearly everything does, costs the same at any length."""

    def put(self, key: Key) -> None:
        """Add ``key``."""
        if self and key < self[-1]:
            insort(self, key)
        else:
            self.append(key)

    def drop(self, key: Key) -> None:
        """Take ``key`` out; it must be there."""
        del self[bisect_left(self, key)]


class Names:
    """Names in groups. A group is sorted when it is first read in order, and kept so: loading a file sorts none."""

    def __init__(self) -> None:
        self._groups: dict[str, Ordered[str]] = {}

    def put(self, group: str, name: str) -> None:
        """Note that ``name``, which was not there, is."""
        if group in self._groups:
            self._groups[group].put(name)

    def drop(self, group: str, name: str) -> None:
        """Note that ``name``, which was there, is not."""
        if group in self._groups:
            self._groups[group].drop(name)

    def beyond(self, group: str, last: str, present: Callable[[], Iterable[str]]) -> Iterator[str]:
        """Yield the names behind ``last`` in order; ``present`` are those of the group, should it be new here."""
        if group not in self._groups:
            self._groups[group] = Ordered(sorted(present()))
        names = self._groups[group]
        return islice(names, bisect_right(names, last), None)
