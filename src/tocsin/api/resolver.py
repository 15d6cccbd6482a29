"""Powertools' resolver, as it must be used in a process of several threads: one for each, and none of their class's state.

Powertools keeps the event at hand on a class that all resolvers share; a resolver of ours keeps its own.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from http import HTTPStatus
from typing import Any

import orjson
from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, Response
from aws_lambda_powertools.event_handler.exceptions import NotFoundError, ServiceError
from aws_lambda_powertools.event_handler.openapi.exceptions import (
    RequestUnsupportedContentType,
    RequestValidationError,
)
from aws_lambda_powertools.utilities.data_classes import APIGatewayProxyEventV2
from typing_extensions import override

from tocsin.errors import TocsinError
from tocsin.services.idempotency import AnsweredBefore

from . import problems
from .endpoints import Declared
from .moving import replayed
from .problems import Problem, Refused

Fault = Callable[[Exception], None]
"""Told of what should not have happened, before it is answered without its insides."""


class Resolver(APIGatewayHttpResolver):
    """Serves one thread. ``request_id`` is that of the request at hand."""

    def __init__(self, declared: Iterable[Declared], *, fault: Fault) -> None:
        super().__init__(
            enable_validation=True,
            response_validation_error_http_code=HTTPStatus.INTERNAL_SERVER_ERROR,
            json_body_deserializer=_whole,
            debug=False,
        )
        self.request_id = ""
        self._fault = fault
        for one in declared:
            self.route(one.endpoint.route, method=one.endpoint.method, operation_id=one.endpoint.name)(one.function)
        self._answer_errors()

    @override
    def resolve(self, event: Mapping[str, Any], context: Any) -> dict[str, Any]:
        # On the object they hide what the base class keeps for all threads together.
        self.current_event = APIGatewayProxyEventV2(dict(event), self._json_body_deserializer)
        self.lambda_context = context
        return super().resolve(event, context)

    @staticmethod
    @override
    def _compile_regex(rule: str, base_regex: str = "") -> re.Pattern[str]:
        # A parameter is anything but a slash, as in ``endpoints``; Powertools takes no name with an emoji or a quote.
        return re.compile(re.sub(r"<(\w+)>", r"(?P<\1>[^/]+)", rule) + r"\Z")

    def _answer_errors(self) -> None:
        """Register every error by its own class: one for Exception alone would swallow Powertools' 404 and 422."""
        told: Mapping[type[Exception], Callable[[Any], Problem]] = {
            Refused: lambda error: error.problem,
            TocsinError: self._ours,
            RequestValidationError: _invalid,
            RequestUnsupportedContentType: lambda _: problems.wrong_media_type(),
            NotFoundError: lambda _: problems.no_such_path(),
            ServiceError: self._unforeseen,
            Exception: self._unforeseen,
        }
        self.exception_handler(AnsweredBefore)(lambda before: replayed(before.answer))
        for kind, problem in told.items():
            self.exception_handler(kind)(lambda error, problem=problem: self._written(problem(error)))

    def _ours(self, error: TocsinError) -> Problem:
        found = problems.of_error(error)
        if found.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            self._fault(error)
        return found

    def _unforeseen(self, error: Exception) -> Problem:
        self._fault(error)
        return problems.ours()

    def _written(self, problem: Problem) -> Response[str]:
        body = orjson.dumps(problem.document(self.request_id)).decode()
        return Response(problem.status, problems.MEDIA_TYPE, body, headers=dict(problem.headers))


def _whole(body: str) -> Any:  # noqa: ANN401 - any JSON
    """Read a body. Of a list Powertools would take the first item, and pass over the others."""
    said = orjson.loads(body)
    return tuple(said) if isinstance(said, list) else said


def _invalid(error: RequestValidationError) -> Problem:
    errors = error.errors()
    if errors[0]["type"] == "json_invalid":
        return problems.malformed(str(errors[0]["ctx"]["error"]))
    return problems.invalid(errors)
