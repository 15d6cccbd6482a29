"""A webhook of anybody's: the message as JSON, signed with a secret that both know. docs/channels.md is for receivers."""

import hashlib
import hmac
import string
from urllib.parse import quote

from tocsin.clock import Clock
from tocsin.domain.contact import Address
from tocsin.domain.message import Message
from tocsin.services.channel import Receipt

from .answers import fields, taken, text_in
from .outbound import Outbound
from .words import JSON, as_json, word

ID, TIMESTAMP, SIGNATURE = "X-Tocsin-Id", "X-Tocsin-Timestamp", "X-Tocsin-Signature"


class WebhookChannel:
    """Posts messages. The provider id is the ``id`` of a JSON object that the receiver may answer with."""

    def __init__(self, outbound: Outbound, *, clock: Clock) -> None:
        self._outbound = outbound
        self._clock = clock

    def send(self, message: Message, to: Address) -> Receipt:
        """Post one message. Raises as :class:`~tocsin.services.channel.Channel` says."""
        body = as_json({"version": 1, **message.model_dump(mode="json", exclude={"html"})})
        timestamp = str(int(self._clock().timestamp()))
        # A room's name may be in it, in letters that no header takes.
        headers = {**JSON, ID: quote(message.id, safe=string.punctuation), TIMESTAMP: timestamp}
        if secret := to.get("secret", ""):
            headers[SIGNATURE] = signature(secret, timestamp, body)
        reply = taken(self._outbound.post(word(to, "url"), body, headers), "the webhook")
        return Receipt(text_in(fields(reply), "id"))


def signature(secret: str, timestamp: str, body: bytes) -> str:
    """Return ``v1=`` and the hexadecimal HMAC-SHA256 over timestamp, a dot, and the body as it is sent."""
    signed = timestamp.encode() + b"." + body
    return "v1=" + hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()
