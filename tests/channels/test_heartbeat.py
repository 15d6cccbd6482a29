"""Our own heartbeat: one call after a good round, and nothing that goes wrong with it goes any further."""

import http.server
import logging
import socket
import threading
import time

import pytest

from tocsin.channels.heartbeat import HttpPulse
from tocsin.services.heartbeats import beat
from tocsin.services.tick import TickReport


class Listener:
    """A server that notes what is asked for, and answers as it is told."""

    def __init__(self, status=200, **headers):
        asked = self.asked = []

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                asked.append(self.path)
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.end_headers()

            def log_message(self, *_):
                pass

        self._server = http.server.HTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()

    @property
    def url(self):
        """Where it is."""
        return f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._server.shutdown()
        self._server.server_close()


def test_it_calls_once_with_path_and_query(caplog):
    """And says nothing of it."""
    with Listener() as there:
        HttpPulse(f"{there.url}/ping/abc?key=hunter2").beat()
        HttpPulse(there.url).beat()
    assert there.asked == ["/ping/abc?key=hunter2", "/"]
    assert caplog.text == ""


@pytest.mark.parametrize("status, why", [(301, "it answered 301"), (404, "it answered 404"), (500, "it answered 500")])
def test_what_is_no_success_is_logged_in_a_line_without_the_secret(caplog, status, why):
    """A redirect is not followed: whoever it leads to is not who was named."""
    with Listener(200) as elsewhere, Listener(status, Location=elsewhere.url) as there:
        HttpPulse(f"{there.url}/hunter2?key=hunter2").beat()
    assert elsewhere.asked == []
    (line,) = caplog.records
    assert (line.levelno, line.getMessage()) == (logging.WARNING, f"our heartbeat did not reach 127.0.0.1: {why}")


def test_nobody_there_is_logged_too(caplog):
    """By the kind of the error alone."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        HttpPulse(f"http://127.0.0.1:{free.getsockname()[1]}/?key=hunter2").beat()
    assert "ConnectionRefusedError" in caplog.text
    assert "hunter2" not in caplog.text


def test_who_answers_a_byte_at_a_time_holds_up_no_round(caplog):
    """Neither does who never answers."""
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def drip():
            taken, _ = listening.accept()
            with taken:
                try:
                    for letter in b"HTTP/1.1 200 OK\r\nX: " + b"x" * 100:
                        taken.sendall(bytes([letter]))
                        time.sleep(0.05)
                except OSError:
                    return

        threading.Thread(target=drip, daemon=True).start()
        began = time.monotonic()
        HttpPulse(f"http://127.0.0.1:{listening.getsockname()[1]}", timeout=0.2).beat()
        assert time.monotonic() - began < 2
    assert "it took too long" in caplog.text


class Counted:
    """A pulse that is counted."""

    beats = 0

    def beat(self):
        self.beats += 1


def test_only_a_round_that_did_everything_is_told_of():
    """What is left over is no health."""
    pulse = Counted()
    beat(pulse, TickReport())
    beat(pulse, TickReport(left=1))
    beat(None, TickReport())
    assert pulse.beats == 1
