"""The one place where the store imports botocore: a low-level client, set up for :class:`~.dynamodb_store.DynamoDbStore`."""

from typing import TYPE_CHECKING, cast

from botocore.config import Config
from botocore.session import Session

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

CONNECT_TIMEOUT = 2.0
"""Seconds."""

READ_TIMEOUT = 5.0
"""Seconds. DynamoDB answers in some ten milliseconds, the largest page in a few hundred."""


def connect(
    region: str,
    endpoint_url: str | None = None,
    *,
    parallel: int = 8,
    session: Session | None = None,
) -> "DynamoDBClient":
    """Return a client for ``region``; ``endpoint_url`` is that of a stand-in. Credentials come from the usual places.

    botocore itself tries once: ``dynamodb_calls`` tries again, since it alone knows what a cancelled transaction or
    a half-done batch asks for, and two loops inside each other would multiply their waits. As many connections are
    kept open as the store has threads. ``session``: whoever makes clients of other services too makes all of one
    session; they share what is slow to read.
    """
    config = Config(
        connect_timeout=CONNECT_TIMEOUT,
        read_timeout=READ_TIMEOUT,
        max_pool_connections=max(10, parallel),
        retries={"mode": "standard", "total_max_attempts": 1},
        tcp_keepalive=True,
    )
    client = (session or Session()).create_client(
        "dynamodb", region_name=region, endpoint_url=endpoint_url, config=config
    )
    return cast("DynamoDBClient", client)
