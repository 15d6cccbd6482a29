import pytest

from tocsin.demo import MonitorId
from tocsin.demo.faults import ServerError, WrongSite
from tocsin.entrypoints.sync_summary import brief
from tocsin.services.sync import SyncReport


@pytest.fixture
def watched(shop):
    """Return a way to watch that lets time pass while it waits, and presses Ctrl-C after some waits."""

    def watch(waits, *options, between=lambda number: None, **environ):
        waited = []

        def sleep(seconds):
            if seconds < 5:  # the pause of a retry
                return
            waited.append(seconds)
            shop.minutes(seconds / 60)
            if len(waited) == waits:
                raise KeyboardInterrupt
            between(len(waited))

        shop.sleep = sleep
        said = shop("sync", "--watch", "30", *options, **environ)
        assert waited == [30] * len(waited)
        return said

    return watch


def test_watching_goes_on_until_interrupted(watched, shop, datadog):
    """The first sync is told in full, a quiet one in a line."""
    said = watched(3, between=lambda number: datadog.world.trigger(MonitorId.CHECKOUT_ERRORS) if number == 1 else None)
    assert said.status == 130
    assert said.err == "tocsin: interrupted\n"
    assert said.out.count("26 monitors") == 3
    assert said.lines[-1] == "12:01:00 UTC  26 monitors, nothing new"
    assert "Opened 1" in said.lines
    assert shop("list", "--json").json[0]["title"] == "Checkout: error rate is high"


def test_watching_goes_on_over_what_may_pass_and_says_so_each_time(watched, datadog):
    """Two failed rounds, then a good one: nobody has to start it again."""
    datadog.faults.next(ServerError(), count=8)
    said = watched(3)
    assert said.status == 130
    assert said.err.count("has trouble (503)") == 2
    assert said.err.count("trying again in 30 s") == 2
    assert "26 monitors read" in said.out


def test_what_worked_once_is_tried_again_whatever_happens(watched, datadog):
    """A proxy's page or a laptop offline passes: a watch that gives up in the night loses the page."""

    def strike(number):
        if number == 1:
            datadog.faults.next(WrongSite(location="https://elsewhere.example/login"))

    said = watched(3, between=strike)
    assert said.status == 130
    assert said.err.count("tocsin: ") == 2  # that, and the interrupt
    assert said.out.count("26 monitors") == 2


def test_watching_ends_at_once_where_trying_again_cannot_help(watched):
    """Wrong keys are told, and not tried again and again."""
    said = watched(3, DATADOG_APP_KEY="another-key-than-the-right-one")
    assert said.status == 3
    assert "refused the keys" in said.err


def test_watching_as_json_prints_a_report_a_line(watched):
    """A program reads them as they come."""
    said = watched(2, "--json")
    assert len(said.lines) == 2
    assert all(line.startswith('{"source": "datadog"') for line in said.lines)


def test_an_incomplete_sweep_is_told_each_time(watched, datadog):
    """Even if nothing else happened: otherwise silence would pass for health."""
    datadog.faults.next(ServerError(), count=None, after=1)
    assert watched(1).out.count("INCOMPLETE") == 1


def test_a_quiet_sweep_is_one_line(shop):
    """With what opened and resolved, and whether anything was missing."""
    report = shop("sync", "--json").out
    quiet = SyncReport.model_validate_json(report)
    assert brief(quiet).endswith("UTC  26 monitors, nothing new")
    busy = quiet.model_copy(update={"opened": ("INC-1",), "resolved": ("INC-2", "INC-3")})
    assert brief(busy).endswith("26 monitors, 1 opened, 2 resolved")
    cut = quiet.model_copy(update={"complete": False, "why_incomplete": "page 2 failed"})
    assert brief(cut).endswith("nothing new; INCOMPLETE: page 2 failed")
