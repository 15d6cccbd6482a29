"""What is imported and made when it is first used: a cold start loads nothing that most rounds do without."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import TypeVar, cast

from tocsin.domain.change import Record
from tocsin.services.tick import Act

T = TypeVar("T")


class _Late:
    """Becomes what ``make`` returns, as soon as anything of it is asked for."""

    def __init__(self, make: Callable[[], object]) -> None:
        self._make = make
        self._made: object | None = None

    def __getattr__(self, name: str) -> object:
        if self._made is None:
            # Two threads may both make it: it holds nothing that would be lost.
            self._made = self._make()
        return getattr(self._made, name)


def late(make: Callable[[], T]) -> T:
    """Return what stands for what ``make`` returns, which is called with the first use and may import what it needs."""
    return cast("T", _Late(make))


def late_acts(kinds: tuple[str, ...], make: Callable[[], Mapping[str, Act]]) -> Mapping[str, Act]:
    """Return acts of the tick on these kinds of records, made when the first such record is due.

    What ``make`` raises leaves that record due, and is raised again for the next.
    """
    made: dict[str, Act] = {}

    def act(kind: str, due: Record) -> bool:
        if not made:
            made.update(make())
        return made[kind](due)

    return {kind: partial(act, kind) for kind in kinds}
