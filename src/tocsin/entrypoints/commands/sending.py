"""``send``: a test alert, as a program would send it, to a server that runs."""

from contextlib import closing

import click

from tocsin.entrypoints.choices import TEXT, Word
from tocsin.entrypoints.filters import SEVERITY
from tocsin.entrypoints.json_output import write_object
from tocsin.entrypoints.store_choice import server_option
from tocsin.entrypoints.wiring import Wiring, pass_wiring
from tocsin.errors import InvalidInput

HERE = "http://127.0.0.1:8080"
"""Where `serve` serves unless told otherwise."""

STATE = Word("state", ["firing", "resolved"])


def _labels(_ctx: click.Context, param: click.Parameter, given: tuple[str, ...]) -> dict[str, str]:
    pairs = [one.partition("=") for one in given]
    wrong = next((name for name, equals, _ in pairs if not equals or not name.strip()), None)
    if wrong is not None:
        message = f"'{wrong}' is no label: say NAME=VALUE"
        raise click.BadParameter(message, param=param)
    return {name.strip(): value for name, _, value in pairs}


@click.command()
@click.argument("message", type=TEXT, default="This is a test alert.")
@click.option("--severity", type=SEVERITY, help="How bad it is; the words of the message say it unless given.")
@click.option("--service", type=TEXT, default="", help="What is affected.")
@click.option("--environment", type=TEXT, default="", help="Where.")
@click.option("--team", type=TEXT, default="", help="Whose it is.")
@click.option("--key", type=TEXT, default="test", show_default=True, help="What the alert is called.")
@click.option("--state", type=STATE, default="firing", show_default=True, help="Whether it fires, or is over.")
@click.option("--label", "labels", type=TEXT, multiple=True, callback=_labels, help="NAME=VALUE; as often as needed.")
@click.option("--json", "as_json", is_flag=True, help="Print the server's answer.")
@pass_wiring
def send(
    wiring: Wiring,
    *,
    message: str,
    severity: str | None,
    service: str,
    environment: str,
    team: str,
    key: str,
    state: str,
    labels: dict[str, str],
    as_json: bool,
) -> None:
    """Send a test alert to the server of --server or TOCSIN_SERVER, or else to the one on this machine.

    It needs an API key that may send alerts, in TOCSIN_API_KEY. `send --state resolved` ends it again.
    """
    settings = wiring.settings()
    said = {
        "message": message,
        "severity": severity,
        "service": service,
        "environment": environment,
        "team": team,
        "key": key,
        "state": state,
        "labels": labels,
    }
    alert = {name: value for name, value in said.items() if value}
    with closing(wiring.calls(settings, settings.tocsin_server or HERE)) as calls:
        answer = calls.ask("POST", "/api/v1/alerts", alert)
    if as_json:
        write_object(wiring.out.stream, answer)
        return
    if not answer["taken"]:
        raise InvalidInput("; ".join(one["detail"] for one in answer["refused"]))
    (taken,) = answer["taken"]
    incident = f"it belongs to {taken['incident']}" if taken["incident"] else taken["why"]
    wiring.out.line(f"{calls.url} took the alert {taken['alert']}: {incident}.")


send.params.append(server_option())
