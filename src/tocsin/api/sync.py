"""What a schedule does otherwise, now: a sweep of Datadog, and what is due. Either may overlap with the schedule's own."""

from aws_lambda_powertools.event_handler import Request, Response
from pydantic import Field

from tocsin.services.deadline import Deadline
from tocsin.services.sync import SyncReport
from tocsin.services.tick import TickReport

from . import problems
from .answers import written
from .bodies import Body
from .call import call_of
from .endpoints import PREFIX, Answer, Endpoints
from .problems import Refused

MOST_SENT = 5_000
"""Entries of one list in a report: Lambda refuses an answer of more than 6 MB."""

sync = Endpoints("sync")


class SyncBody(Body):
    """How to sync."""

    dry_run: bool = Field(default=False, strict=True, description="Decide, and write nothing.")
    adopt: bool = Field(default=False, strict=True, description="Record what fires already, and page nobody for it.")


class SyncAnswer(SyncReport):
    """What a sync saw and did."""

    left_out: dict[str, int] = Field(default={}, description="How many entries each list lacks: it has 5,000 at most.")

    @classmethod
    def of(cls, report: SyncReport) -> "SyncAnswer":
        """Return what is sent of a report."""
        said = dict(report)
        long = {name: some for name, some in said.items() if isinstance(some, tuple) and len(some) > MOST_SENT}
        said |= {name: some[:MOST_SENT] for name, some in long.items()}
        return cls.model_construct(**said, left_out={name: len(some) - MOST_SENT for name, some in long.items()})


@sync("POST", f"{PREFIX}/sync", answers={200: Answer(SyncAnswer)}, refuses=[409, 502], keyed=False)
def sync_now(request: Request, body: SyncBody | None = None) -> Response[str]:
    """Read Datadog once and bring the incidents up to date, as the schedule does.

    It begins nothing new when its 25 seconds are nearly over: `out_of_time` says so, and the next sync does the rest. A
    sweep that broke off is answered 200 too, with `complete` false. Refused (409) where there are no keys of Datadog.
    """
    call = call_of(request)
    said = body or SyncBody()
    deadline = Deadline(call.left)
    source = call.parts.datadog(deadline)
    if source is None:
        raise Refused(problems.no_datadog())
    report = call.parts.incidents.sync(source, dry_run=said.dry_run, adopt=said.adopt, enough_time=deadline.enough)
    return written(SyncAnswer.of(report))


@sync("POST", f"{PREFIX}/tick", answers={200: Answer(TickReport)}, keyed=False)
def tick_now(request: Request) -> Response[str]:
    """Do what is due: resolve what has settled, start the cycles that were put off. A sync does it too.

    Pages are left to the pager; whether that is there, `/health/ready` says as before.
    """
    call = call_of(request)
    return written(call.parts.incidents.tick(enough_time=Deadline(call.left).enough))
