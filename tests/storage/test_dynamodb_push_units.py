"""What a push costs on the table: request units as the stand-in counts them, against the bars of the design."""

import pytest

from tests import tables
from tests.desk import Desk, at, fires, is_over
from tests.storage.test_dynamodb_units import MESSAGE, items_of
from tests.storage.transports import REFUSED, Charged, a_patient_store, bytes_of
from tocsin.domain.alert import Source


def an_ordinary_alert(name, minutes=None, **more):
    """Build what an Alertmanager says of one host: long annotations, a dozen labels, links."""
    tags = tuple(f"label_{number}:value of label {number}" for number in range(12))
    links = {
        "runbook": "https://wiki.example.com/runbooks/checkout-errors",
        "monitor": "http://prometheus.example.com:9090/graph?g0.expr=sum%28rate%28errors%5B5m%5D%29%29+%3E+5&g0.tab=1",
        "group": "http://alertmanager.example.com:9093/#/alerts?filter=%7Balertname%3D%22HighErrorRate%22%2Chost%3D%22a%22%7D",
    }
    given = {
        "source": Source.ALERTMANAGER,
        "since": 0.0,
        "key": f"prometheus:{name:0>16}",
        "group": f"instance:10.0.0.1:9100,host:{name}",
        "title": f"HighErrorRate: errors 12 on {name}",
        "message": MESSAGE,
        "query": "sum(rate(http_requests_total{code=~'5..',service='checkout'}[5m])) by (host) > 5",
        "tags": tags,
        "links": links,
        "team": "payments",
    }
    return fires(name, minutes, **(given | more))


@pytest.fixture
def counted(ministack):
    """Return a desk on a table of ministack, and the units that it uses."""
    units = Charged(ministack)
    table = tables.a_table(ministack)
    desk = Desk(a_patient_store(units, table))
    desk.push(fires("first", service="first"))  # the table's first number, and the first month
    units.written.clear()
    units.read.clear()
    desk.rows = lambda: list(items_of(ministack, table, "ALERT#alertmanager"))
    return desk, units


def test_a_new_incident_takes_at_most_ten_write_units_and_three_for_its_page(counted):
    """As one of a sweep does; and one more for the touch that found nothing."""
    desk, units = counted
    assert desk.push(an_ordinary_alert("web-17")).opened
    refused = units.written.pop(REFUSED)
    assert (refused, units.written.total()) == (1, 13)
    assert units.read.total() <= 1


def test_a_duplicate_takes_one_write_unit_and_no_read(counted):
    """However often it comes, and however many are in one delivery."""
    desk, units = counted
    alerts = [an_ordinary_alert(f"web-{number}") for number in range(20)]
    desk.push(*alerts)
    units.written.clear()
    units.read.clear()
    for minute in (1, 2, 3):
        desk.minute(minute).push(*alerts)
    assert (units.written, units.read.total()) == ({"update_item": 60}, 0)
    assert max(map(bytes_of, desk.rows())) <= 1024


def test_a_late_duplicate_of_what_is_over_takes_one_write_unit_and_no_read(counted):
    """The refused touch brings the tombstone along, which says all."""
    desk, units = counted
    desk.push(an_ordinary_alert("web-1"), an_ordinary_alert("web-1", 1, word="resolved", resolved_at=at(1)))
    units.written.clear()
    units.read.clear()
    desk.minute(2).push(an_ordinary_alert("web-1"))
    assert (units.written, units.read.total()) == ({REFUSED: 1}, 0)


def test_a_recovery_costs_what_it_costs_in_a_sweep(counted):
    """Incident 2, list 1, events 2, tombstone 2, archived episode 2, timer 2 and its index 1; and three small reads."""
    desk, units = counted
    desk.push(an_ordinary_alert("web-1"))
    units.written.clear()
    units.read.clear()
    desk.minute(1).push(an_ordinary_alert("web-1", 1, word="resolved", resolved_at=at(1)))
    assert units.written.total() <= 12
    assert units.read.total() <= 2


def test_an_end_that_was_not_known_takes_two_units(counted):
    """Its tombstone, and nothing else."""
    desk, units = counted
    desk.push(is_over("never seen", 1))
    assert units.written == {"transact_write_items": 2}


def test_a_repetition_with_a_timer_costs_no_more(counted):
    """The timer is written with the row, 3 units with its index, and not again."""
    desk, units = counted
    desk.push(an_ordinary_alert("web-1", expires_in=600.0))
    units.written.pop(REFUSED)
    assert units.written.total() <= 16
    units.written.clear()
    desk.minute(1).push(an_ordinary_alert("web-1", expires_in=600.0))
    assert units.written == {"update_item": 1}


def test_a_row_is_no_larger_than_a_unit_whatever_its_sender_writes(counted):
    """All that a row keeps of what was pushed is short."""
    desk, units = counted
    loud = {name: f"{name} " * 300 for name in ("title", "query", "group", "message")}
    desk.push(an_ordinary_alert("web-1", expires_in=600.0, cycle_key="c" * 60, **loud))
    units.written.clear()
    desk.minute(1).push(an_ordinary_alert("web-1", expires_in=600.0, cycle_key="c" * 60, **loud))
    assert units.written == {"update_item": 1}
    assert max(map(bytes_of, desk.rows())) <= 1024
