"""Pages of HTML for people who followed a link: words, and at most one button. No script, and nothing from elsewhere."""

import base64
import hashlib
from collections.abc import Iterable
from html import escape
from http import HTTPStatus

from aws_lambda_powertools.event_handler import Response

from tocsin.errors import TocsinError

from . import problems

HTML = "text/html"

_STYLE = (
    "body{font:1.1rem/1.5 system-ui,sans-serif;max-width:34rem;margin:3rem auto;padding:0 1rem}"
    "button{font:inherit;padding:.7rem 1.6rem}"
)
_DIGEST = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
POLICY = (
    f"default-src 'none'; style-src 'sha256-{_DIGEST}'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
"""The Content-Security-Policy of a page: our own style, and a form that comes back to us."""


def shown(
    title: str, lines: Iterable[str], *, button: str = "", status: int = HTTPStatus.OK, retry: str = ""
) -> Response[str]:
    """Return a page; ``button`` posts to the address that the page is at. Everything is escaped."""
    said = "".join(f"<p>{escape(line)}</p>" for line in lines if line)
    form = f'<form method="post"><button type="submit">{escape(button)}</button></form>' if button else ""
    body = (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width"><meta name="robots" content="noindex">'
        f"<title>{escape(title)}</title><style>{_STYLE}</style></head>"
        f"<body><h1>{escape(title)}</h1>{said}{form}</body></html>"
    )
    headers = {"Content-Security-Policy": POLICY} | ({"Retry-After": retry} if retry else {})
    return Response(int(status), f"{HTML}; charset=utf-8", body, headers=headers)


def refused(title: str, error: TocsinError) -> Response[str]:
    """Return the page that says why something was refused, with the status that it would have as a problem."""
    problem = problems.of_error(error)
    return shown(
        title,
        [_sentence(problem.detail), _sentence(problem.hint)],
        status=problem.status,
        retry=str(problem.headers.get("Retry-After", "")),
    )


def _sentence(text: str) -> str:
    said = text.strip()
    return f"{said[:1].upper()}{said[1:].rstrip('.')}." if said else ""
