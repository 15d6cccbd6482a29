"""Everything that is served, in the order of the documents."""

from .accounts import accounts
from .alerts import alerts
from .documents import documents
from .endpoints import Declared
from .health import health
from .incidents import incidents
from .moves import moves
from .records import records
from .sessions import sessions
from .webhooks import webhooks

ROUTES: tuple[Declared, ...] = tuple(
    one
    for resource in (webhooks, alerts, incidents, moves, records, health, documents, sessions, accounts)
    for one in resource.declared
)
