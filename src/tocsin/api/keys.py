"""API keys: made, listed, revoked, by administrators. What opens with a key is in one answer, and kept nowhere."""

from datetime import date
from http import HTTPStatus
from typing import Annotated
from urllib.parse import unquote

from aws_lambda_powertools.event_handler import Request, Response
from aws_lambda_powertools.event_handler.openapi.params import Query
from pydantic import Field

from tocsin.domain.access import Scope
from tocsin.domain.api_key import NAME, NAME_SPACE, ApiKey, Token
from tocsin.domain.frozen import Utc

from .answers import found, written
from .bodies import Body
from .call import call_of
from .endpoints import PREFIX, Answer, Endpoints
from .moments import Moment
from .moving import idempotency
from .searching import MOST_LISTED
from .views import View

KEYS = f"{PREFIX}/keys"

keys = Endpoints("keys")


class KeyBody(Body):
    """A key to make."""

    # The domain checks these two, and says what is wrong better than a pattern does.
    name: str = Field(
        description="What it is called until it is revoked; stands in the timeline of what it does.",
        examples=["deploy-bot"],
        json_schema_extra={"pattern": f"^{NAME}$"},
    )
    scopes: tuple[Scope, ...] = Field(min_length=1, max_length=16, description="What it may do.")
    source: str = Field(
        default="",
        description="The name space of the alerts that it sends; its name, in small letters, unless given.",
        json_schema_extra={"pattern": f"^({NAME_SPACE})?$"},
    )
    expires_at: Moment | None = Field(default=None, description="When it ends; never unless given.")


class KeyView(View):
    """A key, without what opens with it."""

    id: str
    name: str
    scopes: tuple[Scope, ...]
    source: str = Field(description="The name space of the alerts that it sends.")
    created_at: Utc
    created_by: str
    expires_at: Utc | None
    revoked_at: Utc | None
    revoked_by: str
    last_used_on: date | None

    @classmethod
    def of(cls, key: ApiKey) -> "KeyView":
        """Return what is shown of a key."""
        return cls.model_construct(**{name: getattr(key, name) for name in KeyView.model_fields})


class NewKey(KeyView):
    """A key, this once with what opens with it."""

    key: str = Field(description="What its holder sends. It is shown this once: what is kept opens nothing.")

    @classmethod
    def made(cls, key: ApiKey, token: Token) -> "NewKey":
        """Return what is shown of a key that was just made."""
        return cls.model_construct(**dict(KeyView.of(key)), key=str(token))


class KeyList(View):
    """Some keys, by id; those that were revoked or have expired too."""

    keys: list[KeyView]
    cursor: str = Field(description="For what follows; empty at the end.")


@keys("POST", KEYS, answers={201: Answer(NewKey)}, refuses=[409])
def create_key(request: Request, body: KeyBody) -> Response[str]:
    """Make a key, and show it this once.

    A name belongs to one key until that is revoked. The same `Idempotency-Key` again makes no second key and does not
    show the first one again: that is answered 409, and if the first answer was lost the key is to be revoked.
    """
    call = call_of(request)
    made, token = call.parts.keys.create(
        body.name,
        body.scopes,
        secret=call.parts.new_secret(),
        actor=call.actor,
        source=body.source,
        expires_at=body.expires_at,
        request=idempotency(call),
    )
    place = {"Location": f"{KEYS}/{made.id}"}
    return written(NewKey.made(made, token), status=HTTPStatus.CREATED, headers=place)


@keys("GET", KEYS, answers={200: Answer(KeyList)})
def list_keys(
    request: Request,
    *,
    limit: Annotated[int, Field(ge=1, le=MOST_LISTED), Query(description="At most so many.")] = 50,
    cursor: Annotated[
        str, Field(pattern="^([0-9a-f]{12})?$"), Query(description="Go on where an earlier page ended.")
    ] = "",
) -> Response[str]:
    """List the keys that there ever were, by id."""
    some = call_of(request).parts.keys.page(after=cursor, limit=limit + 1)
    shown = some[:limit]
    return found(KeyList(keys=[KeyView.of(one) for one in shown], cursor=shown[-1].id if len(some) > limit else ""))


@keys("DELETE", f"{KEYS}/{{key_id}}", answers={200: Answer(KeyView)}, refuses=[409])
def revoke_key(request: Request, key_id: str) -> Response[str]:
    """Take a key out of use for good, by its id or name.

    Twice is no error. A process that has just let it in does so for another minute at most. It may be the very key that
    asks.
    """
    call = call_of(request)
    return written(KeyView.of(call.parts.keys.revoke(unquote(key_id), actor=call.actor)))
