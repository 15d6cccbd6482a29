"""Heartbeats that we watch for others: who must call every so often, and is missed when no call comes.

A watch is late once it was silent for its pace and its grace. From then on it has an alert that fires, until it calls,
is paused, or is removed.
"""

import re
from datetime import timedelta

from tocsin.errors import InvalidInput

from .alert import AlertState, Observation, Source, alert_key
from .api_key import RESERVED
from .frozen import Frozen, Utc
from .severity import Severity

LONGEST_PACE = 7 * 24 * 60
LONGEST_GRACE = 24 * 60
"""Minutes."""

LONGEST_WORD = 200
"""Characters of a service, environment or team."""

NAME = r"[a-z0-9][a-z0-9._-]{0,62}"


class Watch(Frozen):
    """Who must call. ``digest`` is the SHA-256 of the secret in its own address (empty: it has none).

    ``last_at`` is its last call, and ``waits_from`` the moment from which on one is awaited where there is none later.
    ``late_at``: since when its alert fires; ``back``: it has called since. ``version`` grows with each change by a
    person, not with calls.
    """

    name: str
    every_minutes: int
    grace_minutes: int = 1
    severity: Severity = Severity.HIGH
    service: str = ""
    environment: str = ""
    team: str = ""
    digest: str = ""
    last_at: Utc | None = None
    waits_from: Utc
    late_at: Utc | None = None
    back: bool = False
    paused: bool = False
    created_at: Utc
    created_by: str
    version: int = 1

    @property
    def deadline(self) -> Utc:
        """When it is late unless it calls."""
        since = max(self.last_at or self.waits_from, self.waits_from)
        return since + timedelta(minutes=self.every_minutes + self.grace_minutes)

    @property
    def due_at(self) -> Utc | None:
        """When the tick has something to do about it; None: not before somebody does something."""
        if self.late_at is not None:
            return self.last_at if self.back else None
        return None if self.paused else self.deadline

    def called(self, now: Utc) -> "Watch":
        """Return it with one more call."""
        last_at = now if self.last_at is None else max(self.last_at, now)
        return self.model_copy(update={"last_at": last_at, "back": self.late_at is not None})

    def missed(self, now: Utc) -> "Watch":
        """Return it with an alert that fires."""
        return self.model_copy(update={"late_at": now, "back": False})

    def calm(self) -> "Watch":
        """Return it without an alert."""
        return self.model_copy(update={"late_at": None, "back": False})

    def fires(self, now: Utc) -> Observation:
        """Return what is said of it when it is late."""
        last = f"its last call was at {self.last_at:%Y-%m-%d %H:%M:%S} UTC" if self.last_at else "it never called"
        return self._said("firing", now, now, f"It should call every {self.every_minutes} minutes; {last}.")

    def recovers(self, now: Utc) -> Observation:
        """Return what is said of it when it called again, or is awaited no more.

        By our clocks, which may differ by a little: never before what it ends.
        """
        ended_at = self.last_at if self.back and self.last_at is not None else now
        return self._said("resolved", max(ended_at, self.late_at or ended_at), now)

    def _said(self, word: str, observed_at: Utc, now: Utc, message: str = "") -> Observation:
        state = AlertState.of(word)
        return Observation(
            source=Source.GENERIC,
            origin=self.name,
            key=alert_key(RESERVED, self.name),
            state=state,
            word=word,
            observed_at=observed_at,
            resolved_at=observed_at if state is AlertState.OK else None,
            sent_at=now,
            title=f"The heartbeat {self.name} is missing",
            message=message,
            service=self.service,
            environment=self.environment,
            team=self.team,
            tags=(f"{RESERVED}:{self.name}",),
            severity_word=self.severity.value,
        )


def checked_watch(watch: Watch) -> Watch:
    """Return a watch, trimmed. Raises ``InvalidInput`` for a name, pace or word that cannot be."""
    if not re.fullmatch(NAME, watch.name):
        message = f"{watch.name[:100]!r} cannot be the name of a heartbeat: small letters, digits, '.', '_' and '-', at most 63"
        raise InvalidInput(message)
    if not 1 <= watch.every_minutes <= LONGEST_PACE:
        message = f"a heartbeat comes every 1 to {LONGEST_PACE} minutes, not {watch.every_minutes}"
        raise InvalidInput(message)
    if not 0 <= watch.grace_minutes <= LONGEST_GRACE:
        message = f"a heartbeat has a grace of 0 to {LONGEST_GRACE} minutes, not {watch.grace_minutes}"
        raise InvalidInput(message)
    words = {name: getattr(watch, name).strip() for name in ("service", "environment", "team")}
    for name, word in words.items():
        if len(word) > LONGEST_WORD:
            message = f"this {name} is too long: at most {LONGEST_WORD} characters"
            raise InvalidInput(message)
    return watch.model_copy(update=words)
