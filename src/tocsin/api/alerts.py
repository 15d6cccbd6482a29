"""Alerts: the ones that are known, listed and looked at. Those that are sent come in by ``pushing``."""

from typing import Annotated, Literal

from aws_lambda_powertools.event_handler import Request, Response
from aws_lambda_powertools.event_handler.openapi.params import Query
from pydantic import Field

from tocsin.domain.alert import Alert, Source
from tocsin.domain.severity import Severity
from tocsin.errors import NotFound

from .alert_list import alerts_page, named
from .answers import found
from .call import call_of
from .endpoints import PREFIX, Answer, Endpoints
from .moving import is_id
from .searching import MOST_LISTED, Cursor
from .views import AlertList, AlertView

ALERTS = f"{PREFIX}/alerts"

alerts = Endpoints("alerts")


@alerts("GET", ALERTS, answers={200: Answer(AlertList)})
def list_alerts(
    request: Request,
    *,
    source: Annotated[Source | None, Query(description="From this source.")] = None,
    state: Annotated[Literal["firing", "ended"] | None, Query(description="`ended` ones are known for a day.")] = None,
    severity: Annotated[tuple[Severity, ...], Query(description="One or several.")] = (),
    incident: Annotated[str, Field(max_length=64), Query(description="Of this incident, whenever they ended.")] = "",
    limit: Annotated[int, Field(ge=1, le=MOST_LISTED), Query(description="At most so many.")] = 50,
    cursor: Cursor = "",
) -> Response[str]:
    """List alerts, by source and key: those that fire, and those that ended within a day.

    With how often and when they were seen, and their incident. A page may be short, or empty, and still have a cursor.
    """

    def matches(alert: Alert) -> bool:
        return (
            (source is None or alert.source is source)
            and (state is None or alert.firing is (state == "firing"))
            and (not severity or alert.severity in severity)
        )

    store = call_of(request).parts.store
    if incident:
        # Those of one incident are read whole: they are few, and none is forgotten.
        episodes = store.alerts_of(incident) if is_id(incident) else []
        return found(AlertList.of([one for one in episodes if matches(one)], ""))
    some, following = alerts_page(store, matches, source=source, limit=limit, cursor=cursor)
    return found(AlertList.of(some, following))


@alerts("GET", f"{ALERTS}/{{alert_id}}", answers={200: Answer(AlertView)})
def show_alert(request: Request, alert_id: str) -> Response[str]:
    """Show one alert: the episode that fires, or the last one for a day after it ended."""
    source, key = named(alert_id)
    alert = call_of(request).parts.store.alerts_named(source, [key]).get(key)
    if alert is None:
        message = f"there is no alert {alert_id}"
        raise NotFound(message, hint="what ended more than a day ago is shown with its incident")
    return found(AlertView.of(alert))
