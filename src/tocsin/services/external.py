"""People whom an external issuer vouches for: found, made at their first sign-in, and given the role that it tells.

The issuer's own name for a person decides who they are. An address decides nothing, unless the settings say so: it may
be given to somebody else, and whoever takes a user over has all that was theirs.
"""

from datetime import datetime, timedelta
from typing import Protocol

from pydantic import JsonValue

from tocsin.clock import Clock
from tocsin.domain.access import Principal, UserRole
from tocsin.domain.audit import Actor, AuditAction, Deed
from tocsin.domain.change import RecordWrite
from tocsin.domain.external import Claims, Meaning, Refusal, Told, issued_at
from tocsin.domain.user import User, checked_full_name
from tocsin.errors import Conflict, InvalidInput, NotAllowed, SignInRefused
from tocsin.storage.store import Store

from .auditing import AuditLog
from .passwords import PASSWORD
from .users import Users

MOST_ATTEMPTS = 5
TOLD_AGAIN = timedelta(hours=1)
"""A program that is refused goes on asking: one entry of it an hour, and process, is enough."""

MOST_TOLD = 1_000

_SAID = {
    Refusal.NO_ROLE: "the issuer gives you no role that is known here",
    Refusal.NO_EMAIL: "the issuer tells no e-mail address of you",
    Refusal.EMAIL_NOT_VERIFIED: "the issuer does not vouch for your e-mail address",
    Refusal.EMAIL_TAKEN: "there is a user with your e-mail address, who does not sign in this way",
    Refusal.OTHER_SUBJECT: "there is a user with your e-mail address, whom the issuer knows as somebody else",
    Refusal.INACTIVE: "this user is not active",
}


class _Refused(Exception):
    """The issuer knows them, and they are not let in."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal)
        self.refusal = refusal


class Verifier(Protocol):
    """Checks the tokens of one issuer."""

    def verified(self, token: str, *, audience: str, presenter: str) -> Claims:
        """Return what a token says, among it ``iss`` and ``sub``, once it is proved to be the issuer's and for ``audience``.

        ``presenter`` is who it must have been given to, where it is for several (empty: anybody). Raises
        :class:`~tocsin.errors.SignInRefused`, and :class:`~tocsin.errors.IssuerFailed` if the issuer cannot be asked.
        """


class ExternalPeople:
    """The people of one store as one issuer knows them. ``link`` lets an address that it vouches for name a user."""

    def __init__(
        self, store: Store, users: Users, audit: AuditLog, meaning: Meaning, *, clock: Clock, link: bool = False
    ) -> None:
        self._store = store
        self._users = users
        self._audit = audit
        self._meaning = meaning
        self._clock = clock
        self._link = link
        self._told: dict[tuple[str, Refusal], datetime] = {}

    def admit(self, claims: Claims, *, actor: Actor, repeated: bool = False) -> User:
        """Return the person whom proved claims speak of, with the role that they tell.

        ``repeated``: it is one request of many, of which a refusal is put on record once an hour. Raises
        :class:`~tocsin.errors.NotAllowed`.
        """
        told = self._meaning.read(claims)
        actor = actor._replace(name=told.name)
        try:
            return self._admitted(told, issued_at(claims), actor)
        except _Refused as refused:
            refusal = refused.refusal
        if not repeated or self._is_news(told.subject, refusal):
            self._audit.commit(_deed(told, refusal, actor))
        raise NotAllowed(_SAID[refusal], hint="the audit log says more to an administrator")

    def know_enough(self, claims: Claims) -> bool:
        """Say whether claims tell all that is asked for: an address, whether it is theirs, and a role."""
        told = self._meaning.read(claims)
        return bool(told.email and told.verified and told.values)

    def _admitted(self, told: Told, since: datetime, actor: Actor) -> User:
        if told.role is None:
            raise _Refused(Refusal.NO_ROLE)
        for _ in range(MOST_ATTEMPTS):
            user = self._users.by_subject(told.subject)
            try:
                return (
                    self._known(user, told.role, since, actor) if user else self._first(told, told.role, since, actor)
                )
            except Conflict:
                continue  # they came twice at once
        message = f"others kept changing {told.name}"
        raise Conflict(message, hint="try again")

    def _known(self, user: User, role: UserRole, since: datetime, actor: Actor) -> User:
        if not user.may_sign_in:
            raise _Refused(Refusal.INACTIVE)
        return user if user.role is role else self._with_role(user, role, since, actor)

    def _first(self, told: Told, role: UserRole, since: datetime, actor: Actor) -> User:
        """Make the user of somebody who was never here, or find the one that they may take over."""
        if not told.email:
            raise _Refused(Refusal.NO_EMAIL)
        if not told.verified:
            raise _Refused(Refusal.EMAIL_NOT_VERIFIED)
        there = self._users.by_email(told.email)
        if there is None:
            return self._users.add(
                told.email, _full_name(told), role, actor=actor, subject=told.subject, action=AuditAction.USER_SIGNED_UP
            )
        if there.subject == told.subject:
            message = f"{there.email} came at the same moment"
            raise Conflict(message)
        if not self._link:
            raise _Refused(Refusal.EMAIL_TAKEN)
        if not there.active:
            raise _Refused(Refusal.INACTIVE)
        if _issuer(there.subject) == _issuer(told.subject):
            raise _Refused(Refusal.OTHER_SUBJECT)
        return self._with_role(self._linked(there, told, actor), role, since, actor)

    def _linked(self, user: User, told: Told, actor: Actor) -> User:
        """Give a user the issuer's name for them.

        Who signed up with an address and never proved it may be anybody: their password goes, and what is signed in
        with it is over.
        """

        def link(before: User) -> User:
            if before.active is not user.active or before.subject != user.subject or before.email != told.email:
                message = f"{user.email} was changed meanwhile"
                raise Conflict(message)
            proved = {} if before.verified else {"verified": True, "signed_out_at": self._clock()}
            return before.model_copy(update={"subject": told.subject, **proved})

        forgotten = () if user.verified else (RecordWrite(kind=PASSWORD, id=user.id, record=None),)
        return self._users.change(user.id, link, actor=actor, also=lambda _: forgotten)

    def _with_role(self, user: User, role: UserRole, since: datetime, actor: Actor) -> User:
        """Give a user the role that was told ``since``, but leave the last administrator who can come in what they are.

        A token may be older than what is known: with it nobody gets back what was taken from them.
        """

        def do(one: User) -> User:
            if one.role is role or (one.role_since is not None and since < one.role_since):
                return one
            return one.model_copy(update={"role": role, "role_since": since})

        try:
            return self._users.change(user.id, do, actor=actor)
        except NotAllowed:
            return user

    def _is_news(self, subject: str, refusal: Refusal) -> bool:
        now = self._clock()
        last = self._told.get((subject, refusal))
        if last is not None and now - last < TOLD_AGAIN:
            return False
        if len(self._told) >= MOST_TOLD:
            self._told.clear()
        self._told[subject, refusal] = now
        return True


class ExternalTokens:
    """Lets in who shows an access token of the issuer. Each call looks at the user anew."""

    def __init__(self, verifier: Verifier, people: ExternalPeople, *, audience: str, presenter: str = "") -> None:
        self._verifier = verifier
        self._people = people
        self._audience = audience
        self._presenter = presenter

    def __call__(self, token: str) -> Principal | None:
        """Return whose token it is, or None: it opens nothing. Raises what the store, or an issuer that fails, raises."""
        try:
            claims = self._verifier.verified(token, audience=self._audience, presenter=self._presenter)
            user = self._people.admit(claims, actor=Actor(""), repeated=True)
        except (SignInRefused, NotAllowed):
            return None
        if user.signed_out_at is not None and issued_at(claims) <= user.signed_out_at:
            return None
        return user.principal()


def _deed(told: Told, refusal: Refusal, actor: Actor) -> Deed:
    details: dict[str, JsonValue] = {
        "how": "oidc",
        "why": refusal.value,
        "subject": told.subject,
        "email": told.email,
        "values": list(told.values),
    }
    return Deed(AuditAction.SIGN_IN_REFUSED, actor, f"user:{told.name}", details)


def _full_name(told: Told) -> str:
    try:
        return checked_full_name(told.full_name)
    except InvalidInput:
        return told.email.partition("@")[0]


def _issuer(subject: str) -> str:
    return subject.partition("|")[0]
