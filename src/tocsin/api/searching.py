"""The parameters that choose incidents, shared by the list and the figures.

Both name them one by one: of a model of them Powertools describes every field as a mere text in the OpenAPI document.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Literal

from aws_lambda_powertools.event_handler.openapi.params import Query
from pydantic import Field

from tocsin.domain.alert import Source
from tocsin.domain.incident import Status
from tocsin.domain.search import ACTIVE, TEXT_SEARCHES, IncidentFilter
from tocsin.domain.severity import Severity

from .moments import Moment

MOST_LISTED = 200
"""Incidents on a page: with all of their texts they must fit into an answer of Lambda."""

LONGEST_WORD = 1_024

StatusWord = Literal["detected", "acknowledged", "in_progress", "resolved", "closed", "open", "active"]


Word = Annotated[str, Field(max_length=LONGEST_WORD)]

Statuses = Annotated[tuple[StatusWord, ...], Query(description="`active`: all before `resolved`; `open`: `detected`.")]
Severities = Annotated[tuple[Severity, ...], Query(description="One or several.")]
Service = Annotated[Word, Query(description="Of this service. Letter case does not count.")]
Environment = Annotated[Word, Query(description="Of this environment.")]
Team = Annotated[Word, Query(description="Of this team.")]
SourceName = Annotated[Source | None, Query(description="Opened by alerts of this source; `manual`: by hand.")]
Assignee = Annotated[Word, Query(description="That this person works on.")]
Text = Annotated[Word, Query(description="With this in title or service; of the last 30 days unless `since` is given.")]
Since = Annotated[Moment | None, Query(description="Opened then or later: 2026-03-02T12:00:00Z.")]
Until = Annotated[Moment | None, Query(description="Opened before then.")]
Limit = Annotated[int, Field(ge=1, le=MOST_LISTED), Query(description="At most so many.")]
Cursor = Annotated[Word, Query(description="Go on where an earlier page ended.")]


def wanted(
    now: datetime,
    *,
    status: Sequence[str],
    severity: Sequence[Severity],
    service: str,
    environment: str,
    team: str,
    source: Source | None,
    assignee: str,
    text: str,
    since: datetime | None,
    until: datetime | None,
) -> IncidentFilter:
    """Return the filter that these parameters mean. Text is looked for in the last 30 days unless told otherwise."""
    return IncidentFilter(
        statuses=frozenset(one for word in status for one in _statuses(word)),
        severities=frozenset(severity),
        service=service,
        environment=environment,
        team=team,
        source=source,
        assignee=assignee,
        text=text,
        since=now - TEXT_SEARCHES if text and since is None else since,
        until=until,
    )


def _statuses(word: str) -> frozenset[Status]:
    return ACTIVE if word == "active" else frozenset({Status.DETECTED if word == "open" else Status(word)})
