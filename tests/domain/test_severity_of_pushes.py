"""How bad is what was pushed: the sender's own word, or else words in what it says, and always which one it was."""

import pytest

from tests.desk import fires
from tocsin.domain.alert import Source
from tocsin.domain.judging import Facts, SeverityRule, SeverityRules
from tocsin.domain.rules import Rules
from tocsin.domain.severity import Severity

PUSHED = ("alertmanager", "elastic", "generic")


def judged(source="generic", **facts):
    return SeverityRules().judge(Facts(source, "firing", **facts))


@pytest.mark.parametrize("source", PUSHED)
@pytest.mark.parametrize(
    "severity, words",
    [
        ("critical", ["critical", "Crit", "FATAL", "emergency", "page", "P1", "sev1", "SEV-1", "sev 0", "disaster"]),
        ("high", ["error", "ERR", "high", "major", "p2", "Sev_2"]),
        ("medium", ["warning", "Warn", "medium", "minor", "moderate", "P3", "sev-3", "average"]),
        ("low", ["info", "informational", "low", "notice", "debug", "p4", "P5", "none"]),
    ],
)
def test_the_senders_own_word_counts(source, severity, words):
    """In any letter case, with or without what stands between the letters; the judgement repeats the word."""
    for word in words:
        found = judged(source, word=word, text="an outage")
        assert (found.severity, found.rule) == (severity, f"default: its sender says {word}")


@pytest.mark.parametrize("word", ["", "urgent-ish", "5", "P9"])
def test_an_alertmanager_without_a_word_that_is_known_is_medium(word):
    """Its severity is a label that somebody sets on purpose: nothing is read out of a text there."""
    found = judged("alertmanager", word=word, text="an outage")
    assert (found.severity, found.rule) == (Severity.MEDIUM, "default: its sender gives no severity that is known")


@pytest.mark.parametrize("source", ["elastic", "generic", "manual"])
@pytest.mark.parametrize(
    "text, severity, word",
    [
        ("Checkout is DOWN", "critical", "down"),
        ("errors, then an outage", "critical", "outage"),
        ("possible data loss on db-1", "critical", "data loss"),
        ("service unavailable", "critical", "unavailable"),
        ("Job failed", "high", "failed"),
        ("slow, and one error", "high", "error"),
        ("Timeout: no answer", "high", "timeout"),
        ("it timed out", "high", "timed out"),
        ("unhandled exception", "high", "exception"),
        ("response is slow", "medium", "slow"),
        ("Disk usage warning", "medium", "warning"),
        ("retrying, 0 errors", "medium", "retrying"),
    ],
)
def test_without_a_word_what_is_said_of_it_decides(source, text, severity, word):
    """The worst thing said; the judgement names the word that did it."""
    found = judged(source, text=text)
    assert (found.severity, found.rule) == (severity, f"default: it says {word!r}")


@pytest.mark.parametrize(
    "text", ["", "hello", "scaling down web", "cooled down", "a download", "terrors", "breakdown of costs", "no errors"]
)
def test_words_that_mean_no_harm_do_none(text):
    """Parts of other words, and what is harmless together, leave it at medium."""
    found = judged(text=text)
    assert (found.severity, found.rule) == (Severity.MEDIUM, "default: nothing says how bad it is")


def test_a_text_of_any_length_is_judged_at_once():
    """Only its beginning is looked at."""
    assert judged(text="x " * 2_000_000 + "outage").severity is Severity.MEDIUM


def test_rules_of_the_file_come_first():
    """And see source and state of what is pushed."""
    rules = SeverityRules(rules=(SeverityRule(source="generic", state="firing", severity="low", name="quiet"),))
    assert rules.judge(Facts("generic", "firing", word="critical")).rule == "quiet"
    assert rules.judge(Facts("elastic", "firing", word="critical")).severity is Severity.CRITICAL


def test_title_and_message_are_both_looked_at():
    """An observation is judged by all that it says."""
    assert Rules().judge(fires(severity_word="", title="web", message="it is down")).severity is Severity.CRITICAL
    assert Rules().judge(fires(severity_word="", title="web is down", message="")).severity is Severity.CRITICAL
    assert Rules().judge(fires(source=Source.ALERTMANAGER, severity_word="page")).severity is Severity.CRITICAL
