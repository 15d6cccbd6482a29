"""Silences of our own: pages of what they match are dropped for a while, and what they held is paged when they end.

An incident is hidden as long as an active silence matches it as it is. What ends that begins a new escalation cycle,
unless somebody acknowledged the incident meanwhile: the silence's end, its edit, or that the incident outgrew it.
"""

from collections.abc import Iterable, Sequence
from datetime import timedelta
from enum import StrEnum
from itertools import chain, pairwise

from tocsin.errors import InvalidInput

from .frozen import Frozen, Utc
from .incident import Incident
from .severity import Severity
from .source import Source
from .timeline import Event

LONGEST_SILENCE = timedelta(days=7)
"""What is silent for longer is forgotten, not silenced."""

LONGEST_AHEAD = timedelta(days=365)
"""How long before it starts a silence may be made."""

WARNED_BEFORE = timedelta(minutes=15)
"""How long before the end its author hears of it, if it hides something then; a shorter silence is warned of by itself."""

LOOKED_AT = timedelta(minutes=1)
"""How often an active silence is looked at for incidents that it hides no more; and how long after its end once more,
since a list of incidents may lag."""

HOLDS_ON = timedelta(seconds=5)
"""How long a silence that a person ends or changes still hides what it hid. Who sends pages may have read it just before
it was written: so both agree by the clock on what it held, and nothing falls in between."""

KEPT_AFTER = timedelta(days=30)
"""How long what is over is known."""

LONGEST_REASON = 1_000
LONGEST_WORD = 200
"""Characters."""

MOST_LABELS = 20
MOST_NAMED = 50
"""Incidents that a warning names."""

_OF_INTEREST = ("service", "environment", "team", "source", "severity", "tags")


class Matcher(Frozen):
    """What a silence hides: all that is given must hold. Letter case does not count; ``labels`` are tags."""

    service: str = ""
    environment: str = ""
    team: str = ""
    source: Source | None = None
    labels: tuple[str, ...] = ()
    severity_at_most: Severity | None = None

    def matches(self, incident: Incident) -> bool:
        """Say whether an incident is matched as it is."""
        return self.matches_all_but_severity(incident) and not self.is_outgrown_by(incident)

    def matches_all_but_severity(self, incident: Incident) -> bool:
        """Say whether it would be matched if it were mild enough."""
        tags = {one.casefold() for one in incident.tags} if self.labels else set()
        return (
            _same(self.service, incident.service)
            and _same(self.environment, incident.environment)
            and _same(self.team, incident.team)
            and self.source in (None, incident.source)
            and all(one.casefold() in tags for one in self.labels)
        )

    def is_outgrown_by(self, incident: Incident) -> bool:
        """Say whether the incident is above the severity that is hidden."""
        return self.severity_at_most is not None and incident.severity.rank > self.severity_at_most.rank


class SilenceState(StrEnum):
    """What has become of a silence."""

    COMING = "coming"
    ACTIVE = "active"
    OVER = "over"


class Silence(Frozen):
    """A silence: what it hides, from when, and until when (exclusive).

    ``author`` is who made it as timelines name them, ``author_id`` the id of that person (empty: a key, or the command
    line). ``ended_by`` is who ended it before its time. ``version`` grows by one with each change by a person.
    """

    id: str
    where: Matcher
    reason: str
    author: str
    author_id: str = ""
    starts_at: Utc
    ends_at: Utc
    created_at: Utc
    ended_by: str = ""
    version: int = 1

    def active(self, now: Utc) -> bool:
        """Say whether it hides anything now."""
        return self.starts_at <= now < self.ends_at

    def over(self, now: Utc) -> bool:
        """Say whether its time has passed."""
        return now >= self.ends_at

    def state(self, now: Utc) -> "SilenceState":
        """Say what has become of it. What a person ended is over, though it may hold on for a moment."""
        if self.over(now) or self.ended_by:
            return SilenceState.OVER
        return SilenceState.ACTIVE if self.active(now) else SilenceState.COMING


class Hold(Frozen):
    """What was hidden from a moment until another, and is not any more."""

    where: Matcher
    since: Utc
    until: Utc


class Kept(Frozen):
    """A silence as it is kept.

    ``owed`` is what it hid before it was changed at ``changed_at``, ``warned_of`` the end that was warned of.
    """

    silence: Silence
    owed: tuple[Hold, ...] = ()
    changed_at: Utc | None = None
    warned_of: Utc | None = None

    def hiding(self) -> tuple[Silence, ...]:
        """Return the silence, and as further silences what it hid before it was changed."""
        one = self.silence
        return (
            one,
            *(
                one.model_copy(update={"where": hold.where, "starts_at": hold.since, "ends_at": hold.until})
                for hold in self.owed
            ),
        )

    def holds(self, now: Utc) -> tuple[Hold, ...]:
        """Return all that it held until now, or until that ended."""
        one = self.silence
        own = Hold(where=one.where, since=max(one.starts_at, self.changed_at or one.starts_at), until=one.ends_at)
        clamped = [hold.model_copy(update={"until": min(now, hold.until)}) for hold in (*self.owed, own)]
        return tuple(hold for hold in clamped if hold.since < hold.until)

    def changed(self, after: Silence, now: Utc) -> "Kept":
        """Return it as a person changed it: what it hid so far it hides for :data:`HOLDS_ON`."""
        before = self.silence
        if after.where == before.where or before.starts_at >= now:
            return self.model_copy(update={"silence": after})
        since = max(before.starts_at, self.changed_at or before.starts_at)
        hold = Hold(where=before.where, since=since, until=now + HOLDS_ON)
        return self.model_copy(update={"silence": after, "owed": (*self.owed, hold), "changed_at": now})

    def looked(self, now: Utc) -> "Kept":
        """Return what is left once all that is owed now was paged."""
        return self.model_copy(update={"owed": tuple(one for one in self.owed if now < one.until + LOOKED_AT)})

    def due_at(self, now: Utc) -> Utc | None:
        """Return when to look at it again; None: never."""
        one = self.silence
        times = [at for hold in self.owed for at in (hold.until, hold.until + LOOKED_AT)]
        if one.starts_at < one.ends_at:
            times += [one.starts_at, one.ends_at, one.ends_at + LOOKED_AT]
        if one.active(now):
            times.append(now + LOOKED_AT)
        return min((at for at in times if at > now), default=None)

    def warns(self, now: Utc) -> bool:
        """Say whether its end is near, and nobody was told so far."""
        one = self.silence
        is_long = one.ends_at - one.starts_at > WARNED_BEFORE and not one.ended_by
        return is_long and one.active(now) and now >= one.ends_at - WARNED_BEFORE and self.warned_of != one.ends_at


def hides(silence: Silence, incident: Incident, now: Utc) -> bool:
    """Say whether a silence holds the pages of an incident now."""
    return silence.active(now) and silence.where.matches(incident)


def hiding(silences: Iterable[Silence], incident: Incident, now: Utc) -> Silence | None:
    """Return of the silences that hide an incident the one that ends last."""
    return max((one for one in silences if hides(one, incident, now)), key=lambda one: one.ends_at, default=None)


def may_be_owed(holds: Iterable[Hold], incident: Incident) -> bool:
    """Say whether it is worth a look at the timeline: nobody acknowledged it, and it may have been hidden.

    What neither matches nor grew too severe can have been hidden only if a person edited it.
    """
    if not incident.paging:
        return False
    return any(
        began(incident) < one.until and (incident.revision > 0 or one.where.matches_all_but_severity(incident))
        for one in holds
    )


def was_hidden(hold: Hold, incident: Incident, events: Sequence[Event]) -> bool:
    """Say whether a hold hid an incident at some time since its last cycle began; ``events`` are its timeline.

    So a second look finds nothing: the cycle that the first one began came after the hold.
    """
    since = max(hold.since, began(incident))
    state = incident.model_copy(update={"service": "", "environment": "", "team": ""})
    ends = chain((later.at for _, later in pairwise(events)), (hold.until,))
    for event, end in zip(events, ends, strict=True):
        told = {name: event.changes[name] for name in _OF_INTEREST if name in event.changes}
        if told:
            state = Incident.model_validate({**state.model_dump(), **told})
        if max(event.at, since) < min(end, hold.until) and hold.where.matches(state):
            return True
    return False


def began(incident: Incident) -> Utc:
    """Return when its last escalation cycle began."""
    return incident.cycle_restarted_at or incident.opened_at


def checked_matcher(where: Matcher) -> Matcher:
    """Return what to match, trimmed. Raises ``InvalidInput`` if nothing is given, or what is no label."""
    words = {name: _word(getattr(where, name), name) for name in ("service", "environment", "team")}
    labels = tuple(dict.fromkeys(_label(one) for one in where.labels))
    if len(labels) > MOST_LABELS:
        message = f"{len(labels)} labels are too many for one silence: at most {MOST_LABELS}"
        raise InvalidInput(message)
    found = where.model_copy(update={**words, "labels": labels})
    if found == Matcher():
        message = "a silence needs something to hide"
        raise InvalidInput(message, hint="give a service, environment, team, source, label, or the highest severity")
    return found


def checked_reason(text: str) -> str:
    """Return why something is silenced, on one line. Raises ``InvalidInput`` for none, and for one that is too long."""
    reason = " ".join(text.split())
    if not reason or len(reason) > LONGEST_REASON:
        message = f"a silence needs a reason of at most {LONGEST_REASON:,} characters"
        raise InvalidInput(message, hint="whoever wonders why nobody was paged reads it")
    return reason


def checked_end(starts_at: Utc, ends_at: Utc, now: Utc) -> Utc:
    """Return when a silence ends.

    Raises ``InvalidInput`` for the past, beyond :data:`LONGEST_SILENCE`, and for a start beyond :data:`LONGEST_AHEAD`.
    """
    if starts_at > now + LONGEST_AHEAD:
        message = f"a silence cannot start as late as {starts_at:%Y-%m-%d %H:%M:%S} UTC"
        raise InvalidInput(message, hint=f"it starts within {LONGEST_AHEAD.days} days")
    if not max(starts_at, now) < ends_at <= starts_at + LONGEST_SILENCE:
        message = (
            f"a silence that starts at {starts_at:%Y-%m-%d %H:%M:%S} UTC cannot end at {ends_at:%Y-%m-%d %H:%M:%S} UTC"
        )
        raise InvalidInput(
            message, hint=f"it ends later, after at most {LONGEST_SILENCE.days} days, and not in the past"
        )
    return ends_at


def _same(wanted: str, actual: str) -> bool:
    return not wanted or wanted.casefold() == actual.casefold()


def _word(text: str, name: str) -> str:
    word = text.strip()
    if len(word) > LONGEST_WORD:
        message = f"this {name} is too long: at most {LONGEST_WORD} characters"
        raise InvalidInput(message)
    return word


def _label(text: str) -> str:
    label = _word(text, "label")
    key, colon, value = label.partition(":")
    if not (key and colon and value):
        message = f"{text[:100]!r} is no label"
        raise InvalidInput(message, hint="as incidents have them among their tags: key:value")
    return label
