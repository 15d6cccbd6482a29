"""``readiness``: would a page reach a human now, and what is missing."""

from datetime import datetime

import click

from tocsin.domain.readiness import Case, Finding, Readiness
from tocsin.entrypoints.choices import AHEAD
from tocsin.entrypoints.json_output import write_object
from tocsin.entrypoints.layout import Column
from tocsin.entrypoints.moments import exact
from tocsin.entrypoints.questions import questions
from tocsin.entrypoints.screen import Screen, Styled
from tocsin.entrypoints.wiring import Wiring, pass_wiring

NOT_READY = 1
"""The exit status where something would reach nobody."""

_COLUMNS = (
    Column("SEVERITY"),
    Column(""),
    Column("POLICY"),
    Column("TOLD FIRST"),
    Column("SERVICES", flexible=True),
)


@click.command()
@click.option("--at", type=AHEAD, metavar="WHEN", help="Then (2026-03-31T09:00, 2h); now unless given.")
@click.option("--json", "as_json", is_flag=True, help="Print one object, with every case and what is missing.")
@pass_wiring
def readiness(wiring: Wiring, *, at: datetime | None, as_json: bool) -> int:
    """Say whether a page would reach a human, for every service and severity, and what is missing.

    Nothing is written, and nothing is sent. Exits with 1 where something would reach nobody.
    """
    with questions(wiring) as asked:
        found = asked.readiness(at)
    if as_json:
        write_object(wiring.out.stream, found.model_dump(mode="json"))
    else:
        _show(wiring.out, found)
    return 0 if found.ready else NOT_READY


def _show(out: Screen, found: Readiness) -> None:
    verdict = "ready" if found.ready else "not ready"
    out.line(Styled(f"{verdict} at {exact(found.at)} UTC", "good" if found.ready else "bad"))
    out.line()
    out.table(_COLUMNS, [_row(one) for one in found.cases], wrap=True)
    told: dict[tuple[str, str], list[str]] = {}
    for case in found.cases:
        for finding in (*case.missing, *case.doubts):
            text = f"{_step(finding)}{finding.text}"
            whose = f"{_services(case)} ({case.severity.value})"
            told.setdefault((text, finding.todo), []).append(whose)
    for (text, todo), cases in told.items():
        out.line()
        out.line(Styled(text, "heading"))
        out.line(f"  for {'; '.join(dict.fromkeys(cases))}")
        out.line(f"  to do: {todo}")
    if found.gaps:
        out.line()
        out.line(Styled("Gaps of the next 7 days (UTC)", "heading"))
        for gap in found.gaps:
            out.line(f"  {exact(gap.start)} to {exact(gap.end)}: nobody by {', '.join(gap.schedules)}")
    if found.left_out:
        out.line()
        out.line(f"{found.left_out} more services were not looked at.")


def _row(case: Case) -> tuple[str | Styled, ...]:
    said = Styled("ready", "good") if case.ready else Styled("not ready", "bad")
    return case.severity.value, said, case.policy, case.told or "nobody", _services(case)


def _services(case: Case) -> str:
    return ", ".join(case.services)


def _step(finding: Finding) -> str:
    return f"step {finding.step}: " if finding.step > 1 else ""
