"""``rules``: check the severity rules, and try which of them an alert would meet."""

import click

from tocsin.domain.alert import Source
from tocsin.domain.judging import Facts, SeverityRule
from tocsin.domain.severity import Severity
from tocsin.entrypoints.choices import TEXT, Whole, Word
from tocsin.entrypoints.filters import SOURCE
from tocsin.entrypoints.json_output import write_object
from tocsin.entrypoints.layout import Column
from tocsin.entrypoints.screen import Styled
from tocsin.entrypoints.wiring import Wiring, pass_wiring

STATE = Word("state", ["Alert", "Warn", "No Data"], {"nodata": "No Data"})

_COLUMNS = (
    Column("RULE", right=True),
    Column("NAME"),
    Column("SEVERITY"),
    Column("OPENS"),
    Column("WHEN", flexible=True),
)


@click.group()
def rules() -> None:
    """Check the severity rules, and try them."""


@rules.command()
@pass_wiring
def check(wiring: Wiring) -> None:
    """Read the file that SEVERITY_RULES names, and list its rules in the order they are tried."""
    settings = wiring.settings()
    listed = wiring.rules(settings).severities.rules
    if settings.severity_rules is None:
        wiring.err.line("SEVERITY_RULES is not set: the built-in rules decide alone.")
        return
    rows = [
        (str(number), rule.name or "-", _severity(rule), _opens(rule.opens), _when(rule))
        for number, rule in enumerate(listed, start=1)
    ]
    wiring.out.table(_COLUMNS, rows, wrap=True)
    wiring.err.line(f"{settings.severity_rules}: {len(listed)} rule{'' if len(listed) == 1 else 's'}, all well.")


@rules.command("test")
@click.option("--state", type=STATE, default="Alert", show_default=True, help="The monitor's state.")
@click.option("--priority", type=Whole(1, 5), help="The monitor's priority.")
@click.option("--tag", "tags", type=TEXT, multiple=True, help="A tag; may be given several times.")
@click.option("--service", type=TEXT, default="", help="The service; its tag says it too.")
@click.option("--environment", type=TEXT, default="", help="The environment; its tag says it too.")
@click.option("--source", type=SOURCE, default=Source.DATADOG.value, show_default=True, help="Where it comes from.")
@click.option("--word", type=TEXT, default="", help="The severity that its sender gives, as it says it.")
@click.option("--message", type=TEXT, default="", help="What its sender says of the problem.")
@click.option("--json", "as_json", is_flag=True, help="Print severity, rule, and what the rule says of opening.")
@pass_wiring
def try_rules(
    wiring: Wiring,
    *,
    state: str,
    priority: int | None,
    tags: tuple[str, ...],
    service: str,
    environment: str,
    source: str,
    word: str,
    message: str,
    as_json: bool,
) -> None:
    """Say which severity an alert would get, and by which rule."""
    settings = wiring.settings()
    facts = Facts(
        source=source,
        state="firing" if Source(source).pushes else state,
        priority=priority,
        tags=tags,
        service=service or _tagged(tags, settings.service_tag),
        environment=environment or _tagged(tags, settings.environment_tag),
        word=word,
        text=message,
    )
    found = wiring.rules(settings).severities.judge(facts)
    if as_json:
        write_object(wiring.out.stream, {"severity": found.severity.value, "rule": found.rule, "opens": found.opens})
        return
    wiring.out.line(Styled(found.severity.value, found.severity.value), f"  by {found.rule}")
    if found.opens is not None:
        wiring.out.line(f"This rule says that it {'opens' if found.opens else 'does not open'} an incident.")


def _tagged(tags: tuple[str, ...], name: str) -> str:
    """Return the value of the first tag of this name, as a monitor with these tags would have it."""
    prefix = f"{name.lower()}:"
    return next((tag[len(prefix) :] for tag in tags if tag.lower().startswith(prefix)), "")


def _severity(rule: SeverityRule) -> str | Styled:
    known: Severity | None = rule.severity
    return "-" if known is None else Styled(known.value, known.value)


def _opens(says: bool | None) -> str:
    return "-" if says is None else "yes" if says else "no"


def _when(rule: SeverityRule) -> str:
    """Say what a rule asks for."""
    asked = rule.model_dump(include={"source", "state", "priority", "tags", "service", "environment"})
    parts = [
        f"{key} {(' and ' if key == 'tags' else ' or ').join(map(str, values))}"
        for key, values in asked.items()
        if values
    ]
    return ", ".join(parts) or "always"
