"""``--store`` and ``--server``: what a command works on, in place of what the settings name."""

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, NamedTuple

import click
from typing_extensions import override

from .nearest import did_you_mean
from .wiring import Wiring

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

_TABLE = r"[A-Za-z0-9_.-]{3,255}"
KINDS = ("json", "dynamodb")


class StoreName(NamedTuple):
    """A store as a person names it: ``json:PATH`` or ``dynamodb:TABLE``."""

    kind: str
    where: str

    def __str__(self) -> str:
        return f"{self.kind}:{self.where}"

    @property
    def settings(self) -> Mapping[str, str]:
        """The variables that say the same."""
        if self.kind == "json":
            return {"USE_DYNAMODB": "false", "INCIDENTS_FILE": self.where}
        return {"USE_DYNAMODB": "true", "DYNAMODB_TABLE_NAME": self.where}


class ServerType(click.ParamType[str]):
    """The address of a server: https, unless it is this machine, since a key goes there."""

    name = "url"

    @override
    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> str:
        from tocsin.addresses import server_address

        try:
            return server_address(str(value).strip())
        except ValueError:
            message = f"'{value}' is no address of a server: https://HOST, or http://127.0.0.1:PORT on this machine"
            raise click.BadParameter(message, ctx, param) from None


class StoreType(click.ParamType[StoreName]):
    """The name of a store."""

    name = "store"

    @override
    def get_metavar(self, param: click.Parameter, ctx: click.Context) -> str:
        return "json:PATH|dynamodb:TABLE"

    @override
    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> StoreName:
        if isinstance(value, StoreName):
            return value
        kind, colon, where = str(value).partition(":")
        if not colon:
            meant = f"; did you mean 'json:{value}'?" if "." in kind or "/" in kind else ""
            raise click.BadParameter(f"'{value}' is no store: say json:PATH or dynamodb:TABLE{meant}", ctx, param)
        kind = kind.strip().lower()
        if kind not in KINDS:
            message = f"'{kind}' is no kind of store; there are {', '.join(KINDS)}{did_you_mean(kind, KINDS)}"
            raise click.BadParameter(message, ctx, param)
        if not where.strip():
            what = "the path of a file" if kind == "json" else "the name of a table"
            raise click.BadParameter(f"{kind}: needs {what} behind the colon", ctx, param)
        if kind == "dynamodb" and not re.fullmatch(_TABLE, where):
            message = f"'{where}' is no name of a table: 3 to 255 letters, digits, _, - and ."
            raise click.BadParameter(message, ctx, param)
        return StoreName(kind, where)

    @override
    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> "list[CompletionItem]":
        from click.shell_completion import CompletionItem

        return [CompletionItem(f"{kind}:") for kind in KINDS if kind.startswith(incomplete.lower())]


STORE = StoreType()
SERVER = ServerType()


def store_option() -> click.Option:
    """Return the option, for the program and for each command that opens a store."""
    return click.Option(
        ["--store"],
        type=STORE,
        expose_value=False,
        callback=_choose,
        help="Work on this store, in place of the one that the settings name.",
    )


def server_option() -> click.Option:
    """Return the option, for the program and for each command that can ask a server."""
    return click.Option(
        ["--server"],
        type=SERVER,
        expose_value=False,
        callback=_ask_server,
        help="Work on this server in place of a store, with the key in TOCSIN_API_KEY.",
    )


def with_options(command: click.Command, *, served: bool) -> click.Command:
    """Give the options to a command that is loaded for the first time, and to the commands beneath it."""
    for option in (store_option(), *((server_option(),) if served else ())):
        if not any(option.opts[0] in one.opts for one in command.params):
            command.params.append(option)
    if isinstance(command, click.Group):
        for beneath in command.commands.values():
            with_options(beneath, served=served)
    return command


def _choose(ctx: click.Context, _param: click.Parameter, chosen: StoreName | None) -> None:
    if chosen is not None:
        _take(ctx, chosen.settings)


def _ask_server(ctx: click.Context, _param: click.Parameter, url: str | None) -> None:
    if url is not None:
        _take(ctx, {"TOCSIN_SERVER": url})


def _take(ctx: click.Context, settings: Mapping[str, str]) -> None:
    wiring = ctx.ensure_object(Wiring)
    if wiring.chosen and set(wiring.chosen) != set(settings):
        message = "--store and --server each say what to work on: give one of them"
        raise click.UsageError(message, ctx)
    # Contexts beneath this one inherit it.
    ctx.obj = wiring._replace(chosen=settings)
