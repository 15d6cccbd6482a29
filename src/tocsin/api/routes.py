"""Everything that is served, in the order of the documents."""

from .accounts import accounts
from .alerts import alerts
from .audit import audit
from .documents import documents
from .endpoints import Declared
from .external import external
from .health import health
from .heartbeats import heartbeats
from .incidents import incidents
from .keys import keys
from .moves import moves
from .records import records
from .sessions import sessions
from .silences import silences
from .sync import sync
from .teams import teams
from .users import users
from .webhooks import webhooks

ROUTES: tuple[Declared, ...] = tuple(
    one
    for resource in (
        *(webhooks, alerts, incidents, moves, records, keys, sync, health, documents),
        *(accounts, sessions, external, users, teams, audit),
        *(silences, heartbeats),
    )
    for one in resource.declared
)
