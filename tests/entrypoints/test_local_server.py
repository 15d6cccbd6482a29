"""The local server: several requests at a time, and an end without a lost answer."""

import contextlib
import http.client
import socket
import threading
import time
from urllib.parse import urlsplit

import pytest

from tests.entrypoints.serving import ask, ask_on, served
from tocsin.entrypoints.local_server import LocalServer
from tocsin.errors import ConfigurationError


def hello(environ, start_response):
    body = f"{environ['REQUEST_METHOD']} {environ['PATH_INFO']}".encode()
    start_response("200 OK", [("Content-Length", str(len(body)))])
    return [body]


class Slow:
    """Answers when it is let; ``entered`` counts who is inside."""

    def __init__(self):
        self.let = threading.Event()
        self.entered = threading.Semaphore(0)

    def __call__(self, environ, start_response):
        self.entered.release()
        self.let.wait(20)
        return hello(environ, start_response)


@contextlib.contextmanager
def asking(url, number):
    """Ask so many things at once in the background; yield the answers as they come."""
    found = []
    threads = [
        threading.Thread(target=lambda n=n: found.append(ask(url, "GET", f"/{n}").body.decode())) for n in range(number)
    ]
    for thread in threads:
        thread.start()
    yield found
    for thread in threads:
        thread.join(20)


def connected(server):
    return contextlib.closing(http.client.HTTPConnection(urlsplit(server.url).netloc, timeout=20))


def test_several_requests_are_answered_at_a_time():
    """One that is slow holds up no other."""
    slow = Slow()
    with served(slow, threads=4) as server, asking(server.url, 4) as found:
        for _ in range(4):
            assert slow.entered.acquire(timeout=10)
        slow.let.set()
    assert sorted(found) == [f"GET /{number}" for number in range(4)]


def test_what_is_under_way_is_answered_when_it_ends():
    """What waits for a thread, too."""
    slow = Slow()
    with served(slow, threads=2) as server, asking(server.url, 6) as found:
        for _ in range(2):
            assert slow.entered.acquire(timeout=10)
        time.sleep(0.2)
        server.stop()
        time.sleep(0.2)
        slow.let.set()
    assert len(found) == 6


def test_a_request_that_is_half_sent_when_it_ends_is_answered():
    """Its sender was let in."""
    with served(hello) as server:
        host = urlsplit(server.url)
        with socket.create_connection((host.hostname, host.port), timeout=10) as half:
            half.sendall(b"GET /half HTTP/1.1\r\nHost: x\r\n")
            time.sleep(0.2)
            server.stop()
            time.sleep(0.3)
            half.sendall(b"\r\n")
            said = b""
            while more := half.recv(4096):
                said += more
    assert said.startswith(b"HTTP/1.1 200 OK")
    assert said.endswith(b"GET /half")


def test_nobody_new_is_let_in_once_it_ends():
    """They are refused at once, and can go elsewhere."""
    slow = Slow()
    with served(slow) as server, asking(server.url, 1):
        assert slow.entered.acquire(timeout=10)
        server.stop()
        time.sleep(0.3)
        with pytest.raises(OSError):
            ask(server.url, "GET", "/late")
        slow.let.set()


def test_an_idle_connection_does_not_hold_up_the_end():
    """Clients keep them open for the next request."""
    with served(hello) as server, connected(server) as kept:
        assert ask_on(kept, "GET", "/one").status == 200
        assert ask_on(kept, "GET", "/two").status == 200
        began = time.monotonic()
        server.stop()
        assert kept.sock.recv(1) == b""
    assert time.monotonic() - began < 5


def test_a_large_answer_arrives_whole():
    """Also when it ends meanwhile."""
    body = b"x" * 5_000_000

    def large(_environ, start_response):
        start_response("200 OK", [("Content-Length", str(len(body)))])
        return [body]

    with served(large) as server, connected(server) as slow:
        slow.request("GET", "/")
        time.sleep(0.3)
        server.stop()
        time.sleep(0.3)
        assert slow.getresponse().read() == body


def test_an_answer_does_not_wait_for_the_other_side():
    """Two small writes, each waiting for the other's acknowledgement, take 40 ms."""
    times = []
    with served(hello) as server, connected(server) as kept:
        for _ in range(21):
            began = time.perf_counter()
            ask_on(kept, "GET", "/x")
            times.append(time.perf_counter() - began)
    assert sorted(times)[10] < 0.02


def test_a_port_that_is_taken_is_said_in_a_line():
    """With what to do about it."""
    with served(hello) as server, pytest.raises(ConfigurationError) as raised:
        LocalServer(hello, host="127.0.0.1", port=urlsplit(server.url).port)
    assert "Address already in use" in str(raised.value)
    assert "--port" in raised.value.hint


def test_a_host_that_there_is_not_is_said_in_a_line():
    """In place of a traceback."""
    with pytest.raises(ConfigurationError, match=r"no-such-host\.invalid"):
        LocalServer(hello, host="no-such-host.invalid", port=0)


@pytest.mark.parametrize(
    "trusted, sent, address",
    [
        ("127.0.0.1", "198.51.100.1, 203.0.113.9", "203.0.113.9"),
        ("127.0.0.1", "2001:db8::9", "2001:db8::9"),
        ("127.0.0.1", None, "127.0.0.1"),
        ("192.0.2.1", "203.0.113.9", "127.0.0.1"),
        ("", "203.0.113.9", "127.0.0.1"),
    ],
)
def test_only_a_proxy_that_is_trusted_says_where_a_request_comes_from(trusted, sent, address):
    """Its own word alone, which is the last: what stands before that anybody may have written."""

    def where(environ, start_response):
        body = environ["REMOTE_ADDR"].encode()
        start_response("200 OK", [("Content-Length", str(len(body)))])
        return [body]

    with served(where, trusted_proxy=trusted) as server:
        headers = {} if sent is None else {"X_Forwarded_For": sent}
        assert ask(server.url, "GET", "/", **headers).body.decode() == address
