"""Who is on call, found the slow way: by looking at the clock on the wall every minute from the very beginning.

It shares no code with what it checks but the models that say what was agreed on.
"""

from datetime import UTC, datetime, time, timedelta
from itertools import groupby

from tocsin.domain.rotation import Unit
from tocsin.domain.schedule import Duty, Shift

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
LONGEST_REPETITION = 26 * HOUR
PEOPLE = ("ann", "bo", "cy", "di")


def slow_shifts(schedule, start, end):
    """Return the shifts between two whole minutes."""
    alike = [list(group) for _, group in groupby(_minutes(schedule, start, end), key=lambda minute: minute[1])]
    return tuple(Shift(group[0][0], group[-1][0] + MINUTE, group[0][1]) for group in alike)


def _minutes(schedule, start, end):
    layers = [Watched(layer) for layer in schedule.layers]
    clock = datetime.min  # noqa: DTZ901 - a clock on a wall
    at = start - LONGEST_REPETITION
    while at < end:
        # A clock that is set back stands still until it is that late again.
        clock = max(clock, at.astimezone(schedule.zone).replace(tzinfo=None))
        if at >= start:
            yield at, _who(schedule, layers, at, clock)
        at += MINUTE


def _who(schedule, layers, at, clock):
    by_layers = [(layer.layer.id, layer.who(at, clock)) for layer in layers]
    name, person = next(((name, person) for name, person in reversed(by_layers) if person), ("", None))
    duty = Duty(person, name)
    now = [override for override in schedule.overrides if override.start <= at < override.end]
    for override in now:
        if not override.replaces:
            duty = Duty(override.person, "", (override.id,), person)
    parts = {override.replaces: override for override in now if override.replaces}
    while (part := parts.get(duty.person)) is not None:
        swapped = _comes_round(duty.person, parts)
        duty = Duty(part.person, duty.layer, (*duty.overrides, part.id), person)
        if swapped:
            break
    return duty


def _comes_round(person, parts):
    taker = person
    for _ in parts:
        taker = parts[taker].person if taker in parts else None
        if taker == person:
            return True
    return False


class Watched:
    """A layer whose hand-overs are awaited one after the other."""

    def __init__(self, layer):
        self.layer = layer
        self.begins = datetime.combine(layer.start, layer.rotation.hand_over)
        self.turn = 0
        self.next = self._after(self._counted_from())

    def _counted_from(self):
        day = self.begins
        while self.layer.rotation.weekday and f"{day:%A}".lower() != self.layer.rotation.weekday:
            day -= DAY
        return day

    def _after(self, moment):
        for _ in range(self.layer.rotation.every):
            match self.layer.rotation.unit:
                case Unit.HOUR:
                    moment += HOUR
                case Unit.DAY:
                    moment = datetime.combine(moment.date() + DAY, moment.time())
                case Unit.WEEK:
                    moment = datetime.combine(moment.date() + 7 * DAY, moment.time())
        return moment

    def who(self, at, clock):
        """Return whose turn it is; moments are asked in order."""
        while clock >= self.next:
            self.turn += 1
            self.next = self._after(self.next)
        layer = self.layer
        too_early = clock < self.begins or (layer.valid_from is not None and at < layer.valid_from)
        too_late = layer.valid_until is not None and at >= layer.valid_until
        if too_early or too_late or not self._on_duty(clock):
            return None
        return layer.people[self.turn % len(layer.people)]

    def _on_duty(self, clock):
        today, yesterday = f"{clock:%A}".lower(), f"{clock - DAY:%A}".lower()
        now = clock.time()
        return not self.layer.hours or any(
            some.begin <= now < some.end and today in some.weekdays
            if some.begin < some.end
            else (now >= some.begin and today in some.weekdays) or (now < some.end and yesterday in some.weekdays)
            for some in self.layer.hours
        )


def a_schedule(random, zone, around):
    """Make up a schedule in which something happens at most times around a moment."""
    layers = [_a_layer(random, number, around) for number in range(random.randint(0, 3))]
    overrides = [_an_override(random, number, around) for number in range(random.choice([0, 0, 1, 2, 4]))]
    return {"id": "s", "name": "s", "time_zone": str(zone), "layers": layers, "overrides": overrides}


def _a_layer(random, number, around):
    unit = random.choice(list(Unit))
    rotation = {
        "unit": unit,
        "every": random.choice([1, 1, 2, 3, 5, 12, 24] if unit is Unit.HOUR else [1, 1, 2, 3]),
        "hand_over": _a_time(random),
        "weekday": random.choice([None, f"{around + random.randint(-2, 2) * DAY:%A}"]) if unit is Unit.WEEK else None,
    }
    hours = [
        {
            "weekdays": random.sample([f"{around + day * DAY:%A}" for day in range(7)], random.randint(1, 7)),
            "begin": _a_time(random),
            "end": _a_time(random),
        }
        for _ in range(random.choice([0, 0, 1, 2, 3]))
    ]
    return {
        "id": f"l{number}",
        "name": f"Layer {number}",
        "people": random.choices(PEOPLE, k=random.randint(1, 4)),
        "rotation": rotation,
        "start": (around - random.choice([0, 1, 2, 9, 40]) * DAY).date(),
        "hours": hours,
        "valid_from": random.choice([None, None, None, _a_moment(random, around) - DAY]),
        "valid_until": random.choice([None, None, None, _a_moment(random, around) + 2 * DAY]),
    }


def _an_override(random, number, around):
    start = _a_moment(random, around)
    person, replaces = random.sample(PEOPLE, 2)
    return {
        "id": f"o{number}",
        "person": person,
        "start": start,
        "end": start + random.randint(1, 30 * 60) * MINUTE,
        "replaces": random.choice([None, replaces, replaces]),
    }


def _a_moment(random, around):
    return around.astimezone(UTC).replace(second=0) + random.randint(-24 * 60, 24 * 60) * MINUTE


def _a_time(random):
    """Return a time of day; mostly one at which clocks change somewhere."""
    minute = random.choice([0, 0, 15, 30, 45, random.randint(0, 59)])
    return time(random.choice([0, 1, 2, 2, 3, 9, 22, 23, random.randint(0, 23)]), minute)
