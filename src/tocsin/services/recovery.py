"""A new password for whoever lost the old one: a token that works once, within the hour."""

from datetime import timedelta

from tocsin.domain.audit import Actor, AuditAction, Deed
from tocsin.domain.change import RecordWrite
from tocsin.domain.user import User, checked_email
from tocsin.errors import InvalidInput

from .attempts import Attempts
from .auditing import AuditLog
from .courier import letter_about
from .passwords import Passwords
from .sessions import Sessions
from .tickets import Purpose, Ticket, Tickets, refused, used, written
from .users import Users

LASTS = timedelta(hours=1)
RECOVER = "recover"
LONGEST_TOLD = 100
"""Characters of an address that anybody may have made up, in the audit log."""


class Recovery:
    """Asks for a new password, and sets it. ``letters``: whether there is anybody who delivers them."""

    def __init__(
        self,
        users: Users,
        passwords: Passwords,
        tickets: Tickets,
        attempts: Attempts,
        *,
        audit: AuditLog,
        sessions: Sessions,
        letters: bool,
    ) -> None:
        self._users = users
        self._passwords = passwords
        self._tickets = tickets
        self._attempts = attempts
        self._audit = audit
        self._sessions = sessions
        self._letters = letters

    def ask(self, email: str, *, actor: Actor) -> None:
        """Have a token sent to an address, if somebody there may sign in with a password.

        Whether there is anybody is looked up by the tick that sends it: nothing here depends on that.
        Raises :class:`~tocsin.errors.InvalidInput` for no address, and :class:`~tocsin.errors.TooManyAttempts`.
        """
        self._attempts.ask(RECOVER, actor.address)
        checked = checked_email(email)
        writes: tuple[RecordWrite, ...] = ()
        if self._letters and self._attempts.may_write(RECOVER, checked):
            ticket = self._tickets.drafted(Purpose.RECOVER, lasts=LASTS, email=checked)
            writes = (written(ticket), letter_about(ticket))
        self._audit.commit(Deed(AuditAction.RECOVERY_ASKED, actor, f"user:{checked[:LONGEST_TOLD]}"), *writes)

    def issue_reset(self, user: User, actor: Actor) -> str:
        """Return a token that sets somebody's password, for an administrator to hand on.

        Raises :class:`~tocsin.errors.InvalidInput` for somebody who cannot sign in with one.
        """
        if not _recovers(user):
            why = "signs in elsewhere" if user.may_sign_in else "is not let in"
            message = f"{user.email} {why}: a password would be of no use"
            raise InvalidInput(message)
        ticket = self._tickets.drafted(Purpose.RECOVER, lasts=LASTS, email=user.email)
        deed = Deed(AuditAction.RECOVERY_ASKED, actor, f"user:{user.email}", {"how": "handed out"})
        self._audit.commit(deed, written(ticket))
        return self._tickets.token(ticket)

    def reset(self, token: str, password: str, *, actor: Actor) -> User:
        """Set a password, and end every session of whoever's it is; the address that does so is known from then on.

        Raises :class:`~tocsin.errors.SignInRefused` for a token that is not good, and
        :class:`~tocsin.errors.InvalidInput` for a password that is not: the token stays good then.
        """
        ticket = self._tickets.shown(Purpose.RECOVER, token)
        user = self._users.by_email(ticket.email)
        if user is None or not self._good(user, ticket):
            raise refused()
        hashed = self._passwords.hashed(password, email=user.email, full_name=user.full_name)

        def also(now: User) -> tuple[RecordWrite, ...]:
            # Looked at anew each time: of two that hold the token, one comes first.
            self._tickets.shown(Purpose.RECOVER, token)
            kept = self._passwords.of(now.id)
            if not self._good(now, ticket):
                raise refused()
            return (
                self._passwords.written(now.id, hashed, expected=kept.version),
                used(ticket),
                *self._sessions.end_all(now),
            )

        changed = self._users.change(
            user.id,
            self._passwords.signed_out,
            actor=actor._replace(name=user.email),
            action=AuditAction.PASSWORD_CHANGED,
            also=also,
        )
        # Whoever is held up by those who try their account from everywhere gets past them by this.
        self._attempts.succeeded(changed.email, actor.address)
        return changed

    def _good(self, user: User, ticket: Ticket) -> bool:
        """Say whether a ticket still sets this person's password: what was asked for before it changed is void."""
        changed_at = self._passwords.of(user.id).changed_at
        return _recovers(user) and (changed_at is None or changed_at <= ticket.made_at)


def _recovers(user: User) -> bool:
    """Say whether a password lets somebody in: not those who sign in elsewhere."""
    return user.may_sign_in and not user.subject
