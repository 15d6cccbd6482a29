"""Hand-off to PagerDuty ("Events API v2"). A cycle of ours is an alert of theirs, by its key: sent twice, it is one."""

from tocsin.domain.contact import Address
from tocsin.domain.message import Message, Subject, Tells, on_the_web
from tocsin.domain.severity import Severity
from tocsin.services.channel import Receipt

from .answers import code_in, fields, taken
from .hand_off import name_of, names_of
from .outbound import Outbound
from .words import JSON, as_json, cut, one_line, word

BASE = "https://events.pagerduty.com"

_SEVERITIES = {
    Severity.CRITICAL: "critical",
    Severity.HIGH: "error",
    Severity.MEDIUM: "warning",
    Severity.LOW: "info",
}
_ACTIONS = {Tells.ACKNOWLEDGED: "acknowledge", Tells.ALL_CLEAR: "resolve"}


class PagerDutyChannel:
    """Triggers, acknowledges and resolves; the provider id is the deduplication key of the first event."""

    def __init__(self, outbound: Outbound, *, base: str = BASE) -> None:
        self._outbound = outbound
        self._base = base

    def send(self, message: Message, to: Address) -> Receipt:
        """Send one event for each incident; when it is acknowledged or over, one for each of its cycles.

        Raises as :class:`~tocsin.services.channel.Channel` says. One that fails leaves those before it there; all are sent again, and are the same.
        """
        key = word(to, "routing_key")
        events = [event for one in message.subjects for event in _events(message, one)] or [_plain(message)]
        outbound = self._outbound.together()
        for event in events:
            body = as_json({"routing_key": key, **event})
            reply = outbound.post(f"{self._base}/v2/enqueue", body, JSON)
            taken(reply, "PagerDuty", why=code_in(fields(reply), "status"))
        return Receipt(str(events[0]["dedup_key"]))


def _events(message: Message, subject: Subject) -> list[dict[str, object]]:
    action = _ACTIONS.get(message.tells)
    if action is None:
        return [_trigger(message, subject)]
    return [{"event_action": action, "dedup_key": name} for name in names_of(subject)]


def _trigger(message: Message, subject: Subject) -> dict[str, object]:
    links = [
        {"href": href, "text": text}
        for href, text in ((subject.url, subject.id), (subject.runbook, "Runbook"))
        if on_the_web(href)
    ]
    return {
        "event_action": "trigger",
        "dedup_key": name_of(subject),
        "client": "Tocsin",
        "links": links,
        "payload": {
            "summary": cut(one_line(f"{subject.id} {subject.title}"), 1_000),
            "source": subject.source or "tocsin",
            "severity": _SEVERITIES[subject.severity],
            "timestamp": subject.opened_at.isoformat(),
            "component": subject.service,
            "group": subject.environment,
            "custom_details": {"text": cut(message.text, 10_000), "message": message.id},
        },
    }


def _plain(message: Message) -> dict[str, object]:
    """Return what is about no incident: a test, a code, a notice."""
    summary = cut(one_line(message.short or message.subject), 1_000)
    payload = {"summary": summary, "source": "tocsin", "severity": "info"}
    return {"event_action": "trigger", "dedup_key": cut(message.id, 255), "client": "Tocsin", "payload": payload}
