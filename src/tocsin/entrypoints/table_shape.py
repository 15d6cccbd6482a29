"""What the store's shape lacks: looked at for whoever asks whether the API is ready, and remembered for a minute."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from tocsin.clock import Clock

if TYPE_CHECKING:
    from datetime import datetime

    from tocsin.config import Settings

    from .aws import Aws

LOOKED_AT = 60.0
"""Seconds for which an answer is remembered: anybody may ask, and each look is a request to AWS."""


class StoreShape:
    """Looks at the shape of a table. A file has none to lack."""

    def __init__(self, settings: "Settings", reach: "Callable[[], Aws]", *, clock: Clock) -> None:
        self._settings = settings
        self._reach = reach
        self._clock = clock
        self._last: tuple[datetime, list[str]] | None = None

    def lacks(self) -> list[str]:
        """Return one line for each thing that is missing. Raises :class:`~tocsin.errors.StoreError`."""
        if not self._settings.use_dynamodb:
            return []
        now = self._clock()
        if self._last is None or (now - self._last[0]).total_seconds() >= LOOKED_AT:
            self._last = (now, self._look())
        return self._last[1]

    def _look(self) -> list[str]:
        from tocsin.storage.dynamodb_client import connect
        from tocsin.storage.dynamodb_table import misshapen

        aws = self._reach()
        client = connect(aws.region, aws.endpoint("DynamoDB"), session=aws.session)
        return misshapen(client, self._settings.dynamodb_table_name)
