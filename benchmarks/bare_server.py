"""``python -m benchmarks.bare_server``: one bare Powertools route, on the very server and adapter that ours is served on.

What it has is what nobody could leave out: a resolver with validation for each thread, as it must be, and one route
that takes an alert as a model and answers a line of JSON. It looks for no key, keeps nothing, limits nothing and logs
nothing.
"""

import gc
import signal
from collections.abc import Mapping
from threading import local
from typing import Any

from aws_lambda_powertools.event_handler import APIGatewayHttpResolver
from aws_lambda_powertools.utilities.data_classes import APIGatewayProxyEventV2
from pydantic import BaseModel
from typing_extensions import override

from tocsin.clock import utc_now
from tocsin.entrypoints.cli import FEWER_COLLECTIONS
from tocsin.entrypoints.local_server import LocalServer
from tocsin.entrypoints.wsgi import Application
from tocsin.ids import random_id

PATH = "/alerts"


class BareAlert(BaseModel):
    """An alert, as it is sent to ours."""

    key: str
    service: str
    environment: str
    severity: str
    message: str
    labels: dict[str, str]


class _Resolver(APIGatewayHttpResolver):
    @override
    def resolve(self, event: Mapping[str, Any], context: Any) -> dict[str, Any]:
        # Otherwise all threads would share these, and answer each other's requests.
        self.current_event = APIGatewayProxyEventV2(dict(event))
        self.lambda_context = context
        return super().resolve(event, context)


class Bare:
    """Answers events, by a resolver for each thread."""

    def __init__(self) -> None:
        self._threads = local()

    def __call__(self, event: dict[str, Any], context: object) -> dict[str, Any]:
        """Answer one."""
        found: _Resolver | None = getattr(self._threads, "resolver", None)
        if found is None:
            found = self._threads.resolver = _made()
        answered = found.resolve(event, context)
        headers = {name: ",".join(value) for name, value in answered.pop("multiValueHeaders", {}).items()}
        return {**answered, "headers": {**headers, **answered.get("headers", {})}}


def _made() -> _Resolver:
    resolver = _Resolver(enable_validation=True)

    @resolver.post(PATH)
    def take(alert: BareAlert) -> dict[str, str]:
        return {"alert": alert.key}

    return resolver


def main() -> None:
    """Serve until SIGTERM."""
    gc.set_threshold(FEWER_COLLECTIONS)
    server = LocalServer(Application(Bare(), clock=utc_now, new_id=random_id), host="127.0.0.1", port=0)
    signal.signal(signal.SIGTERM, lambda *_: server.stop())
    gc.freeze()
    print(f"Serving on {server.url}", flush=True)
    server.run()


if __name__ == "__main__":
    main()
