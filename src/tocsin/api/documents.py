"""The description of the API: as OpenAPI for programs, and as a page for people."""

from aws_lambda_powertools.event_handler import Request, Response

from .answers import JSON, KEPT, tag
from .call import call_of
from .endpoints import PREFIX, Answer, Endpoints

HTML = "text/html"

PAGE_POLICY = (
    "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data:; connect-src 'self'; "
    "frame-ancestors 'none'"
)
"""The page carries its script within itself, and asks nobody but us."""

documents = Endpoints("documents")


@documents("GET", f"{PREFIX}/openapi.json", answers={200: Answer(said="An OpenAPI 3.1 document.")})
def openapi(request: Request) -> Response[str]:
    """Describe this API as an OpenAPI document."""
    body = call_of(request).description()
    return Response(200, JSON, body, headers={"ETag": tag(body), "Cache-Control": KEPT})


@documents("GET", "/docs", answers={200: Answer(said="A page of HTML.", media=HTML)})
def docs(request: Request) -> Response[bytes]:
    """Show the description as a page, from which everything can be tried."""
    from .openapi import page

    call = call_of(request)
    description = call.description()
    compressed = "gzip" in call.headers.get("accept-encoding", "")
    headers = {
        "ETag": tag(f"{description}{compressed}"),
        "Cache-Control": KEPT,
        "Content-Security-Policy": PAGE_POLICY,
        "Vary": "Accept-Encoding",
    }
    if compressed:
        headers["Content-Encoding"] = "gzip"
    return Response(200, f"{HTML}; charset=utf-8", page(description, compressed=compressed), headers=headers)
