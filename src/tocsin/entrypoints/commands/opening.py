"""``open``: an incident by hand."""

import click

from tocsin.domain.severity import Severity
from tocsin.entrypoints.choices import TEXT
from tocsin.entrypoints.commands.actions import tell
from tocsin.entrypoints.filters import SEVERITY
from tocsin.entrypoints.wiring import Wiring, pass_wiring


@click.command("open")
@click.option("--title", type=TEXT, required=True, help="What is wrong, in one line.")
@click.option("--severity", type=SEVERITY, help="How bad it is; unless given, as the rules say by its words.")
@click.option("--service", type=TEXT, default="", help="What is affected.")
@click.option("--environment", type=TEXT, default="", help="Where.")
@click.option("--team", type=TEXT, default="", help="Whose it is.")
@click.option("--description", type=TEXT, default="", help="More about it.")
@click.option("--tag", "tags", type=TEXT, multiple=True, help="A tag; may be given several times.")
@click.option("--log", "logs", type=TEXT, multiple=True, help="A line of log to keep; may be given several times.")
@click.option("--assignee", "assignees", type=TEXT, multiple=True, help="Who works on it; may be given several times.")
@click.option("--by", type=TEXT, default="", metavar="NAME", help="Who opens it; the login name unless given.")
@click.option("--json", "as_json", is_flag=True, help="Print the incident, on one line.")
@pass_wiring
def open_incident(
    wiring: Wiring,
    *,
    title: str,
    severity: str | None,
    service: str,
    environment: str,
    team: str,
    description: str,
    tags: tuple[str, ...],
    logs: tuple[str, ...],
    assignees: tuple[str, ...],
    by: str,
    as_json: bool,
) -> None:
    """Open an incident by hand. Only people resolve it, and change a severity that was given."""
    who = wiring.actor(by)
    with wiring.service() as incidents:
        opened = incidents.open(
            title,
            by=who,
            severity=None if severity is None else Severity(severity),
            description=description,
            service=service,
            environment=environment,
            team=team,
            tags=tags,
            logs=logs,
            assignees=assignees,
        )
    tell(wiring, opened, as_json=as_json)
