"""Addresses of ours that are in pages, and who calls them: links that acknowledge, buttons of Slack, keys of a phone."""

import logging
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

import orjson

from tocsin.clock import Clock
from tocsin.domain.message import Message
from tocsin.errors import ConfigurationError
from tocsin.ids import NewId
from tocsin.services.callers import Callers
from tocsin.services.due import SLACK_REPLY
from tocsin.services.page_links import PageLinks
from tocsin.services.signing import Signer
from tocsin.services.slack_replies import SlackReplies
from tocsin.storage.store import Store

from .provider_keys import ProviderKeys

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tocsin.channels.outbound import Outbound
    from tocsin.config import Settings
    from tocsin.services.tick import Act

    from .aws import Aws

ACKNOWLEDGE = "/ack?t="
VOICE = "/api/v1/twilio/voice?token="

_log = logging.getLogger(__name__)

MOST_BY_KEY = 8
"""Incidents that one key acknowledges: beyond that nobody knows what they have heard."""


def links_of(settings: "Settings", signer: Signer) -> PageLinks:
    """Return what makes and reads links that acknowledge; it makes none unless PUBLIC_URL is set.

    The token is in the query, which no log of ours and none of the gateway has.
    """
    return PageLinks(signer, f"{settings.public_url}{ACKNOWLEDGE}" if settings.public_url else "")


def action_url(message: Message) -> str:
    """Return where Twilio tells which key was pressed: with the tokens of the message's links; empty: no key is asked."""
    found = [one.acknowledge.partition(ACKNOWLEDGE) for one in message.subjects]
    if not 0 < len(found) <= MOST_BY_KEY or not all(token for _, _, token in found):
        return ""
    return f"{found[0][0]}{VOICE}{'&token='.join(token for _, _, token in found)}"


def callers_of(settings: "Settings", signer: Signer, aws: "Callable[[], Aws]", *, clock: Clock) -> Callers:
    """Return what tells who calls. Nobody is from Slack, or from Twilio, where their secrets are not set."""
    keys = ProviderKeys(settings, aws, clock=clock)

    def is_from_slack(timestamp: str, body: bytes, signature: str) -> bool:
        from tocsin.channels.slack_signature import is_from_slack as signed

        secret = _key(keys, "SLACK_SIGNING_SECRET")
        return bool(secret) and signed(secret, timestamp=timestamp, body=body, signature=signature, now=clock())

    def is_from_twilio(url: str, parameters: Iterable[tuple[str, str]], signature: str) -> bool:
        from tocsin.channels.twilio_signature import is_from_twilio as signed

        secret = _key(keys, "TWILIO_AUTH_TOKEN")
        return bool(secret) and signed(secret, url=url, parameters=parameters, signature=signature)

    return Callers(links_of(settings, signer), settings.public_url, is_from_slack, is_from_twilio)


def slack_reply_acts(
    store: Store, outbound: "Callable[[], Outbound]", *, clock: Clock, new_id: NewId
) -> "Mapping[str, Act]":
    """Return what tells in Slack what became of a button, for the tick. ``outbound`` is the way out over HTTP."""

    def post(url: str, said: "Mapping[str, object]") -> None:
        from tocsin.channels.answers import taken

        taken(outbound().post(url, orjson.dumps(said), {"Content-Type": "application/json"}), "Slack")

    return {SLACK_REPLY: SlackReplies(store, post, clock=clock, new_id=new_id)}


def _key(keys: ProviderKeys, name: str) -> str:
    try:
        (found,) = keys(name)
    except ConfigurationError as error:
        if keys.may_have(name):
            _log.warning("nobody is known to be who they say: %s", error)
        return ""
    return found
