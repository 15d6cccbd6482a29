"""``user``: the people of a store, or of a server."""

import sys

import click

from tocsin.api.people_views import UserView
from tocsin.domain.access import UserRole
from tocsin.domain.user import UserEdit
from tocsin.entrypoints.choices import BY, TEXT, Word
from tocsin.entrypoints.json_output import write_array, write_object
from tocsin.entrypoints.layout import Column
from tocsin.entrypoints.moments import exact
from tocsin.entrypoints.people import people
from tocsin.entrypoints.screen import Styled
from tocsin.entrypoints.wiring import Wiring, pass_wiring

ROLE = Word("role", [role.value for role in UserRole])

_COLUMNS = (
    Column("E-MAIL"),
    Column("ROLE"),
    Column("STATE"),
    Column("TEAMS", leave_out=1),
    Column("TIME ZONE", leave_out=2),
    Column("ID", leave_out=3),
    Column("NAME", flexible=True),
)

_json = click.option("--json", "as_json", is_flag=True, help="Print the person, on one line.")
_who = click.argument("who", type=TEXT)


@click.group()
def user() -> None:
    """Add people, say what they may do, and take them off again.

    WHO is an e-mail address or an id.
    """


@user.command()
@click.argument("email", type=TEXT)
@click.option("--name", type=TEXT, required=True, help="What people call them.")
@click.option("--role", type=ROLE, default=UserRole.VIEWER.value, help="What they may do; a viewer unless given.")
@click.option("--time-zone", type=TEXT, default="UTC", metavar="ZONE", help="Such as Europe/Berlin; UTC unless given.")
@click.option("--password-stdin", is_flag=True, help="Read the password from standard input, in place of asking.")
@click.option("--no-password", is_flag=True, help="For somebody who signs in elsewhere, or sets one later.")
@BY
@_json
@pass_wiring
def add(
    wiring: Wiring,
    *,
    email: str,
    name: str,
    role: str,
    time_zone: str,
    password_stdin: bool,
    no_password: bool,
    by: str,
    as_json: bool,
) -> None:
    """Add a person. On a terminal the password is asked for, twice; a server is sent none."""
    if password_stdin and no_password:
        message = "--password-stdin and --no-password exclude each other"
        raise click.UsageError(message)
    who = wiring.actor(by)
    without = no_password or (wiring.asks_server(wiring.settings()) and not password_stdin)
    password = None if without else _password(from_stdin=password_stdin)
    with people(wiring, who) as those:
        added = those.add(email, name, UserRole(role), time_zone, password)
    _tell(wiring, added, f"{added.email} is added, as {added.role.value}.", as_json=as_json)


@user.command("list")
@click.option("--role", type=ROLE, help="Only those with this role.")
@click.option("--all", "everybody", is_flag=True, help="Show those who were deactivated too.")
@click.option("--json", "as_json", is_flag=True, help="Print an array of people.")
@pass_wiring
def list_users(wiring: Wiring, *, role: str | None, everybody: bool, as_json: bool) -> None:
    """List the people there are."""
    with people(wiring, "") as those:
        found = [one for one in those.users() if (everybody or one.active) and role in (None, one.role.value)]
    found.sort(key=lambda one: one.email)
    if as_json:
        write_array(wiring.out.stream, found)
    elif found:
        wiring.out.table(_COLUMNS, [_row(one) for one in found])
    else:
        wiring.err.line(f"Nobody. `{wiring.program} user add EMAIL --name NAME --role admin` adds somebody.")


@user.command()
@_who
@_json
@pass_wiring
def show(wiring: Wiring, *, who: str, as_json: bool) -> None:
    """Show a person."""
    with people(wiring, "") as those:
        found = those.user(who)
    if as_json:
        write_object(wiring.out.stream, found.model_dump(mode="json"), on_one_line=True)
        return
    wiring.out.line(Styled(found.email, "heading"), f"  {found.role.value}  ", _state(found), f"  {found.full_name}")
    wiring.out.line(f"  time zone {found.time_zone}; teams: {_teams(found)}")
    wiring.out.line(f"  added {exact(found.created_at)} by {found.created_by}; id {found.id}")


@user.command()
@_who
@click.argument("role", type=ROLE)
@BY
@_json
@pass_wiring
def set_role(wiring: Wiring, *, who: str, role: str, by: str, as_json: bool) -> None:
    """Say what a person may do: ROLE is viewer, responder or admin. The last administrator stays one."""
    changed = _edit(wiring, who, UserEdit(role=UserRole(role)), by)
    _tell(wiring, changed, f"{changed.email} has the role {changed.role.value}.", as_json=as_json)


@user.command()
@_who
@BY
@_json
@pass_wiring
def deactivate(wiring: Wiring, *, who: str, by: str, as_json: bool) -> None:
    """End every session of a person, and let them in no more. What they did stays on record."""
    changed = _edit(wiring, who, UserEdit(active=False), by)
    _tell(wiring, changed, f"{changed.email} is deactivated.", as_json=as_json)


@user.command()
@_who
@BY
@_json
@pass_wiring
def activate(wiring: Wiring, *, who: str, by: str, as_json: bool) -> None:
    """Let a person in again who was deactivated."""
    changed = _edit(wiring, who, UserEdit(active=True), by)
    _tell(wiring, changed, f"{changed.email} is active.", as_json=as_json)


@user.command()
@_who
@BY
@click.option("--json", "as_json", is_flag=True, help="Print one object, the token in it.")
@pass_wiring
def reset_password(wiring: Wiring, *, who: str, by: str, as_json: bool) -> None:
    """Print a token with which a person sets a new password, once and soon."""
    actor = wiring.actor(by)
    with people(wiring, actor) as those:
        token = those.reset(who)
    if as_json:
        write_object(wiring.out.stream, {"user": who, "token": token}, on_one_line=True)
        return
    wiring.out.line(token)
    wiring.err.line("Hand it to them alone: whoever has it sets the password.")


@user.command()
@_who
@click.argument("slack_user", metavar="[WORKSPACE:USER]", type=TEXT, default="")
@click.option("--remove", is_flag=True, help="Take it back.")
@BY
@click.option("--json", "as_json", is_flag=True, help="Print an object, with all that they are in Slack.")
@pass_wiring
def slack(wiring: Wiring, *, who: str, slack_user: str, remove: bool, by: str, as_json: bool) -> None:
    """Say who a person is in Slack, as in T0123456:U0123456: the buttons of pages act in their name from then on."""
    if remove and not slack_user:
        message = "--remove takes what is to be taken back: WORKSPACE:USER"
        raise click.UsageError(message)
    actor = wiring.actor(by)
    with people(wiring, actor) as those:
        if remove:
            those.unlink_slack(who, slack_user)
        elif slack_user:
            those.link_slack(who, slack_user)
        found = those.slack(who)
    if as_json:
        write_object(wiring.out.stream, {"user": who, "slack_users": found}, on_one_line=True)
    else:
        wiring.out.line(f"{who} is {', '.join(found) or 'nobody'} in Slack.")


def _password(*, from_stdin: bool) -> str:
    if from_stdin:
        said = sys.stdin.readline().rstrip("\r\n")
        if not said:
            message = "standard input holds no password"
            raise click.UsageError(message)
        return said
    if sys.stdin is None or not sys.stdin.isatty():
        message = "there is no terminal to ask for a password on: say --password-stdin or --no-password"
        raise click.UsageError(message)
    return str(click.prompt("Password", hide_input=True, confirmation_prompt="The same again", err=True))


def _edit(wiring: Wiring, who: str, edit: UserEdit, by: str) -> UserView:
    actor = wiring.actor(by)
    with people(wiring, actor) as those:
        return those.edit(who, edit)


def _tell(wiring: Wiring, one: UserView, said: str, *, as_json: bool) -> None:
    if as_json:
        write_object(wiring.out.stream, one.model_dump(mode="json"), on_one_line=True)
    else:
        wiring.out.line(said)


def _row(one: UserView) -> tuple[str | Styled, ...]:
    return (
        Styled(one.email, "heading"),
        one.role.value,
        _state(one),
        _teams(one),
        one.time_zone,
        one.id,
        one.full_name,
    )


def _state(one: UserView) -> Styled:
    if not one.active:
        return Styled("deactivated", "quiet")
    return Styled("active", "good") if one.verified else Styled("not verified", "quiet")


def _teams(one: UserView) -> str:
    return ", ".join(team.name for team in one.teams) or "-"
