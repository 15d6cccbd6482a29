"""How a person wants to be told: over which of their ways, in which order, and when not at all for a while.

What nobody chose goes the safe way: a critical or high incident over every way at once, a milder one over the first.
Whatever a rule or a policy says, whoever can be reached is told.
"""

from collections.abc import Iterable, Sequence
from datetime import timedelta
from enum import StrEnum
from typing import Annotated, NamedTuple, Self

from pydantic import Field, model_validator

from .contact import ChannelKind, Contact
from .frozen import Frozen, Utc
from .rotation import Hours, at_all_hours, duties
from .severity import Severity

ACCOUNT = "account"
"""The id of the way that everybody has whose address is verified: e-mail to it."""

MOST_MINUTES = 24 * 60
MOST_STEPS = 20
MOST_HOURS = 20

LOUD = frozenset({Severity.CRITICAL, Severity.HIGH})
"""What goes over every way at once unless a rule says otherwise, and what no quiet hours hold."""

_LOOK_AHEAD = timedelta(days=16)
"""A week, in which there are hours that are not quiet; and another, should a change of clocks leave those out once."""


class Step(Frozen):
    """One of a person's ways (by its id), or all of one kind, after so many minutes."""

    contact: Annotated[str, Field(max_length=200)] = ""
    channel: ChannelKind | None = None
    after_minutes: int = Field(default=0, ge=0, le=MOST_MINUTES)

    @model_validator(mode="after")
    def _names_one(self) -> Self:
        if bool(self.contact) == (self.channel is not None):
            message = "a step names a contact or a channel, one of the two"
            raise ValueError(message)
        return self

    def takes(self, contact: Contact) -> bool:
        """Say whether it is about this way."""
        return contact.id == self.contact or contact.kind is self.channel


class Rule(Frozen):
    """What to do for incidents of these severities."""

    severities: Annotated[tuple[Severity, ...], Field(min_length=1, max_length=4)]
    steps: Annotated[tuple[Step, ...], Field(min_length=1, max_length=MOST_STEPS)]


class QuietHours(Frozen):
    """Hours in which incidents of these severities wait; critical and high ones never do."""

    severities: Annotated[tuple[Severity, ...], Field(min_length=1, max_length=2)] = (Severity.MEDIUM, Severity.LOW)
    hours: Annotated[tuple[Hours, ...], Field(min_length=1, max_length=MOST_HOURS)]

    @model_validator(mode="after")
    def _are_for_mild_ones(self) -> Self:
        if not LOUD.isdisjoint(self.severities):
            message = "quiet hours are for medium and low: critical and high are told at any hour"
            raise ValueError(message)
        return self


class Chosen(Frozen):
    """What a person chooses. ``time_zone`` is IANA's name of the one of the quiet hours (empty: the person's own).

    ``account_email``: whether the address of the account is one of their ways.
    """

    rules: Annotated[tuple[Rule, ...], Field(max_length=4)] = ()
    quiet: Annotated[tuple[QuietHours, ...], Field(max_length=2)] = ()
    account_email: bool = True
    time_zone: Annotated[str, Field(max_length=100)] = ""

    @model_validator(mode="after")
    def _says_one_thing(self) -> Self:
        said = [one for rule in self.rules for one in rule.severities]
        if len(said) != len(set(said)):
            message = "a severity is in one rule"
            raise ValueError(message)
        for severity in set(Severity) - LOUD:
            hours = self.quiet_hours(severity)
            if hours and at_all_hours(hours):
                message = f"{severity} would be quiet at all hours, and nobody ever told of it"
                raise ValueError(message)
        return self

    def quiet_hours(self, severity: Severity) -> list[Hours]:
        """Return the hours in which incidents of a severity wait."""
        return [one for quiet in self.quiet if severity in quiet.severities for one in quiet.hours]


class NotificationRules(Chosen):
    """One person's. ``version`` grows by one with each change; 0: nobody chose anything."""

    version: int = 0

    def rule_for(self, severity: Severity) -> Rule | None:
        """Return the rule for a severity, if one was chosen."""
        return next((rule for rule in self.rules if severity in rule.severities), None)


class Why(StrEnum):
    """Why somebody is told over these ways, and no others."""

    RULE = "rule"
    NO_RULE = "no_rule"
    RULE_NAMES_NONE = "rule_names_none"
    """What the person's rule names is not usable, or not of the policy's channels: as if there were no rule."""


class Way(NamedTuple):
    """One way to tell somebody, and how long after the page is due it is used."""

    contact: Contact
    after: timedelta


class Ways(NamedTuple):
    """How somebody is told, the first way first; no way at all if they have none.

    ``outside_policy``: the policy asks for channels of which they have none, so that all of theirs count.
    """

    ways: tuple[Way, ...]
    why: Why
    outside_policy: bool = False


def ways(
    rules: NotificationRules, usable: Sequence[Contact], severity: Severity, channels: Iterable[ChannelKind] = ()
) -> Ways:
    """Return how to tell somebody of an incident, given their usable ways in their own order.

    ``channels`` are those that a policy restricts it to; none: any.
    """
    theirs = [one for one in usable if rules.account_email or one.id != ACCOUNT]
    wanted = set(channels)
    fitting = [one for one in theirs if one.kind in wanted] if wanted else theirs
    outside = bool(theirs) and not fitting
    chosen = theirs if outside else fitting
    rule = rules.rule_for(severity)
    if rule is None:
        return Ways(_default(chosen, severity), Why.NO_RULE, outside)
    found = _by_rule(rule, theirs, chosen)
    if not found:
        return Ways(_default(chosen, severity), Why.RULE_NAMES_NONE, outside)
    return Ways(found, Why.RULE, outside)


def quiet_until(rules: NotificationRules, severity: Severity, now: Utc) -> Utc | None:
    """Return when the quiet hours end that are running for a severity; None if none are."""
    from .local_time import moment_of, reached, zone_of

    hours = () if severity in LOUD else rules.quiet_hours(severity)
    if not hours:
        return None
    zone = zone_of(rules.time_zone or "UTC")
    local = reached(now, zone)
    until: Utc | None = None
    spans = duties(hours, local, local + _LOOK_AHEAD)
    # What lies between two of them may be left out by clocks that are set forward, but never twice: there is a next one.
    while moment_of((span := next(spans))[0], zone) <= (until or now):
        until = moment_of(span[1], zone)
    return until


def _default(contacts: Sequence[Contact], severity: Severity) -> tuple[Way, ...]:
    some = contacts if severity in LOUD else contacts[:1]
    return tuple(Way(one, timedelta()) for one in some)


def _by_rule(rule: Rule, theirs: Sequence[Contact], chosen: Sequence[Contact]) -> tuple[Way, ...]:
    """Return the ways among those ``chosen`` that a rule names, each once; the first as early as the rule's own first."""
    some = [way for way in _named(rule, theirs) if way.contact in chosen]
    if not some:
        return ()
    # Where the rule's first way is not verified, or not of the policy's channels, nobody waits for it in vain.
    sooner = some[0].after - timedelta(minutes=min(one.after_minutes for one in rule.steps))
    return tuple(Way(contact, after - sooner) for contact, after in some)


def _named(rule: Rule, contacts: Sequence[Contact]) -> list[Way]:
    earliest: dict[str, Way] = {}
    for step in sorted(rule.steps, key=lambda one: one.after_minutes):
        for contact in contacts:
            if step.takes(contact):
                earliest.setdefault(contact.id, Way(contact, timedelta(minutes=step.after_minutes)))
    return list(earliest.values())
