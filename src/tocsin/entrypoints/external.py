"""External sign-in as the settings have it. Nothing of it is imported, or made, before somebody comes with it."""

import threading
from collections.abc import Callable
from functools import cached_property
from typing import TYPE_CHECKING

from tocsin.clock import Clock
from tocsin.domain.access import Principal
from tocsin.ids import NewId, NewSecret

if TYPE_CHECKING:
    from tocsin.config import Settings
    from tocsin.identity.oidc import OidcIssuer, Secret
    from tocsin.services.auditing import AuditLog
    from tocsin.services.external import ExternalPeople, ExternalTokens
    from tocsin.services.external_sign_in import ExternalSignIn
    from tocsin.services.sessions import Sessions
    from tocsin.services.signing import Signer
    from tocsin.storage.store import Store

    from .aws import Aws


class External:
    """What lets people in whom the issuer of the settings vouches for.

    ``sessions`` and ``signer`` are asked for when somebody signs in.
    """

    def __init__(
        self,
        settings: "Settings",
        store: "Store",
        aws: "Callable[[], Aws]",
        *,
        sessions: "Callable[[], Sessions]",
        signer: "Callable[[], Signer]",
        clock: Clock,
        new_id: NewId,
        new_secret: NewSecret,
    ) -> None:
        self._settings = settings
        self._store = store
        self._aws = aws
        self._sessions = sessions
        self._signer = signer
        self._clock = clock
        self._new_id = new_id
        self._new_secret = new_secret
        self._making = threading.Lock()

    def tokens(self) -> "Callable[[str], Principal | None] | None":
        """Return what tells whose access token of the issuer one is; None if the API takes none."""
        return self._admitted if self._settings.oidc_audience else None

    def sign_in(self) -> "ExternalSignIn | None":
        """Return what signs people in by their browsers; None if that is not set up."""
        if not self._settings.oidc_client_id:
            return None
        with self._making:
            return self._sign_in

    def _admitted(self, token: str) -> Principal | None:
        with self._making:
            check = self._tokens
        return check(token)

    @cached_property
    def _sign_in(self) -> "ExternalSignIn":
        from tocsin.services.external_sign_in import ExternalSignIn

        return ExternalSignIn(
            self._issuer,
            self._people,
            self._sessions(),
            self._signer(),
            self._audit,
            clock=self._clock,
            new_secret=self._new_secret,
            redirect_uri=self._settings.oidc_redirect_url,
        )

    @cached_property
    def _tokens(self) -> "ExternalTokens":
        from tocsin.services.external import ExternalTokens

        settings = self._settings
        return ExternalTokens(
            self._issuer, self._people, audience=settings.oidc_audience, presenter=settings.oidc_client_id
        )

    @cached_property
    def _issuer(self) -> "OidcIssuer":
        from tocsin.identity.issuer_http import IssuerHttp
        from tocsin.identity.oidc import Client, OidcIssuer

        settings = self._settings
        client = Client(settings.oidc_client_id, self._secret(), settings.oidc_scopes)
        return OidcIssuer(
            settings.oidc_issuer, settings.oidc_algorithms, IssuerHttp(), clock=self._clock, client=client
        )

    @cached_property
    def _people(self) -> "ExternalPeople":
        from tocsin.domain.access import UserRole
        from tocsin.domain.external import Meaning
        from tocsin.services.external import ExternalPeople
        from tocsin.services.users import Users

        roles = {value: UserRole(role) for value, role in self._settings.oidc_roles.items()}
        return ExternalPeople(
            self._store,
            Users(self._store, self._audit, clock=self._clock, new_id=self._new_id),
            self._audit,
            Meaning(claim=self._settings.oidc_role_claim, roles=roles),
            clock=self._clock,
            link=self._settings.oidc_link_by_email,
        )

    @cached_property
    def _audit(self) -> "AuditLog":
        from tocsin.services.auditing import AuditLog

        return AuditLog(self._store, clock=self._clock, new_id=self._new_id)

    def _secret(self) -> "Secret":
        """Return what gives the client's secret: one that AWS keeps goes before one that is set."""
        name = self._settings.oidc_secret_name
        if name:
            from .aws_secrets import SecretText

            return SecretText(name, "client_secret", "OIDC_SECRET_NAME", self._aws(), clock=self._clock)

        def given(*, anew: bool = False) -> str:  # noqa: ARG001 - a process's environment does not change
            return self._settings.oidc_client_secret.get_secret_value()

        return given
