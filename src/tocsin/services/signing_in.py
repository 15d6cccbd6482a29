"""Signing in with a password, and changing one's own. Whoever is refused learns nothing by it, by its time neither."""

from pydantic import JsonValue

from tocsin.domain.audit import Actor, AuditAction, Deed
from tocsin.domain.change import RecordWrite
from tocsin.domain.user import User
from tocsin.errors import Conflict, NotAllowed, SignInRefused

from .attempts import Attempts
from .auditing import AuditLog
from .passwords import NOBODY, Kept, Passwords, folded, found_alike
from .recovery import LONGEST_TOLD
from .sessions import Sessions, SignedIn
from .users import Users


class SigningIn:
    """Lets people in."""

    def __init__(
        self, users: Users, passwords: Passwords, attempts: Attempts, sessions: Sessions, audit: AuditLog
    ) -> None:
        self._users = users
        self._passwords = passwords
        self._attempts = attempts
        self._sessions = sessions
        self._audit = audit

    def sign_in(self, email: str, password: str, *, actor: Actor, agent: str = "") -> SignedIn:
        """Let somebody in.

        Raises :class:`~tocsin.errors.SignInRefused`, the same for whatever is wrong, and
        :class:`~tocsin.errors.TooManyAttempts`.
        """
        name = folded(email)
        self._attempts.begin(name, actor.address)
        user, kept = found_alike(self._users, self._passwords, name)
        right = self._passwords.matches(kept, password)
        if user is None or not right or not user.may_sign_in:
            self._refuse(name, actor, _why(user, kept, right=right))
            message = "e-mail address and password do not let you in"
            raise SignInRefused(message, hint="POST /api/v1/auth/recover has a new password sent to you")
        self._attempts.succeeded(name, actor.address)
        self._passwords.renew(user.id, kept, password)
        return self._sessions.open(user, actor=actor._replace(name=user.email), agent=agent)

    def change(self, user_id: str, current: str, new: str, *, actor: Actor, agent: str = "") -> SignedIn:
        """Change one's own password; every session ends, and a new one begins.

        Raises :class:`~tocsin.errors.NotAllowed` if ``current`` is not the password,
        :class:`~tocsin.errors.InvalidInput` if the new one is not good, and
        :class:`~tocsin.errors.TooManyAttempts`.
        """
        user = self._users.named(user_id)
        self._attempts.begin(user.email, actor.address)
        kept = self._passwords.of(user.id)
        if not self._passwords.matches(kept, current):
            self._refuse(user.email, actor, "wrong password, at its change")
            message = "the current password is not right"
            raise NotAllowed(message, hint="POST /api/v1/auth/recover has a new one sent to you")
        hashed = self._passwords.hashed(new, email=user.email, full_name=user.full_name)

        def also(now: User) -> tuple[RecordWrite, ...]:
            if self._passwords.of(now.id) != kept:
                message = "the password was changed by somebody else at the same time"
                raise Conflict(message)
            written = self._passwords.written(now.id, hashed, expected=kept.version)
            return (written, *self._sessions.end_all(now))

        changed = self._users.change(
            user.id, self._passwords.signed_out, actor=actor, action=AuditAction.PASSWORD_CHANGED, also=also
        )
        self._attempts.succeeded(user.email, actor.address)
        return self._sessions.open(changed, actor=actor, agent=agent)

    def _refuse(self, name: str, actor: Actor, why: str) -> None:
        if not self._attempts.tells(actor.address):
            return
        # Whoever types a password where the address belongs has not told it to the log.
        target = "" if name == NOBODY else f"user:{name[:LONGEST_TOLD]}"
        details: dict[str, JsonValue] = {"why": why}
        self._audit.commit(Deed(AuditAction.SIGN_IN_REFUSED, actor, target, details))


def _why(user: User | None, kept: Kept, *, right: bool) -> str:
    """Say for the audit log what was wrong."""
    if user is None:
        return "no such user"
    if not kept.hash:
        return "has no password"
    if not right:
        return "wrong password"
    return "not active" if not user.active else "not verified"
