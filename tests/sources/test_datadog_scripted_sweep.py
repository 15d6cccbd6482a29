"""A sweep of lists that a script gives: in disorder, cut off, or with what no Datadog should say."""

import pytest

from tests.sources.monitors import known, monitor
from tests.sources.scripted import API, APP, ScriptedHttp, Time, reply
from tocsin.domain.alert import Sweep
from tocsin.sources.datadog import DatadogSource

GONE = reply({"errors": ["Monitor not found"]}, 404)


def swept(script, *alerts, each_takes: float = 0.0, deadline: float = 120) -> Sweep:
    """Return a sweep of the answers in ``script``, each of which takes so many seconds."""
    time = Time()
    http = ScriptedHttp(script, time, each_takes)
    source = DatadogSource(API, APP, http=http, sleep=time.sleep, monotonic=time.monotonic, deadline=deadline)
    return source.sweep(alerts)


def test_a_403_on_a_later_page_makes_the_sweep_incomplete():
    """Keys that were revoked in between prove nothing about the monitors that did not come."""
    script = [reply(tuple(monitor(n) for n in range(1, 1_001))), reply({"errors": ["Forbidden"]}, 403)]
    sweep = swept(script)
    assert (sweep.complete, len(sweep.seen)) == (False, 1_000)
    assert "refused the keys" in sweep.why_incomplete


def test_a_total_deadline_holds_over_all_pages():
    """What was read before it is kept."""
    script = [reply(tuple(monitor(n) for n in range(first, first + 1_000))) for first in (1, 1_001, 2_001, 3_001)]
    sweep = swept(script, each_takes=10, deadline=25)
    assert len(sweep.seen) == 3_000
    assert sweep.why_incomplete == "page 4: Datadog (api.datadoghq.com) was not asked: the time for this sweep is over"


def test_a_monitor_of_another_id_confirms_nothing():
    """An answer to another question is no answer."""
    script = [reply((monitor(1),)), reply(()), reply(()), reply(monitor(6, "Alert"))]
    sweep = swept(script, known(5))
    assert (sweep.seen, sweep.gone, sweep.observations) == ({"1"}, frozenset(), [])


def test_confirming_stays_within_the_time():
    """What is left of the sweep's time is all there is."""
    script = [reply((monitor(1),)), reply(()), reply(()), GONE]
    sweep = swept(script, *(known(number) for number in range(100, 110)), each_takes=10, deadline=45)
    assert len(sweep.gone) == 2
    assert sweep.complete


def test_ids_that_do_not_ascend_make_the_sweep_incomplete():
    """Whoever answers does not page by keyset, so that nothing is known about what did not come."""
    page = reply((monitor(1), monitor(2, "Alert")))
    for script in ([page, page], [reply((monitor(2), monitor(1)))]):
        sweep = swept(script, known(9))
        assert not sweep.complete
        assert "do not ascend" in sweep.why_incomplete
        assert "2" in sweep.seen


def test_monitors_out_of_order_hide_none_behind_them():
    """The sweep proves nothing, but what alerts on the pages after them is observed."""
    for disorder in ([monitor(3), monitor(1), monitor(2)], [monitor(3), monitor(1)]):
        script = [reply(disorder), reply((monitor(7, "Alert"),)), reply(())]
        sweep = swept(script)
        assert "page 1: the ids do not ascend" in sweep.why_incomplete
        assert [seen.origin for seen in sweep.observations] == ["7"]


def test_a_monitor_that_comes_twice_in_a_page_hides_no_other():
    """The sweep is whole: nothing lies between a monitor and itself."""
    script = [reply((monitor(2), monitor(2), monitor(3, "Alert"))), reply(())]
    sweep = swept(script)
    assert sweep.complete
    assert [seen.origin for seen in sweep.observations] == ["3"]


@pytest.mark.parametrize("mark", ["2026-03-01T00:00:00+00:00", 1_772_323_200, True])
def test_a_monitor_marked_as_deleted_opens_nothing_and_is_asked_for(mark):
    """Its alerts end only when its own answer agrees, 404 or marked as well; else they stay as they were."""
    deleted = monitor(20, "Alert", {"*": "Alert"}, deleted=mark)
    for answer, gone in (
        (GONE, {"20"}),
        (reply(deleted), {"20"}),
        (reply({}, 403), set()),
        (reply(monitor(20, "OK", {"*": "OK"})), set()),
    ):
        sweep = swept([reply((deleted, monitor(30, "Alert"))), reply(()), answer], known(20))
        assert (sweep.complete, sweep.gone, sweep.seen) == (True, gone, {"20", "30"})
        assert [seen.origin for seen in sweep.observations] == ["30"]
        assert [problem.why for problem in sweep.problems] == ["it is marked as deleted"]


def test_a_page_without_any_id_makes_the_sweep_incomplete():
    """Nobody can ask for what comes after it."""
    sweep = swept([reply(({"name": "x"}, None))])
    assert (sweep.complete, len(sweep.problems)) == (False, 2)
    assert "no monitor on it has an id" in sweep.why_incomplete
