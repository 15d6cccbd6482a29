"""Push by ntfy, its public server or one's own ("Publish as JSON"). ``url`` is server and topic: https://ntfy.sh/TOPIC."""

import re

from tocsin.domain.contact import Address
from tocsin.domain.message import Message, Subject, Tells, on_the_web
from tocsin.domain.severity import Severity
from tocsin.errors import Refused
from tocsin.services.channel import Receipt

from .answers import code_in, fields, taken, text_in
from .outbound import Outbound
from .words import JSON, as_json, cut, header, one_line, word

LONGEST_TEXT = 1_000
"""Characters: a message of more than 4,096 bytes becomes a file ("Limitations")."""

MOST_ACTIONS = 3

_PRIORITIES = {Severity.CRITICAL: 5, Severity.HIGH: 4, Severity.MEDIUM: 3, Severity.LOW: 2}
_USUAL = 3


class NtfyChannel:
    """Publishes to a topic; the provider id is ntfy's."""

    def __init__(self, outbound: Outbound) -> None:
        self._outbound = outbound

    def send(self, message: Message, to: Address) -> Receipt:
        """Publish one message. Raises as :class:`~tocsin.services.channel.Channel` says."""
        server, _, topic = word(to, "url").rstrip("/").rpartition("/")
        if not re.fullmatch(r"[-_A-Za-z0-9]{1,64}", topic) or server.endswith(":/"):
            why = "the address does not end with a topic, as https://ntfy.sh/TOPIC does"
            raise Refused(why)
        headers = dict(JSON)
        if token := to.get("token", ""):
            headers["Authorization"] = header(f"Bearer {token}")
        reply = self._outbound.post(f"{server}/", as_json(_published(message, topic)), headers)
        found = fields(reply)
        taken(reply, "ntfy", why=code_in(found, "code"))
        return Receipt(text_in(found, "id"))


def _published(message: Message, topic: str) -> dict[str, object]:
    paged = message.tells is Tells.PAGE and message.severity is not None
    said: dict[str, object] = {
        "topic": topic,
        "title": cut(one_line(message.subject), 200),
        "message": cut(message.text.strip() or message.short, LONGEST_TEXT),
        "priority": _PRIORITIES[message.severity] if paged and message.severity else _USUAL,
        "tags": ["rotating_light" if paged else "white_check_mark"],
    }
    if message.subjects and message.subjects[0].url:
        said["click"] = message.subjects[0].url
    actions = [action for one in message.subjects for action in _actions(one, message.tells)]
    return said | {"actions": actions[:MOST_ACTIONS]} if actions else said


def _actions(subject: Subject, tells: Tells) -> list[dict[str, object]]:
    links = {"Runbook": subject.runbook}
    if tells is Tells.PAGE:
        links = {f"Acknowledge {subject.id}": subject.acknowledge, **links}
    return [
        {"action": "view", "label": label, "url": url, "clear": True} for label, url in links.items() if on_the_web(url)
    ]
