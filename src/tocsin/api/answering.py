"""Why somebody was, or was not, paged; and whether a page would reach anybody now."""

from typing import Annotated

from aws_lambda_powertools.event_handler import Request, Response
from aws_lambda_powertools.event_handler.openapi.params import Query

from tocsin.domain.explanation import Explanation
from tocsin.domain.readiness import Readiness

from .answers import found
from .call import call_of
from .endpoints import PREFIX, Answer, Endpoints
from .incidents import INCIDENT
from .moments import Moment
from .moving import existing
from .searching import Word

answering = Endpoints("on call")


@answering("GET", f"{INCIDENT}/explain", answers={200: Answer(Explanation)})
def explain_incident(
    request: Request,
    incident_id: str,
    *,
    person: Annotated[
        Word, Query(description="An id, an e-mail address, or `room:` and a name; everybody unless given.")
    ] = "",
) -> Response[str]:
    """Explain why somebody was, or was not, paged: every decision with its reason, and what comes next."""
    return found(call_of(request).parts.answering().explain(existing(incident_id), person))


@answering("GET", f"{PREFIX}/readiness", answers={200: Answer(Readiness)})
def show_readiness(
    request: Request,
    *,
    at: Annotated[Moment | None, Query(description="Then; now unless given.")] = None,
) -> Response[str]:
    """Show whether a page would reach a human, for every service and severity, and what is missing.

    Nothing is written, and nothing is sent.
    """
    return found(call_of(request).parts.answering().readiness(at))
