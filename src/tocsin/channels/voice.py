"""Calls by Twilio ("Calls resource"): they say a page twice, and take one key ("TwiML: Gather")."""

import re
from collections.abc import Callable
from xml.sax.saxutils import escape, quoteattr

from tocsin.domain.contact import Address
from tocsin.domain.message import Message, Tells
from tocsin.services.channel import Receipt

from .answers import text_in
from .twilio import Twilio
from .words import cut, number_of, one_line

ACKNOWLEDGES = "1"
"""The key that acknowledges."""

LONGEST_SAID = 300
"""Characters that are said: half a minute. TwiML in a request has at most 4,000."""

ActionUrl = Callable[[Message], str]
"""Returns where Twilio tells the key that was pressed: a URL of ours, signed; empty: no key is asked for."""


def no_url(message: Message) -> str:  # noqa: ARG001 - one of those that know none
    """Return nothing: a call that takes no key."""
    return ""


class VoiceChannel:
    """Calls somebody; the provider id is the call's SID."""

    def __init__(self, twilio: Twilio, action_url: ActionUrl = no_url) -> None:
        self._twilio = twilio
        self._action_url = action_url

    def send(self, message: Message, to: Address) -> Receipt:
        """Begin one call. Raises as :class:`~tocsin.services.channel.Channel` says."""
        url = self._action_url(message) if message.tells is Tells.PAGE else ""
        call = {"To": number_of(to), "From": self._twilio.sender, "Twiml": twiml(message, url)}
        found = self._twilio.make("Calls", call)
        return Receipt(text_in(found, "sid"))


def twiml(message: Message, action_url: str) -> str:
    """Return what is said, and where the key goes that is pressed."""
    said = f"<Say>{escape(spoken(message))}</Say>"
    twice = f'{said}<Pause length="1"/>{said}'
    if not action_url:
        return f"<Response>{twice}</Response>"
    asked = f"<Say>Press {ACKNOWLEDGES} to acknowledge.</Say>"
    gather = f'<Gather input="dtmf" numDigits="1" timeout="10" method="POST" action={quoteattr(action_url)}>'
    return f"<Response>{gather}{twice}{asked}</Gather><Say>No key was pressed. Goodbye.</Say></Response>"


def spoken(message: Message) -> str:
    """Return the short text as one would say it: without links, and a code digit by digit."""
    words = re.sub(r"https?://\S+", "", one_line(message.short))
    if message.tells is Tells.CODE:
        # Six digits; how long it is good is a number.
        words = re.sub(r"\b[0-9]{6}\b", lambda found: ", ".join(found[0]), words)
    # What no XML may hold is not printable, and went with the control characters.
    return cut(one_line(words), LONGEST_SAID)
