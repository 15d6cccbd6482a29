"""The simulation's own controls, for a person who plays with it. Not Datadog's: everything is under `/demo/`.

    GET    /demo/                            this text
    GET    /demo/monitors                    id, name, state and groups of every monitor
    POST   /demo/monitors                    {"name": ..., "query": ..., "tags": [...], "groups": [...]}: a new monitor
    POST   /demo/monitors/ID/trigger         {"group": ..., "status": "Alert" or "Warn"}
    POST   /demo/monitors/ID/set_status      {"group": ..., "status": "Unknown", "Skipped" or any other}
    POST   /demo/monitors/ID/recover         {"group": ...}
    POST   /demo/monitors/ID/no_data         {"group": ...}
    POST   /demo/monitors/ID/mute            {"scope": "*", "minutes": 30, "via": "silenced", "downtime" or "both"}
    POST   /demo/monitors/ID/unmute          {"scope": ...}
    POST   /demo/monitors/ID/draft           and /publish
    POST   /demo/monitors/ID/priority        {"priority": 1 to 5 or null}
    POST   /demo/monitors/ID/edit            {"name": ..., "tags": [...]}
    POST   /demo/monitors/ID/regroup         {"groups": [...], "leave_stale": false}
    POST   /demo/monitors/ID/remove_group    {"group": ...}
    POST   /demo/monitors/ID/delete
    GET    /demo/faults                      what is planned, and the kinds there are
    POST   /demo/faults                      {"kind": "rate_limited", "reset": 2, "endpoint": "list", "count": 1}
    DELETE /demo/faults                      nothing goes wrong any more

A body may be left out; so may each of its keys. Without `group`, every group of the monitor is meant. No keys are
asked for: the server listens on loopback only. For example:

    curl -X POST http://127.0.0.1:PORT/demo/monitors/140021101/trigger
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from typing import TypeVar, get_args

import orjson

from .exchange import Answer, Request, error_answer, json_answer
from .fault_plan import FaultPlan, Rule
from .faults import KINDS
from .routes import is_number
from .typed import JSON, JsonObject
from .world import MonitorRef, MuteVia, TriggeredStatus, UnknownMonitor, World

ROOT = "/demo"
PREFIX = f"{ROOT}/"

_PRIORITIES = range(1, 6)
# By annotation, as the dataclasses of `faults` write it. What is not here takes any JSON.
_ACCEPTED: Mapping[str, type | tuple[type, ...]] = {
    "int": int,
    "int | None": (int, type(None)),
    "float": (int, float),
    "float | None": (int, float, type(None)),
    "str": str,
    "str | None": (str, type(None)),
    "Endpoint | None": (str, type(None)),
    "Mapping[str, str]": dict,
    "Mapping[str, JSON]": dict,
}
_Choice = TypeVar("_Choice", bound=str)


class BadControl(ValueError):
    """A control was asked for something it cannot do; the text says what."""


def is_control(path: str) -> bool:
    """Whether a path is one of ours and not Datadog's."""
    return path == ROOT or path.startswith(PREFIX)


def control(world: World, faults: FaultPlan, request: Request) -> Answer:
    """Answer a request under `/demo/`."""
    parts = request.path.removeprefix(ROOT).strip("/").split("/")
    try:
        match request.method, parts:
            case "GET", [""]:
                return Answer(200, (__doc__ or "").encode(), content_type="text/plain; charset=utf-8")
            case "GET", ["monitors"]:
                return json_answer([_summary(world, monitor.id) for monitor in world.monitors()])
            case "POST", ["monitors"]:
                return json_answer(_create(world, _body(request)), 201)
            case "POST", ["monitors", number, action]:
                return json_answer(_act(world, number, action, _body(request)))
            case "GET", ["faults"]:
                return json_answer(_planned(faults))
            case "POST", ["faults"]:
                _plan(faults, _body(request))
                return json_answer(_planned(faults), 201)
            case "DELETE", ["faults"]:
                faults.clear()
                return json_answer(_planned(faults))
            case _:
                return error_answer(404, f"No such control; GET {PREFIX} lists them")
    except UnknownMonitor:
        return error_answer(404, f"No such monitor; GET {PREFIX}monitors lists them")
    except BadControl as wrong:
        return error_answer(400, str(wrong))


def _act(world: World, number: str, action: str, body: JsonObject) -> JSON:
    if not is_number(number):
        raise UnknownMonitor(number)
    monitor = world.get(int(number))
    if action == "delete":
        world.delete(monitor)
        return {"deleted_monitor_id": monitor.id}
    act = _ACTIONS.get(action)
    if act is None:
        msg = f"No action '{action}'; there are {', '.join(sorted([*_ACTIONS, 'delete']))}"
        raise BadControl(msg)
    act(world, monitor, body)
    return _summary(world, monitor.id)


def _trigger(world: World, monitor: MonitorRef, body: JsonObject) -> None:
    status = _one_of(get_args(TriggeredStatus), body, "status", "Alert")
    world.trigger(monitor, _optional_text(body, "group"), status)


def _mute(world: World, monitor: MonitorRef, body: JsonObject) -> None:
    minutes = body.get("minutes")
    if minutes is not None and (isinstance(minutes, bool) or not isinstance(minutes, (int, float))):
        msg = "'minutes' must be a number; leave it out to mute for ever"
        raise BadControl(msg)
    until = None if minutes is None else world.clock() + timedelta(minutes=minutes)
    world.mute(monitor, _text(body, "scope", "*"), until, _one_of(get_args(MuteVia), body, "via", "both"))


def _priority(world: World, monitor: MonitorRef, body: JsonObject) -> None:
    priority = body.get("priority")
    if priority is not None and (not isinstance(priority, int) or priority not in _PRIORITIES):
        msg = "'priority' must be 1 to 5, or null"
        raise BadControl(msg)
    world.set_priority(monitor, priority)


def _regroup(world: World, monitor: MonitorRef, body: JsonObject) -> None:
    world.regroup(monitor, _texts(body, "groups") or ["*"], leave_stale=body.get("leave_stale") is True)


def _edit(world: World, monitor: MonitorRef, body: JsonObject) -> None:
    world.edit(monitor, name=_optional_text(body, "name"), tags=_texts(body, "tags"))


_ACTIONS: Mapping[str, Callable[[World, MonitorRef, JsonObject], None]] = {
    "trigger": _trigger,
    "set_status": lambda w, m, body: w.set_status(m, _text(body, "status", "Unknown"), _optional_text(body, "group")),
    "recover": lambda w, m, body: w.recover(m, _optional_text(body, "group")),
    "no_data": lambda w, m, body: w.no_data(m, _optional_text(body, "group")),
    "mute": _mute,
    "unmute": lambda w, m, body: w.unmute(m, _optional_text(body, "scope")),
    "draft": lambda w, m, _: w.set_draft(m, draft=True),
    "publish": lambda w, m, _: w.set_draft(m, draft=False),
    "priority": _priority,
    "edit": _edit,
    "regroup": _regroup,
    "remove_group": lambda w, m, body: w.remove_group(m, _text(body, "group", "*")),
}


def _create(world: World, body: JsonObject) -> JSON:
    monitor = world.create(
        _text(body, "name", "A monitor made by hand"),
        query=_text(body, "query", "avg(last_5m):avg:system.load.1{*} > 5"),
        message=_text(body, "message", ""),
        tags=_texts(body, "tags") or (),
        groups=_texts(body, "groups") or ("*",),
    )
    return _summary(world, monitor.id)


def _plan(faults: FaultPlan, body: JsonObject) -> None:
    rest = dict(body)
    kind = KINDS.get(str(rest.pop("kind", "")))
    if kind is None:
        msg = f"'kind' must be one of {', '.join(KINDS)}"
        raise BadControl(msg)
    rule: JsonObject = {name: rest.pop(name) for name in ("endpoint", "count", "after", "where") if name in rest}
    _check_fields(kind, rest)
    _check_fields(Rule, rule)
    try:
        faults.next(kind(**rest), **rule)  # type: ignore[arg-type]  # every field's type was checked just above
    except ValueError as wrong:
        raise BadControl(str(wrong)) from None


def _check_fields(kind: type, given: JsonObject) -> None:
    # A fault with a text for a number would fail only when it strikes, in the middle of somebody's answer.
    known = {field.name: str(field.type) for field in dataclasses.fields(kind)}
    for name, value in given.items():
        if name not in known:
            msg = f"No parameter '{name}'; there are {', '.join(known) or 'none'}"
            raise BadControl(msg)
        accepted = _ACCEPTED.get(known[name], object)
        if not isinstance(value, accepted) or (isinstance(value, bool) and accepted is not object):
            msg = f"'{name}' must be of type {known[name]}"
            raise BadControl(msg)


def _planned(faults: FaultPlan) -> JSON:
    rules: list[JSON] = [
        {
            "kind": rule.fault.kind,
            "endpoint": rule.endpoint,
            "count": rule.count,
            "after": rule.after,
            "where": rule.where,
        }
        for rule in faults.pending()
    ]
    kinds: dict[str, JSON] = {name: _parameters(kind) for name, kind in KINDS.items()}
    return {"planned": rules, "kinds": kinds}


def _parameters(kind: type) -> list[str]:
    return [parameter.name for parameter in dataclasses.fields(kind)]


def _summary(world: World, number: int) -> JSON:
    with world.lock:
        monitor = world.get(number)
        groups: dict[str, JSON] = {group.name: group.status for group in monitor.groups.values()}
        return {
            "id": monitor.id,
            "name": monitor.name,
            "state": monitor.overall_state,
            "priority": monitor.priority,
            "draft": monitor.draft,
            "muted": any(world.muted(monitor, group)[0] for group in monitor.groups),
            "groups": groups,
        }


def _body(request: Request) -> JsonObject:
    try:
        body = orjson.loads(request.body or b"{}")
    except orjson.JSONDecodeError as wrong:
        msg = f"The body is not JSON: {wrong}"
        raise BadControl(msg) from None
    if not isinstance(body, dict):
        msg = "The body must be a JSON object"
        raise BadControl(msg)
    return body


def _optional_text(body: JsonObject, name: str) -> str | None:
    value = body.get(name)
    if value is not None and not isinstance(value, str):
        msg = f"'{name}' must be a text"
        raise BadControl(msg)
    return value


def _text(body: JsonObject, name: str, default: str) -> str:
    value = _optional_text(body, name)
    return default if value is None else value


def _one_of(choices: Sequence[_Choice], body: JsonObject, name: str, default: str) -> _Choice:
    value = _text(body, name, default)
    for choice in choices:
        if choice == value:
            return choice
    msg = f"'{name}' must be one of {', '.join(choices)}"
    raise BadControl(msg)


def _texts(body: JsonObject, name: str) -> list[str] | None:
    value = body.get(name)
    if value is None:
        return None
    if not isinstance(value, list) or not all(isinstance(part, str) for part in value):
        msg = f"'{name}' must be a list of texts"
        raise BadControl(msg)
    return [part for part in value if isinstance(part, str)]
