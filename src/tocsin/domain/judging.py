"""The rules that give a severity to what a source reports.

Rules in a file come first, and the first that matches wins; the defaults follow. A judgement always names
the rule that made it, so that ``rules test`` and the timeline can say why.
"""

import re
from collections.abc import Mapping
from fnmatch import fnmatchcase
from functools import lru_cache
from typing import Annotated, NamedTuple

from pydantic import BeforeValidator, ConfigDict, model_validator

from .frozen import Frozen
from .severity import Severity


class Facts(NamedTuple):
    """What a severity is judged by. ``state`` is the source's own word (``Alert``, ``Warn``, ``No Data``, ``firing``).

    ``word`` is the severity that a sender gave, in its own words, ``text`` what it said of the problem.
    """

    source: str
    state: str
    priority: int | None = None
    tags: tuple[str, ...] = ()
    service: str = ""
    environment: str = ""
    word: str = ""
    text: str = ""


class Judgement(NamedTuple):
    """A severity, the rule that gave it, and whether that rule says that such an alert opens an incident."""

    severity: Severity
    rule: str
    opens: bool | None = None


def _as_tuple(value: object) -> object:
    if value is None:
        return ()
    return tuple(value) if isinstance(value, list | tuple | set) else (value,)


OneOf = Annotated[tuple[str, ...], BeforeValidator(_as_tuple)]
Numbers = Annotated[tuple[int, ...], BeforeValidator(_as_tuple)]


class SeverityRule(Frozen):
    """One rule: every field that is given must match; a field with several values matches any of them.

    ``tags`` is the exception: all of them must be present. Values may hold ``*`` and ``?``; letter case is
    ignored. ``opens`` overrides whether an alert that matches opens an incident (for No Data above all).
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = ""
    source: OneOf = ()
    state: OneOf = ()
    priority: Numbers = ()
    tags: OneOf = ()
    service: OneOf = ()
    environment: OneOf = ()
    severity: Severity | None = None
    opens: bool | None = None

    @model_validator(mode="after")
    def _says_something(self) -> "SeverityRule":
        if self.severity is None and self.opens is None:
            message = "a rule gives a severity, or says with opens = true or false whether an incident opens"
            raise ValueError(message)
        return self

    def matches(self, facts: Facts) -> bool:
        """Say whether every given field matches ``facts``."""
        return (
            _any_like(facts.source, self.source)
            and _any_like(facts.state, self.state)
            and (not self.priority or facts.priority in self.priority)
            and _any_like(facts.service, self.service)
            and _any_like(facts.environment, self.environment)
            and all(any(_like(tag, wanted) for tag in facts.tags) for wanted in self.tags)
        )


def _like(value: str, pattern: str) -> bool:
    return fnmatchcase(value.casefold(), pattern.casefold())


def _any_like(value: str, patterns: tuple[str, ...]) -> bool:
    return not patterns or any(_like(value, pattern) for pattern in patterns)


class SeverityRules(Frozen):
    """The rules of a file, in order, before the defaults."""

    rules: tuple[SeverityRule, ...] = ()

    def judge(self, facts: Facts) -> Judgement:
        """Return the severity of ``facts`` and the name of the rule that gave it."""
        default = _by_default(facts)
        for number, rule in enumerate(self.rules, start=1):
            if rule.matches(facts):
                name = rule.name or f"rule {number}"
                return Judgement(rule.severity or default.severity, name, rule.opens)
        return default


_BY_PRIORITY = {
    1: Severity.CRITICAL,
    2: Severity.HIGH,
    3: Severity.MEDIUM,
    4: Severity.LOW,
    5: Severity.LOW,
}


_SAID: Mapping[str, Severity] = {
    word: severity
    for severity, words in (
        (Severity.CRITICAL, "critical crit fatal emergency emerg disaster page p0 p1 sev0 sev1"),
        (Severity.HIGH, "error err high major p2 sev2"),
        (Severity.MEDIUM, "warning warn medium minor moderate average p3 sev3"),
        # Kubernetes' own rules call what is no problem by itself, such as a watchdog that always fires, "none".
        (Severity.LOW, "info informational information low notice debug none p4 p5 sev4 sev5"),
    )
    for word in words.split()
}
"""Severities as senders call them, without letter case, spaces and dashes."""

_BETWEEN_LETTERS = re.compile(r"[\s_-]+")

# Of a text without capitals. What is said of something harmless comes first, and hides the words in it.
_TELLING = re.compile(
    r"\b(?:"
    r"(?P<harmless>(?:scal|slow|cool|count|roll|wind|spin)(?:e|es|ed|ing|s|l|led)? down|(?:no|0|without) (?:errors?|failures?))"
    r"|(?P<critical>outage|down|unavailable|unreachable|data (?:loss|corruption)|fatal|panic|emergency|critical)"
    r"|(?P<high>errors?|fail(?:ed|s|ing|ures?)?|exceptions?|time[ -]?outs?|timed out|crash(?:ed|es|ing)?|refused)"
    r"|(?P<medium>slow(?:er|ness)?|warnings?|degraded|degradation|retry|retries|retrying|latency)"
    r")\b"
)
_LOOKED_AT = 4_000
"""Characters of a text that are searched for words."""

_BY_WORDS = (Severity.CRITICAL, Severity.HIGH, Severity.MEDIUM)

_DATADOG, _ALERTMANAGER = "datadog", "alertmanager"


def _by_default(facts: Facts) -> Judgement:
    """Datadog's priority decides; elsewhere the sender's own word; without one, words in what it says.

    Alertmanager's severity is a label that somebody sets on purpose, so that there nothing is read out of a text.
    """
    if facts.source == _DATADOG:
        return _by_priority(facts)
    if severity := _SAID.get(_BETWEEN_LETTERS.sub("", facts.word.casefold())):
        return Judgement(severity, f"default: its sender says {facts.word}")
    if facts.source == _ALERTMANAGER:
        return Judgement(Severity.MEDIUM, "default: its sender gives no severity that is known")
    return _by_words(facts.text[:_LOOKED_AT].casefold())


@lru_cache(maxsize=1_024)
def _by_words(text: str) -> Judgement:
    """Return the worst severity that a word of the text stands for. Senders repeat themselves, 500 at a time."""
    found: dict[str, str] = {}
    for hit in _TELLING.finditer(text):
        found.setdefault(hit.lastgroup or "", hit[0])
    for severity in _BY_WORDS:
        if word := found.get(severity.value):
            return Judgement(severity, f"default: it says {word!r}")
    return Judgement(Severity.MEDIUM, "default: nothing says how bad it is")


def _by_priority(facts: Facts) -> Judgement:
    """Datadog's monitor priority decides for Alert; Warn is one level milder; No Data is low."""
    state = facts.state.casefold()
    if state == "no data":
        return Judgement(Severity.LOW, "default: No Data is low")
    known = _BY_PRIORITY.get(facts.priority) if facts.priority is not None else None
    severity = known or Severity.HIGH
    because = f"P{facts.priority}" if known else "no priority"
    if state == "warn":
        return Judgement(severity.one_below(), f"default: Warn, {because}")
    return Judgement(severity, f"default: Alert, {because}")
