import pytest

RULES = """
[[rule]]
name = "payments wake us"
service = ["payments", "ledger*"]
state = "Alert"
severity = "critical"

[[rule]]
tags = ["env:staging", "team:*"]
opens = false

[[rule]]
severity = "low"
"""


@pytest.fixture
def ruled(tocsin):
    """Return the command line with a file of three rules."""
    path = tocsin.folder / "rules.toml"
    path.write_text(RULES)
    tocsin.environ["SEVERITY_RULES"] = str(path)
    return tocsin


def test_figures_by_severity_and_service(tocsin):
    """Counts, medians and means as text and as JSON; filters choose what is counted."""
    tocsin.opened("one", "--severity", "critical", "--service", "checkout")
    tocsin.opened("two", "--severity", "low")
    tocsin.minutes(2)
    tocsin("ack", "1001")
    tocsin.minutes(8)
    tocsin("resolve", "1001")
    tocsin("resolve", "1002")
    tocsin.opened("three", "--severity", "low")
    rows = {line.split("  ")[0]: line.split() for line in tocsin("stats").lines if line}
    assert rows["all"] == [
        "all",
        "3",
        "1",
        "1",
        "1",
        "2",
        "min",
        "2",
        "min",
        "2",
        "min",
        "10",
        "min",
        "10",
        "min",
        "10",
        "min",
    ]
    assert rows["critical"][:5] == ["critical", "1", "0", "0", "0"]
    assert rows["low"][:6] == ["low", "2", "1", "1", "1", "-"]
    assert rows["checkout"][1] == "1"
    assert "(no service)" in rows
    figures = tocsin("stats", "--json").json
    assert figures["overall"]["to_acknowledge"] == {"count": 1, "mean": 120.0, "median": 120.0, "p90": 120.0}
    assert list(figures["by_severity"]) == ["critical", "low"]
    assert tocsin("stats", "--json", "--severity", "critical").json["overall"]["total"] == 1


def test_without_incidents_there_is_nothing_to_count(tocsin):
    """A sentence for a person, zeros for a program, and no division by zero."""
    assert (tocsin("stats").out, tocsin("stats").err) == ("", "No incidents to count.\n")
    assert tocsin("stats", "--json").json["overall"]["total"] == 0


@pytest.mark.parametrize(
    "options, said",
    [
        ([], "high  by default: Alert, no priority"),
        (["--priority", "2"], "high  by default: Alert, P2"),
        (["--state", "warn", "--priority", "1"], "high  by default: Warn, P1"),
        (["--state", "no_data"], "low  by default: No Data is low"),
        (["--source", "alertmanager", "--word", "page"], "critical  by default: its sender says page"),
        (["--source", "generic", "--message", "Checkout is down"], "critical  by default: it says 'down'"),
    ],
)
def test_the_built_in_rules_can_be_tried(tocsin, options, said):
    """The answer names the rule: the priority of the monitor, milder for Warn; what the sender says of a push."""
    assert tocsin("rules", "test", *options).lines == [said]


@pytest.mark.parametrize(
    "options, said",
    [
        (["--service", "ledger-eu"], ["critical  by payments wake us"]),
        (["--tag", "Service:payments"], ["critical  by payments wake us"]),
        (["--state", "Warn", "--tag", "service:payments"], ["low  by rule 3"]),
        (
            ["--priority", "1", "--tag", "env:staging", "--tag", "team:shop"],
            ["critical  by rule 2", "This rule says that it does not open an incident."],
        ),
    ],
)
def test_the_rules_of_the_file_come_first(ruled, options, said):
    """In their order, with service and environment read from the tags as a sync does."""
    assert ruled("rules", "test", *options).lines == said


def test_trying_rules_as_json(ruled):
    """All three answers: severity, the rule that decided it, and what it says of opening."""
    said = ruled("rules", "test", "--tag", "env:staging", "--tag", "team:a", "--json").json
    assert said == {"severity": "high", "rule": "rule 2", "opens": False}


def test_rules_of_a_file_are_listed_in_order(ruled):
    """With what each asks for, in words, so that a mistake in it is seen."""
    said = ruled("rules", "check")
    assert [line.split() for line in said.lines] == [
        ["RULE", "NAME", "SEVERITY", "OPENS", "WHEN"],
        *(
            line.split()
            for line in [
                "1 payments wake us critical - state Alert, service payments or ledger*",
                "2 - - no tags env:staging and team:*",
                "3 - low - always",
            ]
        ),
    ]
    assert said.err.endswith("rules.toml: 3 rules, all well.\n")


def test_without_a_file_there_is_nothing_to_check(tocsin):
    """That is no error: the built-in rules are enough."""
    assert tocsin("rules", "check").err == "SEVERITY_RULES is not set: the built-in rules decide alone.\n"


@pytest.mark.parametrize(
    "text, says",
    [
        (
            '[[rule]]\nseverity = "low"\n[[rule]]\nseverty = "low"',
            "rule 2: 'severty' is no key of a rule; did you mean 'severity'?",
        ),
        ("[[rule]]\nzzz = 1", "rule 1: 'zzz' is no key of a rule; there are name, source, state"),
        (
            '[[rule]]\nseverity = "hihg"',
            "rule 1: severity takes critical, high, medium, low, not 'hihg'; did you mean 'high'?",
        ),
        ('[[rule]]\nseverity = "low"\npriority = "first"', "rule 1: priority takes a number from 1 to 5"),
        ('[[rule]]\nseverity = "low"\npriority = 7', "rule 1: priority takes a number from 1 to 5"),
        ('[[rule]]\nseverity = "low"\ntags = [1]', "rule 1: tags takes a text or a list of texts"),
        ('[[rule]]\nopens = "perhaps"', "rule 1: opens takes true or false"),
        ('[[rule]]\nname = "idle"', "rule 1: a rule gives a severity"),
        ('[rule]\nseverity = "low"', "rules stand in [[rule]] tables"),
        ('rule = ["low"]', "rules stand in [[rule]] tables"),
        ('[[rules]]\nseverity = "low"', "'rules' means nothing here"),
        ("[[rule]\n", "it is not TOML"),
        (b"\xff\xfe", "it is not UTF-8 text"),
    ],
)
def test_a_mistake_in_the_file_names_file_rule_key_and_what_is_allowed(ruled, text, says):
    """One line, in every command that decides severities: never a wrong page for a typo."""
    path = ruled.folder / "rules.toml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    for command in (["rules", "check"], ["rules", "test"], ["tick"]):
        said = ruled(*command)
        assert (said.status, said.out) == (2, "")
        assert said.err.startswith(f"tocsin: {path}: ")
        assert says in said.err
        assert len(said.err.splitlines()) == 1


def test_a_mistyped_subcommand_suggests_the_nearest(tocsin):
    """As with the commands themselves."""
    assert "Did you mean 'test'?" in tocsin("rules", "tset").err
