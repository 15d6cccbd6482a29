"""A click group that knows its commands by name, and imports one only when it is called."""

from collections.abc import Mapping
from importlib import import_module
from typing import TYPE_CHECKING, NamedTuple

import click
from typing_extensions import override

from .nearest import did_you_mean
from .store_choice import with_options
from .wiring import Wiring

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem


class Entry(NamedTuple):
    """Where a command is (``module:attribute``), what it does in one line, and under which heading it stands.

    ``stored``: it works on the store that is chosen; ``served``: on the server.
    """

    where: str
    help: str
    heading: str = "Commands"
    stored: bool = True
    served: bool = True


class LazyGroup(click.Group):
    """Takes an ordered table of commands. Listing and completing them imports none."""

    def __init__(self, *, table: Mapping[str, Entry], **settings: object) -> None:
        super().__init__(**settings)  # type: ignore[arg-type]  # click's own keywords, passed through
        self._table = table

    @override
    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(self._table)

    @override
    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        entry = self._table.get(cmd_name)
        if entry is None:
            return None
        module, _, attribute = entry.where.partition(":")
        command = getattr(import_module(module), attribute)
        if not isinstance(command, click.Command):
            message = f"{entry.where} is no command"
            raise TypeError(message)
        return with_options(command, served=entry.served) if entry.stored else command

    @override
    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        name = args[0]
        if name not in self._table and not name.startswith("-") and not ctx.resilient_parsing:
            message = f"There is no command '{name}'{did_you_mean(name, self._table) or '.'}"
            raise click.UsageError(message, ctx)
        if name in self._table:
            _refuse_choice(name, self._table[name], ctx)
        return super().resolve_command(ctx, args)

    @override
    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        longest = max(map(len, self._table))
        for heading in dict.fromkeys(entry.heading for entry in self._table.values()):
            with formatter.section(heading):
                formatter.write_dl(
                    [
                        (name.ljust(longest), entry.help)
                        for name, entry in self._table.items()
                        if entry.heading == heading
                    ]
                )

    @override
    def shell_complete(self, ctx: click.Context, incomplete: str) -> "list[CompletionItem]":
        from click.shell_completion import CompletionItem

        named = [
            CompletionItem(name, help=entry.help) for name, entry in self._table.items() if name.startswith(incomplete)
        ]
        return [*named, *click.Command.shell_complete(self, ctx, incomplete)]


def _refuse_choice(name: str, entry: Entry, ctx: click.Context) -> None:
    """Refuse a store or a server that was chosen for a command that has no use for it."""
    chosen = ctx.ensure_object(Wiring).chosen
    if "TOCSIN_SERVER" in chosen and not entry.served:
        message = f"'{name}' does not ask a server: leave --server out"
        raise click.UsageError(message, ctx)
    if "USE_DYNAMODB" in chosen and not entry.stored:
        message = f"'{name}' does not work on the store that is chosen: leave --store out"
        raise click.UsageError(message, ctx)
