"""Whether a page would reach a human: what was found, for whatever could happen now."""

from enum import StrEnum

from .frozen import Frozen, Utc
from .page import PageReason
from .severity import Severity


class Doubt(StrEnum):
    """What does not keep a page from going, and is worth knowing all the same."""

    CANNOT_ACKNOWLEDGE = "cannot_acknowledge"
    ONLY_ROOMS = "only_rooms"
    ONLY_FALLBACK = "only_fallback"
    LATER = "later"
    STEP_REACHES_NOBODY = "step_reaches_nobody"


class Finding(Frozen):
    """One thing that is missing, or doubtful: ``text`` says what, ``todo`` what mends it. ``step`` 0: of none."""

    reason: PageReason | Doubt
    text: str
    todo: str
    step: int = 0


class Case(Frozen):
    """Incidents of these services (with the environment, where that makes a difference) and severity.

    ``told`` is who would be told first, and ``at`` when. ``ready``: by the first step of ``policy``, or its fallback,
    something would be sent to somebody. ``missing`` says why not, ``doubts`` what else is.
    """

    services: tuple[str, ...]
    severity: Severity
    policy: str
    team: str = ""
    ready: bool
    told: str = ""
    at: Utc | None = None
    missing: tuple[Finding, ...] = ()
    doubts: tuple[Finding, ...] = ()


class GapAhead(Frozen):
    """A time to come when nobody is on call by ``schedules``, by which somebody would be paged."""

    schedules: tuple[str, ...]
    start: Utc
    end: Utc


class Readiness(Frozen):
    """What was found at a moment. ``left_out`` counts services beyond those that are looked at."""

    at: Utc
    ready: bool
    cases: tuple[Case, ...]
    gaps: tuple[GapAhead, ...] = ()
    left_out: int = 0
