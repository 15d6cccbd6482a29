"""One OIDC issuer: what it publishes of itself, and whether a token is its own.

By OpenID Connect Core and Discovery 1.0, RFC 7636 (PKCE), RFC 8725 (what goes wrong with JWT) and RFC 9207 (who sent an
answer). PyJWT and its cryptography take a fifth of a second to import, which only who is shown a token has to pay.
"""

import base64
import hashlib
import logging
from collections.abc import Callable, Iterable, Mapping
from datetime import timedelta
from typing import Any, NamedTuple, Protocol
from urllib.parse import quote_plus, urlencode

from tocsin.clock import Clock
from tocsin.domain.external import Claims
from tocsin.errors import IssuerFailed, SignInRefused
from tocsin.replies import Reply

from .issuer_documents import KEYS_FOR, OK, IssuerDocuments, parsed
from .issuer_http import Http

LEEWAY = timedelta(seconds=60)
"""How far the issuer's clock may be from ours."""

LONGEST_TOKEN = 16 * 1024
LONGEST_SUBJECT = 255
"""ASCII characters, as OpenID Connect has it."""

YEAR_5000 = 95_617_584_000
"""Seconds since 1970: no moment of a token is beyond it."""

_TYPES = frozenset({"", "jwt", "at+jwt", "application/at+jwt"})
"""What a token may call itself: not a logout token, nor what else an issuer signs."""

_OF_TOKENS = frozenset({"iss", "aud", "exp", "iat", "nbf", "nonce", "azp", "at_hash"})
_OF_ADDRESSES = frozenset({"email_verified", "xms_edov"})

_DIGESTS = {"256": hashlib.sha256, "384": hashlib.sha384, "512": hashlib.sha512}
_OAUTH_ERRORS = frozenset(
    {"invalid_request", "invalid_client", "invalid_grant", "unauthorized_client", "unsupported_grant_type"}
)

_log = logging.getLogger(__name__)


class Secret(Protocol):
    """Gives the secret of a client; empty if it has none."""

    def __call__(self, *, anew: bool = False) -> str:
        """Return the secret; ``anew``: as it is now, whatever is remembered."""


def no_secret(*, anew: bool = False) -> str:  # noqa: ARG001 - there is none, whenever it is asked for
    """Return the secret of a client that has none."""
    return ""


class Client(NamedTuple):
    """What this is at the issuer, and what it asks it to tell."""

    id: str = ""
    secret: Secret = no_secret
    scopes: str = "openid email profile"


class _Wrong(Exception):
    """Why a token proves nothing: for the log, and never for whoever showed it."""


class OidcIssuer:
    """The issuer of this name. Its tokens must be signed with one of ``algorithms``.

    Nothing is asked before something is needed; any number of threads may use it.
    """

    def __init__(
        self, name: str, algorithms: Iterable[str], http: Http, *, clock: Clock, client: Client | None = None
    ) -> None:
        self.name = name
        self._algorithms = frozenset(algorithms) & KEYS_FOR.keys()
        self._http = http
        self._clock = clock
        self._client = client or Client()
        self._documents = IssuerDocuments(name, http, clock=clock)

    # -- Tokens

    def verified(self, token: str, *, audience: str, presenter: str) -> Claims:
        """Return what a token says once it is proved. See :class:`~tocsin.services.external.Verifier`."""
        try:
            claims, _ = self._proved(token, audience)
            _see_no_identity(claims, of_client=audience in (presenter, self._client.id))
            if _is_for_several(claims):
                _same("azp", claims.get("azp"), presenter or claims.get("azp"))
        except _Wrong as wrong:
            raise self._refused(wrong) from None
        return claims

    def _proved(self, token: str, audience: str) -> tuple[dict[str, Any], str]:
        """Return the claims of a token of the issuer for an audience, and what it was signed with."""
        import jwt

        if len(token) > LONGEST_TOKEN:
            raise _Wrong("it is too long")
        try:
            said = jwt.decode_complete(token, options={"verify_signature": False})
        except (jwt.PyJWTError, ValueError, RecursionError):
            said = {}
        if not said:
            raise _Wrong("it is no JWT")
        header, claims = said["header"], said["payload"]
        algorithm, kind = header.get("alg"), header.get("typ", "")
        if not isinstance(algorithm, str) or algorithm not in self._algorithms:
            raise _Wrong("it is not signed with an algorithm of OIDC_ALGORITHMS")
        if not isinstance(kind, str) or kind.lower() not in _TYPES:
            raise _Wrong("it is of a type that signs nobody in")
        # Before its key is looked for: another's token must not make us ask for new keys.
        _same("iss", claims.get("iss"), self.name)
        public = self._documents.key(header.get("kid"), algorithm)
        if public is None:
            raise _Wrong("its key is not one of the issuer's")
        try:
            key = jwt.PyJWK(dict(public), algorithm)
            jwt.PyJWS().decode_complete(
                token, key, algorithms=sorted(self._algorithms), options={"enforce_minimum_key_length": True}
            )
        except (jwt.PyJWTError, ValueError, TypeError) as error:
            why = f"its signature is not good ({type(error).__name__})"
        else:
            self._check(claims, audience)
            return claims, algorithm
        raise _Wrong(why)

    def _check(self, claims: Mapping[str, Any], audience: str) -> None:
        """Check what every token must say."""
        aud = claims.get("aud")
        if audience not in (aud if isinstance(aud, list) else [aud]):
            raise _Wrong("its aud is another")
        subject = claims.get("sub")
        if not isinstance(subject, str) or not subject.isascii() or not 0 < len(subject) <= LONGEST_SUBJECT:
            raise _Wrong("it has no sub")
        now, leeway = self._clock().timestamp(), LEEWAY.total_seconds()
        if now >= _moment(claims, "exp") + leeway:
            raise _Wrong("it has expired")
        if now < _moment(claims, "iat") - leeway or ("nbf" in claims and now < _moment(claims, "nbf") - leeway):
            raise _Wrong("it is not good yet")

    def _refused(self, wrong: _Wrong) -> SignInRefused:
        _log.warning("a token of %s was refused: %s", self.name, wrong)
        return SignInRefused("who this is was not proved", hint="sign in again")

    # -- Signing in

    def sign_in_page(self, *, redirect_uri: str, state: str, nonce: str, challenge: str) -> str:
        """Return the address at which somebody signs in."""
        asked = {
            "response_type": "code",
            "client_id": self._client.id,
            "redirect_uri": redirect_uri,
            "scope": self._client.scopes,
            "state": state,
            "nonce": nonce,
            "code_challenge": challenge,
            "code_challenge_method": "S256",
        }
        page = self._documents.published().sign_in
        return f"{page}{'&' if '?' in page else '?'}{urlencode(asked)}"

    def check_sender(self, named: str) -> None:
        """Raise :class:`~tocsin.errors.SignInRefused` if an answer names another issuer, or none where it must."""
        if (named or self._documents.published().names_itself) and named != self.name:
            raise self._refused(_Wrong("the answer names another issuer"))

    def redeem(self, code: str, *, redirect_uri: str, verifier: str, enough: Callable[[Claims], bool]) -> Claims:
        """Return what the issuer says of whom it gives this code; more than their token, if that is not ``enough``."""
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": redirect_uri,
            "code_verifier": verifier,
        }
        given = self._given(form)
        token, access = given.get("id_token"), given.get("access_token")
        try:
            claims, algorithm = self._proved(token if isinstance(token, str) else "", self._client.id)
            if "azp" in claims or _is_for_several(claims):
                _same("azp", claims.get("azp"), self._client.id)
            if "at_hash" in claims:
                _same("at_hash", claims["at_hash"], _hash_of(access, algorithm))
            return claims if enough(claims) else _beside(claims, self._more(claims["sub"], access))
        except _Wrong as wrong:
            raise self._refused(wrong) from None

    def _more(self, subject: str, access: object) -> Claims:
        """Return what the issuer tells of a person beside their token: with a code, some put little into that."""
        place = self._documents.published().person
        if not place or not isinstance(access, str) or not access.isascii() or not access.isprintable():
            return {}
        shown = {"Authorization": f"Bearer {access}"}
        reply = self._documents.asked("more of a person", lambda: self._http.get(place, shown))
        told = parsed(reply.body)
        if reply.status != OK or not told:
            message = f"{self.name} gave no more of a person: it answered {reply.status}"
            raise IssuerFailed(message)
        _same("sub", told.get("sub"), subject)  # it may be told of somebody else, by accident or not
        return told

    def _given(self, form: Mapping[str, str]) -> Mapping[str, Any]:
        """Return what the token endpoint gives."""
        secret = self._client.secret()
        reply = self._redeemed(form, secret)
        if parsed(reply.body).get("error") == "invalid_client" and (new := self._client.secret(anew=True)) != secret:
            reply = self._redeemed(form, new)  # it was rotated; the code was not looked at
        said = parsed(reply.body)
        error = str(said.get("error"))
        if reply.status == OK:
            return said
        if error == "invalid_grant":
            raise self._refused(_Wrong("the code is not good, or not any more"))
        why = f" ({error})" if error in _OAUTH_ERRORS else ""
        message = f"{self.name} gave no token: it answered {reply.status}{why}"
        raise IssuerFailed(message)

    def _redeemed(self, form: Mapping[str, str], secret: str) -> Reply:
        published = self._documents.published()
        headers: dict[str, str] = {}
        named = {"client_id": self._client.id}
        if secret and published.basic:
            pair = f"{quote_plus(self._client.id)}:{quote_plus(secret)}"
            headers["Authorization"] = f"Basic {base64.b64encode(pair.encode()).decode()}"
            named = {}
        elif secret:
            named["client_secret"] = secret
        return self._documents.asked("tokens", lambda: self._http.post(published.tokens, {**form, **named}, headers))


def _same(name: str, found: object, expected: object) -> None:
    if not isinstance(found, str) or found != expected:
        raise _Wrong(f"its {name} is another")


def _beside(claims: Claims, more: Claims) -> Claims:
    """Return what a token says, and beside it what else is told of the person.

    Nothing of it speaks for the token itself, nor for another address than the token's own.
    """
    other = "email" in claims and claims["email"] != more.get("email")
    left = _OF_TOKENS | _OF_ADDRESSES if other else _OF_TOKENS
    return {**{name: value for name, value in more.items() if name not in left}, **claims}


def _is_for_several(claims: Mapping[str, Any]) -> bool:
    return isinstance(claims["aud"], list) and len(claims["aud"]) > 1


def _see_no_identity(claims: Mapping[str, Any], *, of_client: bool) -> None:
    """See that a token is none that tells a client who somebody is, and that they show to nobody else.

    Some issuers put the nonce into access tokens as well: it tells the two apart only if both are ``of_client``, as
    with Entra ID, whose access tokens for us name the client.
    """
    if "at_hash" in claims or "c_hash" in claims or claims.get("typ") == "ID" or (of_client and "nonce" in claims):
        raise _Wrong("it is an identity token")


def _moment(claims: Mapping[str, Any], name: str) -> float:
    found = claims.get(name)
    if isinstance(found, bool) or not isinstance(found, int | float) or not 0 <= found < YEAR_5000:
        raise _Wrong(f"it has no {name}")
    return float(found)


def _hash_of(access: object, algorithm: str) -> str:
    """Return the at_hash that goes with an access token: the left half of its digest."""
    digest = _DIGESTS.get(algorithm[-3:], hashlib.sha512)(str(access).encode()).digest()
    return base64.urlsafe_b64encode(digest[: len(digest) // 2]).rstrip(b"=").decode()
