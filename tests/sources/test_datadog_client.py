"""How often and when Datadog is asked again, and what each failure is called."""

from datetime import UTC, datetime

import pytest

from tests.sources.scripted import API, APP, client, reply
from tocsin.errors import KeysRefused, Nonsense, RateLimited, SourceError, Unreachable, WrongSite
from tocsin.sources.datadog_client import LONGEST_PAUSE, MOST_TRIES
from tocsin.sources.datadog_http import NoReply

PAGE = reply(({"id": 1},))
GONE = reply({"errors": ["Monitor not found"]}, 404)
NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


def refused(*script, seconds: float = 120, **how) -> tuple[SourceError, list[float], int]:
    """Return the error of a page, the pauses made, and how often it was asked for."""
    asking, http, time = client(*script, **how)
    with pytest.raises(SourceError) as caught:
        asking.page(0, asking.within(seconds))
    error = caught.value
    assert "\n" not in str(error)
    assert error.hint
    assert error.__cause__ is None
    assert error.__context__ is None
    return error, time.waits, len(http.asked)


def test_a_page_is_its_items_and_the_time_of_the_answer():
    """The time is Datadog's own, from the Date header."""
    asking, http, time = client(PAGE)
    page = asking.page(7, asking.within(10))
    assert (page.items, page.at) == ([{"id": 1}], NOON)
    assert (http.asked, time.waits) == ([("list", 7)], [])


@pytest.mark.parametrize("date", ["", "yesterday", " ", "Mon, 99 Foo 2026", "Fri, 31 Dec 9999 23:59:59 -2359"])
def test_without_a_usable_date_the_given_clock_counts(date):
    """A missing or broken Date header is no reason to fail."""
    asking, _, _ = client(reply((), date=date), clock=lambda: NOON)
    assert asking.page(0, asking.within(10)).at == NOON


@pytest.mark.parametrize("date", ["Mon, 02 Mar 2026 12:00:00 -0000", "Mon, 02 Mar 2026 13:00:00 +0100"])
def test_other_ways_to_write_a_date_are_read(date):
    """All times are UTC in the end."""
    asking, _, _ = client(reply((), date=date))
    assert asking.page(0, asking.within(10)).at == NOON


@pytest.mark.parametrize(
    "trouble",
    [
        reply(b"oops", 500),
        reply(b"<html>bad gateway</html>", 502),
        reply({"errors": ["Timeout"]}, 504),
        reply({}, 408),
        reply({"errors": []}, 429),
        reply(b'[{"id": 1}, {"id'),
        reply(b""),
        reply(b"\xff\xfe"),
        reply({"status": "ok"}),
        reply(b"<html>log in</html>"),
        reply(b"null"),
        reply(b"[" * 100_000),
        NoReply("connection reset by peer"),
        NoReply("its name could not be resolved", unknown_host=True),
    ],
)
def test_what_may_pass_is_asked_again(trouble):
    """Server errors, limits, cut and odd bodies, broken connections: the page is fetched anew, whole."""
    asking, http, time = client(trouble, trouble, PAGE)
    assert asking.page(0, asking.within(120)).items == [{"id": 1}]
    assert len(http.asked) == 3
    assert len(time.waits) == 2


def test_trying_again_has_an_end():
    """After the last try the error says how often it was tried; the pauses grew and were jittered."""
    error, waits, asked = refused(reply(b"", 503), jitter=1.0)
    assert str(error) == f"Datadog (api.datadoghq.com) has trouble (503) (gave up after {MOST_TRIES} tries)"
    assert asked == MOST_TRIES
    assert waits == [0.5, 1.0, 2.0]
    assert refused(reply(b"", 503), jitter=0.0)[1] == [0.25, 0.5, 1.0]


@pytest.mark.parametrize("status", [401, 403])
def test_refused_keys_are_never_tried_twice(status):
    """The hint names both variables, the site and the scope."""
    error, waits, asked = refused(reply({"errors": ["Forbidden", API]}, status))
    assert isinstance(error, KeysRefused)
    assert str(error) == f"Datadog (api.datadoghq.com) refused the keys ({status})"
    assert all(word in error.hint for word in ("DATADOG_API_KEY", "DATADOG_APP_KEY", "datadoghq.com", "monitors_read"))
    assert (waits, asked) == ([], 1)


@pytest.mark.parametrize(
    "script, kind, words, tries",
    [
        (reply({"errors": ["Not found"]}, 404), WrongSite, "has no list of monitors (404)", 1),
        (reply(b"", 302, location="https://evil.example.com"), WrongSite, "redirects to elsewhere (302)", 1),
        (reply(b"", 304), WrongSite, "redirects to elsewhere (304)", 1),
        (reply(b" <!doctype html>"), WrongSite, "answered a web page", MOST_TRIES),
        (NoReply("its name could not be resolved", unknown_host=True), WrongSite, "could not be resolved", MOST_TRIES),
        (NoReply("its name could not be resolved"), Unreachable, "could not be resolved", MOST_TRIES),
        (NoReply("its certificate", untrusted=True), Unreachable, "cannot be trusted", 1),
        (NoReply("connection refused"), Unreachable, "cannot be reached: connection refused", MOST_TRIES),
        (reply({}, 429), RateLimited, "limits the rate (429)", MOST_TRIES),
        (reply({"errors": ["Bad"]}, 400), Nonsense, "answered with status 400", 1),
        (reply(b"", 204), Nonsense, "answered with status 204", 1),
        (reply({"errors": []}), Nonsense, "answered something that is no list of monitors", MOST_TRIES),
        (reply(b"gibberish"), Nonsense, "answered something that is no list of monitors", MOST_TRIES),
    ],
)
def test_failures_are_told_apart(script, kind, words, tries):
    """One line each, with what to do about it; and nothing of what the server wrote."""
    error, _, asked = refused(script)
    assert type(error) is kind
    assert words in str(error)
    assert "evil" not in str(error)
    assert asked == tries


@pytest.mark.parametrize(
    "headers, wait",
    [
        ({"x_ratelimit_reset": "7"}, 7.0),
        ({"x_ratelimit_reset": "2.5"}, 2.5),
        ({"retry_after": "3"}, 3.0),
        ({"x_ratelimit_reset": "soon", "retry_after": "3"}, 3.0),
        ({"x_ratelimit_reset": "9", "retry_after": "3"}, 9.0),
        ({"x_ratelimit_reset": "100000"}, LONGEST_PAUSE),
        ({"x_ratelimit_reset": "0"}, 0.25),
        ({"x_ratelimit_reset": "-5"}, 0.25),
        ({"x_ratelimit_reset": "nan"}, 0.25),
        ({"x_ratelimit_reset": "inf"}, 0.25),
        ({"retry_after": "Mon, 02 Mar 2026 12:00:09 GMT"}, 0.25),
        ({}, 0.25),
    ],
)
def test_a_rate_limit_is_waited_out_up_to_a_cap(headers, wait):
    """X-RateLimit-Reset goes before Retry-After; no or hardly any number of seconds leaves the usual pause."""
    asking, _, time = client(reply({}, 429, **headers), PAGE)
    asking.page(0, asking.within(120))
    assert time.waits == [wait]


def test_those_who_wait_for_the_same_moment_come_back_at_different_ones():
    """A little jitter on top of what was asked."""
    asking, _, time = client(reply({}, 429, x_ratelimit_reset="4"), PAGE, jitter=1.0)
    asking.page(0, asking.within(120))
    assert time.waits == [4.5]


def test_a_server_in_trouble_may_say_when_to_come_back():
    """Retry-After of a 503 is honoured."""
    asking, _, time = client(reply(b"", 503, retry_after="6"), PAGE)
    asking.page(0, asking.within(120))
    assert time.waits == [6.0]


def test_no_pause_outlasts_the_time():
    """A wait that cannot end in time is not begun: the error comes at once."""
    error, waits, asked = refused(reply({}, 429, x_ratelimit_reset="20"), seconds=10)
    assert type(error) is RateLimited
    assert (waits, asked) == ([], 1)


def test_the_time_for_a_sweep_holds_over_all_tries():
    """Tries and pauses together stay within it; the error is that of the last try."""
    error, waits, asked = refused(NoReply("it did not answer in time"), seconds=25, each_takes=12)
    assert type(error) is Unreachable
    assert (len(waits), asked) == (2, 3)


def test_when_the_time_is_over_nothing_is_asked():
    """The error says so."""
    error, _, asked = refused(PAGE, seconds=0)
    assert str(error) == "Datadog (api.datadoghq.com) was not asked: the time for this sweep is over"
    assert asked == 0


def test_one_monitor_is_a_page_of_its_own():
    """With the time of the answer, like a page of the list."""
    asking, http, _ = client(reply({"id": 5}))
    page = asking.monitor(5, asking.within(10))
    assert page is not None
    assert (page.items, page.at, http.asked) == ([{"id": 5}], NOON, [("one", 5)])


def test_only_datadogs_own_404_proves_that_a_monitor_is_gone():
    """A proxy's 404 is a failure like any other."""
    asking, _, _ = client(GONE)
    assert asking.monitor(5, asking.within(10)) is None
    for body in (b"<html>not found</html>", b"", b"[]", b'{"errors": "x"}'):
        asking, _, _ = client(reply(body, 404))
        with pytest.raises(WrongSite):
            asking.monitor(5, asking.within(10))


def test_one_monitor_that_is_none_is_asked_for_again():
    """A list, a text or a cut body in its place."""
    for body in (b"[]", b'"x"', b'{"id": 5'):
        asking, http, _ = client(reply(body), reply({"id": 5}))
        assert asking.monitor(5, asking.within(10)) is not None
        assert len(http.asked) == 2
    asking, _, _ = client(reply({"errors": []}, 403))
    with pytest.raises(KeysRefused):
        asking.monitor(5, asking.within(10))


def test_a_page_with_an_unpaired_surrogate_or_nan_is_read():
    """One odd name must not hide the monitors beside it."""
    asking, _, _ = client(reply(b'[{"id": 1, "name": "\\ud800", "x": NaN}, {"id": 2, "name": "\xff"}]'))
    assert [item["id"] for item in asking.page(0, asking.within(10)).items] == [1, 2]


def test_no_error_holds_a_key():
    """Not even when the server repeats it."""
    leaky = f"{API} {APP}".encode()
    for script in (reply(leaky), reply(leaky, 500), reply(leaky, 403), reply(leaky, 302, location=f"/{API}")):
        error, _, _ = refused(script)
        assert not [key for key in (API, APP) if key in f"{error!r} {error} {error.hint} {vars(error)}"]


def test_closing_gives_the_connections_back():
    """Whatever the client asks through is closed with it."""
    asking, http, _ = client(PAGE)
    asking.close()
    assert http.closed
