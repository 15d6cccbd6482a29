"""The first administrator of a store in which there is nobody: whoever has the terminal makes it."""

from tocsin.clock import Clock
from tocsin.domain.access import UserRole
from tocsin.domain.audit import Actor
from tocsin.domain.change import Change, RecordWrite
from tocsin.domain.user import User
from tocsin.errors import Conflict
from tocsin.ids import NewId
from tocsin.storage.store import Store

from .attempts import Attempts
from .passwords import Passwords
from .tickets import Purpose, Tickets, refused, used, written
from .users import Users

SETUP = "setup"
"""The id of the one ticket there is for it."""


class FirstAdministrator:
    """Offers a token, once, and takes it, once, as long as there is nobody."""

    def __init__(
        self,
        store: Store,
        users: Users,
        passwords: Passwords,
        tickets: Tickets,
        attempts: Attempts,
        *,
        clock: Clock,
        new_id: NewId,
    ) -> None:
        self._store = store
        self._users = users
        self._passwords = passwords
        self._tickets = tickets
        self._attempts = attempts
        self._clock = clock
        self._new_id = new_id

    def offer(self) -> str | None:
        """Return a token in place of any before; None if there is somebody, or if somebody else just offers one."""
        if self._somebody():
            return None
        ticket = self._tickets.drafted(Purpose.SETUP, ticket_id=SETUP)
        try:
            self._store.commit(Change(id=self._new_id(), at=self._clock(), records=(written(ticket),)))
        except Conflict:
            return None
        return self._tickets.token(ticket)

    def make(self, token: str, email: str, full_name: str, password: str, *, actor: Actor) -> User:
        """Make the administrator.

        Raises :class:`~tocsin.errors.SignInRefused` for a token that is not good or once there is anybody,
        :class:`~tocsin.errors.InvalidInput`, and :class:`~tocsin.errors.TooManyAttempts`.
        """
        self._attempts.ask(SETUP, actor.address)
        ticket = self._tickets.shown(Purpose.SETUP, token)
        if self._somebody():
            raise refused()

        def also(user: User) -> tuple[RecordWrite, ...]:
            return (used(ticket), *self._passwords.first(user, password))

        by = actor._replace(name=SETUP)
        try:
            return self._users.add(email, full_name, UserRole.ADMIN, actor=by, also=also)
        except Conflict:
            raise refused() from None

    def _somebody(self) -> bool:
        return next(self._users.every(), None) is not None
