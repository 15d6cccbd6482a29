"""Making the DynamoDB table, for people. On Lambda nothing calls this: a mistyped name must not make a second system."""

import sys
from typing import TYPE_CHECKING

import click

from tocsin.domain.alert import Source
from tocsin.errors import NoTable
from tocsin.services.heartbeats import HEARTBEAT, heartbeat_id

from .wiring import Wiring

if TYPE_CHECKING:
    from tocsin.config import Settings
    from tocsin.storage.store import Store


def make_table(wiring: Wiring, settings: "Settings") -> bool:
    """Make the table that the settings name, and say so; return False if it was there. Raises ``StoreError``."""
    from tocsin.storage.dynamodb_client import connect
    from tocsin.storage.dynamodb_table import create

    aws = wiring.aws(settings)
    name = settings.dynamodb_table_name
    client = connect(aws.region, aws.endpoint("DynamoDB"), session=aws.session)
    wiring.err.line(f"Making the table {name} in {aws.region} ...")
    wiring.err.flush()
    made = create(client, name, sleep=wiring.sleep)
    wiring.err.line(f"The table {name} is ready." if made else f"The table {name} was there already.")
    return made


def offer_table(wiring: Wiring, settings: "Settings", store: "Store", *, yes: bool) -> None:
    """See that the store has its table, and offer to make it if there is none. ``yes`` makes it without asking.

    Raises ``NoTable`` if nobody can be asked.
    """
    try:
        # Any read tells; one that asks about tables would need a permission that a sync does not.
        store.record(HEARTBEAT, heartbeat_id(Source.DATADOG))
    except NoTable:
        name = f"{settings.dynamodb_table_name} in {settings.aws_region}"
        if not yes:
            if not sys.stdin.isatty():
                hint = f"--yes makes it, and so does `{wiring.program} table create`"
                raise NoTable(f"there is no table {name}", hint=hint) from None
            if not click.confirm(f"There is no table {name}. Make it? It is paid by use", err=True):
                raise click.exceptions.Exit(NoTable.exit_status) from None
        make_table(wiring, settings)
