"""Push by Pushover ("Pushover Message API"). A critical page is of emergency priority: it sounds until it is seen.

An emergency goes on at Pushover by itself; so whatever tells that it is over, or that somebody acknowledged, takes back
those of its incidents first ("Receipts and Callbacks", cancelling by tag). The latter makes no sound.
"""

from urllib.parse import quote, urlencode

from tocsin.domain.contact import Address
from tocsin.domain.message import Message, Tells
from tocsin.domain.severity import Severity
from tocsin.errors import Refused
from tocsin.services.channel import Receipt

from .answers import fields, taken, text_in
from .outbound import Outbound
from .standing import Standing
from .words import FORM, cut, one_line, word

BASE = "https://api.pushover.net"

EMERGENCY, QUIET = 2, -1
RETRY, EXPIRE = 60, 600
"""Seconds between two sounds, and until there are no more: escalating further is ours."""

_PRIORITIES = {Severity.CRITICAL: EMERGENCY, Severity.HIGH: 1, Severity.MEDIUM: 0, Severity.LOW: -1}


class PushoverChannel:
    """Sends as the application of ``token``. The provider id is an emergency's receipt, else that of the request."""

    def __init__(self, outbound: Outbound, token: str, *, base: str = BASE) -> None:
        self._outbound = outbound
        self._token = token
        self._base = base

    def send(self, message: Message, to: Address) -> Receipt:
        """Send one message. Raises as :class:`~tocsin.services.channel.Channel` says."""
        user = word(to, "user")
        outbound = self._outbound.together()
        if message.tells in {Tells.ACKNOWLEDGED, Tells.ALL_CLEAR}:
            for subject in message.subjects:
                self._posted(outbound, f"receipts/cancel_by_tag/{quote(subject.id, safe='')}.json", {})
        form = _form(message) | {"user": user}
        if device := to.get("device", ""):
            form["device"] = device
        found = self._posted(outbound, "messages.json", form)
        return Receipt(text_in(found, "receipt") or text_in(found, "request"))

    def check(self) -> Standing:
        """Say that Pushover knows the application. Raises as :meth:`send` does."""
        query = urlencode({"token": self._token})
        taken(self._outbound.get(f"{self._base}/1/apps/limits.json?{query}"), "Pushover")
        return Standing("Pushover knows the application")

    def _posted(self, outbound: Outbound, path: str, form: dict[str, str]) -> dict[str, object]:
        body = urlencode(form | {"token": self._token}, errors="replace").encode()
        reply = outbound.post(f"{self._base}/1/{path}", body, FORM)
        found = dict(fields(taken(reply, "Pushover")))
        if found.get("status") != 1:
            why = "Pushover did not take it"
            raise Refused(why)
        return found


def _form(message: Message) -> dict[str, str]:
    priority = QUIET if message.tells is Tells.ACKNOWLEDGED else 0
    if message.tells is Tells.PAGE and message.severity is not None:
        priority = _PRIORITIES[message.severity]
    form = {
        "title": cut(one_line(message.subject), 250),
        "message": cut(message.text.strip() or message.short, 1_000),
        "priority": str(priority),
        "timestamp": str(int(message.sent_at.timestamp())),
    }
    if message.subjects:
        first = message.subjects[0]
        url, title = (first.acknowledge, "Acknowledge") if message.tells is Tells.PAGE else ("", "")
        url, title = (url, title) if url else (first.url, first.id)
        form |= {"url": url, "url_title": title} if url and len(url) <= 512 else {}  # noqa: PLR2004 - Pushover's limit
    if priority == EMERGENCY:
        tags = ",".join(one.id for one in message.subjects)
        form |= {"retry": str(RETRY), "expire": str(EXPIRE), "tags": tags}
    return form
