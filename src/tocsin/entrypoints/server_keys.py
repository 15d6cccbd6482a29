"""The API keys of a server: the same service over HTTP."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from typing_extensions import override

from tocsin.clock import Clock
from tocsin.domain.access import Scope
from tocsin.domain.api_key import ApiKey, Token
from tocsin.domain.audit import Actor
from tocsin.errors import ConfigurationError
from tocsin.ids import NewId
from tocsin.services.api_keys import ApiKeys
from tocsin.services.idempotency import Idempotency

from .server_calls import ServerCalls, coded
from .server_store import MOST_LISTED, V1, ServerStore

KEYS = f"{V1}/keys"


class ServerKeys(ApiKeys):
    """:class:`~tocsin.services.api_keys.ApiKeys` for the keys of a server, whose digests stay there.

    Each needs an administrator's key. What is left to the store itself is refused.
    """

    def __init__(self, calls: ServerCalls, *, clock: Clock, new_id: NewId) -> None:
        super().__init__(ServerStore(calls), clock=clock, new_id=new_id)
        self._calls = calls

    @override
    def create(
        self,
        name: str,
        scopes: Iterable[Scope | str],
        *,
        secret: str = "",
        actor: Actor,
        source: str = "",
        expires_at: datetime | None = None,
        request: Idempotency | None = None,
    ) -> tuple[ApiKey, Token]:
        """Make a key there. The server draws the secret, and recognises a request that comes twice."""
        body = {
            "name": name,
            "scopes": [str(scope) for scope in scopes],
            "source": source,
            "expires_at": expires_at and expires_at.astimezone(UTC).isoformat(),
        }
        said = self._calls.ask("POST", KEYS, body, by=actor.name)
        token = Token.read(str(said.get("key")))
        if token is None:
            message = f"the server at {self._calls.url} made a key, and says none that can be read"
            raise ConfigurationError(message, hint="it may be of another version")
        return _key(said), token

    @override
    def page(self, *, after: str = "", limit: int) -> list[ApiKey]:
        said = self._calls.get(KEYS, {"limit": min(limit, MOST_LISTED), "cursor": after})
        return [_key(one) for one in said["keys"]]

    @override
    def revoke(self, name_or_id: str, *, actor: Actor) -> ApiKey:
        return _key(self._calls.ask("DELETE", f"{KEYS}/{coded(name_or_id)}", by=actor.name))


def _key(said: Mapping[str, Any]) -> ApiKey:
    return ApiKey.model_validate({**said, "digest": ""})
