"""The options that choose incidents, shared by the commands that list and count them."""

from collections.abc import Callable
from datetime import datetime
from functools import wraps
from typing import Any

import click

from tocsin.domain.incident import Status
from tocsin.domain.search import ACTIVE, TEXT_SEARCHES, IncidentFilter
from tocsin.domain.severity import Severity
from tocsin.domain.source import Source

from .choices import MOMENT, TEXT, Word
from .wiring import Wiring

ANY_ACTIVE = "active"
STATUS = Word("status", [status.value for status in Status], {"open": Status.DETECTED.value, ANY_ACTIVE: ANY_ACTIVE})
SEVERITY = Word("severity", [severity.value for severity in Severity])
SOURCE = Word("source", [source.value for source in Source])

_OPTIONS = (
    click.option(
        "--status", "statuses", type=STATUS, multiple=True, help="Only this status; may be given several times."
    ),
    click.option(
        "--severity", "severities", type=SEVERITY, multiple=True, help="Only this severity; may be given several times."
    ),
    click.option("--service", type=TEXT, default="", help="Only this service."),
    click.option("--environment", type=TEXT, default="", help="Only this environment."),
    click.option("--team", type=TEXT, default="", help="Only this team."),
    click.option("--source", type=SOURCE, help="Only from this source."),
    click.option("--assignee", type=TEXT, default="", help="Only what this person works on."),
    click.option(
        "--text", type=TEXT, default="", help="Only with this in title or service; the last 30 days unless --since."
    ),
    click.option("--since", type=MOMENT, help="Opened then or later: 2026-03-31, 2026-03-31T14:05, 2h, 3d."),
    click.option("--until", type=MOMENT, help="Opened before then."),
)

# A command's own signature: click fills it by name.
Command = Callable[..., Any]


def choosing_incidents(command: Command) -> Command:
    """Give a command the options that choose incidents; it gets them as ``wanted``."""

    @wraps(command)
    def gathered(
        wiring: Wiring,
        /,
        *,
        statuses: tuple[str, ...],
        severities: tuple[str, ...],
        source: str | None,
        text: str,
        since: datetime | None,
        **rest: Any,  # noqa: ANN401 - whatever else the command takes
    ) -> object:
        if text and since is None:
            since = wiring.clock() - TEXT_SEARCHES
        wanted = IncidentFilter(
            statuses=frozenset(one for word in statuses for one in _statuses(word)),
            severities=frozenset(map(Severity, severities)),
            source=None if source is None else Source(source),
            text=text,
            since=since,
            until=rest.pop("until"),
            **{name: rest.pop(name) for name in ("service", "environment", "team", "assignee")},
        )
        return command(wiring, wanted=wanted, **rest)

    decorated: Command = gathered
    for option in reversed(_OPTIONS):
        decorated = option(decorated)
    return decorated


def _statuses(word: str) -> frozenset[Status]:
    return ACTIVE if word == ANY_ACTIVE else frozenset({Status(word)})
