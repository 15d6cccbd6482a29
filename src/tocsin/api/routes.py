"""Everything that is served, in the order of the documents."""

from .alerts import alerts
from .documents import documents
from .endpoints import Declared
from .external import external
from .health import health
from .incidents import incidents
from .keys import keys
from .moves import moves
from .records import records
from .sync import sync
from .webhooks import webhooks

ROUTES: tuple[Declared, ...] = tuple(
    one
    for resource in (webhooks, alerts, incidents, moves, records, keys, sync, health, documents, external)
    for one in resource.declared
)
