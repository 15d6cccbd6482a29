"""``doctor``: looks at everything that a sync needs, and says for each what is wrong and what mends it."""

import click

from tocsin.entrypoints.checks import Check, Verdict, examine
from tocsin.entrypoints.json_output import write_object
from tocsin.entrypoints.layout import Column
from tocsin.entrypoints.screen import Styled
from tocsin.entrypoints.wiring import Wiring, pass_wiring

_STYLE = {Verdict.GOOD: "good", Verdict.DOUBTFUL: "medium", Verdict.BAD: "bad", Verdict.SKIPPED: "quiet"}


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print an array of the checks.")
@pass_wiring
def doctor(wiring: Wiring, *, as_json: bool) -> int:
    """Check settings, keys, site, clock, store, permissions and the age of the last sync.

    Asks Datadog for one empty page, and on DynamoDB writes one record that is forgotten within the hour. Exits with the
    status that a sync would fail with, or 0.
    """
    checks = list(examine(wiring))
    if as_json:
        write_object(wiring.out.stream, [check.document for check in checks])
    else:
        _show(wiring, checks)
    return next((check.exit_status for check in checks if check.verdict is Verdict.BAD), 0)


def _show(wiring: Wiring, checks: list[Check]) -> None:
    out = wiring.out
    columns = (Column("CHECK"), Column(""), Column("FOUND", flexible=True))
    rows = [(one.name, Styled(one.verdict.value, _STYLE[one.verdict]), one.found) for one in checks]
    out.table(columns, rows, wrap=True)
    wrong = [one for one in checks if one.mend and one.verdict in (Verdict.BAD, Verdict.DOUBTFUL)]
    for one in wrong:
        out.line()
        out.line(Styled(one.name, "heading"), f": {one.found}")
        out.line(f"  {one.mend}")
