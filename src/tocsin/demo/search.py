"""The two search endpoints: a row a monitor, and a row a group, with their counts.

Of Datadog's query language this knows what a person types first: words (in the name), and `status:`, `muted:`,
`tag:`, `type:`, `priority:`, `id:`, `env:`, `team:`, `service:`, each with a value that may stand in quotes.
Everything that is joined by a space must hold.
"""

from __future__ import annotations

import re
import shlex
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TypeAlias

from .monitor import NO_DATA, STAR, Group, SimulatedMonitor
from .typed import JSON, JsonObject
from .wire import TOTAL, epoch
from .world import World

PER_PAGE = 30
"""Rows a page where the request does not say."""

_STATUSES = {"alert": "Alert", "warn": "Warn", "no data": "No Data", "ok": "OK", "ignored": "Ignored"} | {
    "skipped": "Skipped",
    "unknown": "Unknown",
}
_TAG_KEYS = ("env", "team", "service")
_INTEGRATIONS = ("aws.", "postgresql.", "rabbitmq.", "redis.", "elasticsearch.", "kafka.")
_HANDLE = re.compile(r"(?<!\S)@([\w.-]+)")
_METRIC = re.compile(r"\b(?:avg|sum|min|max|count):([a-z][\w.]*)\{|^\"([\w.]+)\"\.over")
_SCOPE = re.compile(r"[\w.]\{([^}]*)\}|\.over\(([^)]*)\)")

Row: TypeAlias = tuple[SimulatedMonitor, str, str, bool]
"""What counts and queries look at: the monitor, the group (empty in a monitor's row), the status, whether muted."""
Term: TypeAlias = Callable[[Row], bool]


class QueryError(ValueError):
    """The query cannot be read; the text is Datadog's own."""


def search_monitors(world: World, query: str, page: int, per_page: int, sort: str = "") -> JsonObject:
    """The answer to `GET /api/v1/monitor/search`; raises QueryError."""
    with world.lock:
        rows = [(m, "", m.overall_state, _whole_mute(world, m)[0]) for m in world.monitors()]
        found = _ordered(_found(query, rows), sort)
        shown: list[JSON] = [_monitor_row(world, row[0]) for row in _slice(found, page, per_page)]
        return {"monitors": shown, "counts": _counts(found), "metadata": _metadata(len(found), page, per_page)}


def search_groups(world: World, query: str, page: int, per_page: int, sort: str = "") -> JsonObject:
    """The answer to `GET /api/v1/monitor/groups/search`, which never shows a No Data group; raises QueryError."""
    with world.lock:
        rows = [
            (m, group.name, group.status, world.muted(m, group.name)[0])
            for m in world.monitors()
            for group in m.groups.values()
            if group.status != NO_DATA
        ]
        found = _ordered(_found(query, rows), sort)
        shown: list[JSON] = [_group_row(world, m, m.groups[name]) for m, name, _, _ in _slice(found, page, per_page)]
        return {"groups": shown, "counts": _counts(found), "metadata": _metadata(len(found), page, per_page)}


def _monitor_row(world: World, monitor: SimulatedMonitor) -> JsonObject:
    triggered = [g.last_triggered_ts for g in monitor.groups.values() if g.last_triggered_ts is not None]
    return {
        "status": monitor.overall_state,
        "scopes": _scopes(monitor.query),
        "classification": classification(monitor),
        "creator": _creator(monitor),
        "metrics": [a or b for a, b in _METRIC.findall(monitor.query)],
        "notifications": [{"handle": h, "name": _display(h)} for h in _HANDLE.findall(monitor.message)],
        "muted_until_ts": _whole_mute(world, monitor)[1],
        "query": monitor.query,
        "id": monitor.id,
        "last_triggered_ts": max(triggered, default=None),
        "name": monitor.name,
        "tags": list(monitor.tags),
        "org_id": world.org_id,
        "priority": monitor.priority,
        "overall_state_modified": epoch(monitor.overall_state_modified),
        "restricted_roles": list(monitor.restricted_roles or ()),
        "type": monitor.type,
    }


def _group_row(world: World, monitor: SimulatedMonitor, group: Group) -> JsonObject:
    muted, until = world.muted(monitor, group.name)
    name = TOTAL if group.name == STAR else group.name
    covering = [d.id for d in world.downtimes(monitor) if STAR in d.scope or d.covers(group.name)]
    return {
        "status": group.status,
        "last_nodata_ts": group.last_nodata_ts or 0,
        "env_tags": _values(monitor.tags, "env"),
        "muted_remaining": None if until is None else until - world.now(),
        "muted_until_ts": until,
        "all_tags": list(monitor.tags),
        "monitor_name": monitor.name,
        "team_tags": _values(monitor.tags, "team"),
        "last_triggered_ts": group.last_triggered_ts or 0,
        "group": name,
        "downtimes": covering,
        "monitor_id": monitor.id,
        "priority": monitor.priority,
        "muted": muted,
        "group_tags": name.split(","),
    }


def classification(monitor: SimulatedMonitor) -> str:
    """The kind of monitor that search names beside its type."""
    if monitor.type in ("metric alert", "query alert"):
        if "anomalies(" in monitor.query:
            return "anomaly"
        integration = any(f":{name}" in monitor.query for name in _INTEGRATIONS)
        return "integration" if integration else "metric"
    return {"service check": "custom"}.get(monitor.type, monitor.type.removesuffix(" alert"))


def _creator(monitor: SimulatedMonitor) -> JsonObject:
    # Recorded so: for synthetics monitors the creator's id is an object that holds the id.
    name, handle, number = (monitor.creator.get(key) for key in ("name", "handle", "id"))
    if monitor.type == "synthetics alert":
        return {"handle": handle, "name": name, "id": {"handle": handle, "id": number, "name": None}}
    return {"handle": handle, "id": number, "name": name}


def _display(handle: str) -> str:
    return handle.capitalize() if "-" not in handle else handle


def _scopes(query: str) -> list[str]:
    scopes = (braces or over.replace('"', "") for braces, over in _SCOPE.findall(query))
    return list(dict.fromkeys(tag.strip() for scope in scopes for tag in scope.split(",") if tag.strip()))


def in_scope(query: str, tag: str) -> bool:
    """Whether a monitor's query is scoped to a tag, which is what the list's `tags` filter asks."""
    return tag in _scopes(query)


def _whole_mute(world: World, monitor: SimulatedMonitor) -> tuple[bool, int | None]:
    return world.muted(monitor, STAR)


def _values(tags: Iterable[str], key: str) -> list[str]:
    return [tag.partition(":")[2] for tag in tags if tag.startswith(f"{key}:")]


def _found(query: str, rows: list[Row]) -> list[Row]:
    try:
        terms = [_term(word) for word in shlex.split(query)]
    except ValueError as unbalanced:
        if isinstance(unbalanced, QueryError):
            raise
        msg = "Query parsing error: unbalanced quotes"
        raise QueryError(msg) from None
    return [row for row in rows if all(term(row) for term in terms)]


def _term(word: str) -> Term:
    key, colon, value = word.partition(":")
    value = value.strip('"')
    if key == "status" and colon:
        wanted = _STATUSES.get(value.lower())
        if wanted is None:
            msg = f"Query parsing error: '{value}' is not a valid monitor status"
            raise QueryError(msg)
        return lambda row: row[2] == wanted
    if key in _TAG_KEYS and colon:
        return lambda row: word in row[0].tags or word in row[1].split(",")
    terms: Mapping[str, Term] = {
        "muted": lambda row: row[3] is (value.lower() == "true"),
        "tag": lambda row: value in row[0].tags or value in row[1].split(","),
        "type": lambda row: value in (row[0].type, classification(row[0])),
        "priority": lambda row: value.lower().removeprefix("p") == str(row[0].priority),
        "id": lambda row: value == str(row[0].id),
    }
    return terms.get(key if colon else "", lambda row: word.lower() in row[0].name.lower())


def _ordered(rows: list[Row], sort: str) -> list[Row]:
    field, _, direction = sort.partition(",")
    keys: Mapping[str, Callable[[Row], str]] = {"name": lambda row: row[0].name, "status": lambda row: row[2]}
    if field in keys:
        return sorted(rows, key=keys[field], reverse=direction == "desc")
    return rows


def _slice(rows: Sequence[Row], page: int, per_page: int) -> Sequence[Row]:
    return rows[page * per_page : (page + 1) * per_page]


def _metadata(total: int, page: int, per_page: int) -> JsonObject:
    return {"total_count": total, "page_count": -(-total // per_page), "page": page, "per_page": per_page}


def _counts(rows: Sequence[Row]) -> JsonObject:
    return {
        "status": _tally(status for _, _, status, _ in rows),
        "muted": _tally(muted for _, _, _, muted in rows),
        "tag": _tally(tag for monitor, _, _, _ in rows for tag in monitor.tags),
        "type": _tally(classification(monitor) for monitor, _, _, _ in rows),
    }


def _tally(names: Iterable[str | bool]) -> list[JSON]:
    by_count = sorted(Counter(names).items(), key=lambda item: (-item[1], str(item[0])))
    return [{"count": count, "name": name} for name, count in by_count]
