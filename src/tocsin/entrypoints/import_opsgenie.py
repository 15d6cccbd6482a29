"""What Opsgenie's API v2 answers: schedules (with ``expand=rotation``) and escalations.

Everybody is on call whose rotation says so, of all rotations at once: each becomes a schedule of its own. A rule's delay
counts from the beginning. https://docs.opsgenie.com/docs/schedule-api, https://docs.opsgenie.com/docs/escalation-api
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from typing import Any

from tocsin.domain.policy import LONGEST_DESCRIPTION, MOST_REPEATS
from tocsin.domain.rotation import Weekday

from .config_import import Document, Taken, begins, hours, moment, rotation, zone_in

_SECONDS = {"hourly": 3_600, "daily": 86_400, "weekly": 604_800}
_MINUTES = {"minutes": 1, "hours": 60, "days": 24 * 60}
_DAY = timedelta(days=1)


def take(answers: Sequence[Any], taken: Taken) -> None:
    """Take over what answers describe."""
    every = [*_every(answers)]
    schedules: dict[str, list[str]] = {}
    for one in every:
        if "rotations" in one or "timezone" in one:
            names = _take_schedule(one, taken)
            schedules[one["name"]] = names
            schedules[one.get("id", one["name"])] = names
    for one in every:
        if "rules" in one:
            _take_escalation(one, schedules, taken)


def _every(answers: Sequence[Any]) -> Iterator[Mapping[str, Any]]:
    for answer in answers:
        data = answer["data"]
        yield from data if isinstance(data, list) else [data]


def _take_schedule(said: Mapping[str, Any], taken: Taken) -> list[str]:
    """Take a schedule over, and return what it is called here."""
    whole = said["name"]
    zone = zone_in(said.get("timezone"), f"schedule {whole}", taken)
    if said.get("enabled") is False:
        taken.lose(f"schedule {whole}: it is not enabled")
        return []
    rotations = said.get("rotations") or ()
    layers = [(one, _layer(one, whole, zone, taken)) for one in rotations]
    left = [(one, layer) for one, layer in layers if layer is not None]
    team = str((said.get("ownerTeam") or {}).get("name") or "")
    names = []
    for one, layer in left:
        name = taken.schedule_name(whole if len(left) == 1 else f"{whole} {one.get('name') or one['id']}")
        if taken.add_schedule(name, zone, team, [layer]):
            names.append(name)
    if not left:
        taken.lose(f"schedule {whole}: no rotation of it is left")
    return names


def _layer(said: Mapping[str, Any], schedule: str, zone: str, taken: Taken) -> Document | None:
    name = said.get("name") or said["id"]
    what = f"schedule {schedule}, rotation {name}"
    if said.get("endDate") and moment(said["endDate"], zone) <= taken.now:
        return None  # it is over
    start, hand_over = begins(said["startDate"], zone)
    turns = rotation(_SECONDS[said["type"]] * int(said.get("length") or 1), hand_over)
    people = []
    for one in said["participants"]:
        if one["type"] == "user" and one.get("username"):
            people.append(one["username"])
        else:
            called = one.get("name") or one.get("id") or "nobody"
            taken.lose(f"{what}: turns of {one['type']} {called}, which the others take")
    if not people or turns is None:
        taken.lose(f"{what}: it has no people")
        return None
    layer: Document = {"name": name, "people": people, "rotation": turns, "start": start}
    if duty := hours([*_spans(said.get("timeRestriction") or {})]):
        layer["hours"] = duty
    return layer | ({"valid_until": said["endDate"]} if said.get("endDate") else {})


def _spans(said: Mapping[str, Any]) -> Iterator[tuple[Weekday | None, str, timedelta]]:
    single = said.get("restriction")
    for one in [single] if single else said.get("restrictions") or ():
        begin, end = (
            timedelta(hours=int(one[f"{at}Hour"]), minutes=int(one.get(f"{at}Min") or 0)) for at in ("start", "end")
        )
        clock = f"{int(one['startHour']):02}:{int(one.get('startMin') or 0):02}"
        if "startDay" not in one:
            yield None, clock, (end - begin) % _DAY or _DAY
            continue
        week = tuple(Weekday)
        first, last = Weekday(one["startDay"].lower()), Weekday(one["endDay"].lower())
        days = (week.index(last) - week.index(first)) % len(week)
        yield first, clock, (days * _DAY + end - begin) % (7 * _DAY) or 7 * _DAY


def _take_escalation(said: Mapping[str, Any], schedules: Mapping[str, Sequence[str]], taken: Taken) -> None:
    name = said["name"]
    what = f"policy {name}"
    team = str((said.get("ownerTeam") or {}).get("name") or "")
    if not team:
        taken.lose(f"{what}: it belongs to no team, so that nothing says for what it is")
        return
    by_delay: dict[int, list[Document]] = {}
    for rule in said["rules"]:
        delay = int(rule["delay"]["timeAmount"]) * _MINUTES[rule["delay"].get("timeUnit") or "minutes"]
        for target in _targets(rule["recipient"], schedules, what, taken):
            if rule.get("condition", "if-not-acked") != "if-not-acked":
                taken.lose(f"{what}: that {target} is paged after an acknowledgement, too")
            if rule.get("notifyType", "default") != "default":
                taken.lose(f"{what}: of {target} {rule['notifyType']}; whoever is on call is paged")
            by_delay.setdefault(delay, []).append({"type": "notify", "target": target})
    steps: list[Document] = []
    before = 0
    for delay, actions in sorted(by_delay.items()):
        steps.append(({"delay_minutes": delay - before} if delay > before else {}) | {"actions": actions})
        before = delay
    policy: Document = {"name": name} | (
        {"description": said["description"][:LONGEST_DESCRIPTION]} if said.get("description") else {}
    )
    policy |= {"conditions": {"team": [team]}, "steps": steps}
    repeat = said.get("repeat") or {}
    count = int(repeat.get("count") or 0)
    if count > MOST_REPEATS:
        taken.lose(f"{what}: {count} repeats; it has {MOST_REPEATS}")
    if repeat.get("closeAlertAfterAll"):
        taken.lose(f"{what}: that the alert is closed after the last; nothing here is over because time went by")
    after = int(repeat.get("waitInterval") or 0)
    taken.add_policy(policy | ({"repeat": min(count, MOST_REPEATS), "repeat_after_minutes": after} if after else {}))


def _targets(said: Mapping[str, Any], schedules: Mapping[str, Sequence[str]], what: str, taken: Taken) -> Sequence[str]:
    called = said.get("username") or said.get("name") or said.get("id") or ""
    match said["type"]:
        case "user" if said.get("username"):
            return [f"user:{called}"]
        case "team" if said.get("name"):
            return [f"team:{called}"]
        case "schedule" if found := schedules.get(said.get("id", ""), schedules.get(called, ())):
            return [f"schedule:{one}" for one in found]
        case kind:
            taken.lose(f"{what}: {kind} {called}, which is in no file")
            return []
