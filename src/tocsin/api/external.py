"""Signing in with an external issuer. Browsers are sent here: there, to the issuer, and back again."""

import re
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl

import orjson
from aws_lambda_powertools.event_handler import Request, Response
from aws_lambda_powertools.shared.cookies import Cookie, SameSite

from tocsin.errors import InvalidInput, NotFound

from .answers import JSON
from .call import Call, call_of
from .endpoints import PREFIX, Answer, Endpoints

if TYPE_CHECKING:
    from tocsin.services.external_sign_in import ExternalSignIn

PLACE = f"{PREFIX}/auth/oidc"
CALLBACK = f"{PLACE}/callback"
COOKIE = "tocsin_oidc"
"""What a browser keeps between the two. It is sent nowhere but to :data:`PLACE`, and no script can read it."""

_LOOPBACK = re.compile(r"(?:127(?:\.[0-9]+){3}|localhost|\[::1\])(?::[0-9]+)?")
_HOST = re.compile(r"(?:[A-Za-z0-9.-]+|\[[0-9A-Fa-f:]+\])(?::[0-9]+)?")

external = Endpoints("signing in")


@external("GET", f"{PLACE}/start", answers={302: Answer()}, refuses=(404, 502), shown=False)
def start(request: Request) -> Response[str]:
    """Send somebody to the issuer to sign in there. `next`: the path to go on at afterwards."""
    call = call_of(request)
    sign_in = _sign_in(call)
    redirect_uri = _redirect_uri(call, sign_in)
    begun = sign_in.start(redirect_uri=redirect_uri, next_path=_said(call).get("next", ""))
    cookie = _cookie(redirect_uri, begun.kept, begun.seconds)
    return Response(302, None, "", headers={"Location": begun.location}, cookies=[cookie])


@external("GET", CALLBACK, answers={200: Answer()}, refuses=(401, 403, 404, 502), shown=False)
def callback(request: Request) -> Response[str]:
    """Sign somebody in whom the issuer sent back: answers the tokens of a session, and the path that was named."""
    from tocsin.services.external_sign_in import Answer as Came

    call = call_of(request)
    sign_in = _sign_in(call)
    redirect_uri = _redirect_uri(call, sign_in)
    said = _said(call)
    signed_in, path = sign_in.finish(
        call.cookie(COOKIE),
        Came(*(said.get(name, "") for name in ("state", "code", "error", "iss"))),
        redirect_uri=redirect_uri,
        actor=call.actor,
        agent=call.headers.get("user-agent", ""),
    )
    body = orjson.dumps({**signed_in.model_dump(mode="json"), "next": path}).decode()
    return Response(200, JSON, body, cookies=[_cookie(redirect_uri, "", 0)])


def _said(call: Call) -> dict[str, str]:
    return dict(parse_qsl(call.query))


def _sign_in(call: Call) -> "ExternalSignIn":
    found = call.parts.external()
    if found is None:
        message = "nobody signs in with an external issuer here"
        raise NotFound(message, hint="OIDC_ISSUER and OIDC_CLIENT_ID name one; see docs/sign-in.md")
    return found


def _redirect_uri(call: Call, sign_in: "ExternalSignIn") -> str:
    """Return where the issuer sends people back to: here. It sends nobody to an address that it was not told before."""
    host = call.headers.get("host", "")
    if not _HOST.fullmatch(host):
        message = "the request names no host"
        raise InvalidInput(message)
    return sign_in.redirect_uri(f"http{'' if _LOOPBACK.fullmatch(host) else 's'}://{host}{CALLBACK}")


def _cookie(redirect_uri: str, value: str, seconds: int) -> Cookie:
    return Cookie(
        COOKIE,
        value,
        path=PLACE,
        secure=redirect_uri.startswith("https:"),
        http_only=True,
        max_age=seconds,
        same_site=SameSite.LAX_MODE,
    )
