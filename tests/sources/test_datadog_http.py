"""What goes over the wire, and every way in which an answer can fail to come back. Real sockets, on loopback."""

import errno
import gzip
import logging
import os
import socket
import struct
import subprocess
import sys
import threading
import time
import traceback
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.sources.scripted import API, APP
from tocsin.errors import SourceError, Unreachable
from tocsin.sources.datadog import DatadogSource
from tocsin.sources.datadog_account import account
from tocsin.sources.datadog_http import NoReply, OfficialHttp

Play = Callable[[socket.socket], None]


class RawServer:
    """Plays one scene a request; ``heard`` keeps what came in, ``connections`` how many there were."""

    def __init__(self, *scenes: Play) -> None:
        self.scenes = list(scenes)
        self.heard: list[str] = []
        self.connections = 0
        self._over = threading.Event()
        self._socket = socket.create_server(("127.0.0.1", 0))
        self._socket.settimeout(0.05)
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}"
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._over.set()
        self._thread.join(10)
        self._socket.close()

    def _run(self) -> None:
        while self.scenes and not self._over.is_set():
            try:
                connection, _ = self._socket.accept()
            except TimeoutError:
                continue
            self.connections += 1
            with connection:
                connection.settimeout(5)
                while self.scenes and (request := self._request(connection)):
                    self.heard.append(request)
                    try:
                        self.scenes.pop(0)(connection)
                    except OSError:
                        break

    @staticmethod
    def _request(connection: socket.socket) -> str:
        received = b""
        while not received.endswith(b"\r\n\r\n"):
            try:
                part = connection.recv(65_536)
            except OSError:
                return ""
            if not part:
                return ""
            received += part
        return received.decode()


def answer(body: bytes, *headers: str, status: str = "200 OK", length: int | None = None) -> Play:
    """Send an answer; ``length`` is what the headers promise, the whole body if not given."""

    def play(connection: socket.socket) -> None:
        lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body) if length is None else length}", *headers]
        connection.sendall("\r\n".join([*lines, "", ""]).encode() + body)
        if length is not None and length > len(body):
            connection.shutdown(socket.SHUT_RDWR)
            connection.close()

    return play


def raw(content: bytes, *, close: bool = True) -> Play:
    """Send exactly these bytes."""

    def play(connection: socket.socket) -> None:
        connection.sendall(content)
        if close:
            connection.shutdown(socket.SHUT_RDWR)
            connection.close()

    return play


def reset(connection: socket.socket) -> None:
    """Reset the connection in place of an answer."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


def silence(connection: socket.socket) -> None:
    """Say nothing, until the other side gives up."""
    connection.recv(1)


def trickle(connection: socket.socket) -> None:
    """Promise much, and send a byte now and then."""
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
    for _ in range(200):
        connection.sendall(b" ")
        time.sleep(0.02)


def ask(server: RawServer, *, left: float = 5.0):
    http = OfficialHttp(account(API, APP, api_url=server.url))
    end = time.monotonic() + left
    try:
        return http.monitors(0, lambda: end - time.monotonic())
    finally:
        http.close()


def silent(*scenes: Play, left: float = 5.0) -> NoReply:
    with RawServer(*scenes) as server, pytest.raises(NoReply) as caught:
        ask(server, left=left)
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None
    assert not [key for key in (API, APP) if key in "".join(traceback.format_exception(caught.value))]
    return caught.value


def test_a_page_is_asked_for_with_groups_downtimes_and_keys():
    """Keyset paging, a thousand at a time, compressed; both keys in headers, none in the address."""
    with RawServer(answer(b"[]", "Date: Mon, 02 Mar 2026 12:00:00 GMT", "X-Odd: 1")) as server:
        reply = ask(server)
    (request,) = server.heard
    line, *headers = request.split("\r\n")
    path, _, query = line.split()[1].partition("?")
    assert path == "/api/v1/monitor"
    assert sorted(query.split("&")) == ["group_states=all", "id_offset=0", "page_size=1000", "with_downtimes=true"]
    sent = dict(header.lower().split(": ", 1) for header in headers if header)
    assert (sent["dd-api-key"], sent["dd-application-key"], sent["accept-encoding"]) == (API, APP, "gzip")
    assert (reply.status, reply.body) == (200, b"[]")
    assert reply.headers["x-odd"] == "1"
    assert reply.headers["date"] == "Mon, 02 Mar 2026 12:00:00 GMT"


def test_one_monitor_is_asked_for_with_groups_and_downtimes():
    """By its id, under the address that was set."""
    with RawServer(answer(b"{}")) as server:
        http = OfficialHttp(account(API, APP, api_url=f"{server.url}/proxy/"))
        assert http.monitor(101, lambda: 5.0).body == b"{}"
        http.close()
    path, _, query = server.heard[0].split()[1].partition("?")
    assert path == "/proxy/api/v1/monitor/101"
    assert sorted(query.split("&")) == ["group_states=all", "with_downtimes=true"]


def test_one_connection_serves_many_questions():
    """A body read to its end leaves the connection open for the next page; one that was not closes it."""
    pages = [answer(b"[1]"), answer(gzip.compress(b"[2]"), "Content-Encoding: gzip"), answer(b"", status="404 No")]
    with RawServer(*pages, answer(b"[", length=5), answer(b"[3]")) as server:
        http = OfficialHttp(account(API, APP, api_url=server.url))
        assert [http.monitors(n, lambda: 5.0).body for n in range(3)] == [b"[1]", b"[2]", b""]
        assert server.connections == 1
        with pytest.raises(NoReply):
            http.monitors(3, lambda: 5.0)
        assert http.monitors(4, lambda: 5.0).body == b"[3]"
        assert server.connections == 2
        http.close()


def test_what_was_handed_over_goes_before_the_environment():
    """The official client reads DD_SITE and DD_*_KEY by itself; ours win."""
    code = f"""
from tocsin.sources.datadog_http import OfficialHttp
from tocsin.sources.datadog_account import account
import sys
http = OfficialHttp(account({API!r}, {APP!r}, api_url=sys.argv[1]))
print(http.monitors(0, lambda: 5.0).body)
"""
    others = {"DD_SITE": "us5.datadoghq.com", "DD_API_KEY": "other-api", "DD_APP_KEY": "other-app"}
    with RawServer(answer(b"[]")) as server:
        done = run(code, server.url, **others)
    assert done.stdout.strip() == "b'[]'"
    assert API in server.heard[0]
    assert "other" not in server.heard[0]


@pytest.mark.parametrize("status", ["403 Forbidden", "404 Not Found", "429 Too Many", "500 Oops", "302 Found"])
def test_any_status_is_a_reply(status):
    """The official client would raise, and read a body that is no text as if it were."""
    with RawServer(answer(b"\xff\xfe\x00", status=status)) as server:
        reply = ask(server)
    assert (reply.status, reply.body) == (int(status[:3]), b"\xff\xfe\x00")


def test_a_redirect_is_not_followed():
    """The keys would go along to wherever it leads."""
    with RawServer(answer(b"[]")) as elsewhere:
        with RawServer(answer(b"", f"Location: {elsewhere.url}/api/v1/monitor", status="302 Found")) as server:
            assert ask(server).status == 302
        assert elsewhere.heard == []


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("share", [0.0, 0.5, 0.95])
def test_a_body_that_was_cut_is_no_answer(packed, share):
    """Compressed or not, whatever part of it came."""
    body = b'[{"id": 1}' + b" " * 5_000 + b"]"
    sent = gzip.compress(body) if packed else body
    headers = ("Content-Encoding: gzip",) if packed else ()
    cut = answer(sent[: int(len(sent) * share)], *headers, length=len(sent))
    assert str(silent(cut)) == "its answer broke off"


def test_a_damaged_or_cut_compression_is_no_answer():
    """Also where the length is right, or was never said."""
    packed = gzip.compress(b"[" + b" " * 5_000 + b"]")
    assert str(silent(answer(b"\x1f\x8b" + b"x" * 50, "Content-Encoding: gzip"))) == "its answer broke off"
    unsaid = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n" + packed[: len(packed) // 2]
    with RawServer(raw(unsaid)) as server:
        assert ask(server).body != b"[" + b" " * 5_000 + b"]"


def test_a_chunked_body_is_read_and_a_cut_one_is_no_answer():
    """The last chunk must have come."""
    start = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n[1\r\n"
    with RawServer(raw(start + b"1\r\n]\r\n0\r\n\r\n")) as server:
        assert ask(server).body == b"[1]"
    assert str(silent(raw(start))) == "its answer broke off"
    assert str(silent(raw(start + b"zz\r\n"))) == "its answer broke off"


def test_a_connection_that_breaks_is_no_answer():
    """Reset, closed without a word, or not HTTP at all."""
    assert str(silent(reset)) == os.strerror(errno.ECONNRESET).lower()
    assert str(silent(raw(b""))) == "its answer broke off"
    assert str(silent(raw(b"SSH-2.0-OpenSSH\r\n"))) == "its answer broke off"
    assert str(silent(raw(b"HTTP/1.1 200 OK\r\n" + b"X-A: b\r\n" * 500 + b"\r\n"))) == "its answer broke off"


def test_silence_has_an_end():
    """No byte within the time: no answer."""
    assert str(silent(silence, left=0.2)) == "it did not answer in time"


def test_a_trickle_has_an_end():
    """Each read succeeds, the whole takes too long."""
    began = time.monotonic()
    assert str(silent(trickle, left=0.3)) == "the time was over before its whole answer had come"
    assert time.monotonic() - began < 2


def test_an_answer_without_end_has_an_end():
    """A body that unpacks to more than any page can be."""
    bomb = gzip.compress(b" " * (8 << 20))
    with RawServer(answer(bomb, "Content-Encoding: gzip")) as server:
        http = OfficialHttp(account(API, APP, api_url=server.url), largest_body=1 << 20)
        with pytest.raises(NoReply, match="too large"):
            http.monitors(0, lambda: 5.0)
        http.close()


def test_nobody_there_is_said_in_the_systems_words():
    """Connection refused."""
    with socket.create_server(("127.0.0.1", 0)) as held:
        port = held.getsockname()[1]
    http = OfficialHttp(account(API, APP, api_url=f"http://127.0.0.1:{port}"))
    with pytest.raises(NoReply, match=os.strerror(errno.ECONNREFUSED).lower()):
        http.monitors(0, lambda: 5.0)


def test_a_host_that_does_not_exist_is_told_apart():
    """A name that nobody has: the address is wrong, or the network is."""
    http = OfficialHttp(account(API, APP, api_url="https://tocsin-test.invalid"))
    with pytest.raises(NoReply, match="could not be resolved"):
        http.monitors(0, lambda: 5.0)


def test_what_does_not_speak_tls_is_not_trusted():
    """Nothing was sent to it but the attempt."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        talker = threading.Thread(target=_accept_and_talk, args=(listening,), daemon=True)
        talker.start()
        http = OfficialHttp(account(API, APP, api_url=f"https://127.0.0.1:{listening.getsockname()[1]}"))
        with pytest.raises(NoReply) as caught:
            http.monitors(0, lambda: 5.0)
        http.close()
        talker.join(5)
    assert caught.value.untrusted


def _accept_and_talk(listening: socket.socket) -> None:
    connection, _ = listening.accept()
    with connection:
        connection.recv(10)
        connection.sendall(b"220 mail.example.com ESMTP\r\n")


def test_what_nobody_foresaw_is_named_by_its_kind():
    """And by nothing that it says, for it may repeat what was sent."""
    http = OfficialHttp(account(API, APP, api_url=f"https://{'a' * 70}.example.com"))
    with pytest.raises(NoReply, match=r"^the connection failed \(LocationParseError\)$"):
        http.monitors(0, lambda: 5.0)


def test_no_output_ever_holds_a_key(caplog, capfd):
    """Whatever fails, with every log at its loudest: not in logs, errors, tracebacks or on the terminal."""
    caplog.set_level(logging.DEBUG)
    shown = ""
    scenes = [
        answer(f'["{API}", "{APP}"]'.encode(), status="403 Forbidden"),
        answer(API.encode(), f"Location: https://example.com/?api_key={API}", status="302 Found"),
        answer(API.encode()),
        reset,
        answer(b"[", length=9),
    ]
    for scene in scenes:
        with (
            RawServer(*[scene] * 4) as server,
            DatadogSource(API, APP, api_url=server.url, sleep=lambda _: None) as source,
        ):
            with pytest.raises(SourceError) as caught:
                source.sweep([])
            error: BaseException | None = caught.value
            while error is not None:
                shown += "".join(traceback.format_exception(error)) + repr(error) + str(vars(error))
                error = error.__context__
    out, err = capfd.readouterr()
    shown += caplog.text + "".join(str(record.__dict__) for record in caplog.records) + out + err
    assert "403" in shown
    assert API not in shown
    assert APP not in shown


def test_a_total_deadline_holds_on_real_sockets():
    """However often it is asked again, a sweep ends soon after its time."""
    with RawServer(*[silence] * 9) as server, DatadogSource(API, APP, api_url=server.url, deadline=0.5) as source:
        began = time.monotonic()
        with pytest.raises(Unreachable):
            source.sweep([])
        assert time.monotonic() - began < 2


def test_only_what_is_needed_of_the_official_client_is_imported():
    """Its second API version weighs most of 95 MB, and nothing here needs it."""
    code = """
import sys
import tocsin.sources.datadog
print(sorted(name for name in sys.modules if name.startswith("datadog_api_client.v2")))
print("datadog_api_client.v1.api.monitors_api" in sys.modules)
"""
    assert run(code).stdout.split("\n")[:2] == ["[]", "True"]


def run(code: str, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    source = Path(__file__).resolve().parents[2] / "src"
    return subprocess.run(
        [sys.executable, "-c", code, *arguments],
        env={**os.environ, "PYTHONPATH": str(source), **environment},
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
