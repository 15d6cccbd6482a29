"""The parts that the settings name, put together: the same for the command line and for Lambda. Imports no click."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from tocsin.errors import ConfigurationError

if TYPE_CHECKING:
    from datetime import datetime

    from tocsin.api.options import Options
    from tocsin.config import Settings
    from tocsin.domain.rules import Rules
    from tocsin.sources.datadog import Progress
    from tocsin.sources.naming import TagNames
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


def on_lambda_with_a_table(settings: "Settings", environ: Mapping[str, str]) -> None:
    """See that a function on Lambda keeps its incidents in a table. Raises ``ConfigurationError`` otherwise."""
    if environ.get("AWS_LAMBDA_FUNCTION_NAME") and not settings.use_dynamodb:
        message = "USE_DYNAMODB is not true: a file on Lambda is forgotten with the process"
        raise ConfigurationError(message, hint="Set USE_DYNAMODB=true and DYNAMODB_TABLE_NAME.")


def api_options(settings: "Settings") -> "Options":
    """Return how the edge of the API is set."""
    from tocsin.api.options import Options

    if not settings.allowed_networks:
        return Options(origins=settings.cors_origins, requests_per_second=settings.requests_per_second)
    from ipaddress import ip_network

    networks = {source: tuple(ip_network(one) for one in some) for source, some in settings.allowed_networks.items()}
    return Options(settings.cors_origins, networks, settings.requests_per_second)


def tag_names(settings: "Settings") -> "TagNames":
    """Return which tags and labels name service, environment and team."""
    from tocsin.sources.naming import TagNames

    return TagNames(settings.service_tag, settings.environment_tag, settings.team_tag)


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
