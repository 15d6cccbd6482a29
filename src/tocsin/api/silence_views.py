"""What the API shows of silences, and what it takes to make and change them."""

from typing import Annotated, Any

from pydantic import Field

from tocsin.domain.frozen import Utc
from tocsin.domain.severity import Severity
from tocsin.domain.silence import LONGEST_REASON, LONGEST_WORD, MOST_LABELS, Matcher, Silence, SilenceState
from tocsin.domain.source import Source
from tocsin.services.silences import SilenceEdit

from .bodies import Body
from .moments import Moment
from .texts import Something
from .views import View

Short = Annotated[str, Field(max_length=LONGEST_WORD)]
Reason = Annotated[Something, Field(max_length=LONGEST_REASON, examples=["the database moves"])]


class SilenceView(View):
    """A silence."""

    id: str
    where: Matcher = Field(description="What it hides: all that is given must hold.")
    reason: str
    author: str
    starts_at: Utc
    ends_at: Utc
    state: SilenceState
    created_at: Utc
    ended_by: str = Field(description="Who ended it before its time; empty: nobody.")

    @classmethod
    def of(cls, silence: Silence, now: Utc) -> "SilenceView":
        """Return what is shown of a silence."""
        return cls.model_construct(**_shown(silence, now))


class SilenceWithCount(SilenceView):
    """A silence, and what it hides."""

    hides: int = Field(description="How many active incidents it hides now.")

    @classmethod
    def counted(cls, silence: Silence, now: Utc, hides: int) -> "SilenceWithCount":
        """Return what is shown of a silence that hides so many incidents."""
        return cls.model_construct(**_shown(silence, now), hides=hides)


class SilenceList(View):
    """Some silences."""

    silences: list[SilenceView]
    cursor: str = Field(description="For what follows; empty at the end. A page may be short, or empty, and have one.")


class Where(Body):
    """What a silence hides: all that is given must hold, and something must be given."""

    service: Short = ""
    environment: Short = ""
    team: Short = ""
    source: Source | None = None
    labels: tuple[Something, ...] = Field(default=(), max_length=MOST_LABELS, description="Tags, as `key:value`.")
    severity_at_most: Severity | None = Field(default=None, description="The worst that is hidden.")

    @property
    def matcher(self) -> Matcher:
        """The same for the service."""
        return Matcher(**self.model_dump())


class NewSilence(Body):
    """A silence to make."""

    where: Where
    reason: Reason
    ends_at: Moment = Field(description="Within seven days of its start.")
    starts_at: Moment | None = Field(default=None, description="Now unless given.")


class SilenceEditBody(Body):
    """What is to be different about a silence; what is not named stays as it is."""

    where: Where | None = Field(default=None, description="All that it hides from now on.")
    reason: Reason | None = None
    ends_at: Moment | None = None

    @property
    def edit(self) -> SilenceEdit:
        """The same for the service."""
        where = None if self.where is None else self.where.matcher
        return SilenceEdit(where=where, reason=self.reason, ends_at=self.ends_at)


def _shown(silence: Silence, now: Utc) -> dict[str, Any]:
    said = {name: getattr(silence, name) for name in SilenceView.model_fields if name != "state"}
    return {**said, "state": silence.state(now)}
