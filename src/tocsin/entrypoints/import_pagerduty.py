"""What PagerDuty's REST API v2 answers: schedules and escalation policies, with the users that these refer to.

Its lists of layers begin with the highest. A rule's delay is how long it waits before the next one.
https://developer.pagerduty.com/api-reference/
"""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from tocsin.domain.policy import LONGEST_DESCRIPTION, MOST_REPEATS
from tocsin.domain.rotation import Weekday

from .config_import import Document, Taken, begins, hours, listed, moment, rotation, zone_in

_WEEK = tuple(Weekday)


def take(answers: Sequence[Any], taken: Taken) -> None:
    """Take over what answers describe."""
    people = {user["id"]: user["email"] for user in listed(answers, "user", "users") if user.get("email")}
    # A list of them is without their layers: where one is in both, it is the answer about it alone that counts.
    found: dict[str, Mapping[str, Any]] = {}
    for one in listed(answers, "schedule", "schedules"):
        if one["id"] not in found or one.get("schedule_layers"):
            found[one["id"]] = one
    schedules: dict[str, str] = {}
    for one in found.values():
        name = taken.schedule_name(one.get("name") or one["summary"])
        schedules[one["id"]] = name
        _take_schedule(one, name, people, taken)
    kept = {one["name"] for one in taken.schedules}
    schedules = {pd_id: name for pd_id, name in schedules.items() if name in kept}
    for one in listed(answers, "escalation_policy", "escalation_policies"):
        _take_policy(one, people, schedules, taken)


def _take_schedule(said: Mapping[str, Any], name: str, people: Mapping[str, str], taken: Taken) -> None:
    zone = zone_in(said.get("time_zone"), f"schedule {name}", taken)
    layers = [layer for one in said.get("schedule_layers") or () if (layer := _layer(one, name, zone, people, taken))]
    if len(layers) > 1:
        taken.lose(f"schedule {name}: look at the order of its layers; the first of the answer is taken as the highest")
    if (said.get("overrides_subschedule") or {}).get("rendered_schedule_entries"):
        taken.lose(f"schedule {name}: its overrides")
    teams = [str(one.get("summary") or one["id"]) for one in said.get("teams") or ()]
    for team in teams[1:]:
        taken.lose(f"schedule {name}: that it belongs to {team}, too")
    taken.add_schedule(name, zone, teams[0] if teams else "", layers[::-1])


def _layer(
    said: Mapping[str, Any], schedule: str, zone: str, people: Mapping[str, str], taken: Taken
) -> Document | None:
    what = f"schedule {schedule}, layer {said.get('name') or said.get('id')}"
    if said.get("end") and moment(said["end"], zone) <= taken.now:
        return None  # none is ever deleted there: what was taken off is over
    start, hand_over = begins(said["rotation_virtual_start"], zone)
    turns = rotation(int(said["rotation_turn_length_seconds"]), hand_over)
    if turns is None:
        taken.lose(f"{what}: turns of {said['rotation_turn_length_seconds']} seconds")
        return None
    named = [found for one in said["users"] if (found := _person(one["user"], people, what, taken))]
    if not named:
        taken.lose(f"{what}: it has no people")
        return None
    layer: Document = {"name": said.get("name") or said["id"], "people": named, "rotation": turns, "start": start}
    if duty := hours([span for one in said.get("restrictions") or () if (span := _span(one, what, taken))]):
        layer["hours"] = duty
    valid = {"valid_from": said.get("start"), "valid_until": said.get("end")}
    return layer | {key: moment for key, moment in valid.items() if moment}


def _person(user: Mapping[str, Any], people: Mapping[str, str], what: str, taken: Taken) -> str:
    address = str(user.get("email") or people.get(user["id"], ""))
    if not address:
        taken.lose(f"{what}: {user.get('summary') or user['id']}, whose e-mail address is in no file")
    return address


def _span(said: Mapping[str, Any], what: str, taken: Taken) -> tuple[Weekday | None, str, timedelta] | None:
    length = timedelta(seconds=int(said["duration_seconds"]))
    begin = str(said["start_time_of_day"])
    if length % timedelta(minutes=1) or not begin.endswith(":00"):
        taken.lose(f"{what}: seconds of its hours")
        length -= length % timedelta(minutes=1)
    weekday = _WEEK[int(said["start_day_of_week"]) - 1] if said["type"] == "weekly_restriction" else None
    if length <= timedelta():
        return None
    return weekday, begin, length


def _take_policy(
    said: Mapping[str, Any], people: Mapping[str, str], schedules: Mapping[str, str], taken: Taken
) -> None:
    name = said.get("name") or said["summary"]
    what = f"policy {name}"
    services = [str(one.get("summary") or one["id"]) for one in said.get("services") or ()]
    if not services:
        taken.lose(f"{what}: no service uses it, so that it would be for nothing")
        return
    steps: list[Document] = []
    delay = 0
    for rule in said["escalation_rules"]:
        named = [one for target in rule["targets"] if (one := _target(target, people, schedules, what, taken))]
        actions = [{"type": "notify", "target": one} for one in named]
        strategy = (rule.get("escalation_rule_assignment_strategy") or {}).get("type")
        if strategy == "round_robin" and len(named) > 1:
            taken.lose(f"{what}: that {', '.join(named)} take turns; all of them are paged")
        if actions:
            steps.append(({"delay_minutes": delay} if delay else {}) | {"actions": actions})
            delay = 0
        delay += int(rule["escalation_delay_in_minutes"])
    loops = int(said.get("num_loops") or 0)
    if loops > MOST_REPEATS:
        taken.lose(f"{what}: {loops} loops; it has {MOST_REPEATS}")
    for team in said.get("teams") or ():
        taken.lose(f"{what}: that it belongs to {team.get('summary') or team['id']}")
    policy: Document = {"name": name} | (
        {"description": said["description"][:LONGEST_DESCRIPTION]} if said.get("description") else {}
    )
    policy |= {"conditions": {"service": services}, "steps": steps}
    taken.add_policy(policy | ({"repeat": min(loops, MOST_REPEATS), "repeat_after_minutes": delay} if loops else {}))


def _target(
    said: Mapping[str, Any], people: Mapping[str, str], schedules: Mapping[str, str], what: str, taken: Taken
) -> str:
    if str(said["type"]).startswith("schedule"):
        if said["id"] in schedules:
            return f"schedule:{schedules[said['id']]}"
        taken.lose(f"{what}: schedule {said.get('summary') or said['id']}, which is in no file")
        return ""
    address = _person(said, people, what, taken)
    return f"user:{address}" if address else ""
