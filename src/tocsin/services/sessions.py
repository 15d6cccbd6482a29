"""Sessions of people: opened by a sign-in, prolonged by refresh tokens that are good once, listed, ended.

A refresh token is not kept: it is signed, and what is kept says which generation of it is good. An access token opens
the door as long as its session is there and its person may sign in. Opening and ending are one commit with the audit
entry that tells of it; prolonging is not put on record, it only moves the session's own record.
"""

from datetime import datetime
from typing import Literal

from pydantic import Field

from tocsin.clock import Clock
from tocsin.domain.access import Principal
from tocsin.domain.audit import Actor, AuditAction, Deed
from tocsin.domain.change import Change, Record, RecordWrite
from tocsin.domain.frozen import Frozen
from tocsin.domain.session import LONGEST_AGENT, RefreshToken, Session, session_id_of, session_key
from tocsin.domain.user import User
from tocsin.errors import Conflict, NotFound, SignInRefused, StoreBusy
from tocsin.ids import NewId
from tocsin.storage.store import Store

from .auditing import AuditLog
from .signing import LIFETIME, AccessTokens, Claims, Signer
from .tick import MOST_ATTEMPTS
from .users import Users

SESSION = "session"
"""The record kind of a session; its id is the person's and its own. Its version is its generation."""

MOST_SESSIONS = 50
"""Of one person. One more ends the one that was not used for the longest time, so that all can be ended in one commit."""

MOST_ENDED = 80
"""Sessions that one commit ends, with what else is in it: sign-ins at the same time may pass the bound above."""

REFRESH = "refresh"
"""What signatures of refresh tokens are for."""


class SignedIn(Frozen):
    """What a person holds after signing in. ``expires_in``: seconds for which the access token is good."""

    access_token: str = Field(repr=False)
    refresh_token: str = Field(repr=False, description="Good once; it brings the next one.")
    token_type: Literal["bearer"] = "bearer"  # noqa: S105 - what kind of token it is
    expires_in: int = Field(description="Seconds for which the access token is good.")
    user_id: str


class Sessions:
    """The sessions of one store."""

    def __init__(
        self,
        store: Store,
        audit: AuditLog,
        users: Users,
        *,
        tokens: AccessTokens,
        signer: Signer,
        clock: Clock,
        new_id: NewId,
    ) -> None:
        self._store = store
        self._audit = audit
        self._users = users
        self._tokens = tokens
        self._signer = signer
        self._clock = clock
        self._new_id = new_id

    def open(self, user: User, *, actor: Actor, agent: str = "", how: str = "password") -> SignedIn:
        """Open a session for a person as they were when they proved who they are, which ``how`` names.

        Should they have signed out of everything since, it is over before it begins. Raises
        :class:`~tocsin.errors.SignInRefused` for who may not sign in.
        """
        if not user.may_sign_in:
            raise refused()
        now = self._clock()
        session = Session(
            id=session_id_of(self._new_id()),
            user_id=user.id,
            created_at=now,
            last_used_at=now,
            address=actor.address,
            agent=agent[:LONGEST_AGENT],
            how=how,
            signed_out_at=user.signed_out_at,
        )
        told = Deed(
            AuditAction.SIGNED_IN,
            actor._replace(name=user.email),
            f"user:{user.email}",
            {"session": session.id, "how": how},
        )
        self._audit.commit(told, _written(session), *self._surplus(user))
        return self._signed_in(user, session, now)

    def refresh(self, token: str, *, actor: Actor) -> SignedIn:
        """Prolong a session with its refresh token, which is used up by it; return the next one.

        A token that was used before tells that two hold it: the session is ended, audited, for both. There is no
        grace, also where they come at the same moment: of several requests with one token exactly one is answered
        with new tokens, and the first that lost ends the session, so that these are worth nothing. Raises
        :class:`~tocsin.errors.SignInRefused` for whatever is wrong.
        """
        shown = RefreshToken.read(token)
        if shown is None or not self._signer.good(REFRESH, shown.text, shown.mac):
            raise refused()
        for _ in range(MOST_ATTEMPTS):
            session, user = self._found(shown.user_id, shown.session_id)
            now = self._clock()
            if session is None or user is None or session.over(user, now):
                raise refused()
            try:
                if shown.generation != session.generation:
                    self._end_reused(session, user, shown.generation, actor)
                    raise refused()
                following = session.prolonged(now, actor.address)
                self._store.commit(Change(id=self._new_id(), at=now, records=(_written(following),)))
            except Conflict:
                continue  # somebody else has just used this very token, or ended the session
            return self._signed_in(user, following, now)
        message = "others kept using this session"
        raise StoreBusy(message, hint="sign in again")

    def close(self, user_id: str, session_id: str, *, actor: Actor) -> None:
        """Sign out: end a session. One that is over already is no error."""
        session, user = self._found(user_id, session_id)
        if session is not None and user is not None:
            self._audit.commit(_told(AuditAction.SIGNED_OUT, actor, user, session), _gone(session))

    def end(self, user_id: str, session_id: str, *, actor: Actor) -> None:
        """End one session of a person from elsewhere. Raises :class:`~tocsin.errors.NotFound`."""
        session, user = self._found(user_id, session_id)
        if session is None or user is None or session.over(user, self._clock()):
            message = f"there is no session {session_id[:100]}"
            raise NotFound(message)
        self._audit.commit(_told(AuditAction.SESSION_REVOKED, actor, user, session), _gone(session))

    def every(self, user_id: str) -> list[Session]:
        """Return the sessions of a person that are not over, the one used last first."""
        user, now = self._users.get(user_id), self._clock()
        alive = [one for one in self._all(user_id) if not one.over(user, now)]
        return sorted(alive, key=lambda one: (one.last_used_at, one.id), reverse=True)

    def end_all(self, user: User) -> tuple[RecordWrite, ...]:
        """Return what ends every session of a person, for the commit that says why: a deactivation, a new password.

        That commit must also set the person's ``signed_out_at``: it ends those that are being opened at this moment.
        """
        return tuple(_gone(one) for one in self._all(user.id))

    def read(self, token: str) -> Claims | None:
        """Return what an access token of ours says; None if it is none, or expired. Reads nothing of the store."""
        return self._tokens.read(token, self._clock())

    def holder(self, claims: Claims) -> Principal | None:
        """Return who holds a token, as they are now; None if the session is over or they may not sign in."""
        session, user = self._found(claims.user_id, claims.session_id)
        if session is None or user is None or session.over(user, self._clock()):
            return None
        return user.principal(session.id)

    def _found(self, user_id: str, session_id: str) -> tuple[Session | None, User | None]:
        record = self._store.record(SESSION, session_key(user_id, session_id))
        if record is None:
            return None, None
        return Session.model_validate(record.body), self._users.get(user_id)

    def _all(self, user_id: str) -> list[Session]:
        prefix = session_key(user_id, "")
        records = self._store.records(SESSION, after=prefix, limit=MOST_ENDED)
        return [Session.model_validate(one.body) for one in records if one.id.startswith(prefix)]

    def _surplus(self, user: User) -> tuple[RecordWrite, ...]:
        there = sorted(self._all(user.id), key=lambda one: one.last_used_at)
        return tuple(_gone(one) for one in there[: max(len(there) - MOST_SESSIONS + 1, 0)])

    def _end_reused(self, session: Session, user: User, generation: int, actor: Actor) -> None:
        told = _told(AuditAction.TOKEN_REUSED, actor, user, session)
        told = told._replace(details={**told.details, "generation": generation})
        self._audit.commit(told, _gone(session, expected=session.generation))

    def _signed_in(self, user: User, session: Session, now: datetime) -> SignedIn:
        token = RefreshToken.of(session)
        return SignedIn(
            access_token=self._tokens.issue(user, session.id, now),
            refresh_token=str(token._replace(mac=self._signer.mac(REFRESH, token.text))),
            expires_in=int(LIFETIME.total_seconds()),
            user_id=user.id,
        )


def refused() -> SignInRefused:
    """Return the one error for whatever is wrong with a token or a session."""
    return SignInRefused("this sign-in is over, or never was", hint="sign in again")


def _told(action: AuditAction, actor: Actor, user: User, session: Session) -> Deed:
    return Deed(action, actor, f"user:{user.email}", {"session": session.id})


def _written(session: Session) -> RecordWrite:
    key = session_key(session.user_id, session.id)
    body = session.model_dump(mode="json")
    record = Record(kind=SESSION, id=key, body=body, expires_at=session.expires_at, version=session.generation)
    return RecordWrite(kind=SESSION, id=key, record=record, expected=session.generation - 1)


def _gone(session: Session, *, expected: int | None = None) -> RecordWrite:
    return RecordWrite(kind=SESSION, id=session_key(session.user_id, session.id), record=None, expected=expected)
