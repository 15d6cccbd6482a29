"""Whether it lives, and whether it can work: asked by load balancers and by the smoke test, without a key."""

from datetime import datetime, timedelta
from enum import StrEnum
from http import HTTPStatus

from aws_lambda_powertools.event_handler import Request, Response
from pydantic import BaseModel, Field

from tocsin import __version__
from tocsin.domain.alert import Source
from tocsin.errors import TocsinError
from tocsin.services.heartbeats import last_beat, last_round

from .answers import written
from .call import Parts, call_of
from .endpoints import Answer, Endpoints

LATE = timedelta(minutes=15)
"""The age at which the alarm for silence rings too."""


class Health(StrEnum):
    """How it stands."""

    OK = "ok"
    LATE = "late"
    UNREADY = "unready"


class Alive(BaseModel):
    """It answers."""

    status: Health = Health.OK
    version: str = Field(default=__version__, description="Of the program.")


class Ready(BaseModel):
    """Whether it can work. `late`: it can, but the last sweep, or the pager's last round, was long ago."""

    status: Health
    store: bool = Field(description="Whether the store can be reached.")
    lacks: list[str] = Field(default=[], description="What the store's shape lacks, in lines.")
    last_sweep: datetime | None = Field(default=None, description="When Datadog was last read; null if never.")
    last_sweep_seconds: float | None = Field(default=None, description="How long ago that was.")
    last_tick: datetime | None = Field(default=None, description="When the pager last did what was due; null if never.")
    last_tick_seconds: float | None = Field(default=None, description="How long ago that was.")


health = Endpoints("health")


@health("GET", "/health", answers={200: Answer(Alive)})
def alive() -> Response[str]:
    """Say that it is alive.

    Nothing is looked at: this tells that the process answers, and which version it is.
    """
    return written(Alive())


@health("GET", "/ready", answers={200: Answer(Ready), 503: Answer(Ready)})
@health("GET", "/health/ready", answers={200: Answer(Ready), 503: Answer(Ready)})
def ready(request: Request) -> Response[str]:
    """Say whether it can work.

    The store is read, and its shape looked at. A sweep or a tick that is late does not make it unready: alerts can be
    pushed all the same.
    """
    found = look(call_of(request).parts)
    unready = found.status is Health.UNREADY
    return written(found, status=HTTPStatus.SERVICE_UNAVAILABLE if unready else HTTPStatus.OK)


def look(parts: Parts) -> Ready:
    """Look at what is needed to work."""
    now = parts.clock()
    try:
        sweep, tick = last_beat(parts.store, Source.DATADOG), last_round(parts.store)
        lacks = parts.lacks()
    except TocsinError:
        return Ready(status=Health.UNREADY, store=False)
    ages = [(now - at).total_seconds() for at in (sweep, tick) if at is not None]
    late = any(age > LATE.total_seconds() for age in ages)
    return Ready(
        status=Health.UNREADY if lacks else Health.LATE if late else Health.OK,
        store=True,
        lacks=lacks,
        last_sweep=sweep,
        last_sweep_seconds=_age(sweep, now),
        last_tick=tick,
        last_tick_seconds=_age(tick, now),
    )


def _age(at: datetime | None, now: datetime) -> float | None:
    return None if at is None else round(max((now - at).total_seconds(), 0.0), 1)
