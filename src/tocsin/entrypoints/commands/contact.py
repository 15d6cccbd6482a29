"""``contact``: by which ways a person is reached."""

from collections.abc import Sequence
from pathlib import Path

import click

from tocsin.api.contact_views import ContactView
from tocsin.domain.contact import ChannelKind
from tocsin.entrypoints.address_words import KIND, secrets, values, words_of
from tocsin.entrypoints.choices import BY, TEXT
from tocsin.entrypoints.contact_desk import contact_desk
from tocsin.entrypoints.json_output import write_array, write_object
from tocsin.entrypoints.layout import Column
from tocsin.entrypoints.moments import exact
from tocsin.entrypoints.screen import Styled
from tocsin.entrypoints.wiring import Wiring, pass_wiring

_COLUMNS = (
    Column("NUMBER"),
    Column("KIND"),
    Column("STATE"),
    Column("NAME", leave_out=2),
    Column("ID", leave_out=1),
    Column("ADDRESS", flexible=True),
)

_json = click.option("--json", "as_json", is_flag=True, help="Print the contact, on one line.")
_user = click.option("--user", "who", type=TEXT, default="", metavar="WHO", help="Whose: an e-mail address or an id.")
_ref = click.argument("number", type=TEXT)


@click.group()
def contact() -> None:
    """Say by which ways you are reached, and verify them.

    On a server they are yours, or as an administrator those of --user; on a store say --user always. NUMBER is a
    contact's number or id.
    """


@contact.command("list")
@_user
@click.option("--json", "as_json", is_flag=True, help="Print an array of contacts.")
@pass_wiring
def list_contacts(wiring: Wiring, *, who: str, as_json: bool) -> None:
    """List the ways by which somebody is reached, the address of the account first."""
    with contact_desk(wiring, "") as desk:
        found = desk.contacts(who)
    if as_json:
        write_array(wiring.out.stream, found)
    elif found:
        wiring.out.table(_COLUMNS, [_row(one) for one in found])
    else:
        wiring.err.line(f"None. `{wiring.program} contact add KIND` adds one.")


@contact.command()
@click.argument("kind", type=KIND)
@values
@click.option("--name", type=TEXT, default="", help="What it is called.")
@secrets
@_user
@BY
@_json
@pass_wiring
def add(
    wiring: Wiring,
    *,
    kind: str,
    values: Sequence[str],
    name: str,
    secrets: str | None,
    who: str,
    by: str,
    as_json: bool,
) -> None:
    """Add a way: its KIND, and the words of its address, as in `contact add sms +4930123456`.

    What is secret is asked for without being shown, or read from --secrets. It counts once it is verified.
    """
    actor = wiring.actor(by)
    words = words_of(ChannelKind(kind), values, secrets)
    with contact_desk(wiring, actor) as desk:
        added = desk.add(who, ChannelKind(kind), words, name)
    said = f"Contact {added.number} is added; `{wiring.program} contact code {added.number}` sends a code there."
    _tell(wiring, added, said, as_json=as_json)


@contact.command()
@_ref
@_user
@BY
@pass_wiring
def code(wiring: Wiring, *, number: str, who: str, by: str) -> None:
    """Have a code sent there: three an hour, each in place of the one before. The next tick sends it."""
    actor = wiring.actor(by)
    with contact_desk(wiring, actor) as desk:
        ends = desk.code(who, number)
    wiring.out.line(f"A code is on its way; it is good until {exact(ends)} UTC.")


@contact.command()
@_ref
@click.argument("digits", type=TEXT, metavar="CODE")
@_user
@BY
@_json
@pass_wiring
def verify(wiring: Wiring, *, number: str, digits: str, who: str, by: str, as_json: bool) -> None:
    """Verify it by the CODE that came. A code has five tries."""
    actor = wiring.actor(by)
    with contact_desk(wiring, actor) as desk:
        verified = desk.verify(who, number, digits)
    _tell(wiring, verified, f"Contact {verified.number} is verified.", as_json=as_json)


@contact.command("test")
@_ref
@_user
@pass_wiring
def test_page(wiring: Wiring, *, number: str, who: str) -> None:
    """Have a test page sent there. `account` is the address of the account."""
    from tocsin.entrypoints.pages import page_desk

    with page_desk(wiring, "") as desk:
        page = desk.test(who, number)
    wiring.out.line(f"A test page is on its way: `{wiring.program} notifications {page.id}` says what becomes of it.")


@contact.command()
@click.argument("file", metavar="[FILE]", required=False, type=click.Path(path_type=Path))
@_user
@BY
@click.option("--json", "as_json", is_flag=True, help="Print the rules, on one line.")
@pass_wiring
def rules(wiring: Wiring, *, file: Path | None, who: str, by: str, as_json: bool) -> None:
    """Show how somebody wants to be told, as a file has it; with FILE, put what it says in the place of that.

    It is YAML or JSON: rules, quiet, account_email and time_zone, as docs/contacts.md describes them.
    """
    from tocsin.entrypoints.rules_of_people import read_rules, written

    chosen = None if file is None else read_rules(file)
    with contact_desk(wiring, wiring.actor(by)) as desk:
        found = desk.rules(who) if chosen is None else desk.put_rules(who, chosen)
    if as_json:
        write_object(wiring.out.stream, found.model_dump(mode="json"), on_one_line=True)
    else:
        wiring.out.stream.write(written(found))


@contact.command()
@_ref
@_user
@BY
@pass_wiring
def delete(wiring: Wiring, *, number: str, who: str, by: str) -> None:
    """Delete it."""
    actor = wiring.actor(by)
    with contact_desk(wiring, actor) as desk:
        desk.remove(who, number)
    wiring.out.line(f"Contact {number} is deleted.")


def _tell(wiring: Wiring, one: ContactView, said: str, *, as_json: bool) -> None:
    if as_json:
        write_object(wiring.out.stream, one.model_dump(mode="json"), on_one_line=True)
    else:
        wiring.out.line(said)


def _row(one: ContactView) -> tuple[str | Styled, ...]:
    address = ", ".join(one.address.values()) or "-"
    return (Styled(one.number, "heading"), one.kind.value, _state(one), one.name or "-", one.id, address)


def _state(one: ContactView) -> Styled:
    if not one.active:
        return Styled("off", "quiet")
    return Styled("verified", "good") if one.usable else Styled("not verified", "quiet")
