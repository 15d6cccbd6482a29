"""Alertmanager's webhook, version 4: every alert of a delivery, each by its own status.

The status of the group says nothing of one alert: it stays ``firing`` while some of its alerts are resolved. An alert
is known by its fingerprint, an episode of it by ``startsAt``. Grafana's own alerting sends the same shape and is read
the same way. Source: prometheus.io/docs/alerting/latest/configuration/#webhook_config, and recorded deliveries.
"""

import json
from collections.abc import Mapping
from datetime import datetime
from urllib.parse import parse_qs, quote, urlsplit

from tocsin.domain.alert import AlertState, Links, Observation, Problem, Push, Source
from tocsin.errors import InvalidInput

from .bodies import Fields, kind, read_json, shown
from .kept import LONGEST_MESSAGE, LONGEST_PART, LONGEST_QUERY, LONGEST_TAG, LONGEST_TITLE
from .naming import TagNames, label_value
from .outside import http_link, text, whole
from .pushed import first_line, label_tags, pushed_key
from .times import believed

VERSION = "4"

_LONGEST_PAGE = 500
_STATUSES = ("firing", "resolved")
_OFFSET, _PRIME, _SEPARATOR = 14_695_981_039_346_656_037, 1_099_511_628_211, b"\xff"


def parse(body: bytes, *, received_at: datetime, namespace: str = "default", tags: TagNames | None = None) -> Push:
    """Return what the delivery says, alert by alert.

    ``namespace`` is the sender's: keys live in it. Raises :class:`~tocsin.errors.InvalidInput` for a body that cannot
    be used as a whole. A version that is not known is read if it has the shape of the known one.
    """
    fields = Fields(read_json(body), "the body")
    alerts = fields.raw("alerts")
    if not isinstance(alerts, list):
        raise InvalidInput(_no_alerts(fields, alerts))
    group = _Group(fields, namespace, tags or TagNames(), received_at)
    return Push(
        source=Source.ALERTMANAGER,
        received_at=received_at,
        items=[group.item(alert) for alert in alerts],
        within="alerts",
        truncated=max(whole(fields.raw("truncatedAlerts")) or 0, 0),
    )


class _Group:
    """What the alerts of one delivery share."""

    def __init__(self, fields: Fields, namespace: str, names: TagNames, received_at: datetime) -> None:
        self._namespace = namespace
        self._names = names
        self._received_at = received_at
        self._status = fields.raw("status")
        self._address = http_link(fields.raw("externalURL")).rstrip("/")
        said = {"receiver": fields.raw("receiver"), "group_key": fields.raw("groupKey")}
        self._tags = tuple(
            text(f"{name}:{value}", LONGEST_TAG) for name, value in said.items() if isinstance(value, str) and value
        )

    def item(self, alert: object) -> Observation | Problem:
        """Return what one alert says, or why it cannot be used."""
        try:
            return self._observation(Fields(alert, "alert"))
        except InvalidInput as error:
            known = alert.get("fingerprint") if isinstance(alert, dict) else None
            return Problem(origin=text(known, LONGEST_PART), why=str(error))

    def _observation(self, fields: Fields) -> Observation:
        labels = fields.texts("labels")
        own = fields.text("fingerprint") or fingerprint(labels)
        word = self._word(fields)
        state = AlertState.of(word)
        began, starts, ends = self._times(fields, state)
        about = _Annotations(fields, labels, own)
        service = label_value(labels, self._names.service_labels)
        environment = label_value(labels, self._names.environment_labels)
        team = label_value(labels, self._names.team_labels)
        generator = fields.link("generatorURL")
        return Observation(
            source=Source.ALERTMANAGER,
            origin=text(labels.get("alertname") or own, LONGEST_PART),
            group=_part(labels, (service, environment, team)),
            key=pushed_key(self._namespace, own),
            state=state,
            word=word,
            observed_at=ends or starts,
            triggered_at=starts,
            resolved_at=ends,
            sent_at=self._received_at,
            names_episodes=began,
            title=about.title,
            message=about.message,
            service=service,
            environment=environment,
            team=team,
            tags=tuple(dict.fromkeys((*label_tags(labels), *self._tags))),
            query=_expression(generator),
            severity_word=text(labels.get("severity"), LONGEST_TAG),
            links=Links(
                runbook=about.runbook,
                monitor=generator,
                group=fields.link("panelURL", "dashboardURL", "silenceURL") or self._page(labels),
            ),
        )

    def _word(self, fields: Fields) -> str:
        given = fields.raw("status") if "status" in fields else self._status
        word = str(given).casefold()
        if word not in _STATUSES:
            raise InvalidInput(f"status: {shown(given)} is neither firing nor resolved")
        return word

    def _times(self, fields: Fields, state: AlertState) -> tuple[bool, datetime, datetime | None]:
        """Return whether the start names the episode, the start, and the end of what is resolved.

        A start that is missing, or too far ahead to be believed, is another one in each delivery: it tells nothing of
        episodes. An end that is missing or lies before the start is no reason to let an alert fire for ever: it ended
        when we were told, or as soon as it began.
        """
        given = fields.moment("startsAt")
        starts = self._received_at if given is None else believed(given, self._received_at)
        if state is not AlertState.OK:
            return given == starts, starts, None
        end = fields.moment("endsAt")
        ends = self._received_at if end is None else believed(end, self._received_at)
        return (
            given == starts,
            min(starts, ends) if given is None else starts,
            ends if given is None else max(starts, ends),
        )

    def _page(self, labels: Mapping[str, str]) -> str:
        """Return where the Alertmanager shows this alert, and lets it be silenced. It is kept in the alert's row."""
        if not self._address:
            return ""
        named = {name: labels[name] for name in ("alertname",) if name in labels}
        links = (
            f"{self._address}/#/alerts?filter={quote(_matchers(some), safe='')}" for some in (labels, named) if some
        )
        return next((link for link in links if len(link) <= _LONGEST_PAGE and http_link(link)), self._address)


class _Annotations:
    """What the rule's author wrote for whoever is woken."""

    def __init__(self, fields: Fields, labels: Mapping[str, str], own: str) -> None:
        found = Fields(fields.texts("annotations"), "annotations")
        name = labels.get("alertname", "").strip()
        summary = first_line(found.first_text(("summary", "title")), LONGEST_TITLE)
        if name and summary and name.casefold() not in summary.casefold():
            self.title = text(f"{name}: {summary}", LONGEST_TITLE)
        else:
            self.title = text(summary or name or own, LONGEST_TITLE)
        self.message = found.first_text(("description", "message", "summary"), LONGEST_MESSAGE)
        self.runbook = found.link("runbook_url", "runbook", "runbookURL")


def fingerprint(labels: Mapping[str, str]) -> str:
    """Return the fingerprint that an Alertmanager gives to these labels, for versions that do not send it.

    FNV-1a of 64 bits over names and values in the order of the names, as github.com/prometheus/common/model has it.
    Raises :class:`~tocsin.errors.InvalidInput` if there are no labels.
    """
    if not labels:
        message = "labels: they are missing, and so is the fingerprint; nothing says which alert this is"
        raise InvalidInput(message)
    found = _OFFSET
    for name in sorted(labels):
        for byte in b"".join((name.encode(), _SEPARATOR, labels[name].encode(), _SEPARATOR)):
            found = (found ^ byte) * _PRIME % 2**64
    return f"{found:016x}"


def _no_alerts(fields: Fields, alerts: object) -> str:
    version = fields.raw("version")
    if version not in (None, VERSION):
        return f"version: this is {shown(version)}, and no shape that is known; version {VERSION} of the webhook is"
    found = "they are missing" if alerts is None else f"it is {kind(alerts)}"
    return f"alerts: {found}; an Alertmanager's webhook has a list of them"


def _part(labels: Mapping[str, str], told: tuple[str, ...]) -> str:
    """Return the labels that tell the alert from others of its rule: what has been said already is left out."""
    rest = (f"{name}:{labels[name]}" for name in sorted(labels) if labels[name] not in told)
    return (
        text(",".join(part for part in rest if not part.startswith(("alertname:", "severity:"))), LONGEST_PART) or "*"
    )


def _matchers(labels: Mapping[str, str]) -> str:
    # A text of JSON is a text of the filter's language, too.
    inside = ", ".join(f"{name}={json.dumps(labels[name], ensure_ascii=False)}" for name in sorted(labels))
    return f"{{{inside}}}"


def _expression(link: str) -> str:
    """Return the query that Prometheus puts into its own link."""
    return text(parse_qs(urlsplit(link).query).get("g0.expr", [""])[0], LONGEST_QUERY)
