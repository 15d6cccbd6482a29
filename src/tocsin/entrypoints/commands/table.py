"""``table``: the DynamoDB table, for those who do not deploy the stack, which has its own."""

import click

from tocsin.entrypoints.tables import make_table
from tocsin.entrypoints.wiring import Wiring, pass_wiring


@click.group()
def table() -> None:
    """Make the DynamoDB table."""


@table.command()
@pass_wiring
def create(wiring: Wiring) -> None:
    """Make the table that DYNAMODB_TABLE_NAME or --store names, in AWS_REGION.

    It is paid by use, protected against deletion, and has point-in-time recovery. One that is there already is left as
    it is, but for recovery and time to live, which are switched on. The stack of template.yaml makes its own.
    """
    make_table(wiring, wiring.here())
