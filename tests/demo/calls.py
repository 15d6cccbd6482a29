"""How the tests of the simulated Datadog ask it: plain http.client, so that nothing is smoothed over."""

import gzip
import http.client
from dataclasses import dataclass
from urllib.parse import urlencode

import orjson

API_KEY, APP_KEY = "api-key-of-the-tests", "app-key-of-the-tests"
KEYS = {"DD-API-KEY": API_KEY, "DD-APPLICATION-KEY": APP_KEY}
MONITORS = "/api/v1/monitor"


@dataclass(frozen=True)
class Reply:
    """One answer, its body as it came."""

    status: int
    headers: http.client.HTTPMessage
    raw: bytes

    @property
    def body(self):
        """The body, decompressed."""
        return gzip.decompress(self.raw) if self.headers["Content-Encoding"] == "gzip" else self.raw

    @property
    def json(self):
        """The body as JSON."""
        return orjson.loads(self.body)


class Caller:
    """Asks one server, over one connection that is kept alive for as long as the server lets it."""

    def __init__(self, server):
        self.server = server
        self.connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=5)

    def __call__(self, path, method="GET", *, headers=KEYS, body=None, **query):
        target = f"{path}?{urlencode(query)}" if query else path
        content = None if body is None else body if isinstance(body, bytes) else orjson.dumps(body)
        self.connection.request(method, target, body=content, headers=headers)
        answer = self.connection.getresponse()
        return Reply(answer.status, answer.headers, answer.read())

    def close(self):
        """Hang up."""
        self.connection.close()
