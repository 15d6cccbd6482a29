"""The parts that the settings name, put together: the same for the command line and for Lambda. Imports no click."""

from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

    from tocsin.config import Settings
    from tocsin.domain.rules import Rules
    from tocsin.sources.datadog import Progress
    from tocsin.storage.store import Store

    from .aws import Aws
    from .datadog_keys import Keys, KeySource
    from .rotating import RotatingDatadog


def open_store(settings: "Settings", reach: "Callable[[], Aws]", *, sleep: Callable[[float], None]) -> "Store":
    """Return the store that the settings name; ``reach`` gives AWS if that is where it is, ``sleep`` waits for it."""
    if settings.use_dynamodb:
        from tocsin.storage.dynamodb_client import connect
        from tocsin.storage.dynamodb_store import DynamoDbStore

        aws = reach()
        parallel = settings.parallel_writes
        client = connect(aws.region, aws.endpoint("DynamoDB"), parallel=parallel, session=aws.session)
        return DynamoDbStore(client, settings.dynamodb_table_name, parallel=parallel, sleep=sleep)
    from tocsin.storage.json_store import JsonStore

    return JsonStore(settings.incidents_file)


def rules_of(settings: "Settings") -> "Rules":
    """Return how to decide. Raises :class:`~tocsin.errors.ConfigurationError`."""
    if settings.severity_rules is None:
        return settings.rules()
    from .rules_file import read_rules

    return settings.rules(read_rules(settings.severity_rules))


def datadog(
    settings: "Settings",
    rules: "Rules",
    keys: "KeySource",
    *,
    clock: "Callable[[], datetime]",
    sleep: Callable[[float], None],
    progress: "Progress | None" = None,
    deadline: float | Callable[[], float] | None = None,
) -> "RotatingDatadog":
    """Return the Datadog that the settings name, read with ``keys``.

    Raises :class:`~tocsin.errors.ConfigurationError`, also for keys that are not there.
    """
    from tocsin.sources.datadog import SWEEP_SECONDS, DatadogSource

    from .rotating import RotatingDatadog

    def build(keys: "Keys") -> DatadogSource:
        return DatadogSource(
            api_key=keys.api_key,
            app_key=keys.app_key,
            site=settings.datadog_site,
            api_url=settings.datadog_api_url or None,
            service_tag=settings.service_tag,
            environment_tag=settings.environment_tag,
            team_tag=settings.team_tag,
            every_no_data=any(rule.opens for rule in rules.severities.rules),
            deadline=SWEEP_SECONDS if deadline is None else deadline,
            progress=progress,
            sleep=sleep,
            clock=clock,
        )

    return RotatingDatadog(keys, build)
