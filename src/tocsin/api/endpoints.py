"""What there is to ask for, declared once: routing, keys, ``Allow``, the OpenAPI document and the tests read it here."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple, TypeVar

from pydantic import BaseModel

from tocsin.domain.access import Access

from .access import TABLE

PREFIX = "/api/v1"
JSON = "application/json"

_WITH_BODY = frozenset({"POST", "PUT", "PATCH"})
Handler = TypeVar("Handler", bound=Callable[..., Any])


class Endpoint(NamedTuple):
    """One method of one path, and what it asks of who comes.

    ``source``: whose alerts are sent there, so that they can be let in from their own networks only.
    """

    method: str
    path: str
    access: Access
    source: str
    name: str

    @property
    def pattern(self) -> str:
        """The path as a regular expression."""
        return re.sub(r"\\{\w+\\}", "[^/]+", re.escape(self.path))

    @property
    def route(self) -> str:
        """The path as Powertools writes it."""
        return self.path.replace("{", "<").replace("}", ">")

    @property
    def implied(self) -> Iterator[int]:
        """Yield the statuses that it may answer because of its form."""
        yield from (422, 429, 500, 503)
        if not self.access.anybody:
            yield from (401, 403)
        if "{" in self.path:
            yield 404
        if self.method in _WITH_BODY:
            yield from (400, 413, 415)


@dataclass(frozen=True, slots=True)
class Answer:
    """What a route answers when all is well: its model, if it is one of ours, and its media type (empty: no body)."""

    model: type[BaseModel] | None = None
    said: str = ""
    media: str = JSON


@dataclass(frozen=True, slots=True)
class Declared:
    """An endpoint, the function behind it, and what the OpenAPI document says of it."""

    endpoint: Endpoint
    function: Callable[..., Any]
    tag: str
    answers: Mapping[int, Answer]
    refuses: frozenset[int]
    takes: Mapping[str, Any] | None
    shown: bool
    keyed: bool


class Endpoints:
    """The endpoints of one resource. Calling it declares one, which must stand in ``table``."""

    def __init__(self, tag: str, table: Mapping[str, Access] = TABLE) -> None:
        self.declared: list[Declared] = []
        self._tag = tag
        self._table = table

    def __call__(
        self,
        method: str,
        path: str,
        *,
        answers: Mapping[int, Answer],
        refuses: Iterable[int] = (),
        source: str = "",
        takes: Mapping[str, Any] | None = None,
        shown: bool = True,
        keyed: bool = True,
    ) -> Callable[[Handler], Handler]:
        """Declare what a function answers. Its docstring is its description.

        ``refuses`` are statuses beyond those that its form already implies; ``takes`` describes a body that the
        function reads by itself; ``shown`` false leaves it out of the OpenAPI document; ``keyed`` false: it is done as
        often as it is asked for, whatever its idempotency key.
        """

        def declare(function: Handler) -> Handler:
            # Powertools would validate and write every answer a second time.
            function.__annotations__.pop("return", None)
            same = sum(one.function is function for one in self.declared)
            name = f"{function.__name__}_{same + 1}" if same else function.__name__
            endpoint = Endpoint(method, path, self._table[f"{method} {path}"], source, name)
            statuses = frozenset({*refuses, *endpoint.implied})
            self.declared.append(Declared(endpoint, function, self._tag, answers, statuses, takes, shown, keyed))
            return function

        return declare


class Directory:
    """Every endpoint, found by path."""

    def __init__(self, endpoints: Iterable[Endpoint]) -> None:
        self.endpoints = tuple(endpoints)
        paths = sorted({(one.path.count("{"), one.path): one.pattern for one in self.endpoints}.items())
        # A path without parameters goes before one that has some: /incidents/stats/summary is no incident's.
        self._paths = [(re.compile(pattern), path) for (_, path), pattern in paths]
        self._methods: dict[str, dict[str, Endpoint]] = {}
        for one in self.endpoints:
            self._methods.setdefault(one.path, {})[one.method] = one

    def at(self, path: str) -> Mapping[str, Endpoint]:
        """Return the endpoints of a path, by method; none if nothing is there."""
        found = next((declared for pattern, declared in self._paths if pattern.fullmatch(path)), "")
        return self._methods.get(found, {})
