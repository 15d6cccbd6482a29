"""What belongs to ``schedule`` and is about shifts: overrides, swaps, who is on call when, coverage, calendars."""

from datetime import datetime

import click

from tocsin.api.schedule_looks import looked_until
from tocsin.entrypoints.choices import AHEAD, BY, TEXT, WHEN
from tocsin.entrypoints.json_output import write_array, write_object
from tocsin.entrypoints.layout import Column
from tocsin.entrypoints.moments import exact
from tocsin.entrypoints.schedule_acts import JSON, NAME, act
from tocsin.entrypoints.schedule_page import SHIFTS, shift_row, show_coverage
from tocsin.entrypoints.schedules import Document, schedules
from tocsin.entrypoints.wiring import Wiring, pass_wiring

_who = click.argument("who", type=TEXT)
_start = click.option("--from", "start", type=AHEAD, metavar="WHEN", help=f"From then on: {WHEN}; now unless given.")
_end = click.option("--until", "end", type=AHEAD, metavar="WHEN", help="Until then; for 28 days unless given.")
_needed = click.option("--until", "end", type=AHEAD, metavar="WHEN", required=True, help=f"Until then: {WHEN}.")

_any = click.argument("name", type=TEXT, required=False, default="")
_whose = click.option("--person", type=TEXT, default="", metavar="WHO", help="Without NAME, on a store: whose shifts.")

_FEEDS = (Column("ID"), Column("LABEL"), Column("MADE"), Column("BY", flexible=True))


@click.command()
@NAME
@_who
@_start
@_needed
@click.option("--replaces", type=TEXT, metavar="WHO", help="Only where this person would be on call.")
@BY
@JSON
@pass_wiring
def override(
    wiring: Wiring,
    *,
    name: str,
    who: str,
    start: datetime | None,
    end: datetime,
    replaces: str | None,
    by: str,
    as_json: bool,
) -> None:
    """Put WHO on call for a time, whatever the layers say."""
    document = _turn(who, start or wiring.clock(), end) | ({"replaces": replaces} if replaces else {})
    act(wiring, by, as_json, lambda desk: desk.add_override(name, document))


@click.command("remove-override")
@NAME
@click.argument("override_id", metavar="OVERRIDE", type=TEXT)
@BY
@JSON
@pass_wiring
def remove_override(wiring: Wiring, *, name: str, override_id: str, by: str, as_json: bool) -> None:
    """Take an override back, by its id."""
    act(wiring, by, as_json, lambda desk: desk.take_override(name, override_id))


@click.command()
@NAME
@_who
@click.argument("other", type=TEXT)
@_start
@_needed
@click.option("--other-from", "other_start", type=AHEAD, metavar="WHEN", help="From when WHO takes OTHER's; the same.")
@click.option("--other-until", "other_end", type=AHEAD, metavar="WHEN", help="And until when; the same unless given.")
@BY
@JSON
@pass_wiring
def swap(
    wiring: Wiring,
    *,
    name: str,
    who: str,
    other: str,
    start: datetime | None,
    end: datetime,
    other_start: datetime | None,
    other_end: datetime | None,
    by: str,
    as_json: bool,
) -> None:
    """Have OTHER take the shifts of WHO for a time, and WHO those of OTHER for another."""
    begins = start or wiring.clock()
    document = {
        "one": _turn(who, begins, end),
        "other": _turn(other, other_start or begins, other_end or end),
    }
    act(wiring, by, as_json, lambda desk: desk.swap(name, document))


@click.command("shifts")
@_any
@_start
@_end
@click.option("--person", type=TEXT, default="", metavar="WHO", help="Those of this person alone.")
@click.option("--json", "as_json", is_flag=True, help="Print an array of shifts.")
@pass_wiring
def list_shifts(
    wiring: Wiring, *, name: str, start: datetime | None, end: datetime | None, person: str, as_json: bool
) -> None:
    """List who is on call from when until when, and why: gaps too. Without NAME, your own on every schedule."""
    begins = start or wiring.clock()
    with schedules(wiring, "") as desk:
        found = desk.shifts(name, begins, end or looked_until(begins), person).shifts
    if as_json:
        write_array(wiring.out.stream, found)
    else:
        wiring.out.table(SHIFTS, [shift_row(one) for one in found])


@click.command()
@NAME
@_start
@_end
@click.option("--json", "as_json", is_flag=True, help="Print the report.")
@pass_wiring
def coverage(wiring: Wiring, *, name: str, start: datetime | None, end: datetime | None, as_json: bool) -> None:
    """Say how well a time is covered: gaps, people who cannot be reached or have left, double duty, hours."""
    begins = start or wiring.clock()
    with schedules(wiring, "") as desk:
        found = desk.coverage(name, begins, end or looked_until(begins))
    if as_json:
        write_object(wiring.out.stream, found.model_dump(mode="json"))
    else:
        show_coverage(wiring.out, name, found)


@click.command()
@_any
@_whose
@click.option("--label", type=TEXT, default="", help="What tells it from the others.")
@BY
@click.option("--json", "as_json", is_flag=True, help="Print one object, the link among it.")
@pass_wiring
def feed(wiring: Wiring, *, name: str, person: str, label: str, by: str, as_json: bool) -> None:
    """Make a secret link to the calendar of a schedule and print it. It cannot be shown again.

    Without NAME, to your own shifts on every schedule.
    """
    _see_one(name, person)
    with schedules(wiring, wiring.actor(by)) as desk:
        made = desk.make_feed(name, label, person)
    if as_json:
        write_object(wiring.out.stream, made.model_dump(mode="json"))
        return
    wiring.out.line(made.path)
    wiring.err.line("Keep it safe: it is shown this once. A path stands behind the address of your server.")


@click.command()
@_any
@_whose
@click.option("--json", "as_json", is_flag=True, help="Print an array of links, without what opens them.")
@pass_wiring
def feeds(wiring: Wiring, *, name: str, person: str, as_json: bool) -> None:
    """List the links to the calendar of a schedule, without what opens them; without NAME, of your own shifts."""
    _see_one(name, person)
    with schedules(wiring, "") as desk:
        found = desk.feeds(name, person)
    if as_json:
        write_array(wiring.out.stream, found)
    else:
        wiring.out.table(_FEEDS, [(one.id, one.label or "-", exact(one.made_at), one.made_by) for one in found])


@click.command("revoke-feed")
@click.argument("which", metavar="[NAME] FEED", nargs=-1, required=True, type=TEXT)
@_whose
@BY
@pass_wiring
def revoke_feed(wiring: Wiring, *, which: tuple[str, ...], person: str, by: str) -> None:
    """Take such a link out of use for good, by its id."""
    *names, feed_id = which
    if len(names) > 1:
        message = "say NAME and FEED, or FEED alone for one to your own shifts"
        raise click.UsageError(message)
    _see_one("".join(names), person)
    with schedules(wiring, wiring.actor(by)) as desk:
        desk.revoke_feed("".join(names), feed_id, person)
    wiring.out.line(f"{feed_id} is revoked.")


COMMANDS = (override, remove_override, swap, list_shifts, coverage, feed, feeds, revoke_feed)


def _see_one(name: str, person: str) -> None:
    if name and person:
        message = "a calendar is of a schedule or of a person: say NAME or --person"
        raise click.UsageError(message)


def _turn(who: str, start: datetime, end: datetime) -> Document:
    return {"person": who, "start": start.isoformat(), "end": end.isoformat()}
