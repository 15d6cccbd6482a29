"""A believable small organisation: a web shop with 26 monitors, all quiet but for what is quiet in no organisation.

At rest two monitors have No Data (nobody asked to be told), one is muted for ever, and one is a draft.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import timedelta
from enum import IntEnum

from .clock import Clock, wall_clock
from .monitor import STAR
from .typed import JSON
from .world import World

OVERALL = "@SYNTHETICS_OVERALL@"
FRANKFURT = "aws:eu-central-1"
WEB_HOSTS = tuple(f"host:web-{number}" for number in range(1, 9))
CHECKOUT = "service:checkout,env:prod"
STOREFRONT = "service:storefront,env:prod"
ORDERS_QUEUE = "queuename:orders"

_SYNTHETIC_GROUPS = ("total", FRANKFURT, OVERALL)


class MonitorId(IntEnum):
    """The monitors of the demo by their ids, which ascend as Datadog's do."""

    CHECKOUT_ERRORS = 140_021_101
    CHECKOUT_LATENCY = 140_021_118
    CHECKOUT_JOURNEY = 140_021_120
    CHECKOUT_ERROR_LOGS = 140_022_007
    CHECKOUT_SLO = 140_022_031
    PAYMENT_DECLINES = 140_100_412
    PAYMENT_PROVIDER = 140_100_413
    PAYMENT_QUEUE_LAG = 140_100_977
    ORDERS_QUEUE_DEPTH = 140_101_204
    SEARCH_LATENCY = 140_233_500
    SEARCH_NO_RESULTS = 140_233_501
    SEARCH_OLD_HEAP = 140_233_640
    DB_PRIMARY_CPU = 140_310_055
    DB_CONNECTIONS = 140_310_056
    DB_REPLICA_LAG = 140_310_057
    DB_REPLICA_HEARTBEAT = 140_310_090
    HOST_CPU = 140_402_210
    HOST_DISK = 140_402_211
    HOST_CLOCK = 140_402_300
    STOREFRONT_ERRORS = 140_455_018
    STOREFRONT_RUM = 140_455_019
    SHOP_DOWN = 140_455_020
    NIGHTLY_REPORT = 140_500_733
    BACKUP_AGE = 140_500_741
    STAGING_ERRORS = 140_610_002
    FRAUD_SCORE_DRIFT = 140_700_150


def demo_world(clock: Clock = wall_clock) -> World:
    """The shop, at rest. The same at every call but for the clock."""
    world = World(clock)
    _checkout(world)
    _payments(world)
    _search(world)
    _databases(world)
    _hosts(world)
    _storefront(world)
    _odds_and_ends(world)
    return world


def runbook_message(what: str, page: str, team: str) -> str:
    """A monitor's message as teams write it: template variables, a runbook link, a handle."""
    return (
        "{{#is_alert}}" + what + "{{/is_alert}}\n"
        "{{#is_recovery}}Back to normal.{{/is_recovery}}\n\n"
        f"Runbook: https://runbooks.example.com/{page}\n"
        f"@slack-{team}"
    )


def _checkout(world: World) -> None:
    _monitor(
        world,
        MonitorId.CHECKOUT_ERRORS,
        "Checkout: error rate is high",
        "sum(last_5m):sum:trace.http.request.errors{service:checkout,env:prod} by {service,env}.as_count() > 50",
        service="checkout",
        priority=1,
        message=runbook_message("Customers cannot pay: {{value}} errors in 5 minutes.", "checkout/errors", "checkout"),
        thresholds={"critical": 50.0, "warning": 20.0},
        groups=(CHECKOUT,),
    )
    _monitor(
        world,
        MonitorId.CHECKOUT_LATENCY,
        "Checkout: p95 latency is above 2 s",
        "percentile(last_5m):p95:trace.http.request{service:checkout,env:prod} > 2",
        service="checkout",
        priority=2,
        message=runbook_message("Paying takes {{value}} s.", "checkout/latency", "checkout"),
        thresholds={"critical": 2.0, "warning": 1.2},
    )
    _monitor(
        world,
        MonitorId.CHECKOUT_JOURNEY,
        "[Synthetics] A customer buys a lamp",
        "no_query",
        type="synthetics alert",
        service="checkout",
        priority=2,
        message=runbook_message("The test customer could not buy the lamp.", "checkout/journey", "checkout"),
        more_tags=("check_type:browser", "check_status:live", "probe_dc:aws:eu-central-1"),
        options={"on_missing_data": "show_no_data", "synthetics_check_id": "7ka-w2m-q9d"},
        groups=_SYNTHETIC_GROUPS,
    )
    _monitor(
        world,
        MonitorId.CHECKOUT_ERROR_LOGS,
        "Checkout: unhandled exceptions in the logs",
        'logs("service:checkout status:error unhandled").index("main").rollup("count").last("5m") > 10',
        type="log alert",
        service="checkout",
        priority=3,
        message=runbook_message("{{value}} unhandled exceptions.", "checkout/exceptions", "checkout"),
        thresholds={"critical": 10.0},
        options={"enable_logs_sample": True, "groupby_simple_monitor": False},
    )
    _monitor(
        world,
        MonitorId.CHECKOUT_SLO,
        "Checkout: the error budget burns too fast",
        'burn_rate("4f3a1c").over("30d").long_window("1h").short_window("5m") > 14.4',
        type="slo alert",
        service="checkout",
        priority=2,
        message=runbook_message("At this rate the month's budget lasts two days.", "checkout/slo", "checkout"),
        thresholds={"critical": 14.4},
    )


def _payments(world: World) -> None:
    _monitor(
        world,
        MonitorId.PAYMENT_DECLINES,
        "Payments: unusually many declined cards",
        "avg(last_4h):anomalies(sum:payments.declined{env:prod}.as_count(), 'agile', 3) >= 1",
        service="payments",
        priority=1,
        message=runbook_message("Far more cards are declined than usual.", "payments/declines", "payments"),
        thresholds={"critical": 1.0, "critical_recovery": 0.0},
    )
    _monitor(
        world,
        MonitorId.PAYMENT_PROVIDER,
        "[Synthetics] The payment provider answers",
        "no_query",
        type="synthetics alert",
        service="payments",
        priority=2,
        message=runbook_message(
            "The provider's status page: https://status.example.net", "payments/provider", "payments"
        ),
        more_tags=("check_type:api", "check_status:live", "probe_dc:aws:eu-central-1"),
        options={"on_missing_data": "show_no_data", "synthetics_check_id": "c4f-p1s-8ue"},
        groups=_SYNTHETIC_GROUPS,
    )
    _monitor(
        world,
        MonitorId.PAYMENT_QUEUE_LAG,
        "Payments: consumers lag behind",
        "max(last_10m):max:kafka.consumer_lag{env:prod} by {topic} > 10000",
        service="payments",
        priority=3,
        message=runbook_message("{{topic.name}} lags by {{value}} messages.", "payments/lag", "payments"),
        thresholds={"critical": 10_000.0, "warning": 2_000.0},
        groups=("topic:captures", "topic:refunds"),
    )
    _monitor(
        world,
        MonitorId.ORDERS_QUEUE_DEPTH,
        "Orders: the queue is filling up",
        "avg(last_10m):avg:aws.sqs.approximate_number_of_messages_visible{env:prod} by {queuename} > 5000",
        service="orders",
        priority=3,
        message=runbook_message("{{value}} orders wait.", "orders/queue", "payments"),
        thresholds={"critical": 5_000.0},
        groups=(ORDERS_QUEUE, "queuename:orders-dlq"),
    )


def _search(world: World) -> None:
    _monitor(
        world,
        MonitorId.SEARCH_LATENCY,
        "Search: p99 latency is above 800 ms",
        "percentile(last_10m):p99:trace.http.request{service:search,env:prod} > 0.8",
        service="search",
        priority=3,
        message=runbook_message("Search takes {{value}} s.", "search/latency", "search"),
        thresholds={"critical": 0.8, "warning": 0.5},
    )
    _monitor(
        world,
        MonitorId.SEARCH_NO_RESULTS,
        "Search: too many searches find nothing",
        'logs("service:search @results:0").index("main").rollup("count").last("15m") > 400',
        type="log alert",
        service="search",
        priority=5,
        message=runbook_message("{{value}} empty results.", "search/empty", "search"),
        thresholds={"critical": 400.0},
    )
    _monitor(
        world,
        MonitorId.SEARCH_OLD_HEAP,
        "Search (old cluster): heap is nearly full",
        "avg(last_15m):avg:elasticsearch.mem.heap_in_use{cluster:search-old} by {host} > 90",
        service="search",
        priority=4,
        message="The old cluster goes away soon. @slack-search",
        thresholds={"critical": 90.0},
        groups=("host:search-old-1", "host:search-old-2"),
    )


def _databases(world: World) -> None:
    _monitor(
        world,
        MonitorId.DB_PRIMARY_CPU,
        "Database: the primary's CPU is saturated",
        "avg(last_10m):avg:aws.rds.cpuutilization{dbinstanceidentifier:shop-primary} > 90",
        service="database",
        priority=1,
        message=runbook_message("{{value}} % on the primary.", "database/cpu", "data"),
        thresholds={"critical": 90.0, "warning": 75.0},
    )
    _monitor(
        world,
        MonitorId.DB_CONNECTIONS,
        "Database: connections run out",
        "max(last_5m):max:postgresql.percent_usage_connections{env:prod} > 0.9",
        service="database",
        priority=2,
        message=runbook_message("{{value}} of all connections are taken.", "database/connections", "data"),
        thresholds={"critical": 0.9, "warning": 0.75},
    )
    _monitor(
        world,
        MonitorId.DB_REPLICA_LAG,
        "Database: a replica lags behind the primary",
        "max(last_5m):max:postgresql.replication_delay{env:prod} by {host} > 30",
        service="database",
        priority=2,
        message=runbook_message("{{host.name}} is {{value}} s behind.", "database/lag", "data"),
        thresholds={"critical": 30.0, "warning": 10.0},
        groups=("host:db-replica-1", "host:db-replica-2"),
    )
    _monitor(
        world,
        MonitorId.DB_REPLICA_HEARTBEAT,
        "Database: a replica cannot be reached",
        '"postgres.can_connect".over("env:prod").by("host").last(3).count_by_status()',
        type="service check",
        service="database",
        priority=2,
        message=runbook_message("No heartbeat from {{host.name}}.", "database/heartbeat", "data"),
        thresholds={"critical": 2, "ok": 1, "warning": 1},
        options={"notify_no_data": True, "no_data_timeframe": 2},
        groups=("host:db-replica-1", "host:db-replica-2"),
    )


def _hosts(world: World) -> None:
    _monitor(
        world,
        MonitorId.HOST_CPU,
        "CPU is saturated",
        "avg(last_5m):100 - avg:system.cpu.idle{role:web,env:prod} by {host} > 95",
        service="web",
        team="platform",
        priority=3,
        message=runbook_message("{{host.name}} is at {{value}} %.", "hosts/cpu", "platform"),
        thresholds={"critical": 95.0, "warning": 85.0},
        groups=WEB_HOSTS,
    )
    _monitor(
        world,
        MonitorId.HOST_DISK,
        "Disk is nearly full",
        "max(last_15m):max:system.disk.in_use{role:web,env:prod} by {host} > 0.92",
        service="web",
        team="platform",
        priority=4,
        message=runbook_message("{{host.name}} has {{value}} of its disk in use.", "hosts/disk", "platform"),
        thresholds={"critical": 0.92, "warning": 0.85},
        groups=WEB_HOSTS,
    )
    _monitor(
        world,
        MonitorId.HOST_CLOCK,
        "[Auto] Clock in sync with NTP",
        '"ntp.in_sync".over("*").by("host").last(2).count_by_status()',
        type="service check",
        service=None,
        team="platform",
        message="Triggers if any host's clock goes out of sync with the time given by NTP.",
        thresholds={"critical": 1, "ok": 1, "warning": 1},
        groups=WEB_HOSTS,
    )


def _storefront(world: World) -> None:
    _monitor(
        world,
        MonitorId.STOREFRONT_ERRORS,
        "Storefront: 5xx rate is high",
        "sum(last_5m):sum:aws.applicationelb.httpcode_target_5xx{service:storefront,env:prod} by {service,env}.as_count() > 100",
        service="storefront",
        priority=1,
        message=runbook_message("{{value}} failed pages.", "storefront/5xx", "storefront"),
        thresholds={"critical": 100.0, "warning": 40.0},
        groups=(STOREFRONT,),
    )
    _monitor(
        world,
        MonitorId.STOREFRONT_RUM,
        "Storefront: pages paint slowly",
        'rum("@type:view service:storefront").rollup("pc75", "@view.largest_contentful_paint").last("15m") > 4000000000',
        type="rum alert",
        service="storefront",
        priority=4,
        message=runbook_message("Three quarters of the pages take longer than 4 s.", "storefront/paint", "storefront"),
        thresholds={"critical": 4_000_000_000.0},
    )
    _monitor(
        world,
        MonitorId.SHOP_DOWN,
        "The shop is down (checkout and storefront fail together)",
        f"{MonitorId.CHECKOUT_ERRORS} && {MonitorId.STOREFRONT_ERRORS}",
        type="composite",
        service="storefront",
        priority=1,
        message=runbook_message("Wake the incident commander.", "shop-down", "storefront"),
    )


def _odds_and_ends(world: World) -> None:
    _monitor(
        world,
        MonitorId.NIGHTLY_REPORT,
        "Nightly report: rows written",
        "sum(last_1h):sum:reports.rows_written{job:nightly} < 1000",
        service="reports",
        team="data",
        priority=5,
        message="The report was short. Nobody needs to get up for it.",
        thresholds={"critical": 1_000.0},
        options={"on_missing_data": "show_no_data"},
    )
    _monitor(
        world,
        MonitorId.BACKUP_AGE,
        "Backup: the last one is old",
        "min(last_1d):max:backup.age_hours{*} > 26",
        service="database",
        team="data",
        priority=3,
        message=runbook_message("The last backup is {{value}} hours old.", "database/backup", "data"),
        thresholds={"critical": 26.0},
        options={"on_missing_data": "default"},
        groups=(),
    )
    _monitor(
        world,
        MonitorId.STAGING_ERRORS,
        "Staging: error rate is high",
        "sum(last_5m):sum:trace.http.request.errors{env:staging} by {service}.as_count() > 50",
        service=None,
        env="staging",
        team="platform",
        priority=5,
        message="Something is broken on staging, again.",
        thresholds={"critical": 50.0},
        groups=("service:checkout", "service:storefront", "service:search"),
    )
    _monitor(
        world,
        MonitorId.FRAUD_SCORE_DRIFT,
        "Payments: fraud scores drift",
        "avg(last_1h):avg:fraud.score{env:prod} > 0.4",
        service="payments",
        priority=3,
        message="Not published yet.",
        thresholds={"critical": 0.4},
    )
    world.set_draft(MonitorId.FRAUD_SCORE_DRIFT, draft=True)
    an_hour_ago = world.clock() - timedelta(hours=1)
    world.trigger(MonitorId.FRAUD_SCORE_DRIFT, at=an_hour_ago)
    world.mute(MonitorId.STAGING_ERRORS)
    world.trigger(MonitorId.STAGING_ERRORS, "service:search", at=an_hour_ago)
    world.no_data(MonitorId.HOST_CLOCK, WEB_HOSTS[-1], at=an_hour_ago)


def _monitor(
    world: World,
    monitor_id: MonitorId,
    name: str,
    query: str,
    *,
    service: str | None,
    message: str,
    type: str = "query alert",  # noqa: A002 - Datadog's own word
    env: str = "prod",
    team: str | None = None,
    priority: int | None = None,
    thresholds: Mapping[str, JSON] | None = None,
    options: Mapping[str, JSON] | None = None,
    more_tags: Iterable[str] = (),
    groups: Iterable[str] = (STAR,),
) -> None:
    owner = team or service
    tags = [f"{key}:{value}" for key, value in (("service", service), ("env", env), ("team", owner)) if value]
    basic: dict[str, JSON] = {} if thresholds is None else {"thresholds": thresholds, "notify_no_data": False}
    world.create(
        name,
        query=query,
        type=type,
        message=message,
        tags=[*tags, *more_tags],
        options={**basic, **(options or {})},
        priority=priority,
        groups=groups,
        # An age of its own for each, weeks to months.
        created=world.clock() - timedelta(days=20 + monitor_id % 180, seconds=monitor_id % 86_400),
        monitor_id=monitor_id,
    )
