"""Datadog's own endpoints: from a request to an answer, reading the world and changing nothing."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import orjson

from .exchange import Answer, Endpoint, Request, error_answer, json_answer
from .monitor import SimulatedMonitor
from .search import PER_PAGE, QueryError, in_scope, search_groups, search_monitors
from .typed import JSON
from .wire import GroupStates, InvalidGroupStates, list_item, one
from .world import UnknownMonitor, World

MAX_PAGE_SIZE = 1000
DEFAULT_PAGE_SIZE = 100
MAX_DIGITS = 18
"""No id and no page number is longer."""

_MONITOR = "/api/v1/monitor"
_FIXED = {
    ("GET", _MONITOR): Endpoint.LIST,
    ("GET", f"{_MONITOR}/search"): Endpoint.SEARCH,
    ("GET", f"{_MONITOR}/groups/search"): Endpoint.GROUPS_SEARCH,
    ("POST", f"{_MONITOR}/validate"): Endpoint.VALIDATE_MONITOR,
    ("GET", "/api/v1/validate"): Endpoint.VALIDATE_KEYS,
}


class BadParameter(ValueError):
    """A parameter has no value that the endpoint takes."""


def endpoint_of(method: str, path: str) -> Endpoint:
    """Which endpoint a request goes to."""
    known = _FIXED.get((method, path))
    if known is not None:
        return known
    parent, _, last = path.rpartition("/")
    return Endpoint.GET if method == "GET" and parent == _MONITOR and is_number(last) else Endpoint.OTHER


def answer(world: World, endpoint: Endpoint, request: Request, *, state_filters_monitors: bool = False) -> Answer:
    """Answer a request whose keys and rate limit have been checked.

    `state_filters_monitors`: whether the list leaves out monitors without a group in `group_states`. Nobody could
    verify what Datadog does, so a reader should be right either way.
    """
    try:
        match endpoint:
            case Endpoint.LIST:
                return _list(world, request.query, state_filters_monitors=state_filters_monitors)
            case Endpoint.GET:
                return _get(world, int(request.path.rpartition("/")[2]), request.query)
            case Endpoint.SEARCH:
                return _search(world, request.query, search_monitors)
            case Endpoint.GROUPS_SEARCH:
                return _search(world, request.query, search_groups)
            case Endpoint.VALIDATE_MONITOR:
                return _validate_monitor(request.body)
            case Endpoint.VALIDATE_KEYS:
                return json_answer({"valid": True})
            case Endpoint.OTHER:
                return error_answer(404, f"Not simulated: {request.method} {request.path}")
    except UnknownMonitor:
        return error_answer(404, "Monitor not found")
    except InvalidGroupStates:
        return error_answer(400, "Invalid group_state filters.")
    except (BadParameter, QueryError) as wrong:
        return error_answer(400, str(wrong))


def _list(world: World, query: Mapping[str, str], *, state_filters_monitors: bool) -> Answer:
    states = _group_states(query)
    _flag(query, "with_downtimes")
    with world.lock:
        monitors = [m for m in world.monitors() if _selected(m, query)]
        if states is not None and state_filters_monitors:
            monitors = [m for m in monitors if states.match(m)]
        # Encoded under the lock: an item borrows the monitor's options, which must not change half-way.
        return json_answer([list_item(world, monitor, states) for monitor in _page(monitors, query)])


def _selected(monitor: SimulatedMonitor, query: Mapping[str, str]) -> bool:
    return (
        query.get("name", "").lower() in monitor.name.lower()
        and set(_listed(query, "monitor_tags")) <= set(monitor.tags)
        and all(in_scope(monitor.query, tag) for tag in _listed(query, "tags"))
    )


def _page(monitors: list[SimulatedMonitor], query: Mapping[str, str]) -> list[SimulatedMonitor]:
    size = _number(query, "page_size", DEFAULT_PAGE_SIZE, least=1, most=MAX_PAGE_SIZE)
    if "id_offset" in query:
        offset = _number(query, "id_offset", 0)
        return [monitor for monitor in monitors if monitor.id > offset][:size]
    if "page" in query:
        page = _number(query, "page", 0)
        return monitors[page * size : (page + 1) * size]
    # As documented: without `page` (or `id_offset`) everything comes at once, whatever `page_size` says.
    return monitors


def _get(world: World, monitor_id: int, query: Mapping[str, str]) -> Answer:
    states = _group_states(query)
    downtimes, assets = _flag(query, "with_downtimes"), _flag(query, "with_assets")
    with world.lock:
        monitor = world.get(monitor_id)
        return json_answer(one(world, monitor, states, with_downtimes=downtimes, with_assets=assets))


def _search(
    world: World, query: Mapping[str, str], search: Callable[[World, str, int, int, str], Mapping[str, JSON]]
) -> Answer:
    page, per_page = _number(query, "page", 0), _number(query, "per_page", PER_PAGE, least=1, most=MAX_PAGE_SIZE)
    return json_answer(search(world, query.get("query", ""), page, per_page, query.get("sort", "")))


def _validate_monitor(body: bytes) -> Answer:
    try:
        monitor = orjson.loads(body)
    except orjson.JSONDecodeError:
        return error_answer(400, "Invalid JSON structure")
    for name in ("type", "query"):
        if not isinstance(monitor, dict) or not monitor.get(name):
            return error_answer(400, f"The value provided for parameter '{name}' is invalid")
    return json_answer({})


def _group_states(query: Mapping[str, str]) -> GroupStates | None:
    text = query.get("group_states")
    return GroupStates(text) if text else None


def _flag(query: Mapping[str, str], name: str) -> bool:
    text = query.get(name, "false").lower()
    if text not in ("true", "false"):
        msg = f"The value provided for parameter '{name}' is invalid"
        raise BadParameter(msg)
    return text == "true"


def _number(query: Mapping[str, str], name: str, default: int, *, least: int = 0, most: int | None = None) -> int:
    text = query.get(name, str(default))
    if not is_number(text) or int(text) < least or (most is not None and int(text) > most):
        msg = f"The value provided for parameter '{name}' is invalid"
        raise BadParameter(msg)
    return int(text)


def is_number(text: str) -> bool:
    """Whether a text is a whole number of a sane length: Python refuses to read thousands of digits."""
    return text.isdecimal() and len(text) <= MAX_DIGITS


def _listed(query: Mapping[str, str], name: str) -> list[str]:
    return [part.strip() for part in query.get(name, "").split(",") if part.strip()]
