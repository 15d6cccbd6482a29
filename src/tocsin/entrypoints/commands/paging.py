"""``page``, ``escalate`` and ``notifications``: pages by hand, and what became of all of them."""

from collections.abc import Sequence

import click

from tocsin.api.page_views import NotificationView, NotificationWithAttempts
from tocsin.domain.contact import ChannelKind
from tocsin.domain.message import Tells
from tocsin.domain.page import PageStatus
from tocsin.domain.policy import ALONE
from tocsin.entrypoints.address_words import KIND
from tocsin.entrypoints.choices import BY, INCIDENT_ID, TEXT, Word
from tocsin.entrypoints.commands.actions import some_incidents, tell
from tocsin.entrypoints.json_output import write_array, write_object
from tocsin.entrypoints.layout import Column
from tocsin.entrypoints.moments import exact
from tocsin.entrypoints.pages import page_desk
from tocsin.entrypoints.screen import Styled
from tocsin.entrypoints.wiring import Wiring, pass_wiring

_COLUMNS = (
    Column("MADE"),
    Column("STATUS"),
    Column("INCIDENT"),
    Column("STEP", leave_out=3),
    Column("CHANNEL"),
    Column("FOR", leave_out=2),
    Column("ID", leave_out=1),
    Column("WHY", flexible=True),
)


@click.command()
@click.argument("who", type=TEXT, metavar="PERSON")
@click.argument("text", nargs=-1, type=TEXT)
@click.option("--incident", "incident_id", type=INCIDENT_ID, default="", help="What it is about.")
@click.option("--channel", "channels", type=KIND, multiple=True, help="Only over this; as often as needed.")
@BY
@click.option("--json", "as_json", is_flag=True, help="Print an object: the pages, and who could not be paged.")
@pass_wiring
def page(
    wiring: Wiring,
    *,
    who: str,
    text: Sequence[str],
    incident_id: str,
    channels: Sequence[str],
    by: str,
    as_json: bool,
) -> None:
    """Page PERSON at once, over all of their ways, whatever the hour; TEXT is what they are told.

    PERSON is an e-mail address or id, or a target as policies name them: room:ops, team:shop, schedule:Shop, on_call.
    """
    actor = wiring.actor(by)
    target = who if ":" in who or who in ALONE else f"user:{who}"
    kinds = [ChannelKind(one) for one in channels]
    with page_desk(wiring, actor) as desk:
        asked = desk.notify([target], " ".join(text), incident_id=incident_id, channels=kinds)
    if as_json:
        write_object(wiring.out.stream, asked.model_dump(mode="json"), on_one_line=True)
        return
    ways = ", ".join(dict.fromkeys(one.channel.value for one in asked.notifications))
    wiring.out.line(f"{who} is paged by {ways}: `{wiring.program} notifications` says what becomes of it.")
    for one in asked.missing:
        wiring.err.line(f"{one.what}: {one.why}")


@click.command()
@some_incidents
def escalate(wiring: Wiring, *, incident_ids: Sequence[str], by: str, as_json: bool) -> None:
    """Page the next step of its policy now, also where somebody has acknowledged; at the last one, that again."""
    actor = wiring.actor(by)
    with page_desk(wiring, actor) as desk:
        for one in incident_ids:
            tell(wiring, desk.escalate(one), as_json=as_json)


@click.command()
@click.argument("page_id", metavar="[ID]", type=TEXT, default="")
@click.option("--incident", "incident_id", type=INCIDENT_ID, default="", help="About this incident.")
@click.option("--user", type=TEXT, default="", metavar="WHO", help="For this person: an e-mail address or an id.")
@click.option("--status", type=Word("status", [one.value for one in PageStatus]), help="That came so far.")
@click.option("--limit", type=click.IntRange(1, 1_000), default=50, show_default=True, help="At most so many.")
@click.option("--json", "as_json", is_flag=True, help="Print an array of pages; of one, an object.")
@pass_wiring
def notifications(
    wiring: Wiring, *, page_id: str, incident_id: str, user: str, status: str | None, limit: int, as_json: bool
) -> None:
    """List pages, by incident and in the order in which they were planned; or show the one with this ID."""
    with page_desk(wiring, "") as desk:
        if page_id:
            _show(wiring, desk.one(page_id), as_json=as_json)
            return
        wanted = None if status is None else PageStatus(status)
        found, more = desk.some(incident_id=incident_id, user=user, status=wanted, limit=limit)
    if as_json:
        write_array(wiring.out.stream, found)
    elif found:
        wiring.out.table(_COLUMNS, [_row(one) for one in found])
    else:
        wiring.err.line("No pages.")
    if more:
        wiring.err.line("There are more: --incident narrows it down, --limit shows more of them.")


def _row(one: NotificationView) -> tuple[str | Styled, ...]:
    alone = "by hand" if one.tells is Tells.PAGE else one.tells.value.replace("_", " ")
    step = f"{one.cycle}.{one.step}" if one.step else alone
    why = f"{one.why} ({one.detail})" if one.detail else one.why
    return (
        exact(one.made_at),
        one.status.value,
        Styled(one.incident_id or "-", "heading"),
        step,
        one.channel.value,
        one.who,
        one.id,
        why,
    )


def _show(wiring: Wiring, one: NotificationWithAttempts, *, as_json: bool) -> None:
    if as_json:
        write_object(wiring.out.stream, one.model_dump(mode="json"))
        return
    wiring.out.line(Styled(one.id, "heading"), f"  {one.status.value}: {one.why}")
    about = f" about {one.incident_id}" if one.incident_id else ""
    wiring.out.line(f"  {one.tells.value} to {one.who} by {one.channel.value}{about}")
    if one.detail:
        wiring.out.line(f"  {one.detail}")
    for attempt in one.attempts:
        came = f"sent {attempt.provider_id}".rstrip() if attempt.sent else attempt.why
        wiring.out.line(f"  {exact(attempt.at)}  try {attempt.number}, {attempt.seconds:.1f} s: {came}")
