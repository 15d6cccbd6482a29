"""Where alerts are sent: one address for each kind of sender. What each takes stands in docs/webhooks.md.

The bodies are read by the sources' own parsers, item by item; each is imported by the first request that needs it.
"""

from aws_lambda_powertools.event_handler import Request, Response

from tocsin.domain.alert import Push
from tocsin.services.ingest import IngestReport

from .alerts import ALERTS
from .call import call_of
from .endpoints import PREFIX, Answer, Endpoints
from .pushing import Delivery, deliver
from .samples import ALERT_BODY, ALERTMANAGER_BODY, DATADOG_BODY, ELASTIC_BODY

TAKEN = {200: Answer(Delivery)}
WEBHOOKS = f"{PREFIX}/webhooks"

webhooks = Endpoints("webhooks")


@webhooks("POST", ALERTS, source="generic", answers=TAKEN, takes=ALERT_BODY)
def send_alerts(request: Request) -> Response[str]:
    """Send one alert, or a list of up to 500.

    Answered once everything is durable. Items that cannot be used are listed, and hold up no other. Sending the same
    again makes nothing twice, and is answered the same; after a 5xx it should be sent again.
    """
    call = call_of(request)

    def push() -> Push:
        from tocsin.sources.generic import parse

        return parse(call.body, received_at=call.parts.clock(), namespace=call.caller.source, tags=call.parts.tags())

    return deliver(call, push)


@webhooks(
    "POST",
    f"{WEBHOOKS}/alertmanager",
    source="alertmanager",
    answers=TAKEN,
    takes=ALERTMANAGER_BODY,
)
def alertmanager_webhook(request: Request) -> Response[str]:
    """Take what Alertmanager's webhook sends (version 4), and Grafana's.

    Every alert in it counts by its own status.
    """
    call = call_of(request)

    def push() -> Push:
        from tocsin.sources.alertmanager import parse

        return parse(call.body, received_at=call.parts.clock(), namespace=call.caller.source, tags=call.parts.tags())

    return deliver(call, push)


@webhooks("POST", f"{WEBHOOKS}/elastic", source="elastic", answers=TAKEN, takes=ELASTIC_BODY)
def elastic_webhook(request: Request) -> Response[str]:
    """Take what Elastic APM's and Kibana's rules send with the documented template."""
    call = call_of(request)

    def push() -> Push:
        from tocsin.sources.elastic import parse

        return parse(call.body, received_at=call.parts.clock(), namespace=call.caller.source, tags=call.parts.tags())

    return deliver(call, push)


@webhooks("POST", f"{WEBHOOKS}/datadog", source="datadog", answers=TAKEN, takes=DATADOG_BODY)
def datadog_webhook(request: Request) -> Response[str]:
    """Take what Datadog's webhook sends, with the documented template or the default one.

    It speaks of the alerts that are polled, too. Once it is durable, its monitor is read if Datadog's keys are set.
    """
    call = call_of(request)
    parts = call.parts

    def push() -> Push:
        from tocsin.sources.datadog_webhook import parse

        return parse(call.body, received_at=parts.clock(), tags=parts.tags(), site=parts.site)

    def apply(sent: Push) -> IngestReport:
        from tocsin.services.ingest_datadog import ingest_datadog

        return ingest_datadog(
            parts.store,
            sent,
            parts.rules,
            reader=parts.reader(),
            clock=parts.clock,
            new_id=parts.new_id,
            by=call.by,
            take=lambda sent: parts.intake.take(sent, by=call.by),
        ).delivery

    return deliver(call, push, apply)
