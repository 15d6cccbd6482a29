"""``list``: incidents, newest first."""

from collections.abc import Iterator

import click

from tocsin.domain.incident import Incident
from tocsin.domain.search import IncidentFilter
from tocsin.entrypoints.choices import TEXT, Whole
from tocsin.entrypoints.filters import choosing_incidents
from tocsin.entrypoints.incident_table import incident_table
from tocsin.entrypoints.json_output import write_array
from tocsin.entrypoints.wiring import Wiring, pass_wiring
from tocsin.storage.store import MOST_EXAMINED, Store

ON_A_SCREEN = 50
"""Incidents shown unless ``--limit`` says otherwise. JSON is for programs, and whole."""


@click.command("list")
@pass_wiring
@choosing_incidents
@click.option("--limit", type=Whole(min=1), help="Show at most so many; 50, or with --json all.")
@click.option("--page", type=Whole(min=1), help="Show the second, third ... page of --limit incidents.")
@click.option("--cursor", type=TEXT, default="", help="Go on where an earlier list ended.")
@click.option("--wide", is_flag=True, help="Show every column.")
@click.option("--utc", is_flag=True, help="Show exact times in place of ages.")
@click.option("--json", "as_json", is_flag=True, help="Print an array of incidents.")
def list_incidents(
    wiring: Wiring,
    *,
    wanted: IncidentFilter,
    limit: int | None,
    page: int | None,
    cursor: str,
    wide: bool,
    utc: bool,
    as_json: bool,
) -> None:
    """List incidents, newest first."""
    if page is not None and cursor:
        message = "--page and --cursor each say where to begin: give one of them"
        raise click.UsageError(message)
    size = limit or (None if as_json and page is None else ON_A_SCREEN)
    settings = wiring.settings()
    with wiring.store(settings) as store:
        listed = _Listed(store, wanted, cursor)
        for _ in range((page or 1) - 1):
            if listed.ended:
                break
            for _skipped in listed.some(size):
                pass
        if as_json:
            write_array(wiring.out.stream, listed.some(size))
        elif found := list(listed.some(size)):
            _show(wiring, found, wide=wide, utc=utc)
        elif wanted != IncidentFilter() or page or cursor:
            wiring.err.line("No incidents match.")
        else:
            hint = f"`{wiring.program} sync` pulls them; `{wiring.program} demo` shows how it looks."
            where = f"at {settings.tocsin_server}" if wiring.asks_server(settings) else f"in {settings.incidents_file}"
            wiring.err.line(f"No incidents {where}. {hint}")
        if listed.cursor:
            wiring.err.line(f"There are more: --page {(page or 1) + 1}, --limit N, or --cursor {listed.cursor}")


class _Listed:
    """Walks through a list across the store's own pages, which may be short."""

    def __init__(self, store: Store, wanted: IncidentFilter, cursor: str) -> None:
        self._store = store
        self._wanted = wanted
        self._begun = False
        self.cursor = cursor

    @property
    def ended(self) -> bool:
        """True once nothing comes next."""
        return self._begun and not self.cursor

    def some(self, number: int | None) -> Iterator[Incident]:
        """Yield up to ``number`` of what comes next, or all of it."""
        left = number
        while not self.ended and left != 0:
            size = MOST_EXAMINED if left is None else min(left, MOST_EXAMINED)
            found = self._store.find(self._wanted, limit=size, cursor=self.cursor)
            self._begun, self.cursor = True, found.cursor
            left = None if left is None else left - len(found.incidents)
            yield from found.incidents


def _show(wiring: Wiring, incidents: list[Incident], *, wide: bool, utc: bool) -> None:
    out = wiring.out
    incident_table(out, incidents, now=wiring.clock(), utc=utc, wide=wide)
    if out.terminal:
        active = sum(one.active for one in incidents)
        out.line()
        out.line(
            f"{len(incidents)} shown, {active} active. `{wiring.program} show {incidents[0].id}` tells all of one."
        )
