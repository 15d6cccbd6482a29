"""Asking a server of ours: requests with a key or a login, tried again where that helps, and its problems as our errors."""

import logging
from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Any, Protocol
from urllib.parse import quote, urlencode

import orjson
import urllib3

from tocsin import errors
from tocsin.errors import ConfigurationError, IllegalMove, SourceError, StoreError, StoreUnreachable, TocsinError
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
    "already-there": errors.AlreadyThere,
    "precondition-failed": errors.PreconditionFailed,
    "key-reused": errors.KeyReused,
    "malformed-body": errors.MalformedBody,
    "not-allowed": errors.NotAllowed,
    "too-many-requests": errors.StoreBusy,
    "too-many-attempts": errors.AccessError,
    "store-busy": errors.StoreBusy,
    "store-unreachable": errors.StoreUnreachable,
    "store-refused": errors.StoreRefused,
    "no-table": errors.NoTable,
    "no-datadog": errors.ConfigurationError,
    "keys-refused": errors.KeysRefused,
    "wrong-site": errors.WrongSite,
    "rate-limited": errors.RateLimited,
    "unreachable": errors.Unreachable,
    "nonsense": errors.Nonsense,
}
"""Problems by the error that they were on the server; what is none of these goes by its status."""

_log = logging.getLogger(__name__)


class Pass(Protocol):
    """What opens a server's door."""

    def shown(self) -> str:
        """Return what is shown as a bearer token; empty: nothing."""

    def refused(self, status: int, url: str) -> TocsinError:
        """Return what to say where it does not open (401), or not for this (403)."""


class ServerCalls:
    """Asks the server at ``url`` with a pass. All calls raise what the server's problems were, as our own errors."""

    def __init__(self, url: str, held: Pass, *, sleep: Callable[[float], None], new_id: NewId) -> None:
        self.url = url
        self._held = held
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
        tries: int = MOST_TRIES,
    ) -> Any:  # noqa: ANN401 - any JSON
        """Ask for something, and return the answer's JSON (None: no body).

        ``by`` is who acts. A request whose answer was lost is sent again under the same idempotency key.
        """
        data = self._asked(method, path, body, by=by, if_match=if_match, tries=tries)
        return _json(data, self.url) if data else None

    def _asked(
        self,
        method: str,
        path: str,
        body: Mapping[str, Any] | None = None,
        *,
        by: str = "",
        if_match: str = "",
        tries: int = MOST_TRIES,
    ) -> bytes:
        headers = self._headers
        if by:
            headers["X-Tocsin-By"] = quote(by, safe=" ")
        if if_match:
            headers["If-Match"] = if_match
        if method in _MADE_WITH:
            headers |= {"Idempotency-Key": self._new_id(), "Content-Type": "application/json"}
        sent = orjson.dumps(body or {}) if method in _MADE_WITH else None
        for attempt in range(tries):
            try:
                return self._once(method, path, sent, headers)
            except TocsinError as error:
                # What a source did not answer, the server has asked for often enough.
                if not error.retryable or isinstance(error, SourceError) or attempt == tries - 1:
                    raise
                _log.info("%s; trying again", error)
                self._sleep(PAUSE * 2**attempt)
        message = f"{self.url} gave no answer"
        raise StoreUnreachable(message)

    def look(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> tuple[int, Any]:
        """Ask once, and return the status and JSON of the answer whatever it is; only no answer raises."""
        sent = None if body is None else orjson.dumps(body)
        headers = self._headers | ({} if body is None else {"Content-Type": "application/json"})
        answer = self._answer(method, path, sent, headers)
        return answer.status, _json(answer.data, self.url)

    def refused(self, status: int) -> TocsinError:
        """Return what to say where what is shown does not open (401), or not for this (403)."""
        return self._held.refused(status, self.url)

    @property
    def _headers(self) -> dict[str, str]:
        shown = self._held.shown()
        return {"User-Agent": "tocsin"} | ({"Authorization": f"Bearer {shown}"} if shown else {})

    def _once(self, method: str, path: str, body: bytes | None, headers: Mapping[str, str]) -> bytes:
        answer = self._answer(method, path, body, headers)
        if HTTPStatus.OK <= answer.status < HTTPStatus.MULTIPLE_CHOICES:
            return answer.data
        told = _error(answer.status, answer.data, self.url)
        at_the_door = answer.status in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN)
        if at_the_door and not isinstance(told, errors.NotAllowed):
            raise self.refused(answer.status)
        raise told

    def _answer(
        self, method: str, path: str, body: bytes | None, headers: Mapping[str, str]
    ) -> urllib3.BaseHTTPResponse:
        try:
            return self._pool.request(method, f"{self.url}{path}", body=body, headers=headers, redirect=False)
        except urllib3.exceptions.HTTPError as error:
            message = f"the server at {self.url} cannot be reached ({type(error).__name__})"
            raise StoreUnreachable(message, hint="is it running? `serve` starts one here") from None


def coded(part: str) -> str:
    """Return a name for an address: coded twice, since what serves takes one coding off, and a slash must not show."""
    return quote(quote(part, safe=""), safe="")


def seen(version: int | None) -> str:
    """Return what ``If-Match`` says for a version that was seen; empty: for any."""
    return "" if version is None else f'"{version}-0"'


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
    if slug == "illegal-move":
        return IllegalMove(detail, allowed=problem.get("allowed", ()), hint=hint)
    if status == HTTPStatus.UNPROCESSABLE_ENTITY and slug not in _KINDS:
        return errors.InvalidInput(detail, hint=hint)
    if slug in _KINDS:
        return _KINDS[slug](detail, hint=hint)
    retryable = status in (HTTPStatus.BAD_GATEWAY, HTTPStatus.SERVICE_UNAVAILABLE, HTTPStatus.GATEWAY_TIMEOUT)
    instance = f" (request {problem['instance']})" if problem.get("instance") else ""
    return (StoreUnreachable if retryable else StoreError)(f"{detail}{instance}", hint=hint)
