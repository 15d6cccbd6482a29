"""What whoever pressed a button in Slack is told, by themselves: at the address that came with the press.

Slack waits for three seconds, and shows nothing of what it is answered. So the answer is written down, due at once, and
told by the tick.
"""

import hashlib
import logging
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import timedelta

from tocsin.clock import Clock
from tocsin.domain.change import Change, Record, RecordWrite
from tocsin.errors import Conflict, Undelivered
from tocsin.ids import NewId
from tocsin.storage.store import Store

from .due import SLACK_REPLY

BEGINS = "https://hooks.slack.com/"
"""Where answers go, and nothing else does."""

GOOD_FOR = timedelta(minutes=30)
"""How long Slack takes one ("Handling user interaction", "Message responses")."""

AGAIN = timedelta(seconds=15)

Post = Callable[[str, Mapping[str, object]], None]
"""Posts JSON to an address. Raises :class:`~tocsin.errors.Undelivered`."""

_log = logging.getLogger(__name__)


def reply(store: Store, url: str, text: str, *, clock: Clock, new_id: NewId) -> None:
    """Write down what is to be told; nothing where there is no address for it. The same, twice at once, is one."""
    if not url.startswith(BEGINS):
        return
    now = clock()
    name = hashlib.sha256(f"{url}\n{text}".encode()).hexdigest()
    body = {"url": url, "text": text}
    record = Record(kind=SLACK_REPLY, id=name, body=dict(body), due_at=now, expires_at=now + GOOD_FOR)
    with suppress(Conflict):
        write = RecordWrite(kind=SLACK_REPLY, id=name, record=record, expected=0)
        store.commit(Change(id=new_id(), at=now, records=(write,)))


class SlackReplies:
    """Tells what is due; one :data:`~tocsin.services.tick.Act` of the tick."""

    def __init__(self, store: Store, post: Post, *, clock: Clock, new_id: NewId) -> None:
        self._store = store
        self._post = post
        self._clock = clock
        self._new_id = new_id

    def __call__(self, due: Record) -> bool:
        """Tell one. True: the others need not wait."""
        now = self._clock()
        over = due.expires_at is not None and due.expires_at <= now
        later = None if over else due.model_copy(update={"due_at": now + AGAIN, "version": due.version + 1})
        # Taken before it is told: told twice is worse here than not at all.
        if not self._commit(due, later) or later is None:
            return True
        try:
            said = {"response_type": "ephemeral", "replace_original": False, "text": due.body["text"]}
            self._post(str(due.body["url"]), said)
        except Undelivered as error:
            _log.warning("Slack could not be told what became of a button: %s", error)
            if error.retryable:
                return True
        self._commit(later, None)
        return True

    def _commit(self, before: Record, after: Record | None) -> bool:
        write = RecordWrite(kind=SLACK_REPLY, id=before.id, record=after, expected=before.version)
        try:
            self._store.commit(Change(id=self._new_id(), at=self._clock(), records=(write,)))
        except Conflict:
            return False
        return True
