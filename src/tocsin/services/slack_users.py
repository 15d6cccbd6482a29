"""Who is who in Slack: a user of a workspace is one person here, because an administrator says so.

Slack's own word for somebody's address is not taken: whoever administers a workspace could set it, and would
acknowledge in another's name.
"""

import re

from tocsin.domain.audit import Actor, AuditAction, Deed
from tocsin.domain.change import Record, RecordWrite
from tocsin.domain.user import User
from tocsin.errors import AlreadyThere, InvalidInput
from tocsin.storage.store import Store

from .auditing import AuditLog
from .listing import every_record

SLACK_USER = "slack_user"
"""The record kind; its id is ``<workspace>:<user>``, as in ``T0123456:U0123456``."""

_ID = re.compile(r"[TE][A-Z0-9]{1,30}:[UW][A-Z0-9]{1,30}")


def checked_slack_user(text: str) -> str:
    """Return what names a user of Slack. Raises ``InvalidInput``."""
    said = text.strip().upper()
    if not _ID.fullmatch(said):
        message = f"{text[:100]!r} names no user of Slack"
        raise InvalidInput(message, hint="WORKSPACE:USER, as in T0123456:U0123456; a button of a page tells it")
    return said


class SlackUsers:
    """The users of Slack that one store knows."""

    def __init__(self, store: Store, audit: AuditLog) -> None:
        self._store = store
        self._audit = audit

    def person(self, slack_user: str) -> str:
        """Return the id of the person; empty if this is nobody."""
        record = self._store.record(SLACK_USER, slack_user) if _ID.fullmatch(slack_user) else None
        return "" if record is None else str(record.body["user"])

    def of(self, user: User) -> list[str]:
        """Return who somebody is in Slack: one in each of their workspaces, as a rule."""
        return [one.id for one in every_record(self._store, SLACK_USER) if one.body["user"] == user.id]

    def link(self, user: User, slack_user: str, *, actor: Actor) -> None:
        """Say that a user of Slack is this person; twice is no error.

        Raises ``InvalidInput``, and ``AlreadyThere`` if it is somebody else.
        """
        name = checked_slack_user(slack_user)
        held = self.person(name)
        if held == user.id:
            return
        if held:
            message = f"{name} is somebody else here"
            raise AlreadyThere(message, hint="take that back first: `user slack` with --remove")
        record = Record(kind=SLACK_USER, id=name, body={"user": user.id})
        write = RecordWrite(kind=SLACK_USER, id=name, record=record, expected=0)
        self._audit.commit(_deed(AuditAction.SLACK_LINKED, actor, user, name), write)

    def unlink(self, user: User, slack_user: str, *, actor: Actor) -> None:
        """Take that back. Doing so where it was not said is no error."""
        name = checked_slack_user(slack_user)
        record = self._store.record(SLACK_USER, name)
        if record is not None and record.body["user"] == user.id:
            gone = RecordWrite(kind=SLACK_USER, id=name, record=None, expected=record.version)
            self._audit.commit(_deed(AuditAction.SLACK_UNLINKED, actor, user, name), gone)


def _deed(action: AuditAction, actor: Actor, user: User, name: str) -> Deed:
    return Deed(action, actor, f"user:{user.email}", {"slack": name})
