"""Escalation policies as they are kept. Every change and its audit entry are one commit, and no two policies tie."""

import logging
from collections.abc import Callable, Mapping

from pydantic import ValidationError

from tocsin.clock import Clock
from tocsin.domain.audit import Actor, AuditAction, Deed, Head
from tocsin.domain.change import Change, Record, RecordWrite
from tocsin.domain.policy import DEFAULT_ID, MOST_POLICIES, Policy, checked_with, default_policy, policy_of
from tocsin.errors import AlreadyThere, InvalidInput, NotFound
from tocsin.ids import NewId
from tocsin.storage.store import Store

from .auditing import AuditLog, following
from .listing import every_record, is_id
from .targets import Targets
from .versions import see_version

POLICY = "policy"
"""The record kind of an escalation policy; its id is the policy's."""

_log = logging.getLogger(__name__)

Also = Callable[[Policy], tuple[RecordWrite, ...]]


def every_policy(store: Store) -> tuple[Policy, ...]:
    """Return the policies that were saved, in the order of their ids.

    One that cannot be read any more, be it that its time zone is none now, is logged and left out: the others page.
    """
    return tuple(policy for record in every_record(store, POLICY) if (policy := _readable(record)) is not None)


class Policies:
    """The escalation policies of one store. The default one is there whether it was ever saved or not."""

    def __init__(self, store: Store, audit: AuditLog, targets: Targets, *, clock: Clock, new_id: NewId) -> None:
        self._store = store
        self._audit = audit
        self._targets = targets
        self._clock = clock
        self._new_id = new_id

    def every(self) -> list[Policy]:
        """Return every policy: the default one first, and then by name."""
        saved = every_policy(self._store)
        default = next((one for one in saved if one.id == DEFAULT_ID), default_policy())
        others = sorted((one for one in saved if one.id != DEFAULT_ID), key=lambda one: one.name.casefold())
        return [default, *others]

    def named(self, name_or_id: str) -> Policy:
        """Return a policy by id, or by name in any letter case. Raises :class:`~tocsin.errors.NotFound`."""
        record = self._store.record(POLICY, name_or_id) if is_id(name_or_id) else None
        if record is not None and (found := _readable(record)) is not None:
            return found
        said = " ".join(name_or_id.split()).casefold()
        for one in self.every():
            if said in (one.name.casefold(), one.id):
                return one
        message = f"there is no escalation policy {name_or_id[:100]}"
        raise NotFound(message, hint="`policy list` shows them all")

    def checked(self, document: Mapping[str, object], *, policy_id: str, version: int = 1) -> Policy:
        """Return the policy that a document describes, its targets by id. Raises ``InvalidInput``."""
        policy = policy_of({**document, "id": policy_id, "version": version}).renamed(self._targets.fixed)
        self._targets.see_that_they_are_webhooks(policy.called)
        return policy

    def shown(self, policy: Policy) -> Policy:
        """Return a policy with its targets by name."""
        return policy.renamed(self._targets.named)

    def add(self, document: Mapping[str, object], *, actor: Actor, also: Also = lambda _policy: ()) -> Policy:
        """Make a policy; ``also`` gives what else is written with it.

        Raises ``InvalidInput``, also where it could tie with another, and ``AlreadyThere`` for a name that is taken.
        """
        policy_id = self._new_id()

        def write(head: Head) -> Policy:
            policy = self.checked(document, policy_id=policy_id)
            self._see_that_it_fits(policy)
            return self._committed(head, AuditAction.POLICY_ADDED, policy, 0, actor, *also(policy))

        return self._audit.in_turn(write)

    def put(
        self, name_or_id: str, document: Mapping[str, object], *, actor: Actor, expected: int | None = None
    ) -> Policy:
        """Put what a document describes in the place of a policy; nothing is written where that is the same.

        Raises as :meth:`add` does, ``NotFound``, and ``PreconditionFailed`` if its version is not the ``expected`` one.
        """
        policy_id = self.named(name_or_id).id

        def write(head: Head) -> Policy:
            record = self._store.record(POLICY, policy_id)
            if record is None and policy_id != DEFAULT_ID:
                raise _gone(name_or_id)
            before = default_policy() if record is None else _policy(record)
            see_version(f"the policy {before.name}", before.version, expected)
            policy = self.checked(document, policy_id=policy_id, version=before.version)
            if policy == before:
                return before
            self._see_that_it_fits(policy)
            after = policy.model_copy(update={"version": before.version + 1})
            held = 0 if record is None else record.version
            return self._committed(head, AuditAction.POLICY_CHANGED, after, held, actor)

        return self._audit.in_turn(write)

    def remove(self, name_or_id: str, *, actor: Actor, expected: int | None = None) -> None:
        """Delete a policy; of the default one, what was saved. Cycles that have begun go on by their copies."""
        policy = self.named(name_or_id)

        def write(head: Head) -> None:
            record = self._store.record(POLICY, policy.id)
            if record is None:
                if policy.id == DEFAULT_ID:
                    return
                raise _gone(name_or_id)
            before = _policy(record)
            see_version(f"the policy {before.name}", before.version, expected)
            gone = RecordWrite(kind=POLICY, id=policy.id, record=None, expected=record.version)
            self._commit(head, Deed(AuditAction.POLICY_REMOVED, actor, _target(policy)), gone)

        self._audit.in_turn(write)

    def _see_that_it_fits(self, policy: Policy) -> None:
        # Whoever saves another meanwhile writes to the audit log, too: then all of this is looked at again.
        others = [one for one in every_policy(self._store) if one.id != policy.id]
        if policy.id != DEFAULT_ID and sum(one.id != DEFAULT_ID for one in others) >= MOST_POLICIES:
            message = f"there are {MOST_POLICIES} policies already"
            raise InvalidInput(message, hint="delete some that hold no more")
        for other in others if policy.id == DEFAULT_ID else [*others, default_policy()]:
            if other.name.casefold() == policy.name.casefold():
                message = f"there is a policy {other.name} already"
                raise AlreadyThere(message, hint="change that one, or take another name")
        checked_with(policy, others)

    def _committed(
        self, head: Head, action: AuditAction, policy: Policy, held: int, actor: Actor, *also: RecordWrite
    ) -> Policy:
        body = policy.model_dump(mode="json", exclude_defaults=True)
        record = Record(kind=POLICY, id=policy.id, body=body, version=held + 1)
        write = RecordWrite(kind=POLICY, id=policy.id, record=record, expected=held)
        self._commit(head, Deed(action, actor, _target(policy)), write, *also)
        return policy

    def _commit(self, head: Head, deed: Deed, *writes: RecordWrite) -> None:
        now = self._clock()
        _, noted = following(head, deed, now)
        self._store.commit(Change(id=self._new_id(), at=now, records=(*writes, *noted)))


def _policy(record: Record) -> Policy:
    return Policy.model_validate(record.body)


def _readable(record: Record) -> Policy | None:
    try:
        return _policy(record)
    except ValidationError as error:
        _log.error("the policy %s cannot be read, and counts for nothing: %s", record.id, error.errors()[0]["msg"])
        return None


def _gone(name_or_id: str) -> NotFound:
    message = f"the policy {name_or_id[:100]} has gone"
    return NotFound(message, hint="`policy list` shows them all")


def _target(policy: Policy) -> str:
    return f"policy:{policy.name}"
