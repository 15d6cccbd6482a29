"""What every request has: headers of safety, an id, a line in the log, and a thread to itself."""

import sys
import threading
from typing import Annotated

import pytest
from aws_lambda_powertools.event_handler.openapi.params import Query

from tests.api.client import V1, with_route
from tocsin.api.answers import written
from tocsin.api.health import Alive

LIST = f"{V1}/incidents"


@pytest.mark.parametrize("path", ["/health", "/nothing", LIST, "/docs"])
def test_every_answer_has_the_headers_of_safety(client, path):
    """Errors too."""
    headers = client.get(path).headers
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert "default-src 'none'" in headers["Content-Security-Policy"]
    assert headers["Strict-Transport-Security"].startswith("max-age=")


def test_the_id_of_a_request_goes_in_and_comes_out(client):
    """Into the log as well."""
    assert client.get("/health", x_request_id="trace-7:1").headers["X-Request-Id"] == "trace-7:1"
    assert client.log.said[-1][2]["request_id"] == "trace-7:1"


@pytest.mark.parametrize("given", ["", "two words", "x" * 129, "a\nb", "é", "<script>"])
def test_an_id_that_is_not_sane_is_replaced(client, given):
    """It would reach the log."""
    assert client.get("/health", x_request_id=given).headers["X-Request-Id"] == "request-of-the-gateway"


def test_each_request_is_one_line_of_the_log(client):
    """Who, what, how it ended, how long it took and how much it was."""
    client.log.said.clear()
    reply = client.post(LIST, {"title": "Checkout is down"})
    ((text, facts),) = client.log.of("INFO")
    assert text == f"POST {LIST} 201"
    assert facts == {
        "request_id": "request-of-the-gateway",
        "method": "POST",
        "route": LIST,
        "status": 201,
        "milliseconds": 0.0,
        "key": "tests",
        "address": "127.0.0.1",
        "bytes_in": 29,
        "bytes_out": len(reply.body),
    }


@pytest.fixture
def restless():
    """Let threads take turns as often as they can."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(before)


def test_threads_answer_each_their_own_request(restless):
    """Powertools keeps the event at hand on a class that all resolvers share; ours do not."""

    def echo(who: Annotated[str, Query()]):
        """Say who asked."""
        return written(Alive(version=who))

    client = with_route(echo)
    wrong = []

    def ask(who):
        for _ in range(100):
            reply = client.get("/extra", query={"who": who})
            if reply.status != 200 or reply.json["version"] != who:
                wrong.append((who, reply.body))

    threads = [threading.Thread(target=ask, args=(f"{number}",)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong
