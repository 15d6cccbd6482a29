"""The table: its definition as data, how to make it, and what an existing one lacks."""

import time
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Final

from botocore.exceptions import ClientError

from tocsin.errors import StoreBusy

from .dynamodb_calls import Calls

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import CreateTableInputTypeDef, TableDescriptionTypeDef

LIST: Final = "list"
"""The index of incidents: ``ACTIVE`` or ``CLOSED#<month of opening>``, by opening. It holds whole items."""

DUE: Final = "due"
"""The sparse index of records that have a due time. It holds keys: what is due is read again before it is acted on."""

EXPIRES: Final = "expires_at"
"""The attribute that DynamoDB forgets an item by: seconds since 1970."""

TABLE: "CreateTableInputTypeDef" = {
    "TableName": "incidents",
    "AttributeDefinitions": [
        {"AttributeName": name, "AttributeType": "S"} for name in ("pk", "sk", "list_pk", "list_sk", "due_pk", "due_sk")
    ],
    "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
    "GlobalSecondaryIndexes": [
        {
            "IndexName": LIST,
            "KeySchema": [
                {"AttributeName": "list_pk", "KeyType": "HASH"},
                {"AttributeName": "list_sk", "KeyType": "RANGE"},
            ],
            "Projection": {"ProjectionType": "ALL"},
        },
        {
            "IndexName": DUE,
            "KeySchema": [
                {"AttributeName": "due_pk", "KeyType": "HASH"},
                {"AttributeName": "due_sk", "KeyType": "RANGE"},
            ],
            "Projection": {"ProjectionType": "KEYS_ONLY"},
        },
    ],
    "BillingMode": "PAY_PER_REQUEST",
    "SSESpecification": {"Enabled": True},
    "StreamSpecification": {"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"},
    "DeletionProtectionEnabled": True,
}
"""What ``CreateTable`` is asked for. Time to live and point-in-time recovery are switched on afterwards."""

_MOST_LOOKS = 120
_BETWEEN_LOOKS = 1.0


def create(
    client: "DynamoDBClient", name: str, *, protect: bool = True, sleep: Callable[[float], None] = time.sleep
) -> bool:
    """Make the table, wait until it can be used, and switch on what can only be switched on then.

    Returns False if it existed; what it lacks of time to live and recovery is switched on all the same, so that an
    interrupted call can be repeated. ``protect`` guards it against deletion. Raises ``StoreError``.
    """
    calls = Calls(name, sleep=sleep)
    made = calls.run(lambda: _made(client, {**TABLE, "TableName": name, "DeletionProtectionEnabled": protect}))
    _wait_until_active(client, calls, name, sleep)
    if not _expires(client, calls, name):
        ttl = {"Enabled": True, "AttributeName": EXPIRES}
        calls.run(lambda: client.update_time_to_live(TableName=name, TimeToLiveSpecification=ttl))  # type: ignore[arg-type]  # a literal's type widens
    if not _recovers(client, calls, name):
        calls.run(lambda: _recoverable(client, name))
    return made


def exists(client: "DynamoDBClient", name: str) -> bool:
    """Say whether there is such a table. Raises ``StoreError`` if that cannot be told."""
    return _described(client, Calls(name), name) is not None


def misshapen(client: "DynamoDBClient", name: str) -> list[str]:
    """Return what of the table's shape is missing or another: keys and indexes, which every read and write needs.

    One call, and one permission (dynamodb:DescribeTable). Raises ``NoTable`` if there is none.
    """
    table = Calls(name).run(lambda: client.describe_table(TableName=name))["Table"]
    return [what for what, there in _shape(table) if not there]


def lacks(client: "DynamoDBClient", name: str) -> list[str]:
    """Return what the table lacks, one line each; empty if it is as :data:`TABLE` says.

    Raises ``NoTable`` if there is none.
    """
    calls = Calls(name)
    table = calls.run(lambda: client.describe_table(TableName=name))["Table"]
    return [what for what, there in _parts(client, calls, name, table) if not there]


def _parts(
    client: "DynamoDBClient", calls: Calls, name: str, table: "TableDescriptionTypeDef"
) -> Iterator[tuple[str, bool]]:
    yield from _shape(table)
    yield "deletion protection is off", table.get("DeletionProtectionEnabled", False)
    yield "its stream is off", table.get("StreamSpecification", {}).get("StreamEnabled", False)
    yield f"time to live by {EXPIRES!r} is off: what is over stays for ever", _expires(client, calls, name)
    yield "point-in-time recovery is off: no way back from a mistake", _recovers(client, calls, name)


def _shape(table: "TableDescriptionTypeDef") -> Iterator[tuple[str, bool]]:
    yield "its keys are not pk and sk: it is a table of something else", _same_keys(table, TABLE)
    there = {index.get("IndexName"): index for index in table.get("GlobalSecondaryIndexes", [])}
    for index in TABLE.get("GlobalSecondaryIndexes", []):
        found = there.get(index["IndexName"])
        fits = found is not None and _same_keys(found, index)
        yield f"the index {index['IndexName']!r} is missing or another", fits


def _same_keys(found: Mapping[str, object], wanted: Mapping[str, object]) -> bool:
    return found.get("KeySchema") == wanted["KeySchema"]


def _made(client: "DynamoDBClient", wanted: "CreateTableInputTypeDef") -> bool:
    try:
        client.create_table(**wanted)
    except client.exceptions.ResourceInUseException:
        return False
    return True


def _described(client: "DynamoDBClient", calls: Calls, name: str) -> "TableDescriptionTypeDef | None":
    def ask() -> "TableDescriptionTypeDef | None":
        try:
            return client.describe_table(TableName=name)["Table"]
        except client.exceptions.ResourceNotFoundException:
            return None

    return calls.run(ask)


def _wait_until_active(client: "DynamoDBClient", calls: Calls, name: str, sleep: Callable[[float], None]) -> None:
    for _ in range(_MOST_LOOKS):
        # Right after CreateTable, DescribeTable may not know the table yet.
        table = _described(client, calls, name)
        if table is not None and table.get("TableStatus") == "ACTIVE":
            return
        sleep(_BETWEEN_LOOKS)
    raise StoreBusy(f"table {name} is still not ready", hint="look at it in the console, and try again")


def _expires(client: "DynamoDBClient", calls: Calls, name: str) -> bool:
    said = calls.run(lambda: client.describe_time_to_live(TableName=name))["TimeToLiveDescription"]
    return said.get("TimeToLiveStatus") in ("ENABLING", "ENABLED") and said.get("AttributeName") == EXPIRES


def _recovers(client: "DynamoDBClient", calls: Calls, name: str) -> bool:
    said = calls.run(lambda: client.describe_continuous_backups(TableName=name))["ContinuousBackupsDescription"]
    return said.get("PointInTimeRecoveryDescription", {}).get("PointInTimeRecoveryStatus") == "ENABLED"


def _recoverable(client: "DynamoDBClient", name: str) -> None:
    wanted = {"PointInTimeRecoveryEnabled": True}
    try:
        client.update_continuous_backups(TableName=name, PointInTimeRecoverySpecification=wanted)  # type: ignore[arg-type]
    except client.exceptions.ContinuousBackupsUnavailableException as error:
        # "Backups are being enabled for the table": it passes.
        raise ClientError(
            {**error.response, "Error": {"Code": "ThrottlingException", "Message": str(error)}}, ""
        ) from error
