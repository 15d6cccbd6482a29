"""Bytes on a connection: what no client library would send."""

import http.client
import io
import json
import socket
from urllib.parse import urlsplit

from tests.entrypoints.serving import PATIENCE, Reply

JSON = "Content-Type: application/json"
CHUNKED = "Transfer-Encoding: chunked"


def request(method, path, *lines, body=b"", length=True):
    """Return the bytes of a request; its length is said unless told otherwise."""
    head = [f"{method} {path} HTTP/1.1", "Host: x", *lines, *([f"Content-Length: {len(body)}"] if length else [])]
    return "\r\n".join(head).encode("latin-1") + b"\r\n\r\n" + body


def chunked(body, size=4_096):
    """Return a body in chunks."""
    parts = [body[start : start + size] for start in range(0, len(body), size)]
    return b"".join(b"%x\r\n%b\r\n" % (len(part), part) for part in parts) + b"0\r\n\r\n"


def connected(url):
    """Return a connection to a server."""
    where = urlsplit(url)
    return socket.create_connection((where.hostname, where.port), timeout=PATIENCE)


def sent(url, data, *, cut=False):
    """Send bytes over a connection of its own, and return the answer; None if there is none.

    ``cut`` ends our side of the connection where the bytes end.
    """
    with connected(url) as wire:
        wire.sendall(data)
        if cut:
            wire.shutdown(socket.SHUT_WR)
        return answer(wire)


def answer(wire):
    """Return the next answer on a connection; None if the other side ends it without one."""
    reading = http.client.HTTPResponse(wire)
    try:
        reading.begin()
    except (http.client.RemoteDisconnected, ConnectionResetError):
        return None
    with reading:
        return Reply(reading.status, dict(reading.getheaders()), reading.read())


def refused(reply):
    """Return the problem that an answer tells, in the form that all have."""
    assert reply is not None, "there was no answer"
    assert reply.headers["Content-Type"] == "application/problem+json", reply
    problem = json.load(io.BytesIO(reply.body))
    assert problem["status"] == reply.status
    assert problem["instance"] == reply.headers["X-Request-Id"]
    assert problem["type"].startswith("urn:tocsin:problem:")
    assert problem["title"]
    assert problem["detail"]
    return problem
