"""Signing in with an external issuer: OIDC's authorisation-code flow with PKCE, of which nothing is stored.

What has to be known again when somebody comes back is signed, and kept by their browser for ten minutes.
"""

import base64
import hashlib
import hmac
import json
import re
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import NamedTuple, Protocol

from tocsin.clock import Clock
from tocsin.domain.audit import Actor, AuditAction, Deed
from tocsin.domain.external import Claims
from tocsin.errors import InvalidInput, SignInRefused
from tocsin.ids import NewSecret

from .auditing import AuditLog
from .external import ExternalPeople, Verifier
from .sessions import Sessions, SignedIn
from .signing import Signer

PURPOSE = "oidc-start"
"""What the signature of a start is good for."""

LASTS = timedelta(minutes=10)
"""How long somebody may take to sign in with the issuer."""

HOW = "oidc"
LONGEST_NEXT = 1_000
LONGEST_ANSWER = 4_096

_PATH = re.compile(r"/(?!/)[!-\[\]-~]*")
"""A path on this host: browsers take a backslash for a slash, and pass over tabs and line breaks."""

_REFUSALS = {
    "access_denied": "the issuer did not let you in",
    "login_required": "the issuer asks you to sign in there first",
    "interaction_required": "the issuer needs to ask you something first",
    "consent_required": "the issuer needs your consent first",
    "temporarily_unavailable": "the issuer is not available at the moment",
}


class Issuer(Verifier, Protocol):
    """The issuer as somebody signs in with it. Each may raise :class:`~tocsin.errors.IssuerFailed`."""

    def sign_in_page(self, *, redirect_uri: str, state: str, nonce: str, challenge: str) -> str:
        """Return the address at which somebody signs in."""

    def check_sender(self, named: str) -> None:
        """Raise :class:`~tocsin.errors.SignInRefused` if an answer names another issuer, or none where it must."""

    def redeem(self, code: str, *, redirect_uri: str, verifier: str, enough: Callable[[Claims], bool]) -> Claims:
        """Return what the identity token says that the issuer gives for a code.

        If that is not ``enough``, what else the issuer tells of the person is put beside it. Raises :class:`~tocsin.errors.SignInRefused` if it gives none, or one that proves nothing.
        """


class Started(NamedTuple):
    """Where to send the browser, and what it is to keep meanwhile, for so many seconds."""

    location: str
    kept: str
    seconds: int = int(LASTS.total_seconds())


class Answer(NamedTuple):
    """What the issuer sends a browser back with; each is empty if it is not there."""

    state: str = ""
    code: str = ""
    error: str = ""
    issuer: str = ""


class _Start(NamedTuple):
    ends: int
    state: str
    nonce: str
    verifier: str
    next: str


class ExternalSignIn:
    """Signs people in with one issuer."""

    def __init__(
        self,
        issuer: Issuer,
        people: ExternalPeople,
        sessions: Sessions,
        signer: Signer,
        audit: AuditLog,
        *,
        clock: Clock,
        new_secret: NewSecret,
        redirect_uri: str = "",
    ) -> None:
        self._issuer = issuer
        self._people = people
        self._sessions = sessions
        self._signer = signer
        self._audit = audit
        self._clock = clock
        self._new_secret = new_secret
        self._redirect_uri = redirect_uri

    def redirect_uri(self, own: str) -> str:
        """Return where the issuer sends people back to: what was set, else our ``own`` address as the browser has it."""
        return self._redirect_uri or own

    def start(self, *, redirect_uri: str, next_path: str = "") -> Started:
        """Begin. Raises :class:`~tocsin.errors.InvalidInput` for a ``next_path`` that is none of this host."""
        ends = int((self._clock() + LASTS).timestamp())
        begun = _Start(ends, self._new_secret(), self._new_secret(), self._new_secret(), checked_next(next_path))
        location = self._issuer.sign_in_page(
            redirect_uri=redirect_uri,
            state=begun.state,
            nonce=begun.nonce,
            challenge=_unpadded(hashlib.sha256(begun.verifier.encode()).digest()),
        )
        text = _unpadded(json.dumps(begun).encode())
        return Started(location, f"{text}.{self._signer.mac(PURPOSE, text)}")

    def finish(
        self, kept: Sequence[str], answer: Answer, *, redirect_uri: str, actor: Actor, agent: str = ""
    ) -> tuple[SignedIn, str]:
        """Return the tokens of the session that was opened, and the path to go on at (empty: none was named).

        ``kept`` is what the browser kept, of which one must have begun this. Raises
        :class:`~tocsin.errors.SignInRefused` and :class:`~tocsin.errors.NotAllowed`.
        """
        begun = self._begun(kept, answer.state)
        self._issuer.check_sender(answer.issuer)
        if answer.error or not answer.code or len(answer.code) > LONGEST_ANSWER:
            raise SignInRefused(_REFUSALS.get(answer.error, "the issuer did not sign you in"), hint="start again")
        claims = self._issuer.redeem(
            answer.code, redirect_uri=redirect_uri, verifier=begun.verifier, enough=self._people.know_enough
        )
        nonce = claims.get("nonce")
        if not isinstance(nonce, str) or not _same(nonce, begun.nonce):
            details = {"how": HOW, "why": "nonce", "subject": f"{claims['iss']}|{claims['sub']}"}
            self._audit.commit(Deed(AuditAction.SIGN_IN_REFUSED, actor, "", details))
            raise _not_proved()
        user = self._people.admit(claims, actor=actor)
        return self._sessions.open(user, actor=actor._replace(name=user.email), agent=agent, how=HOW), begun.next

    def _begun(self, kept: Sequence[str], state: str) -> _Start:
        """Return what the browser kept of the start that this answers."""
        for one in kept:
            text, _, mac = one.partition(".")
            if not self._signer.good(PURPOSE, text, mac):
                continue
            begun = _Start(*json.loads(_padded(text)))
            in_time = self._clock().timestamp() < begun.ends
            if in_time and _same(state, begun.state):
                return begun
        raise _not_proved()


def checked_next(path: str) -> str:
    """Return a path of this host (empty: none). Raises :class:`~tocsin.errors.InvalidInput` otherwise."""
    if path and (len(path) > LONGEST_NEXT or not _PATH.fullmatch(path)):
        message = "next takes a path of this host, such as /incidents"
        raise InvalidInput(message)
    return path


def _not_proved() -> SignInRefused:
    message = "this sign-in was not begun here, or too long ago"
    return SignInRefused(message, hint="start again")


def _same(found: str, expected: str) -> bool:
    return hmac.compare_digest(found.encode("utf-8", "replace"), expected.encode())


def _unpadded(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _padded(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
