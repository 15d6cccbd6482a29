"""Which severity, and by which rule."""

import pytest
from pydantic import ValidationError

from tocsin.domain.judging import Facts, SeverityRule, SeverityRules
from tocsin.domain.severity import Severity, worst


@pytest.mark.parametrize(
    "state, priority, severity",
    [
        ("Alert", 1, "critical"),
        ("Alert", 2, "high"),
        ("Alert", 3, "medium"),
        ("Alert", 4, "low"),
        ("Alert", 5, "low"),
        ("Alert", None, "high"),
        ("Alert", 9, "high"),
        ("Warn", 1, "high"),
        ("Warn", 2, "medium"),
        ("Warn", None, "medium"),
        ("Warn", 5, "low"),
        ("No Data", 1, "low"),
    ],
)
def test_the_default_follows_the_monitors_priority(state, priority, severity):
    """P1 critical ... P4 and P5 low, none high; Warn one level below; No Data low."""
    assert SeverityRules().judge(Facts("datadog", state, priority)).severity == severity


def test_the_first_rule_that_matches_wins_and_is_named():
    """Rules of a file come before the defaults, in their order."""
    rules = SeverityRules(
        rules=(
            SeverityRule(name="quiet staging", environment="stag*", severity="low"),
            SeverityRule(tags=["tier:1", "team:web"], severity="critical"),
            SeverityRule(tags="tier:1", severity="high"),
        )
    )
    both = rules.judge(Facts("datadog", "Warn", 3, ("TIER:1", "team:web"), "web", "prod"))
    assert (both.severity, both.rule) == (Severity.CRITICAL, "rule 2")
    assert rules.judge(Facts("datadog", "Alert", 1, ("tier:1",), "", "Staging")).rule == "quiet staging"
    assert rules.judge(Facts("datadog", "Alert", 3, ("tier:1",))).rule == "rule 3"
    assert rules.judge(Facts("datadog", "Alert", 3)).rule == "default: Alert, P3"


@pytest.mark.parametrize(
    "field, matching, other",
    [
        ("source", "datadog", "manual"),
        ("state", ["alert", "Warn"], "No Data"),
        ("priority", 2, 3),
        ("service", "check*", "search"),
        ("environment", None, "prod2"),
    ],
)
def test_every_field_that_is_given_must_match(field, matching, other):
    """A field left out matches anything; several values match any of them."""
    facts = Facts("datadog", "Alert", 2, (), "checkout", "prod")
    assert SeverityRule.model_validate({field: matching, "severity": "low"}).matches(facts)
    assert not SeverityRule.model_validate({field: other, "severity": "low"}).matches(facts)


def test_a_rule_that_says_nothing_is_refused():
    """It would match silently and change nothing."""
    with pytest.raises(ValidationError, match="severity"):
        SeverityRule(service="web")


def test_a_misspelt_field_of_a_rule_is_refused():
    """Otherwise the rule would match everything."""
    with pytest.raises(ValidationError, match="enviroment"):
        SeverityRule.model_validate({"enviroment": "prod", "severity": "low"})


def test_a_rule_may_only_say_whether_it_opens():
    """The severity then comes from the default."""
    judgement = SeverityRules(rules=(SeverityRule(state="No Data", opens=True),)).judge(Facts("datadog", "No Data"))
    assert (judgement.severity, judgement.opens) == (Severity.LOW, True)


def test_severities_are_ordered():
    """``critical > high > medium > low``."""
    assert [severity.value for severity in sorted(Severity, key=lambda one: -one.rank)] == [
        "critical",
        "high",
        "medium",
        "low",
    ]
    assert worst([Severity.LOW, Severity.HIGH]) is Severity.HIGH
    assert worst([]) is None
