"""Who is on call: now in a thousand schedules, and in one through a year.

Against reading the same schedules from JSON, which whoever asks has just done, and against bare conversions of a time
zone, the least that an answer by the clock on the wall takes. A year is compared with asking at each of its shifts, by
somebody who knew already when they are. The schedules are in forty zones and have what such schedules have: weeks,
nights, weekends, a layer that is over, and a dozen overrides. The last row compares hourly turns since 1970 with the
same since yesterday, so 1 means that history costs nothing.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo, available_timezones

from tocsin.domain.schedule import Schedule, on_call, schedule_of, shifts

from .measure import Bench, Measured, Row, alternately
from .sides import timed

SCHEDULES = 1_000
BAR = 0.5
BAR_OF_A_YEAR = 1.5
BAR_OF_HISTORY = 1.2

_NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
_DAY = timedelta(days=1)
_YEAR = 365 * _DAY
_ZONES = [zone for zone in sorted(available_timezones()) if "/" in zone][::14]


def measure(bench: Bench) -> Iterator[Row]:
    """Yield two rows for now, one for a year, and one for what history costs."""
    schedules = [_schedule(number) for number in range(SCHEDULES)]
    what = f"on_call, {SCHEDULES:,} schedules"
    found = alternately(_asked(schedules), _read(schedules), bench.pairs(40))
    yield Row(f"{what} / reading them from JSON", found.ratio, found.said(1e3, "ms"), bar=BAR)
    found = alternately(_asked(schedules), _converted([one.zone for one in schedules]), bench.pairs(40))
    yield Row(f"{what} / as many conversions of a time zone", found.ratio, found.said(1e3, "ms"))

    one = schedules[31]
    number = len(shifts(one, _NOW, _NOW + _YEAR))
    found = alternately(_listed(one), _asked_at_each_shift(one), bench.pairs(40))
    figures = f"{found.said(1e3, 'ms')}; {number:,} shifts"
    yield Row("shifts of a year / on_call at each of them", found.ratio, figures, bar=BAR_OF_A_YEAR)

    old, new = ([_hourly(number, start) for number in range(SCHEDULES)] for start in ("1970-01-02", "2026-03-01"))
    found = alternately(_asked(old), _asked(new), bench.pairs(40))
    what = "on_call, hourly turns since 1970 / since yesterday"
    yield Row(what, found.ratio, found.said(1e3, "ms"), bar=BAR_OF_HISTORY)


def _asked(schedules: list[Schedule]) -> Measured:
    def run() -> float:
        return timed(lambda: [on_call(schedule, _NOW) for schedule in schedules])

    if any(on_call(schedule, _NOW).person is None for schedule in schedules):
        message = "somebody should be on call"
        raise RuntimeError(message)
    return run


def _listed(schedule: Schedule) -> Measured:
    return lambda: timed(lambda: shifts(schedule, _NOW, _NOW + _YEAR))


def _asked_at_each_shift(schedule: Schedule) -> Measured:
    moments = [shift.start for shift in shifts(schedule, _NOW, _NOW + _YEAR)]
    return lambda: timed(lambda: [on_call(schedule, moment) for moment in moments])


def _read(schedules: list[Schedule]) -> Measured:
    texts = [schedule.model_dump_json() for schedule in schedules]
    return lambda: timed(lambda: [Schedule.model_validate_json(text) for text in texts])


def _converted(zones: list[ZoneInfo]) -> Measured:
    return lambda: timed(lambda: [_NOW.astimezone(zone) for zone in zones])


def _schedule(number: int) -> Schedule:
    people = [f"person-{number}-{place}" for place in range(8)]
    nights = {"begin": "20:00", "end": "08:00"}
    weekend = {"weekdays": ["sat", "sun"], "begin": "00:00", "end": "00:00"}
    days = {"people": people, "rotation": {"unit": "week", "weekday": "mon"}, "start": f"20{15 + number % 11}-01-01"}
    layers = [
        days,
        {**days, "people": people[:4], "rotation": {"unit": "day", "hand_over": "20:00"}, "hours": [nights]},
        {**days, "people": people[4:], "rotation": {"unit": "week", "every": 2}, "hours": [weekend]},
        {**days, "valid_until": "2025-06-01T00:00Z"},
    ]
    overrides = [
        {
            "id": f"o{place}",
            "person": people[place % 8],
            "replaces": people[(place + 1) % 8] if place % 2 else None,
            "start": _NOW + (30 * place - 60 + number % 7) * _DAY,
            "end": _NOW + (30 * place - 58 + number % 7) * _DAY,
        }
        for place in range(12)
    ]
    return schedule_of(
        {
            "id": f"s{number}",
            "name": f"Schedule {number}",
            "time_zone": _ZONES[number % len(_ZONES)],
            "layers": [{"id": f"l{place}", "name": f"Layer {place}", **layer} for place, layer in enumerate(layers)],
            "overrides": overrides,
        }
    )


def _hourly(number: int, start: str) -> Schedule:
    layer = {"id": "l", "name": "L", "people": ["ann", "bo", "cy"], "rotation": {"unit": "hour"}, "start": start}
    zone = _ZONES[number % len(_ZONES)]
    return schedule_of({"id": f"s{number}", "name": "S", "time_zone": zone, "layers": [layer]})
