"""Faults: each does to the wire what it says, where and as often as it was planned."""

import http.client
import time

import pytest

from tests.demo.calls import KEYS, MONITORS
from tocsin.demo.faults import (
    KINDS,
    POISONED_OPTIONS,
    ConnectionReset,
    CutBody,
    ItemsMissing,
    Nonsense,
    PageMissing,
    Poison,
    PoisonedMonitor,
    RateLimited,
    ServerError,
    Slow,
    Trickle,
    WrongSite,
)


@pytest.fixture(autouse=True)
def five(world):
    """Return the ids of five monitors."""
    return [world.create(f"monitor {n}", tags=["a:b"]).id for n in range(5)]


def ids(reply):
    return [item["id"] for item in reply.json]


def test_rate_limited_answers_429_with_the_time_to_wait(server, ask):
    """429, none remaining, and the reset that was planned; without one the header is missing."""
    server.faults.next(RateLimited(reset=17))
    server.faults.next(RateLimited(reset=0.25))
    server.faults.next(RateLimited(reset=None))
    replies = [ask(MONITORS) for _ in range(3)]
    assert [reply.status for reply in replies] == [429] * 3
    assert [reply.headers["X-RateLimit-Reset"] for reply in replies] == ["17", "0.25", None]
    assert replies[0].headers["X-RateLimit-Remaining"] == "0"
    assert ask(MONITORS).status == 200


def test_server_error_answers_what_a_gateway_does(server, ask):
    """A 5xx with HTML."""
    server.faults.next(ServerError(502))
    reply = ask(MONITORS)
    assert (reply.status, reply.headers["Content-Type"]) == (502, "text/html")
    assert b"<html>" in reply.body


@pytest.mark.parametrize("headers", [KEYS, {**KEYS, "Accept-Encoding": "gzip"}])
def test_a_cut_body_ends_before_its_length(server, ask, headers):
    """The promised length is more than what comes, plain or compressed, and nothing warns of it."""
    server.faults.next(CutBody(0.5))
    with pytest.raises(http.client.IncompleteRead) as cut:
        ask(MONITORS, headers=headers)
    assert len(cut.value.partial) > 0
    assert cut.value.expected > 0
    ask.connection.close()
    assert ask(MONITORS).status == 200


def test_a_slow_answer_is_late_but_whole(server, ask, five):
    """Nothing for a while, then everything."""
    server.faults.next(Slow(0.2))
    before = time.monotonic()
    assert ids(ask(MONITORS)) == five
    assert time.monotonic() - before >= 0.2


def test_a_trickle_never_pauses_long_and_takes_its_time(server, ask, five):
    """The first byte comes early, the last one late, and all are there."""
    server.faults.next(Trickle(0.4))
    before = time.monotonic()
    ask.connection.request("GET", MONITORS, headers=KEYS)
    answer = ask.connection.getresponse()
    first_byte = answer.read(1)
    early = time.monotonic() - before
    assert len(first_byte + answer.read()) == int(answer.headers["Content-Length"])
    assert early < 0.3 < time.monotonic() - before


def test_nonsense_is_a_200_of_something_else(server, ask):
    """An object in place of the list, or whatever was planned."""
    server.faults.next(Nonsense())
    server.faults.next(Nonsense("<html>", "text/html"))
    assert ask(MONITORS).json == {}
    reply = ask(MONITORS)
    assert (reply.status, reply.body, reply.headers["Content-Type"]) == (200, b"<html>", "text/html")


def test_a_missing_page_is_empty(server, ask, five):
    """The walk ends early and looks complete."""
    server.faults.next(PageMissing(), where={"id_offset": str(five[1])})
    assert ids(ask(MONITORS, id_offset=0, page_size=2)) == five[:2]
    assert ids(ask(MONITORS, id_offset=five[1], page_size=2)) == []
    assert ids(ask(MONITORS, id_offset=five[1], page_size=2)) == five[2:4]


def test_missing_items_are_skipped(server, ask, five):
    """A page without some of its monitors."""
    server.faults.next(ItemsMissing(first=1, count=2))
    assert ids(ask(MONITORS)) == [five[0], *five[3:]]


def test_a_reset_connection_answers_nothing(server, ask):
    """The client sees the connection reset, the log a request with status 0, and the next connection works."""
    server.faults.next(ConnectionReset())
    with pytest.raises(ConnectionResetError):
        ask(MONITORS)
    ask.connection.close()
    assert ask(MONITORS).status == 200
    assert [(r.status, r.fault) for r in server.requests] == [(0, "connection_reset"), (200, None)]


def test_poison_is_one_more_item_in_the_page(server, ask, five):
    """A string, or anything, among the monitors."""
    server.faults.next(Poison())
    server.faults.next(Poison({"id": "x"}, position=3))
    assert ask(MONITORS).json[0] == "not a monitor"
    items = ask(MONITORS).json
    assert (len(items), items[3]) == (6, {"id": "x"})


def test_a_poisoned_monitor_keeps_its_id(server, ask, five):
    """Null where Datadog may send null, or options that only a strict reader refuses; past the page's end, nothing."""
    server.faults.next(PoisonedMonitor())
    server.faults.next(PoisonedMonitor(POISONED_OPTIONS, position=2))
    server.faults.next(PoisonedMonitor(position=9))
    nulls = ask(MONITORS, group_states="all").json
    assert ([item["id"] for item in nulls], nulls[0]["options"], nulls[0]["state"]) == (five, None, None)
    bent = ask(MONITORS).json[2]
    assert bent["id"] == five[2]
    assert bent["options"]["scheduling_options"]["evaluation_window"]["month_starts"] == 15
    assert ask(MONITORS).json == ask(MONITORS).json


def test_faults_of_lists_leave_other_answers_alone(server, ask, five):
    """A page fault that strikes one monitor changes nothing."""
    server.faults.next(PageMissing())
    assert ask(f"{MONITORS}/{five[0]}").json["id"] == five[0]


def test_the_wrong_site_redirects_or_shows_a_page(server, ask):
    """302 to elsewhere, or a log-in page with status 200."""
    server.faults.next(WrongSite("https://app.example.com/"))
    server.faults.next(WrongSite())
    redirect, page = ask(MONITORS), ask(MONITORS)
    assert (redirect.status, redirect.headers["Location"]) == (302, "https://app.example.com/")
    assert (page.status, page.headers["Content-Type"], page.body[:9]) == (200, "text/html", b"<!doctype")


def test_a_fault_strikes_where_and_as_often_as_planned(server, ask, five):
    """By endpoint, after some requests that go well, so many times."""
    server.faults.next(ServerError(), endpoint="list", after=1, count=2)
    one = f"{MONITORS}/{five[0]}"
    assert [ask(path).status for path in (MONITORS, one, MONITORS, MONITORS, one, MONITORS)] == [
        200,
        200,
        503,
        503,
        200,
        200,
    ]
    assert server.faults.pending() == []


def test_faults_strike_in_the_order_they_were_planned(server, ask):
    """One request takes one fault; the rest wait."""
    server.faults.next(ServerError(500))
    server.faults.next(ServerError(504), endpoint="list")
    assert [ask(MONITORS).status for _ in range(3)] == [500, 504, 200]


def test_a_standing_fault_goes_on_until_cleared(server, ask):
    """always() strikes every time."""
    server.faults.always(ServerError(), endpoint="list")
    assert [ask(MONITORS).status for _ in range(5)] == [503] * 5
    assert [rule.count for rule in server.faults.pending()] == [None]
    server.faults.clear()
    assert ask(MONITORS).status == 200


def test_an_unknown_endpoint_is_refused(server):
    """A fault for an endpoint that does not exist would never strike."""
    with pytest.raises(ValueError, match="lists"):
        server.faults.next(ServerError(), endpoint="lists")


def test_every_fault_has_a_kind_of_its_own():
    """The names for HTTP are the faults' own."""
    assert len(KINDS) == 12
    assert all(KINDS[kind]().kind == kind for kind in KINDS)
