"""The documents tell the truth: what they show is run, and what there is to set is in them."""

import re
from pathlib import Path

import pytest

from tocsin.demo import DEMO_API_KEY, DEMO_APP_KEY, DatadogServer, MonitorId, demo_world
from tocsin.entrypoints.program import TABLE
from tocsin.entrypoints.rules_file import read_rules
from tocsin.variables import VARIABLES

ROOT = Path(__file__).resolve().parents[2]
DOCUMENTS = [
    *(
        "README.md",
        "CONTRIBUTING.md",
        "docs/access.md",
        "docs/api.md",
        "docs/audit.md",
        "docs/cli.md",
        "docs/on-call.md",
        "docs/contacts.md",
        "docs/paging.md",
        "docs/performance.md",
    ),
    "docs/channels.md",
    "docs/sign-in.md",
]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def blocks(language):
    return re.findall(rf"^```{language}\n(.*?)^```", README, re.DOTALL | re.MULTILINE)


def test_the_table_of_settings_is_what_can_be_set():
    """Every variable with its default and meaning, in order, and nothing else."""
    rows = re.findall(r"^\| `([A-Z_]+)`(?: \(or `([A-Z_]+)`\))? \| (?:`(.*?)`)? ?\| (.*) \|$", README, re.MULTILINE)
    assert rows == [(one.name, one.alias, one.default, one.meaning) for one in VARIABLES]


def test_the_example_file_of_settings_names_every_variable():
    """With its default, commented out; the keys to be filled in."""
    example = (ROOT / ".env.example").read_text(encoding="utf-8")
    assert re.findall(r"^#?([A-Z_]+)=(.*)$", example, re.MULTILINE) == [(one.name, one.default) for one in VARIABLES]


def test_the_examples_from_python_run(tmp_path, monkeypatch, capsys):
    """Word for word, but for the keys and the address."""
    monkeypatch.chdir(tmp_path)
    first, second = blocks("python")
    world = demo_world()
    world.trigger(MonitorId.CHECKOUT_ERRORS)
    with DatadogServer(world) as server:
        second = second.replace('api_key="..."', f"api_key={DEMO_API_KEY!r}").replace(
            'app_key="...", site="datadoghq.eu"', f"app_key={DEMO_APP_KEY!r}, api_url={server.url!r}"
        )
        assert server.url in second
        exec(compile(first + second, "README.md", "exec"), {})  # running it is the test
    said = capsys.readouterr().out
    assert "INC-1001 resolved a slow query" in said
    assert "['Checkout: error rate is high']" in said


def test_the_example_of_severity_rules_is_accepted(tmp_path):
    """By the code that reads the file."""
    (example,) = blocks("toml")
    file = tmp_path / "severities.toml"
    file.write_text(example)
    assert [rule.name for rule in read_rules(file)] == [
        "staging never wakes anybody",
        "payments without data are a problem",
    ]


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_command_that_a_document_shows_exists(document):
    """``python cli.py WORD`` with a WORD that the program knows."""
    text = (ROOT / document).read_text(encoding="utf-8")
    words = set(re.findall(r"python cli\.py ([a-z]+(?:-[a-z]+)*)", text))
    assert words <= set(TABLE), words - set(TABLE)


def test_every_command_is_named_in_the_readme_or_its_reference():
    """Nothing that can be done is a secret."""
    text = README + (ROOT / "docs" / "cli.md").read_text(encoding="utf-8")
    assert [name for name in TABLE if f"`{name}" not in text and f"cli.py {name}" not in text] == []


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_file_that_a_document_links_is_there(document):
    """No dead link in the repository."""
    text = (ROOT / document).read_text(encoding="utf-8")
    for target in re.findall(r"\]\((?!https?://)([^)#]+)\)", text):
        assert ((ROOT / document).parent / target).exists(), target
