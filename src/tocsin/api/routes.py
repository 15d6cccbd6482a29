"""Everything that is served, in the order of the documents."""

from .alerts import alerts
from .audit import audit
from .documents import documents
from .endpoints import Declared
from .health import health
from .incidents import incidents
from .moves import moves
from .records import records
from .webhooks import webhooks

ROUTES: tuple[Declared, ...] = tuple(
    one
    for resource in (webhooks, alerts, incidents, moves, records, audit, health, documents)
    for one in resource.declared
)
