"""The pager, put together as the settings say: what the tick acts on beside incidents, and what it sends.

What looks up whom to page is imported with the first page, and what acts on anything else when such a record falls
due: most rounds have neither.
"""

import random
import time
from collections.abc import Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from tocsin.clock import Clock
from tocsin.domain.rules import Rules
from tocsin.ids import NewId
from tocsin.services.channel import Channels
from tocsin.services.due import CODE, LETTER, NOTICE, PAST_SILENCE, SHIFT_NOTICE, SILENCE, SLACK_REPLY, WATCH
from tocsin.services.paging.rounds import Pager
from tocsin.services.tick import Act
from tocsin.storage.store import Store

from .channel_setup import channels_of
from .late import late, late_acts

if TYPE_CHECKING:
    from tocsin.channels.outbound import Outbound
    from tocsin.config import Settings
    from tocsin.domain.message import Message
    from tocsin.identity.signing_keys import SigningKeys
    from tocsin.services.paging.directory import Directory
    from tocsin.services.paging.lookup import Lookup
    from tocsin.services.paging.messages import Messages

    from .aws import Aws


class Paging(NamedTuple):
    """What a tick that pages is handed: ``others`` and ``pages``, as :func:`tocsin.services.tick.tick` takes them."""

    others: Mapping[str, Act]
    pages: Pager


def paging_of(
    settings: "Settings",
    store: Store,
    rules: Rules,
    keys: "SigningKeys",
    aws: "Callable[[], Aws]",
    *,
    clock: Clock,
    new_id: NewId,
) -> Paging:
    """Return the pager of a store. Raises :class:`~tocsin.errors.ConfigurationError`."""
    channels = channels_of(settings, aws, clock=clock, action_url=_action_url)

    def directory() -> "Directory":
        return lookup_of(store, keys, clock=clock, new_id=new_id)

    def messages() -> "Messages":
        from tocsin.services.paging.messages import Messages
        from tocsin.services.templates import kept_template

        from .page_addresses import links_of

        return Messages(link=links_of(settings, keys), templates=partial(kept_template, store))

    pager = Pager(
        store,
        late(directory),
        channels,
        clock=clock,
        new_id=new_id,
        timer=time.monotonic,
        jitter=random.random,
        messages=late(messages),
    )

    acts = _Acts(settings, store, rules, keys, aws, channels=channels, pager=pager, clock=clock, new_id=new_id)
    return Paging(acts.late(), pager)


class _Acts:
    """What the tick acts on beside incidents and pages; each method imports its own."""

    def __init__(
        self,
        settings: "Settings",
        store: Store,
        rules: Rules,
        keys: "SigningKeys",
        aws: "Callable[[], Aws]",
        *,
        channels: Channels,
        pager: Pager,
        clock: Clock,
        new_id: NewId,
    ) -> None:
        self._settings = settings
        self._store = store
        self._rules = rules
        self._keys = keys
        self._aws = aws
        self._channels = channels
        self._pager = pager
        self._clock = clock
        self._new_id = new_id

    def late(self) -> Mapping[str, Act]:
        """Return all of them, by the kind of record. Raises :class:`~tocsin.errors.ConfigurationError`."""
        # That nothing says whom letters are from is told now, not with the first letter.
        sends_letters = self._settings.sends_letters and bool(self._settings.letters_from)
        return {
            **late_acts((SILENCE, PAST_SILENCE), self._silences),
            **late_acts((WATCH,), self._watches),
            **(late_acts((LETTER,), self._letters) if sends_letters else {}),
            **late_acts((CODE,), self._codes),
            **late_acts((SHIFT_NOTICE, NOTICE), self._notices),
            **late_acts((SLACK_REPLY,), self._slack_replies),
        }

    def _silences(self) -> Mapping[str, Act]:
        from tocsin.services.unsilencing import silence_acts

        return silence_acts(self._store, clock=self._clock, new_id=self._new_id)

    def _watches(self) -> Mapping[str, Act]:
        from tocsin.services.watching import watch_acts

        return watch_acts(self._store, self._rules, clock=self._clock, new_id=self._new_id)

    def _letters(self) -> Mapping[str, Act]:
        from .letters import letters_of

        return letters_of(self._settings, self._store, self._keys, self._aws, clock=self._clock, new_id=self._new_id)

    def _codes(self) -> Mapping[str, Act]:
        from tocsin.services.verification import Codes

        from .reaching import reach_of

        contacts = reach_of(self._store, self._keys, clock=self._clock, new_id=self._new_id).contacts
        codes = Codes(self._store, contacts, self._keys, self._channels, clock=self._clock, new_id=self._new_id)
        return {CODE: codes}

    def _notices(self) -> Mapping[str, Act]:
        from tocsin.services.paging.notices import notice_acts

        return notice_acts(self._pager.desk)

    def _slack_replies(self) -> Mapping[str, Act]:
        from .page_addresses import slack_reply_acts

        return slack_reply_acts(self._store, self._way_out, clock=self._clock, new_id=self._new_id)

    def _way_out(self) -> "Outbound":
        from tocsin.channels.outbound import Outbound

        return Outbound(self._settings.outbound_allow)


def _action_url(message: "Message") -> str:
    from .page_addresses import action_url

    return action_url(message)


def lookup_of(store: Store, keys: "SigningKeys", *, clock: Clock, new_id: NewId) -> "Lookup":
    """Return the directory of a store."""
    from tocsin.services.auditing import AuditLog
    from tocsin.services.paging.lookup import Lookup
    from tocsin.services.silences import Silences
    from tocsin.services.teams import Teams
    from tocsin.services.users import Users

    from .reaching import reach_of

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
