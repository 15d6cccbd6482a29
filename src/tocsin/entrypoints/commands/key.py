"""``key``: API keys for programs that send alerts or work on incidents."""

from datetime import datetime

import click

from tocsin.domain.access import Scope
from tocsin.domain.api_key import ApiKey
from tocsin.domain.audit import Actor
from tocsin.entrypoints.choices import AHEAD, BY, TEXT, Word
from tocsin.entrypoints.json_output import write_object
from tocsin.entrypoints.layout import Column
from tocsin.entrypoints.moments import exact
from tocsin.entrypoints.screen import Styled
from tocsin.entrypoints.wiring import Wiring, pass_wiring

SCOPE = Word("scope", [scope.value for scope in Scope])

_COLUMNS = (
    Column("NAME"),
    Column("ID"),
    Column("STATE"),
    Column("SOURCE", leave_out=2),
    Column("EXPIRES", leave_out=1),
    Column("LAST USED", leave_out=3),
    Column("SCOPES", flexible=True),
)


@click.group()
def key() -> None:
    """Make, list and revoke API keys."""


@key.command()
@click.argument("name", type=TEXT)
@click.option(
    "--scope", "scopes", type=SCOPE, multiple=True, required=True, help="What it may do; may be given several times."
)
@click.option(
    "--source", type=TEXT, default="", help="The name space of the alerts that it sends; its name unless given."
)
@click.option("--expires", type=AHEAD, metavar="WHEN", help="When it ends: 2027-03-31, 90d, 52w; never unless given.")
@BY
@click.option("--json", "as_json", is_flag=True, help="Print one object, the key among it.")
@pass_wiring
def create(
    wiring: Wiring, *, name: str, scopes: tuple[str, ...], source: str, expires: datetime | None, by: str, as_json: bool
) -> None:
    """Make a key called NAME and print it. It cannot be shown again.

    Programs with keys of one source speak of the same alerts; with keys of different ones they cannot end each
    other's. NAME stands in the timeline of what it does.
    """
    who = wiring.actor(by)
    with wiring.keys() as keys:
        made, token = keys.create(
            name, scopes, secret=wiring.new_secret(), actor=Actor(who), source=source, expires_at=expires
        )
    if as_json:
        write_object(wiring.out.stream, _document(made) | {"key": str(token)})
        return
    wiring.out.line(str(token))
    wiring.err.line("Keep it safe: it is shown this once. Send it as `Authorization: Bearer KEY`.")


@key.command("list")
@click.option("--all", "everything", is_flag=True, help="Show revoked and expired ones too.")
@click.option("--json", "as_json", is_flag=True, help="Print an array of keys, without what opens with them.")
@pass_wiring
def list_keys(wiring: Wiring, *, everything: bool, as_json: bool) -> None:
    """List the keys there are."""
    now = wiring.clock()
    with wiring.keys() as keys:
        found = [one for one in keys.every() if everything or one.usable(now)]
    if as_json:
        write_object(wiring.out.stream, [_document(one) for one in found])
    elif found:
        wiring.out.table(_COLUMNS, [_row(one, now) for one in sorted(found, key=lambda one: one.created_at)])
    else:
        wiring.err.line(f"No keys. `{wiring.program} key create NAME --scope alerts:write` makes one.")


@key.command()
@click.argument("name", type=TEXT)
@BY
@pass_wiring
def revoke(wiring: Wiring, *, name: str, by: str) -> None:
    """Take the key called NAME, or of this id, out of use for good.

    A server that has just let it in lets it in for another minute at most.
    """
    who = wiring.actor(by)
    with wiring.keys() as keys:
        revoked = keys.revoke(name, actor=Actor(who))
    wiring.out.line(f"{revoked.name} ({revoked.id}) is revoked.")


def _document(one: ApiKey) -> dict[str, object]:
    said: dict[str, object] = one.model_dump(mode="json", exclude={"digest"})
    return said


def _row(one: ApiKey, now: datetime) -> tuple[str | Styled, ...]:
    state = "revoked" if one.revoked_at else "usable" if one.usable(now) else "expired"
    return (
        Styled(one.name, "heading"),
        one.id,
        Styled(state, "good" if state == "usable" else "quiet"),
        one.source,
        exact(one.expires_at) or "never",
        "never" if one.last_used_on is None else one.last_used_on.isoformat(),
        ", ".join(one.scopes),
    )
