"""A line of the log in place of a message: to try things out, with nobody there."""

import logging

from tocsin.domain.contact import Address
from tocsin.domain.message import Message
from tocsin.services.channel import Receipt

from .words import cut, one_line

_log = logging.getLogger(__name__)


class LogChannel:
    """Logs what each message is about: at the level at which a program logs that is not told otherwise."""

    def send(self, message: Message, to: Address) -> Receipt:
        """Log one line. It never fails."""
        subject = cut(one_line(message.subject), 200)
        _log.warning("%s for %s: %s", message.tells.value, one_line(to.get("name", "")) or "the log", subject)
        return Receipt(message.id)
