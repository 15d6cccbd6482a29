"""docs/deploy.md and docs/operate.md tell the truth about the templates, and leave nothing out."""

import re
from collections import Counter
from datetime import timedelta
from decimal import Decimal

import pytest

from tests.cloud.cloudformation import ROOT, load
from tocsin.entrypoints import pager_metrics, sync_metrics
from tocsin.entrypoints.program import TABLE
from tocsin.services.paging.rounds import RoundReport
from tocsin.services.sync import SyncReport

DEPLOY = (ROOT / "docs" / "deploy.md").read_text(encoding="utf-8")
OPERATE = (ROOT / "docs" / "operate.md").read_text(encoding="utf-8")
QUIET = {"complete": True, "quarantined": (), "unfinished": (), "monitors": 1, "decisions": {}}
BOTH = {"docs/deploy.md": DEPLOY, "docs/operate.md": OPERATE}


def anchors(text):
    """Return the anchors of a document's headings, as GitHub makes them."""
    headings = re.findall(r"^#+ (.*)$", text, re.MULTILINE)
    return {re.sub(r"[^a-z0-9 -]", "", one.lower()).replace(" ", "-") for one in headings}


def test_every_parameter_of_the_stack_is_described_with_its_default():
    """All of them in the order of the template, and none that is not there."""
    rows = re.findall(r"^\| `([A-Za-z]+)` \| (?:`(.*?)`)? ?\|", DEPLOY, re.MULTILINE)
    declared = {name: str(one["Default"]) for name, one in load("template.yaml")["Parameters"].items()}
    assert dict(rows) == declared


def test_every_parameter_of_what_stands_beside_the_stack_is_described():
    """In the table of that step."""
    rows = re.findall(r"^\| `([A-Za-z]+)` \| [^|`]", DEPLOY, re.MULTILINE)
    assert set(load("infra/github-oidc.yaml")["Parameters"]) <= set(rows)


def test_every_variable_of_an_environment_is_named_with_its_output():
    """What the workflow reads is what the document says to set, and where that is found."""
    workflow = (ROOT / ".github" / "workflows" / "deploy-to.yml").read_text(encoding="utf-8")
    read = set(re.findall(r"vars\.([A-Z_]+)", workflow))
    rows = dict(re.findall(r"^\| `([A-Z_]+)` \| (?:`([A-Z]+)`|[^`])", DEPLOY, re.MULTILINE))
    assert set(rows) == read
    outputs = load("infra/github-oidc.yaml")["Outputs"]
    assert {output for output in rows.values() if output} | {"PERMISSIONSBOUNDARYARN"} == set(outputs)


def test_every_alarm_says_what_it_means_and_what_to_do(stack):
    """A heading of its own for each, and none for an alarm that does not exist."""
    alarms = {one["AlarmName"] for one in stack.of_type("AWS::CloudWatch::Alarm").values()}
    assert set(re.findall(r"^### (tocsin-.*)$", OPERATE, re.MULTILINE)) == alarms
    for name in alarms:
        section = OPERATE.split(f"### {name}\n", 1)[1].split("\n##", 1)[0]
        assert section.lstrip().startswith("*"), f"{name}: what it means comes first"
        assert len(section.split()) > 30, f"{name}: what to do is missing"


def test_every_metric_is_described():
    """All that the handler can write, and nothing else."""
    whole = SyncReport.model_construct(complete=False, quarantined=(1,), unfinished=(1,), monitors=1, decisions={})
    runs = [
        sync_metrics.Run(cold_start=True, report=None),
        sync_metrics.Run(cold_start=False, report=whole, active=1, opened=Counter(low=1), resolved=Counter(low=1)),
    ]
    written = {
        metric["Name"]
        for document in (
            *(one for run in runs for one in sync_metrics.documents(run, namespace="Tocsin", service="tocsin")),
            pager_metrics.document(whole_round(), namespace="Tocsin", service="tocsin-pager"),
        )
        for metric in document["_aws"]["CloudWatchMetrics"][0]["Metrics"]
    }
    table = OPERATE.split("## What is counted", 1)[1].split("\n## ", 1)[0]
    assert set(re.findall(r"^\| `(\w+)` \|", table, re.MULTILINE)) == written


def whole_round():
    """Return a round in which everything happened that is counted."""
    pages = RoundReport(sent=1, failed=1, dropped=1, left=1)
    happened = {"held_up": True, "broke": [ValueError()], "oldest": timedelta(0)}
    return pager_metrics.Round(cold_start=True, scheduled=True, pages=pages, **happened)


def test_what_it_costs_adds_up(stack):
    """The rows come to the sum, and count what the template has."""
    section = OPERATE.split("## What it costs", 1)[1]
    lines = [line for line in section.splitlines() if line.startswith("|") and "$" in line]
    rows = [[cell.strip(" *") for cell in line.split("|")[1:-1]] for line in lines]
    *parts, whole = [re.fullmatch(r"\$([\d.]+) \(([\d.]+)\)", row[-1]).groups() for row in rows]
    for column in range(2):
        assert sum(Decimal(part[column]) for part in parts) == Decimal(whole[column])
    counted = {row[0]: row[1] for row in rows}
    assert counted["CloudWatch, alarms"].startswith(f"{len(stack.of_type('AWS::CloudWatch::Alarm'))};")
    assert f"at {stack.parameters['MemorySize']} MB" in counted["Lambda, arm64"]
    assert f"at {stack.parameters['PagerMemorySize']} MB" in counted["Lambda, the pager"]
    quiet = sync_metrics.Run(cold_start=False, active=1, report=SyncReport.model_construct(**QUIET))
    (document,) = sync_metrics.documents(quiet, namespace="Tocsin", service="tocsin")
    idle = pager_metrics.Round(cold_start=False, scheduled=True, pages=RoundReport(), oldest=timedelta(0))
    idle = pager_metrics.document(idle, namespace="Tocsin", service="tocsin-pager")
    always = sum(len(one["_aws"]["CloudWatchMetrics"][0]["Metrics"]) for one in (document, idle))
    assert counted["CloudWatch, metrics"].startswith(f"{always} at all times")


@pytest.mark.parametrize("document", BOTH)
def test_every_link_leads_somewhere(document):
    """To a file that is there, and to a heading that is in it."""
    for target in re.findall(r"\]\((?!https?://)([^)]+)\)", BOTH[document]):
        path, _, anchor = target.partition("#")
        file = (ROOT / document).parent / path if path else ROOT / document
        assert file.is_file(), target
        if anchor:
            assert anchor in anchors(file.read_text(encoding="utf-8")), target


@pytest.mark.parametrize("document", BOTH)
def test_every_command_that_is_shown_exists(document):
    """Of the command line, of make, and of the tools."""
    text = BOTH[document]
    assert set(re.findall(r"python cli\.py ([a-z]+(?:-[a-z]+)*)", text)) <= set(TABLE)
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for target in re.findall(r"^make ([a-z]+)", text, re.MULTILINE):
        assert re.search(rf"^{target}:", makefile, re.MULTILINE), target
    for script in re.findall(r"python (tools/\w+\.py)", text):
        assert (ROOT / script).is_file(), script


def test_the_names_that_are_shown_are_the_stacks_own(stack):
    """Queues, table, function, log group and topic are called what the commands call them."""
    own = {stack.name_of(name) for name in stack.resources}
    shown = set(
        re.findall(r"(?:--queue-name|--source-table-name|--function-name|get-schedule --name) (tocsin[\w-]*)", OPERATE)
    )
    assert shown <= own | {"tocsin-sync"}
    assert {"tocsin-incidents", "/aws/lambda/tocsin-sync", "tocsin-alarms"} <= own
    assert "/aws/lambda/tocsin-sync" in OPERATE
