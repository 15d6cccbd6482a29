"""What the arguments of several commands take, with a message that suggests the nearest."""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from math import isnan
from typing import TYPE_CHECKING

import click
from typing_extensions import override

from tocsin.errors import InvalidInput, TocsinError

from .moments import ahead, moment
from .nearest import did_you_mean
from .wiring import Wiring

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

_ID = r"(?:inc-?|#)?([0-9]{1,18})"
MOST_COMPLETED = 50


class Text(click.ParamType[str]):
    """Any text. Bytes that are no text in the terminal's encoding become replacement characters."""

    name = "text"

    @override
    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> str:
        return str(value).encode("utf-8", "surrogateescape").decode("utf-8", "replace")


class Word(click.ParamType[str]):
    """One of a few words, in any letter case, with ``_``, ``-`` or a space between their parts.

    ``others`` are further words that are taken, and what each stands for.
    """

    def __init__(self, name: str, words: Sequence[str], others: Mapping[str, str] | None = None) -> None:
        self.name = name
        self._words = tuple(words)
        self._others = others or {}

    @override
    def get_metavar(self, param: click.Parameter, ctx: click.Context) -> str:
        return "|".join([*self._words, *self._others])

    @override
    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> str:
        said = _same(str(value))
        for word in self._words:
            if said == _same(word):
                return word
        for word, meant in self._others.items():
            if said == _same(word):
                return meant
        known = [*self._words, *self._others]
        message = f"'{value}' is no {self.name}; there are {', '.join(known)}{did_you_mean(said, known)}"
        raise click.BadParameter(message, ctx, param)

    @override
    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> "list[CompletionItem]":
        from click.shell_completion import CompletionItem

        return [CompletionItem(word) for word in [*self._words, *self._others] if word.startswith(incomplete.lower())]


def _same(word: str) -> str:
    return word.strip().lower().replace("-", "_").replace(" ", "_")


class Whole(click.IntRange):
    """A whole number within bounds."""

    name = "integer"


class Seconds(click.FloatRange):
    """Seconds within bounds. ``nan``, which is within any, is refused."""

    name = "number of seconds"

    @override
    def convert(self, value: float, param: click.Parameter | None, ctx: click.Context | None) -> float:
        seconds: float = super().convert(value, param, ctx)
        if isnan(seconds):
            self.fail(f"'{value}' is not a valid {self.name}.", param, ctx)
        return seconds


class Moment(click.ParamType[datetime]):
    """A date, a time, or an age before now."""

    name = "date or age"

    @override
    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        wiring = (ctx or click.get_current_context()).ensure_object(Wiring)
        try:
            return moment(str(value), wiring.clock())
        except InvalidInput as error:
            raise click.BadParameter(str(error), ctx, param) from None


class Ahead(click.ParamType[datetime]):
    """A date, a time, or how long it is from now."""

    name = "time to come"

    @override
    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        wiring = (ctx or click.get_current_context()).ensure_object(Wiring)
        try:
            return ahead(str(value), wiring.clock())
        except InvalidInput as error:
            raise click.BadParameter(str(error), ctx, param) from None


class IncidentId(click.ParamType[str]):
    """An incident's id as people say it: ``INC-1042``, ``inc-1042``, ``1042``. Whether it exists is seen later."""

    name = "id"

    @override
    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> str:
        said = re.fullmatch(_ID, str(value).strip(), re.IGNORECASE)
        return f"INC-{int(said[1])}" if said else str(value).strip()

    @override
    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> "list[CompletionItem]":
        from click.shell_completion import CompletionItem

        """Complete from what is open now, newest first."""
        from tocsin.domain.search import ACTIVE, IncidentFilter

        try:
            with ctx.ensure_object(Wiring).store() as store:
                found = store.find(IncidentFilter(statuses=ACTIVE), limit=MOST_COMPLETED).incidents
        except TocsinError:
            return []  # a shell that completes is no place for complaints
        digits = incomplete.upper().removeprefix("INC-")
        # Titles are left out: what stands in one must not reach a shell.
        return [
            CompletionItem(one.id, help=f"{one.severity.value}, {one.status.value}")
            for one in found
            if one.id.removeprefix("INC-").startswith(digits)
        ]


TEXT = Text()
MOMENT = Moment()
AHEAD = Ahead()
INCIDENT_ID = IncidentId()

WHEN = "a time (2026-03-31T09:00), or how long from now (2h)"
"""What :data:`AHEAD` takes."""

BY = click.option("--by", type=TEXT, default="", metavar="NAME", help="Who acts; the login name unless given.")
"""Who acts, where a command changes something."""
