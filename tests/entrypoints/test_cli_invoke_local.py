"""``invoke-local``: the function as Lambda runs it, on this machine."""

import json

import pytest

from tests.entrypoints.command_line import process
from tocsin.demo import MonitorId
from tocsin.demo.faults import ServerError, Slow

pytestmark = pytest.mark.usefixtures("quiet_logs")


def test_it_prints_the_report_and_keeps_log_and_metrics_apart(shop, datadog):
    """The result can be piped on; what CloudWatch would read goes to standard error."""
    datadog.world.trigger(MonitorId.CHECKOUT_ERRORS)
    said = shop("invoke-local", LOG_LEVEL="INFO")
    assert said.status == 0, said.err
    assert said.json["opened"] == ["INC-1001"]
    lines = [json.loads(line) for line in said.err.splitlines()]
    assert [one["message"] for one in lines if "_aws" not in one] == ["synced"]
    assert any("SuccessfulSweeps" in one for one in lines)
    assert "INC-1001" in shop("list").out


def test_it_fails_as_on_lambda_and_says_so_as_every_command(shop, datadog):
    """The error's own exit status, and one line at the end."""
    datadog.faults.always(ServerError())
    said = shop("invoke-local")
    assert said.status == 3
    *logged, line, hint = said.err.splitlines()
    assert line.startswith("tocsin: Datadog (127.0.0.1:")
    assert hint.startswith("  Try again later")
    assert "the sync failed" in json.loads(logged[0])["message"]


def test_the_deadline_is_that_of_the_function_or_another(shop, datadog):
    """A slow Datadog shows what a timeout would do."""
    datadog.faults.always(Slow(seconds=5))
    assert shop("invoke-local", "--timeout", "1").status == 3


def test_it_works_on_the_store_that_is_chosen(shop, datadog, tmp_path):
    """As every command that opens one."""
    datadog.world.trigger(MonitorId.CHECKOUT_ERRORS)
    chosen = f"json:{tmp_path / 'other.json'}"
    assert shop("invoke-local", "--store", chosen).status == 0
    assert "INC-1001" in shop("list", "--store", chosen).out
    assert "INC-1001" not in shop("list").out


def test_as_a_process_of_its_own_nothing_but_the_result_is_on_standard_output(tmp_path, settings):
    """What a person runs."""
    said = process(tmp_path, "invoke-local", **settings)
    assert said.status == 0
    assert said.json["complete"]
    assert settings["DATADOG_API_KEY"] not in said.out + said.err
