"""One request: what it says, who asks, and what there is to work with. Routes are handed this and nothing else."""

import base64
import binascii
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol
from urllib.parse import unquote

from aws_lambda_powertools.event_handler import Request

from tocsin.clock import Clock
from tocsin.domain.access import Principal
from tocsin.domain.audit import Actor
from tocsin.domain.rules import Rules
from tocsin.ids import NewId, NewSecret
from tocsin.services.api_keys import ApiKeys
from tocsin.services.auditing import AuditLog
from tocsin.services.incidents import IncidentService
from tocsin.services.intake import Intake
from tocsin.services.sessions import Sessions
from tocsin.services.silences import Silences
from tocsin.services.teams import Teams
from tocsin.services.users import Users
from tocsin.services.watches import Watches
from tocsin.storage.store import Store

if TYPE_CHECKING:
    from tocsin.services.accounts import Accounts
    from tocsin.services.callers import Callers
    from tocsin.services.deadline import Deadline
    from tocsin.services.external_sign_in import ExternalSignIn
    from tocsin.services.paging.answering import Answering
    from tocsin.services.reach import Reach
    from tocsin.services.source import AlertSource, MonitorReader
    from tocsin.sources.naming import TagNames

REQUEST_ID = re.compile(r"[A-Za-z0-9._:/+=-]{1,128}")
"""What of a request's own id is taken over: it reaches the log."""

ON_BEHALF = "x-tocsin-by"
"""The header in which a program names the person that it acts for; percent-encoded where it is not plain ASCII."""

_KEY = "call"


class Parts(NamedTuple):
    """What routes work with, made once a process.

    ``lacks`` says what the store's shape lacks, in lines. ``tags`` says which tags name service, environment and team,
    ``site`` is Datadog's, and ``reader`` gives what reads a monitor of it, or None where there are no keys: these are
    asked for by what is pushed alone. ``datadog`` gives what reads all of them until a deadline, or None as well.
    ``oidc`` checks access tokens of another issuer, and ``external`` gives what signs people in with it; None where none
    is set. ``accounts`` gives what people do about their own access, which is made when somebody does, ``reach`` how they
    are reached, ``callers`` what tells who comes by a link or with a provider's signature, and ``answering`` what answers
    questions about paging.
    """

    store: Store
    incidents: IncidentService
    intake: Intake
    keys: ApiKeys
    rules: Rules
    clock: Clock
    new_id: NewId
    new_secret: NewSecret
    lacks: Callable[[], list[str]]
    tags: "Callable[[], TagNames]"
    reader: "Callable[[], MonitorReader | None]"
    datadog: "Callable[[Deadline], AlertSource | None]"
    site: str
    audit: AuditLog
    sessions: Sessions
    users: Users
    teams: Teams
    silences: Silences
    watches: Watches
    accounts: "Callable[[], Accounts]"
    reach: "Callable[[], Reach]"
    callers: "Callable[[], Callers]"
    answering: "Callable[[], Answering]"
    oidc: "Callable[[str], Principal | None] | None" = None
    external: "Callable[[], ExternalSignIn | None]" = lambda: None


class Log(Protocol):
    """Where lines go that somebody should be able to find."""

    def say(self, level: int, text: str, **facts: object) -> None:
        """Log one line, with ``facts`` as fields of their own."""


@dataclass(slots=True)
class Call:
    """A request as it came, decoded. Names of headers are in small letters.

    ``description`` gives the OpenAPI document, ``left`` the seconds within which it must be answered; ``principal`` is
    set once a key was checked. ``query`` is as it came: in the event's own parameters a comma may be
    part of a value, or stand between two.
    """

    request_id: str
    method: str
    path: str
    headers: Mapping[str, str]
    address: str
    body: bytes
    parts: Parts
    description: Callable[[], str]
    left: Callable[[], float]
    principal: Principal | None = None
    cookies: Sequence[str] = ()
    query: str = ""

    @classmethod
    def of(
        cls, event: Mapping[str, Any], parts: Parts, *, description: Callable[[], str], left: Callable[[], float]
    ) -> "Call":
        """Read an API Gateway event of payload version 2.0."""
        context = event["requestContext"]
        headers = {name.lower(): value for name, value in (event.get("headers") or {}).items()}
        given = headers.get("x-request-id", "")
        return cls(
            request_id=given if REQUEST_ID.fullmatch(given) else context.get("requestId") or parts.new_id(),
            method=context["http"]["method"].upper(),
            path=event["rawPath"],
            headers=headers,
            address=context["http"].get("sourceIp", ""),
            body=_body(event),
            parts=parts,
            description=description,
            left=left,
            cookies=tuple(event.get("cookies") or ()),
            query=event.get("rawQueryString") or "",
        )

    @property
    def by(self) -> str:
        """As the timeline names who acts: the person; or the key, and on whose behalf if that was said."""
        if self.caller.role:
            return self.caller.by
        person = unquote(self.headers.get(ON_BEHALF, "")).strip()
        return f"{person} ({self.caller.by})" if person else self.caller.by

    def cookie(self, name: str) -> list[str]:
        """Return the values of the cookies of this name: a browser may send several."""
        return [one.removeprefix(f"{name}=") for one in self.cookies if one.startswith(f"{name}=")]

    @property
    def caller(self) -> Principal:
        """Who asks, where that had to be checked. Raises ValueError where it was not, which no route lets happen."""
        if self.principal is None:
            message = f"{self.method} {self.path} was let through without a key"
            raise ValueError(message)
        return self.principal

    @property
    def actor(self) -> Actor:
        """Who acts, for the audit log; the address where nobody is known."""
        if self.principal is None:
            return Actor(self.address, self.address, self.request_id)
        return Actor(self.by, self.address, self.request_id)

    @property
    def context(self) -> dict[str, "Call"]:
        """What Powertools is to carry to the route."""
        return {_KEY: self}


def call_of(request: Request) -> Call:
    """Return the call that a route was entered for."""
    found: Call = request.context[_KEY]
    return found


def _body(event: Mapping[str, Any]) -> bytes:
    body = event.get("body") or ""
    if not event.get("isBase64Encoded"):
        return str(body).encode("utf-8", "surrogatepass")
    try:
        return base64.b64decode(body)
    except binascii.Error:
        return b""
