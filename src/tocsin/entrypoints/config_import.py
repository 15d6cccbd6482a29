"""Schedules and policies of other systems, as their APIs answer, in our words. What has none is named."""

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from tocsin.api.policy_views import PolicyBody
from tocsin.domain.documents import checked
from tocsin.domain.frozen import Utc
from tocsin.domain.layer import LONGEST_NAME as LONGEST_LAYER_NAME
from tocsin.domain.local_time import zone_of
from tocsin.domain.policy import LONGEST_NAME, Policy, checked_with, default_policy, policy_of
from tocsin.domain.rotation import Unit, Weekday
from tocsin.domain.schedule import schedule_of
from tocsin.domain.user import checked_time_zone
from tocsin.errors import InvalidInput

from .config_files import SaidSchedule, written
from .plain_yaml import read_yaml

Document = dict[str, Any]
"""A part of an answer, or of what we make of it. Any: it is another's."""

_WHICH = "docs/config.md says which answers of its API are read"
_LONGEST_SCHEDULE_NAME = 63
_LONGEST_LAYER_ID = 64
_DAY = timedelta(days=1)
_WEEK = tuple(Weekday)


def imported(vendor: str, files: Sequence[Path], now: Utc) -> tuple[str, list[str]]:
    """Return what files of a vendor's answers describe as our YAML, and what could not be taken over.

    What was over by ``now`` is left out. The text is empty where nothing could be taken over. Raises ``InvalidInput``
    where there is nothing of the kind.
    """
    import tocsin.entrypoints.import_opsgenie as opsgenie
    import tocsin.entrypoints.import_pagerduty as pagerduty

    answers = [_answer(vendor, file) for file in files]
    taken = Taken(now)
    try:
        (pagerduty if vendor == "pagerduty" else opsgenie).take(answers, taken)
    except (LookupError, TypeError, ValueError, AttributeError, ArithmeticError) as error:
        message = f"this is no answer of {vendor}'s API: {type(error).__name__} {error}"
        raise InvalidInput(message, hint=_WHICH) from None
    if taken.schedules or taken.policies:
        return written([], taken.schedules, taken.policies), taken.lost
    if taken.lost:
        return "", taken.lost
    message = f"there are no schedules and no policies of {vendor} in this"
    raise InvalidInput(message, hint=_WHICH)


def _answer(vendor: str, file: Path) -> Document:
    answer = read_yaml(file)
    if not isinstance(answer, dict) or (vendor == "opsgenie" and "data" not in answer):
        message = f"{file} is no answer of {vendor}'s API"
        raise InvalidInput(message, hint=_WHICH)
    return answer


class Taken:
    """What was taken over so far."""

    def __init__(self, now: Utc) -> None:
        self.now = now
        self.schedules: list[Document] = []
        self.policies: list[Document] = []
        self.lost: list[str] = []
        self._names: set[str] = set()
        self._policy_names = {default_policy().name.casefold()}
        self._policies: list[Policy] = []

    def lose(self, what: str) -> None:
        """Note what has no words of ours."""
        self.lost.append(what)

    def schedule_name(self, name: str) -> str:
        """Return a name that a schedule of ours may have, and no other has."""
        plain = re.sub(r"[^A-Za-z0-9 ._-]+", " ", name)
        plain = re.sub(r"^[^A-Za-z0-9]+", "", " ".join(plain.split()))[:_LONGEST_SCHEDULE_NAME].rstrip() or "schedule"
        ours = _another(plain, _LONGEST_SCHEDULE_NAME, self._names)
        if ours != name:
            self.lose(f"the name of schedule {name!r}: it is called {ours!r}")
        return ours

    def add_schedule(self, name: str, zone: str, team: str, layers: Sequence[Document]) -> bool:
        """Add a schedule, and say so; not one of which nothing is left, or that would be refused."""
        if not layers:
            self.lose(f"schedule {name}: no layer of it is left")
            return False
        schedule: Document = {"name": name, "time_zone": zone} | ({"team": team} if team else {})
        schedule["layers"] = [*_each_once(layers)]
        try:
            said = checked(SaidSchedule, schedule).model_dump(exclude_none=True)
            for layer in said["layers"]:
                layer["people"] = [str(number) for number, _ in enumerate(layer["people"])]  # ids, which are shorter
            schedule_of({**said, "id": "imported"})
        except InvalidInput as error:
            self.lose(f"schedule {name}: {error}")
            return False
        self.schedules.append(schedule)
        return True

    def add_policy(self, policy: Document) -> None:
        """Add a policy, unless it would be refused, as where it ties with another."""
        name = str(policy["name"])
        twin = next((one["name"] for one in self.policies if one["conditions"] == policy["conditions"]), None)
        if not policy["steps"]:
            self.lose(f"policy {name}: nobody is left whom it pages")
            return
        if twin is not None:
            self.lose(f"policy {name}: it is for the same incidents as {twin}")
            return
        ours = _another(" ".join(name.split()) or "policy", LONGEST_NAME, {*self._policy_names})
        try:
            kept = policy_of(checked(PolicyBody, policy | {"name": ours}).document | {"id": ours})
            checked_with(kept, self._policies)
        except InvalidInput as error:
            self.lose(f"policy {name}: {error}")
            return
        if ours != name:
            self.lose(f"the name of policy {name!r}: it is called {ours!r}")
        self._policy_names.add(ours.casefold())
        self._policies.append(kept)
        self.policies.append(policy | {"name": ours})


def _another(name: str, longest: int, known: set[str]) -> str:
    """Return a name that is not known in any letter case, and make it known."""
    ours, number = name[:longest].rstrip(), 1
    while ours.casefold() in known:
        number += 1
        ours = f"{name[: longest - 4].rstrip()} {number}"
    known.add(ours.casefold())
    return ours


def zone_in(said: object, what: str, taken: Taken) -> str:
    """Return a time zone, UTC where there is none of that name."""
    try:
        return checked_time_zone(str(said))
    except InvalidInput:
        taken.lose(f"{what}: its time zone {str(said)[:100]}; it is in UTC")
        return "UTC"


def begins(said: str, zone: str) -> tuple[str, str]:
    """Return the local day and time of day of a moment; without an offset it is local."""
    local = moment(said, zone).astimezone(zone_of(zone))
    return local.date().isoformat(), f"{local:%H:%M}"


def moment(said: str, zone: str) -> datetime:
    """Return a moment that an answer names; without an offset it is of the time zone."""
    found = datetime.fromisoformat(said)
    return found if found.tzinfo is not None else found.replace(tzinfo=zone_of(zone))


def rotation(seconds: int, hand_over: str) -> Document | None:
    """Return the rotation whose turns are so long; None if there is none."""
    for unit, length in ((Unit.WEEK, 604_800), (Unit.DAY, 86_400), (Unit.HOUR, 3_600)):
        if seconds > 0 and seconds % length == 0:
            every = seconds // length
            said: Document = {"unit": unit.value} | ({"every": every} if every > 1 else {})
            return said | {"hand_over": hand_over}
    return None


def hours(spans: Sequence[tuple[Weekday | None, str, timedelta]]) -> list[Document]:
    """Return hours of duty: each from a time of day on for so long, on a weekday or (None) on all."""
    found: dict[tuple[str, str], list[Weekday]] = {}
    for weekday, begin, length in spans:
        for day, since, until in _pieces(weekday, begin, length):
            found.setdefault((since, until), []).extend([day] if day else _WEEK)
    return [
        {"weekdays": [day.value for day in _WEEK if day in days], "begin": since, "end": until}
        for (since, until), days in found.items()
    ]


def _pieces(weekday: Weekday | None, begin: str, length: timedelta) -> Iterator[tuple[Weekday | None, str, str]]:
    """Yield what is no longer than a day each."""
    clock = timedelta(hours=int(begin[:2]), minutes=int(begin[3:5]))
    while length > timedelta():
        part = min(length, _DAY)
        end = (clock + part) % _DAY
        yield weekday, begin[:5], f"{end // timedelta(hours=1):02}:{end // timedelta(minutes=1) % 60:02}"
        weekday = None if weekday is None else _WEEK[(_WEEK.index(weekday) + 1) % len(_WEEK)]
        length -= part


def _each_once(layers: Sequence[Document]) -> Iterator[Document]:
    """Yield layers with ids made of their names, of which there are no two."""
    known: set[str] = set()
    for layer in layers:
        name = str(layer["name"]).strip() or "layer"
        yield {"id": _another(name, _LONGEST_LAYER_ID, known)} | layer | {"name": name[:LONGEST_LAYER_NAME]}


def listed(answers: Sequence[Any], one: str, many: str) -> Iterator[Mapping[str, Any]]:
    """Yield what answers hold under a word, one or many of them."""
    for answer in answers:
        if one in answer:
            yield answer[one]
        yield from answer.get(many, ())
