"""Alerts from anything that can POST JSON: one object, or a list of them.

What each field means stands in docs/webhooks.md. An alert needs a message, a title or a key; everything else may be
absent. One bad item spoils nothing else: it becomes a problem that begins with the name of the field.
"""

from datetime import datetime
from difflib import get_close_matches

from tocsin.domain.alert import AlertState, Links, Observation, Problem, Push, Source
from tocsin.errors import InvalidInput

from .bodies import Fields, read_json, shown
from .kept import LONGEST_MESSAGE, LONGEST_NAME, LONGEST_PART, LONGEST_TAG, LONGEST_TITLE
from .naming import TagNames, label_value
from .outside import http_link, text
from .pushed import expiry, fingerprint, first_line, label_tags, pushed_key
from .runbooks import find_runbook
from .times import believed

MOST_AT_ONCE = 500
"""Alerts in one body."""

_ALERTS = (
    "several are a list, without an object around it, and what an Alertmanager sends goes to "
    "/api/v1/webhooks/alertmanager"
)
_STATES = ("firing", "resolved")
# Said by others for the same. They are not taken, since a guess could end an alert that fires; they are understood.
_MEANT = {
    "alert": "firing", "alerting": "firing", "triggered": "firing", "active": "firing", "open": "firing",
    "ok": "resolved", "recovered": "resolved", "closed": "resolved", "resolve": "resolved", "inactive": "resolved",
}  # fmt: skip


def parse(body: bytes, *, received_at: datetime, namespace: str = "default", tags: TagNames | None = None) -> Push:
    """Return what the body says, item by item.

    ``namespace`` is the sender's: keys live in it. Raises :class:`~tocsin.errors.InvalidInput` for a body that cannot
    be used as a whole: no JSON, neither object nor list, or more than :data:`MOST_AT_ONCE` alerts.
    """
    found = read_json(body)
    items = found if isinstance(found, list) else [found]
    if len(items) > MOST_AT_ONCE:
        message = f"the list holds {len(items):,} alerts; at most {MOST_AT_ONCE} are taken at once"
        raise InvalidInput(message, hint="Send the rest in a list of its own.")
    if not isinstance(found, dict | list):
        Fields(found, "the body")
    names = tags or TagNames()
    return Push(
        source=Source.GENERIC,
        received_at=received_at,
        items=[_item(item, received_at, namespace, names) for item in items],
        within="" if isinstance(found, list) else None,
    )


def _item(item: object, received_at: datetime, namespace: str, names: TagNames) -> Observation | Problem:
    try:
        return _observation(Fields(item, "alert"), received_at, namespace, names)
    except InvalidInput as error:
        key = item.get("key") if isinstance(item, dict) else None
        return Problem(origin=text(key, LONGEST_PART), why=str(error))


def _observation(fields: Fields, received_at: datetime, namespace: str, names: TagNames) -> Observation:
    labels = fields.texts("labels")
    message = fields.text("message", LONGEST_MESSAGE)
    key = fields.text("key")
    name = fields.text("title") or message
    if not name and not key:
        elsewhere = f"; {_ALERTS}" if "alerts" in fields else ""
        raise InvalidInput(f"message: it is missing; an alert needs a message, a title or a key{elsewhere}")
    service = fields.text("service", LONGEST_NAME) or label_value(labels, names.service_labels)
    environment = fields.first_text(("environment", "env"), LONGEST_NAME) or label_value(
        labels, names.environment_labels
    )
    own = key or fingerprint(service, environment, name, labels)
    word = _word(fields)
    observed_at = believed(fields.moment("timestamp") or received_at, received_at)
    tags = label_tags(labels)
    return Observation(
        source=Source.GENERIC,
        origin=text(own, LONGEST_PART),
        key=pushed_key(namespace, own),
        state=AlertState.of(word),
        word=word,
        observed_at=observed_at,
        resolved_at=observed_at if AlertState.of(word) is AlertState.OK else None,
        sent_at=received_at,
        title=first_line(name or key, LONGEST_TITLE),
        message=message,
        service=service,
        environment=environment,
        team=fields.text("team", LONGEST_NAME) or label_value(labels, names.team_labels),
        tags=tags,
        links=Links(
            runbook=fields.link("runbook", "runbook_url") or _runbook(labels, tags, message),
            monitor=fields.link("url"),
        ),
        severity_word=fields.text("severity", LONGEST_TAG),
        expires_in=expiry(fields.raw("expires_in")),
    )


def _word(fields: Fields) -> str:
    name, given = "state", fields.text("state")
    status = text(fields.raw("status"), LONGEST_TAG).strip()
    if not given and "resolved" in (status.casefold(), _MEANT.get(status.casefold())):
        # Many call it so, and it must not page. What else a status says, of a job or of HTTP, is not about the alert.
        name, given = "status", status
    word = given.casefold() or "firing"
    if word in _STATES:
        return word
    nearest = _MEANT.get(word) or next(iter(get_close_matches(word[:LONGEST_TAG], _STATES, 1)), "")
    meant = f"; did you mean {nearest}?" if nearest else ""
    raise InvalidInput(f"{name}: {shown(given)} is neither firing nor resolved{meant}")


def _runbook(labels: dict[str, str], tags: tuple[str, ...], message: str) -> str:
    return http_link(labels.get("runbook_url")) or find_runbook(tags, message)
