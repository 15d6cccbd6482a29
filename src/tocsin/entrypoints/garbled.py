"""What the local server cannot read as a request, answered in the same form as everything else: as a problem document.

No handler sees it: there is no method, no path, or no end of the body.
"""

from http import HTTPStatus

import orjson
from typing_extensions import override
from waitress.channel import HTTPChannel
from waitress.task import ErrorTask

from tocsin.api import problems
from tocsin.api.frame import SECURITY_HEADERS
from tocsin.api.options import MOST_BYTES
from tocsin.api.problems import Problem
from tocsin.ids import random_id


class _ProblemTask(ErrorTask):  # type: ignore[misc]  # waitress has no types
    """Writes the answer, and ends the connection: nobody knows where a next request would begin."""

    @override
    def execute(self) -> None:
        error = self.request.error
        found = _problem(HTTPStatus(error.code), str(error.body))
        request_id = random_id()
        body = orjson.dumps(found.document(request_id))
        self.status = f"{found.status} {HTTPStatus(found.status).phrase}"
        headers = {**SECURITY_HEADERS, "Content-Type": problems.MEDIA_TYPE, "X-Request-Id": request_id}
        self.response_headers.extend(headers.items())
        self.set_close_on_finish()
        self.content_length = len(body)
        self.write(body)


class Channel(HTTPChannel):  # type: ignore[misc]  # waitress has no types
    """A connection on which errors are told as problems."""

    error_task_class = _ProblemTask


def _problem(status: HTTPStatus, why: str) -> Problem:
    match status:
        case HTTPStatus.REQUEST_ENTITY_TOO_LARGE:
            return problems.too_large(MOST_BYTES)
        case HTTPStatus.INTERNAL_SERVER_ERROR:
            return problems.ours()
        case _:
            return problems.garbled(status, why)
