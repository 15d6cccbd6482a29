"""What each endpoint answers to its parameters."""

from datetime import timedelta
from email.utils import parsedate_to_datetime

import pytest

from tests.demo.calls import API_KEY, APP_KEY, KEYS, MONITORS, Caller
from tocsin.demo import DatadogServer
from tocsin.demo.exchange import Endpoint
from tocsin.demo.limits import Limit


def ids(reply):
    assert reply.status == 200
    return [item["id"] for item in reply.json]


def walk(ask, page_size, **query):
    """Return the ids of a whole keyset walk."""
    seen, offset = [], 0
    while page := ids(ask(MONITORS, id_offset=offset, page_size=page_size, **query)):
        seen += page
        offset = page[-1]
    return seen


@pytest.fixture
def ten(world):
    """Return ten monitors."""
    return [world.create(f"monitor {n}").id for n in range(10)]


def test_a_keyset_walk_sees_every_monitor_once(ten, ask):
    """Ids strictly greater than the offset, ascending, until an empty page."""
    assert walk(ask, 3) == ten
    assert ids(ask(MONITORS, id_offset=ten[4], page_size=2)) == ten[5:7]
    assert ask(MONITORS, id_offset=ten[-1]).body == b"[]"


def test_a_deletion_in_between_costs_a_keyset_walk_nothing(world, ten, ask):
    """id_offset misses no live monitor when one is deleted meanwhile; page does."""
    first = ids(ask(MONITORS, id_offset=0, page_size=5))
    by_page = ids(ask(MONITORS, page=0, page_size=5))
    world.delete(ten[0])
    assert first + ids(ask(MONITORS, id_offset=first[-1], page_size=5)) == ten
    assert ten[5] not in by_page + ids(ask(MONITORS, page=1, page_size=5))


def test_pages_are_counted_from_zero(ten, ask):
    """The parameters page and page_size slice the list; past its end is an empty page."""
    assert ids(ask(MONITORS, page=0, page_size=4)) == ten[:4]
    assert ids(ask(MONITORS, page=2, page_size=4)) == ten[8:]
    assert ids(ask(MONITORS, page=3, page_size=4)) == []


def test_without_paging_everything_comes_at_once(world, ask):
    """A page has 100 monitors unless told otherwise; without page and id_offset there is no limit."""
    made = [world.create(str(n)).id for n in range(150)]
    assert ids(ask(MONITORS)) == made
    assert ids(ask(MONITORS, page_size=10)) == made
    assert ids(ask(MONITORS, page=0)) == ids(ask(MONITORS, id_offset=0)) == made[:100]


@pytest.mark.parametrize(
    "query",
    [
        {"page": "-1"},
        {"page": "x"},
        {"page": "9" * 5000},
        {"id_offset": ""},
        {"page": "0", "page_size": "0"},
        {"id_offset": "0", "page_size": "1001"},
        {"with_downtimes": "perhaps"},
    ],
)
def test_a_bad_parameter_is_a_400_that_names_it(ten, ask, query):
    """Numbers must be numbers, a page at most 1000."""
    reply = ask(MONITORS, **query)
    assert reply.status == 400
    assert list(query)[-1] in reply.json["errors"][0]


@pytest.mark.parametrize("states", ["nonsense", "all,nonsense", "ok", "alert;warn"])
def test_unknown_group_states_are_a_400(ten, ask, states):
    """The recorded words, on the list and on one monitor alike."""
    for path in (MONITORS, f"{MONITORS}/{ten[0]}"):
        reply = ask(path, group_states=states)
        assert (reply.status, reply.json) == (400, {"errors": ["Invalid group_state filters."]})


def test_group_states_filter_the_groups(world, ask):
    """`state` shows the groups in the states that were asked for."""
    monitor = world.create("many", groups=("host:a", "host:b", "host:c", "host:d"))
    world.trigger(monitor, "host:a")
    world.trigger(monitor, "host:b", "Warn")
    world.no_data(monitor, "host:c")

    def shown(states):
        return [*ask(MONITORS, group_states=states).json[0]["state"]["groups"]]

    assert shown("all") == ["host:a", "host:b", "host:c", "host:d"]
    assert shown("alert, Warn") == ["host:a", "host:b"]
    assert shown("no data") == ["host:c"]
    assert "state" not in ask(MONITORS, group_states="").json[0]


def test_whether_group_states_filter_monitors_is_settable(world, ask):
    """By default a monitor without such groups comes with an empty state; the other way can be tried too."""
    quiet, loud = world.create("quiet"), world.create("loud")
    world.trigger(loud)
    by_default = ask(MONITORS, group_states="alert").json
    assert [item["state"]["groups"] == {} for item in by_default] == [True, False]
    with DatadogServer(world, api_key=API_KEY, app_key=APP_KEY, state_filters_monitors=True) as filtering:
        other = Caller(filtering)
        assert ids(other(MONITORS, group_states="alert")) == [loud.id]
        assert ids(other(MONITORS, group_states="all")) == [quiet.id, loud.id]
        other.close()


def test_the_list_filters_by_name_and_tags(world, ask):
    """A name is a part of the name in any case, monitor_tags all of them, tags the query's scope."""
    web = world.create("Web CPU", tags=["team:web", "env:prod"], query="avg(last_5m):avg:cpu{role:web,env:prod} > 1")
    db = world.create("DB cpu", tags=["team:data", "env:prod"], query="avg(last_5m):avg:cpu{role:db} > 1")
    assert ids(ask(MONITORS, name="cpu")) == [web.id, db.id]
    assert ids(ask(MONITORS, name="web c")) == [web.id]
    assert ids(ask(MONITORS, monitor_tags="env:prod, team:data")) == [db.id]
    assert ids(ask(MONITORS, tags="role:web,env:prod")) == [web.id]
    assert ids(ask(MONITORS, monitor_tags="team:nobody")) == []


def test_downtimes_show_until_they_end(world, clock, ask):
    """A mute shows in silenced and in matching_downtimes and is gone after its end; one not begun is not active."""
    monitor = world.create("many", groups=("host:a", "host:b"))
    until = clock() + timedelta(minutes=10)
    world.mute(monitor, "host:a", until)
    world.schedule_downtime(start=clock() + timedelta(hours=1))
    (item,) = ask(MONITORS, with_downtimes="true").json
    later, own = item["matching_downtimes"]
    assert item["options"]["silenced"] == {"host:a": int(until.timestamp())}
    assert (own["scope"], own["groups"], own["end"], own["active"]) == (
        ["host:a"],
        ["host:a"],
        int(until.timestamp()),
        True,
    )
    assert later["active"] is False
    clock.advance(minutes=10)
    (item,) = ask(MONITORS).json
    assert (item["options"]["silenced"], len(item["matching_downtimes"])) == ({}, 1)


def test_a_silenced_option_set_by_hand_is_shown_as_it_is(world, ask):
    """A test can show a `silenced` that Datadog forgot to clean."""
    world.create("one", options={"silenced": {"*": 1}})
    assert ask(MONITORS).json[0]["options"]["silenced"] == {"*": 1}


def test_an_unknown_monitor_is_a_404(world, ten, ask):
    """Never there, or deleted: the recorded words."""
    world.delete(ten[0])
    for number in (1, ten[0]):
        reply = ask(f"{MONITORS}/{number}")
        assert (reply.status, reply.json) == (404, {"errors": ["Monitor not found"]})


@pytest.mark.parametrize(
    "method, path",
    [
        ("GET", "/"),
        ("GET", "/api/v1/monitors"),
        ("GET", f"{MONITORS}/"),
        ("GET", f"{MONITORS}/abc"),
        ("GET", f"{MONITORS}/{'9' * 5000}"),
        ("POST", MONITORS),
        ("DELETE", f"{MONITORS}/1"),
        ("PUT", "/api/v1/validate"),
        ("PATCH", "/"),
        ("GET", "/demographics"),
    ],
)
def test_what_is_not_simulated_says_so_in_json(ask, method, path):
    """Any other path or method is a 404 that names it."""
    reply = ask(path, method)
    assert reply.status == 404
    assert reply.json["errors"] == [f"Not simulated: {method} {path}"]


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"DD-API-KEY": API_KEY},
        {"DD-APPLICATION-KEY": APP_KEY},
        {**KEYS, "DD-API-KEY": "wrong"},
        {**KEYS, "DD-APPLICATION-KEY": "wrong"},
    ],
)
def test_wrong_or_missing_keys_are_a_403(ten, ask, headers):
    """The recorded body, wherever one asks, and nothing of the monitors."""
    for path in (MONITORS, f"{MONITORS}/{ten[0]}", f"{MONITORS}/search", f"{MONITORS}/groups/search"):
        reply = ask(path, headers=headers)
        assert (reply.status, reply.json["errors"], reply.json["code"]) == (403, ["Forbidden"], 403)


def test_checking_keys_needs_only_the_api_key(ask):
    """GET /api/v1/validate looks at the first key alone."""
    assert ask("/api/v1/validate", headers={"DD-API-KEY": API_KEY}).json == {"valid": True}
    assert ask("/api/v1/validate", headers={"DD-API-KEY": "wrong"}).status == 403


def test_header_names_are_read_in_any_case(ask):
    """dd-api-key is DD-API-KEY."""
    assert ask(MONITORS, headers={name.lower(): value for name, value in KEYS.items()}).status == 200


@pytest.mark.parametrize("body", [b"{", b"[]", b"{}", b'{"type":"query alert"}'])
def test_validating_refuses_what_is_no_monitor(ask, body):
    """Not JSON, no object, no type or no query: 400."""
    reply = ask(f"{MONITORS}/validate", "POST", body=body)
    assert reply.status == 400
    assert reply.json["errors"]


def test_every_answer_tells_the_rate_limit(ten, ask):
    """200, 400, 403 and 404 alike carry the five headers, and Remaining goes down."""
    replies = [ask(MONITORS), ask(MONITORS, page="x"), ask(MONITORS, headers={}), ask(f"{MONITORS}/1")]
    for reply in replies:
        assert reply.headers["X-RateLimit-Period"] == "10"
        assert 1 <= int(reply.headers["X-RateLimit-Reset"]) <= 10
        assert int(reply.headers["X-RateLimit-Remaining"]) < int(reply.headers["X-RateLimit-Limit"])
    assert (replies[0].headers["X-RateLimit-Limit"], replies[3].headers["X-RateLimit-Limit"]) == ("1000", "3000")
    assert replies[0].headers["X-RateLimit-Name"] != replies[3].headers["X-RateLimit-Name"]


def test_more_than_the_limit_is_a_429_until_the_period_ends(world):
    """The third of two is refused and told how long to wait; in the next period all is well."""
    now = [1_000_003.5]
    limits = {Endpoint.LIST: Limit("monitor_list", 2)}
    with DatadogServer(world, api_key=API_KEY, app_key=APP_KEY, limits=limits, ticker=lambda: now[0]) as server:
        ask = Caller(server)
        assert [ask(MONITORS).headers["X-RateLimit-Remaining"] for _ in range(2)] == ["1", "0"]
        refused = ask(MONITORS)
        assert (refused.status, refused.json) == (429, {"errors": ["Too many requests"]})
        assert (refused.headers["X-RateLimit-Reset"], refused.headers["X-RateLimit-Remaining"]) == ("7", "0")
        assert ask("/api/v1/validate").status == 200
        now[0] += 7
        assert ask(MONITORS).status == 200
        ask.close()


def test_the_date_is_the_worlds(clock, ask):
    """The Date header follows the simulated clock."""
    assert parsedate_to_datetime(ask(MONITORS).headers["Date"]) == clock()
    clock.advance(minutes=90)
    assert parsedate_to_datetime(ask(MONITORS).headers["Date"]) == clock()


def test_requests_are_logged_without_a_key(world, ten, server, ask):
    """Method, path, query and status, oldest first; keys in headers or query leave no trace."""
    ask(MONITORS, id_offset=0, page_size=5, api_key=API_KEY, application_key=APP_KEY)
    ask(f"{MONITORS}/1")
    ask("/demo/monitors")
    first, second = server.requests
    assert (first.method, first.path, first.status, first.endpoint) == ("GET", MONITORS, 200, "list")
    assert first.query == {"id_offset": "0", "page_size": "5"}
    assert (second.status, second.endpoint, second.fault) == (404, "get", None)
    assert API_KEY not in repr(server.requests)
    assert APP_KEY not in repr(server.requests)
    server.forget_requests()
    assert server.requests == []
