"""Signing up, where that is open: nobody is anybody until they have shown that the mail is theirs."""

from collections.abc import Collection
from datetime import timedelta

from tocsin.domain.access import UserRole
from tocsin.domain.audit import Actor, AuditAction, Deed
from tocsin.domain.change import RecordWrite
from tocsin.domain.user import User, checked_email, checked_full_name
from tocsin.errors import Conflict, NotAllowed, StoreBusy

from .attempts import Attempts, digest
from .auditing import AuditLog
from .courier import letter_about
from .passwords import Passwords
from .recovery import LONGEST_TOLD
from .tick import MOST_ATTEMPTS
from .tickets import Purpose, Tickets, refused, used, written
from .users import Users

LASTS = timedelta(days=1)
SIGN_UP = "sign-up"


class SigningUp:
    """Lets people in whose mail is in one of ``domains``, as viewers. None: it is not open."""

    def __init__(
        self,
        users: Users,
        passwords: Passwords,
        tickets: Tickets,
        attempts: Attempts,
        audit: AuditLog,
        *,
        domains: Collection[str],
    ) -> None:
        self._users = users
        self._passwords = passwords
        self._tickets = tickets
        self._attempts = attempts
        self._audit = audit
        self._domains = frozenset(domains)

    def ask(self, email: str, full_name: str, password: str, *, actor: Actor) -> None:
        """Have a token sent that makes the account. What is there already is looked up by the tick that sends it.

        Raises :class:`~tocsin.errors.NotAllowed` where it is not open, :class:`~tocsin.errors.InvalidInput`, and
        :class:`~tocsin.errors.TooManyAttempts`.
        """
        if not self._domains:
            raise _closed()
        self._attempts.ask(SIGN_UP, actor.address)
        checked, named = checked_email(email), checked_full_name(full_name)
        self._see_domain(checked)
        hashed = self._passwords.hashed(password, email=checked, full_name=named)
        deed = Deed(AuditAction.USER_SIGNED_UP, actor, f"user:{checked[:LONGEST_TOLD]}")
        writes = self._attempts.may_write(SIGN_UP, checked)
        for _ in range(MOST_ATTEMPTS):
            try:
                self._audit.commit(deed, *(self._asked(checked, named, hashed) if writes else ()))
            except Conflict:
                continue  # somebody signed up with this address at the same moment
            return
        message = "others kept signing up with this address"
        raise StoreBusy(message)

    def verify(self, token: str, *, actor: Actor) -> User:
        """Make the account of whoever shows the token. Raises :class:`~tocsin.errors.SignInRefused`."""
        ticket = self._tickets.shown(Purpose.VERIFY, token)
        self._see_domain(ticket.email)

        def also(user: User) -> tuple[RecordWrite, ...]:
            kept = (self._passwords.written(user.id, ticket.hash, expected=0),) if ticket.hash else ()
            return (used(ticket), *kept)

        try:
            return self._users.add(
                ticket.email,
                ticket.full_name,
                UserRole.VIEWER,
                actor=actor._replace(name=ticket.email),
                action=AuditAction.USER_VERIFIED,
                also=also,
            )
        except Conflict:
            raise refused() from None  # it was used this moment, or somebody has this address now

    def _asked(self, email: str, full_name: str, hashed: str) -> tuple[RecordWrite, ...]:
        name = digest(SIGN_UP, email)[:32]
        # Who signed up twice may be two: whoever confirms must not let in the other one, by that one's password.
        alone = self._tickets.good(name) is None
        ticket = self._tickets.drafted(
            Purpose.VERIFY,
            ticket_id=name,
            lasts=LASTS,
            email=email,
            full_name=full_name if alone else email,
            hashed=hashed if alone else "",
        )
        return written(ticket), letter_about(ticket)

    def _see_domain(self, email: str) -> None:
        if email.rpartition("@")[2] not in self._domains:
            raise _closed()


def _closed() -> NotAllowed:
    return NotAllowed("signing up is not open here", hint="an administrator can add you")
