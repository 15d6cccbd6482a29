"""What a sync did, as a person wants to read it: the whole, what opened and resolved, and why about each reason."""

from collections.abc import Mapping, Sequence

from tocsin.domain.decision import EXPLAINED, Reason
from tocsin.domain.incident import Incident
from tocsin.services.sync import SyncReport

from .incident_table import said
from .layout import Column
from .screen import Screen, Styled

MOST_LISTED = 20
"""Lines of one kind; the others are counted. ``--json`` has all."""

_HELD = (
    Reason.HELD_INCOMPLETE_SWEEP,
    Reason.HELD_UNREADABLE,
    Reason.HELD_GROUPS_ABSENT,
    Reason.HELD_GROUP_MISSING,
    Reason.HELD_UNCONFIRMED,
)


def show_report(screen: Screen, report: SyncReport, incidents: Mapping[str, Incident], *, program: str) -> None:
    """Show everything that a report holds, in short. ``incidents``: those that it names, by id."""
    _show_whole(screen, report)
    would = "Would open" if report.dry_run else "Opened"
    _show_incidents(screen, would, report.opened, incidents, _titles(report))
    _show_incidents(screen, "Resolved", report.resolved, incidents, {})
    _show_incidents(screen, "Paging again", report.cycles_started, incidents, {})
    _show_decisions(screen, report.decisions)
    _show_list(screen, "Quarantined", [f"monitor {one.origin or '?'}: {one.why}" for one in report.quarantined])
    _show_list(screen, "Left to the next sync, since others kept writing to them", report.unfinished)
    _show_next(screen, report, program)


def brief(report: SyncReport) -> str:
    """Say in one line what came of a sync in which little happened."""
    happened = [f"{len(report.opened)} opened"] if report.opened else []
    happened += [f"{len(report.resolved)} resolved"] if report.resolved else []
    changed = ", ".join(happened) or ("changed" if report.changed else "nothing new")
    whole = "" if report.complete else f"; INCOMPLETE: {report.why_incomplete}"
    return f"{report.at:%H:%M:%S} UTC  {report.monitors:,} monitors, {changed}{whole}"


def _show_whole(screen: Screen, report: SyncReport) -> None:
    name = report.source.value.capitalize()
    screen.line(
        Styled(name, "heading"),
        f": {report.monitors:,} monitor{'' if report.monitors == 1 else 's'} read in {report.seconds:.1f} s, ",
        Styled("complete", "good") if report.complete else Styled("INCOMPLETE", "bad"),
        "" if report.complete else f": {report.why_incomplete}",
    )
    if not report.complete:
        screen.line("What was not seen has not recovered: nothing was concluded from what is missing.")
    if report.dry_run:
        screen.line("A dry run: nothing was written.")


def _show_incidents(
    screen: Screen, heading: str, ids: Sequence[str], incidents: Mapping[str, Incident], titles: Mapping[str, str]
) -> None:
    if not ids:
        return
    screen.line()
    screen.line(Styled(f"{heading} {len(ids)}", "heading"))
    for incident_id in ids[:MOST_LISTED]:
        one = incidents.get(incident_id)
        if one is None:
            screen.line(f"  {incident_id}  {titles.get(incident_id, '')}")
        else:
            severity = Styled(one.severity.value.ljust(8), one.severity.value)
            screen.line(f"  {incident_id}  ", severity, f"  {one.title}")
    _show_rest(screen, len(ids))


def _titles(report: SyncReport) -> dict[str, str]:
    return {one.incident_id: one.title for one in reversed(report.details) if one.incident_id and one.title}


def _show_decisions(screen: Screen, decisions: Mapping[Reason, int]) -> None:
    if not decisions:
        return
    screen.line()
    columns = (Column("ALERTS", right=True), Column("DECISION"), Column("BECAUSE", flexible=True))
    rows = [
        (
            f"{decisions[reason]:,}",
            Styled(said(reason.value), "bad" if reason in _HELD else ""),
            EXPLAINED[reason],
        )
        for reason in Reason
        if decisions.get(reason)
    ]
    screen.table(columns, rows, indent="  ", wrap=True)


def _show_list(screen: Screen, heading: str, texts: Sequence[str]) -> None:
    if not texts:
        return
    screen.line()
    screen.line(Styled(f"{heading}: {len(texts)}", "bad"))
    for text in texts[:MOST_LISTED]:
        screen.prose(text)
    _show_rest(screen, len(texts))


def _show_rest(screen: Screen, number: int) -> None:
    if number > MOST_LISTED:
        screen.line(f"  ... and {number - MOST_LISTED:,} more; --json has all")


def _show_next(screen: Screen, report: SyncReport, program: str) -> None:
    if not screen.terminal:
        return
    screen.line()
    if report.dry_run:
        screen.line(f"Next: `{program} sync` does it; with --adopt nobody is paged for what fires already.")
    elif report.opened:
        screen.line(f"Next: `{program} show {report.opened[0]}`, `{program} ack {report.opened[0]}`")
    else:
        screen.line(f"Next: `{program} list --status active`")
