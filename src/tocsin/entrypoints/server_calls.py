"""Asking a server of ours: requests with a key, tried again where that helps, and its problems as our errors."""

import logging
from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Any
from urllib.parse import quote, urlencode

import orjson
import urllib3

from tocsin import errors
from tocsin.errors import ConfigurationError, IllegalMove, StoreError, StoreUnreachable, TocsinError
from tocsin.ids import NewId

TIMEOUT = 30.0
"""Seconds for one answer."""

MOST_TRIES = 3
PAUSE = 0.5
"""Seconds before a request is tried again; twice as long the next time."""

_TYPE = "urn:tocsin:problem:"
_MADE_WITH = frozenset({"POST", "PUT", "PATCH"})
_KINDS: Mapping[str, type[TocsinError]] = {
    "not-found": errors.NotFound,
    "no-such-path": errors.NotFound,
    "conflict": errors.Conflict,
    "precondition-failed": errors.PreconditionFailed,
    "key-reused": errors.KeyReused,
    "malformed-body": errors.MalformedBody,
    "too-many-requests": errors.StoreBusy,
    "store-busy": errors.StoreBusy,
    "store-unreachable": errors.StoreUnreachable,
    "store-refused": errors.StoreRefused,
    "no-table": errors.NoTable,
}
"""Problems by the error that they were on the server; what is none of these goes by its status."""

_log = logging.getLogger(__name__)


class ServerCalls:
    """Asks the server at ``url`` with a key. All calls raise what the server's problems were, as our own errors."""

    def __init__(self, url: str, key: str, *, sleep: Callable[[float], None], new_id: NewId) -> None:
        self.url = url
        self._key = key
        self._sleep = sleep
        self._new_id = new_id
        self._pool = urllib3.PoolManager(timeout=TIMEOUT, retries=False)

    def close(self) -> None:
        """Give the connections back."""
        self._pool.clear()

    def get(self, path: str, parameters: Mapping[str, Any] | None = None) -> Any:  # noqa: ANN401 - any JSON
        """Return what is at a path; parameters that are empty are left out."""
        given = {name: value for name, value in (parameters or {}).items() if value not in ("", None, [])}
        return self.ask("GET", f"{path}?{urlencode(given, doseq=True)}" if given else path)

    def lines(self, path: str, parameters: Mapping[str, Any]) -> list[Any]:
        """Return what is at a path that answers with one JSON document a line."""
        data = self._asked("GET", f"{path}?{urlencode(parameters)}")
        return [_json(line, self.url) for line in data.splitlines()]

    def ask(
        self,
        method: str,
        path: str,
        body: Mapping[str, Any] | None = None,
        *,
        by: str = "",
        if_match: str = "",
    ) -> Any:  # noqa: ANN401 - any JSON
        """Ask for something, and return the answer's JSON (None: no body).

        ``by`` is who acts. A request whose answer was lost is sent again under the same idempotency key.
        """
        data = self._asked(method, path, body, by=by, if_match=if_match)
        return _json(data, self.url) if data else None

    def _asked(
        self, method: str, path: str, body: Mapping[str, Any] | None = None, *, by: str = "", if_match: str = ""
    ) -> bytes:
        headers = {"Authorization": f"Bearer {self._key}", "User-Agent": "tocsin"}
        if by:
            headers["X-Tocsin-By"] = quote(by, safe=" ")
        if if_match:
            headers["If-Match"] = if_match
        if method in _MADE_WITH:
            headers |= {"Idempotency-Key": self._new_id(), "Content-Type": "application/json"}
        sent = orjson.dumps(body or {}) if method in _MADE_WITH else None
        for attempt in range(MOST_TRIES):
            try:
                return self._once(method, path, sent, headers)
            except TocsinError as error:
                if not error.retryable or attempt == MOST_TRIES - 1:
                    raise
                _log.info("%s; trying again", error)
                self._sleep(PAUSE * 2**attempt)
        message = f"{self.url} gave no answer"
        raise StoreUnreachable(message)

    def _once(self, method: str, path: str, body: bytes | None, headers: Mapping[str, str]) -> bytes:
        try:
            answer = self._pool.request(method, f"{self.url}{path}", body=body, headers=headers, redirect=False)
        except urllib3.exceptions.HTTPError as error:
            message = f"the server at {self.url} cannot be reached ({type(error).__name__})"
            raise StoreUnreachable(message, hint="is it running? `serve` starts one here") from None
        if HTTPStatus.OK <= answer.status < HTTPStatus.MULTIPLE_CHOICES:
            return answer.data
        raise _error(answer.status, answer.data, self.url)


def _json(data: bytes, url: str) -> Any:  # noqa: ANN401 - any JSON
    try:
        return orjson.loads(data)
    except orjson.JSONDecodeError:
        message = f"what answers at {url} is no server of ours: its answer is no JSON"
        raise ConfigurationError(message, hint="correct --server, or TOCSIN_SERVER") from None


def _error(status: int, data: bytes, url: str) -> TocsinError:
    try:
        problem = orjson.loads(data)
        slug = str(problem["type"]).removeprefix(_TYPE)
    except (orjson.JSONDecodeError, KeyError, TypeError):
        problem, slug = {}, ""
    detail = str(problem.get("detail") or f"the server at {url} answered {status}")
    hint = str(problem.get("hint") or "")
    if status == HTTPStatus.UNAUTHORIZED:
        message = f"the server at {url} does not accept the API key"
        return ConfigurationError(message, hint="set TOCSIN_API_KEY to a key of it; `key create` makes one there")
    if status == HTTPStatus.FORBIDDEN:
        message = f"the server at {url} does not let this API key do that"
        return ConfigurationError(message, hint="it needs another scope: `key create --scope` on the server makes one")
    if slug == "illegal-move":
        return IllegalMove(detail, allowed=problem.get("allowed", ()), hint=hint)
    if status == HTTPStatus.UNPROCESSABLE_ENTITY and slug not in _KINDS:
        return errors.InvalidInput(detail, hint=hint)
    if slug in _KINDS:
        return _KINDS[slug](detail, hint=hint)
    retryable = status in (HTTPStatus.BAD_GATEWAY, HTTPStatus.SERVICE_UNAVAILABLE, HTTPStatus.GATEWAY_TIMEOUT)
    instance = f" (request {problem['instance']})" if problem.get("instance") else ""
    return (StoreUnreachable if retryable else StoreError)(f"{detail}{instance}", hint=hint)
