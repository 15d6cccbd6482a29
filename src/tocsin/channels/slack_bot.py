"""Slack as an app: messages with buttons.

Slack answers 200 whatever happened; ``ok`` and ``error`` tell ("chat.postMessage", "auth.test").
"""

from collections.abc import Mapping
from typing import Any

from tocsin.domain.contact import Address
from tocsin.domain.message import Message
from tocsin.errors import Refused, Undelivered
from tocsin.services.channel import Receipt

from .answers import code_in, fields, retry_after, taken, text_in
from .outbound import Outbound
from .slack_blocks import shown
from .standing import Standing
from .words import as_json, header, word

BASE = "https://slack.com/api"

_ANOTHER_TIME = frozenset(
    {"fatal_error", "internal_error", "rate_limited", "ratelimited", "request_timeout", "service_unavailable"}
)


class SlackBot:
    """Posts as the app whose bot ``token`` (``xoxb-...``) this is. The provider id is ``CHANNEL:TS``."""

    def __init__(self, outbound: Outbound, token: str, *, base: str = BASE) -> None:
        self._outbound = outbound
        self._headers = {"Content-Type": "application/json; charset=utf-8", "Authorization": header(f"Bearer {token}")}
        self._base = base

    def send(self, message: Message, to: Address) -> Receipt:
        """Post one message. Raises as :class:`~tocsin.services.channel.Channel` says."""
        metadata = {"event_type": "tocsin_message", "event_payload": {"id": message.id}}
        said = shown(message, buttons=True) | {"channel": word(to, "channel"), "metadata": metadata}
        found = self._asked("chat.postMessage", said)
        return Receipt(f"{text_in(found, 'channel')}:{text_in(found, 'ts')}")

    def check(self) -> Standing:
        """Say that Slack knows the token. Raises as :meth:`send` does."""
        found = self._asked("auth.test", {})
        team = text_in(found, "team") or text_in(found, "team_id")
        return Standing(f"Slack knows the app in the workspace {team}")

    def _asked(self, method: str, said: Mapping[str, object]) -> Mapping[str, Any]:
        reply = taken(self._outbound.post(f"{self._base}/{method}", as_json(said), self._headers), "Slack")
        found = fields(reply)
        if found.get("ok") is True:
            return found
        code = code_in(found, "error")
        if not code:
            message = "Slack's answer is none of its own form"
            raise Undelivered(message)
        message = f"Slack refused it ({code})"
        if code in _ANOTHER_TIME:
            raise Undelivered(message, retry_after=retry_after(reply))
        raise Refused(message)
