"""The server as a server: connections, compression, threads, stopping, freezing."""

import gzip
import io
import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.demo.calls import API_KEY, APP_KEY, KEYS, MONITORS, Caller
from tocsin.demo import DatadogServer, organisation
from tocsin.demo.faults import ServerError, Slow, Trickle

GZIP = {**KEYS, "Accept-Encoding": "gzip, deflate"}


def ours():
    return [thread for thread in threading.enumerate() if thread.name.startswith("simulated-datadog")]


def test_a_connection_is_kept_alive(world, ask):
    """Many requests, one connection, errors and bodies among them."""
    world.create("one")
    ask(MONITORS)
    first = ask.connection.sock
    for path, method, body in ((MONITORS, "GET", None), ("/nowhere", "POST", {"a": 1}), (f"{MONITORS}/1", "GET", None)):
        ask(path, method, body=body)
    assert ask.connection.sock is first


def test_an_answer_does_not_wait_for_an_acknowledgement(ask):
    """Fifty small answers take far less than fifty times 40 ms."""
    ask(MONITORS)
    before = time.monotonic()
    for _ in range(50):
        ask("/api/v1/validate")
    assert time.monotonic() - before < 1


def test_gzip_comes_when_asked_for(world, ask):
    """The same content, compressed, with the length of what is sent; plain otherwise."""
    world.create("one", message="long " * 500)
    plain, packed = ask(MONITORS), ask(MONITORS, headers=GZIP)
    assert (plain.headers["Content-Encoding"], packed.headers["Content-Encoding"]) == (None, "gzip")
    assert plain.body == packed.body
    assert len(packed.raw) == int(packed.headers["Content-Length"]) < len(plain.raw)


def test_head_has_no_body(ask):
    """HEAD is answered like any method that is not simulated, without the body."""
    reply = ask(MONITORS, "HEAD")
    assert (reply.status, reply.raw) == (404, b"")
    assert ask(MONITORS).status == 200


@pytest.mark.parametrize(
    "request_bytes, status",
    [
        (b"GET\r\n\r\n", b"400"),
        (b"GET / HTTP/9.9\r\n\r\n", b"505"),
        (b"BREW / HTTP/1.1\r\nHost: x\r\n\r\n", b"501"),
        (b"POST / HTTP/1.1\r\nContent-Length: many\r\n\r\n", b"411"),
        (b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n", b"411"),
        (b"POST / HTTP/1.1\r\nContent-Length: 1000001\r\n\r\n", b"413"),
        (b"POST / HTTP/1.1\r\nContent-Length: 99999999999\r\n\r\n", b"413"),
    ],
)
def test_what_cannot_be_parsed_is_refused_in_json(server, request_bytes, status):
    """A status, a JSON body, and the connection ends."""
    with socket.create_connection(("127.0.0.1", server.port), timeout=5) as connection:
        connection.sendall(request_bytes)
        answer = b"".join(iter(lambda: connection.recv(65536), b""))
    head, _, body = answer.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 " + status)
    assert body.startswith(b'{"errors":[')


def test_it_listens_on_loopback_only(server):
    """Bound to 127.0.0.1, on a port of the system's choosing, and the URL says so."""
    assert server._listener.server_address[0] == "127.0.0.1"
    assert server.url == f"http://127.0.0.1:{server.port}"
    assert server.port > 0


def test_parallel_requests_are_each_answered_right(world, server):
    """Sixteen connections at once while the world moves: every answer is whole and true to its question."""
    made = [world.create(str(n), groups=("host:a", "host:b")).id for n in range(50)]
    stop = threading.Event()

    def move():
        while not stop.is_set():
            world.trigger(made[0], "host:c")
            world.remove_group(made[0], "host:c")

    def many(number):
        ask = Caller(server)
        answers = [ask(f"{MONITORS}/{made[number]}").json["id"] for _ in range(10)]
        whole = [item["id"] for item in ask(MONITORS, headers=GZIP, group_states="all").json]
        ask.close()
        return answers, whole

    mover = threading.Thread(target=move)
    mover.start()
    with ThreadPoolExecutor(16) as pool:
        results = list(pool.map(many, range(16)))
    stop.set()
    mover.join()
    for number, (answers, whole) in enumerate(results):
        assert (answers, whole) == ([made[number]] * 10, made)
    assert len(server.requests) == 16 * 11


def test_stopping_leaves_nothing_behind(world):
    """Idle, slow and trickling connections end at once; threads and the port are free again."""
    world.create("one", message="long " * 500)
    server = DatadogServer(world, api_key=API_KEY, app_key=APP_KEY).start()
    port, callers = server.port, [Caller(server) for _ in range(3)]
    callers[0](MONITORS)
    server.faults.next(Slow(30))
    server.faults.next(Trickle(30))
    for caller in callers[1:]:
        caller.connection.request("GET", MONITORS, headers=KEYS)
        deadline = time.monotonic() + 5
        while len(server.requests) < callers.index(caller) + 1 and time.monotonic() < deadline:
            time.sleep(0.01)
    before = time.monotonic()
    server.stop()
    server.stop()
    assert time.monotonic() - before < 5
    assert ours() == []
    for caller in callers:
        caller.close()
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port), timeout=1)
    with DatadogServer(world, port=port) as again:
        assert again.port == port


def test_a_server_runs_once_and_tells_when_it_does_not(world):
    """Starting twice is an error, and so is asking a stopped server for its port; a stopped one may start again."""
    server = DatadogServer(world)
    with pytest.raises(RuntimeError, match="does not run"):
        _ = server.url
    for _ in range(2):
        with server, pytest.raises(RuntimeError, match="runs already"):
            server.start()
    with server, DatadogServer(world, port=0), pytest.raises(OSError, match="in use"):
        DatadogServer(world, port=server.port).start()
    assert ours() == []


def test_a_client_that_goes_away_is_no_error(world, server, capfd):
    """Hanging up in the middle of an answer prints nothing and harms nobody."""
    for _ in range(50):
        world.create("long", message="long " * 20_000)
    for _ in range(3):
        with socket.create_connection(("127.0.0.1", server.port), timeout=5) as connection:
            lines = "".join(f"{name}: {value}\r\n" for name, value in KEYS.items())
            connection.sendall(f"GET {MONITORS} HTTP/1.1\r\n{lines}\r\n".encode())
            connection.recv(100)
    caller = Caller(server)
    assert caller(MONITORS).status == 200
    caller.close()
    server.stop()
    assert capfd.readouterr() == ("", "")


def test_an_error_of_ours_is_shown(server, capfd):
    """Anything but a lost connection is a bug, and printed as one."""
    listener = server._listener
    try:
        _ = 1 / 0
    except ZeroDivisionError:
        listener.handle_error(None, ("127.0.0.1", 1))
    assert "ZeroDivisionError" in capfd.readouterr().err


def test_a_frozen_server_answers_the_same(clock):
    """Page by page, plain and compressed, the bytes are those of the living server, and keys, limits and log work."""
    with DatadogServer(organisation(250, clock=clock), api_key=API_KEY, app_key=APP_KEY) as server:
        ask = Caller(server)
        walk = {"group_states": "all", "with_downtimes": "true", "page_size": "100"}

        def pages():
            offset, seen = 0, []
            while items := (page := ask(MONITORS, headers=GZIP, **walk, id_offset=offset)).json:
                seen.append(page.body)
                offset = items[-1]["id"]
            return seen, ask(MONITORS, page=0, page_size=5).body

        living = pages()
        server.freeze(walk)
        frozen, again = pages(), pages()
        assert len(living[0]) == 3
        assert living == frozen == again
        assert ask(MONITORS, headers={}).status == 403
        assert ask(MONITORS, **walk).headers["X-RateLimit-Limit"] == "1000"
        server.faults.next(ServerError())
        assert ask(MONITORS, **walk).status == 503
        assert len(server.requests) == 3 * 5 + 3
        ask.close()


def test_a_frozen_server_thaws_when_the_world_moves(world, server, ask):
    """No stale answer: the first request after a move is true again."""
    monitor = world.create("one")
    server.freeze()
    assert ask(MONITORS).json[0]["overall_state"] == "OK"
    world.trigger(monitor)
    assert ask(MONITORS).json[0]["overall_state"] == "Alert"
    server.freeze()
    server.thaw()
    assert ask(MONITORS).json[0]["overall_state"] == "Alert"


def test_what_is_frozen_is_compressed_once(world, server, ask):
    """The compressed page is the same object's bytes, and opens to the plain one."""
    world.create("one")
    server.freeze()
    first, second = ask(MONITORS, headers=GZIP), ask(MONITORS, headers=GZIP)
    assert first.raw == second.raw
    assert gzip.GzipFile(fileobj=io.BytesIO(first.raw)).read() == ask(MONITORS).body
