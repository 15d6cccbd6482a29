"""Slack by an incoming webhook ("Sending messages using incoming webhooks"). It gives no id, and takes no buttons."""

from tocsin.domain.contact import Address
from tocsin.domain.message import Message
from tocsin.services.channel import Receipt

from .answers import taken
from .outbound import Outbound
from .slack_blocks import shown
from .words import JSON, as_json, word


class SlackChannel:
    """Posts to the room that a webhook belongs to."""

    def __init__(self, outbound: Outbound) -> None:
        self._outbound = outbound

    def send(self, message: Message, to: Address) -> Receipt:
        """Post one message. Raises as :class:`~tocsin.services.channel.Channel` says."""
        taken(self._outbound.post(word(to, "url"), as_json(shown(message)), JSON), "Slack")
        return Receipt()
