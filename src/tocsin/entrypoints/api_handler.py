"""The HTTP API as one callable: an event of API Gateway in, its answer out. On Lambda and in the local server the same.

What is settled by the environment is made once a process. Should that fail, each request is answered with 500 and the
log says why, so that a wrong setting is seen where it is looked for.
"""

import logging
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from tocsin.api.call import Parts
from tocsin.api.first_routes import FIRST
from tocsin.api.frame import Answered, Api
from tocsin.api.problems import MEDIA_TYPE, ours
from tocsin.clock import Clock
from tocsin.config import Settings, secrets_in
from tocsin.errors import TocsinError
from tocsin.identity.signing_keys import SigningKeys
from tocsin.ids import NewId, NewSecret, random_secret
from tocsin.services.api_keys import ApiKeys
from tocsin.services.auditing import AuditLog
from tocsin.services.incidents import IncidentService
from tocsin.services.intake import Intake
from tocsin.services.silences import Silences
from tocsin.services.teams import Teams
from tocsin.services.unsilencing import silence_acts
from tocsin.services.users import Users
from tocsin.services.watches import Watches
from tocsin.services.watching import watch_acts
from tocsin.storage.store import Store

from .assembly import api_options, on_lambda_with_a_table, open_store, rules_of, tag_names
from .aws import Aws
from .datadogs import Datadogs
from .external import External
from .key_places import key_place
from .lambda_logs import LambdaLog
from .sign_in import sessions_of
from .table_shape import StoreShape

if TYPE_CHECKING:
    from tocsin.api.endpoints import Declared
    from tocsin.services.accounts import Accounts
    from tocsin.services.callers import Callers
    from tocsin.services.paging.answering import Answering
    from tocsin.services.reach import Reach

SERVICE = "tocsin-api"


class Context(Protocol):
    """Of what Lambda tells about a run, what is used."""

    @property
    def aws_request_id(self) -> str:
        """The id of this run."""


def every_route() -> "Iterable[Declared]":
    """Return all that is served. What is not asked for in the night costs no cold start."""
    from tocsin.api.routes import ROUTES

    return ROUTES


class ApiHandler:
    """Answers HTTP requests, as often as it is called and by several threads at once.

    ``dotenv`` completes the environment where there is such a file. ``store`` is one that is open already, and is left
    to whoever opened it.
    """

    def __init__(
        self,
        environ: Mapping[str, str],
        *,
        clock: Clock,
        new_id: NewId,
        dotenv: Path | None = None,
        store: Store | None = None,
        sleep: Callable[[float], None] = time.sleep,
        new_secret: NewSecret = random_secret,
    ) -> None:
        self._environ = environ
        self._dotenv = dotenv
        self._clock = clock
        self._new_id = new_id
        self._sleep = sleep
        self._new_secret = new_secret
        self._log = LambdaLog(environ.get("POWERTOOLS_SERVICE_NAME") or SERVICE)
        self._making = threading.Lock()
        self._api: Api | None = None
        self._store = store
        self._cold = True

    def prepare(self) -> None:
        """Make what can be made before the first request. What fails here fails again there, and is logged."""
        with suppress(Exception):
            self._prepared()

    def __call__(self, event: Mapping[str, Any], context: Context) -> Answered:
        """Answer one request. Nothing is raised."""
        cold, self._cold = self._cold, False
        with self._log.request(context.aws_request_id, cold_start=cold):
            try:
                api = self._prepared()
            except Exception as error:  # noqa: BLE001 - the outermost frame: whoever asked is owed an answer
                self._tell(error)
                return _our_fault(context.aws_request_id)
            return api(event, context)

    def _prepared(self) -> Api:
        with self._making:
            if self._api is None:
                self._api = self._made()
            return self._api

    def _made(self) -> Api:
        self._log.hide(secrets_in(self._environ, self._dotenv))
        settings = Settings.read(self._environ, self._dotenv)
        self._log.level(settings.log_level)
        on_lambda_with_a_table(settings, self._environ)
        aws = Aws(settings.aws_region, self._environ)
        store = self._store or open_store(settings, lambda: aws, sleep=self._sleep)
        rules = rules_of(settings)
        audit = AuditLog(store, clock=self._clock, new_id=self._new_id)
        datadogs = Datadogs(settings, rules, lambda: aws, clock=self._clock, sleep=self._sleep, log=self._log)
        place = key_place(settings, lambda: aws, self._environ, new_secret=self._new_secret)
        keys = SigningKeys(place, clock=self._clock)
        sessions = sessions_of(store, keys, clock=self._clock, new_id=self._new_id)
        outside = External(
            settings,
            store,
            lambda: aws,
            sessions=lambda: sessions,
            signer=lambda: keys,
            clock=self._clock,
            new_id=self._new_id,
            new_secret=self._new_secret,
        )

        @cache
        def accounts() -> "Accounts":
            from .accounts import accounts_of

            return accounts_of(settings, store, sessions, keys, clock=self._clock, new_id=self._new_id)

        @cache
        def reach() -> "Reach":
            from .reaching import reach_of

            private = bool(settings.outbound_allow)
            return reach_of(store, keys, clock=self._clock, new_id=self._new_id, private=private)

        @cache
        def callers() -> "Callers":
            from .page_addresses import callers_of

            return callers_of(settings, keys, lambda: aws, clock=self._clock)

        def answering() -> "Answering":
            from .answering import answering_of

            return answering_of(settings, store, keys, lambda: aws, clock=self._clock, new_id=self._new_id)

        others = {
            **silence_acts(store, clock=self._clock, new_id=self._new_id),
            **watch_acts(store, rules, clock=self._clock, new_id=self._new_id),
        }
        parts = Parts(
            store=store,
            incidents=IncidentService(store, rules=rules, clock=self._clock, new_id=self._new_id, others=others),
            intake=Intake(store, rules, clock=self._clock, new_id=self._new_id),
            keys=ApiKeys(store, clock=self._clock, new_id=self._new_id),
            rules=rules,
            clock=self._clock,
            new_id=self._new_id,
            new_secret=self._new_secret,
            lacks=StoreShape(settings, lambda: aws, clock=self._clock).lacks,
            tags=lambda: tag_names(settings),
            reader=datadogs.reader,
            datadog=datadogs.until,
            site=settings.datadog_site,
            audit=audit,
            sessions=sessions,
            oidc=outside.tokens(),
            external=outside.sign_in,
            users=Users(store, audit, clock=self._clock, new_id=self._new_id),
            teams=Teams(store, audit, clock=self._clock, new_id=self._new_id),
            silences=Silences(store, audit, clock=self._clock, new_id=self._new_id),
            watches=Watches(store, audit, rules, clock=self._clock, new_id=self._new_id),
            accounts=accounts,
            reach=reach,
            callers=callers,
            answering=answering,
        )
        return Api(FIRST, parts, api_options(settings), self._log, late=every_route)

    def _tell(self, error: Exception) -> None:
        self._log.hide(secrets_in(self._environ, self._dotenv))
        hint = {"hint": error.hint} if isinstance(error, TocsinError) else {}
        self._log.say(logging.ERROR, f"the API cannot start: {error}", error=type(error).__name__, **hint)


def _our_fault(request_id: str) -> Answered:
    import json

    body = json.dumps(ours().document(request_id))
    headers = {"Content-Type": MEDIA_TYPE, "X-Request-Id": request_id, "Cache-Control": "no-store"}
    return {"statusCode": 500, "headers": headers, "body": body, "isBase64Encoded": False}
