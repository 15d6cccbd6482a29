"""The pager, put together as the settings say: what the tick acts on beside incidents, and what it sends."""

import random
import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, NamedTuple

from tocsin.clock import Clock
from tocsin.domain.rules import Rules
from tocsin.identity.signing_keys import SigningKeys
from tocsin.ids import NewId
from tocsin.services.auditing import AuditLog
from tocsin.services.contact_records import CODE
from tocsin.services.paging.lookup import Lookup
from tocsin.services.paging.messages import Messages
from tocsin.services.paging.notices import notice_acts
from tocsin.services.paging.rounds import Pager
from tocsin.services.silences import Silences
from tocsin.services.teams import Teams
from tocsin.services.tick import Act
from tocsin.services.unsilencing import silence_acts
from tocsin.services.users import Users
from tocsin.services.verification import Codes
from tocsin.services.watching import watch_acts
from tocsin.storage.store import Store

from .channel_setup import channels_of
from .letters import letters_of
from .page_addresses import action_url, links_of, slack_reply_acts
from .reaching import reach_of

if TYPE_CHECKING:
    from tocsin.channels.outbound import Outbound
    from tocsin.config import Settings

    from .aws import Aws


class Paging(NamedTuple):
    """What a tick that pages is handed: ``others`` and ``pages``, as :func:`tocsin.services.tick.tick` takes them."""

    others: Mapping[str, Act]
    pages: Pager


def paging_of(
    settings: "Settings",
    store: Store,
    rules: Rules,
    keys: SigningKeys,
    aws: "Callable[[], Aws]",
    *,
    clock: Clock,
    new_id: NewId,
) -> Paging:
    """Return the pager of a store. Raises :class:`~tocsin.errors.ConfigurationError`."""
    channels = channels_of(settings, aws, clock=clock, action_url=action_url)
    reach = reach_of(store, keys, clock=clock, new_id=new_id)
    lookup = lookup_of(store, keys, clock=clock, new_id=new_id)
    pager = Pager(
        store,
        lookup,
        channels,
        clock=clock,
        new_id=new_id,
        timer=time.monotonic,
        jitter=random.random,
        messages=Messages(link=links_of(settings, keys)),
    )
    others: dict[str, Act] = {
        **silence_acts(store, clock=clock, new_id=new_id),
        **watch_acts(store, rules, clock=clock, new_id=new_id),
        **letters_of(settings, store, keys, aws, clock=clock, new_id=new_id),
        CODE: Codes(store, reach.contacts, keys, channels, clock=clock, new_id=new_id),
        **notice_acts(pager.desk),
        **slack_reply_acts(store, lambda: _way_out(settings), clock=clock, new_id=new_id),
    }
    return Paging(others, pager)


def _way_out(settings: "Settings") -> "Outbound":
    from tocsin.channels.outbound import Outbound

    return Outbound(settings.outbound_allow)


def lookup_of(store: Store, keys: SigningKeys, *, clock: Clock, new_id: NewId) -> Lookup:
    """Return the directory of a store."""
    audit = AuditLog(store, clock=clock, new_id=new_id)
    reach = reach_of(store, keys, clock=clock, new_id=new_id)
    return Lookup(
        store,
        Users(store, audit, clock=clock, new_id=new_id),
        Teams(store, audit, clock=clock, new_id=new_id),
        contacts=reach.contacts,
        rules=reach.rules,
        silences=Silences(store, audit, clock=clock, new_id=new_id),
    )
