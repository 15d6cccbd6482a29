"""The audit log: looked at, exported, and verified. Nothing here writes or deletes."""

from typing import Annotated

from aws_lambda_powertools.event_handler import Request, Response
from aws_lambda_powertools.event_handler.openapi.params import Query
from pydantic import Field

from tocsin.domain.audit import AuditEntry, AuditFilter, Head

from .answers import KEPT, found, tag
from .call import call_of
from .endpoints import PREFIX, Answer, Endpoints
from .moments import Moment
from .searching import MOST_LISTED, Cursor, Word
from .views import View

AUDIT = f"{PREFIX}/audit"
LINES = "application/x-ndjson"

MOST_EXPORTED = 2_000
"""Entries of one answer."""

MOST_BYTES = 3_000_000
"""Of them: Lambda answers at most 6 MB, into which what is sent as text is quoted once more."""

MOST_VERIFIED = 2_000
"""Entries that one request follows."""

LAST_NUMBER = 999_999_999_999

Said = Annotated[Word, Query(description="Exactly this; letter case does not count.")]
Noted = Annotated[str, Field(max_length=77), Query(description="`NUMBER:DIGEST`.")]


class AuditPage(View):
    """Some entries of the audit log, newest first."""

    entries: list[AuditEntry]
    cursor: str = Field(description="For what follows; empty at the end. A page may be short, or empty, and have one.")


class Place(View):
    """An entry, by number and digest."""

    number: int
    digest: str


class Breach(View):
    """Where the chain does not hold."""

    number: int = Field(description="Of the entry at which it shows.")
    why: str


class Verification(View):
    """How far the chain of the audit log was followed."""

    holds: bool = Field(description="No break was found as far as it was followed.")
    verified: Place = Field(description="The last entry that holds; keep this elsewhere, and ask for it next time.")
    broken: Breach | None
    cursor: str = Field(description="For what follows; empty where it was followed to its end, or to a break.")


audit = Endpoints("audit")


@audit("GET", AUDIT, answers={200: Answer(AuditPage)})
def list_audit(
    request: Request,
    *,
    actor: Said = "",
    action: Said = "",
    target: Said = "",
    since: Annotated[Moment | None, Query(description="Then or later: 2026-03-02T12:00:00Z.")] = None,
    until: Annotated[Moment | None, Query(description="Before then.")] = None,
    limit: Annotated[int, Field(ge=1, le=MOST_LISTED), Query(description="At most so many.")] = 50,
    cursor: Cursor = "",
) -> Response[str]:
    """List the audit log, newest first: who did what that concerns access.

    Every filter that is given must hold. A page may be short, or empty, and still have a cursor.
    """
    wanted = AuditFilter(actor=actor, action=action, target=target, since=since, until=until)
    entries, following = call_of(request).parts.audit.find(wanted, limit=limit, cursor=cursor)
    return found(AuditPage(entries=entries, cursor=following))


@audit("GET", f"{AUDIT}/export", answers={200: Answer(media=LINES)})
def export_audit(
    request: Request,
    *,
    after: Annotated[int, Field(ge=0, le=LAST_NUMBER), Query(description="From the first beyond this number.")] = 0,
    limit: Annotated[int, Field(ge=1, le=MOST_EXPORTED), Query(description="At most so many.")] = MOST_EXPORTED,
) -> Response[str]:
    """Export the audit log, oldest first, one entry a line, as JSON.

    `Link` leads to what follows, until nothing does. The digest of an entry is the SHA-256 of its line without
    `digest`, with its keys in order, without blanks, in ASCII.
    """
    lines: list[str] = []
    size, last, headers = 0, after, {"Cache-Control": KEPT}
    for entry in call_of(request).parts.audit.entries(after=after):
        line = entry.line()
        size += len(line) + 1
        if len(lines) == limit or (lines and size > MOST_BYTES):
            headers["Link"] = f'<{AUDIT}/export?after={last}&limit={limit}>; rel="next"'
            break
        lines.append(f"{line}\n")
        last = entry.number
    said = "".join(lines)
    return Response(200, LINES, said, headers=headers | {"ETag": tag(said)})


@audit("GET", f"{AUDIT}/verify", answers={200: Answer(Verification)})
def verify_audit(request: Request, *, expect: Noted = "", cursor: Noted = "") -> Response[str]:
    """Follow the chain of the audit log from its beginning, and say where it does not hold.

    `expect` is an entry as it was noted elsewhere. A long log takes several requests: `cursor` says where the next one
    goes on, with the same `expect`.
    """
    log = call_of(request).parts.audit
    after, noted = (Head.read(text) if text else None for text in (cursor, expect))
    seen = log.verify(after=after, noted=noted, most=MOST_VERIFIED)
    return found(
        Verification(
            holds=seen.broken is None,
            verified=Place(number=seen.last.number, digest=seen.last.digest),
            broken=None if seen.broken is None else Breach(number=seen.broken.number, why=seen.broken.why),
            cursor="" if seen.whole else str(seen.last),
        )
    )
