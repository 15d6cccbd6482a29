"""Hours of duty on the calendar: listed, they are what is asked about one by one."""

from datetime import datetime, time, timedelta
from itertools import groupby

from hypothesis import example, given
from hypothesis import strategies as st

from tocsin.domain.rotation import Hours, Weekday, duties, on_duty

STEP = timedelta(minutes=30)
MONDAY = datetime(2026, 3, 2)  # noqa: DTZ001 - local
TIMES = st.integers(0, 47).map(lambda halves: (datetime.min + halves * STEP).time())  # noqa: DTZ901 - no date
HOURS = st.builds(
    Hours, weekdays=st.lists(st.sampled_from(Weekday), min_size=1, max_size=7).map(tuple), begin=TIMES, end=TIMES
)
NIGHT = Hours(begin=time(20), end=time(6))
NOON = Hours(begin=time(12), end=time(12))


@given(st.lists(HOURS, max_size=4), st.integers(0, 400), st.integers(1, 500))
@example([NIGHT], 0, 2)
@example([NIGHT, Hours(begin=time(21), end=time(22))], 0, 100)
@example([NOON], 3, 480)
def test_duties_are_listed_once_in_order_and_in_one_piece(hours, first, number):
    """Nothing beyond what was asked for, and nothing in two spans that touch."""
    steps = [MONDAY + step * STEP for step in range(first, first + number)]
    runs = [(on, list(run)) for on, run in groupby(steps, key=lambda local: on_duty(hours, local))]
    expected = [(run[0], run[-1] + STEP) for on, run in runs if on]
    assert list(duties(hours, steps[0], steps[-1] + STEP)) == expected
