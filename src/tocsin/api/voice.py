"""The key that was pressed in a call: Twilio asks here, and says what we answer."""

from html import escape
from http import HTTPStatus
from urllib.parse import parse_qsl, urlencode

from aws_lambda_powertools.event_handler import Request, Response

from tocsin.errors import SignInRefused, TocsinError
from tocsin.services.page_links import acknowledge_cycle

from .call import Call, call_of
from .endpoints import PREFIX, Answer, Endpoints
from .page_links import acting_of

VOICE = f"{PREFIX}/twilio/voice"
XML = "application/xml"

ACKNOWLEDGES = "1"
SIGNATURE = "x-twilio-signature"
MOST_FIELDS = 200
"""Of a form, and of a query: Twilio sends about thirty."""

voice = Endpoints("acknowledging")


@voice("POST", VOICE, answers={200: Answer(said="TwiML.", media=XML)}, refuses=[401], shown=False, keyed=False)
def take_key(request: Request) -> Response[str]:
    """Acknowledge by the key 1 in a call, for the person who was called. `token`: what the links of the call say.

    Twilio signs it. What is refused is said aloud: whoever listens cannot see a status.
    """
    call = call_of(request)
    tokens = [value for name, value in _pairs(call.query) if name == "token"]
    form = _pairs(call.body.decode("utf-8", "replace"))
    callers = call.parts.callers()
    # As it was given to Twilio: a proxy may have made something else of what came.
    url = f"{callers.origin}{VOICE}?{urlencode([('token', one) for one in tokens])}"
    if not (callers.origin and callers.is_from_twilio(url, form, call.headers.get(SIGNATURE, ""))):
        message = "this is no request of Twilio's"
        raise SignInRefused(message, hint="PUBLIC_URL and TWILIO_AUTH_TOKEN tell which are; see docs/acknowledging.md")
    if dict(form).get("Digits") != ACKNOWLEDGES:
        return _spoken("Nothing was acknowledged.")
    return _spoken(" ".join(_acknowledged(call, token) for token in tokens) or "There is nothing to acknowledge.")


def _acknowledged(call: Call, token: str) -> str:
    """Acknowledge, and return what is to be said of it."""
    parts = call.parts
    try:
        link = parts.callers().links.read(token, parts.clock())
        return f"{acknowledge_cycle(acting_of(call), parts.users, link).id} is acknowledged."
    except TocsinError as error:
        if error.http_status >= HTTPStatus.INTERNAL_SERVER_ERROR and not error.retryable:
            raise
        return f"Not acknowledged: {error}."


def _pairs(text: str) -> list[tuple[str, str]]:
    try:
        return parse_qsl(text, keep_blank_values=True, max_num_fields=MOST_FIELDS)
    except ValueError:
        return []


def _spoken(words: str) -> Response[str]:
    return Response(200, XML, f"<Response><Say>{escape(words)}</Say><Say>Goodbye.</Say></Response>")
