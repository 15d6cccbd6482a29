"""``explain``: why somebody was, or was not, paged."""

import click

from tocsin.domain.explanation import Explanation, Line, Part
from tocsin.entrypoints.choices import INCIDENT_ID, TEXT
from tocsin.entrypoints.json_output import write_object
from tocsin.entrypoints.layout import Column
from tocsin.entrypoints.moments import exact
from tocsin.entrypoints.questions import questions
from tocsin.entrypoints.screen import Screen, Styled
from tocsin.entrypoints.wiring import Wiring, pass_wiring

_COLUMNS = (Column("AT (UTC)"), Column("ABOUT"), Column("WHAT AND WHY", flexible=True))


@click.command()
@click.argument("incident_id", metavar="ID", type=INCIDENT_ID)
@click.argument("person", metavar="[WHO]", type=TEXT, default="")
@click.option("--json", "as_json", is_flag=True, help="Print one object, with reasons that programs can read.")
@pass_wiring
def explain(wiring: Wiring, *, incident_id: str, person: str, as_json: bool) -> None:
    """Say why somebody was, or was not, paged: every decision from the alert to the provider's answer.

    WHO is an e-mail address, an id, or room:NAME; everybody unless given.
    """
    with questions(wiring) as asked:
        found = asked.explain(incident_id, person)
    if as_json:
        write_object(wiring.out.stream, found.model_dump(mode="json"))
    else:
        _show(wiring.out, found)


def _show(out: Screen, found: Explanation) -> None:
    out.line(Styled(found.summary, "heading"))
    out.line()
    out.table(_COLUMNS, [_row(one) for one in found.lines], wrap=True)
    out.line()
    if not found.next:
        out.line("Nothing more is sent, unless something happens.")
        return
    out.line("If nobody does anything:")
    out.table(_COLUMNS, [_row(one) for one in found.next], wrap=True)


def _row(line: Line) -> tuple[str, str, str]:
    about = "incident" if line.part is Part.TIMELINE else line.part.value
    return exact(line.at) or "-", about, line.text
