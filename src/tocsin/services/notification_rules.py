"""The notification rules of people: each their own. A change and its audit entry are one commit."""

from tocsin.domain.audit import Actor, AuditAction, Deed
from tocsin.domain.change import Record, RecordWrite
from tocsin.domain.notification_rules import ACCOUNT, Chosen, NotificationRules
from tocsin.domain.user import User, checked_time_zone
from tocsin.errors import Conflict, InvalidInput, PreconditionFailed
from tocsin.storage.store import Store

from .auditing import AuditLog
from .contacts import Contacts

NOTIFICATION_RULES = "notification_rules"
"""The record kind of a person's rules; its id is the person's."""


class NotificationRulesOfPeople:
    """The notification rules of one store."""

    def __init__(self, store: Store, audit: AuditLog, contacts: Contacts) -> None:
        self._store = store
        self._audit = audit
        self._contacts = contacts

    def of(self, user: User) -> NotificationRules:
        """Return a person's rules, as they were chosen: those that choose nothing if they never were."""
        record = self._store.record(NOTIFICATION_RULES, user.id)
        if record is None:
            return NotificationRules()
        return NotificationRules.model_validate({**record.body, "version": record.version})

    def in_force(self, user: User) -> NotificationRules:
        """Return a person's rules with the time zone that their quiet hours are in."""
        rules = self.of(user)
        return rules if rules.time_zone else rules.model_copy(update={"time_zone": user.time_zone})

    def put(self, user: User, rules: Chosen, *, actor: Actor, expected: int | None = None) -> NotificationRules:
        """Put what was chosen in the place of a person's rules, and return them.

        Raises :class:`~tocsin.errors.InvalidInput` if they name a contact that is not theirs, ``Conflict``, and
        ``PreconditionFailed`` if the version is not the ``expected`` one.
        """
        before = self.of(user)
        if expected is not None and before.version != expected:
            message = f"the notification rules of {user.email} were changed since you looked"
            raise PreconditionFailed(message, hint="look again, and decide")
        zone = rules.time_zone and checked_time_zone(rules.time_zone)
        known = {ACCOUNT, *(one.id for one in self._contacts.of(user.id))}
        named = {step.contact for rule in rules.rules for step in rule.steps if step.contact}
        if strange := sorted(named - known):
            message = f"{user.email} has no contact {strange[0]}"
            raise InvalidInput(message, hint=f"`{ACCOUNT}` is the address of the account; the others have ids")
        # Of the domain's own parts, whosever they came as: only then the same again is equal, and writes nothing.
        after = NotificationRules.model_validate(rules.model_dump() | {"time_zone": zone, "version": before.version})
        if after == before:
            return before
        after = after.model_copy(update={"version": before.version + 1})
        body = after.model_dump(mode="json", exclude_defaults=True, exclude={"version"})
        record = Record(kind=NOTIFICATION_RULES, id=user.id, body=body, version=after.version)
        write = RecordWrite(kind=NOTIFICATION_RULES, id=user.id, record=record, expected=before.version)
        deed = Deed(AuditAction.NOTIFICATION_RULES_CHANGED, actor, f"user:{user.email}", body)
        try:
            self._audit.commit(deed, write)
        except Conflict:
            message = f"somebody else changed the notification rules of {user.email} at this moment"
            raise Conflict(message, hint="look again, and decide") from None
        return after
