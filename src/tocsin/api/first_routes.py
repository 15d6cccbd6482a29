"""What is asked for in the night, and by programs: loaded with the process, so that nobody waits for it.

All else is loaded when the first of it is asked for: see ``routes``.
"""

from .alerts import alerts
from .endpoints import Declared
from .health import health
from .heartbeats import heartbeats
from .incidents import incidents
from .moves import moves
from .records import records
from .webhooks import webhooks

FIRST: tuple[Declared, ...] = tuple(
    one for resource in (webhooks, alerts, incidents, moves, records, health, heartbeats) for one in resource.declared
)
