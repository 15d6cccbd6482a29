"""A look at one monitor: what it says of itself, within a few seconds, and nothing about any other."""

import pytest

from tests.sources.monitors import NOW, known, monitor
from tests.sources.scripted import API, APP, ScriptedHttp, Time, reply
from tocsin.domain.alert import Source
from tocsin.errors import KeysRefused, Unreachable
from tocsin.sources.datadog import LOOK_SECONDS, DatadogSource


def look(*script, origin="101", knowing=(), each_takes=0.0):
    """Return what looking at a monitor gives, and what was asked."""
    time = Time()
    http = ScriptedHttp(script, time, each_takes)
    source = DatadogSource(API, APP, http=http, sleep=time.sleep, monotonic=time.monotonic, clock=lambda: NOW)
    return source.look(origin, knowing), http.asked


def test_one_question_tells_what_fires_of_a_monitor():
    """Its groups are observed, those that were known to fire whatever their state."""
    item = monitor(101, "Alert", {"host:a": "Alert", "host:b": "OK", "host:c": "OK"})
    sweep, asked = look(reply(item), knowing=(known(101, "host:c"),))
    assert asked == [("one", 101)]
    assert {seen.key: seen.word for seen in sweep.observations} == {"101:host:a": "Alert", "101:host:c": "OK"}
    assert (sweep.source, sweep.started_at, sweep.seen, sweep.with_groups) == (
        Source.DATADOG,
        NOW,
        {"101"},
        {"101"},
    )


def test_it_proves_nothing_about_what_is_absent():
    """It is never complete, and a monitor that is not found may be another organisation's."""
    sweep, _ = look(reply({"errors": ["Monitor not found"]}, 404), knowing=(known(101),))
    assert (sweep.complete, sweep.gone, sweep.seen, sweep.started_at) == (False, frozenset(), frozenset(), NOW)
    assert sweep.why_incomplete == "one monitor was asked for"


def test_the_answer_to_another_question_is_no_answer():
    """A monitor of another id is not looked at."""
    sweep, _ = look(reply(monitor(102, "Alert")))
    assert (sweep.seen, sweep.observations) == (frozenset(), [])


def test_what_goes_wrong_is_told_as_for_a_sweep():
    """Refused keys are not tried twice."""
    with pytest.raises(KeysRefused):
        look(reply({"errors": ["Forbidden"]}, 403))


def test_it_takes_no_longer_than_whoever_waits_may_wait():
    """The tries and their pauses included."""
    with pytest.raises(Unreachable):
        look(reply((), 500), each_takes=LOOK_SECONDS / 2)
