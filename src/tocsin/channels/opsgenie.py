"""Hand-off to Opsgenie ("Alert API"). A cycle of an incident is an alert of theirs, by its alias: sent twice, it is one.

Opsgenie takes requests and works on them later: 202 says that it took one, and ``requestId`` which.
"""

from urllib.parse import quote

from tocsin.domain.contact import Address
from tocsin.domain.message import Message, Subject, Tells
from tocsin.domain.severity import Severity
from tocsin.errors import Refused
from tocsin.services.channel import Receipt

from .answers import fields, taken, text_in
from .hand_off import name_of, names_of
from .outbound import Outbound
from .words import JSON, as_json, cut, header, one_line, word

BASES = {"": "https://api.opsgenie.com", "us": "https://api.opsgenie.com", "eu": "https://api.eu.opsgenie.com"}
"""By region."""

_PRIORITIES = {Severity.CRITICAL: "P1", Severity.HIGH: "P2", Severity.MEDIUM: "P3", Severity.LOW: "P4"}
_ACTIONS = {Tells.ACKNOWLEDGED: "acknowledge", Tells.ALL_CLEAR: "close"}


class OpsgenieChannel:
    """Creates, acknowledges and closes; the provider id is that of the first request."""

    def __init__(self, outbound: Outbound, *, bases: dict[str, str] = BASES) -> None:
        self._outbound = outbound
        self._bases = bases

    def send(self, message: Message, to: Address) -> Receipt:
        """Send one request for each incident; when it is acknowledged or over, one for each of its cycles.

        Raises as :class:`~tocsin.services.channel.Channel` says. One that fails leaves those before it there; all are sent again, and are the same.
        """
        headers = {**JSON, "Authorization": header(f"GenieKey {word(to, 'key')}")}
        base = self._bases.get(to.get("region", "").lower())
        if base is None:
            why = "the region is neither us nor eu"
            raise Refused(why)
        action = _ACTIONS.get(message.tells)
        requests = [request for one in message.subjects for request in _requests(message, one, action)]
        ids = []
        outbound = self._outbound.together()
        for path, said in requests or [_plain(message)]:
            reply = taken(outbound.post(f"{base}/v2/alerts{path}", as_json(said), headers), "Opsgenie")
            ids.append(text_in(fields(reply), "requestId"))
        return Receipt(ids[0])


def _requests(message: Message, subject: Subject, action: str | None) -> list[tuple[str, dict[str, object]]]:
    if action is None:
        return [_alert(message, subject)]
    said: dict[str, object] = {"source": "Tocsin", "note": cut(one_line(message.subject), 1_000)}
    return [(f"/{quote(name, safe='')}/{action}?identifierType=alias", said) for name in names_of(subject)]


def _alert(message: Message, subject: Subject) -> tuple[str, dict[str, object]]:
    details = {"incident": subject.id, "cycle": str(subject.cycle), "url": subject.url, "runbook": subject.runbook}
    return "", {
        "message": cut(one_line(f"{subject.id} {subject.title}"), 130),
        "alias": name_of(subject),
        "description": cut(message.text, 10_000),
        "priority": _PRIORITIES[subject.severity],
        "source": "Tocsin",
        "entity": cut(subject.service, 500),
        "tags": [cut(one, 50) for one in (subject.service, subject.environment) if one],
        "details": {name: value for name, value in details.items() if value},
    }


def _plain(message: Message) -> tuple[str, dict[str, object]]:
    """Return what is about no incident: a test, a code, a notice."""
    said = {"message": cut(one_line(message.short or message.subject), 130), "alias": cut(message.id, 500)}
    return "", {**said, "priority": "P5", "source": "Tocsin"}
