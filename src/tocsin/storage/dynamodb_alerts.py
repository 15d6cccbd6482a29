"""Alert rows: read by source, by key and in order, and touched, which is one update without a read."""

from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from tocsin.domain.alert import Alert, Source
from tocsin.errors import StoreError

from . import dynamodb_items as items
from . import dynamodb_keys as keys
from .dynamodb_calls import Calls, ConditionFailed
from .dynamodb_items import OBSERVED_AT, SEEN, SEEN_AT, SIGNATURE, Layout
from .dynamodb_read import ROW, Reads
from .store import Touch, Touched

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


_COUNTED = f"SET version = version + :one, {SEEN} = {SEEN} + :one, {SEEN_AT} = :at, {OBSERVED_AT} = :observed_at"


class AlertRows:
    """The alert rows of one table. ``parallel`` touches are made side by side."""

    def __init__(
        self, client: "DynamoDBClient", table: str, calls: Calls, reads: Reads, layout: Layout, *, parallel: int
    ) -> None:
        self._client = client
        self._table = table
        self._calls = calls
        self._reads = reads
        self._layout = layout
        self._parallel = parallel

    def all(self, source: Source) -> list[Alert]:
        """Return every row of a source."""
        return [self._layout.alert(item) for item in self._reads.partition(keys.alerts_from(source), only=ROW)]

    def named(self, source: Source, names: Iterable[str]) -> dict[str, Alert]:
        """Return those rows of a source that exist under these keys, by key."""
        found = self._reads.many(keys.alert_key(source, name) for name in names)
        return {alert.key: alert for alert in map(self._layout.alert, found)}

    def of_origin(self, source: Source, origin: str) -> list[Alert]:
        """Return the rows of a source whose keys begin with ``origin`` and a colon."""
        found = self._reads.partition(keys.alerts_from(source), begins=f"{origin}:", only=ROW)
        return [self._layout.alert(item) for item in found]

    def page(self, source: Source, after: str, limit: int) -> list[Alert]:
        """Return up to ``limit`` rows of a source in the order of their keys, from the first beyond ``after``."""
        behind = keys.alert_key(source, after)["sk"]["S"] if after else ""
        found = self._reads.beyond(keys.alerts_from(source), behind, limit=limit, only=ROW)
        return [self._layout.alert(item) for item in found]

    def of_incident(self, incident_id: str) -> Iterator[Alert]:
        """Yield the current rows that belong to an incident.

        They are picked from all that fires or has just ended, which a sweep reads every minute: an index for them
        would cost a write unit for every alert.
        """
        for source in Source:
            where = {"incident_id": incident_id}
            for item in self._reads.partition(keys.alerts_from(source), only=ROW, where=where):
                yield self._layout.alert(item)

    def touch(self, touches: Sequence[Touch]) -> list[Touched]:
        """Make every touch, then raise the first error if there was one."""
        failures: list[StoreError] = []

        def make(touch: Touch) -> Touched:
            try:
                return self._touch(touch)
            except StoreError as error:
                failures.append(error)
                return Touched(done=False, row=None)

        if len(touches) <= 1 or self._parallel == 1:
            made = [make(touch) for touch in touches]
        else:
            with ThreadPoolExecutor(min(self._parallel, len(touches))) as pool:
                made = list(pool.map(make, touches))
        if failures:
            raise failures[0]
        return made

    def _touch(self, touch: Touch) -> Touched:
        # Only a row that fires has these attributes.
        try:
            answer = self._calls.run(
                lambda: self._client.update_item(
                    TableName=self._table,
                    Key=keys.alert_key(touch.source, touch.key),
                    UpdateExpression=_COUNTED,
                    ConditionExpression=f"{SIGNATURE} = :signature AND {OBSERVED_AT} <= :observed_at",
                    ExpressionAttributeValues={
                        ":one": items.number(1),
                        ":at": items.text(items.moment(touch.at)),
                        ":observed_at": items.text(items.moment(touch.observed_at)),
                        ":signature": items.text(touch.signature),
                    },
                    ReturnValues="ALL_NEW",
                    ReturnValuesOnConditionCheckFailure="ALL_OLD",
                )
            )
        except ConditionFailed as failure:
            found = failure.failed[0]
            return Touched(done=False, row=None if found is None else self._layout.alert(found))
        return Touched(done=True, row=self._layout.alert(answer["Attributes"]))
